//! Eight numbers at once: what a kernel may use, and which instruction set gives it.

use super::portable::Portable;

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;

/// Numbers in a vector.
pub(super) const LANES: usize = 8;

/// An instruction set. Whoever has a value of such a type knows that the processor has it.
pub(in super::super) trait Simd: Copy {
    /// Eight numbers.
    type Vector: Copy;

    /// Runs a kernel, compiled for this instruction set.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// The same number eight times.
    fn splat(self, value: f32) -> Self::Vector;
    /// Eight numbers out of memory.
    fn load(self, from: &[f32; LANES]) -> Self::Vector;
    /// Eight numbers into memory.
    fn store(self, vector: Self::Vector, to: &mut [f32; LANES]);
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

    /// The sum of all eight, always in the same order.
    #[inline(always)]
    fn sum(self, vector: Self::Vector) -> f32 {
        let mut v = [0.0; LANES];
        self.store(vector, &mut v);
        ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]))
    }

    /// The largest of all eight.
    #[inline(always)]
    fn largest(self, vector: Self::Vector) -> f32 {
        let mut v = [0.0; LANES];
        self.store(vector, &mut v);
        v[0].max(v[4]).max(v[2].max(v[6])).max(v[1].max(v[5]).max(v[3].max(v[7])))
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
}

impl Backend {
    /// The best that this processor has.
    pub(in super::super) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::detect() {
            return Self::Avx2(avx2);
        }
        Self::Portable(Portable)
    }

    /// Its name in logs and figures.
    pub(in super::super) fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
        }
    }

    /// Runs a kernel.
    pub(in super::super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable(portable) => portable.run(kernel),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(avx2) => avx2.run(kernel),
        }
    }
}
