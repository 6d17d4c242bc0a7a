//! Reading a text with a template: one regular expression for the whole text, then one parser for each slot.

use regex::{Captures, Regex};

use super::super::number;
use super::{Kind, Part, Slot, Template, Value, Values};

/// A template compiled for reading.
pub(in crate::decision) struct Reader {
    regex: Regex,
    slots: Vec<Slot>,
}

/// One space for each run of white space, straight quotation marks, nothing around.
pub(in crate::decision) fn normalise(text: &str) -> String {
    let straight = text.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\"");
    straight.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Reader {
    /// Compiles a template that must match a whole text.
    pub(in crate::decision) fn new(template: &Template) -> Self {
        Self::compile(template, "$")
    }

    /// Compiles a template that matches the beginning of a text.
    pub(super) fn prefix(template: &Template) -> Self {
        Self::compile(template, "")
    }

    fn compile(template: &Template, end: &str) -> Self {
        let mut slots = Vec::new();
        let body = pattern(&template.parts, &mut slots);
        let regex = Regex::new(&format!("(?is)^{body}{end}")).expect("a template gives a valid expression");
        Self { regex, slots }
    }

    /// The values in a text that the template fits, or `None`. The text must be [`normalise`]d.
    pub(in crate::decision) fn read(&self, text: &str) -> Option<Values> {
        self.values(&self.regex.captures(text)?)
    }

    /// The values at the beginning of a text, and the length of what was read.
    pub(super) fn read_prefix(&self, text: &str) -> Option<(Values, usize)> {
        let captures = self.regex.captures(text)?;
        Some((self.values(&captures)?, captures.get(0)?.end()))
    }

    fn values(&self, captures: &Captures<'_>) -> Option<Values> {
        let mut values = Values::default();
        for (i, slot) in self.slots.iter().enumerate() {
            let Some(found) = captures.get(i + 1) else {
                continue;
            };
            if let Kind::Options(style) = slot.kind {
                values.labels = Some(style.labels);
            }
            if !values.agrees(&slot.name, parse(slot.kind, found.as_str())?) {
                return None;
            }
        }
        Some(values)
    }
}

fn pattern(parts: &[Part], slots: &mut Vec<Slot>) -> String {
    let mut pattern = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => pattern.push_str(&regex::escape(literal).replace('\n', " ")),
            // Padding may say anything but a number that the decision could depend on.
            Part::Slot(Slot { kind: Kind::Padding, .. }) => pattern.push_str("[^$£€%?]*?"),
            Part::Slot(slot) => {
                slots.push(slot.clone());
                pattern.push_str(&format!("({})", slot_pattern(slot.kind)));
            }
            Part::Either(alternatives) => {
                let patterns: Vec<String> = alternatives.iter().map(|parts| self::pattern(parts, slots)).collect();
                pattern.push_str(&format!("(?:{})", patterns.join("|")));
            }
        }
    }
    pattern
}

fn slot_pattern(kind: Kind) -> String {
    let number = number::NUMBER;
    match kind {
        Kind::Money => number::MONEY.to_owned(),
        Kind::Percent => format!("{number}%"),
        Kind::PercentWithArticle => format!("an? {number}%"),
        Kind::Number => number.to_owned(),
        Kind::Text | Kind::Padding | Kind::Pairs(_) | Kind::Options(_) => ".+?".to_owned(),
    }
}

fn parse(kind: Kind, text: &str) -> Option<Value> {
    Some(match kind {
        Kind::Money => Value::Number(number::parse_money(text)?),
        Kind::Percent => Value::Number(number::parse_percent(text)?),
        Kind::PercentWithArticle => Value::Number(number::parse_percent(text.split_once(' ')?.1)?),
        Kind::Number => Value::Number(number::parse(text, 0)?),
        Kind::Text | Kind::Padding => Value::Text(text.to_owned()),
        Kind::Pairs(style) => Value::Pairs(style.read(text)?),
        Kind::Options(style) => Value::Options(style.read(text)?),
    })
}
