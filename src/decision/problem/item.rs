//! Which problems are one item: the same lotteries, whatever the unit of money and the order of options and outcomes.

use super::{Choice, Coverage, Lognormal, Lottery, Outcome, Portfolio, Price, Problem, Stake};

impl Problem {
    /// A key that is the same for problems that differ only in the unit of money or the order in which options and outcomes stand
    /// (numbers are compared to nine digits). Answers to one item are not independent.
    pub fn item(&self) -> String {
        let scale = self.scale();
        let text = |problem: &Self| serde_json::to_string(problem).unwrap_or_default();
        let mut scaled = self.times(1.0 / scale);
        if let Self::Choice(choice) = &mut scaled {
            let key = |option: &Lottery| serde_json::to_string(option).unwrap_or_default();
            for option in &mut choice.options {
                option.outcomes.sort_by(|one, other| one.payoff.total_cmp(&other.payoff));
            }
            choice.options.sort_by_cached_key(key);
        }
        text(&scaled)
    }

    /// The same problem with all amounts multiplied, to nine digits.
    pub(in crate::decision) fn times(&self, factor: f64) -> Self {
        let amount = |amount: f64| nine_digits(amount * factor);
        let lottery = |lottery: &Lottery| {
            let outcome = |o: &Outcome| Outcome { probability: nine_digits(o.probability), payoff: amount(o.payoff) };
            Lottery { outcomes: lottery.outcomes.iter().map(outcome).collect() }
        };
        match self {
            Self::Choice(choice) => Self::Choice(Choice {
                wealth: amount(choice.wealth),
                options: choice.options.iter().map(lottery).collect(),
                ..choice.clone()
            }),
            Self::Stake(stake) => Self::Stake(Stake {
                wealth: amount(stake.wealth),
                cap: amount(stake.cap),
                unit: stake.unit.map(amount),
                ..stake.clone()
            }),
            Self::Coverage(coverage) => {
                Self::Coverage(Coverage { wealth: amount(coverage.wealth), loss: amount(coverage.loss), ..*coverage })
            }
            Self::Portfolio(portfolio) => Self::Portfolio(Portfolio {
                wealth: amount(portfolio.wealth),
                cap: amount(portfolio.cap),
                ..portfolio.clone()
            }),
            Self::Lognormal(lognormal) => Self::Lognormal(Lognormal {
                wealth: amount(lognormal.wealth),
                cap: amount(lognormal.cap),
                ..*lognormal
            }),
            Self::Price(price) => {
                Self::Price(Price { wealth: amount(price.wealth), lottery: lottery(&price.lottery), ..price.clone() })
            }
        }
    }
}

fn nine_digits(number: f64) -> f64 {
    format!("{number:.8e}").parse().unwrap_or(number) + 0.0
}

#[cfg(test)]
mod tests {
    use super::super::Frame;
    use super::*;

    #[test]
    fn neither_unit_nor_order_makes_another_item_and_the_frame_does() {
        let menu = |unit: f64, swap: bool, frame: Frame| {
            let risky = Lottery::new(&[(0.1, 7.3 * unit), (0.9, -3.1 * unit)]);
            let mut options = vec![risky, Lottery::sure(0.0)];
            if swap {
                options.reverse();
            }
            Problem::Choice(Choice { wealth: 12.0 * unit, frame, options }).item()
        };
        let item = menu(1.0, false, Frame::Menu);
        assert_eq!(item, menu(0.01, false, Frame::Menu));
        assert_eq!(item, menu(1e3 / 3.0, true, Frame::Menu));
        assert_ne!(item, menu(1.0, false, Frame::Offer));
        let cover = |unit: f64, rate: f64| {
            Problem::Coverage(Coverage { wealth: 100.0 * unit, loss: 80.0 * unit, probability: 0.1, rate }).item()
        };
        assert_eq!(cover(1.0, 0.12), cover(1e9, 0.12));
        assert_ne!(cover(1.0, 0.12), cover(1.0, 0.13));
    }
}
