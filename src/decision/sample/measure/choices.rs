//! Choices between two lotteries, with thresholds spread evenly.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::super::super::phrase::form::Form;
use super::super::super::problem::{Choice, Problem};
use super::super::choice::menu;
use super::super::grid::Grid;
use super::super::plan::spread;
use super::super::quality::threshold;
use super::sampler::Sampler;
use super::taken::probabilities;
use super::{Item, SampleError, Settings};

/// Probabilities of lotteries.
const CHANCES: std::ops::RangeInclusive<f64> = 0.1..=0.9;

/// Two-option lotteries, each asked in both orders in the same words (the second order follows the first): a sure amount
/// against two or three outcomes, or two lotteries. Thresholds are spread evenly over their range; labels rotate.
///
/// # Errors
/// If the range is empty beside the targets, or phrasings or numbers do not suffice.
pub fn choices(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new("choices", settings);
    let phrasings = sampler.phrasings(Form::Menu, &settings.domains)?;
    let wanted = spread_thresholds(settings, &mut sampler.rng)?;
    let mut items = Vec::with_capacity(2 * settings.count);
    for (turn, threshold) in wanted.into_iter().enumerate() {
        let phrasing = sampler.next_phrasing(&phrasings, turn);
        let problem = sampler.draw(phrasing.domain(), &named(threshold), |grid, tolerance| {
            near(settings, grid, [threshold, tolerance])
        })?;
        let swapped = reversed(&problem);
        items.push(sampler.ask(problem, phrasing));
        items.push(sampler.ask(swapped, phrasing));
    }
    Ok(items)
}

/// As many thresholds as items, evenly spread over the range without the targets' surroundings, in random order.
pub(super) fn spread_thresholds(settings: &Settings, rng: &mut ChaCha8Rng) -> Result<Vec<f64>, SampleError> {
    let intervals = beside_targets(settings, settings.thresholds)?;
    let mut wanted: Vec<f64> = spread(&intervals, settings.count).collect();
    wanted.shuffle(rng);
    Ok(wanted)
}

/// The parts of a range that are the margin or more away from every target, ascending.
pub(super) fn beside_targets(settings: &Settings, [low, high]: [f64; 2]) -> Result<Vec<[f64; 2]>, SampleError> {
    let mut targets = settings.targets.clone();
    targets.sort_by(f64::total_cmp);
    let mut parts = Vec::new();
    let mut start = low;
    for target in targets {
        parts.push([start, (target - settings.margin).min(high)]);
        start = start.max(target + settings.margin);
    }
    parts.push([start, high]);
    parts.retain(|[low, high]| low < high);
    let is_finite = low.is_finite() && high.is_finite() && settings.margin >= 0.0;
    if parts.is_empty() || !is_finite {
        return Err(SampleError::Range { what: "thresholds", low, high });
    }
    Ok(parts)
}

/// What an item with a threshold is called in errors.
pub(super) fn named(threshold: f64) -> String {
    format!("the threshold {threshold:.3}")
}

/// A menu of two near the wanted threshold, with probabilities from .1 to .9.
pub(super) fn near(settings: &Settings, grid: &mut Grid<'_>, wanted: [f64; 2]) -> Option<Problem> {
    let problem = menu(grid, wanted[0])?;
    let fits = probabilities(&problem).iter().all(|p| CHANCES.contains(p)) && has_threshold(settings, &problem, wanted);
    fits.then_some(problem)
}

/// Whether a choice's threshold lies within the tolerance of the wanted one, in the range and off the targets.
pub(super) fn has_threshold(settings: &Settings, problem: &Problem, [wanted, tolerance]: [f64; 2]) -> bool {
    let Problem::Choice(choice) = problem else {
        return false;
    };
    threshold(choice).is_some_and(|found| (found - wanted).abs() <= tolerance && is_allowed(settings, found))
}

/// Whether a threshold is in the range and off the targets.
pub(super) fn is_allowed(settings: &Settings, threshold: f64) -> bool {
    let [low, high] = settings.thresholds;
    (low..=high).contains(&threshold) && settings.targets.iter().all(|t| (threshold - t).abs() >= settings.margin)
}

/// The options in the opposite order.
pub(super) fn reversed(problem: &Problem) -> Problem {
    match problem {
        Problem::Choice(choice) => {
            let options = choice.options.iter().rev().cloned().collect();
            Problem::Choice(Choice { options, ..choice.clone() })
        }
        other => other.clone(),
    }
}
