//! What is minimised, as a function of the labels' log probabilities.

/// The labels of one example or pair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome<'a> {
    pub(super) log_probabilities: &'a [f32],
    pub(super) weights: &'a [f32],
}

impl Outcome<'_> {
    /// Weighted sum of the log probabilities.
    pub(super) fn total(&self) -> f64 {
        self.log_probabilities.iter().zip(self.weights).map(|(log, weight)| f64::from(*log) * f64::from(*weight)).sum()
    }
}

/// A preference's loss and its derivative by the weighted log probability of the chosen sequence; the rejected one's is
/// the opposite. `margin` is how much more the chosen one gained since the start (Rafailov et al. 2023, equation 7).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Preference {
    pub(super) loss: f64,
    pub(super) slope: f64,
    pub(super) margin: f64,
}

/// Of the log probabilities of (chosen, rejected) now and at the start.
pub(super) fn preference(beta: f64, now: [f64; 2], start: [f64; 2]) -> Preference {
    let margin = (now[0] - start[0]) - (now[1] - start[1]);
    let z = beta * margin;
    // -ln sigmoid(z), which must not overflow on either side.
    let loss = (-z).max(0.0) + (-z.abs()).exp().ln_1p();
    Preference { loss, slope: -beta / (1.0 + z.exp()), margin }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preference_is_minus_log_sigmoid() {
        let even = preference(0.1, [-5.0, -7.0], [-5.0, -7.0]);
        assert!((even.loss - 2f64.ln()).abs() < 1e-12 && (even.slope + 0.05).abs() < 1e-12);
        let far = preference(0.1, [-5.0, -1e5], [-5.0, -7.0]);
        assert!(far.loss < 1e-12 && far.loss >= 0.0 && far.slope.abs() < 1e-12);
        let wrong = preference(0.1, [-1e5, -7.0], [-5.0, -7.0]);
        assert!((wrong.loss - 9999.5).abs() < 1e-6 && (wrong.slope + 0.1).abs() < 1e-12);
    }

    #[test]
    fn slope_is_the_loss_s_derivative() {
        for margin in [-30.0, -1.0, 0.0, 2.0, 40.0] {
            let at = |shift: f64| preference(0.3, [margin + shift, 0.0], [0.0, 0.0]);
            let difference = (at(1e-5).loss - at(-1e-5).loss) / 2e-5;
            assert!((difference - at(0.0).slope).abs() < 1e-8);
        }
    }
}
