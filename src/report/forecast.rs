//! What a plan would take, as a table.

use super::grid::grid;
use crate::money::{Forecast, Line, Pace, Range, usd};

/// The table, with a line for each role and model, and what all of them take together.
#[must_use]
pub fn draw(forecast: &Forecast, pace: Pace) -> String {
    if forecast.lines().is_empty() {
        return "no calls of an API".to_owned();
    }
    let header = ["role", "model", "tokens by", "calls", "done", "tokens in", "tokens out", "USD"].map(str::to_owned);
    let table = grid(&header, forecast.lines().iter().map(row), 3);
    let (total, unknown) = forecast.usd();
    let known = if total.high > 0.0 { amounts(total) } else { "nothing".to_owned() };
    let cost = match (unknown.is_empty(), total.high > 0.0) {
        (true, _) => known,
        (false, false) => format!("unknown: no price is known of {} (see --prices)", unknown.join(", ")),
        (false, true) => format!("{known}, and no price is known of {} (see --prices)", unknown.join(", ")),
    };
    format!("{table}\n\ncost: {cost}\ntime: {}", time(forecast.lines(), pace))
}

fn row(line: &Line) -> Vec<String> {
    let way = if line.batch { " (batch)" } else { "" };
    vec![
        format!("{}{way}", line.role),
        line.model.clone(),
        line.counted_by.to_owned(),
        line.calls.to_string(),
        line.present.to_string(),
        whole(line.sent),
        whole(line.received),
        line.usd().map_or_else(|| "unknown".to_owned(), amounts),
    ]
}

fn whole(range: Range) -> String {
    let (low, high) = (range.low.round(), range.high.round());
    if low >= high { format!("{high}") } else { format!("{low} to {high}") }
}

/// From the amount if all answers are as long as usual to the amount if all are as long as they may be.
fn amounts(range: Range) -> String {
    let (low, high) = (usd(range.low), usd(range.high));
    if low == high { high } else { format!("{low} to {high}") }
}

fn time(lines: &[Line], pace: Pace) -> String {
    let batches = lines.iter().any(|line| line.batch && line.calls > 0);
    let single = lines.iter().any(|line| !line.batch && line.speed.is_none() && line.calls > 0);
    let mut parts = Vec::new();
    for line in lines {
        if let Some(speed) = line.speed.filter(|_| line.calls > 0) {
            parts.push(format!(
                "{} to {} to train {}, at the {} tokens a second that were seen on two cores",
                duration(line.sent.low / speed.high / 60.0),
                duration(line.sent.high / speed.low / 60.0),
                line.model,
                whole(speed)
            ));
        }
    }
    let asking = if parts.is_empty() { "" } else { "to ask: " };
    match pace.minutes(lines) {
        Some(minutes) if single => parts.push(format!("{asking}at least {} at the limits given", duration(minutes))),
        _ if single => {
            parts.push(format!(
                "{asking}not known, since no limits are given and those of the server come with its first answer"
            ));
        }
        _ => {}
    }
    if batches {
        parts.push("up to 24 hours for batches".to_owned());
    }
    if parts.is_empty() { "none".to_owned() } else { parts.join("; ") }
}

fn duration(minutes: f64) -> String {
    match minutes {
        minutes if minutes < 2.0 => format!("{:.0} s", (minutes * 60.0).ceil()),
        minutes if minutes < 120.0 => format!("{minutes:.0} min"),
        minutes => format!("{:.1} h", minutes / 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Expected, Rates};

    fn forecast(rates: Option<Rates>) -> Forecast {
        let mut forecast = Forecast::default();
        let new = || Line {
            role: "judge".into(),
            model: "m".into(),
            batch: false,
            counted_by: "words",
            rates,
            calls: 0,
            present: 3,
            sent: Range::default(),
            speed: None,
            received: Range::default(),
        };
        let line = forecast.line("judge", "m", new);
        (0..600).for_each(|_| line.add(Range::exactly(100.0), Expected { usual: 10, most: 1000 }));
        forecast
    }

    #[test]
    fn a_plan_is_told_in_calls_tokens_usd_and_time() {
        let told = draw(
            &forecast(Some(Rates { input: 1.0, cached: 1.0, output: 2.0 })),
            Pace { requests: Some(60.0), tokens: None },
        );
        for part in ["600", "60000", "6000 to 600000", "cost: $0.0720 to $1.26", "at least 10 min"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let told = draw(&forecast(None), Pace::default());
        assert!(told.contains("cost: unknown: no price is known of m") && told.contains("time: not known"), "{told}");
        assert!(draw(&forecast(Some(Rates::FREE)), Pace::default()).contains("cost: nothing"));
        assert_eq!(draw(&Forecast::default(), Pace::default()), "no calls of an API");
    }

    #[test]
    fn training_on_this_machine_takes_the_time_that_it_took_elsewhere() {
        let mut forecast = forecast(None);
        let training = Line {
            role: "training".into(),
            speed: Some(Range { low: 500.0, high: 1000.0 }),
            calls: 4,
            sent: Range { low: 300_000.0, high: 600_000.0 },
            ..forecast.lines()[0].clone()
        };
        let time = |lines: &[Line]| time(lines, Pace { requests: Some(60.0), tokens: None });
        let alone = time(std::slice::from_ref(&training));
        assert_eq!(alone, "5 min to 20 min to train m, at the 500 to 1000 tokens a second that were seen on two cores");
        forecast.line("training", "m", || training);
        assert_eq!(time(forecast.lines()), alone + "; to ask: at least 10 min at the limits given");
    }
}
