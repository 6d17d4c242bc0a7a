//! Draws the agent's decision.
//!
//! Invariant: the draw depends on nothing but the problem, the parameters, the temperature and the random stream.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::decision::{Decision, Problem};
use crate::estimate::{Parameters, probabilities};

/// The random stream of one question under one seed. SHA-256 keeps it the same across versions and machines, which the
/// standard hasher does not promise.
pub(super) fn generator(seed: u64, question: &str) -> ChaCha8Rng {
    let hash = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(question).finalize();
    ChaCha8Rng::from_seed(hash.into())
}

/// Draws a decision on a valid problem, with precisions divided by `temperature`; at 0 the first of the most probable.
pub(super) fn decide(problem: &Problem, parameters: &Parameters, temperature: f64, rng: &mut impl Rng) -> Decision {
    if temperature <= 0.0 {
        return most_probable(&probabilities(problem, parameters));
    }
    let scaled = |precision: f64| (precision / temperature).min(f64::MAX);
    let heated = Parameters {
        gamma: parameters.gamma,
        choice_precision: scaled(parameters.choice_precision),
        stake_precision: scaled(parameters.stake_precision),
    };
    let shares = probabilities(problem, &heated);
    let mut left: f64 = rng.random();
    for (decision, share) in &shares {
        left -= share;
        if left < 0.0 {
            return *decision;
        }
    }
    // Rounding can leave the shares a little short of 1.
    most_probable(&shares)
}

fn most_probable(shares: &[(Decision, f64)]) -> Decision {
    shares.iter().fold(shares[0], |best, next| if next.1 > best.1 { *next } else { best }).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Choice, Frame, Lottery};

    /// Wealth for sure, or an even chance to double it or lose half: threshold 1 (Barsky et al. 1997).
    fn problem() -> Problem {
        let options = vec![Lottery::sure(0.0), Lottery::new(&[(0.5, 100.0), (0.5, -50.0)])];
        Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options })
    }

    fn share_of_safe(temperature: f64) -> f64 {
        let parameters = Parameters { gamma: 1.2, choice_precision: 5.0, stake_precision: 5.0 };
        let mut rng = generator(42, "question");
        let safe =
            (0..600).filter(|_| decide(&problem(), &parameters, temperature, &mut rng) == Decision::Option(0)).count();
        safe as f64 / 600.0
    }

    #[test]
    fn draws_follow_the_probabilities_and_the_temperature() {
        for temperature in [0.5, 1.0, 4.0] {
            let expected = 1.0 / (1.0 + (-1.0_f64 / temperature).exp());
            assert!(
                (share_of_safe(temperature) - expected).abs() < 0.06,
                "{temperature}: {}",
                share_of_safe(temperature)
            );
        }
        assert_eq!(share_of_safe(0.0), 1.0);
        assert_eq!(share_of_safe(1e-320), 1.0);
    }

    #[test]
    fn streams_differ_by_seed_and_by_question() {
        let first = |seed, question| generator(seed, question).random::<u64>();
        assert_eq!(first(1, "a"), first(1, "a"));
        assert!(first(1, "a") != first(2, "a") && first(1, "a") != first(1, "b"));
    }
}
