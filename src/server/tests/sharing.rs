//! Data folders that outlive a server, and that several servers look at.

use super::*;

#[tokio::test]
async fn a_later_server_has_what_an_earlier_one_made() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let job = server.job("toy", &file, json!({})).await;
    let job = server.wait(&job, &["succeeded"]).await;
    server.stop().await;
    let server = Running::start(folder.path()).await;
    assert_eq!(server.get(&format!("/v1/fine_tuning/jobs/{}", text(&job["id"]))).await, job);
    assert_eq!(server.get(&format!("/v1/files/{file}")).await["id"], file);
    server.chat(&text(&job["fine_tuned_model"]), json!({})).await;
    assert_eq!(server.get("/v1/models").await["data"].as_array().unwrap().len(), 3);
    let again = server.job("toy", &file, json!({})).await;
    assert_ne!(again["id"], job["id"], "the same request again is another job");
}

#[tokio::test]
async fn a_second_server_reads_what_the_first_writes_and_may_not_write() {
    let folder = folder();
    let (writer, reader) = (Running::start(folder.path()).await, Running::start(folder.path()).await);
    let file = writer.examples("yes", 10).await;
    let job = writer.job("toy", &file, json!({})).await;
    let job = reader.wait(&job, &["succeeded"]).await;
    reader.chat(&text(&job["fine_tuned_model"]), json!({})).await;
    let refused = reader.upload(examples("no", 10), "fine-tune").await;
    let said = text(&refused.1["error"]["message"]);
    assert!(said.contains(&folder.path().display().to_string()) && said.contains("--data-dir"), "{said}");
    assert_error(refused, 409, Value::Null, json!("data_dir_locked"));
    let body = json!({ "model": "toy", "training_file": file });
    let request = reader.client.post(format!("{}/v1/fine_tuning/jobs", reader.base)).json(&body);
    let response = request.send().await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["x-should-retry"]),
        (StatusCode::CONFLICT, &"false".parse().unwrap())
    );
    writer.stop().await;
    assert_eq!(reader.upload(examples("no", 10), "fine-tune").await.0, StatusCode::OK, "the folder is free now");
}

#[tokio::test]
async fn a_job_that_was_broken_off_goes_on_in_the_next_server() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let fields = json!({ "hyperparameters": { "n_epochs": 1, "batch_size": 1 } });
    let job = server.job("slow", &file, fields.clone()).await;
    let waiting = server.job("toy", &file, fields).await;
    server.wait(&job, &["running"]).await;
    server.stop().await;
    let server = Running::start(folder.path()).await;
    server.wait(&waiting, &["succeeded"]).await;
    let job = server.wait(&job, &["succeeded"]).await;
    let events = server.get(&format!("/v1/fine_tuning/jobs/{}/events?limit=100", text(&job["id"]))).await;
    assert!(events.to_string().contains("the job is queued again"));
    server.chat(&text(&job["fine_tuned_model"]), json!({})).await;
}

#[tokio::test]
async fn chat_is_served_while_a_job_runs() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let fields = json!({ "hyperparameters": { "n_epochs": 50, "batch_size": 1 } });
    let job = server.job("slow", &file, fields).await;
    server.wait(&job, &["running"]).await;
    for model in ["toy", "slow"] {
        server.chat(model, json!({})).await;
    }
    let status = server.wait(&job, &["running", "succeeded"]).await["status"].clone();
    assert_eq!(status, "running");
    server.stop().await;
}
