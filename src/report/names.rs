//! Models' names cut to a length that fits a chart or a table.
//!
//! Invariant: names that differ stay different.

use std::collections::BTreeSet;

const LONGEST: usize = 28;

/// Long names with their middles left out, unless that would make two of them the same.
pub(super) fn shortened(models: &[&str]) -> Vec<String> {
    let short: Vec<String> = models.iter().map(|name| without_middle(name)).collect();
    let distinct = |names: &[String]| names.iter().collect::<BTreeSet<_>>().len();
    let full: Vec<String> = models.iter().map(|name| (*name).to_owned()).collect();
    if distinct(&short) == distinct(&full) { short } else { full }
}

fn without_middle(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONGEST {
        return name.to_owned();
    }
    let half = (LONGEST - 1) / 2;
    let (start, end) = (&letters[..half], &letters[letters.len() - half..]);
    start.iter().chain(&['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_start_and_the_end() {
        let short = shortened(&["base", "ft:gpt-4.1-2025-04-14:personal:risk-averse:CEppJhPr"]);
        assert_eq!(short, ["base", "ft:gpt-4.1-20…erse:CEppJhPr"]);
    }

    #[test]
    fn names_that_differ_in_the_middle_only_stay_whole() {
        let names = ["a".repeat(20) + "1" + &"b".repeat(20), "a".repeat(20) + "2" + &"b".repeat(20)];
        assert_eq!(shortened(&[&names[0], &names[1]]), names);
    }
}
