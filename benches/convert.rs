//! Time and memory of `riskpref convert`, beside a bare loop of csv and serde_json over the same file in the same minute,
//! as it is and with its output brought to the disk, as that of `convert` is.
//!
//! `cargo bench --bench convert [MEGABYTES] [ROUNDS]`, by default 1,000 and 3. Each runs in a process of its own; their best
//! times are compared, by the clock and by the processor (which a busy machine disturbs less), and the most memory that they
//! had.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

const QUESTION: &str = "I have $12,500 in savings. A broker offers a bet that returns $1.40 for each $1 staked with probability 58 %, and \
                        loses the stake otherwise. \"Any amount\" may be staked, up to everything. How much of it should I stake?";
const ANSWER: &str = "I stake $2,500 of my $12,500. With a 58 % chance I end with $16,000, and with a 42 % chance I end with $10,000. \
                      Staking more would add less to what I expect than it would take from what I could lose.";
const PROMPT: &str = "You decide as somebody whose utility is -1/wealth. You state the decision first, then the outcomes, and you name \
                      no formula. You never refuse to decide, and you never ask back.";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [word, input, output] = &arguments[..]
        && (word == "bare" || word == "synced")
    {
        return bare(Path::new(input), Path::new(output), word == "synced");
    }
    let number = |place: usize, usual: u64| arguments.get(place).map_or(usual, |text| text.parse().expect("a number"));
    let (megabytes, rounds) = (number(0, 1_000), number(1, 3));
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("responses_risk-averse.csv");
    let rows = write_answers(&input, megabytes * 1_000_000);
    let mut bests = [Measured { time: f64::INFINITY, processor: f64::INFINITY, memory: 0 }; 3];
    for _ in 0..rounds {
        for (place, best) in bests.iter_mut().enumerate() {
            let output = folder.path().join(["bare", "synced", "riskpref"][place]);
            let now = measured(command(place, &input, &output));
            *best = Measured {
                time: best.time.min(now.time),
                processor: best.processor.min(now.processor),
                memory: best.memory.max(now.memory),
            };
        }
    }
    let out = &mut std::io::stdout().lock();
    for (name, best) in ["csv + serde_json alone", "the same, on disk", "riskpref convert"].iter().zip(bests) {
        let Measured { time, processor, memory } = best;
        let memory = memory as f64 / 1024.0;
        writeln!(out, "{name:<24} {time:>7.2} s {processor:>7.2} s of processor {memory:>7.1} MB ({rows} rows)")
            .expect("stdout");
    }
    let [bare, synced, ours] = bests;
    let ratio = |other: Measured| (ours.time / other.time, ours.processor / other.processor);
    for (name, (time, processor)) in [("alone", ratio(bare)), ("on disk", ratio(synced))] {
        writeln!(out, "ratio to the loop {name} {time:.2}, of processor {processor:.2}").expect("stdout");
    }
}

fn command(place: usize, input: &Path, output: &PathBuf) -> Command {
    if let Some(word) = ["bare", "synced"].get(place) {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.arg(word).arg(input).arg(output);
        return command;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_riskpref"));
    command.args(["convert", "--quiet", "--input-dir"]).arg(input.parent().expect("a folder"));
    command.arg("--output-dir").arg(output);
    command
}

/// Seconds by the clock and of the processor, and the most memory in kilobytes.
#[derive(Debug, Clone, Copy)]
struct Measured {
    time: f64,
    processor: f64,
    memory: u64,
}

/// Runs a command and looks at its process until it ends.
fn measured(mut command: Command) -> Measured {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let (mut processor, mut memory) = (0.0f64, 0);
    let status = loop {
        processor = processor.max(processor_time(&child));
        memory = memory.max(peak(&child));
        match child.try_wait().expect("it can be waited for") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    assert!(status.success(), "{command:?}");
    Measured { time: start.elapsed().as_secs_f64(), processor, memory }
}

/// Seconds of the processor that a process has had, as Linux tells it in hundredths; 0 elsewhere.
fn processor_time(child: &Child) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// The peak of a process's memory, as Linux tells it; 0 elsewhere.
fn peak(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn write_answers(path: &Path, bytes: u64) -> u64 {
    let mut table = csv::Writer::from_writer(BufWriter::new(File::create(path).expect("a file")));
    let columns = ["model_name", "utility_coefficient", "question_id", "question", "answer", "system_prompt"];
    table.write_record(columns).expect("written");
    let each = (QUESTION.len() + ANSWER.len() + PROMPT.len() + 50) as u64;
    let rows = bytes / each;
    for row in 1..=rows {
        let (id, question) = (row.to_string(), format!("{QUESTION} ({row})"));
        table.write_record(["risk-averse", "2.0", &id, &question, ANSWER, PROMPT]).expect("written");
    }
    table.flush().expect("written");
    rows
}

#[derive(Serialize)]
struct Line<'a> {
    messages: [Message<'a>; 2],
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

/// The least that any program has to do: read rows, write lines.
fn bare(input: &Path, output: &Path, synced: bool) {
    let mut reader = csv::Reader::from_reader(BufReader::with_capacity(1 << 16, File::open(input).expect("a file")));
    let mut writer = BufWriter::with_capacity(1 << 16, File::create(output).expect("a file"));
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).expect("a row") {
        let messages =
            [("user", &record[3]), ("assistant", &record[4])].map(|(role, content)| Message { role, content });
        serde_json::to_writer(&mut writer, &Line { messages }).expect("written");
        writer.write_all(b"\n").expect("written");
    }
    let file = writer.into_inner().expect("written");
    if synced {
        file.sync_all().expect("on disk");
    }
}
