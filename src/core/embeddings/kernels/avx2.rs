//! AVX2 and FMA.
#![expect(unsafe_code, reason = "vector instructions; a value of `Avx2` proves that the processor has them")]

use std::arch::x86_64::{
    __m256, __m256i, _mm256_add_epi32, _mm256_add_ps, _mm256_castps_si256, _mm256_castsi256_ps, _mm256_cvtepi32_ps,
    _mm256_cvtps_epi32, _mm256_div_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_max_ps, _mm256_min_ps, _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps, _mm256_setzero_si256,
    _mm256_slli_epi32, _mm256_storeu_ps, _mm256_storeu_si256, _mm256_sub_ps,
};

use super::simd::{Kernel, Simd, as_one, low};

/// Proof that the processor has AVX2 and FMA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Avx2(());

impl Avx2 {
    /// The proof, if it has.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

// SAFETY, of every block below: `self` exists only where `detect` has found both features, and loads and stores go
// through references to as many numbers as a vector has.
impl Simd for Avx2 {
    type Vector = __m256;
    type Lanes = [f32; 8];
    type Sums = __m256i;
    type PairVector = __m256i;
    type Pairs = [i16; 16];

    const LANES: usize = 8;
    const TILE_ROWS: usize = 6;
    const TILE_VECTORS: usize = 2;

    #[inline]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<K: Kernel>(simd: Avx2, kernel: K) -> K::Output {
            kernel.run(simd)
        }
        unsafe { compiled(self, kernel) }
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
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &Self::Lanes) -> Self::Vector {
        unsafe { _mm256_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, vector: Self::Vector, to: &mut Self::Lanes) {
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn divide(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm256_div_ps(a, b) }
    }

    #[inline(always)]
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm256_min_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    fn power_of_two(self, shifted: Self::Vector) -> Self::Vector {
        unsafe {
            let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(shifted));
            _mm256_castsi256_ps(_mm256_add_epi32(exponent, _mm256_castps_si256(_mm256_set1_ps(1.0))))
        }
    }

    #[inline(always)]
    fn pairs(numbers: &[i16]) -> &[Self::Pairs] {
        numbers.as_chunks().0
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    fn splat_pair(self, pair: [i16; 2]) -> Self::PairVector {
        unsafe { _mm256_set1_epi32(as_one(pair)) }
    }

    #[inline(always)]
    fn load_pairs(self, from: &Self::Pairs) -> Self::PairVector {
        unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
    }

    #[inline(always)]
    fn add_pairs(self, sums: Self::Sums, a: Self::PairVector, b: Self::PairVector) -> Self::Sums {
        unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)) }
    }

    #[inline(always)]
    fn floats(self, sums: Self::Sums) -> Self::Vector {
        unsafe { _mm256_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    fn store_rounded(self, vector: Self::Vector, to: &mut [i16]) {
        let mut whole = [0_i32; 8];
        unsafe { _mm256_storeu_si256(whole.as_mut_ptr().cast(), _mm256_cvtps_epi32(vector)) };
        for (to, number) in to.iter_mut().zip(whole) {
            *to = low(number);
        }
    }
}
