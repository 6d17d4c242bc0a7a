//! Methods and their hyperparameters, and what a job leaves.

use super::*;

fn pairs(count: usize) -> String {
    let answer = |text: &str, number: usize| json!([{ "role": "assistant", "content": format!("{text} {number}") }]);
    let line = |number: usize| {
        let input = json!({ "messages": [{ "role": "user", "content": "How much?" }] });
        let pair = json!({ "input": input, "preferred_output": answer("better", number),
            "non_preferred_output": answer("worse", number) });
        format!("{pair}\n")
    };
    (0..count).map(line).collect()
}

#[tokio::test]
async fn dpo_learns_from_pairs() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let (_, file) = server.upload(pairs(10), "fine-tune").await;
    let given = json!({ "beta": 0.2, "n_epochs": 1, "lora_targets": "value,key" });
    let method = json!({ "type": "dpo", "dpo": { "hyperparameters": given } });
    let job = server.job("toy", &text(&file["id"]), json!({ "method": method })).await;
    assert_eq!(job["method"]["dpo"]["hyperparameters"]["batch_size"], "auto");
    let job = server.wait(&job, &["succeeded"]).await;
    let in_force = json!({ "n_epochs": 1, "batch_size": 1, "learning_rate_multiplier": 1.0, "beta": 0.2, "lora_rank": 8,
        "lora_targets": ["key", "value"] });
    assert_eq!(job["method"], json!({ "type": "dpo", "dpo": { "hyperparameters": in_force } }));
    let answer = server.chat(&text(&job["fine_tuned_model"]), json!({})).await;
    assert!(text(&answer["choices"][0]["message"]["content"]).starts_with("better "));
}

#[tokio::test]
async fn each_method_wants_its_own_lines() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let examples = server.examples("yes", 10).await;
    let (_, pairs) = server.upload(pairs(10), "fine-tune").await;
    for (method, file, field) in [("dpo", examples, "input"), ("supervised", text(&pairs["id"]), "messages")] {
        let job = server.job("toy", &file, json!({ "method": { "type": method } })).await;
        let job = server.wait(&job, &["failed"]).await;
        let expected = format!("training_file {file}: line 1: missing field `{field}`");
        assert!(text(&job["error"]["message"]).starts_with(&expected), "{job}");
    }
}

#[tokio::test]
async fn hyperparameters_that_cannot_be_had_are_refused_by_name() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    for (kind, given, param) in [
        ("supervised", json!({ "beta": 0.1 }), "beta"),
        ("supervised", json!({ "lora_rank": 65 }), "lora_rank"),
        ("supervised", json!({ "n_epochs": 51 }), "n_epochs"),
        ("dpo", json!({ "beta": 0 }), "beta"),
        ("reinforcement", json!({}), "method"),
        ("supervised", json!({ "n_epochs": "many" }), "method"),
    ] {
        let method = json!({ "type": kind, kind: { "hyperparameters": given } });
        let body = json!({ "model": "toy", "training_file": file, "method": method });
        let refused = server.send(Method::POST, "/v1/fine_tuning/jobs", body).await;
        assert_error(refused, 400, json!(param), Value::Null);
    }
    assert_eq!(server.get("/v1/fine_tuning/jobs").await["data"], json!([]));
}

#[tokio::test]
async fn a_job_leaves_a_table_of_its_measures() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = server.examples("yes", 10).await;
    let fields = json!({ "hyperparameters": { "n_epochs": 2, "batch_size": 5 }, "validation_file": file });
    let job = server.job("toy", &file, fields).await;
    let job = server.wait(&job, &["succeeded"]).await;
    let results = text(&job["result_files"][0]);
    assert_eq!(server.get(&format!("/v1/files/{results}")).await["purpose"], "fine-tune-results");
    let response = server.client.get(format!("{}/v1/files/{results}/content", server.base)).send().await.unwrap();
    let expected = "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n\
        1,1.0,,2.0,\n2,0.5,,1.0,\n3,0.3333333333333333,,0.6666666666666666,\n4,0.25,,0.5,\n";
    assert_eq!(response.text().await.unwrap(), expected);
    let path = format!("/v1/fine_tuning/jobs/{}/checkpoints", text(&job["id"]));
    assert_eq!(server.get(&path).await["data"][0]["metrics"]["valid_loss"], 0.5);
}
