//! Questions with one right answer for everyone, and questions asked again.

use rand::RngExt;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::super::super::phrase::form::Form;
use super::super::super::problem::{Choice, Frame, Lottery, Problem};
use super::super::grid::Grid;
use super::published::published;
use super::sampler::Sampler;
use super::{Item, SampleError, Settings};

/// Least difference of expected payoffs between the options, as a share of wealth.
const LEAST_DIFFERENCE: f64 = 0.02;

/// Menus of two lotteries of which one dominates the other: at no payoff is it less likely to bring more. Its better
/// chances, its better payoffs or both make it so; it stands first in every second menu.
///
/// # Errors
/// If phrasings or numbers do not suffice.
pub fn dominance(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new("dominance", settings);
    let phrasings = sampler.phrasings(Form::Menu, &settings.domains)?;
    let mut items = Vec::with_capacity(settings.count);
    for turn in 0..settings.count {
        let phrasing = sampler.next_phrasing(&phrasings, turn);
        let problem = sampler.draw(phrasing.domain(), "a dominated lottery", |grid, _| dominated(grid, turn))?;
        items.push(sampler.ask(problem, phrasing));
    }
    Ok(items)
}

/// The controls in one set: `count` dominance items, a quarter as many of them asked twice again, and the published menus.
///
/// # Errors
/// As [`dominance`].
pub fn controls(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut items = dominance(settings)?;
    items.extend(repeats(&items, settings.seed, settings.count / 4)?);
    items.extend(published());
    Ok(items)
}

/// The texts of `count` different questions out of `earlier`, each twice, in random order.
///
/// # Errors
/// If there are fewer questions than that.
pub fn repeats(earlier: &[Item], seed: u64, count: usize) -> Result<Vec<Item>, SampleError> {
    if count > earlier.len() {
        return Err(SampleError::Repeats { wanted: count, available: earlier.len() });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<&Item> = earlier.iter().collect();
    order.shuffle(&mut rng);
    order.truncate(count);
    let mut again: Vec<Item> = [order.clone(), order].concat().into_iter().cloned().collect();
    again.shuffle(&mut rng);
    Ok(again.into_iter().map(|item| Item { set: "repeats", ..item }).collect())
}

/// Chances and payoffs as shares of wealth.
type Shares = Vec<(f64, f64)>;

fn dominated(grid: &mut Grid<'_>, turn: usize) -> Option<Problem> {
    let wealth = grid.wealth();
    let outcomes = 2 + turn / 2 % 2;
    let chances = grid.probabilities(outcomes);
    let mut payoffs = vec![grid.between(0.1, 1.5), -grid.between(0.05, 0.8)];
    if outcomes == 3 {
        payoffs.insert(1, grid.between(-0.04, 0.09));
    }
    let better: Shares = chances.into_iter().zip(payoffs).collect();
    let worse = match turn / 4 % 3 {
        0 => with_worse_chances(grid, &better)?,
        1 => with_worse_payoff(grid, &better),
        _ => {
            let worse = with_worse_chances(grid, &better)?;
            with_worse_payoff(grid, &worse)
        }
    };
    let rounded = |shares: Shares| -> Lottery {
        let outcomes: Vec<(f64, f64)> = shares.iter().map(|&(p, share)| (p, grid.round(wealth * share))).collect();
        Lottery::new(&outcomes)
    };
    let mut options = vec![rounded(better), rounded(worse)];
    let apart = mean(&options[0]) - mean(&options[1]) >= LEAST_DIFFERENCE * wealth;
    if !(apart && dominates(&options[0], &options[1])) {
        return None;
    }
    if turn % 2 == 1 {
        options.reverse();
    }
    Some(Problem::Choice(Choice { wealth, frame: Frame::Menu, options }))
}

/// Moves some percents from the best payoff to the worst.
fn with_worse_chances(grid: &mut Grid<'_>, better: &[(f64, f64)]) -> Option<Shares> {
    let moved = f64::from(grid.rng.random_range(6_u32..=29));
    let mut worse = better.to_vec();
    let last = worse.len() - 1;
    let [from, to] = [worse[0].0 * 100.0 - moved, worse[last].0 * 100.0 + moved].map(f64::round);
    (worse[0].0, worse[last].0) = (from / 100.0, to / 100.0);
    (from >= 5.0 && from % 5.0 != 0.0 && to % 5.0 != 0.0).then_some(worse)
}

/// Lowers one payoff.
fn with_worse_payoff(grid: &mut Grid<'_>, better: &[(f64, f64)]) -> Shares {
    let mut worse = better.to_vec();
    let lowered = grid.rng.random_range(0..worse.len());
    worse[lowered].1 -= grid.between(0.05, 0.4);
    worse
}

fn mean(lottery: &Lottery) -> f64 {
    lottery.outcomes.iter().map(|o| o.probability * o.payoff).sum()
}

/// First-order stochastic dominance: at every payoff the chance of no more is smaller or equal, and at one smaller.
pub(super) fn dominates(one: &Lottery, other: &Lottery) -> bool {
    let at_most = |lottery: &Lottery, payoff: f64| -> f64 {
        lottery.outcomes.iter().filter(|o| o.payoff <= payoff).map(|o| o.probability).sum()
    };
    let payoffs = one.outcomes.iter().chain(&other.outcomes).map(|o| o.payoff);
    let gaps: Vec<f64> = payoffs.map(|payoff| at_most(other, payoff) - at_most(one, payoff)).collect();
    gaps.iter().all(|gap| *gap > -1e-9) && gaps.iter().any(|gap| *gap > 1e-9)
}
