//! Answers to two-option choices, sorted by what was asked: the same lotteries at the same wealth, in both orders.
//!
//! Invariant: what is compared are lotteries, never positions.

use std::collections::BTreeMap;

use crate::decision::{Choice, Decision, Frame, Lottery, Problem};
use crate::estimate::Observation;

/// A lottery as a distribution of payoffs at a given scale, to nine digits; the same for every way of listing it.
pub(super) fn identity(lottery: &Lottery, scale: f64) -> String {
    let mut outcomes: Vec<String> =
        lottery.outcomes.iter().map(|o| format!("{:.8e}:{:.8e}", o.payoff / scale + 0.0, o.probability)).collect();
    outcomes.sort_unstable();
    outcomes.join(" ")
}

/// The scale of a problem to nine digits.
pub(super) fn scale(problem: &Problem) -> String {
    format!("{:.8e}", problem.scale())
}

/// A two-option menu and the option chosen; none for anything else.
pub(super) fn pair(observation: &Observation) -> Option<(&Choice, usize)> {
    match (&observation.problem, observation.decision) {
        (Problem::Choice(choice), Decision::Option(chosen))
            if choice.frame == Frame::Menu && choice.options.len() == 2 =>
        {
            Some((choice, chosen))
        }
        _ => None,
    }
}

/// Answers to one pair of lotteries at one wealth, from one cluster. The lotteries are ordered by their identity.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Answers where the lotteries stood in order: the first chosen, the second chosen.
    pub(super) in_order: [u64; 2],
    /// Answers where they stood the other way round: again the first lottery (listed last) chosen, the second chosen.
    pub(super) reversed: [u64; 2],
}

/// All pairs of different lotteries that were asked about, by cluster, then item and wealth.
pub(super) fn asked<'a>(observations: &[&'a Observation]) -> BTreeMap<(&'a str, String), Asked> {
    let mut all: BTreeMap<(&str, String), Asked> = BTreeMap::new();
    for observation in observations {
        let Some((choice, chosen)) = pair(observation) else { continue };
        let money = observation.problem.scale();
        let identities = [0, 1].map(|option| identity(&choice.options[option], money));
        if identities[0] == identities[1] {
            continue;
        }
        let is_in_order = identities[0] < identities[1];
        let key =
            (observation.cluster.as_str(), format!("{} {}", observation.problem.item(), scale(&observation.problem)));
        let answers = all.entry(key).or_default();
        if is_in_order {
            answers.in_order[chosen] += 1;
        } else {
            answers.reversed[1 - chosen] += 1;
        }
    }
    all
}

impl Asked {
    /// Share of answers that name the option listed first, less one half, with both orders weighing the same; none
    /// unless both were asked.
    pub(super) fn first_effect(&self) -> Option<f64> {
        let share = |chosen: u64, other: u64| chosen as f64 / (chosen + other) as f64;
        let effect =
            0.5 * (share(self.in_order[0], self.in_order[1]) + share(self.reversed[1], self.reversed[0])) - 0.5;
        self.is_balanced().then_some(effect)
    }

    /// Pairs of answers, one in each order: those that name different lotteries, and all.
    pub(super) fn flips(&self) -> [u64; 2] {
        let [[a, b], [c, d]] = [self.in_order, self.reversed];
        [a * d + b * c, (a + b) * (c + d)]
    }

    fn is_balanced(&self) -> bool {
        [self.in_order, self.reversed].iter().all(|order| order[0] + order[1] > 0)
    }
}
