//! How far decisions follow one preference: what they reveal beside gamma.
//!
//! Pure. Invariant: every number is finite; what the observations do not tell is absent, never zero.

mod asked;
mod dominance;
mod rate;
mod scale;
pub mod target;
#[cfg(test)]
mod tests;
mod transitivity;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::asked::{Asked, asked};
use super::Observation;
use crate::decision::{Decision, Problem};
use crate::stats::{Interval, Sample, mean_interval};
pub use rate::Rate;
pub use scale::ScaleEffect;

/// Seed of the bootstrap, fixed so that the same observations have the same interval.
const SEED: u64 = 42;

/// Preference for what is listed first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PositionEffect {
    /// Share of answers that name the option listed first, less one half: 0 without a bias, 0.5 if it is always named.
    pub effect: f64,
    /// 95 % interval, from a bootstrap of clusters; none with fewer than two.
    pub interval: Option<Interval>,
    /// Items asked in both orders, each at one wealth; all weigh the same.
    pub items: u64,
    /// Clusters that they form.
    pub clusters: u64,
}

/// How far decisions follow one preference. A measure is absent if no observation is of the kind that it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rationality {
    /// Observations used.
    pub observations: usize,
    /// Observations left out: the problem is not valid, or the decision does not belong to it.
    pub ignored: usize,
    /// Bias to the option listed first. Needs two-option menus asked in both orders at the same wealth.
    pub position: Option<PositionEffect>,
    /// Choices of an option that another first-order stochastically dominates, among choices that have one. Needs choices
    /// with a dominated option, in any frame.
    pub dominated: Option<Rate>,
    /// Pairs of answers in different orders that name different lotteries (Holt & Laury 2005 on order effects). Needs
    /// two-option menus asked in both orders at the same wealth.
    pub order_flips: Option<Rate>,
    /// Pairs of answers to the very same problem (in any wording) that differ; amounts differ if they are not equal.
    /// Needs problems of any kind asked again within a cluster. People reverse about a quarter of choices (Hey & Orme
    /// 1994; Stott 2006).
    pub repeats: Option<Rate>,
    /// Combinations of answers to the three pairs of three lotteries that form a cycle. Needs two-option menus with all
    /// three pairs at the same wealth. Chance gives a quarter.
    pub cycles: Option<Rate>,
    /// Change of gamma with the scale of money. Needs two-option choices asked at several scales, with answers on both
    /// sides; absent too where the answers do not bound it.
    pub scale: Option<ScaleEffect>,
}

/// Measures how far `observations` follow one preference. Orders and repeats are compared within a cluster only.
#[must_use]
pub fn rationality(observations: &[Observation]) -> Rationality {
    let is_usable = |observation: &&Observation| {
        observation.problem.validate().is_ok() && observation.problem.allows(&observation.decision)
    };
    let used: Vec<&Observation> = observations.iter().filter(is_usable).collect();
    let asked = asked(&used);
    Rationality {
        observations: used.len(),
        ignored: observations.len() - used.len(),
        position: position(&asked),
        dominated: dominated(&used),
        order_flips: Rate::over(asked.values().map(Asked::flips)),
        repeats: repeats(&used),
        cycles: Rate::over(transitivity::cycles(&used)),
        scale: scale::scale_effect(&used),
    }
}

fn position(asked: &BTreeMap<(&str, String), Asked>) -> Option<PositionEffect> {
    let mut clusters: BTreeMap<&str, Sample> = BTreeMap::new();
    for ((cluster, _), answers) in asked {
        let Some(sample) = answers.first_effect().and_then(|effect| Sample::new(effect).ok()) else { continue };
        clusters.entry(cluster).and_modify(|all| *all = all.merged(sample)).or_insert(sample);
    }
    let clusters: Vec<Sample> = clusters.into_values().collect();
    let all = clusters.iter().copied().reduce(Sample::merged)?;
    let interval = mean_interval(&clusters, SEED);
    Some(PositionEffect { effect: all.mean(), interval, items: all.count(), clusters: clusters.len() as u64 })
}

fn dominated(observations: &[&Observation]) -> Option<Rate> {
    let mut items: BTreeMap<(&str, String), [u64; 2]> = BTreeMap::new();
    for observation in observations {
        let (Problem::Choice(choice), Decision::Option(chosen)) = (&observation.problem, observation.decision) else {
            continue;
        };
        let dominated = dominance::dominated(choice);
        if dominated.contains(&true) {
            let counts = items.entry((&observation.cluster, observation.problem.item())).or_default();
            counts[0] += u64::from(dominated[chosen]);
            counts[1] += 1;
        }
    }
    Rate::over(items.into_values())
}

fn repeats(observations: &[&Observation]) -> Option<Rate> {
    let mut problems: BTreeMap<(&str, String), Vec<Decision>> = BTreeMap::new();
    for observation in observations {
        let problem = serde_json::to_string(&observation.problem).ok()?;
        problems.entry((&observation.cluster, problem)).or_default().push(observation.decision);
    }
    Rate::over(problems.values().map(|decisions| differing(decisions)))
}

/// Pairs of decisions that differ, and all pairs.
fn differing(decisions: &[Decision]) -> [u64; 2] {
    let pairs = (0..decisions.len()).flat_map(|later| (0..later).map(move |earlier| (earlier, later)));
    pairs.fold([0, 0], |[found, of], (earlier, later)| {
        [found + u64::from(decisions[earlier] != decisions[later]), of + 1]
    })
}
