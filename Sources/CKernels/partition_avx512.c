/* 512-bit registers: the 16 columns of a panel, the 16 codewords of a subspace or the 64 vectors of a block in one. */
#include "partition_scan.h"

#if MK_X86

#include <math.h>

#pragma STDC FP_CONTRACT OFF

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")))
#define INLINE TARGET static inline __attribute__((always_inline))

enum { TILE_ROWS = 8, TILE_PANELS = 2, ROW_PANELS = 8 };

typedef __m512 lanes;

INLINE lanes load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void store(float *p, lanes x) { _mm512_storeu_ps(p, x); }
INLINE lanes all(float x) { return _mm512_set1_ps(x); }
INLINE lanes add(lanes a, lanes b) { return _mm512_add_ps(a, b); }
INLINE lanes sub(lanes a, lanes b) { return _mm512_sub_ps(a, b); }
INLINE lanes mul(lanes a, lanes b) { return _mm512_mul_ps(a, b); }
INLINE lanes fused(lanes a, lanes b, lanes c) { return _mm512_fmadd_ps(a, b, c); }

/* A minimum's second operand is what a NaN gives way to. */
INLINE float least(lanes x) { return _mm512_reduce_min_ps(_mm512_min_ps(x, all(INFINITY))); }
INLINE float most(lanes x) { return _mm512_reduce_max_ps(_mm512_max_ps(x, all(-INFINITY))); }

INLINE float fold(lanes x) {
    const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1));
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(x), high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

INLINE lanes whole(const uint8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)));
}

INLINE lanes finer(const uint8_t *p) {
    uint32_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    const __m512i shift = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const lanes value = _mm512_broadcast_f32x4(_mm_setr_ps(-0.375f, -0.125f, 0.125f, 0.375f));
    return _mm512_permutevar_ps(value, _mm512_srlv_epi32(_mm512_set1_epi32((int)bits), shift)); /* low 2 bits count */
}

INLINE void bytes(uint8_t *p, lanes x) {
    const __m512i entry = _mm512_cvtps_epi32(_mm512_min_ps(x, all(MK_TABLE_MOST)));
    _mm_storeu_si128((__m128i *)p, _mm512_cvtepi32_epi8(entry));
}

typedef struct {
    lanes score;
    __m512i column;
} best;

INLINE best none(void) { return (best){all(-INFINITY), _mm512_setzero_si512()}; }

INLINE void better(best *b, lanes scores, uint32_t column) {
    const __mmask16 is_better = _mm512_cmp_ps_mask(scores, b->score, _CMP_GT_OQ);
    const __m512i columns = _mm512_add_epi32(_mm512_set1_epi32((int)column),
                                             _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    b->score = _mm512_mask_mov_ps(b->score, is_better, scores);
    b->column = _mm512_mask_mov_epi32(b->column, is_better, columns);
}

INLINE uint32_t first_of(const best *b, float *scores) {
    store(scores, b->score);
    const __mmask16 equal = _mm512_cmp_ps_mask(b->score, all(_mm512_reduce_max_ps(b->score)), _CMP_EQ_OQ);
    return _mm512_mask_reduce_min_epu32(equal, b->column);
}

/* What a pair of subspaces adds: one byte a vector, at most 2 * MK_TABLE_MOST. */
INLINE __m512i pair(const uint8_t *codes, const uint8_t *tables) {
    const __m512i code = _mm512_loadu_si512(codes), half = _mm512_set1_epi8(15);
    const __m512i first = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)tables));
    const __m512i second = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(tables + 16)));
    return _mm512_add_epi8(_mm512_shuffle_epi8(first, _mm512_and_si512(code, half)),
                           _mm512_shuffle_epi8(second, _mm512_and_si512(_mm512_srli_epi16(code, 4), half)));
}

/* A vector's bias in steps. */
INLINE __m512i steps(const int16_t *biases, const mk_scan *scan) {
    return _mm512_add_epi16(_mm512_mulhi_epi16(_mm512_loadu_si512(biases), _mm512_set1_epi16(scan->bias_factor)),
                            _mm512_set1_epi16(scan->bias_offset));
}

TARGET static void code_scan(mk_scan *scan, const uint8_t *codes, const int16_t *biases, uint32_t first, size_t count,
                             int32_t base) {
    const size_t pairs = scan->subspaces / 2;
    const uint8_t *tables = scan->tables;
    uint32_t limit = mk_limit(scan, base);
    for (size_t v = 0; v < count && limit < 65536; v += MK_BLOCK, codes += pairs * MK_BLOCK, biases += MK_BLOCK) {
        /* Two vectors to a lane of 16 bits. `both` adds the bytes of both (modulo 65,536), `odd` those of the odd. */
        __m512i both = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
        for (size_t p = 0; p < pairs; p++) {
            const __m512i sum = pair(codes + p * MK_BLOCK, tables + p * 32);
            _mm_prefetch((const char *)(codes + (pairs + p) * MK_BLOCK), _MM_HINT_T0);
            both = _mm512_add_epi16(both, sum);
            odd = _mm512_add_epi16(odd, _mm512_srli_epi16(sum, 8));
        }
        const __m512i even = _mm512_add_epi16(_mm512_sub_epi16(both, _mm512_slli_epi16(odd, 8)), steps(biases, scan));
        odd = _mm512_add_epi16(odd, steps(biases + 32, scan));
        const __m512i bound = _mm512_set1_epi16((short)limit);
        const __mmask32 evens = _mm512_cmpge_epu16_mask(even, bound), odds = _mm512_cmpge_epu16_mask(odd, bound);
        if (__builtin_expect((evens | odds) == 0, 1)) continue;
        mk_sums sums;
        _mm512_store_si512(sums.sum, even);
        _mm512_store_si512(sums.sum + 32, odd);
        mk_offer(scan, evens, odds, &sums, first + (uint32_t)v, count - v, base);
        limit = mk_limit(scan, base);
    }
}

#define NAME "avx512"
#define TABLE mk_partition_avx512
#include "partition.inc.h"

#endif
