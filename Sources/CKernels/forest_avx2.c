/* 256-bit registers: eight rows in one, four of them at a time, so that a test is read once for 32 rows. Neither a count of
   leading zeros nor a permutation of 32 floats is there: the first leaf is read off a float's exponent, and taken from four
   registers (a gather is microcode on many machines). */
#include "forest.h"

#if MK_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx2")))
#define INLINE TARGET static inline __attribute__((always_inline))

#define TESTS(end, predicate)                                                                                       \
    for (; test < tests + (end); test++) {                                                                          \
        const float *x = work + test->slot * MK_FOREST_ROWS;                                                        \
        const __m256 threshold = _mm256_set1_ps(test->threshold);                                                   \
        const __m256i drop = _mm256_set1_epi32((int)~test->keep);                                                   \
        for (int b = 0; b < n; b++) {                                                                               \
            const __m256 holds = _mm256_cmp_ps(_mm256_loadu_ps(x + 8 * b), threshold, predicate);                   \
            sets[b] = _mm256_andnot_si256(_mm256_and_si256(_mm256_castps_si256(holds), drop), sets[b]);             \
        }                                                                                                           \
    }

/* For each lane the leaf of the set's first bit, 0 of an empty set. */
INLINE __m256 leaves_of(const __m256i set, const float *leaves) {
    /* Only the highest of neighbouring bits stays, so that no rounding carries; halved, so that there is no sign. */
    const __m256i top = _mm256_srli_epi32(_mm256_andnot_si256(_mm256_srli_epi32(set, 1), set), 1);
    const __m256i exponent = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(top)), 23);
    /* Bit 31 has become 2^30, of exponent 157; bit 0 has become 0, of exponent 0. */
    const __m256i leaf = _mm256_min_epi32(_mm256_sub_epi32(_mm256_set1_epi32(157), exponent), _mm256_set1_epi32(31));
    const __m256 fourth = _mm256_castsi256_ps(_mm256_slli_epi32(leaf, 28)); /* bit 3 where a blend looks */
    const __m256 half = _mm256_castsi256_ps(_mm256_slli_epi32(leaf, 27));
    const __m256 low = _mm256_blendv_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(leaves), leaf),
                                        _mm256_permutevar8x32_ps(_mm256_loadu_ps(leaves + 8), leaf), fourth);
    const __m256 high = _mm256_blendv_ps(_mm256_permutevar8x32_ps(_mm256_loadu_ps(leaves + 16), leaf),
                                         _mm256_permutevar8x32_ps(_mm256_loadu_ps(leaves + 24), leaf), fourth);
    const __m256 none = _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, _mm256_setzero_si256()));
    return _mm256_andnot_ps(none, _mm256_blendv_ps(low, high, half));
}

/* 8 n rows through all pieces; n is a constant of each call. */
INLINE void rows_of(const int n, const mk_forest *forest, const float *work, float *out) {
    const mk_forest_test *const tests = forest->tests;
    __m256 sum[4];
    for (int b = 0; b < n; b++) sum[b] = _mm256_set1_ps(forest->base);
    for (size_t p = 0; p < forest->piece_count; p++) {
        const mk_forest_piece *piece = forest->pieces + p;
        const mk_forest_test *test = tests + piece->first;
        __m256i sets[4];
        for (int b = 0; b < n; b++) sets[b] = _mm256_set1_epi32(-1);
        TESTS(piece->ends[0], _CMP_GE_OQ)
        TESTS(piece->ends[1], _CMP_NLT_UQ)
        TESTS(piece->ends[2], _CMP_LT_OQ)
        TESTS(piece->ends[3], _CMP_NGE_UQ)
        for (int b = 0; b < n; b++)
            sum[b] = _mm256_add_ps(sum[b], leaves_of(sets[b], forest->leaves + p * MK_FOREST_LEAVES));
    }
    for (int b = 0; b < n; b++) _mm256_storeu_ps(out + 8 * b, sum[b]);
}

TARGET static void scores(const mk_forest *forest, const float *rows, size_t stride, size_t count, float *work,
                          float *out) {
    for (size_t at = 0; at < count; at += MK_FOREST_ROWS) {
        const size_t left = count - at < MK_FOREST_ROWS ? count - at : MK_FOREST_ROWS;
        float some[MK_FOREST_ROWS];
        mk_forest_pack(forest, rows + at * stride, stride, left, work);
        for (size_t r = 0; r < left; r += 32) {
            switch ((left - r + 7) / 8) {
            case 1: rows_of(1, forest, work + r, some + r); break;
            case 2: rows_of(2, forest, work + r, some + r); break;
            case 3: rows_of(3, forest, work + r, some + r); break;
            default: rows_of(4, forest, work + r, some + r); break;
            }
        }
        memcpy(out + at, some, left * sizeof *some);
    }
}

const mk_forest_table mk_forest_avx2 = {"avx2", scores};

#endif
