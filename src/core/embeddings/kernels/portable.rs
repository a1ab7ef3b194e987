//! The twin that runs everywhere: plain arrays, which the compiler turns into whatever vectors the target has.

use super::simd::{Kernel, Simd};

/// Numbers of a vector.
const LANES: usize = 8;
/// Adding it rounds a small number to a whole one, which then stands in the low bits.
const SHIFT: f32 = 12_582_912.0;

/// No instruction set in particular.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Portable;

/// Applies `$f` to each lane.
macro_rules! each {
    ($lane:ident => $value:expr) => {{
        let mut out = [0.0; LANES];
        for ($lane, out) in out.iter_mut().enumerate() {
            *out = $value;
        }
        out
    }};
}

impl Simd for Portable {
    type Vector = [f32; LANES];
    type Lanes = [f32; LANES];
    type Sums = [i32; LANES];
    type PairVector = [[i16; 2]; LANES];
    type Pairs = [i16; 2 * LANES];

    const LANES: usize = LANES;
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 2;

    #[inline(always)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn lanes(numbers: &[f32]) -> (&[Self::Lanes], &[f32]) {
        numbers.as_chunks()
    }

    #[inline(always)]
    fn lanes_mut(numbers: &mut [f32]) -> (&mut [Self::Lanes], &mut [f32]) {
        numbers.as_chunks_mut()
    }

    #[inline(always)]
    fn splat(self, value: f32) -> Self::Vector {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, from: &Self::Lanes) -> Self::Vector {
        *from
    }

    #[inline(always)]
    fn store(self, vector: Self::Vector, to: &mut Self::Lanes) {
        *to = vector;
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(i => a[i] + b[i])
    }

    #[inline(always)]
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(i => a[i] - b[i])
    }

    #[inline(always)]
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(i => a[i] * b[i])
    }

    #[inline(always)]
    fn divide(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(i => a[i] / b[i])
    }

    /// Rounded twice: without the instruction, rounding once is a call into the C library.
    #[inline(always)]
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        each!(i => a[i] * b[i] + c[i])
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(i => if a[i] < b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        each!(i => if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn power_of_two(self, shifted: Self::Vector) -> Self::Vector {
        each!(i => f32::from_bits((shifted[i].to_bits() << 23).wrapping_add(1.0_f32.to_bits())))
    }

    #[inline(always)]
    fn pairs(numbers: &[i16]) -> &[Self::Pairs] {
        numbers.as_chunks().0
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        [0; LANES]
    }

    #[inline(always)]
    fn splat_pair(self, pair: [i16; 2]) -> Self::PairVector {
        [pair; LANES]
    }

    #[inline(always)]
    fn load_pairs(self, from: &Self::Pairs) -> Self::PairVector {
        let mut pairs = [[0; 2]; LANES];
        pairs.copy_from_slice(from.as_chunks().0);
        pairs
    }

    #[inline(always)]
    fn add_pairs(self, mut sums: Self::Sums, a: Self::PairVector, b: Self::PairVector) -> Self::Sums {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            let (first, second) = (i32::from(a[0]) * i32::from(b[0]), i32::from(a[1]) * i32::from(b[1]));
            *sum = sum.wrapping_add(first).wrapping_add(second);
        }
        sums
    }

    #[inline(always)]
    #[expect(clippy::cast_precision_loss, reason = "rounded, as the instruction does")]
    fn floats(self, sums: Self::Sums) -> Self::Vector {
        sums.map(|sum| sum as f32)
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the number")]
    fn store_rounded(self, vector: Self::Vector, to: &mut [i16]) {
        for (to, number) in to.iter_mut().zip(vector) {
            *to = (number + SHIFT).to_bits() as i16;
        }
    }
}
