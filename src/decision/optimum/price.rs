//! Reservation prices of lotteries (Pratt 1964): the lowest selling and the highest buying price are different numbers.

use super::super::problem::{Price, Side};
use super::wealth_equivalent;

/// The price at which the agent is indifferent, dollars; for a buyer at most what keeps every final wealth at zero or
/// above, since nothing can be borrowed.
pub(super) fn reservation(price: &Price, gamma: f64) -> f64 {
    match price.side {
        Side::Sell => wealth_equivalent(price.wealth, &price.lottery, gamma) - price.wealth,
        Side::Buy => highest_buying_price(price, gamma),
    }
}

/// Solves E u(W + x - P) = u(W) by bisection: the left side falls in P.
fn highest_buying_price(price: &Price, gamma: f64) -> f64 {
    let is_worth = |paid: f64| wealth_equivalent(price.wealth - paid, &price.lottery, gamma) > price.wealth;
    let [mut low, mut high] = price.range();
    if is_worth(high) {
        return high;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if is_worth(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::super::super::problem::{Decision, Lottery, Problem};
    use super::super::{loss, optimum};
    use super::*;

    fn price(wealth: f64, outcomes: &[(f64, f64)], side: Side) -> Price {
        Price { wealth, side, lottery: Lottery::new(outcomes) }
    }

    #[test]
    fn selling_and_buying_prices_differ() {
        let even = [(0.5, 0.0), (0.5, 100.0)];
        assert!((reservation(&price(100.0, &even, Side::Sell), 1.0) - 41.42).abs() < 0.005);
        assert!((reservation(&price(100.0, &even, Side::Buy), 1.0) - 38.20).abs() < 0.005);
        for gamma in [-1.0, 0.0, 2.0] {
            let [sell, buy] = [Side::Sell, Side::Buy].map(|side| reservation(&price(100.0, &even, side), gamma));
            assert!(
                (gamma == 0.0 && (sell - buy).abs() < 1e-9) || (sell > buy) == (gamma > 0.0),
                "{gamma}: {sell} {buy}"
            );
        }
    }

    #[test]
    fn certainty_equivalents_without_other_wealth() {
        let lottery = price(0.0, &[(0.5, 50.0), (0.5, 150.0)], Side::Sell);
        for (gamma, expected) in [(-1.0, 111.80), (0.0, 100.0), (1.0, 86.60), (2.0, 75.0)] {
            assert!((reservation(&lottery, gamma) - expected).abs() < 0.005);
        }
        assert_eq!(Problem::Price(lottery).validate(), Ok(()));
    }

    #[test]
    fn a_wrong_price_loses_its_distance_from_the_right_one() {
        let problem = Problem::Price(price(100.0, &[(0.5, -10.0), (0.5, 30.0)], Side::Buy));
        let best = optimum(&problem, 0.0).decision();
        assert!(loss(&problem, &best, 0.0) < 1e-12);
        assert!((loss(&problem, &Decision::Amount(5.0), 0.0) - 0.05).abs() < 1e-9);
        assert!(loss(&problem, &Decision::Amount(31.0), 0.0).is_nan());
    }
}
