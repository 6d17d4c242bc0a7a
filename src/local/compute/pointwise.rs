//! Norm, rotation and the feed-forward part's gate, row by row, with their derivatives.
//!
//! Loops run with the widest vector instructions that the processor has. Sums run in sixteen lanes, so that they can, and
//! end the same on one machine however often they are repeated.

/// Runs a block with the widest vector instructions that the processor has, given the variables that it uses, which borrow
/// for `'a`. A closure would not do: only what is inlined may use those instructions, and closures of this size are not.
macro_rules! widest {
    (|$($name:ident: $type:ty),+| $body:block) => { widest!(_simd, |$($name: $type),+| -> () $body) };
    (|$($name:ident: $type:ty),+| -> $result:ty $body:block) => { widest!(_simd, |$($name: $type),+| -> $result $body) };
    ($simd:ident, |$($name:ident: $type:ty),+| -> $result:ty $body:block) => {{
        struct Work<'a> {
            $($name: $type),+
        }
        impl<'a> pulp::WithSimd for Work<'a> {
            type Output = $result;

            #[inline(always)]
            fn with_simd<S: pulp::Simd>(self, $simd: S) -> $result {
                let Self { $($name),+ } = self;
                $body
            }
        }
        pulp::Arch::new().dispatch(Work { $($name),+ })
    }};
}
pub(in crate::local) use widest;

const LANES: usize = 16;

/// Adds up `term` of the values at every place of slices of one length.
#[inline(always)]
pub(in crate::local) fn sum<const N: usize>(slices: [&[f32]; N], term: impl Fn([f32; N]) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let count = slices[0].len();
    // Arrays, since a bounds check for every value would keep lanes from being added together.
    let parts: [&[[f32; LANES]]; N] = std::array::from_fn(|n| slices[n][..count].as_chunks().0);
    for part in 0..count / LANES {
        let values = parts.map(|parts| &parts[part]);
        for lane in 0..LANES {
            lanes[lane] += term(std::array::from_fn(|n| values[n][lane]));
        }
    }
    let rest: f32 = (count / LANES * LANES..count).map(|i| term(std::array::from_fn(|n| slices[n][i]))).sum();
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0] + rest
}

/// The largest value; what is not a number does not count.
#[inline(always)]
pub(in crate::local) fn most(values: &[f32]) -> f32 {
    let larger = |most: f32, value: f32| if value > most { value } else { most };
    let (parts, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for part in parts {
        for lane in 0..LANES {
            lanes[lane] = larger(lanes[lane], part[lane]);
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |most, &value| larger(most, value))
}

/// The exponential to 2 units in the last place, without branches; NaN stays NaN.
#[inline(always)]
pub(in crate::local) fn exp(x: f32) -> f32 {
    // Cephes expf: x = n ln 2 + r, a polynomial in r, and n put into the exponent through the bits of a large float.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let tail = ((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2) * r + 1.666_666_5e-1)
        * r
        + 0.5;
    let mantissa = tail * r * r + r + 1.0;
    let exponent = shifted.to_bits().wrapping_shl(23).wrapping_add(127 << 23);
    mantissa * f32::from_bits(exponent)
}

/// A norm's scale and the number that keeps it from dividing by zero.
#[derive(Clone, Copy)]
pub(in crate::local) struct Norm<'a> {
    pub(in crate::local) scale: &'a [f32],
    pub(in crate::local) epsilon: f32,
}

impl Norm<'_> {
    /// Each row divided by its root mean square and scaled.
    pub(in crate::local) fn forward(&self, input: &[f32]) -> Vec<f32> {
        let mut output = vec![0.0; input.len()];
        let (norm, into) = (*self, &mut output[..]);
        widest!(|norm: Norm<'a>, input: &'a [f32], into: &'a mut [f32]| {
            let width = norm.scale.len();
            for (row, out) in input.chunks_exact(width).zip(into.chunks_exact_mut(width)) {
                let inverse = norm.inverse(sum([row, row], |[a, b]| a * b));
                for ((out, value), scale) in out.iter_mut().zip(row).zip(norm.scale) {
                    *out = scale * (value * inverse);
                }
            }
        });
        output
    }

    /// Adds to `gradient` that of the input, given that of the output.
    pub(in crate::local) fn backward(&self, input: &[f32], output_gradient: &[f32], gradient: &mut [f32]) {
        let norm = *self;
        widest!(|norm: Norm<'a>, input: &'a [f32], output_gradient: &'a [f32], gradient: &'a mut [f32]| {
            let width = norm.scale.len();
            let rows = input.chunks_exact(width).zip(output_gradient.chunks_exact(width));
            for ((row, slope), into) in rows.zip(gradient.chunks_exact_mut(width)) {
                let inverse = norm.inverse(sum([row, row], |[a, b]| a * b));
                let along = sum([norm.scale, slope, row], |[scale, slope, value]| scale * slope * value);
                let pull = along * inverse * inverse * inverse / width as f32;
                for i in 0..width {
                    into[i] += norm.scale[i] * slope[i] * inverse - row[i] * pull;
                }
            }
        });
    }

    /// One divided by the root mean square of a row whose squares add up to `squares`.
    #[inline(always)]
    pub(in crate::local) fn inverse(&self, squares: f32) -> f32 {
        1.0 / (squares / self.scale.len() as f32 + self.epsilon).sqrt()
    }
}

/// Adds the same values to every row.
pub(in crate::local) fn shift(rows: &mut [f32], by: &[f32]) {
    for row in rows.chunks_exact_mut(by.len()) {
        row.iter_mut().zip(by).for_each(|(value, by)| *value += by);
    }
}

/// `silu(gate) * up` of rows that hold the gate first and the up projection after it.
pub(in crate::local) fn gated(gate_up: &[f32], width: usize) -> Vec<f32> {
    let mut output = vec![0.0; gate_up.len() / 2];
    let into = &mut output[..];
    widest!(|gate_up: &'a [f32], into: &'a mut [f32], width: usize| {
        for (row, out) in gate_up.chunks_exact(2 * width).zip(into.chunks_exact_mut(width)) {
            let (gate, up) = row.split_at(width);
            for ((out, gate), up) in out.iter_mut().zip(gate).zip(up) {
                *out = silu(*gate) * up;
            }
        }
    });
    output
}

/// `silu(gate) * up` in the place of the gate, value by value.
pub(in crate::local) fn gate_in_place(gate: &mut [f32], up: &[f32]) {
    widest!(|gate: &'a mut [f32], up: &'a [f32]| {
        gate.iter_mut().zip(up).for_each(|(gate, up)| *gate = silu(*gate) * up);
    });
}

#[inline(always)]
fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// The gradient of gate and up, given that of [`gated`].
pub(in crate::local) fn gated_backward(gate_up: &[f32], output_gradient: &[f32], width: usize) -> Vec<f32> {
    let mut gradient = vec![0.0; gate_up.len()];
    let into = &mut gradient[..];
    widest!(|gate_up: &'a [f32], output_gradient: &'a [f32], into: &'a mut [f32], width: usize| {
        let rows = gate_up.chunks_exact(2 * width).zip(output_gradient.chunks_exact(width));
        for ((row, slope), into) in rows.zip(into.chunks_exact_mut(2 * width)) {
            let (gate, up) = row.split_at(width);
            let (into_gate, into_up) = into.split_at_mut(width);
            for i in 0..width {
                let sigmoid = 1.0 / (1.0 + exp(-gate[i]));
                into_gate[i] = slope[i] * up[i] * sigmoid * (1.0 + gate[i] * (1.0 - sigmoid));
                into_up[i] = slope[i] * gate[i] * sigmoid;
            }
        }
    });
    gradient
}

/// Cosines and sines of every position's rotation.
#[derive(Debug, Clone)]
pub(in crate::local) struct Rotation {
    half: usize,
    /// Per position: `half` cosines, then `half` sines.
    turns: Vec<f32>,
}

impl Rotation {
    /// For `positions` positions and heads of width `head_dim`.
    pub(in crate::local) fn new(positions: usize, head_dim: usize, theta: f32) -> Self {
        let half = head_dim / 2;
        let frequencies: Vec<f32> = (0..half).map(|i| 1.0 / theta.powf((2 * i) as f32 / head_dim as f32)).collect();
        let turns = (0..positions).flat_map(|position| {
            let angles = frequencies.iter().map(move |frequency| position as f32 * frequency);
            angles.clone().map(f32::cos).chain(angles.map(f32::sin))
        });
        Self { half, turns: turns.collect() }
    }

    /// Turns the first `width` values of every row, head by head, to the row's position.
    pub(in crate::local) fn forward(&self, rows: (&mut [f32], usize), width: usize, positions: &[usize]) {
        self.turn(rows, (width, 1.0), positions);
    }

    /// Turns back, which is what the gradient needs.
    pub(in crate::local) fn backward(&self, rows: (&mut [f32], usize), width: usize, positions: &[usize]) {
        self.turn(rows, (width, -1.0), positions);
    }

    fn turn(&self, (rows, stride): (&mut [f32], usize), (width, sign): (usize, f32), positions: &[usize]) {
        let (half, turns) = (self.half, &self.turns[..]);
        widest!(|rows: &'a mut [f32],
                 stride: usize,
                 width: usize,
                 sign: f32,
                 positions: &'a [usize],
                 half: usize,
                 turns: &'a [f32]| {
            for (row, position) in rows.chunks_exact_mut(stride).zip(positions) {
                let (cosines, sines) = turns[position * 2 * half..][..2 * half].split_at(half);
                for head in row[..width].chunks_exact_mut(2 * half) {
                    let (first, second) = head.split_at_mut(half);
                    for i in 0..half {
                        let (a, b, sine) = (first[i], second[i], sign * sines[i]);
                        first[i] = a * cosines[i] - b * sine;
                        second[i] = b * cosines[i] + a * sine;
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_accurate_and_keeps_not_a_number() {
        for i in -8600..8800 {
            let x = i as f32 / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "exp({x}) = {}", exp(x));
        }
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(-1000.0) < 1e-37);
    }

    #[test]
    fn largest_is_found_wherever_it_is() {
        for place in 0..37 {
            let mut values = vec![-2.0f32; 37];
            values[(place + 1) % 37] = f32::NAN;
            values[place] = -1.0;
            assert_eq!(most(&values), -1.0, "{place}");
        }
        assert_eq!(most(&[]), f32::NEG_INFINITY);
    }

    #[test]
    fn rotation_back_undoes_rotation() {
        let rotation = Rotation::new(9, 6, 10_000.0);
        let rows: Vec<f32> = (0..24).map(|i| (i as f32).sin()).collect();
        let mut turned = rows.clone();
        rotation.forward((&mut turned, 12), 12, &[3, 8]);
        assert!(turned.iter().zip(&rows).any(|(a, b)| (a - b).abs() > 0.1));
        rotation.backward((&mut turned, 12), 12, &[3, 8]);
        assert!(turned.iter().zip(&rows).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
