//! Reading a text with a template: how it begins and ends, one regular expression for the whole text, then one parser
//! for each slot.

use std::sync::OnceLock;

use regex::{Captures, Regex};

use super::super::number;
use super::{Kind, Part, Slot, Template, Value, Values};

/// A template prepared for reading.
pub(in crate::decision) struct Reader {
    /// What a text must begin and end with, to pass over most texts without the regular expression.
    ends: [String; 2],
    pattern: String,
    /// Compiled at the first text that begins and ends as it must: there are many templates, and few are needed.
    regex: OnceLock<Regex>,
    slots: Vec<Slot>,
}

/// One space for each run of white space, straight quotation marks, nothing around.
pub(in crate::decision) fn normalise(text: &str) -> String {
    let straight = text.replace(['\u{2018}', '\u{2019}'], "'").replace(['\u{201c}', '\u{201d}'], "\"");
    straight.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Reader {
    /// Prepares a template that must match a whole text.
    pub(in crate::decision) fn new(template: &Template) -> Self {
        let parts = &template.parts;
        let literal = |part: Option<&Part>| match part {
            Some(Part::Literal(literal)) => literal.replace('\n', " "),
            _ => String::new(),
        };
        Self::prepare(template, "$", [literal(parts.first()), literal(parts.last())])
    }

    /// Prepares a template that matches the beginning of a text.
    pub(super) fn prefix(template: &Template) -> Self {
        Self::prepare(template, "", Default::default())
    }

    fn prepare(template: &Template, end: &str, ends: [String; 2]) -> Self {
        let mut slots = Vec::new();
        let body = pattern(&template.parts, &mut slots);
        Self { ends, pattern: format!("(?is)^{body}{end}"), regex: OnceLock::new(), slots }
    }

    fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        let [first, last] = self.ends.each_ref().map(|end| end.as_bytes());
        let bytes = text.as_bytes();
        let begins = bytes.get(..first.len()).is_some_and(|start| start.eq_ignore_ascii_case(first));
        let after = bytes.len().checked_sub(last.len())?;
        if !(begins && bytes[after..].eq_ignore_ascii_case(last)) {
            return None;
        }
        let compile = || Regex::new(&self.pattern).expect("a template gives a valid expression");
        self.regex.get_or_init(compile).captures(text)
    }

    /// The values in a text that the template fits, or `None`. The text must be [`normalise`]d.
    pub(in crate::decision) fn read(&self, text: &str) -> Option<Values> {
        self.values(&self.captures(text)?)
    }

    /// The values at the beginning of a text, and the length of what was read.
    pub(super) fn read_prefix(&self, text: &str) -> Option<(Values, usize)> {
        let captures = self.captures(text)?;
        Some((self.values(&captures)?, captures.get(0)?.end()))
    }

    fn values(&self, captures: &Captures<'_>) -> Option<Values> {
        let mut values = Values::default();
        for (i, slot) in self.slots.iter().enumerate() {
            let Some(found) = captures.get(i + 1) else {
                continue;
            };
            if !values.agrees(&slot.name, parse(slot, found.as_str())?) {
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
                let sign = if slot.signed { "-?" } else { "" };
                pattern.push_str(&format!("({sign}{})", slot_pattern(slot.kind)));
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
        Kind::Amount(unit) => unit.pattern(),
        Kind::Percent => format!("{number}%"),
        Kind::PercentWithArticle => format!("an? {number}%"),
        Kind::Number => number.to_owned(),
        Kind::Text | Kind::Padding | Kind::Pairs(_) | Kind::Options(_) => ".+?".to_owned(),
    }
}

fn parse(slot: &Slot, text: &str) -> Option<Value> {
    let (below_zero, size) = match text.strip_prefix('-') {
        Some(size) if slot.signed => (true, size),
        _ => (false, text),
    };
    let number = match slot.kind {
        Kind::Amount(unit) => unit.parse(size)?,
        Kind::Percent => number::parse_percent(size)?,
        Kind::PercentWithArticle => number::parse_percent(size.split_once(' ')?.1)?,
        Kind::Number => number::parse(size, 0)?,
        Kind::Text | Kind::Padding => return Some(Value::Text(text.to_owned())),
        Kind::Pairs(style) => return Some(Value::Pairs(style.read(text)?)),
        Kind::Options(style) => return Some(Value::Options(style.read(text)?)),
    };
    Some(Value::Number(if below_zero { -number } else { number }))
}
