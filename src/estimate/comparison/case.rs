//! A choice as every model sees it: the levels of final wealth, and each option's chance to reach them.
//!
//! Invariant: depths fall to 0 at the highest level, and the chance to reach the lowest level is 1.

use crate::decision::{Choice, Decision, Lottery, Problem};
use crate::estimate::Observation;

/// Means and spreads closer than this share of the wealth at stake are equal.
const TIE: f64 = 1e-12;

/// One observed choice, with everything that does not depend on parameters.
pub(super) struct Case {
    /// The option chosen.
    pub(super) chosen: usize,
    /// Position of the cluster among all clusters.
    pub(super) cluster: usize,
    /// For each option, the probability of each level but the lowest or more.
    pub(super) chances: Vec<Vec<f64>>,
    /// How far the levels, ascending, lie below the highest: in ln wealth.
    pub(super) log_depths: Vec<f64>,
    /// The same in mean wealths of all cases.
    pub(super) depths: Vec<f64>,
    /// Shares of the options under the rule of taking the one with the smallest standard deviation; ties are split.
    pub(super) safest: Vec<f64>,
    /// The same for the highest mean.
    pub(super) highest_mean: Vec<f64>,
}

/// The choices among the observations, and how many clusters they form. Amounts of money are in units of `unit` dollars.
pub(super) fn cases(observations: &[&Observation], unit: f64) -> (Vec<Case>, usize) {
    let mut clusters: Vec<&str> = observations.iter().map(|observation| observation.cluster.as_str()).collect();
    clusters.sort_unstable();
    clusters.dedup();
    let case = |observation: &&Observation| {
        let cluster = clusters.binary_search(&observation.cluster.as_str()).ok()?;
        match (&observation.problem, observation.decision) {
            (Problem::Choice(choice), Decision::Option(chosen)) => Some(Case::new(choice, [chosen, cluster], unit)),
            _ => None,
        }
    };
    (observations.iter().filter_map(case).collect(), clusters.len())
}

impl Case {
    fn new(choice: &Choice, [chosen, cluster]: [usize; 2], unit: f64) -> Self {
        let after = |payoff: f64| choice.wealth + payoff;
        let mut levels: Vec<f64> =
            choice.options.iter().flat_map(|option| &option.outcomes).map(|o| after(o.payoff)).collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        let highest = levels[levels.len() - 1];
        let chance = |option: &Lottery, level: f64| -> f64 {
            let reached = option.outcomes.iter().filter(|o| after(o.payoff) >= level);
            reached.map(|o| o.probability).sum::<f64>().min(1.0)
        };
        let margin = TIE * highest;
        let mean = |option: &Lottery| option.outcomes.iter().map(|o| o.probability * o.payoff).sum::<f64>();
        Self {
            chosen,
            cluster,
            chances: choice
                .options
                .iter()
                .map(|option| levels[1..].iter().map(|level| chance(option, *level)).collect())
                .collect(),
            log_depths: levels.iter().map(|level| (highest / level).ln()).collect(),
            depths: levels.iter().map(|level| (highest - level) / unit).collect(),
            safest: highest_scores(choice.options.iter().map(|option| -option.spread()), margin),
            highest_mean: highest_scores(choice.options.iter().map(mean), margin),
        }
    }

    /// Number of options.
    pub(super) fn options(&self) -> usize {
        self.chances.len()
    }
}

/// Equal shares for all scores within `margin` of the highest.
fn highest_scores(scores: impl Iterator<Item = f64>, margin: f64) -> Vec<f64> {
    let scores: Vec<f64> = scores.collect();
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let best: Vec<bool> = scores.iter().map(|score| *score >= highest - margin).collect();
    let ties = best.iter().filter(|best| **best).count() as f64;
    best.into_iter().map(|best| if best { 1.0 / ties } else { 0.0 }).collect()
}
