/* 256-bit registers: lanes 0 to 7 in one, 8 to 15 in the other. */
#include "tables.h"

#if MK_X86

#pragma STDC FP_CONTRACT OFF

#include <immintrin.h>

/* "fma" is left out on purpose: without the instruction no compiler can fuse a product into a sum. */
#define TARGET __attribute__((target("avx2")))

/* Eight ones then eight zeros: a window onto it is the mask of an incomplete register. */
static const int32_t window[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

TARGET static inline __m256i mask_of(size_t count) {
    return _mm256_loadu_si256((const __m256i *)(window + 8 - (count < 8 ? count : 8)));
}

TARGET static inline float dot(const float *a, const float *b, size_t d) {
    __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= d; i += 16) {
        low = _mm256_add_ps(low, _mm256_mul_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i)));
        high = _mm256_add_ps(high, _mm256_mul_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8)));
    }
    if (i < d) {
        const size_t rest = d - i;
        const __m256i first = mask_of(rest), second = mask_of(rest > 8 ? rest - 8 : 0);
        low = _mm256_add_ps(low, _mm256_mul_ps(_mm256_maskload_ps(a + i, first), _mm256_maskload_ps(b + i, first)));
        high = _mm256_add_ps(
            high, _mm256_mul_ps(_mm256_maskload_ps(a + i + 8, second), _mm256_maskload_ps(b + i + 8, second)));
    }
    const __m256 eight = _mm256_add_ps(low, high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

TARGET static inline void axpy(float a, const float *x, float *y, size_t d) {
    const __m256 factor = _mm256_set1_ps(a);
    size_t i = 0;
    for (; i + 8 <= d; i += 8)
        _mm256_storeu_ps(y + i, _mm256_add_ps(_mm256_loadu_ps(y + i), _mm256_mul_ps(factor, _mm256_loadu_ps(x + i))));
    for (; i < d; i++) y[i] += a * x[i];
}

TARGET static inline void step(float g, const float *in, float *row, float *work, size_t d) {
    const __m256 factor = _mm256_set1_ps(g);
    for (size_t i = 0; i < d; i += 8) {
        const __m256 before = _mm256_loadu_ps(row + i);
        _mm256_storeu_ps(work + i, _mm256_add_ps(_mm256_loadu_ps(work + i), _mm256_mul_ps(factor, before)));
        _mm256_storeu_ps(row + i, _mm256_add_ps(before, _mm256_mul_ps(factor, _mm256_loadu_ps(in + i))));
    }
}

#define NAME "avx2"
#define TABLE mk_avx2
#include "kernels.inc.h"

#endif
