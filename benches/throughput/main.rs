//! The client with its journal beside a bare client, on the same loopback server in the same minute.
//!
//! `cargo bench --bench throughput [open|memory|resume|latency|limits|shared|faults|retry-after ...]`, all of them without
//! names. Every client and every server runs in a process of its own.

mod behaviour;
mod clients;
mod process;
mod server;

use std::io::Write;

use behaviour::{Behaviour, RetryAfter, TOKENS};
use process::{Report, Served, client};

const SCENARIOS: [(&str, fn()); 8] = [
    ("open", open),
    ("memory", memory),
    ("resume", resume),
    ("latency", latency),
    ("limits", limits),
    ("shared", shared),
    ("faults", faults),
    ("retry-after", retry_after),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", behaviour] => serve(behaviour),
        [kind @ ("bare" | "filled" | "resumed"), url, requests, concurrency] => {
            let number = |text: &str| text.parse().expect("a number");
            print(&serde_json::to_string(&act(kind, url, (number(requests), number(concurrency)))).expect("JSON"));
        }
        _ => {
            for (_, scenario) in SCENARIOS.iter().filter(|(name, _)| arguments.is_empty() || arguments.contains(name)) {
                scenario();
            }
        }
    }
}

fn serve(behaviour: &str) {
    let behaviour = serde_json::from_str(behaviour).expect("a behaviour");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        print(&format!("http://{}/v1", listener.local_addr().expect("an address")));
        server::serve(listener, behaviour).await;
    });
}

fn act(kind: &str, url: &str, (requests, concurrency): (u64, u64)) -> Report {
    let concurrency = usize::try_from(concurrency).expect("a number of connections");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = runtime.block_on(async {
        match kind {
            "bare" => Report { seconds: clients::bare(url, requests, concurrency).await, ..Report::default() },
            "resumed" => Report { seconds: clients::resumed(requests).await, ..Report::default() },
            _ => {
                let (seconds, filled, lost) = clients::filled(url, requests, concurrency).await;
                let (answered, failed) = (filled.answered, filled.failed());
                Report { seconds, answered, failed, lost, ..Report::default() }
            }
        }
    });
    report.measured()
}

fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).expect("stdout");
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// No latency: requests a second, processor time and memory.
fn open() {
    print("\nNo latency, no limit; three times each");
    let served = Served::start(Behaviour::PLAIN);
    for concurrency in [50, 500] {
        for _ in 0..3 {
            let requests = 100_000;
            let [bare, filled] = ["bare", "filled"].map(|kind| client(kind, &served.url, requests, concurrency).wait());
            let rate = |report: &Report| requests as f64 / report.seconds;
            let cost = |report: &Report| report.processor / requests as f64 * 1e6;
            print(&format!(
                "concurrency {concurrency:>3}: bare {:>6.0}/s ({:.0} us of processor each), riskpref {:>6.0}/s ({:.0} us, {:.0} MB), \
                 ratio {:.2}",
                rate(&bare),
                cost(&bare),
                rate(&filled),
                cost(&filled),
                megabytes(filled.memory),
                rate(&filled) / rate(&bare)
            ));
        }
        if let Some(rate) = wrk(&served.url, concurrency) {
            print(&format!("concurrency {concurrency:>3}: wrk  {rate:>6.0}/s"));
        }
    }
}

/// Requests a second of `wrk`, where it is installed.
fn wrk(url: &str, concurrency: usize) -> Option<f64> {
    let mut script = tempfile::NamedTempFile::new().expect("a file");
    let body =
        r#"{"model":"m","messages":[{"role":"user","content":"I have $10,000. A bet pays $1 for each $1 staked."}]}"#;
    write!(script, "wrk.method=\"POST\"\nwrk.body=[[{body}]]\nwrk.headers[\"content-type\"]=\"application/json\"\n")
        .expect("written");
    let output = std::process::Command::new("wrk")
        .args(["-t1", "-d5s", "-c", &concurrency.to_string(), "-s"])
        .arg(script.path())
        .arg(format!("{url}/chat/completions"))
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:")?.trim().parse().ok())
}

/// Largest memory of a short and of a long run.
fn memory() {
    print("\nMemory");
    let served = Served::start(Behaviour::PLAIN);
    let sizes = [10_000, 1_000_000];
    let peaks = sizes.map(|requests| client("filled", &served.url, requests, 50).wait().memory);
    let growth = peaks[1].saturating_sub(peaks[0]) as f64 / (sizes[1] - sizes[0]) as f64;
    print(&format!(
        "10,000 requests {:.1} MB, 1,000,000 requests {:.1} MB: {growth:.1} bytes a row",
        megabytes(peaks[0]),
        megabytes(peaks[1])
    ));
}

/// Passing over a million finished calls.
fn resume() {
    let report = client("resumed", "none", 1_000_000, 50).wait();
    print(&format!(
        "\nResume of 1,000,000 finished calls: {:.1} s, {:.0} MB",
        report.seconds,
        megabytes(report.memory)
    ));
}

/// A server with the latency of a real one.
fn latency() {
    print("\nLatency 200 ms, lognormal, concurrency 200");
    for requests in [2000, 10_000] {
        for _ in 0..3 {
            let [bare, filled] = ["bare", "filled"].map(|kind| {
                let served = Served::start(Behaviour { latency: 200.0, ..Behaviour::PLAIN });
                client(kind, &served.url, requests, 200).wait().seconds
            });
            print(&format!(
                "{requests:>6} requests: bare {bare:.2} s, riskpref {filled:.2} s, ratio {:.3}",
                filled / bare
            ));
        }
    }
}

/// A server that allows 6,000 requests a minute, or the tokens of so many.
fn limits() {
    print("\nLimit of 6,000 requests a minute, or of their tokens");
    let tokens = Behaviour { tokens: Some(6000.0 * TOKENS), ..Behaviour::PLAIN };
    let requests = Behaviour { requests: Some(6000.0), ..Behaviour::PLAIN };
    let slow = Behaviour { latency: 500.0, ..requests };
    for (name, behaviour) in [("requests", requests), ("tokens", tokens), ("requests, 500 ms away", slow)] {
        let served = Served::start(behaviour);
        let report = client("filled", &served.url, 6000, 200).wait();
        tell_limited(name, &served, report.failed);
    }
}

fn tell_limited(name: &str, served: &Served, failed: u64) {
    let stats = served.stats();
    let count = |name: &str| stats[name].as_f64().unwrap_or_default();
    let used = (count("answered") - 1.0) / count("seconds") / 100.0;
    print(&format!(
        "{name}: {} answered in {:.1} s, {:.1} % of the limit; {} of {} refused ({:.2} %), {failed} lost",
        count("answered"),
        count("seconds"),
        used * 100.0,
        count("refused"),
        count("arrivals"),
        count("refused") / count("arrivals") * 100.0
    ));
}

/// Two processes with one key.
fn shared() {
    print("\nTwo processes share a limit of 6,000 requests a minute");
    let served = Served::start(Behaviour { requests: Some(6000.0), ..Behaviour::PLAIN });
    let running = [(); 2].map(|()| client("filled", &served.url, 3000, 50));
    let reports = running.map(process::Running::wait);
    tell_limited("together", &served, reports[0].failed + reports[1].failed);
    print(&format!("one took {:.1} s, the other {:.1} s", reports[0].seconds, reports[1].seconds));
}

/// 429, 500, resets, short bodies, truncated JSON, HTML and hangs.
fn faults() {
    print(
        "\nFaults: 429 and 500 5 % each, reset, short body, truncated JSON and HTML 2 % each, hangs 0.5 %; time-out 5 s",
    );
    for _ in 0..2 {
        let behaviour = Behaviour { faults: true, ..Behaviour::PLAIN };
        let served = Served::start(behaviour);
        let bare = client("bare", &served.url, 2000, 50).wait();
        let bare_answered = served.stats()["answered"].as_u64().unwrap_or_default();
        let served = Served::start(behaviour);
        let filled = client("filled", &served.url, 2000, 50).wait();
        let stats = served.stats();
        print(&format!(
            "bare {:.1} s, {bare_answered} of 2000 answered; riskpref {:.1} s, {} answered, {} lost, {} asked again after a whole \
             answer, {} early; {} answers cut off, {} counted as lost",
            bare.seconds,
            filled.seconds,
            filled.answered,
            filled.failed,
            stats["again"],
            stats["early"],
            stats["cut"],
            filled.lost
        ));
    }
}

/// Each way in which a 429 says when to come again.
fn retry_after() {
    print("\nFaults with each form of retry-after");
    for retry_after in [RetryAfter::Milliseconds, RetryAfter::Seconds, RetryAfter::Date, RetryAfter::Absent] {
        let served = Served::start(Behaviour { faults: true, retry_after, ..Behaviour::PLAIN });
        let filled = client("filled", &served.url, 500, 50).wait();
        let stats = served.stats();
        print(&format!(
            "{retry_after:?}: {} of 500 answered in {:.1} s, {} lost, {} refused, {} early",
            filled.answered, filled.seconds, filled.failed, stats["refused"], stats["early"]
        ));
    }
}
