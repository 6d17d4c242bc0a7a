//! The client against servers that limit the rate.

use crate::support::limited::{Allowed, LimitedServer};
use crate::support::{Run, Workspace, questions};

const PLENTY: f64 = 1e9;
const COMMAND: &str = "evaluate --questions questions.jsonl --models m --num-runs 6 --output-dir out";

fn workspace(server: &LimitedServer) -> Workspace {
    let workspace = Workspace::new().with("OPENAI_BASE_URL", &server.url);
    workspace.write("questions.jsonl", &questions(100));
    workspace
}

/// Asks 600 questions; returns how many requests were refused.
#[track_caller]
fn refused(allowed: Allowed, flags: &str) -> usize {
    let server = LimitedServer::start(allowed);
    workspace(&server).run(&format!("{COMMAND} {flags}")).check(0, "", &["600 of 600 there (600 new, 0 from before)"]);
    assert_eq!(server.answered(), 600);
    server.refused()
}

#[test]
fn a_limit_on_requests_is_learned_from_the_first_answer() {
    let refused = refused(Allowed { requests: 12_000.0, tokens: PLENTY, told: true, burst: 1.0 }, "");
    assert!(refused < 6, "{refused} of 600");
}

#[test]
fn a_limit_on_tokens_is_learned_from_the_first_answer() {
    let refused = refused(Allowed { requests: PLENTY, tokens: 13.0 * 12_000.0, told: true, burst: 1.0 }, "");
    assert!(refused < 6, "{refused} of 600");
}

#[test]
fn limits_by_hand_are_kept_to_where_the_server_says_nothing() {
    let allowed = Allowed { requests: 12_000.0, tokens: PLENTY, told: false, burst: 1.0 };
    assert_eq!(refused(allowed, "--rpm 11000"), 0);
    let allowed = Allowed { requests: PLENTY, tokens: 13.0 * 12_000.0, told: false, burst: 1.0 };
    assert_eq!(refused(allowed, "--tpm 143000"), 0);
}

#[test]
fn a_server_that_only_refuses_loses_nothing() {
    let refused = refused(Allowed { requests: 30_000.0, tokens: PLENTY, told: false, burst: 0.05 }, "--max-retries 0");
    assert!(refused > 0, "the limit was met");
}

#[test]
fn two_processes_with_one_key_share_the_limit() {
    let server = LimitedServer::start(Allowed { requests: 12_000.0, tokens: PLENTY, told: true, burst: 2.0 });
    let runs = ["a", "b"].map(|model| {
        let workspace = workspace(&server);
        let arguments = format!("evaluate --questions questions.jsonl --models {model} --num-runs 10 --output-dir out");
        (workspace.command(&arguments).spawn().unwrap(), arguments, workspace)
    });
    for (child, arguments, _workspace) in runs {
        let output = child.wait_with_output().unwrap();
        Run::of(&arguments, &output).check(0, "", &["1000 of 1000 there (1000 new, 0 from before)"]);
    }
    let [a, b] = server.shares(["a", "b"]);
    assert!(a.min(b) > 600, "when one had its 1000 the other had {}", a.min(b));
    assert!(server.refused() < 100, "{} of 2000 were refused", server.refused());
}
