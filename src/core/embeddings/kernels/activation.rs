//! GELU and the exponential, a vector at once.

use super::simd::Simd;

/// Numerator of erf(x)/x as polynomial in x², the highest power first: a minimax fit on -4..=4, off by 2e-7 at most.
const ERF_NUMERATOR: [f32; 7] =
    [-2.726_142_3e-10, 2.770_681_4e-8, -2.101_024_1e-6, -5.692_506_4e-5, -7.349_906_3e-4, -2.954_6e-3, -1.609_603_3e-2];
/// Its denominator.
const ERF_DENOMINATOR: [f32; 5] = [-1.456_607_2e-5, -2.133_740_6e-4, -1.682_827e-3, -7.373_329e-3, -1.426_473_9e-2];
/// Beyond this, erf is one.
const ERF_END: f32 = 4.0;

/// `0.5 * x * (1 + erf(x / sqrt(2)))`, the exact GELU.
#[inline(always)]
pub(super) fn gelu<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    let scaled = simd.multiply(x, simd.splat(std::f32::consts::FRAC_1_SQRT_2));
    let half = simd.multiply(x, simd.splat(0.5));
    simd.multiply_add(half, erf(simd, scaled), half)
}

#[inline(always)]
fn erf<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    let x = simd.max(simd.min(x, simd.splat(ERF_END)), simd.splat(-ERF_END));
    let squared = simd.multiply(x, x);
    let numerator = simd.multiply(x, polynomial(simd, &ERF_NUMERATOR, squared));
    simd.divide(numerator, polynomial(simd, &ERF_DENOMINATOR, squared))
}

/// Below this, the exponential is less than any normal number.
const EXP_LEAST: f32 = -87.0;
/// Adding it moves the whole part of a small number into the low bits.
const SHIFT: f32 = 12_582_912.0;
/// ln 2 in two parts, the first with few digits.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// e^r for |r| <= ln(2)/2, the highest power first.
const EXP: [f32; 8] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5, 1.0, 1.0];

/// `e^x` for `x` of zero or less.
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::Vector) -> S::Vector {
    let x = simd.max(x, simd.splat(EXP_LEAST));
    let shifted = simd.multiply_add(x, simd.splat(std::f32::consts::LOG2_E), simd.splat(SHIFT));
    let whole = simd.subtract(shifted, simd.splat(SHIFT));
    let rest = simd.multiply_add(whole, simd.splat(-LN_2[0]), x);
    let rest = simd.multiply_add(whole, simd.splat(-LN_2[1]), rest);
    simd.multiply(polynomial(simd, &EXP, rest), simd.power_of_two(shifted))
}

/// Horner's rule.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(simd: S, coefficients: &[f32; N], x: S::Vector) -> S::Vector {
    let mut sum = simd.splat(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = simd.multiply_add(sum, x, simd.splat(coefficient));
    }
    sum
}
