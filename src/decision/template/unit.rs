//! Units of account: what the amounts of a text are counted in, and how they are written and read.

use super::super::number;

/// What amounts are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// "$1,200".
    #[default]
    Dollars,
    /// "1,200 machine-hours".
    MachineHours,
    /// "1,200 tonnes".
    Tonnes,
    /// "1,200 points".
    Points,
}

impl Unit {
    pub(in crate::decision) const ALL: [Self; 4] = [Self::Dollars, Self::MachineHours, Self::Tonnes, Self::Points];

    /// One of the unit, for units that stand behind the number.
    fn word(self) -> Option<&'static str> {
        match self {
            Self::Dollars => None,
            Self::MachineHours => Some("machine-hour"),
            Self::Tonnes => Some("tonne"),
            Self::Points => Some("point"),
        }
    }

    /// The size of an amount, exactly: "$1,234.50", "0.5 points", "1 tonne".
    pub(in crate::decision) fn exact(self, amount: f64) -> String {
        self.written(amount, || number::grouped(&number::plain(amount)), number::money)
    }

    /// The size of an amount to two decimals, for numbers that only explain.
    pub(in crate::decision) fn rounded(self, amount: f64) -> String {
        self.written(amount, || number::grouped(&number::two_decimals(amount)), number::rounded_money)
    }

    fn written(self, amount: f64, count: impl Fn() -> String, money: impl Fn(f64) -> String) -> String {
        match self.word() {
            None => money(amount),
            Some(word) => {
                let count = count();
                let plural = if count == "1" { "" } else { "s" };
                format!("{count} {word}{plural}")
            }
        }
    }

    /// A regular expression for amounts in this unit.
    pub(super) fn pattern(self) -> String {
        match self.word() {
            None => number::MONEY.to_owned(),
            Some(word) => format!("{} {word}s?", number::NUMBER),
        }
    }

    /// Reads an amount in this unit.
    pub(in crate::decision) fn parse(self, text: &str) -> Option<f64> {
        match self.word() {
            None => number::parse_money(text),
            Some(word) => {
                let lower = text.to_ascii_lowercase();
                let count = lower.strip_suffix('s').unwrap_or(&lower).strip_suffix(word)?.strip_suffix(' ')?;
                number::parse(count, 0)
            }
        }
    }

    /// Whether a text names this unit.
    pub(in crate::decision) fn is_named_in(self, text: &str) -> bool {
        match self.word() {
            None => text.contains(['$', '£', '€']),
            Some(word) => text.contains(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_written_as_people_write() {
        assert_eq!(Unit::ALL.map(|unit| unit.exact(1.0)), ["$1", "1 machine-hour", "1 tonne", "1 point"]);
        assert_eq!(
            Unit::ALL.map(|unit| unit.exact(1200.5)),
            ["$1,200.50", "1,200.5 machine-hours", "1,200.5 tonnes", "1,200.5 points"]
        );
        assert_eq!(
            Unit::ALL.map(|unit| unit.rounded(99.996)),
            ["$100", "100 machine-hours", "100 tonnes", "100 points"]
        );
        assert_eq!(Unit::Points.rounded(0.999), "1 point");
        assert_eq!(Unit::Points.parse("1,200 Points"), Some(1200.0));
        assert_eq!(
            [Unit::Points.parse("1,200"), Unit::Points.parse("3 tonnes"), Unit::Points.parse("points")],
            [None; 3]
        );
    }

    proptest! {
        #[test]
        fn every_amount_reads_back_exactly(bits in any::<u64>()) {
            let amount = f64::from_bits(bits & !(1 << 63));
            prop_assume!(amount.is_finite());
            for unit in Unit::ALL {
                prop_assert_eq!(unit.parse(&unit.exact(amount)), Some(amount));
            }
        }
    }
}
