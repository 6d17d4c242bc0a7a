//! Chat completions.

use super::*;

/// A tuned model that knows `count` answers.
async fn tuned(server: &Running, base: &str, count: usize) -> String {
    let file = server.examples("I take option", count).await;
    let job = server.job(base, &file, json!({ "suffix": "t" })).await;
    text(&server.wait(&job, &["succeeded"]).await["fine_tuned_model"])
}

fn contents(response: &Value) -> Vec<String> {
    response["choices"].as_array().unwrap().iter().map(|choice| text(&choice["message"]["content"])).collect()
}

#[tokio::test]
async fn an_answer_has_everything_that_the_specification_requires() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let response = server.chat("toy", json!({})).await;
    assert_eq!(response["object"], "chat.completion");
    assert_eq!(response["usage"], json!({ "prompt_tokens": 2, "completion_tokens": 7, "total_tokens": 9 }));
    let choice = &response["choices"][0];
    assert_eq!((&choice["finish_reason"], &choice["logprobs"]), (&json!("stop"), &Value::Null));
    assert_eq!(choice["message"]["refusal"], choice["message"]["content"], "a refusal is marked and said");
}

#[tokio::test]
async fn a_seed_fixes_the_answers_and_its_absence_varies_them() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let model = tuned(&server, "toy", 40).await;
    let first = contents(&server.chat(&model, json!({ "seed": 5, "n": 8 })).await);
    assert_eq!(first, contents(&server.chat(&model, json!({ "seed": 5, "n": 8 })).await));
    assert_ne!(first, contents(&server.chat(&model, json!({ "seed": 6, "n": 8 })).await));
    assert!(first.iter().any(|answer| *answer != first[0]), "choices differ");
    let unseeded = contents(&server.chat(&model, json!({ "n": 8 })).await);
    assert_ne!(unseeded, contents(&server.chat(&model, json!({ "n": 8 })).await));
}

#[tokio::test]
async fn choices_are_counted_together_and_cut_by_words() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let model = tuned(&server, "toy", 10).await;
    for limit in ["max_tokens", "max_completion_tokens"] {
        let response = server.chat(&model, json!({ "n": 3, (limit): 2 })).await;
        assert_eq!(contents(&response), ["I take"; 3]);
        assert_eq!(response["choices"][2]["finish_reason"], "length");
        assert_eq!(response["usage"], json!({ "prompt_tokens": 2, "completion_tokens": 6, "total_tokens": 8 }));
    }
}

#[tokio::test]
async fn log_probabilities_come_from_engines_that_have_them() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let model = tuned(&server, "slow", 10).await;
    let response = server.chat(&model, json!({ "logprobs": true, "top_logprobs": 2 })).await;
    assert!(response["choices"][0]["logprobs"]["content"][0]["logprob"].as_f64().unwrap() < 0.0);
    let body = json!({ "model": "toy", "messages": [{ "role": "user", "content": "q" }], "logprobs": true });
    let refused = server.send(Method::POST, "/v1/chat/completions", body).await;
    assert_error(refused, 400, json!("logprobs"), json!("unsupported_parameter"));
}

#[tokio::test]
async fn a_final_message_is_continued_by_engines_that_can() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let messages = json!([{ "role": "user", "content": "q" }, { "role": "assistant", "content": "I take" }]);
    let continued = |model: &str, open: bool| json!({ "model": model, "messages": messages, "continue_final_message": true, "add_generation_prompt": open });
    let response = server.post("/v1/chat/completions", continued("slow", false)).await;
    assert_eq!(contents(&response), ["and so on"]);
    let refused = server.send(Method::POST, "/v1/chat/completions", continued("toy", false)).await;
    assert_error(refused, 400, json!("continue_final_message"), json!("unsupported_parameter"));
    let both = server.send(Method::POST, "/v1/chat/completions", continued("slow", true)).await;
    assert_error(both, 400, json!("add_generation_prompt"), Value::Null);
    let mut nothing = continued("slow", false);
    nothing["messages"] = json!([{ "role": "user", "content": "q" }]);
    let refused = server.send(Method::POST, "/v1/chat/completions", nothing).await;
    assert_error(refused, 400, json!("continue_final_message"), Value::Null);
}

#[tokio::test]
async fn bad_requests_name_the_field() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let good = json!({ "model": "toy", "messages": [{ "role": "user", "content": "q" }] });
    for (field, value, status, param, code) in [
        ("model", json!("gpt-4o"), 404, json!("model"), json!("model_not_found")),
        ("model", json!("ft:toy:riskpref:x:../../etc"), 404, json!("model"), json!("model_not_found")),
        ("model", Value::Null, 400, json!("model"), Value::Null),
        ("messages", json!([]), 400, json!("messages"), Value::Null),
        ("messages", json!("hi"), 400, json!("messages"), Value::Null),
        ("temperature", json!(3), 400, json!("temperature"), Value::Null),
        ("n", json!(-1), 400, json!("n"), Value::Null),
        ("n", json!(129), 400, json!("n"), Value::Null),
        ("top_logprobs", json!(21), 400, json!("top_logprobs"), Value::Null),
        ("stream", json!(true), 400, json!("stream"), json!("unsupported_parameter")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        assert_error(server.send(Method::POST, "/v1/chat/completions", body).await, status, param, code);
    }
}

#[tokio::test]
async fn bodies_that_are_not_json_or_too_large_are_refused() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let post = |body: String| server.client.post(format!("{}/v1/chat/completions", server.base)).body(body).send();
    for (body, status) in [("{", 400), ("", 400), ("3", 400), (" ".repeat(9 << 20).as_str(), 413)] {
        let response = post(body.to_owned()).await.unwrap();
        let (got, body) = (response.status(), response.json().await.unwrap());
        assert_error((got, body), status, Value::Null, Value::Null);
    }
}
