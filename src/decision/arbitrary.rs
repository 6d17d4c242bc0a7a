//! Random problems and decisions for tests.

use proptest::prelude::*;

use super::problem::{
    Choice, Coverage, Decision, Frame, Lognormal, Lottery, MAX_OPTIONS, Outcome, Portfolio, Price, Problem, Return,
    Side, Stake,
};

/// Round amounts and arbitrary doubles below `most`.
fn amount(most: f64) -> impl Strategy<Value = f64> {
    prop_oneof![
        (1..100u32).prop_map(move |percent| (most * f64::from(percent)).round() / 100.0),
        (0.0..1.0f64).prop_map(move |share| share * most)
    ]
    .prop_filter("positive", move |&amount| amount > 0.0 && amount <= most)
}

fn wealth() -> impl Strategy<Value = f64> {
    prop_oneof![
        (1..100u32, 0..9i32).prop_map(|(digits, zeros)| f64::from(digits) * 10f64.powi(zeros)),
        (-9.0..30.0f64).prop_map(f64::exp),
    ]
}

/// `count` probabilities: whole percents, or arbitrary doubles that sum to nearly 1.
fn probabilities(count: usize) -> impl Strategy<Value = Vec<f64>> {
    let weights = prop_oneof![
        prop::collection::vec((1..50u32).prop_map(f64::from), count),
        prop::collection::vec((-20.0..0.0f64).prop_map(f64::exp), count),
    ];
    weights.prop_map(|weights| {
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / sum).collect()
    })
}

fn two_chances() -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![(1..100u32).prop_map(|p| vec![f64::from(p) / 100.0, f64::from(100 - p) / 100.0]), probabilities(2)]
}

fn payoff(wealth: f64) -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => Just(0.0),
        1 => Just(-wealth),
        4 => amount(wealth).prop_map(|loss| -loss),
        4 => (amount(wealth), 1..20u32).prop_map(|(gain, factor)| gain * f64::from(factor)),
    ]
}

fn lottery(wealth: f64) -> impl Strategy<Value = Lottery> {
    (1..8usize).prop_flat_map(probabilities).prop_flat_map(move |chances| {
        prop::collection::vec(payoff(wealth), chances.len()).prop_map(move |payoffs| {
            let outcome = |(&probability, payoff)| Outcome { probability, payoff };
            Lottery { outcomes: chances.iter().zip(payoffs).map(outcome).collect() }
        })
    })
}

fn choice() -> impl Strategy<Value = Problem> {
    wealth().prop_flat_map(|wealth| {
        let menu =
            prop::collection::vec(lottery(wealth), 2..=MAX_OPTIONS).prop_map(move |options| (Frame::Menu, options));
        let offer = lottery(wealth).prop_map(|accept| (Frame::Offer, vec![accept, Lottery::sure(0.0)]));
        let insurance = (amount(wealth), amount(wealth), two_chances()).prop_map(|(premium, loss, chances)| {
            (Frame::Insurance, vec![Lottery::sure(-premium), Lottery::new(&[(chances[0], -loss), (chances[1], 0.0)])])
        });
        prop_oneof![menu, offer, insurance]
            .prop_map(move |(frame, options)| Problem::Choice(Choice { wealth, frame, options }))
    })
}

fn returns() -> impl Strategy<Value = Vec<Return>> {
    let multiple = || {
        prop_oneof![
            Just(-1.0),
            Just(0.0),
            Just(1.0),
            -1.0..5.0f64,
            (-100..300i32).prop_map(|percent| f64::from(percent) / 100.0)
        ]
    };
    let bet = (two_chances(), amount(30.0))
        .prop_map(|(chances, odds)| chances.into_iter().zip([odds, -1.0]).collect::<Vec<_>>());
    let many = (2..8usize)
        .prop_flat_map(move |count| (probabilities(count), prop::collection::vec(multiple(), count)))
        .prop_map(|(chances, multiples)| chances.into_iter().zip(multiples).collect());
    prop_oneof![bet, many]
        .prop_map(|pairs| pairs.into_iter().map(|(probability, multiple)| Return { probability, multiple }).collect())
}

fn stake() -> impl Strategy<Value = Problem> {
    let cap = |wealth| prop_oneof![Just(wealth), amount(wealth)];
    wealth().prop_flat_map(move |wealth| {
        (cap(wealth), returns())
            .prop_map(move |(cap, returns)| Problem::Stake(Stake { wealth, cap, returns, unit: None }))
    })
}

/// Valid problems of every kind.
pub(crate) fn any_kind() -> impl Strategy<Value = Problem> {
    prop_oneof![
        3 => choice(),
        3 => stake(),
        1 => units(),
        1 => margin(),
        1 => coverage(),
        1 => portfolio(),
        1 => lognormal(),
        1 => price(),
        1 => from_nothing(),
    ]
    .prop_filter("valid", |problem| problem.validate().is_ok())
}

fn units() -> impl Strategy<Value = Problem> {
    (wealth(), 1..60u32, returns()).prop_map(|(wealth, units, returns)| {
        let unit = Some(wealth / f64::from(units));
        Problem::Stake(Stake { wealth, cap: wealth, returns, unit })
    })
}

fn margin() -> impl Strategy<Value = Problem> {
    (wealth(), 1..10u32, returns()).prop_map(|(wealth, tenths, returns)| {
        let cap = wealth * (1.0 + f64::from(tenths) / 10.0);
        Problem::Stake(Stake { wealth, cap, returns, unit: None })
    })
}

fn coverage() -> impl Strategy<Value = Problem> {
    wealth().prop_flat_map(|wealth| {
        (amount(wealth), 1..100u32, 1..100u32).prop_map(move |(loss, percent, rate)| {
            let [probability, rate] = [percent, rate].map(|percent| f64::from(percent) / 100.0);
            Problem::Coverage(Coverage { wealth, loss, probability, rate })
        })
    })
}

fn portfolio() -> impl Strategy<Value = Problem> {
    (wealth(), 1..=20u32, 0..10u32, returns()).prop_map(|(wealth, tenths, safe, returns)| {
        let cap = if tenths > 10 { wealth } else { wealth * f64::from(tenths) / 10.0 };
        Problem::Portfolio(Portfolio { wealth, cap, safe: f64::from(safe) / 100.0, returns })
    })
}

fn lognormal() -> impl Strategy<Value = Problem> {
    (wealth(), 1..=20u32, 0..20u32, 0..10u32, 5..60u32).prop_map(|(wealth, tenths, drift, safe, volatility)| {
        let cap = wealth * f64::from(tenths) / 10.0;
        let [drift, safe, volatility] = [drift, safe, volatility].map(|percent| f64::from(percent) / 100.0);
        Problem::Lognormal(Lognormal { wealth, cap, drift, safe, volatility })
    })
}

fn price() -> impl Strategy<Value = Problem> {
    wealth().prop_flat_map(|wealth| {
        (lottery(wealth), prop::sample::select(vec![Side::Sell, Side::Buy]))
            .prop_map(move |(lottery, side)| Problem::Price(Price { wealth, side, lottery }))
    })
}

/// Lotteries over final wealth, without any before.
fn from_nothing() -> impl Strategy<Value = Problem> {
    let gains = |lottery: Lottery| {
        let gain = |o: &Outcome| Outcome { payoff: o.payoff.abs(), ..*o };
        Lottery { outcomes: lottery.outcomes.iter().map(gain).collect() }
    };
    let gains = move || wealth().prop_flat_map(lottery).prop_map(gains);
    let menu = prop::collection::vec(gains(), 2..4)
        .prop_map(|options| Problem::Choice(Choice { wealth: 0.0, frame: Frame::Menu, options }));
    let sale = gains().prop_map(|lottery| Problem::Price(Price { wealth: 0.0, side: Side::Sell, lottery }));
    prop_oneof![menu, sale]
}

/// A decision at `position` in [0, 1) among those that a problem allows, corners included.
pub(crate) fn decision_at(problem: &Problem, position: f64) -> Decision {
    match problem.range() {
        Some([low, high]) => {
            let amount = low + (position * 1.4 - 0.2).clamp(0.0, 1.0) * (high - low);
            match problem {
                Problem::Stake(Stake { unit: Some(unit), .. }) => {
                    Decision::Amount(((amount / unit).floor() * unit).min(high))
                }
                _ => Decision::Amount(amount.min(high)),
            }
        }
        None => {
            let Problem::Choice(choice) = problem else { unreachable!("every other kind has a range") };
            Decision::Option((position * choice.options.len() as f64) as usize)
        }
    }
}
