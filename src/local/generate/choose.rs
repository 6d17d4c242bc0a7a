//! Logits to tokens.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::local::compute::pointwise::{most, sum, widest};

/// How tokens are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0 takes the likeliest.
    pub temperature: f64,
    /// Only the likeliest tokens that together have this probability are drawn from; 1 draws from all.
    pub top_p: f64,
    /// Of the draws.
    pub seed: u64,
    /// How many of the likeliest tokens to report with each token; none reports nothing.
    pub top: Option<usize>,
}

/// A token with the natural logarithm of its probability, at temperature 1, whatever it was drawn at.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The token.
    pub token: u32,
    /// Its log probability; not a number when nothing is to be reported.
    pub logprob: f64,
    /// The likeliest tokens with theirs, likeliest first.
    pub top: Vec<(u32, f64)>,
}

/// One sequence's draws.
pub(super) struct Voice {
    sampling: Sampling,
    random: ChaCha8Rng,
}

impl Voice {
    pub(super) fn new(sampling: Sampling) -> Self {
        Self { sampling, random: ChaCha8Rng::seed_from_u64(sampling.seed) }
    }

    /// None if the logits are no numbers, as damaged weights make them.
    pub(super) fn choose(&mut self, logits: &[f32]) -> Option<Chosen> {
        let likeliest = likeliest(logits)?;
        let most = f64::from(logits[likeliest]);
        let token = if self.sampling.temperature > 0.0 { self.draw(logits, most) } else { likeliest };
        let Some(count) = self.sampling.top else {
            return Some(Chosen { token: token as u32, logprob: f64::NAN, top: Vec::new() });
        };
        let total = logits.iter().map(|logit| (f64::from(*logit) - most).exp()).sum::<f64>().ln() + most;
        let top = ranked(logits, count).into_iter().map(|id| (id as u32, f64::from(logits[id]) - total)).collect();
        Some(Chosen { token: token as u32, logprob: f64::from(logits[token]) - total, top })
    }

    fn draw(&mut self, logits: &[f32], most: f64) -> usize {
        let weight = |id: usize| ((f64::from(logits[id]) - most) / self.sampling.temperature).exp();
        let mut shares: Vec<(usize, f64)> =
            (0..logits.len()).map(|id| (id, weight(id))).filter(|(_, w)| *w > 1e-12).collect();
        if self.sampling.top_p < 1.0 {
            shares.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            let limit = self.sampling.top_p * shares.iter().map(|(_, weight)| weight).sum::<f64>();
            let mut so_far = 0.0;
            let kept = shares.iter().take_while(|(_, weight)| {
                let before = so_far;
                so_far += weight;
                before < limit
            });
            let kept = kept.count().max(1);
            shares.truncate(kept);
        }
        let mut left = self.random.random::<f64>() * shares.iter().map(|(_, weight)| weight).sum::<f64>();
        let mut drawn = shares.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        drawn.get_or_insert(&shares[shares.len() - 1]).0
    }
}

/// The first of the largest; none if some are no numbers.
fn likeliest(logits: &[f32]) -> Option<usize> {
    widest!(|logits: &'a [f32]| -> Option<usize> {
        if sum([logits], |[logit]| logit * 0.0) != 0.0 {
            return None;
        }
        let most = most(logits);
        logits.iter().position(|&logit| logit == most)
    })
}

/// The `count` largest, largest first.
fn ranked(logits: &[f32], count: usize) -> Vec<usize> {
    let mut ids: Vec<usize> = (0..logits.len()).collect();
    let count = count.min(ids.len());
    let order = |one: &usize, other: &usize| logits[*other].total_cmp(&logits[*one]).then(one.cmp(other));
    if count > 0 && count < ids.len() {
        ids.select_nth_unstable_by(count - 1, order);
    }
    ids.truncate(count);
    ids.sort_by(order);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(temperature: f64, top_p: f64, seed: u64) -> Sampling {
        Sampling { temperature, top_p, seed, top: Some(2) }
    }

    #[test]
    fn log_probabilities_are_those_of_temperature_one() {
        let logits = [0.0, 1.0, 2.0f32];
        let total = (1.0 + 1f64.exp() + 2f64.exp()).ln();
        let chosen = Voice::new(sampling(0.0, 1.0, 1)).choose(&logits).unwrap();
        assert_eq!((chosen.token, chosen.top[0].0, chosen.top[1].0, chosen.top.len()), (2, 2, 1, 2));
        assert!((chosen.logprob - (2.0 - total)).abs() < 1e-12 && (chosen.top[1].1 - (1.0 - total)).abs() < 1e-12);
    }

    #[test]
    fn the_first_of_the_largest_is_the_likeliest() {
        let mut logits = vec![-1.0f32; 40];
        assert_eq!(likeliest(&logits), Some(0));
        (logits[17], logits[33]) = (2.0, 2.0);
        assert_eq!(likeliest(&logits), Some(17));
    }

    #[test]
    fn nothing_is_chosen_of_what_is_no_number() {
        for temperature in [0.0, 1.0] {
            for logits in [[f32::NAN; 3], [0.0, f32::NAN, 1.0], [0.0, f32::INFINITY, 1.0], [f32::NEG_INFINITY; 3]] {
                for top in [None, Some(2)] {
                    let sampling = Sampling { top, ..sampling(temperature, 1.0, 7) };
                    assert_eq!(Voice::new(sampling).choose(&logits), None);
                }
            }
        }
    }

    #[test]
    fn draws_follow_temperature_nucleus_and_seed() {
        let logits = [0.0, 1.0, 2.0, -50.0f32];
        let draws = |sampling: Sampling| {
            let mut voice = Voice::new(sampling);
            (0..4000).map(|_| voice.choose(&logits).unwrap().token).collect::<Vec<_>>()
        };
        let share = |tokens: &[u32], token| tokens.iter().filter(|t| **t == token).count() as f64 / tokens.len() as f64;
        let plain = draws(sampling(1.0, 1.0, 7));
        let expected = 2f64.exp() / (1.0 + 1f64.exp() + 2f64.exp());
        assert!((share(&plain, 2) - expected).abs() < 0.03, "{}", share(&plain, 2));
        assert_eq!(plain, draws(sampling(1.0, 1.0, 7)));
        assert_ne!(plain, draws(sampling(1.0, 1.0, 8)));
        assert!(draws(sampling(1.0, 0.6, 7)).iter().all(|token| *token == 2));
        assert_eq!(share(&draws(sampling(1.0, 0.9, 7)), 0), 0.0);
        assert!(share(&draws(sampling(0.2, 1.0, 7)), 2) > 0.98);
    }
}
