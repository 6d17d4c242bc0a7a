//! Lists in sentences: the outcomes of a lottery or bet, and labelled options.

use serde::{Deserialize, Serialize};

use super::super::problem::MAX_OPTIONS;
use super::{Reader, Template, Unit, Values};

mod style;

pub(in crate::decision) use style::{nouns, option_style, pair_style};

/// Probabilities with amounts: payoffs in dollars, or net gains for each dollar staked.
pub(in crate::decision) type Pairs = Vec<(f64, f64)>;

/// Probability of an outcome whose wording states none.
pub(in crate::decision) const EVEN: f64 = 0.5;

/// How options are labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Labels {
    /// A, B, C ...
    #[default]
    Letters,
    /// 1, 2, 3 ...
    Numbers,
    /// X, Y, Z, W, V ...
    Late,
}

impl Labels {
    /// Every way to label options.
    pub const ALL: [Self; 3] = [Self::Letters, Self::Numbers, Self::Late];

    /// The label of the option at `index`, counted from 0; there are labels for
    /// [`MAX_OPTIONS`](super::super::problem::MAX_OPTIONS) options, and no two sets share one.
    pub fn label(self, index: usize) -> &'static str {
        self.labels().get(index).copied().unwrap_or_default()
    }

    /// The option that a label of any set names, upper or lower case.
    pub(in crate::decision) fn index(label: &str) -> Option<usize> {
        Self::ALL.iter().find_map(|set| set.labels().iter().position(|known| known.eq_ignore_ascii_case(label)))
    }

    /// Whether one of the labels is a word of the text.
    pub(in crate::decision) fn occur_in(self, text: &str) -> bool {
        text.split([' ', '.']).any(|word| self.labels().contains(&word))
    }

    fn labels(self) -> [&'static str; MAX_OPTIONS] {
        match self {
            Self::Letters => ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"],
            Self::Numbers => ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
            Self::Late => ["X", "Y", "Z", "W", "V", "U", "T", "S", "R", "Q"],
        }
    }
}

/// The amounts that a piece of a list speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    Gain,
    Loss,
    Nothing,
    /// A loss of exactly 1 for each dollar staked.
    Everything,
}

/// One outcome in words, with slots p (probability) and x (size of the amount).
struct Piece {
    amount: Amount,
    sure: bool,
    template: Template,
    reader: Reader,
}

impl Piece {
    fn fits(&self, amount: f64, sure: bool) -> bool {
        self.sure == sure
            && match self.amount {
                Amount::Gain => amount > 0.0,
                Amount::Loss => amount < 0.0,
                Amount::Nothing => amount == 0.0,
                Amount::Everything => amount == -1.0,
            }
    }

    fn pair(&self, values: &Values) -> Option<(f64, f64)> {
        let probability = if self.sure { 1.0 } else { values.get_number("p").unwrap_or(EVEN) };
        let amount = match self.amount {
            Amount::Gain => values.get_number("x")?,
            Amount::Loss => -values.get_number("x")?,
            Amount::Nothing => 0.0,
            Amount::Everything => -1.0,
        };
        Some((probability, amount))
    }
}

/// A way to list outcomes.
pub(in crate::decision) struct PairStyle {
    name: &'static str,
    unit: Unit,
    /// The first piece that fits an outcome words it.
    pieces: Vec<Piece>,
    separator: &'static str,
    /// Before the last outcome.
    last: &'static str,
}

impl PairStyle {
    pub(super) fn render(&self, pairs: &Pairs) -> String {
        let sure = matches!(pairs[..], [(1.0, _)]);
        let mut text = String::new();
        for (i, &(p, x)) in pairs.iter().enumerate() {
            if i > 0 {
                text.push_str(if i + 1 == pairs.len() { self.last } else { self.separator });
            }
            let has_sure = self.pieces.iter().any(|piece| piece.sure);
            let piece =
                self.pieces.iter().find(|piece| piece.fits(x, sure && has_sure)).expect("a style words every amount");
            let values = Values::default().number("p", p).number("x", x);
            text.push_str(&piece.template.render(&values).expect("a piece has slots p and x only"));
        }
        text
    }

    pub(super) fn read(&self, text: &str) -> Option<Pairs> {
        self.pieces.iter().find_map(|piece| {
            let (values, length) = piece.reader.read_prefix(text)?;
            let mut pairs = vec![piece.pair(&values)?];
            let rest = &text[length..];
            if !rest.is_empty() {
                let next = rest.strip_prefix(self.last).or_else(|| rest.strip_prefix(self.separator))?;
                pairs.extend(self.read(next)?);
            }
            Some(pairs)
        })
    }
}

/// A way to list options, one to a line.
pub(in crate::decision) struct OptionStyle {
    name: &'static str,
    pub(in crate::decision) labels: Labels,
    /// What the question calls an option, in lower case.
    pub(in crate::decision) noun: &'static str,
    /// Before and after the label.
    around: [&'static str; 2],
    end: &'static str,
    pairs: &'static PairStyle,
}

impl OptionStyle {
    fn heading(&self, index: usize) -> String {
        format!("{}{}{}", self.around[0], self.labels.label(index), self.around[1])
    }

    pub(super) fn render(&self, options: &[Pairs]) -> String {
        let line = |(i, pairs)| format!("{}{}{}", self.heading(i), self.pairs.render(pairs), self.end);
        options.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn read(&self, text: &str) -> Option<Vec<Pairs>> {
        let mut options = Vec::new();
        let mut rest = text;
        while !rest.is_empty() && options.len() < MAX_OPTIONS {
            let body = rest.strip_prefix(&self.heading(options.len()))?;
            let next = format!("{} {}", self.end, self.heading(options.len() + 1));
            let (option, after) = match body.split_once(&next) {
                Some((option, _)) => (option, &body[option.len() + self.end.len() + 1..]),
                None => (body.strip_suffix(self.end)?, ""),
            };
            options.push(self.pairs.read(option)?);
            rest = after;
        }
        rest.is_empty().then_some(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_style_reads_what_it_writes() {
        let payoffs = vec![
            vec![(1.0, 400.0)],
            vec![(1.0, -0.5)],
            vec![(1.0, 0.0)],
            vec![(0.3, 1000.0), (0.5, -1.0), (0.2, 0.0)],
            vec![(0.08, 1e-7), (0.92, -1e21)],
        ];
        for style in style::OPTION_STYLES.iter() {
            let text = super::super::normalise(&style.render(&payoffs));
            assert_eq!(style.read(&text).as_ref(), Some(&payoffs), "{}: {text}", style.name);
            let heading = style.heading(0).to_lowercase();
            let label = style.labels.label(0).to_lowercase();
            assert!(heading.starts_with(style.noun) || heading.starts_with(&label), "{}: {heading}", style.name);
        }
        let even = vec![vec![(EVEN, 40.0), (EVEN, -0.5)], vec![(EVEN, -7.0), (EVEN, 1000.0)]];
        for style in style::PAIR_STYLES.iter() {
            for pairs in if style.name.starts_with("even") { &even } else { &payoffs } {
                let text = style.render(pairs);
                assert_eq!(style.read(&text).as_ref(), Some(pairs), "{}: {text}", style.name);
            }
        }
    }

    #[test]
    fn lists_read_as_english() {
        let style = pair_style("chances", Unit::Dollars).unwrap();
        let pairs = vec![(0.3, 1000.0), (0.5, -200.0), (0.2, 0.0)];
        assert_eq!(
            style.render(&pairs),
            "a 30% chance of gaining $1,000, a 50% chance of losing $200 and a 20% chance of no change"
        );
        assert_eq!(style.render(&vec![(1.0, 400.0)]), "a certain gain of $400");
        assert_eq!(style.read("a 30% chance of gaining $1,000, a 50% chance"), None);
    }
}
