//! Choices as steps: how many answers contradict each range of gamma between two thresholds.
//!
//! Invariant: thresholds of one item that differ only by rounding are one threshold.

use super::evidence::{Evidence, Kind};

/// Thresholds nearer than this are the same.
const SAME: f64 = 1e-8;

/// The ranges of gamma that the fewest answers contradict.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Steps {
    /// Answers that contradict these ranges.
    pub(super) mistakes: f64,
    /// Lowest and highest end of these ranges; none where there is no threshold beyond.
    pub(super) hull: [Option<f64>; 2],
    /// The widest of them.
    pub(super) widest: [Option<f64>; 2],
    /// How many there are.
    pub(super) ranges: usize,
}

/// None without answers that have a threshold.
pub(super) fn fewest_mistakes(evidence: &Evidence) -> Option<Steps> {
    let (mut mistakes, mut changes) = (0.0, Vec::new());
    for answer in &evidence.answers {
        let (thresholds, averse) = match &answer.kind {
            Kind::Threshold { threshold, averse } => (std::slice::from_ref(threshold), *averse),
            Kind::Thresholds { thresholds, averse } => (&thresholds[..], *averse),
            Kind::Dominance { .. } | Kind::Logit { .. } => continue,
        };
        let mut is_mistake = averse != thresholds.len().is_multiple_of(2);
        mistakes += if is_mistake { answer.weight } else { 0.0 };
        for threshold in thresholds {
            changes.push((*threshold, if is_mistake { -answer.weight } else { answer.weight }));
            is_mistake = !is_mistake;
        }
    }
    (!changes.is_empty()).then(|| fewest(mistakes, changes))
}

fn fewest(mut mistakes: f64, mut changes: Vec<(f64, f64)>) -> Steps {
    changes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut segments = Vec::new();
    let (mut low, mut position) = (None, 0);
    while position < changes.len() {
        let threshold = changes[position].0;
        segments.push((mistakes, [low, Some(threshold)]));
        while position < changes.len() && changes[position].0 - threshold <= SAME {
            mistakes += changes[position].1;
            position += 1;
        }
        low = Some(threshold);
    }
    segments.push((mistakes, [low, None]));
    let least = segments.iter().map(|(mistakes, _)| *mistakes).fold(f64::INFINITY, f64::min);
    let mut ranges: Vec<[Option<f64>; 2]> = Vec::new();
    for (_, [low, high]) in segments.iter().filter(|(mistakes, _)| *mistakes == least) {
        match ranges.last_mut() {
            Some(last) if last[1].is_some() && last[1] == *low => last[1] = *high,
            _ => ranges.push([*low, *high]),
        }
    }
    let width = |[low, high]: &[Option<f64>; 2]| low.zip(*high).map_or(f64::INFINITY, |(low, high)| high - low);
    let widest = ranges.iter().copied().reduce(|best, next| if width(&next) > width(&best) { next } else { best });
    Steps {
        mistakes: least,
        hull: [ranges[0][0], ranges[ranges.len() - 1][1]],
        widest: widest.expect("there is a range with the fewest mistakes"),
        ranges: ranges.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_without_mistakes_lies_between_the_answers() {
        // Safe at -1 and 0, risky at 1 and 2: between 0 and 1 nothing is contradicted.
        let answers = [(-1.0, -1.0), (0.0, -1.0), (1.0, 1.0), (2.0, 1.0)];
        let steps = fewest(2.0, answers.to_vec());
        assert_eq!((steps.mistakes, steps.hull, steps.ranges), (0.0, [Some(0.0), Some(1.0)], 1));
        // All safe: above the highest threshold.
        assert_eq!(fewest(2.0, vec![(-1.0, -1.0), (0.5, -1.0)]).hull, [Some(0.5), None]);
        // Once safe and once risky at what is the same threshold but for rounding.
        let contradictory = fewest(1.0, vec![(0.5, -1.0), (0.5 + 1e-12, 1.0)]);
        assert_eq!((contradictory.mistakes, contradictory.hull), (1.0, [None, None]));
    }
}
