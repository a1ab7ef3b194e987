//! Several numbers at once: what a kernel may use, and which instruction set gives it.

use super::portable::Portable;

#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// Numbers that the widest vector has.
pub(super) const MOST_LANES: usize = 16;

/// An instruction set. Whoever has a value of such a type knows that the processor has it.
pub(in super::super) trait Simd: Copy {
    /// Numbers in registers.
    type Vector: Copy;
    /// The same numbers in memory.
    type Lanes: Copy;

    /// Whole numbers of 32 bits in registers, one for each lane.
    type Sums: Copy;
    /// Pairs of whole numbers of 16 bits in registers, one for each lane.
    type PairVector: Copy;
    /// The same pairs in memory.
    type Pairs: Copy;

    /// Numbers of a vector.
    const LANES: usize;
    /// Rows of a tile at most: together with [`Self::TILE_VECTORS`] as many sums as there are registers for.
    const TILE_ROWS: usize;
    /// Vectors side by side in a tile at most, 2 or 3.
    const TILE_VECTORS: usize;

    /// Runs a kernel, compiled for this instruction set.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// Memory as vectors, and what is left over.
    fn lanes(numbers: &[f32]) -> (&[Self::Lanes], &[f32]);
    /// The same, to be written.
    fn lanes_mut(numbers: &mut [f32]) -> (&mut [Self::Lanes], &mut [f32]);

    /// The same number in every lane.
    fn splat(self, value: f32) -> Self::Vector;
    /// Out of memory.
    fn load(self, from: &Self::Lanes) -> Self::Vector;
    /// Asks for memory that will be read soon, so many of the kind behind this one, which may be beyond the end.
    #[inline(always)]
    fn prefetch<T>(self, _from: &T, _count: usize) {}
    /// Into memory.
    fn store(self, vector: Self::Vector, to: &mut Self::Lanes);
    /// `a + b`
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a - b`
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b`
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a / b`
    fn divide(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`, rounded once where the processor can.
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// The smaller of each pair.
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// The larger of each pair.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `2^n`, where `n` stands in the low bits of `1.5 * 2^23 + n`, for n in -126..=127.
    fn power_of_two(self, shifted: Self::Vector) -> Self::Vector;

    /// Memory as vectors of pairs.
    fn pairs(numbers: &[i16]) -> &[Self::Pairs];
    /// Zero in every lane.
    fn no_sums(self) -> Self::Sums;
    /// The same pair in every lane.
    fn splat_pair(self, pair: [i16; 2]) -> Self::PairVector;
    /// Out of memory.
    fn load_pairs(self, from: &Self::Pairs) -> Self::PairVector;
    /// `sums + a[0] * b[0] + a[1] * b[1]`, for numbers above -32,768.
    fn add_pairs(self, sums: Self::Sums, a: Self::PairVector, b: Self::PairVector) -> Self::Sums;
    /// The nearest `f32`.
    fn floats(self, sums: Self::Sums) -> Self::Vector;
    /// The nearest whole numbers, of a half the even one, for numbers within 16 bits.
    fn store_rounded(self, vector: Self::Vector, to: &mut [i16]);

    /// The sum of all lanes, always in the same order.
    #[inline(always)]
    fn sum(self, vector: Self::Vector) -> f32 {
        self.fold(vector, |a, b| a + b)
    }

    /// The largest of all lanes.
    #[inline(always)]
    fn largest(self, vector: Self::Vector) -> f32 {
        self.fold(vector, f32::max)
    }

    /// Takes the upper half to the lower one, until one is left.
    #[inline(always)]
    fn fold(self, vector: Self::Vector, two: impl Fn(f32, f32) -> f32) -> f32 {
        let mut numbers = [0.0; MOST_LANES];
        self.store(vector, &mut Self::lanes_mut(&mut numbers).0[0]);
        let mut half = Self::LANES / 2;
        while half > 0 {
            for lane in 0..half {
                numbers[lane] = two(numbers[lane], numbers[lane + half]);
            }
            half /= 2;
        }
        numbers[0]
    }

    /// Fewer numbers than a vector has; the other lanes get `filling`.
    #[inline(always)]
    fn load_some(self, from: &[f32], filling: f32) -> Self::Vector {
        let mut numbers = [filling; MOST_LANES];
        numbers[..from.len()].copy_from_slice(from);
        self.load(&Self::lanes(&numbers).0[0])
    }

    /// The first lanes, as many as there is room for.
    #[inline(always)]
    fn store_some(self, vector: Self::Vector, to: &mut [f32]) {
        let mut numbers = [0.0; MOST_LANES];
        self.store(vector, &mut Self::lanes_mut(&mut numbers).0[0]);
        to.copy_from_slice(&numbers[..to.len()]);
    }
}

/// Work that is compiled for an instruction set: `run` is to be `#[inline(always)]`.
pub(in super::super) trait Kernel {
    /// What it gives.
    type Output;

    /// Does it.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// The instruction set that kernels run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Backend {
    /// What every processor has.
    Portable(Portable),
    /// AVX2 and FMA: x86 processors since 2013.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// AVX-512 with VNNI: server processors since 2019.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl Backend {
    /// All that this processor has, the best first.
    pub(in super::super) fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            found.extend(Avx512::detect().map(Self::Avx512));
            found.extend(Avx2::detect().map(Self::Avx2));
        }
        found.push(Self::Portable(Portable));
        found
    }

    /// The best that this processor has.
    pub(in super::super) fn detect() -> Self {
        Self::available()[0]
    }

    /// Its name in logs and figures.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }

    /// Runs a kernel.
    pub(in super::super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable(portable) => portable.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(avx512) => avx512.run(kernel),
        }
    }
}

/// A pair as the one number that its four bytes are.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn as_one(pair: [i16; 2]) -> i32 {
    let ([a, b], [c, d]) = (pair[0].to_ne_bytes(), pair[1].to_ne_bytes());
    i32::from_ne_bytes([a, b, c, d])
}

/// The low 16 bits.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the number fits")]
pub(super) fn low(number: i32) -> i16 {
    number as i16
}
