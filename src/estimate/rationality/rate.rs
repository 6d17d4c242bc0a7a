//! How often something happened, with an interval that knows which answers belong together.

use serde::{Deserialize, Serialize};

use crate::stats::{Interval, score_interval};

/// How often something happened among comparable cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// How often.
    pub found: u64,
    /// Among how many answers, pairs of answers or triples of answers.
    pub of: u64,
    /// Items (or triples of lotteries) that these come from.
    pub items: u64,
    /// `found` over `of`.
    pub share: f64,
    /// 95 % score interval (Wilson 1927) of the share, the answers to one item taken as wholly dependent: its sample size
    /// is that of Kish (1965), (sum of n)^2 / sum of n^2 over items. With one case for each item it is the number of items.
    pub interval: Interval,
}

impl Rate {
    /// The rate over items, each with how often something happened among how many cases; none without a case.
    pub(super) fn over(items: impl IntoIterator<Item = [u64; 2]>) -> Option<Self> {
        let items: Vec<[u64; 2]> = items.into_iter().filter(|[_, of]| *of > 0).collect();
        let [found, of] = items.iter().fold([0, 0], |[found, of], item| [found + item[0], of + item[1]]);
        let squares: f64 = items.iter().map(|[_, of]| (*of as f64).powi(2)).sum();
        let share = found as f64 / of as f64;
        let interval = score_interval(share, (of as f64).powi(2) / squares)?;
        Some(Self { found, of, items: items.len() as u64, share, interval })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::wilson;

    #[test]
    fn answers_to_one_item_add_no_certainty() {
        let once = Rate::over([[0, 1], [1, 1], [0, 1], [0, 1]]).unwrap();
        let often = Rate::over([[0, 9], [9, 9], [0, 9], [0, 9]]).unwrap();
        assert_eq!((once.share, once.items, often.found, often.of), (0.25, 4, 9, 36));
        assert_eq!((once.interval, often.interval), (wilson(1, 4).unwrap(), wilson(1, 4).unwrap()));
        assert_eq!(Rate::over([[0, 0]]), None);
        assert_eq!(Rate::over([]), None);
    }
}
