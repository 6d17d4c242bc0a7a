//! What is read off a decision: how risky it is, and the amount that people would write.

use super::{Decision, Lottery, Problem, Stake};

impl Decision {
    /// The decision with an amount in whole cents (whole dollars from a wealth of 1,000,000), or to three significant
    /// digits where that unit is more than 1 % of the amount; in whole units where the problem has them. Always in the
    /// problem's range, and zero only for zero.
    pub fn rounded(&self, problem: &Problem) -> Self {
        let (Self::Amount(amount), Some([low, high])) = (self, problem.range()) else {
            return *self;
        };
        if let Problem::Stake(Stake { unit: Some(unit), .. }) = problem {
            return Self::Amount(((amount / unit).round() * unit).min(high));
        }
        let per_dollar = if problem.wealth() < 1e6 { 100.0 } else { 1.0 };
        let rounded = if (amount * per_dollar).abs() < 100.0 {
            format!("{amount:.2e}").parse().unwrap_or(*amount)
        } else {
            (amount * per_dollar).round() / per_dollar
        };
        Self::Amount(rounded.clamp(low, high))
    }
}

/// How risky a decision is, in [0, 1]: the amount staked or invested as a share of the most that is possible, the part of
/// a loss left uncovered, the price between the lowest and the highest payoff; for a choice, the rank of the chosen option
/// by standard deviation of payoff, 0 the safest and 1 the riskiest (options with equal spread share their middle rank).
///
/// NaN for a decision of the other kind or out of range.
pub fn risk(problem: &Problem, decision: &Decision) -> f64 {
    match (problem, decision, problem.range()) {
        (Problem::Coverage(coverage), Decision::Amount(amount), _) => 1.0 - amount / coverage.loss,
        (_, Decision::Amount(amount), Some([low, high])) => (amount - low) / (high - low),
        (Problem::Choice(choice), Decision::Option(index), _) if *index < choice.options.len() => {
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
    use super::super::{Choice, Frame, Return};
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
        assert!(risk(&problem, &Decision::Option(4)).is_nan() && risk(&problem, &Decision::Amount(1.0)).is_nan());
        let returns = vec![Return { probability: 0.5, multiple: 1.0 }, Return { probability: 0.5, multiple: -1.0 }];
        let stake = Problem::Stake(Stake { wealth: 100.0, cap: 40.0, returns, unit: None });
        assert_eq!(risk(&stake, &Decision::Amount(10.0)), 0.25);
    }

    #[test]
    fn serialised_with_its_kind() {
        let text = serde_json::to_string(&menu(vec![Lottery::sure(1.0), Lottery::sure(2.0)])).unwrap();
        assert!(text.starts_with(r#"{"kind":"choice","wealth":100.0,"frame":"menu""#), "{text}");
        assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), menu(vec![Lottery::sure(1.0), Lottery::sure(2.0)]));
    }
}
