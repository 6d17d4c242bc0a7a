//! What a plan would take: calls, tokens, USD and time, before anything is sent.

use super::price::Rates;

/// A number that lies between two others.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Range {
    /// At least.
    pub low: f64,
    /// At most.
    pub high: f64,
}

impl Range {
    /// A number that is known.
    #[must_use]
    pub fn exactly(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low + other.low, high: self.high + other.high }
    }

    /// The same for so many.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { low: self.low * factor, high: self.high * factor }
    }
}

/// Tokens of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Of a usual one.
    pub usual: u64,
    /// The most that the request allows.
    pub most: u64,
}

/// What one model would do in one role.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it is asked for.
    pub role: String,
    /// The model's id.
    pub model: String,
    /// Whether the calls would go through the Batch API.
    pub batch: bool,
    /// How its tokens are counted.
    pub counted_by: &'static str,
    /// Its prices; none when they are not known.
    pub rates: Option<Rates>,
    /// Calls to be made.
    pub calls: u64,
    /// Calls that were made before.
    pub present: u64,
    /// Tokens to be sent, or trained on.
    pub sent: Range,
    /// Tokens a second that it trained on elsewhere, where it would train on this machine.
    pub speed: Option<Range>,
    /// Tokens to be received: if all answers are usual, and if all are as long as they may be.
    pub received: Range,
}

impl Line {
    /// Adds a call.
    pub fn add(&mut self, sent: Range, expected: Expected) {
        self.calls += 1;
        self.sent = self.sent.plus(sent);
        let usual = expected.usual.min(expected.most);
        self.received = self.received.plus(Range { low: usual as f64, high: expected.most as f64 });
    }

    /// USD, from usual answers to the longest that are allowed; none when the price is not known.
    #[must_use]
    pub fn usd(&self) -> Option<Range> {
        let cost = |sent: f64, received: f64, rates: Rates| (sent * rates.input + received * rates.output) / 1e6;
        self.rates.map(|rates| Range {
            low: cost(self.sent.low, self.received.low, rates),
            high: cost(self.sent.high, self.received.high, rates),
        })
    }
}

/// Limits that are known before the first answer; none where they are not.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pace {
    /// Requests a minute.
    pub requests: Option<f64>,
    /// Tokens a minute.
    pub tokens: Option<f64>,
}

impl Pace {
    /// Minutes that the calls take at these limits at least; none when no limit is known.
    #[must_use]
    pub fn minutes(&self, lines: &[Line]) -> Option<f64> {
        let single = || lines.iter().filter(|line| !line.batch && line.speed.is_none());
        let calls: u64 = single().map(|line| line.calls).sum();
        let tokens: f64 = single().map(|line| line.sent.high + line.received.low).sum();
        let by_requests = self.requests.map(|limit| calls as f64 / limit);
        let by_tokens = self.tokens.map(|limit| tokens / limit);
        by_requests.into_iter().chain(by_tokens).reduce(f64::max)
    }
}

/// What a whole plan would take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forecast {
    lines: Vec<Line>,
}

impl Forecast {
    /// The line of a model in a role, made by `new` where there is none.
    pub fn line(&mut self, role: &str, model: &str, new: impl FnOnce() -> Line) -> &mut Line {
        let place = self.lines.iter().position(|line| line.role == role && line.model == model);
        let place = place.unwrap_or_else(|| {
            self.lines.push(new());
            self.lines.len() - 1
        });
        &mut self.lines[place]
    }

    /// All lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// USD of all lines whose price is known, and the models of the others.
    #[must_use]
    pub fn usd(&self) -> (Range, Vec<&str>) {
        let total = self.lines.iter().filter_map(Line::usd).fold(Range::default(), Range::plus);
        let unknown = self.lines.iter().filter(|line| line.calls > 0 && line.rates.is_none());
        (total, unknown.map(|line| line.model.as_str()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(rates: Option<Rates>) -> Line {
        Line {
            role: "judge".into(),
            model: "m".into(),
            batch: false,
            counted_by: "",
            rates,
            calls: 0,
            present: 0,
            sent: Range::default(),
            speed: None,
            received: Range::default(),
        }
    }

    #[test]
    fn a_range_goes_from_usual_answers_to_the_longest() {
        let mut line = line(Some(Rates { input: 1.0, cached: 0.1, output: 10.0 }));
        for _ in 0..1000 {
            line.add(Range { low: 80.0, high: 120.0 }, Expected { usual: 50, most: 2000 });
        }
        let usd = line.usd().unwrap();
        approx::assert_relative_eq!(usd.low, (80_000.0 + 500_000.0) / 1e6, max_relative = 1e-12);
        approx::assert_relative_eq!(usd.high, (120_000.0 + 20_000_000.0) / 1e6, max_relative = 1e-12);
        let pace = Pace { requests: Some(100.0), tokens: Some(34_000.0) };
        assert_eq!(pace.minutes(&[line.clone()]), Some(10.0));
        assert_eq!(Pace { requests: Some(100.0), tokens: Some(1e3) }.minutes(&[line.clone()]), Some(170.0));
        assert_eq!(Pace::default().minutes(&[line]), None);
    }

    #[test]
    fn an_unknown_price_is_named_and_not_counted_as_nothing() {
        let mut forecast = Forecast::default();
        forecast.line("judge", "m", || line(None)).add(Range::exactly(10.0), Expected { usual: 1, most: 2 });
        assert_eq!(forecast.usd(), (Range::default(), vec!["m"]));
    }
}
