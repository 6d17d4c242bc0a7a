//! Menus of several options, insurance, prices, portfolios, and double or cut.

use rand::RngExt;
use rand::seq::SliceRandom;

use super::super::super::phrase::form::{Form, offer};
use super::super::super::problem::{Coverage, Lottery, Portfolio, Price, Problem, Return, Side};
use super::super::choice::{cover, ladder};
use super::super::grid::Grid;
use super::super::plan::spread;
use super::super::quality::separates;
use super::choices::{has_threshold, named, spread_thresholds};
use super::sampler::Sampler;
use super::stakes::share;
use super::{Item, SampleError, Settings};

/// Cuts of Barsky, Juster, Kimball & Shapiro (1997) and its later waves.
const CUTS: [f64; 6] = [0.1, 0.2, 1.0 / 3.0, 0.5, 0.75, 0.92];
/// The other cuts of double-or-cut items.
const OTHER_CUTS: [f64; 2] = [0.11, 0.91];
/// Best shares that count as neither nothing nor all.
const INTERIOR: std::ops::RangeInclusive<f64> = 0.03..=0.97;
/// Least difference, as a share of wealth, between prices at the highest and the lowest target.
const LEAST_CONTRAST: f64 = 0.05;

/// Draws `settings.count` items of one form; `attempt` gets the item's number and the tolerance.
fn draw_all(
    mut sampler: Sampler<'_>,
    form: impl Fn(usize) -> Form,
    wanted: impl Fn(usize) -> String,
    attempt: impl Fn(&mut Grid<'_>, (usize, f64)) -> Option<Problem>,
) -> Result<Vec<Item>, SampleError> {
    let settings = sampler.settings;
    let draw = |turn: usize| {
        let phrasings = sampler.phrasings(form(turn), &settings.domains)?;
        let phrasing = sampler.next_phrasing(&phrasings, turn);
        let problem =
            sampler.draw(phrasing.domain(), &wanted(turn), |grid, tolerance| attempt(grid, (turn, tolerance)))?;
        Ok(sampler.ask(problem, phrasing))
    };
    (0..settings.count).map(draw).collect()
}

/// Menus with as many options as targets, a different one best for each target.
///
/// # Errors
/// If there are fewer than two targets, or phrasings or numbers do not suffice.
pub fn menus(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut targets = settings.targets.clone();
    targets.sort_by(|one, other| other.total_cmp(one));
    targets.dedup();
    if targets.len() < 2 {
        return Err(SampleError::Targets(targets.len()));
    }
    let pairs: Vec<[f64; 2]> = targets.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    let attempt = |grid: &mut Grid<'_>, _| {
        let thresholds: Vec<f64> =
            pairs.iter().map(|[high, low]| low + (high - low) * grid.between(0.2, 0.8)).collect();
        let fits = |problem: &Problem| {
            each_pair(&targets).all(|pair| separates(problem, pair)) && Sampler::is_clear(settings, problem)
        };
        ladder(grid, &thresholds).filter(fits)
    };
    draw_all(
        Sampler::new("menus", settings),
        |_| Form::Menu,
        |_| "a menu that separates all targets".to_owned(),
        attempt,
    )
}

fn each_pair(targets: &[f64]) -> impl Iterator<Item = [f64; 2]> {
    targets.iter().enumerate().flat_map(move |(last, one)| targets[..last].iter().map(move |other| [*other, *one]))
}

/// Two thirds: full insurance or none, thresholds spread over their range. One third: how much of a loss to insure,
/// with loads spread over (0, 1] and a best cover between nothing and all at gamma 1 or 2.
///
/// # Errors
/// As [`choices`](super::choices).
pub fn insurance(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let full = settings.count - settings.count / 3;
    let mut sampler = Sampler::new("insurance", settings);
    let part = |count| Settings { count, ..settings.clone() };
    let thresholds = spread_thresholds(&part(full), &mut sampler.rng)?;
    let mut loads: Vec<f64> = spread(&[[0.02, 1.0]], settings.count - full).collect();
    loads.shuffle(&mut sampler.rng);
    let form = |turn| if turn < full { Form::Insurance } else { Form::Coverage };
    let wanted = |turn: usize| match thresholds.get(turn) {
        Some(threshold) => named(*threshold),
        None => format!("part insurance with the load {:.2}", loads[turn - full]),
    };
    let attempt = |grid: &mut Grid<'_>, (turn, tolerance): (usize, f64)| match thresholds.get(turn) {
        Some(&threshold) => {
            cover(grid, threshold).filter(|problem| has_threshold(settings, problem, [threshold, tolerance]))
        }
        None => coverage(grid, loads[turn - full]),
    };
    draw_all(sampler, form, wanted, attempt)
}

fn coverage(grid: &mut Grid<'_>, load: f64) -> Option<Problem> {
    let wealth = grid.wealth();
    let probability = grid.probability(2..=35);
    let loss = wealth * grid.between(0.3, 0.9);
    let loss = grid.round(loss);
    let rate = ((1.0 + load) * probability * 1000.0).round() / 1000.0;
    let problem = Problem::Coverage(Coverage { wealth, loss, probability, rate });
    let is_interior = |gamma| share(&problem, gamma).is_some_and(|share| INTERIOR.contains(&(share * wealth / loss)));
    (rate > probability && rate < 1.0 && (is_interior(1.0) || is_interior(2.0))).then_some(problem)
}

/// The lowest selling price of a lottery (first half) and the highest buying price.
///
/// # Errors
/// If phrasings or numbers do not suffice.
pub fn prices(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let sells = settings.count.div_ceil(2);
    let side = |turn| if turn < sells { Side::Sell } else { Side::Buy };
    let form = |turn| if turn < sells { Form::Sell } else { Form::Buy };
    let attempt = |grid: &mut Grid<'_>, (turn, _): (usize, f64)| {
        let wealth = grid.wealth();
        let chances = grid.probabilities(2 + turn % 2);
        let mut shares = vec![grid.between(0.3, 1.8), if turn % 3 == 0 { 0.0 } else { grid.between(-0.4, 0.1) }];
        if chances.len() == 3 {
            shares.insert(1, grid.between(0.12, 0.28));
        }
        let payoff = |share: f64| if share == 0.0 { 0.0 } else { grid.round(wealth * share) };
        let outcomes: Vec<(f64, f64)> = chances.into_iter().zip(shares).map(|(p, share)| (p, payoff(share))).collect();
        let problem = Problem::Price(Price { wealth, side: side(turn), lottery: Lottery::new(&outcomes) });
        let extremes = settings
            .targets
            .iter()
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &target| [low.min(target), high.max(target)]);
        let prices = extremes.map(|gamma| share(&problem, gamma));
        let differ = matches!(prices, [Some(low), Some(high)] if (low - high).abs() >= LEAST_CONTRAST);
        (differ || settings.targets.len() < 2).then_some(problem)
    };
    draw_all(Sampler::new("prices", settings), form, |_| "a lottery whose price varies".to_owned(), attempt)
}

/// How much to put into an asset with two states, beside a safe return: three in five have a best share between nothing
/// and all at gamma 1 and 2, one in five nothing at both, and one in five all at both.
///
/// # Errors
/// If phrasings or numbers do not suffice.
pub fn portfolios(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let kind = |turn: usize| ["nothing", "a part", "all", "a part", "a part"][turn % 5];
    let fits = |problem: &Problem, turn| {
        let fits_at = |gamma| match (kind(turn), share(problem, gamma)) {
            ("nothing", Some(share)) => share == 0.0,
            ("all", Some(share)) => share == 1.0,
            (_, Some(share)) => INTERIOR.contains(&share),
            (_, None) => false,
        };
        fits_at(1.0) && fits_at(2.0) && Sampler::is_clear(settings, problem)
    };
    let attempt = |grid: &mut Grid<'_>, (turn, _): (usize, f64)| portfolio(grid).filter(|problem| fits(problem, turn));
    let wanted = |turn| format!("a portfolio with {} in the asset at gamma 1 and 2", kind(turn));
    draw_all(Sampler::new("portfolios", settings), |_| Form::Portfolio, wanted, attempt)
}

fn portfolio(grid: &mut Grid<'_>) -> Option<Problem> {
    let p = grid.probability(20..=80);
    let (up, down) = (grid.between(0.06, 1.5), -grid.between(0.02, 0.9));
    let multiples = [grid.round_multiple(up), grid.round_multiple(down)];
    let safe = f64::from(grid.rng.random_range(5_u32..=59)) / 1000.0;
    let chances = [p, ((1.0 - p) * 100.0).round() / 100.0];
    let returns = chances.into_iter().zip(multiples).map(|(probability, multiple)| Return { probability, multiple });
    let wealth = grid.wealth();
    let problem = Portfolio { wealth, cap: wealth, safe, returns: returns.collect() };
    (multiples[0] > safe).then_some(Problem::Portfolio(problem))
}

/// Offers to double wealth or lose a share of it at even chances: the cuts of Barsky et al. (1997) and its later waves
/// (of which a third and a half leave gamma 2 and 1 indifferent), and cuts spread between them, off the targets.
///
/// # Errors
/// If phrasings or numbers do not suffice.
pub fn double_or_cut(settings: &Settings) -> Result<Vec<Item>, SampleError> {
    let mut sampler = Sampler::new("double_or_cut", settings);
    sampler.any_probability = true;
    let others = spread(&[OTHER_CUTS], settings.count.saturating_sub(CUTS.len()));
    let mut cuts: Vec<f64> = CUTS.into_iter().chain(others).take(settings.count).collect();
    cuts.shuffle(&mut sampler.rng);
    let attempt =
        |grid: &mut Grid<'_>, (turn, tolerance): (usize, f64)| doubled(settings, grid, [cuts[turn], tolerance]);
    draw_all(sampler, |_| Form::Offer, |turn| format!("a cut of {:.3} of wealth", cuts[turn]), attempt)
}

/// Published cuts exactly, in whole dollars; others near the wanted one.
fn doubled(settings: &Settings, grid: &mut Grid<'_>, [cut, tolerance]: [f64; 2]) -> Option<Problem> {
    let wealth = grid.wealth();
    let is_published = CUTS.contains(&cut);
    let lost = if is_published { (wealth * cut).round() } else { grid.round(wealth * cut) };
    let problem = offer(wealth, &[(0.5, wealth), (0.5, -lost)]);
    let error = (lost / wealth - cut).abs();
    let fits = if is_published {
        error < 1e-12
    } else {
        error <= tolerance.min(0.01) && Sampler::is_clear(settings, &problem)
    };
    fits.then_some(problem)
}
