//! What is read off a decision: how risky it is, and the amount that people would write.

use super::{Decision, Lottery, Problem};

impl Decision {
    /// The decision with a stake in whole cents (whole dollars from a wealth of 1,000,000), or to three significant
    /// digits where that unit is more than 1 % of the stake. Never above the cap, and zero only for zero.
    pub fn rounded(&self, problem: &Problem) -> Self {
        let (Self::Stake(amount), Problem::Stake(stake)) = (self, problem) else {
            return *self;
        };
        let per_dollar = if stake.wealth < 1e6 { 100.0 } else { 1.0 };
        let rounded = if amount * per_dollar < 100.0 {
            format!("{amount:.2e}").parse().unwrap_or(*amount)
        } else {
            (amount * per_dollar).round() / per_dollar
        };
        Self::Stake(rounded.min(stake.cap))
    }
}

/// How risky a decision is, in [0, 1]: the stake as a share of the cap; for a choice, the rank of the chosen option by
/// standard deviation of payoff, 0 the safest and 1 the riskiest (options with equal spread share their middle rank).
///
/// NaN for a decision of the other kind or out of range.
pub fn risk(problem: &Problem, decision: &Decision) -> f64 {
    match (problem, decision) {
        (Problem::Stake(stake), Decision::Stake(amount)) => amount / stake.cap,
        (Problem::Choice(choice), Decision::Option(index)) if *index < choice.options.len() => {
            let spread = choice.options[*index].spread();
            let others = choice.options.iter().map(Lottery::spread);
            let rank: f64 =
                others.map(|other| if other < spread { 1.0 } else { f64::from(other == spread) / 2.0 }).sum();
            (rank - 0.5) / (choice.options.len() - 1) as f64
        }
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Choice, Frame, Return, Stake};
    use super::*;

    fn menu(options: Vec<Lottery>) -> Problem {
        Problem::Choice(Choice { wealth: 100.0, frame: Frame::Menu, options })
    }

    #[test]
    fn risk_ranks_options_by_spread_and_stakes_by_share_of_the_cap() {
        let problem = menu(vec![
            Lottery::new(&[(0.5, 90.0), (0.5, -90.0)]),
            Lottery::sure(5.0),
            Lottery::new(&[(0.5, 9.0), (0.5, -9.0)]),
            Lottery::sure(6.0),
        ]);
        let risks: Vec<f64> = (0..4).map(|i| risk(&problem, &Decision::Option(i))).collect();
        assert_eq!(risks, [1.0, 1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0]);
        assert!(risk(&problem, &Decision::Option(4)).is_nan() && risk(&problem, &Decision::Stake(1.0)).is_nan());
        let returns = vec![Return { probability: 0.5, multiple: 1.0 }, Return { probability: 0.5, multiple: -1.0 }];
        let stake = Problem::Stake(Stake { wealth: 100.0, cap: 40.0, returns });
        assert_eq!(risk(&stake, &Decision::Stake(10.0)), 0.25);
    }

    #[test]
    fn serialised_with_its_kind() {
        let text = serde_json::to_string(&menu(vec![Lottery::sure(1.0), Lottery::sure(2.0)])).unwrap();
        assert!(text.starts_with(r#"{"kind":"choice","wealth":100.0,"frame":"menu""#), "{text}");
        assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), menu(vec![Lottery::sure(1.0), Lottery::sure(2.0)]));
    }
}
