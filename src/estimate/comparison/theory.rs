//! The models of choice that are compared, and the probabilities that they give to options.
//!
//! Invariant: probabilities of a choice sum to 1, none is 0, and money in another unit changes none.
//!
//! Models with a utility: an option is worth the sum over levels of final wealth of the rise in utility to that level
//! times the weight of the chance to reach it (Quiggin 1982; expected utility where the weight is the chance), utility
//! running from 0 to 1 over the outcomes of the choice (contextual utility, Wilcox 2011), so that the precision means
//! the same in all models. A logit of precision lambda (Hey & Orme 1994 with errors as in Luce 1959) gives the options'
//! shares, of which 2 kappa are replaced by an even choice (the tremble of Harless & Camerer 1994 and Moffatt & Peters
//! 2001). Wealth of zero is the limit of small wealth: from gamma = 1 options then differ in their chance of ruin alone.

use serde::{Deserialize, Serialize};

use super::case::Case;

/// A model of choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theory {
    /// Expected utility with constant relative risk aversion gamma (Pratt 1964; Holt & Laury 2002).
    Crra,
    /// Expected utility -(exp(-a x) - 1)/a of final wealth x in mean wealths: constant absolute risk aversion.
    Cara,
    /// CRRA with rank-dependent weights w(p) = exp(-(-ln p)^alpha) (Prelec 1998) of the chance to do at least as well;
    /// expected utility at alpha = 1.
    Prelec,
    /// Expected value: no curvature.
    ExpectedValue,
    /// Every option is as likely.
    Random,
    /// The option with the smallest standard deviation, with a tremble.
    Safest,
    /// The option that is listed first, with a tremble.
    First,
    /// The option with the highest mean, with a tremble.
    HighestMean,
}

/// A parameter of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// Coefficient of relative risk aversion.
    Gamma,
    /// Coefficient of absolute risk aversion, times the mean wealth.
    AbsoluteAversion,
    /// Exponent of Prelec's weights; below 1 small chances weigh too much.
    Alpha,
    /// Precision: the logit's slope in contextual utility. Estimated as its logarithm.
    Lambda,
    /// Half the share of answers that are given at random (kappa), in [0.001, 0.499].
    Tremble,
}

impl Theory {
    /// All models, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Crra,
        Self::Cara,
        Self::Prelec,
        Self::ExpectedValue,
        Self::Random,
        Self::Safest,
        Self::First,
        Self::HighestMean,
    ];

    /// The parameters, in the order of points.
    #[must_use]
    pub fn parameters(self) -> &'static [Parameter] {
        use Parameter::{AbsoluteAversion, Alpha, Gamma, Lambda, Tremble};
        match self {
            Self::Crra => &[Gamma, Lambda, Tremble],
            Self::Cara => &[AbsoluteAversion, Lambda, Tremble],
            Self::Prelec => &[Gamma, Alpha, Lambda, Tremble],
            Self::ExpectedValue => &[Lambda, Tremble],
            Self::Random => &[],
            Self::Safest | Self::First | Self::HighestMean => &[Tremble],
        }
    }

    /// Probability of every option under the parameters at `point`.
    pub(super) fn probabilities(self, case: &Case, point: &[f64]) -> Vec<f64> {
        let shares = match (self, point) {
            (Self::Crra, &[gamma, precision, _]) => logit(case, [gamma - 1.0, precision], (&case.log_depths, |p| p)),
            (Self::Cara, &[aversion, precision, _]) => logit(case, [aversion, precision], (&case.depths, |p| p)),
            (Self::Prelec, &[gamma, alpha, precision, _]) => {
                logit(case, [gamma - 1.0, precision], (&case.log_depths, |p| prelec(p, alpha)))
            }
            (Self::ExpectedValue, &[precision, _]) => logit(case, [0.0, precision], (&case.depths, |p| p)),
            (Self::Safest, _) => case.safest.clone(),
            (Self::First, _) => (0..case.options()).map(|option| if option == 0 { 1.0 } else { 0.0 }).collect(),
            (Self::HighestMean, _) => case.highest_mean.clone(),
            _ => vec![1.0 / case.options() as f64; case.options()],
        };
        let at_random = point.last().map_or(0.0, |tremble| 2.0 * tremble);
        let even = 1.0 / case.options() as f64;
        shares.into_iter().map(|share| (1.0 - at_random) * share + at_random * even).collect()
    }
}

/// Prelec's (1998) weight of a probability in [0, 1].
fn prelec(probability: f64, alpha: f64) -> f64 {
    if probability <= 0.0 { 0.0 } else { (-(-probability.ln()).max(0.0).powf(alpha)).exp() }
}

/// Logit shares for an exponential utility of this curvature over depths, and weights of chances.
fn logit(
    case: &Case,
    [curvature, log_precision]: [f64; 2],
    (depths, weight): (&[f64], impl Fn(f64) -> f64),
) -> Vec<f64> {
    let utilities: Vec<f64> = depths.iter().map(|depth| height(*depth, depths[0], curvature)).collect();
    let worth = |chances: &Vec<f64>| -> f64 {
        chances.iter().zip(utilities.windows(2)).map(|(chance, step)| (step[1] - step[0]) * weight(*chance)).sum()
    };
    let worths: Vec<f64> = case.chances.iter().map(worth).collect();
    let best = worths.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let odds: Vec<f64> = worths.iter().map(|worth| (log_precision.exp() * (worth - best)).exp()).collect();
    let total: f64 = odds.iter().sum();
    odds.into_iter().map(|odds| odds / total).collect()
}

/// Utility (1 - exp(-c d))/c of the distance d above the lowest level, rescaled to run from 0 to 1 at the highest, for a
/// level that lies `depth` below the highest and a lowest one `whole` below it. CRRA is this in ln wealth, with
/// c = gamma - 1. Neither overflows nor cancels.
fn height(depth: f64, whole: f64, curvature: f64) -> f64 {
    if depth == whole {
        return 0.0;
    }
    let above = whole - depth;
    match curvature {
        _ if curvature < 0.0 => (curvature * depth).exp() * (curvature * above).exp_m1() / (curvature * whole).exp_m1(),
        _ if whole == f64::INFINITY => 1.0,
        0.0 => above / whole,
        _ => (-curvature * above).exp_m1() / (-curvature * whole).exp_m1(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::utility::utility;
    use approx::assert_relative_eq;

    #[test]
    fn heights_are_utilities_over_their_range() {
        let [low, middle, high] = [20.0, 50.0, 300.0_f64];
        let depth = |wealth: f64| (high / wealth).ln();
        for gamma in [-9.0, -1.0, 0.0, 0.5, 1.0, 2.0, 9.0] {
            let range = utility(high / low, gamma);
            assert_relative_eq!(
                height(depth(middle), depth(low), gamma - 1.0),
                utility(middle / low, gamma) / range,
                max_relative = 1e-9
            );
        }
        for a in [-0.01, 1e-9, 0.02, 5.0] {
            let cara = |wealth: f64| -(-a * (wealth - low)).exp_m1();
            assert_relative_eq!(height(high - middle, high - low, a), cara(middle) / cara(high), max_relative = 1e-6);
        }
        assert_eq!([-900.0, 900.0].map(|c| height(1.0, 3.0, c)), [0.0, 1.0]);
    }

    #[test]
    fn wealth_of_zero_is_the_limit_of_small_wealth() {
        let depth = |wealth: f64| (10.0_f64 / wealth).ln();
        assert_eq!(height(depth(0.0), depth(0.0), 1.0), 0.0);
        assert_eq!(height(depth(5.0), depth(0.0), 0.0), 1.0);
        assert_relative_eq!(height(depth(2.5), depth(0.0), -0.5), 0.5, max_relative = 1e-12);
    }

    /// Prelec (1998), figure 1: w(1/e) = 1/e for every alpha; at .65 small chances weigh more, large ones less.
    #[test]
    fn prelec_weights_cross_at_one_over_e() {
        let fixed = (-1.0_f64).exp();
        for alpha in [0.2, 0.65, 1.0, 2.0] {
            assert_relative_eq!(prelec(fixed, alpha), fixed, max_relative = 1e-12);
            assert_eq!([prelec(0.0, alpha), prelec(1.0, alpha)], [0.0, 1.0]);
        }
        assert!(prelec(0.05, 0.65) > 0.1 && prelec(0.9, 0.65) < 0.83);
        assert_relative_eq!(prelec(0.3, 1.0), 0.3, max_relative = 1e-12);
    }
}
