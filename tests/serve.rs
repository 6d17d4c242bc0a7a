//! `riskpref serve` and `riskpref doctor`.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{Server, Workspace};

fn request(server: &Server, path: &str, body: &str) -> String {
    let address = server.url.trim_start_matches("http://").trim_end_matches("/v1");
    let mut stream = TcpStream::connect(address).unwrap();
    let method = if body.is_empty() { "GET" } else { "POST" };
    let head = format!(
        "{method} /v1{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n"
    );
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_server_says_where_it_is_and_answers_in_the_official_form() {
    let workspace = Workspace::new();
    let server = Server::start(&workspace);
    assert!(request(&server, "/models", "").contains("\"id\":\"agent\""));
    let missing =
        request(&server, "/chat/completions", r#"{"model":"gpt-9","messages":[{"role":"user","content":"hi"}]}"#);
    assert!(missing.starts_with("HTTP/1.1 404") && missing.contains("\"code\":\"model_not_found\""), "{missing}");
    workspace.run(&format!("doctor --base-url {}", server.url)).check_with(
        0,
        &["agent            is there", "answer           \"I"],
        &["test: agent at http://127.0.0.1"],
    );
    workspace.run(&format!("doctor --model nobody --base-url {}", server.url)).check_with(
        1,
        &["models           "],
        &["has no model nobody; it has agent"],
    );
}

#[test]
fn doctor_says_what_to_do() {
    let workspace = Workspace::new();
    workspace.run("doctor --data-dir engine").check_with(
        0,
        &["OPENAI_API_KEY   is not set"],
        &["test: agent at the embedded engine"],
    );
    workspace.run("doctor --model gpt-4.1").check_with(
        1,
        &["OPENAI_API_KEY   is not set"],
        &["or use an embedded model (agent, smollm2-135m)"],
    );
    let secret =
        Workspace::new().with("OPENAI_API_KEY", "sk-very-secret").with("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
    let run = secret.run("doctor --model m --max-retries 0 -vv");
    assert!(!run.stdout().contains("sk-very-secret"));
    run.check_with(1, &["OPENAI_API_KEY   is set"], &["cannot be reached"]);
    let broken = Workspace::new();
    broken.write(".env", "OPENAI_API_KEY=sk-very-secret oops\n");
    broken.run("doctor").check(1, "", &["error: cannot read .env: a line is not NAME=value\n"]);
    secret.run("doctor --base-url http://u:p@h/v1").check_with(1, &[], &["must not hold a password"]);
}
