//! AVX-512 with VNNI: server processors since 2019. Those before them have AVX2.
#![expect(unsafe_code, reason = "vector instructions; a value of `Avx512` proves that the processor has them")]

use std::arch::asm;
use std::arch::x86_64::{
    __m512, __m512i, _MM_HINT_T0, _mm_prefetch, _mm256_storeu_si256, _mm512_add_epi32, _mm512_add_ps,
    _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cvtepi32_epi16, _mm512_cvtepi32_ps, _mm512_cvtps_epi32,
    _mm512_div_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps,
    _mm512_set1_epi32, _mm512_set1_ps, _mm512_setzero_si512, _mm512_slli_epi32, _mm512_storeu_ps, _mm512_sub_ps,
};

use super::simd::{Kernel, Simd, as_one};

/// Proof that the processor has AVX-512.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Avx512(());

impl Avx512 {
    /// The proof, if it has.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma");
        has_all.then_some(Self(()))
    }
}

// SAFETY, of every block below: `self` exists only where `detect` has found the features, and loads and stores go
// through references to as many numbers as a vector has.
impl Simd for Avx512 {
    type Vector = __m512;
    type Lanes = [f32; 16];
    type Sums = __m512i;
    type PairVector = __m512i;
    type Pairs = [i16; 32];

    const LANES: usize = 16;
    const TILE_ROWS: usize = 9;
    const TILE_VECTORS: usize = 3;

    #[inline]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
        fn compiled<K: Kernel>(simd: Avx512, kernel: K) -> K::Output {
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
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &Self::Lanes) -> Self::Vector {
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &T, count: usize) {
        let address = std::ptr::from_ref(from).wrapping_add(count);
        // SAFETY: a hint that reads nothing, wherever it points.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }

    #[inline(always)]
    fn store(self, vector: Self::Vector, to: &mut Self::Lanes) {
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), vector) }
    }

    #[inline(always)]
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn subtract(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn multiply(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn divide(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    fn multiply_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn min(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector {
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn power_of_two(self, shifted: Self::Vector) -> Self::Vector {
        unsafe {
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(shifted));
            _mm512_castsi512_ps(_mm512_add_epi32(exponent, _mm512_castps_si512(_mm512_set1_ps(1.0))))
        }
    }

    #[inline(always)]
    fn pairs(numbers: &[i16]) -> &[Self::Pairs] {
        numbers.as_chunks().0
    }

    #[inline(always)]
    fn no_sums(self) -> Self::Sums {
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn splat_pair(self, pair: [i16; 2]) -> Self::PairVector {
        unsafe { _mm512_set1_epi32(as_one(pair)) }
    }

    #[inline(always)]
    fn load_pairs(self, from: &Self::Pairs) -> Self::PairVector {
        unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
    }

    #[inline(always)]
    fn add_pairs(self, sums: Self::Sums, a: Self::PairVector, b: Self::PairVector) -> Self::Sums {
        unsafe { add_pairs(sums, a, b) }
    }

    #[inline(always)]
    fn floats(self, sums: Self::Sums) -> Self::Vector {
        unsafe { _mm512_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    fn store_rounded(self, vector: Self::Vector, to: &mut [i16]) {
        let mut whole = [0_i16; 16];
        unsafe {
            let narrow = _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(vector));
            _mm256_storeu_si256(whole.as_mut_ptr().cast(), narrow);
        }
        to.copy_from_slice(&whole[..to.len()]);
    }
}

/// As text: of the intrinsic the compiler makes two instructions, a product and a sum, which takes half as long again.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn add_pairs(mut sums: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // SAFETY: it works on registers alone.
    unsafe {
        asm!(
            "vpdpwssd {sums}, {a}, {b}",
            sums = inout(zmm_reg) sums,
            a = in(zmm_reg) a,
            b = in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
