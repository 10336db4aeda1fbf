/* 512-bit registers: the 16 lanes are one register. */
#include "tables.h"

#if MK_X86

#pragma STDC FP_CONTRACT OFF

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f")))

TARGET static inline float dot(const float *a, const float *b, size_t d) {
    __m512 sum = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= d; i += 16) sum = _mm512_add_ps(sum, _mm512_mul_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i)));
    if (i < d) {
        const __mmask16 mask = (__mmask16)((1u << (d - i)) - 1);
        sum = _mm512_add_ps(
            sum, _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i)));
    }
    const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(sum), 1));
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sum), high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

TARGET static inline void axpy(float a, const float *x, float *y, size_t d) {
    const __m512 factor = _mm512_set1_ps(a);
    size_t i = 0;
    for (; i + 16 <= d; i += 16)
        _mm512_storeu_ps(y + i, _mm512_add_ps(_mm512_loadu_ps(y + i), _mm512_mul_ps(factor, _mm512_loadu_ps(x + i))));
    for (; i < d; i++) y[i] += a * x[i];
}

TARGET static inline void step(float g, const float *in, float *row, float *work, size_t d) {
    const __m512 factor = _mm512_set1_ps(g);
    for (size_t i = 0; i < d; i += 16) {
        const __m512 before = _mm512_loadu_ps(row + i);
        _mm512_storeu_ps(work + i, _mm512_add_ps(_mm512_loadu_ps(work + i), _mm512_mul_ps(factor, before)));
        _mm512_storeu_ps(row + i, _mm512_add_ps(before, _mm512_mul_ps(factor, _mm512_loadu_ps(in + i))));
    }
}

#define NAME "avx512"
#define TABLE mk_avx512
#include "kernels.inc.h"

#endif
