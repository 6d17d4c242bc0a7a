//! One-dimensional maximisation that survives flat stretches and several peaks.
//!
//! Invariant: the point returned is the best of all points evaluated, both ends of the range included.

/// Points of the first, even scan.
const SCAN: usize = 14;
/// Golden-section steps after the scan, before a last parabolic step.
const STEPS: usize = 12;
/// 1 / the golden ratio.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// A point and the value there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: f64,
    pub(super) value: f64,
}

/// Highest point of `function` on `[low, high]`: an even scan, golden-section search around the best point, and a
/// parabola through the last three. 29 evaluations.
pub(super) fn maximise([low, high]: [f64; 2], function: impl Fn(f64) -> f64) -> Point {
    let point = |at: f64| Point { at, value: function(at) };
    let width = (high - low) / (SCAN - 1) as f64;
    let scan: Vec<Point> =
        (0..SCAN).map(|step| point(if step + 1 == SCAN { high } else { low + width * step as f64 })).collect();
    let top = (0..SCAN).fold(0, |best, next| if scan[next].value > scan[best].value { next } else { best });
    let mut bracket = [scan[top.saturating_sub(1)], scan[top], scan[(top + 1).min(SCAN - 1)]];
    for _ in 0..STEPS {
        bracket = narrow(bracket, &point);
    }
    higher(bracket[1], vertex(bracket).map_or(bracket[1], point))
}

/// Replaces one end of a bracket by a new point inside the wider half.
fn narrow([left, middle, right]: [Point; 3], point: &impl Fn(f64) -> Point) -> [Point; 3] {
    if right.at - middle.at > middle.at - left.at {
        let new = point(middle.at + (1.0 - GOLDEN) * (right.at - middle.at));
        if new.value > middle.value { [middle, new, right] } else { [left, middle, new] }
    } else {
        let new = point(middle.at - (1.0 - GOLDEN) * (middle.at - left.at));
        if new.value > middle.value { [left, new, middle] } else { [new, middle, right] }
    }
}

/// Where the parabola through three points has its vertex, if that is a maximum inside the bracket.
fn vertex([left, middle, right]: [Point; 3]) -> Option<f64> {
    let (to_left, to_right) = (middle.at - left.at, right.at - middle.at);
    let (rise, fall) = (middle.value - left.value, middle.value - right.value);
    let curvature = to_right * rise + to_left * fall;
    let at = middle.at + 0.5 * (to_right * to_right * rise - to_left * to_left * fall) / curvature;
    (curvature > 0.0 && at > left.at && at < right.at).then_some(at)
}

pub(super) fn higher(first: Point, second: Point) -> Point {
    if second.value > first.value { second } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn finds_the_higher_of_two_peaks() {
        let found =
            maximise([-4.0, 25.0], |x| (-(x - 3.0).powi(2)).exp() + 1.5 * (-(x - 14.0_f64).powi(2) / 4.0).exp());
        assert!((found.at - 14.0).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn a_monotone_function_ends_exactly_at_the_bound() {
        assert_eq!(maximise([0.0, 7.3], f64::exp).at, 7.3);
        assert_eq!(maximise([-2.0, 7.3], |x| -x.exp()).at, -2.0);
        assert_eq!(maximise([1.0, 2.0], |_| 5.0).value, 5.0);
    }

    proptest! {
        #[test]
        fn finds_a_smooth_peak(peak in -4.0..20f64, width in 0.5..10f64) {
            let found = maximise([-4.6, 20.7], |x| -((x - peak) / width).cosh().ln());
            prop_assert!((found.at - peak).abs() < 1e-3, "{found:?} is not {peak}");
        }
    }
}
