//! The one form of stakes, coverage and two-asset portfolios: final wealth that is affine in the amount decided on.

use super::{Coverage, Portfolio, Problem, Stake};

/// What one state of the world makes of an amount.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::decision) struct State {
    pub(in crate::decision) probability: f64,
    /// Final wealth at amount zero, dollars.
    pub(in crate::decision) base: f64,
    /// Change of final wealth for each dollar of the amount.
    pub(in crate::decision) slope: f64,
}

/// A decision on an amount from nothing to `cap`, in whole multiples of `unit` if there is one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::decision) struct Affine {
    pub(in crate::decision) states: Vec<State>,
    pub(in crate::decision) cap: f64,
    pub(in crate::decision) unit: Option<f64>,
}

impl Affine {
    /// The affine form of a problem; none for choices, prices and lognormal portfolios.
    pub(in crate::decision) fn of(problem: &Problem) -> Option<Self> {
        match problem {
            Problem::Stake(stake) => Some(Self::stake(stake)),
            Problem::Coverage(coverage) => Some(Self::coverage(coverage)),
            Problem::Portfolio(portfolio) => Some(Self::portfolio(portfolio)),
            Problem::Choice(_) | Problem::Lognormal(_) | Problem::Price(_) => None,
        }
    }

    fn stake(stake: &Stake) -> Self {
        let state = |r: &super::Return| State { probability: r.probability, base: stake.wealth, slope: r.multiple };
        Self { states: stake.returns.iter().map(state).collect(), cap: stake.cap, unit: stake.unit }
    }

    /// A covered dollar costs the rate in both states, and comes back in that of the loss.
    fn coverage(&Coverage { wealth, loss, probability, rate }: &Coverage) -> Self {
        let states = vec![
            State { probability, base: wealth - loss, slope: 1.0 - rate },
            State { probability: 1.0 - probability, base: wealth, slope: -rate },
        ];
        Self { states, cap: loss, unit: None }
    }

    fn portfolio(portfolio: &Portfolio) -> Self {
        let base = portfolio.wealth * (1.0 + portfolio.safe);
        let state = |r: &super::Return| State { probability: r.probability, base, slope: r.multiple - portfolio.safe };
        Self { states: portfolio.returns.iter().map(state).collect(), cap: portfolio.cap, unit: None }
    }

    /// Probability and final wealth of each state at this amount; rounding never takes wealth below zero.
    pub(in crate::decision) fn outcomes(&self, amount: f64) -> impl Iterator<Item = (f64, f64)> + Clone + '_ {
        self.states.iter().map(move |state| (state.probability, (state.base + amount * state.slope).max(0.0)))
    }

    /// The largest amount that can be decided on: the cap, in whole units.
    pub(in crate::decision) fn largest(&self) -> f64 {
        self.unit.map_or(self.cap, |unit| (self.cap / unit * (1.0 + f64::EPSILON)).floor() * unit).min(self.cap)
    }
}
