//! Bets of any amount up to all wealth.

use rand::seq::SliceRandom;

use super::super::super::optimum::{Optimum, optimum};
use super::super::super::phrase::form::Form;
use super::super::super::problem::{Problem, Return, Stake};
use super::super::grid::Grid;
use super::super::plan::spread;
use super::choices::beside_targets;
use super::sampler::{Phrasing, Sampler};
use super::{Item, SampleError, Settings, Shares};

/// Of the items of a set, how many of three are favourable.
const FAVOURABLE_OF_THREE: usize = 2;
/// Best stakes of favourable bets at gamma 1 and 2, as shares of wealth.
const INTERIOR: std::ops::RangeInclusive<f64> = 0.03..=0.8;
/// Logarithm of p b / q of favourable bets.
const ADVANTAGE: [f64; 2] = [0.1, 1.2];
/// All-in thresholds of unfavourable bets.
const ALL_IN: [f64; 2] = [-3.0, 0.0];
/// Net odds that are asked.
const ODDS: std::ops::RangeInclusive<f64> = 0.02..=20.0;

/// Bets with one gain, of any amount up to all wealth: two thirds (of 120: 80) are favourable, with best stakes from 3 to
/// 80 % of wealth at gamma 1 and 2 and ln(p b / q) spread over [0.1, 1.2]; the others are unfavourable, and all wealth is
/// best below a threshold that is spread over [-3, 0] beside the targets, nothing above it. If a range of best stakes is
/// wanted, all items have theirs spread over it instead.
///
/// # Errors
/// If a range is not one, or phrasings or numbers do not suffice.
pub fn stakes(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new("stakes", settings);
    let phrasings = sampler.phrasings(Form::Bet, &settings.domains)?;
    let mut bets = wanted(settings)?;
    bets.shuffle(&mut sampler.rng);
    bets.into_iter().enumerate().map(|(turn, bet)| item(&mut sampler, &phrasings, (turn, bet))).collect()
}

fn item(sampler: &mut Sampler<'_>, phrasings: &[Phrasing], (turn, bet): (usize, Bet)) -> Result<Item, SampleError> {
    let phrasing = sampler.next_phrasing(phrasings, turn);
    let settings = sampler.settings;
    let attempt = |grid: &mut Grid<'_>, tolerance: f64| {
        let problem = bet.draw(grid)?;
        bet.accepts(settings, &problem, tolerance).then_some(problem)
    };
    let problem = sampler.draw(phrasing.domain(), &bet.name(), attempt)?;
    Ok(sampler.ask(problem, phrasing))
}

/// A wanted bet.
#[derive(Clone, Copy)]
enum Bet {
    /// With this ln(p b / q).
    Favourable(f64),
    /// With this all-in threshold.
    Unfavourable(f64),
    /// With this best share of wealth.
    Share(f64, Shares),
}

fn wanted(settings: &Settings) -> Result<Vec<Bet>, SampleError> {
    if let Some(shares) = settings.optimum {
        let [low, high] = shares.range;
        if !(0.0 <= low && low <= high && high <= 1.0 && shares.gamma.is_finite()) {
            return Err(SampleError::Range { what: "best shares of wealth", low, high });
        }
        let share = |i: usize| low + (high - low) * (i as f64 + 0.5) / settings.count as f64;
        return Ok((0..settings.count).map(|i| Bet::Share(share(i), shares)).collect());
    }
    let favourable = settings.count * FAVOURABLE_OF_THREE / 3;
    let advantages = spread(&[ADVANTAGE], favourable).map(Bet::Favourable);
    let all_in = beside_targets(settings, ALL_IN)?;
    let thresholds = spread(&all_in, settings.count - favourable).map(Bet::Unfavourable);
    Ok(advantages.chain(thresholds).collect())
}

impl Bet {
    fn name(self) -> String {
        match self {
            Self::Favourable(advantage) => format!("ln(p b / q) = {advantage:.3}"),
            Self::Unfavourable(threshold) => format!("the all-in threshold {threshold:.3}"),
            Self::Share(share, Shares { gamma, .. }) => {
                format!("a best stake of {share:.3} of wealth at gamma {gamma}")
            }
        }
    }

    fn draw(self, grid: &mut Grid<'_>) -> Option<Problem> {
        let p = grid.probability(10..=90);
        let q = ((1.0 - p) * 100.0).round() / 100.0;
        let odds = match self {
            Self::Favourable(advantage) => advantage.exp() * q / p,
            Self::Unfavourable(threshold) => p.powf(-1.0 / (1.0 - threshold)) - 1.0,
            Self::Share(..) => grid.between(-0.5, 2.5).exp() * q / p,
        };
        let odds = grid.round_multiple(odds);
        let wealth = grid.wealth();
        let returns = [(p, odds), (q, -1.0)].map(|(probability, multiple)| Return { probability, multiple }).to_vec();
        ODDS.contains(&odds).then_some(Problem::Stake(Stake { wealth, cap: wealth, returns, unit: None }))
    }

    fn accepts(self, settings: &Settings, problem: &Problem, tolerance: f64) -> bool {
        let Some((p, odds)) = bet(problem) else {
            return false;
        };
        let near = |wanted: f64, found: f64| (found - wanted).abs() <= tolerance;
        match self {
            Self::Favourable(wanted) => {
                let found = (p * odds / (1.0 - p)).ln();
                let is_interior = |gamma| share(problem, gamma).is_some_and(|share| INTERIOR.contains(&share));
                near(wanted, found)
                    && (ADVANTAGE[0]..=ADVANTAGE[1]).contains(&found)
                    && [1.0, 2.0].into_iter().all(is_interior)
            }
            Self::Unfavourable(wanted) => {
                let found = all_in_threshold(p, odds);
                let keeps_clear = settings.targets.iter().all(|target| (found - target).abs() >= settings.margin);
                near(wanted, found) && (ALL_IN[0]..ALL_IN[1]).contains(&found) && keeps_clear
            }
            Self::Share(wanted, Shares { gamma, range: [low, high] }) => {
                share(problem, gamma).is_some_and(|found| near(wanted, found) && (low..=high).contains(&found))
            }
        }
    }
}

/// Chance of the gain and net odds.
fn bet(problem: &Problem) -> Option<(f64, f64)> {
    match problem {
        Problem::Stake(stake) => stake.returns.first().map(|win| (win.probability, win.multiple)),
        _ => None,
    }
}

/// The best amount as a share of wealth, if there is one best amount.
pub(super) fn share(problem: &Problem, gamma: f64) -> Option<f64> {
    match optimum(problem, gamma) {
        Optimum::Amount(amount) => Some(amount / problem.wealth()),
        _ => None,
    }
}

/// The coefficient below which all wealth is staked on an unfavourable bet: 1 - ln(1/p) / ln(1 + b).
pub(super) fn all_in_threshold(p: f64, odds: f64) -> f64 {
    1.0 + p.ln() / odds.ln_1p()
}
