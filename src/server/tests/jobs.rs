//! Fine-tuning jobs.

use super::*;

#[tokio::test]
async fn a_job_becomes_a_model_with_checkpoints() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 12).await;
    let method =
        json!({ "type": "supervised", "supervised": { "hyperparameters": { "n_epochs": 2, "batch_size": 4 } } });
    let fields = json!({ "suffix": "My name", "method": method, "metadata": { "run": "7" }, "seed": 3 });
    let created = server.job("toy", &file, fields).await;
    assert_eq!((&created["status"], &created["fine_tuned_model"]), (&json!("queued"), &Value::Null));
    let job = server.wait(&created, &["succeeded"]).await;
    let model = text(&job["fine_tuned_model"]);
    assert!(model.starts_with("ft:toy:riskpref:My-name:"), "{model}");
    assert_eq!((&job["trained_tokens"], &job["seed"]), (&json!(24), &json!(3)));
    let in_force = json!({ "n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 1.0, "lora_rank": 8,
        "lora_targets": ["query", "value"] });
    assert_eq!(job["hyperparameters"], in_force);
    assert_eq!(job["method"], json!({ "type": "supervised", "supervised": { "hyperparameters": in_force } }));
    assert!(text(&server.chat(&model, json!({})).await["choices"][0]["message"]["content"]).starts_with("yes "));

    let path = format!("/v1/fine_tuning/jobs/{}", text(&job["id"]));
    let checkpoints = server.get(&format!("{path}/checkpoints")).await;
    assert_eq!(checkpoints["data"].as_array().unwrap().len(), 2);
    let checkpoint = &checkpoints["data"][0];
    assert_eq!((&checkpoint["step_number"], &checkpoint["metrics"]["step"]), (&json!(6), &json!(6.0)));
    assert_eq!(checkpoint["fine_tuned_model_checkpoint"], format!("{model}:ckpt-step-6"));
    assert!(text(&server.chat(&format!("{model}:ckpt-step-3"), json!({})).await["id"]).starts_with("chatcmpl-"));
    assert_eq!(server.get("/v1/models").await["data"].as_array().unwrap().len(), 3, "checkpoints are not listed");

    let gone = server.send(Method::DELETE, &format!("/v1/models/{model}"), Value::Null).await;
    assert_eq!(gone.1["deleted"], true);
    for name in [&model, &format!("{model}:ckpt-step-3")] {
        let missing = server.send(Method::GET, &format!("/v1/models/{name}"), Value::Null).await;
        assert_error(missing, 404, json!("model"), json!("model_not_found"));
    }
}

#[tokio::test]
async fn events_are_newest_first_and_paged() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let hyperparameters = json!({ "n_epochs": 30, "batch_size": 10 });
    let job = server.job("toy", &file, json!({ "hyperparameters": hyperparameters })).await;
    server.wait(&job, &["succeeded"]).await;
    let path = format!("/v1/fine_tuning/jobs/{}/events", text(&job["id"]));
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("{path}?limit=7&after={after}")).await;
        all.extend(page["data"].as_array().unwrap().clone());
        if page["has_more"] == false {
            break;
        }
        assert_eq!(page["data"].as_array().unwrap().len(), 7);
        after = text(&page["last_id"]);
    }
    assert_eq!(all[0]["message"], "The job has successfully completed");
    assert!(text(&all.last().unwrap()["message"]).starts_with("Created fine-tuning job"));
    let steps: Vec<&Value> = all.iter().filter(|event| event["type"] == "metrics").collect();
    assert_eq!(steps.len(), 30);
    assert_eq!((&steps[0]["data"]["step"], &steps[0]["data"]["total_steps"]), (&json!(30), &json!(30)));
}

#[tokio::test]
async fn jobs_are_found_by_metadata() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let mut ids = Vec::new();
    for run in ["a", "b", "b"] {
        ids.push(text(&server.job("toy", &file, json!({ "metadata": { "run": run, "all": "1" } })).await["id"]));
    }
    let found = async |query: &str| -> Vec<String> {
        let list = server.get(&format!("/v1/fine_tuning/jobs?{query}")).await;
        list["data"].as_array().unwrap().iter().map(|job| text(&job["id"])).collect()
    };
    assert_eq!(found("metadata%5Brun%5D=b&limit=5").await, [ids[2].clone(), ids[1].clone()]);
    assert_eq!(found("metadata[run]=a&metadata[all]=1").await, [ids[0].clone()]);
    assert_eq!(found("metadata[run]=a&metadata[all]=2").await, Vec::<String>::new());
    assert_eq!(found(&format!("after={}", ids[1])).await, [ids[0].clone()]);
}

#[tokio::test]
async fn what_cannot_be_trained_on_fails_with_its_reason() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let line = |answer: &str| examples("x", 1).replace("x 0", answer);
    let cases = [
        (examples("x", 9), "invalid_n_examples", "9 examples"),
        (format!("{}{{}}\n", examples("x", 10)), "invalid_training_file", "line 11"),
        (format!("{}{}", examples("x", 10), line("unteachable")), "invalid_training_file", "cannot be taught"),
        (format!("{}{}", examples("x", 10), line("fatal")), "server_error", "a fatal example"),
    ];
    for (content, code, words) in cases {
        let (_, file) = server.upload(content, "fine-tune").await;
        let job = server.job("toy", &text(&file["id"]), json!({})).await;
        let job = server.wait(&job, &["failed"]).await;
        assert_eq!(job["error"]["code"], code);
        assert!(text(&job["error"]["message"]).contains(words), "{job}");
        assert_eq!((&job["fine_tuned_model"], job["finished_at"].is_i64()), (&Value::Null, true));
    }
    let file = server.examples("fine", 10).await;
    let job = server.job("toy", &file, json!({})).await;
    server.wait(&job, &["succeeded"]).await;
}

#[tokio::test]
async fn a_job_is_cancelled_while_it_runs_and_while_it_waits() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let long = json!({ "hyperparameters": { "n_epochs": 50, "batch_size": 1 } });
    let first = server.job("slow", &file, long.clone()).await;
    let second = server.job("slow", &file, long).await;
    let third = server.job("toy", &file, json!({})).await;
    server.wait(&first, &["running"]).await;
    assert_eq!(server.wait(&second, &["queued"]).await["status"], "queued", "one at a time");
    for job in [&second, &first] {
        let path = format!("/v1/fine_tuning/jobs/{}/cancel", text(&job["id"]));
        assert_eq!(server.post(&path, Value::Null).await["status"], "cancelled");
        let again = server.send(Method::POST, &path, Value::Null).await;
        assert_error(again, 400, Value::Null, json!("job_not_cancellable"));
    }
    server.wait(&third, &["succeeded"]).await;
    assert_eq!(server.get("/v1/models").await["data"].as_array().unwrap().len(), 3, "no cancelled model is kept");
}

#[tokio::test]
async fn a_tuned_model_can_be_tuned_further() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let job = server.job("toy", &server.examples("yes", 10).await, json!({})).await;
    let first = text(&server.wait(&job, &["succeeded"]).await["fine_tuned_model"]);
    let job = server.job(&first, &server.examples("no", 10).await, json!({})).await;
    let second = text(&server.wait(&job, &["succeeded"]).await["fine_tuned_model"]);
    let model = server.get(&format!("/v1/models/{second}")).await;
    assert_eq!((&model["parent"], &model["root"]), (&json!(first), &json!("toy")));
    let answers = server.chat(&second, json!({ "n": 64, "seed": 1 })).await.to_string();
    assert!(answers.contains("yes") && answers.contains("no"));
}

#[tokio::test]
async fn bad_requests_name_the_field() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let (_, data) = server.upload("x".to_owned(), "user_data").await;
    for (field, value, code) in [
        ("model", json!("gpt-4o"), json!("model_not_available")),
        ("training_file", json!("file-00"), json!("file_not_found")),
        ("training_file", json!("../x"), json!("file_not_found")),
        ("training_file", data["id"].clone(), json!("invalid_file_purpose")),
        ("validation_file", json!("file-00"), json!("file_not_found")),
        ("suffix", json!("a/b"), Value::Null),
        ("metadata", json!({ "k": 1 }), Value::Null),
        ("method", json!({ "type": "reinforcement" }), Value::Null),
    ] {
        let mut body = json!({ "model": "toy", "training_file": file });
        body[field] = value;
        assert_error(server.send(Method::POST, "/v1/fine_tuning/jobs", body).await, 400, json!(field), code);
    }
    let param = json!("fine_tuning_job_id");
    let missing = server.send(Method::GET, "/v1/fine_tuning/jobs/ftjob-00/events", Value::Null).await;
    assert_error(missing, 404, param, json!("fine_tune_not_found"));
    let job = server.job("toy", &file, json!({})).await;
    let path = format!("/v1/fine_tuning/jobs/{}/pause", text(&job["id"]));
    assert_error(server.send(Method::POST, &path, Value::Null).await, 400, Value::Null, json!("unsupported"));
}
