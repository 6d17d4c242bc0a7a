//! Whether simulated agents get their gamma back: standardised errors, coverage of the 95 % interval, and seconds for a
//! thousand fits on two threads.
//!
//! `cargo bench --bench recovery`. The items are the two-option choices of evals/measurement/questions_choices.jsonl, or 400 with
//! thresholds spread evenly over [-3, 4] where there is no such file. Each is asked in both orders. Item noise shifts an
//! item's threshold, the same way in both orders and symmetrically around zero, so that gamma stays the location.

use std::io::Write;
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use riskpref::decision::{Choice, Decision, Frame, Lottery, Problem};
use riskpref::estimate::threshold::preference;
use riskpref::estimate::{Estimate, Model, Observation, estimate};

const GAMMAS: [f64; 6] = [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0];
const SEEDS: u64 = 200;
const RUNS: u64 = 1000;
const PRECISION: f64 = 5.0;
const KAPPA: f64 = 0.02;
const ITEM_NOISE: f64 = 0.3;

/// A choice with the threshold at which it turns and the option preferred above it.
struct Item {
    problem: Problem,
    label: String,
    threshold: f64,
    safe: usize,
}

fn main() {
    let items = items();
    let out = &mut std::io::stdout().lock();
    writeln!(out, "{} items in both orders, lambda {PRECISION}, kappa {KAPPA}", items.len()).expect("stdout");
    for gamma in GAMMAS {
        let estimates = fits(SEEDS, |seed| simulated(&items, gamma, [0.0, seed as f64], true));
        writeln!(out, "gamma {gamma:>4}: {}", report(&estimates, gamma)).expect("stdout");
    }
    writeln!(out, "with item noise of {ITEM_NOISE}, {RUNS} runs").expect("stdout");
    for gamma in [0.0, 1.0, 2.0] {
        for clustered in [true, false] {
            let start = Instant::now();
            let estimates = fits(RUNS, |seed| simulated(&items, gamma, [ITEM_NOISE, seed as f64], clustered));
            let seconds = start.elapsed().as_secs_f64();
            let name = if clustered { "clustered by item" } else { "answers as independent" };
            writeln!(out, "gamma {gamma:>4}, {name}: {}, {seconds:.1} s", report(&estimates, gamma)).expect("stdout");
        }
    }
}

fn items() -> Vec<Item> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/evals/measurement/questions_choices.jsonl");
    let problems: Vec<Problem> = match std::fs::read_to_string(path) {
        Ok(text) => text.lines().filter_map(problem).collect(),
        Err(_) => (0..400).map(|index| even(-3.0 + 7.0 * (f64::from(index) + 0.5) / 400.0)).collect(),
    };
    let mut items: Vec<Item> = problems.iter().filter_map(item).collect();
    items.sort_by(|a, b| a.label.cmp(&b.label));
    items.dedup_by(|a, b| a.label == b.label);
    items
}

fn problem(line: &str) -> Option<Problem> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    serde_json::from_value(value.get("problem")?.clone()).ok()
}

/// A sure amount against an even chance, indifferent at `threshold`.
fn even(threshold: f64) -> Problem {
    let outcomes = [(0.5, 150.0), (0.5, 60.0)];
    let sure = riskpref::utility::certainty_equivalent(outcomes.into_iter(), threshold) - 100.0;
    let options = vec![Lottery::sure(sure), Lottery::new(&outcomes.map(|(p, wealth)| (p, wealth - 100.0)))];
    Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options })
}

fn item(problem: &Problem) -> Option<Item> {
    let Problem::Choice(choice) = problem else { return None };
    let found = preference(choice);
    let ([threshold], Some(safe)) = (&found.thresholds[..], found.averse) else { return None };
    // A threshold that is given belongs to the option with the smaller spread.
    let is_safer = choice.options[safe].spread() < choice.options[1 - safe].spread();
    is_safer.then(|| Item { label: problem.item(), threshold: *threshold, safe, problem: problem.clone() })
}

/// Both answers to every item by an agent with coefficient `gamma`.
fn simulated(items: &[Item], gamma: f64, [noise, seed]: [f64; 2], clustered: bool) -> Vec<Observation> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed as u64);
    let mut answers = Vec::with_capacity(2 * items.len());
    for item in items {
        let (radius, angle): (f64, f64) = (rng.random(), rng.random());
        let shift = noise * (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos();
        for order in 0..2 {
            let meant = 1.0 / (1.0 + (-PRECISION * (gamma - item.threshold - shift)).exp());
            let is_safe = rng.random::<f64>() < KAPPA + (1.0 - 2.0 * KAPPA) * meant;
            answers.push(Observation {
                problem: item.problem.clone(),
                decision: Decision::Option(if is_safe { item.safe } else { 1 - item.safe }),
                cluster: if clustered { item.label.clone() } else { format!("{order} {}", item.label) },
                threshold: Some(item.threshold),
            });
        }
    }
    answers
}

/// Fits of `runs` simulations, on two threads.
fn fits(runs: u64, answers: impl Fn(u64) -> Vec<Observation> + Sync) -> Vec<Estimate> {
    let fit = |seed: u64| estimate(&answers(seed), Model::RandomParameter).expect("simulated answers are valid");
    let half = |first: u64| (first..runs).step_by(2).map(fit).collect::<Vec<_>>();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let mut all = half(0);
        all.extend(other.join().expect("the thread does not panic"));
        all
    })
}

fn report(estimates: &[Estimate], gamma: f64) -> String {
    let errors: Vec<f64> = estimates.iter().filter_map(|each| Some((each.gamma? - gamma) / each.std_error?)).collect();
    let count = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / count;
    let deviation = (errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let covers = |each: &&Estimate| {
        let [low, high] = each.interval;
        low.is_none_or(|low| low <= gamma) && high.is_none_or(|high| gamma <= high)
    };
    let coverage = 100.0 * estimates.iter().filter(covers).count() as f64 / estimates.len() as f64;
    let std_error = estimates.iter().filter_map(|each| each.std_error).sum::<f64>() / count;
    let missing = estimates.len() - errors.len();
    format!(
        "standardised error {mean:+.3} (sd {deviation:.3}), coverage {coverage:.1} %, mean standard error {std_error:.3}, \
         {missing} without one"
    )
}
