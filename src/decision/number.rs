//! Numbers in text: dollars, percentages, probabilities and odds.
//!
//! Invariant: what is written reads back as the same `f64`, since units change by moving the decimal point of the
//! shortest decimal that identifies the number, never by arithmetic.

/// A regular expression for a number, with or without thousands separators.
pub(super) const NUMBER: &str = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?";
/// A regular expression for an amount of money.
pub(super) const MONEY: &str =
    r"[$£€]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:[KMBT]\b| ?(?:thousand|million|billion|trillion)\b)?";

/// The shortest decimal that identifies `number`, without exponent.
pub(super) fn plain(number: f64) -> String {
    number.abs().to_string()
}

/// A share as a percentage: 0.333 is "33.3%".
pub(super) fn percent(share: f64) -> String {
    format!("{}%", shift_right(&plain(share), 2))
}

/// A percentage with its article: "an 8%", "a 30%".
pub(super) fn percent_with_article(share: f64) -> String {
    let text = percent(share);
    let whole = text.split(['.', '%']).next().unwrap_or_default();
    let vowel = matches!(whole, "8" | "11" | "18") || (whole.len() == 2 && whole.starts_with('8'));
    format!("{} {text}", if vowel { "an" } else { "a" })
}

/// An exact dollar amount with thousands separators: "$1,234.50".
pub(super) fn money(amount: f64) -> String {
    dollars(&plain(amount))
}

/// A dollar amount rounded to the cent, for numbers that only explain.
pub(super) fn rounded_money(amount: f64) -> String {
    dollars(&two_decimals(amount))
}

/// A size rounded to two decimals, without zeros at the end.
pub(super) fn two_decimals(amount: f64) -> String {
    let text = format!("{:.2}", amount.abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Dollars have no decimals or at least two.
fn dollars(text: &str) -> String {
    let tenths = text.rfind('.').is_some_and(|point| point + 2 == text.len());
    format!("${}{}", grouped(text), if tenths { "0" } else { "" })
}

/// A plain decimal with thousands separators.
pub(super) fn grouped(text: &str) -> String {
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// Reads a number that may have thousands separators, scaled by ten to the `exponent`.
pub(super) fn parse(text: &str, exponent: i32) -> Option<f64> {
    let digits = text.replace(',', "");
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { format!("{digits}e{exponent}").parse().ok() } else { None }
}

/// Reads "33.3%" as 0.333.
pub(super) fn parse_percent(text: &str) -> Option<f64> {
    parse(text.trim_end_matches('%').trim_end(), -2)
}

/// Reads "$1,234.50", "£500K" or "$2 million" as an amount in the unit of its currency.
pub(super) fn parse_money(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(['$', '£', '€']);
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let exponent = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" => 0,
        "k" | "thousand" => 3,
        "m" | "million" => 6,
        "b" | "billion" => 9,
        "t" | "trillion" => 12,
        _ => return None,
    };
    parse(digits.trim_end(), exponent)
}

/// The decimal complement of a probability below 1: 0.333 gives 0.667, digit by digit.
pub(super) fn complement(probability: f64) -> Option<f64> {
    let text = plain(probability);
    let fraction = text.strip_prefix("0.")?.as_bytes();
    let last = fraction.iter().rposition(|&digit| digit != b'0')?;
    let digit = |i: usize| match i.cmp(&last) {
        std::cmp::Ordering::Less => char::from(b'0' + (b'9' - fraction[i])),
        std::cmp::Ordering::Equal => char::from(b'1' + (b'9' - fraction[i])),
        std::cmp::Ordering::Greater => '0',
    };
    format!("0.{}", (0..fraction.len()).map(digit).collect::<String>()).parse().ok()
}

/// Moves the decimal point of a plain decimal to the right.
fn shift_right(text: &str, places: usize) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let padded = format!("{fraction:0<places$}");
    let (moved, rest) = padded.split_at(places);
    let joined = format!("{whole}{moved}");
    let whole = joined.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") }
}

/// Whether a text uses at most one currency.
pub(super) fn one_currency(text: &str) -> bool {
    ['$', '£', '€', '¥'].iter().filter(|&&sign| text.contains(sign)).count() <= 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn written_as_people_write() {
        assert_eq!(money(1_234_567.5), "$1,234,567.50");
        assert_eq!(money(999.0), "$999");
        assert_eq!(money(0.125), "$0.125");
        assert_eq!(rounded_money(1234.567), "$1,234.57");
        assert_eq!([1234.001, 0.5, 0.001].map(rounded_money), ["$1,234", "$0.50", "$0"]);
        assert_eq!(percent(0.07), "7%");
        assert_eq!(percent(0.000_001), "0.0001%");
        assert_eq!(percent(2.5), "250%");
        assert_eq!(
            [0.08, 0.11, 0.18, 0.85, 0.008, 0.3].map(percent_with_article),
            ["an 8%", "an 11%", "an 18%", "an 85%", "a 0.8%", "a 30%"]
        );
    }

    #[test]
    fn amounts_are_read_with_suffixes_and_separators() {
        let read = ["$100K", "$1.5M", "$2B", "£500K", "1,234.50", "$2 million", "20k"].map(parse_money);
        assert_eq!(read, [1e5, 1.5e6, 2e9, 5e5, 1234.5, 2e6, 2e4].map(Some));
        assert_eq!(parse_money("$1x"), None);
        assert_eq!(parse_percent("99.9999999999%"), Some(0.999_999_999_999));
        assert!(one_currency("$5 and $6") && !one_currency("$5 and £6"));
    }

    #[test]
    fn complements_are_decimal() {
        assert_eq!([0.55, 0.9, 0.333, 0.000_1, 0.3].map(complement), [0.45, 0.1, 0.667, 0.9999, 0.7].map(Some));
        assert_eq!([1.0, 0.0].map(complement), [None, None]);
    }

    proptest! {
        #[test]
        fn every_number_reads_back_exactly(bits in any::<u64>()) {
            let number = f64::from_bits(bits & !(1 << 63));
            prop_assume!(number.is_finite());
            prop_assert_eq!(parse(&plain(number), 0), Some(number));
            prop_assert_eq!(parse_percent(&percent(number)), Some(number));
            prop_assert_eq!(parse_percent(percent_with_article(number).split(' ').nth(1).unwrap()), Some(number));
            prop_assert_eq!(parse_money(&money(number)), Some(number));
        }
    }
}
