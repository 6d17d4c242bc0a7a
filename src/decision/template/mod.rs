//! Sentences with typed slots, written and read by one description.
//!
//! A template is text with slots: `{$name}` an amount in the template's unit of account, `{%name}` percentage,
//! `{a %name}` percentage with its article, `{#name}` plain number, `{=name}` text, `{*}` padding (read only),
//! `{name:style}` a list in one of the styles of [`list`]. A plus before the sign keeps a minus (`{+%name}`); without
//! it only sizes are written. `{0}` is the amount zero. `[one|other]` stands for the first alternative whose slots all
//! have values; `[one]` for `one` or nothing. Invariant: where a template renders, its reader finds the same values.

pub(super) mod list;
mod reader;
mod unit;

use std::collections::BTreeMap;

use super::number;
pub(super) use list::Pairs;
use list::{OptionStyle, PairStyle};
pub(super) use reader::{Reader, normalise};
pub use unit::Unit;

/// What a slot holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    Pairs(Pairs),
    Options(Vec<Pairs>),
}

/// The values of a template's slots by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Values {
    by_name: BTreeMap<String, Value>,
}

impl Values {
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.by_name.insert(name.to_owned(), value);
        self
    }

    pub(super) fn number(self, name: &str, number: f64) -> Self {
        self.with(name, Value::Number(number))
    }

    pub(super) fn text(self, name: &str, text: impl Into<String>) -> Self {
        self.with(name, Value::Text(text.into()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.by_name.get(name)
    }

    pub(super) fn get_number(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn get_pairs(&self, name: &str) -> Option<&Pairs> {
        match self.get(name) {
            Some(Value::Pairs(pairs)) => Some(pairs),
            _ => None,
        }
    }

    pub(super) fn get_options(&self, name: &str) -> Option<&[Pairs]> {
        match self.get(name) {
            Some(Value::Options(options)) => Some(options),
            _ => None,
        }
    }

    /// Adds a value that was read; false if the slot already has another one.
    fn agrees(&mut self, name: &str, value: Value) -> bool {
        match self.by_name.get(name) {
            Some(known) => *known == value,
            None => self.by_name.insert(name.to_owned(), value).is_none(),
        }
    }
}

/// How a slot's value is written.
#[derive(Clone, Copy)]
enum Kind {
    Amount(Unit),
    Percent,
    PercentWithArticle,
    Number,
    Text,
    Padding,
    Pairs(&'static PairStyle),
    Options(&'static OptionStyle),
}

#[derive(Clone)]
struct Slot {
    name: String,
    kind: Kind,
    /// Whether a minus is written and read.
    signed: bool,
}

enum Part {
    Literal(String),
    Slot(Slot),
    Either(Vec<Vec<Part>>),
}

/// A parsed template.
pub(super) struct Template {
    parts: Vec<Part>,
}

impl Template {
    /// Parses a template whose amounts are dollars. Panics on a malformed one: templates are constants, and a test
    /// parses them all.
    pub(super) fn new(text: &str) -> Self {
        Self::counted(text, Unit::Dollars)
    }

    /// Parses a template whose amounts are in `unit`.
    pub(super) fn counted(text: &str, unit: Unit) -> Self {
        Self { parts: parse(text, unit) }
    }

    /// The text for these values; `None` where a value is missing or of the wrong type.
    pub(super) fn render(&self, values: &Values) -> Option<String> {
        render(&self.parts, values)
    }

    /// The style in which this template lists options, if it does.
    pub(super) fn option_style(&self) -> Option<&'static OptionStyle> {
        self.parts.iter().find_map(|part| match part {
            Part::Slot(Slot { kind: Kind::Options(style), .. }) => Some(*style),
            _ => None,
        })
    }
}

fn parse(text: &str, unit: Unit) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '[']) {
        if start > 0 {
            parts.push(Part::Literal(rest[..start].to_owned()));
        }
        let close = if rest[start..].starts_with('{') { '}' } else { ']' };
        let end = start + rest[start..].find(close).expect("a template closes its brackets");
        parts.push(match (close, &rest[start + 1..end]) {
            ('}', "0") => Part::Literal(unit.exact(0.0)),
            ('}', inner) => Part::Slot(parse_slot(inner, unit)),
            (_, inner) => parse_either(inner, unit),
        });
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    parts
}

fn parse_either(inner: &str, unit: Unit) -> Part {
    let optional = if inner.contains('|') { "" } else { "|" };
    Part::Either(format!("{inner}{optional}").split('|').map(|text| parse(text, unit)).collect())
}

fn parse_slot(inner: &str, unit: Unit) -> Slot {
    let (signed, inner) = inner.strip_prefix('+').map_or((false, inner), |rest| (true, rest));
    let signs = [
        ("$", Kind::Amount(unit)),
        ("%", Kind::Percent),
        ("a %", Kind::PercentWithArticle),
        ("#", Kind::Number),
        ("=", Kind::Text),
        ("*", Kind::Padding),
    ];
    let by_sign = signs.into_iter().find_map(|(sign, kind)| inner.strip_prefix(sign).map(|name| (name, kind)));
    let (name, kind) = by_sign.unwrap_or_else(|| {
        let (name, style) = inner.split_once(':').expect("a slot has a sign or a style");
        let pairs = list::pair_style(style, unit).map(Kind::Pairs);
        (name, pairs.or_else(|| list::option_style(style, unit).map(Kind::Options)).expect("a style exists"))
    });
    Slot { name: name.to_owned(), kind, signed }
}

fn render(parts: &[Part], values: &Values) -> Option<String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Slot(slot) => text.push_str(&render_slot(slot, values.get(&slot.name)?)?),
            Part::Either(alternatives) => text.push_str(&alternatives.iter().find_map(|parts| render(parts, values))?),
        }
    }
    Some(text)
}

fn render_slot(slot: &Slot, value: &Value) -> Option<String> {
    let text = match (slot.kind, value) {
        (Kind::Amount(unit), Value::Number(number)) => unit.exact(*number),
        (Kind::Percent, Value::Number(number)) => number::percent(*number),
        (Kind::PercentWithArticle, Value::Number(number)) => number::percent_with_article(*number),
        (Kind::Number, Value::Number(number)) => number::plain(*number),
        (Kind::Text, Value::Text(text)) => text.clone(),
        (Kind::Pairs(style), Value::Pairs(pairs)) => style.render(pairs),
        (Kind::Options(style), Value::Options(options)) => style.render(options),
        _ => return None,
    };
    let below_zero = slot.signed && matches!(value, Value::Number(number) if *number < 0.0);
    Some(if below_zero { format!("-{text}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_slots_and_alternatives() {
        let template =
            Template::new("I have {$w}[, at most {$cap},] and {a %p} chance of {#b}[; {%rest}|; otherwise not].");
        let values = Values::default().number("w", 1500.0).number("p", 0.8).number("b", 2.5);
        assert_eq!(template.render(&values).unwrap(), "I have $1,500 and an 80% chance of 2.5; otherwise not.");
        let more = values.clone().number("cap", 20.0).number("rest", 0.2);
        assert_eq!(template.render(&more).unwrap(), "I have $1,500, at most $20, and an 80% chance of 2.5; 20%.");
        assert_eq!(template.render(&Values::default()), None);
        for values in [values, more] {
            assert_eq!(Reader::new(&template).read(&template.render(&values).unwrap()), Some(values));
        }
    }

    #[test]
    fn amounts_are_in_the_unit_of_the_template_and_signs_are_kept_where_wanted() {
        let template = Template::counted("{$w}, not {0} or {+$x} ({+%r}).", Unit::Points);
        let values = Values::default().number("w", 1500.0).number("x", -1.0).number("r", -0.02);
        assert_eq!(template.render(&values).unwrap(), "1,500 points, not 0 points or -1 point (-2%).");
        let reader = Reader::new(&template);
        assert_eq!(reader.read("1,500 points, not 0 points or -1 point (-2%)."), Some(values));
        assert_eq!(reader.read("$1,500, not $0 or -$1 (-2%)."), None);
    }

    #[test]
    fn a_slot_with_two_values_is_a_contradiction() {
        let template = Template::new("I have {$w}, yes {$w}{*}.");
        let reader = Reader::new(&template);
        assert_eq!(reader.read("I have $5, yes $5 and joy."), Some(Values::default().number("w", 5.0)));
        assert_eq!(reader.read("I have $5, yes $6."), None);
        assert_eq!(reader.read("I have $5, yes $5 or $7."), None);
    }
}
