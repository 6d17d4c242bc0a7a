//! The same lotteries in other words and at other scales: preferences should not change.

use super::super::super::phrase::Domain;
use super::super::super::phrase::form::Form;
use super::super::super::problem::Problem;
use super::super::grid::Grid;
use super::choices::{named, near, spread_thresholds};
use super::sampler::Sampler;
use super::{Item, SampleError, Settings};

/// The domains of [`domains`]: money, machine-hours, tonnes and points.
const DOMAINS: [Domain; 4] = [Domain::OwnMoney, Domain::MachineHours, Domain::Harvest, Domain::Points];
/// Wealths that are asked in every domain.
const WEALTHS: std::ops::RangeInclusive<f64> = 1e3..=1e5;
/// Wealths before scaling: from 1.1 to 1.4 times 100.
const SMALLEST: std::ops::RangeInclusive<f64> = 100.0..=140.0;
/// What multiplies all amounts of one lottery.
const SCALES: [f64; 4] = [1.0, 1e2, 1e4, 1e7];

/// The same menus of two, with the same numbers and the same order, as one's own money, machine-hours, tonnes and
/// points (whatever the settings' domains): four questions for each item, next to each other.
///
/// # Errors
/// As [`choices`](super::choices).
pub fn domains(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new("domains", settings);
    let phrasings = DOMAINS.map(|domain| sampler.phrasings(Form::Menu, &[domain]));
    let wanted = spread_thresholds(settings, &mut sampler.rng)?;
    let mut items = Vec::with_capacity(DOMAINS.len() * settings.count);
    for (turn, threshold) in wanted.into_iter().enumerate() {
        let attempt = |grid: &mut Grid<'_>, tolerance: f64| {
            near(settings, grid, [threshold, tolerance]).filter(|problem| WEALTHS.contains(&problem.wealth()))
        };
        let problem = sampler.draw(Domain::OwnMoney, &named(threshold), attempt)?;
        for phrasings in &phrasings {
            let phrasing = sampler.next_phrasing(phrasings.as_ref().map_err(Clone::clone)?, turn);
            items.push(sampler.ask(problem.clone(), phrasing));
        }
    }
    Ok(items)
}

/// The same menus of two, in the same words and order, with all amounts multiplied: wealths of 1.1 to 1.4 times 1e2,
/// 1e4, 1e6 and 1e9 (powers of ten themselves occur in training). Four questions for each item, next to each other.
///
/// # Errors
/// As [`choices`](super::choices).
pub fn scale(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new("scale", settings);
    let phrasings = sampler.phrasings(Form::Menu, &settings.domains)?;
    let wanted = spread_thresholds(settings, &mut sampler.rng)?;
    let mut items = Vec::with_capacity(SCALES.len() * settings.count);
    for (turn, threshold) in wanted.into_iter().enumerate() {
        let phrasing = sampler.next_phrasing(&phrasings, turn);
        let is_free = |problem: &Problem| !SCALES.iter().any(|&scale| settings.taken.has_wealth(&problem.times(scale)));
        let attempt = |grid: &mut Grid<'_>, tolerance: f64| {
            near(settings, grid, [threshold, tolerance])
                .filter(|problem| SMALLEST.contains(&problem.wealth()) && is_free(problem))
        };
        let problem = sampler.draw(Domain::OwnMoney, &named(threshold), attempt)?;
        items.extend(SCALES.map(|scale| sampler.ask(problem.times(scale), phrasing)));
    }
    Ok(items)
}
