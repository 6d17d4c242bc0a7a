//! Batches as a caller sees them.

use super::*;

fn lines(model: &str, count: usize) -> String {
    let line = |number: usize| {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": format!("How much, {number}?") }], "seed": 7 });
        format!(
            "{}\n",
            json!({ "custom_id": format!("line-{number}"), "method": "POST", "url": "/v1/chat/completions", "body": body })
        )
    };
    (0..count).map(line).collect()
}

async fn uploaded(server: &Running, content: String) -> String {
    let (status, file) = server.upload(content, "batch").await;
    assert_eq!(status, StatusCode::OK, "{file}");
    text(&file["id"])
}

async fn created(server: &Running, content: String) -> Value {
    let file = uploaded(server, content).await;
    let body = json!({ "input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h",
                       "metadata": { "run": "a" } });
    server.post("/v1/batches", body).await
}

async fn ended(server: &Running, batch: &Value) -> Value {
    for _ in 0..2_000 {
        let batch = server.get(&format!("/v1/batches/{}", text(&batch["id"]))).await;
        if ["completed", "failed", "expired", "cancelled"].contains(&batch["status"].as_str().unwrap()) {
            return batch;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the batch never ended");
}

/// The lines of a results file, by their ids.
async fn results(server: &Running, file: &Value) -> std::collections::BTreeMap<String, Value> {
    let response = server.client.get(format!("{}/v1/files/{}/content", server.base, text(file))).send().await.unwrap();
    let content = response.text().await.unwrap();
    let lines = content.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let by_id: std::collections::BTreeMap<String, Value> = lines.map(|line| (text(&line["custom_id"]), line)).collect();
    assert_eq!(by_id.len(), content.lines().count(), "a line has one result");
    by_id
}

#[tokio::test]
async fn a_batch_is_answered_line_by_line_and_faulty_lines_go_to_the_error_file() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let bad = lines("toy", 101).lines().last().unwrap().replace("\"seed\":7", "\"seed\":7,\"temperature\":9") + "\n";
    let batch = created(&server, lines("toy", 100) + &bad).await;
    assert_eq!((&batch["object"], &batch["metadata"]["run"]), (&json!("batch"), &json!("a")));
    let batch = ended(&server, &batch).await;
    assert_eq!(batch["status"], "completed", "{batch}");
    assert_eq!(batch["request_counts"], json!({ "total": 101, "completed": 100, "failed": 1 }));
    assert_eq!(batch["model"], "toy");
    let output = results(&server, &batch["output_file_id"]).await;
    let body = &output["line-42"]["response"]["body"];
    assert_eq!((output.len(), &output["line-42"]["response"]["status_code"]), (100, &json!(200)));
    let single =
        server.chat("toy", json!({ "messages": [{ "role": "user", "content": "How much, 42?" }], "seed": 7 })).await;
    assert_eq!(body["choices"], single["choices"]);
    let tokens = output.values().map(|line| line["response"]["body"]["usage"]["total_tokens"].as_u64().unwrap());
    assert_eq!(batch["usage"]["total_tokens"], tokens.sum::<u64>());
    let errors = results(&server, &batch["error_file_id"]).await;
    let refused = &errors["line-100"]["response"];
    assert_eq!((&refused["status_code"], &refused["body"]["error"]["param"]), (&json!(400), &json!("temperature")));
    let listed = server.get("/v1/batches?limit=1").await;
    assert_eq!((&listed["data"][0]["id"], &listed["has_more"]), (&batch["id"], &json!(false)));
    let file = server.get(&format!("/v1/files/{}", text(&batch["output_file_id"]))).await;
    assert_eq!(file["purpose"], "batch_output");
}

#[tokio::test]
async fn a_file_with_any_fault_fails_its_batch_with_the_lines_named() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let good = lines("toy", 2);
    for (content, code, line) in [
        (good.clone() + &lines("toy", 1), "duplicate_custom_id", json!(3)),
        (good.clone() + lines("slow", 3).lines().last().unwrap(), "mismatched_model", json!(3)),
        (good.replace("POST", "GET"), "invalid_method", json!(1)),
        (good.replace("/v1/chat/completions", "/v1/embeddings"), "invalid_url", json!(1)),
        (good.replace("\"body\"", "\"bod\""), "missing_required_parameter", json!(1)),
        ("\n{\n".to_owned(), "invalid_json_line", json!(2)),
        ("\n\n".to_owned(), "empty_file", Value::Null),
    ] {
        let batch = created(&server, content).await;
        let batch = ended(&server, &batch).await;
        let fault = &batch["errors"]["data"][0];
        assert_eq!(
            (&batch["status"], &fault["code"], &fault["line"]),
            (&json!("failed"), &json!(code), &line),
            "{batch}"
        );
    }
}

#[tokio::test]
async fn requests_for_batches_are_checked() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let file = uploaded(&server, lines("toy", 1)).await;
    let training = server.examples("yes", 10).await;
    let good = json!({ "input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h" });
    for (field, value, code) in [
        ("endpoint", json!("/v1/embeddings"), Value::Null),
        ("completion_window", json!("1h"), Value::Null),
        ("input_file_id", json!("file-00"), json!("file_not_found")),
        ("input_file_id", json!(training), json!("invalid_file_purpose")),
        ("metadata", json!({ "": "x" }), Value::Null),
    ] {
        let mut body = good.clone();
        body[field] = value;
        assert_error(server.send(Method::POST, "/v1/batches", body).await, 400, json!(field), code);
    }
    assert_error(
        server.send(Method::GET, "/v1/batches/batch_00", Value::Null).await,
        404,
        json!("batch_id"),
        Value::Null,
    );
    let absent = server.send(Method::POST, "/v1/batches/batch_00/cancel", Value::Null).await;
    assert_error(absent, 404, json!("batch_id"), Value::Null);
}

#[tokio::test]
async fn a_cancelled_batch_keeps_what_it_has_answered() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let batch = created(&server, lines("slow", 2_000)).await;
    let address = format!("/v1/batches/{}", text(&batch["id"]));
    while server.get(&address).await["request_counts"]["completed"].as_u64().unwrap_or(0) < 10 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let cancelling = server.post(&format!("{address}/cancel"), Value::Null).await;
    assert_eq!(cancelling["status"], "cancelling");
    let batch = ended(&server, &batch).await;
    assert_eq!(batch["status"], "cancelled", "{batch}");
    let counts = &batch["request_counts"];
    let (completed, failed) = (counts["completed"].as_u64().unwrap(), counts["failed"].as_u64().unwrap());
    assert!(completed >= 10 && failed > 0 && completed + failed == 2_000, "{counts}");
    assert_eq!(results(&server, &batch["output_file_id"]).await.len() as u64, completed);
    let errors = results(&server, &batch["error_file_id"]).await;
    assert!(errors.values().all(|line| line["error"]["code"] == "batch_cancelled" && line["response"].is_null()));
    let again = server.send(Method::POST, &format!("{address}/cancel"), Value::Null).await;
    assert_error(again, 409, Value::Null, json!("batch_not_cancellable"));
}

#[tokio::test]
async fn lines_for_which_there_is_no_time_expire() {
    let folder = folder();
    let server = Running::start_within(folder.path(), 5).await;
    let batch = created(&server, lines("slow", 2_000)).await;
    let address = format!("/v1/batches/{}", text(&batch["id"]));
    while server.get(&address).await["request_counts"]["completed"].as_u64().unwrap_or(0) < 10 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Nothing more is answered until its time is up, however slow the machine is.
    server.busy.hold(true);
    tokio::time::sleep(Duration::from_secs(6)).await;
    server.busy.hold(false);
    let batch = ended(&server, &batch).await;
    assert_eq!(batch["status"], "expired", "{batch}");
    assert!(batch["request_counts"]["completed"].as_u64().unwrap() >= 10, "{batch}");
    let errors = results(&server, &batch["error_file_id"]).await;
    assert!(errors.values().all(|line| line["error"]["code"] == "batch_expired"));
}

#[tokio::test]
async fn a_batch_that_was_broken_off_goes_on_in_the_next_server() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let batch = created(&server, lines("slow", 600)).await;
    let address = format!("/v1/batches/{}", text(&batch["id"]));
    while server.get(&address).await["request_counts"]["completed"].as_u64().unwrap_or(0) < 100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.stop().await;
    let server = Running::start(folder.path()).await;
    let batch = ended(&server, &batch).await;
    assert_eq!(batch["status"], "completed", "{batch}");
    assert_eq!(batch["request_counts"], json!({ "total": 600, "completed": 600, "failed": 0 }));
    assert_eq!(results(&server, &batch["output_file_id"]).await.len(), 600);
    assert!(server.busy.all() < 600, "what was answered is not answered again: {}", server.busy.all());
}
