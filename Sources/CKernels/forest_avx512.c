/* 512-bit registers: sixteen rows in one, four of them at a time, so that a test is read once for 64 rows. A piece's 32
   leaves are two registers, from which a permutation takes a leaf for each row. */
#include "forest.h"

#if MK_X86

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512cd")))
#define INLINE TARGET static inline __attribute__((always_inline))

#define TESTS(end, predicate)                                                                                       \
    for (; test < tests + (end); test++) {                                                                          \
        const float *x = work + test->slot * MK_FOREST_ROWS;                                                        \
        const __m512 threshold = _mm512_set1_ps(test->threshold);                                                   \
        const __m512i keep = _mm512_set1_epi32((int)test->keep);                                                    \
        for (int b = 0; b < n; b++) {                                                                               \
            const __mmask16 holds = _mm512_cmp_ps_mask(_mm512_loadu_ps(x + 16 * b), threshold, predicate);          \
            sets[b] = _mm512_mask_and_epi32(sets[b], holds, sets[b], keep);                                         \
        }                                                                                                           \
    }

/* 16 n rows through all pieces; n is a constant of each call. */
INLINE void rows_of(const int n, const mk_forest *forest, const float *work, float *out) {
    const mk_forest_test *const tests = forest->tests;
    __m512 sum[4];
    for (int b = 0; b < n; b++) sum[b] = _mm512_set1_ps(forest->base);
    for (size_t p = 0; p < forest->piece_count; p++) {
        const mk_forest_piece *piece = forest->pieces + p;
        const mk_forest_test *test = tests + piece->first;
        __m512i sets[4];
        for (int b = 0; b < n; b++) sets[b] = _mm512_set1_epi32(-1);
        TESTS(piece->ends[0], _CMP_GE_OQ)
        TESTS(piece->ends[1], _CMP_NLT_UQ)
        TESTS(piece->ends[2], _CMP_LT_OQ)
        TESTS(piece->ends[3], _CMP_NGE_UQ)
        const float *leaves = forest->leaves + p * MK_FOREST_LEAVES;
        const __m512 low = _mm512_loadu_ps(leaves), high = _mm512_loadu_ps(leaves + 16);
        for (int b = 0; b < n; b++) {
            const __mmask16 some = _mm512_test_epi32_mask(sets[b], sets[b]);
            const __m512i leaf = _mm512_lzcnt_epi32(sets[b]);
            sum[b] = _mm512_add_ps(sum[b], _mm512_maskz_permutex2var_ps(some, low, leaf, high));
        }
    }
    for (int b = 0; b < n; b++) _mm512_storeu_ps(out + 16 * b, sum[b]);
}

TARGET static void scores(const mk_forest *forest, const float *rows, size_t stride, size_t count, float *work,
                          float *out) {
    for (size_t at = 0; at < count; at += MK_FOREST_ROWS) {
        const size_t left = count - at < MK_FOREST_ROWS ? count - at : MK_FOREST_ROWS;
        float some[MK_FOREST_ROWS];
        mk_forest_pack(forest, rows + at * stride, stride, left, work);
        switch ((left + 15) / 16) {
        case 4: rows_of(4, forest, work, some); break;
        case 3: rows_of(3, forest, work, some); break;
        case 2: rows_of(2, forest, work, some); break;
        default: rows_of(1, forest, work, some); break;
        }
        memcpy(out + at, some, left * sizeof *some);
    }
}

const mk_forest_table mk_forest_avx512 = {"avx512", scores};

#endif
