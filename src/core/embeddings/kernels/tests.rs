#![expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "numbers of tests are small")]

use proptest::prelude::*;

use super::activation::{exp, gelu};
use super::attention::softmax;
use super::panels::Panels;
use super::product::Product;
use super::quantized::{Quantize, QuantizedPanels, QuantizedProduct};
use super::simd::{Kernel, Simd};
use super::similarity::DotProducts;
use super::tile::{Rows, RowsMut};
use super::*;

/// Numbers between -1 and 1, the same for the same seed.
fn drawn(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// All that this processor has, the portable one last.
fn backends() -> Vec<Backend> {
    Backend::available()
}

fn assert_near(one: &[f32], other: &[f32], tolerance: f32) {
    assert_eq!(one.len(), other.len());
    for (place, (a, b)) in one.iter().zip(other).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{place}: {a} and {b}");
    }
}

fn on_all(run: impl Fn(Backend) -> Vec<f32>) -> Vec<Vec<f32>> {
    backends().into_iter().map(run).collect()
}

/// Each is near the last one, the portable twin's.
fn all_near(found: &[Vec<f32>], tolerance: f32) {
    for one in found {
        assert_near(one, &found[found.len() - 1], tolerance);
    }
}

/// What a product is by definition, in `f64`.
fn product_by_definition(rows: &[f32], weights: &[f32], bias: &[f32], there: &[f32], after: After) -> Vec<f32> {
    let (columns, depth) = (bias.len(), weights.len() / bias.len());
    let mut out = there.to_vec();
    for (row, numbers) in rows.chunks_exact(depth).enumerate() {
        for column in 0..columns {
            let weights = &weights[column * depth..][..depth];
            let sum: f64 = numbers.iter().zip(weights).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let sum = sum + f64::from(bias[column]);
            let place = &mut out[row * columns + column];
            *place = match after {
                After::Bias => sum as f32,
                After::BiasAdd => (sum + f64::from(*place)) as f32,
                After::BiasGelu => (0.5 * sum * (1.0 + erf(sum / std::f64::consts::SQRT_2))) as f32,
            };
        }
    }
    out
}

/// The error function by its series.
fn erf(x: f64) -> f64 {
    // The series loses more digits than the function differs from one here.
    if x.abs() > 4.0 {
        return x.signum();
    }
    let (mut sum, mut term) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

struct Mapped<'a>(&'a mut [f32], Function);

#[derive(Clone, Copy)]
enum Function {
    Gelu,
    Exp,
    Softmax,
}

impl Kernel for Mapped<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self(numbers, function) = self;
        if matches!(function, Function::Softmax) {
            return softmax(simd, numbers);
        }
        for place in S::lanes_mut(numbers).0 {
            let x = simd.load(place);
            let y = if matches!(function, Function::Gelu) { gelu(simd, x) } else { exp(simd, x) };
            simd.store(y, place);
        }
    }
}

#[test]
fn gelu_and_the_exponential_are_exact_to_the_last_digits() {
    let numbers: Vec<f32> = (-8_000..8_000).map(|n| n as f32 / 800.0).collect();
    for backend in backends() {
        let mut found = numbers.clone();
        backend.run(Mapped(&mut found, Function::Gelu));
        for (x, y) in numbers.iter().zip(&found) {
            let right = 0.5 * f64::from(*x) * (1.0 + erf(f64::from(*x) / std::f64::consts::SQRT_2));
            // erf is off by 4e-7, and becomes one where half of x is 2.8.
            assert!((f64::from(*y) - right).abs() < 1.2e-6, "{x}: {y} and {right}");
        }
        let mut found: Vec<f32> = numbers.iter().map(|x| x * 8.0 - 80.0).collect();
        let asked = found.clone();
        backend.run(Mapped(&mut found, Function::Exp));
        for (x, y) in asked.iter().zip(&found) {
            let right = f64::from(x.max(-87.0)).exp();
            assert!((f64::from(*y) / right - 1.0).abs() < 3e-7, "{x}: {y} and {right}");
        }
    }
}

#[test]
fn rows_beside_a_row_do_not_change_it() {
    let (depth, columns, rows) = (401, 53, 103);
    let numbers = drawn(rows * depth, 3);
    let multiply = |backend: Backend, panels: &Panels, numbers: &[f32]| {
        let count = numbers.len() / depth;
        let mut out = vec![0.0; count * columns];
        let rows = Rows { numbers, stride: depth, count };
        let to = RowsMut { numbers: &mut out, stride: columns };
        backend.run(Product { rows, panels, after: After::BiasGelu, to });
        out
    };
    for backend in backends() {
        let panels = Panels::linear(backend, &drawn(columns * depth, 1), &drawn(columns, 2));
        let together = multiply(backend, &panels, &numbers);
        for (row, alone) in numbers.chunks_exact(depth).enumerate() {
            assert_eq!(multiply(backend, &panels, alone), together[row * columns..][..columns]);
        }
    }
}

/// `rows * weights` in 16 bits, and the rows as they were multiplied.
fn in_16_bits(backend: Backend, rows: &[f32], (weights, bias): (&[f32], &[f32]), after: After, to: &mut [f32]) {
    let panels = QuantizedPanels::linear(backend, weights, bias);
    let mut room = QuantizedRows::default();
    backend.run(Quantize { rows, panels: &panels, to: &mut room });
    let to = RowsMut { numbers: to, stride: bias.len() };
    backend.run(QuantizedProduct { rows: &room, panels: &panels, after, to });
}

#[test]
fn no_sum_of_16_bits_overflows_whatever_the_numbers() {
    let (depth, columns) = (2048, 40);
    for (number, weight) in [(1.0, 1.0), (-1.0, 1.0), (1e-20, 1e20), (3e4, -1e-6)] {
        let (rows, weights) = (vec![number; depth], vec![weight; columns * depth]);
        for backend in backends() {
            let mut found = vec![0.0; columns];
            in_16_bits(backend, &rows, (&weights, &vec![0.0; columns]), After::Bias, &mut found);
            let right = number * weight * depth as f32;
            // Where all are alike, a sum leaves seven bits to each number.
            assert!(found.iter().all(|found| (found / right - 1.0).abs() < 1e-2), "{found:?} and {right}");
        }
    }
    for backend in backends() {
        let mut found = vec![1.0; columns];
        let linear = (&*vec![0.0; columns * depth], &*vec![0.5; columns]);
        in_16_bits(backend, &vec![0.0; depth], linear, After::BiasAdd, &mut found);
        assert_eq!(found, vec![1.5; columns]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_product_is_what_it_is_by_definition(
        count in 1_usize..110, depth in 1_usize..800, columns in 1_usize..70, seed: u64, after in 0..3_usize,
    ) {
        let after = [After::Bias, After::BiasGelu, After::BiasAdd][after];
        let (rows, weights) = (drawn(count * depth, seed), drawn(columns * depth, seed ^ 1));
        let (bias, there) = (drawn(columns, seed ^ 2), drawn(count * columns, seed ^ 3));
        let right = product_by_definition(&rows, &weights, &bias, &there, after);
        for backend in backends() {
            let panels = Panels::linear(backend, &weights, &bias);
            let mut found = there.clone();
            let rows = Rows { numbers: &rows, stride: depth, count };
            backend.run(Product { rows, panels: &panels, after, to: RowsMut { numbers: &mut found, stride: columns } });
            assert_near(&found, &right, 2e-5);
        }
    }

    #[test]
    fn every_product_in_16_bits_is_near_what_it_is_by_definition(
        count in 1_usize..110, depth in 1_usize..800, columns in 1_usize..110, seed: u64, after in 0..3_usize,
    ) {
        let after = [After::Bias, After::BiasGelu, After::BiasAdd][after];
        let (rows, weights) = (drawn(count * depth, seed), drawn(columns * depth, seed ^ 1));
        let (bias, there) = (drawn(columns, seed ^ 2), drawn(count * columns, seed ^ 3));
        let right = product_by_definition(&rows, &weights, &bias, &there, after);
        let found = on_all(|backend| {
            let mut found = there.clone();
            in_16_bits(backend, &rows, (&weights, &bias), after, &mut found);
            found
        });
        // Errors of single numbers are independent, and the units of long rows are larger. Instruction sets may round a number
        // that lies between two units to either.
        let tolerance = (2e-4 + 1.4e-6 * depth as f32) * (depth as f32).sqrt();
        all_near(&found, tolerance);
        for (found, right) in found[0].iter().zip(&right) {
            prop_assert!((found - right).abs() < tolerance, "{found} and {right}");
        }
    }

    #[test]
    fn sums_of_16_bits_are_the_same_on_every_instruction_set(
        count in 1_usize..40, depth in 1_usize..500, columns in 1_usize..110, seed: u64,
    ) {
        // Whole numbers below the largest of their row and column, which is a power of two away from its unit: nothing
        // is rounded on the way in, and the unit comes out as the same number everywhere.
        let whole = |count: usize, width: usize, seed, largest: f32| -> Vec<f32> {
            let mut numbers: Vec<f32> = drawn(count * width, seed).iter().map(|n| (n * 100.0).round()).collect();
            numbers.chunks_exact_mut(width).for_each(|row| row[0] = largest);
            numbers
        };
        let (rows, weights) = (whole(count, depth, seed, 16383.0), whole(columns, depth, seed ^ 1, 8191.0));
        let (bias, there) = (vec![0.0; columns], vec![0.0; count * columns]);
        let right = product_by_definition(&rows, &weights, &bias, &there, After::Bias);
        let found = on_all(|backend| {
            let mut found = there.clone();
            in_16_bits(backend, &rows, (&weights, &bias), After::Bias, &mut found);
            found
        });
        for found in found {
            prop_assert_eq!(&found, &right);
        }
    }

    #[test]
    fn every_norm_equals_its_twin(rows in 1_usize..9, width in 1_usize..200, seed: u64) {
        let (numbers, scale, shift) = (drawn(rows * width, seed), drawn(width, seed ^ 1), drawn(width, seed ^ 2));
        let found = on_all(|backend| {
            let mut rows = numbers.clone();
            backend.run(LayerNorm { rows: &mut rows, scale: &scale, shift: &shift, epsilon: 1e-6 });
            rows
        });
        all_near(&found, 2e-4);
    }

    #[test]
    fn every_softmax_sums_to_one_and_equals_its_twin(width in 1_usize..300, seed: u64) {
        let numbers: Vec<f32> = drawn(width, seed).iter().map(|number| number * 30.0).collect();
        let found = on_all(|backend| {
            let mut row = numbers.clone();
            backend.run(Mapped(&mut row, Function::Softmax));
            row
        });
        for row in &found {
            prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        all_near(&found, 1e-6);
    }

    #[test]
    fn attention_equals_its_twin(tokens in 1_usize..130, count in 1_usize..4, width in 1_usize..40, seed: u64) {
        let heads = Heads { count, width };
        let projected = drawn(tokens * 3 * count * width, seed);
        let found = on_all(|backend| {
            let mut to = vec![0.0; tokens * count * width];
            let mut scratch = AttentionScratch::default();
            backend.run(Attention { projected: &projected, heads, scratch: &mut scratch, to: &mut to });
            to
        });
        all_near(&found, 1e-5);
    }
}

#[test]
fn products_of_rows_and_vectors_are_those_of_the_definition() {
    for width in [1, 7, 16, 19, 64, 100, 384] {
        for (rows, vectors) in [(1, 1), (5, 3), (0, 2), (4, 0)] {
            let (a, b) = (drawn(rows * width, 1), drawn(vectors * width, 2));
            let right: Vec<f32> = a
                .chunks_exact(width)
                .flat_map(|row| b.chunks_exact(width).map(move |vector| (row, vector)))
                .map(|(row, vector)| {
                    row.iter().zip(vector).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() as f32
                })
                .collect();
            for found in on_all(|backend| {
                let mut to = vec![0.0; rows * vectors];
                backend.run(DotProducts { rows: &a, vectors: &b, width, to: &mut to });
                to
            }) {
                assert_near(&found, &right, 1e-5);
            }
        }
    }
}
