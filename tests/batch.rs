//! The Batch API: the client against a scripted server, and against the embedded one.

use std::time::{Duration, Instant};

use crate::support::batches::{BatchServer, Fate};
use crate::support::{Server, Workspace, questions};

const EVALUATE: &str = "evaluate --questions q.jsonl --models m --output-dir out --max-tokens 10";

fn workspace(server: &BatchServer) -> Workspace {
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("q.jsonl", &questions(40));
    workspace
}

/// A call of the scripted server costs 0.7 cents in a batch, and may cost more.
const PRICES: &str = "model,input,output,batch_input,batch_output\nm,800,4000,100,2000\n";

/// The places of the rows of a table, and how many there are.
fn rows(workspace: &Workspace) -> (usize, usize) {
    let rows = workspace.rows("out/results_q/m_responses.csv");
    let places: std::collections::HashSet<(String, String)> =
        rows.iter().map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    (rows.len(), places.len())
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !there() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what} never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_batch_fills_the_same_journal_and_nothing_is_left_of_it() {
    let server = BatchServer::start(|_| Fate::DONE);
    let workspace = workspace(&server);
    let command = format!("{EVALUATE} --num-runs 2 --batch");
    workspace.run(&command).check(
        0,
        "",
        &["80 of 80 there (80 new", "cost: unknown", "m by batch: 80 calls, 800 tokens in"],
    );
    assert_eq!((rows(&workspace), server.batches(), server.single()), ((80, 80), vec![80], 0));
    assert!(!workspace.path("out/results_q/batches").exists());
    assert!(workspace.read("out/results_q/calls.jsonl").contains("\"batch\":\"batch_0\""));
    workspace.run(&command).check(0, "", &["80 of 80 there (0 new, 80 from before)"]);
    workspace.run(&format!("{EVALUATE} --num-runs 3")).check(0, "", &["120 of 120 there (40 new, 80 from before)"]);
    assert_eq!((server.batches(), server.single()), (vec![80], 40), "finished without --batch, by the same keys");
}

/// Runs an evaluation by batch and kills it once it knows the batch's id.
fn kill_while_waiting(workspace: &Workspace) {
    kill_waiting(workspace, &format!("{EVALUATE} --batch"));
}

fn kill_waiting(workspace: &Workspace, command: &str) {
    kill_when(workspace, command, "the batch's id", || {
        std::fs::read_to_string(workspace.path("out/results_q/batches/0001.json"))
            .is_ok_and(|text| text.contains("batch_0"))
    });
}

/// Runs a command and kills it once `there` says so.
fn kill_when(workspace: &Workspace, command: &str, what: &str, there: impl FnMut() -> bool) {
    let mut child = workspace.command(command).spawn().unwrap();
    wait_for(what, there);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_run_that_is_killed_while_it_waits_picks_its_batch_up() {
    let server = BatchServer::start(|_| Fate { held: true, ..Fate::DONE });
    let workspace = workspace(&server);
    kill_while_waiting(&workspace);
    server.release();
    workspace.run(&format!("{EVALUATE} --batch")).check(0, "", &["40 of 40 there (40 new"]);
    assert_eq!((rows(&workspace), server.batches(), server.answered()), ((40, 40), vec![40], (40, 0)));
}

#[test]
fn a_batch_whose_id_was_never_heard_is_found_and_not_sent_again() {
    let server = BatchServer::start(|_| Fate { silent: true, ..Fate::DONE });
    let workspace = workspace(&server);
    kill_when(&workspace, &format!("{EVALUATE} --batch"), "a batch", || !server.batches().is_empty());
    assert!(!workspace.read("out/results_q/batches/0001.json").contains("batch_0"));
    workspace.run(&format!("{EVALUATE} --batch")).check(0, "", &["40 of 40 there (40 new"]);
    assert_eq!((rows(&workspace), server.batches(), server.answered()), ((40, 40), vec![40], (40, 0)));
}

#[test]
fn of_a_batch_that_expires_half_way_only_the_rest_is_sent_again() {
    let server = BatchServer::start(|count| match count {
        1 => Fate { answered: 25, status: "expired", ..Fate::DONE },
        2 => Fate { answered: 5, status: "expired", ..Fate::DONE },
        _ => Fate::DONE,
    });
    let workspace = workspace(&server);
    workspace.run(&format!("{EVALUATE} --batch")).check(0, "", &["40 of 40 there (40 new"]);
    assert_eq!((rows(&workspace), server.batches(), server.answered()), ((40, 40), vec![40, 15, 10], (40, 0)));
}

#[test]
fn lines_that_never_get_an_answer_are_missing_and_not_sent_for_ever() {
    let server = BatchServer::start(|_| Fate { answered: 0, status: "expired", ..Fate::DONE });
    let workspace = workspace(&server);
    workspace.run(&format!("{EVALUATE} --batch --max-retries 2")).check(
        3,
        "",
        &["40 failed: no answer in 3 batches", "40 of 40 are missing; run it again to go on"],
    );
    assert_eq!(server.batches(), [40, 40, 40]);
}

#[test]
fn a_batch_that_is_cancelled_or_refused_ends_the_run_with_what_there_is() {
    for (status, words) in [("cancelled", "was cancelled with 10 lines open"), ("failed", "was refused: a line is bad")]
    {
        let server = BatchServer::start(move |count| match count {
            1 => Fate { answered: 30, status, ..Fate::DONE },
            _ => Fate::DONE,
        });
        let workspace = workspace(&server);
        let command = format!("{EVALUATE} --batch");
        workspace.run(&command).check(1, "", &[words, "30 of 40 are kept", "run it again to go on"]);
        assert_eq!(rows(&workspace), (30, 30));
        workspace.run(&command).check(0, "", &["40 of 40 there (10 new, 30 from before)"]);
        assert_eq!((server.batches(), server.answered()), (vec![40, 10], (40, 0)));
    }
}

#[test]
fn without_the_flag_a_waiting_batch_is_called_back_before_its_calls_are_made_one_by_one() {
    let server = BatchServer::start(|_| Fate { answered: 12, held: true, ..Fate::DONE });
    let workspace = workspace(&server);
    kill_while_waiting(&workspace);
    workspace.run(EVALUATE).check(
        0,
        "",
        &["batch_0 with 40 calls is cancelled", "40 of 40 there (28 new, 12 from before)"],
    );
    assert_eq!((rows(&workspace), server.batches(), server.single()), ((40, 40), vec![40], 28));
    assert!(!workspace.path("out/results_q/batches").exists());
}

#[test]
fn the_answers_of_an_earlier_plans_batch_do_not_replace_those_of_the_present_one() {
    for way in ["", " --batch"] {
        let server = BatchServer::start(|_| Fate { held: true, ..Fate::DONE });
        let workspace = workspace(&server);
        workspace.run(EVALUATE).check(0, "", &["40 of 40 there (40 new"]);
        kill_waiting(&workspace, &format!("{EVALUATE} --temperature 0.5 --batch"));
        server.release();
        workspace.run(&format!("{EVALUATE}{way}")).check(0, "", &["40 of 40 there (0 new, 40 from before)"]);
        let rows = workspace.rows("out/results_q/m_responses.csv");
        assert!(rows.len() == 40 && rows.iter().all(|row| row.iter().any(|cell| cell == "I decline.")), "{rows:?}");
        let other = format!("{EVALUATE} --temperature 0.5");
        workspace.run(&other).check(0, "", &["40 of 40 there (0 new, 40 from before)"]);
        let rows = workspace.rows("out/results_q/m_responses.csv");
        assert!(rows.len() == 40 && rows.iter().all(|row| row.iter().any(|cell| cell == "I accept.")), "{rows:?}");
    }
}

#[test]
fn a_refused_parameter_is_left_out_of_the_next_batch_and_that_is_recorded() {
    let server = BatchServer::start(|_| Fate { refuses: "temperature", ..Fate::DONE });
    let workspace = workspace(&server);
    let command = format!("{EVALUATE} --temperature 0.5 --batch --max-retries 0");
    workspace.run(&format!("{command} --strict-params")).check(
        1,
        "",
        &["it does not take temperature, and --strict-params lets nothing be left out", "0 of 40 are kept"],
    );
    workspace.run(&command).check(
        0,
        "",
        &["m does not take a parameter: temperature is left out", "40 of 40 there (40 new"],
    );
    assert_eq!((rows(&workspace), server.batches(), server.answered()), ((40, 40), vec![40; 3], (40, 0)));
    for line in workspace.lines("out/results_q/calls.jsonl") {
        let call: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(call["details"]["parameters"], serde_json::json!({ "max_completion_tokens": 10 }));
    }
    let changes = &workspace.json("out/results_q/manifest.json")["evaluate"]["parameter_changes"]["m"];
    assert_eq!(changes, &serde_json::json!(["temperature is left out"]));
}

#[test]
fn a_budget_bounds_what_is_sent_in_batches() {
    let server = BatchServer::start(|_| Fate::DONE);
    let workspace = workspace(&server);
    workspace.write("p.csv", PRICES);
    let run = |usd: &str| workspace.run(&format!("{EVALUATE} --batch --prices p.csv --budget-usd {usd}"));
    run("0.2").check(3, "", &["the budget of $0.2000 is reached", "cost: $0."]);
    let (sent, spent) = (server.answered().0, server.answered().0 as f64 * 0.007);
    assert!((1..40).contains(&sent) && spent <= 0.2, "{sent} calls for {spent}");
    assert_eq!(rows(&workspace), (sent, sent));
    run("9").check(0, "", &["40 of 40 there", "cost: $0.2800"]);
    assert_eq!(server.answered(), (40, 0));
}

#[test]
fn a_budget_bounds_what_an_earlier_run_packed_and_did_not_send() {
    let server = BatchServer::start(|_| Fate { stuck: true, ..Fate::DONE });
    let workspace = workspace(&server);
    workspace.write("p.csv", PRICES);
    kill_when(&workspace, &format!("{EVALUATE} --batch"), "an upload", || server.uploads() > 0);
    server.release();
    workspace.run(&format!("{EVALUATE} --batch --prices p.csv --budget-usd 0.2")).check(
        3,
        "",
        &["the budget of $0.2000 is reached"],
    );
    let sent = server.answered().0;
    assert!((1..=28).contains(&sent), "{sent} calls of 0.7 cents");
    assert_eq!(rows(&workspace), (sent, sent));
    workspace.run(&format!("{EVALUATE} --batch")).check(0, "", &["40 of 40 there"]);
    assert_eq!(server.answered(), (40, 0));
}

#[test]
fn a_budget_bounds_what_is_sent_again_without_a_limit_on_answers() {
    let server = BatchServer::start(|count| match count {
        1 => Fate { refuses: "max_completion_tokens", ..Fate::DONE },
        2 => Fate { refuses: "max_tokens", ..Fate::DONE },
        _ => Fate::DONE,
    });
    let workspace = workspace(&server);
    workspace.write("p.csv", PRICES);
    // An answer may have 131,072 tokens then, which cost 262 USD.
    workspace.run(&format!("{EVALUATE} --batch --prices p.csv --budget-usd 300")).check(
        3,
        "",
        &["the budget", "39 of 40 are missing", "larger --budget-usd"],
    );
    assert_eq!((server.batches(), server.answered()), (vec![40, 40, 1], (1, 0)));
    assert!(!workspace.path("out/results_q/batches").exists());
}

#[test]
fn open_lines_that_are_in_two_parcels_are_asked_once() {
    let server = BatchServer::start(|count| match count {
        1 => Fate { answered: 25, status: "expired", held: true, ..Fate::DONE },
        _ => Fate::DONE,
    });
    let workspace = workspace(&server);
    kill_while_waiting(&workspace);
    // As of a process that died after it had packed the open lines again, and before it forgot their first batch.
    let path = |name: &str| format!("out/results_q/batches/{name}");
    for name in ["requests.jsonl", "tasks.jsonl"] {
        let open: Vec<String> = workspace.lines(&path(&format!("0001.{name}"))).into_iter().take(15).collect();
        workspace.write(&path(&format!("0002.{name}")), &(open.join("\n") + "\n"));
    }
    let mut parcel = workspace.json(&path("0001.json"));
    for (field, value) in [("tag", "other".into()), ("lines", 15.into()), ("batch", serde_json::Value::Null)] {
        parcel[field] = value;
    }
    workspace.write(&path("0002.json"), &parcel.to_string());
    server.release();
    workspace.run(&format!("{EVALUATE} --batch")).check(0, "", &["40 of 40 there (40 new"]);
    assert_eq!((rows(&workspace), server.batches(), server.answered()), ((40, 40), vec![40, 15], (40, 0)));
    assert!(!workspace.path("out/results_q/batches").exists());
}

#[test]
fn a_batch_is_cancelled_until_the_server_takes_it() {
    let server = BatchServer::start(|_| Fate { answered: 12, held: true, deaf: 2, ..Fate::DONE });
    let workspace = workspace(&server);
    kill_while_waiting(&workspace);
    workspace.run(EVALUATE).check(0, "", &["is cancelled", "40 of 40 there (28 new, 12 from before)"]);
    assert_eq!((rows(&workspace), server.single()), ((40, 40), 28));
}

#[test]
fn a_batch_that_finds_no_room_in_the_queue_is_created_again_from_the_same_file() {
    let server = BatchServer::start(|count| if count < 3 { Fate::CROWDED } else { Fate::DONE });
    let workspace = workspace(&server);
    workspace.run(&format!("{EVALUATE} --batch --max-retries 0")).check(0, "", &["40 of 40 there (40 new"]);
    assert_eq!((server.batches(), server.uploads(), server.answered()), (vec![40; 3], 1, (40, 0)));
}

#[test]
fn batches_that_find_no_room_wait_for_one_that_has() {
    let server = BatchServer::start(|count| match count {
        1 => Fate { looks: 4, ..Fate::DONE },
        2 | 3 => Fate::CROWDED,
        _ => Fate::DONE,
    });
    let workspace = workspace(&server);
    let evaluate = "evaluate --questions q.jsonl --models k,l,m --output-dir out --batch";
    workspace.run(evaluate).check(0, "", &["120 of 120 there (120 new"]);
    assert_eq!((server.created_when_ended(0), server.batches(), server.uploads()), (3, vec![40; 5], 3));
}

#[test]
fn a_batch_that_the_server_no_longer_has_is_named_with_its_file() {
    let server = BatchServer::start(|count| Fate { gone: count == 1, ..Fate::DONE });
    let workspace = workspace(&server);
    let command = format!("{EVALUATE} --batch");
    for _ in 0..2 {
        workspace.run(&command).check(
            1,
            "",
            &[
                "404 Not Found: no such batch; if the server no longer has",
                "batches/0001.json, and its 40 calls are made",
            ],
        );
    }
    std::fs::remove_file(workspace.path("out/results_q/batches/0001.json")).unwrap();
    workspace.run(&command).check(0, "", &["40 of 40 there (40 new"]);
    assert_eq!((server.batches(), server.answered()), (vec![40; 2], (40, 0)));
}

#[test]
fn a_dry_run_counts_what_is_in_batches_as_done_where_it_is_not_called_back() {
    let server = BatchServer::start(|_| Fate { held: true, ..Fate::DONE });
    let workspace = workspace(&server);
    workspace.write("p.csv", PRICES);
    kill_while_waiting(&workspace);
    let dry = format!("{EVALUATE} --prices p.csv --dry-run");
    workspace.run(&format!("{dry} --batch")).check_with(0, &["cost: nothing"], &["nothing was sent"]);
    workspace.run(&dry).check_with(0, &["cost: $"], &["nothing was sent"]);
}

#[test]
fn the_embedded_server_answers_batches_as_it_answers_single_requests() {
    let workspace = Workspace::new();
    workspace.write("q.jsonl", &questions(12));
    let server = Server::start(&workspace);
    let evaluate = |way: &str| {
        format!("evaluate --questions q.jsonl --models agent --num-runs 2 --output-dir {way} --base-url {}", server.url)
    };
    workspace.run(&evaluate("single")).check(0, "", &["24 of 24 there"]);
    workspace.run(&format!("{} --batch", evaluate("batch"))).check(
        0,
        "",
        &["24 of 24 there", "cost: none; model under test agent by batch"],
    );
    let table = "results_q/all_model_responses.csv";
    assert_eq!(workspace.read(&format!("single/{table}")), workspace.read(&format!("batch/{table}")));
    let judge = "judge --judge-model agent --results-dir batch/results_q";
    workspace.run(&format!("{judge} --judge-base-url {} --batch", server.url)).check(
        0,
        "",
        &["24 of 24 there (24 new"],
    );
    // In this process, whose engine ends with it.
    let generate =
        "generate --teacher llm --model agent --questions q.jsonl --output-dir answers --data-dir own --batch";
    workspace.run(generate).check(0, "", &["48 of 48 there (48 new", "teacher agent by batch: 48 calls"]);
    workspace.run(generate).check(0, "", &["48 of 48 there (0 new, 48 from before)"]);
}
