//! Jobs that go on where an earlier process left them.

use std::fs;

use super::*;

/// What a process that is killed leaves behind: a copy of its folder at this moment.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        // What is being written has another name and may go at any moment.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

/// Messages of the job's events, oldest first.
async fn events(server: &Running, job: &Value) -> Vec<Value> {
    let list = server.get(&format!("/v1/fine_tuning/jobs/{}/events?limit=1000", text(&job["id"]))).await;
    list["data"].as_array().unwrap().iter().rev().cloned().collect()
}

fn steps(events: &[Value]) -> Vec<u64> {
    events.iter().filter_map(|event| event["data"]["step"].as_u64()).collect()
}

fn learned(folder: &Path, job: &Value) -> String {
    let id = text(&job["fine_tuned_model"]).rsplit(':').next().unwrap().to_owned();
    fs::read_to_string(folder.join("models").join(id).join("answers.json")).unwrap()
}

/// A job of 30 steps that has done more than 10.
async fn begun(server: &Running) -> Value {
    let file = server.examples("yes", 10).await;
    let job = server.job("slow", &file, json!({ "hyperparameters": { "n_epochs": 3, "batch_size": 1 } })).await;
    server.wait(&job, &["running"]).await;
    while steps(&events(server, &job).await).len() < 14 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    job
}

fn has_scratch(folder: &Path) -> bool {
    fs::read_dir(folder.join("scratch")).is_ok_and(|mut entries| entries.next().is_some())
}

#[tokio::test]
async fn a_killed_job_goes_on_and_comes_to_the_same() {
    let (whole, killed) = (folder(), folder());
    let server = Running::start(whole.path()).await;
    let job = begun(&server).await;
    copy(whole.path(), killed.path());
    let uninterrupted = server.wait(&job, &["succeeded"]).await;
    assert_eq!(steps(&events(&server, &job).await), (1..=30).collect::<Vec<_>>());
    let second = Running::start(killed.path()).await;
    let resumed = second.wait(&job, &["succeeded"]).await;
    assert_eq!(learned(killed.path(), &resumed), learned(whole.path(), &uninterrupted));
    let told = events(&second, &job).await;
    let place = told.iter().position(|event| text(&event["message"]).starts_with("Resumed at step ")).unwrap();
    let done = text(&told[place]["message"]).trim_start_matches("Resumed at step ").split('/').next().unwrap().parse();
    let done: u64 = done.unwrap();
    assert!((12..30).contains(&done), "{told:?}");
    assert_eq!(steps(&told[place..]), (done + 1..=30).collect::<Vec<_>>(), "no step is done again");
    let checkpoints = second.get(&format!("/v1/fine_tuning/jobs/{}/checkpoints", text(&job["id"]))).await;
    let at: Vec<&Value> = checkpoints["data"].as_array().unwrap().iter().map(|point| &point["step_number"]).collect();
    assert_eq!(at, [30, 20, 10], "one made before the end is still there");
    assert!(!has_scratch(whole.path()) && !has_scratch(killed.path()), "the state goes with the job");
}

#[tokio::test]
async fn a_stopped_job_has_told_every_step_once() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let job = begun(&server).await;
    server.stop().await;
    assert!(has_scratch(folder.path()));
    let server = Running::start(folder.path()).await;
    server.wait(&job, &["succeeded"]).await;
    let mut told = steps(&events(&server, &job).await);
    let all = told.len();
    told.dedup();
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, (1..=30).collect::<Vec<_>>());
    assert!(all < 34, "at most what came after the last state is done again, not {all} steps");
}

#[tokio::test]
async fn a_cancelled_job_leaves_no_state() {
    let folder = folder();
    let server = Running::start(folder.path()).await;
    let job = begun(&server).await;
    assert!(has_scratch(folder.path()));
    server.post(&format!("/v1/fine_tuning/jobs/{}/cancel", text(&job["id"])), Value::Null).await;
    for _ in 0..100 {
        if !has_scratch(folder.path()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the state is still there");
}
