//! The tail probabilities that a bootstrap interval of few clusters needs. Student's distribution
//! has only whole degrees of freedom here, for which its integral is a finite sum.

use std::f64::consts::{FRAC_2_PI, SQRT_2};

/// P(Z <= -z) of the standard normal distribution for z >= 0, absolute error below 1e-7
/// (Abramowitz and Stegun 1964, 26.2.17).
pub(super) fn normal_lower_tail(z: f64) -> f64 {
    const COEFFICIENTS: [f64; 5] = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let t = 1.0 / (1.0 + 0.231_641_9 * z);
    let polynomial = COEFFICIENTS.iter().fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    let density = (-0.5 * z * z).exp() * FRAC_2_PI.sqrt() / 2.0;
    density * polynomial
}

/// The t > 0 with P(|T| <= t) = `level` for Student's distribution of `freedom` >= 1 degrees of freedom.
pub(super) fn student_two_sided(level: f64, freedom: u64) -> f64 {
    let (mut low, mut high) = (0.0, SQRT_2);
    while student_within(high, freedom) < level {
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        let end = if student_within(middle, freedom) < level { &mut low } else { &mut high };
        *end = middle;
    }
    high
}

/// P(|T| <= t), Abramowitz and Stegun 1964, 26.7.3 (odd degrees of freedom) and 26.7.4 (even).
fn student_within(t: f64, freedom: u64) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    let mut term = if odd { cosine } else { 1.0 };
    let mut sum = if freedom == 1 { 0.0 } else { term };
    let mut step = if odd { 3 } else { 2 };
    while step < freedom {
        term *= cosine * cosine * (step - 1) as f64 / step as f64;
        sum += term;
        step += 2;
    }
    if odd { FRAC_2_PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_abs_diff_eq;

    /// Abramowitz and Stegun 1964, tables 26.1 (normal) and 26.10 (Student).
    #[test]
    fn matches_the_published_tables() {
        for (z, tail) in [(0.0, 0.5), (1.0, 0.158_655_254), (1.959_964, 0.025), (3.0, 0.001_349_898)] {
            assert_abs_diff_eq!(normal_lower_tail(z), tail, epsilon = 1e-7);
        }
        let table = [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (120, 1.980)];
        for (freedom, t) in table {
            assert_abs_diff_eq!(student_two_sided(0.95, freedom), t, epsilon = 6e-4);
        }
    }

    #[test]
    fn student_becomes_normal_with_many_degrees_of_freedom() {
        let t = student_two_sided(0.95, 100_000);
        assert_abs_diff_eq!(2.0 * normal_lower_tail(t), 0.05, epsilon = 1e-5);
    }
}
