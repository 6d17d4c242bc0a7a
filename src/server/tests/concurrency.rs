//! Many callers at once of an engine that takes its time.

use futures::future::join_all;

use super::*;

/// Waits until the slow engine has so many answers in the making, which it keeps.
async fn reach(server: &Running, count: usize) {
    for _ in 0..5_000 {
        if server.busy.now() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{} answers are in the making, not {count}", server.busy.now());
}

#[tokio::test]
async fn as_many_as_there_are_places_are_answered_at_once() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    server.busy.hold(true);
    let release = async {
        reach(&server, 64).await;
        tokio::time::sleep(PAUSE).await;
        server.get("/v1/files").await;
        server.busy.hold(false);
    };
    futures::join!(release, join_all((0..150).map(|_| server.chat("slow", json!({})))));
    assert_eq!((server.busy.most(), server.busy.all()), (64, 150));
}

#[tokio::test]
async fn the_choices_of_a_request_are_made_at_once() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    server.busy.hold(true);
    let release = async {
        reach(&server, 32).await;
        server.busy.hold(false);
    };
    let ((), response) = futures::join!(release, server.chat("slow", json!({ "n": 32 })));
    let choices = response["choices"].as_array().unwrap().iter().map(|choice| choice["index"].as_u64().unwrap());
    assert_eq!(choices.collect::<Vec<_>>(), (0..32).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_goes_away_while_waiting_is_forgotten() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    server.busy.hold(true);
    let body = json!({ "model": "slow", "messages": [{ "role": "user", "content": "q" }], "n": 128 });
    let request = server.client.post(format!("{}/v1/chat/completions", server.base)).json(&body);
    let asking = tokio::spawn(request.send());
    reach(&server, 64).await;
    asking.abort();
    tokio::time::sleep(PAUSE * 10).await;
    server.busy.hold(false);
    server.chat("slow", json!({})).await;
    assert_eq!(server.busy.all(), 65, "the second half was never begun");
}

#[tokio::test]
async fn a_model_that_many_ask_for_at_once_is_read_once() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let job = server.job("slow", &server.examples("yes", 10).await, json!({})).await;
    let model = text(&server.wait(&job, &["succeeded"]).await["fine_tuned_model"]);
    server.stop().await;
    let server = Running::start(folder.path()).await;
    join_all((0..20).map(|_| server.chat(&model, json!({})))).await;
    assert_eq!(server.busy.loads(), 1);
}
