/* 256-bit registers: lanes 0 to 7 in one, 8 to 15 in the other; a block's vectors 0 to 31 in one, 32 to 63 in the
   other. */
#include "partition_scan.h"

#if MK_X86

#include <math.h>

#pragma STDC FP_CONTRACT OFF

#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma")))
#define INLINE TARGET static inline __attribute__((always_inline))

enum { TILE_ROWS = 6, TILE_PANELS = 1, ROW_PANELS = 4 };

typedef struct {
    __m256 low, high;
} lanes;

INLINE lanes load(const float *p) { return (lanes){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
INLINE lanes all(float x) { return (lanes){_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
INLINE lanes add(lanes a, lanes b) { return (lanes){_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
INLINE lanes sub(lanes a, lanes b) { return (lanes){_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)}; }
INLINE lanes mul(lanes a, lanes b) { return (lanes){_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }

INLINE void store(float *p, lanes x) {
    _mm256_storeu_ps(p, x.low);
    _mm256_storeu_ps(p + 8, x.high);
}

INLINE lanes fused(lanes a, lanes b, lanes c) {
    return (lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

/* A minimum's second operand is what a NaN gives way to. */
INLINE float least(lanes x) {
    const __m256 top = _mm256_set1_ps(INFINITY);
    const __m256 eight = _mm256_min_ps(_mm256_min_ps(x.low, top), _mm256_min_ps(x.high, top));
    const __m128 four = _mm_min_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_min_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_min_ss(two, _mm_movehdup_ps(two)));
}

INLINE float most(lanes x) {
    const __m256 bottom = _mm256_set1_ps(-INFINITY);
    const __m256 eight = _mm256_max_ps(_mm256_max_ps(x.low, bottom), _mm256_max_ps(x.high, bottom));
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

INLINE float fold(lanes x) {
    const __m256 eight = _mm256_add_ps(x.low, x.high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

INLINE lanes whole(const uint8_t *p) {
    const __m256i low = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p));
    const __m256i high = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(p + 8)));
    return (lanes){_mm256_cvtepi32_ps(low), _mm256_cvtepi32_ps(high)};
}

INLINE lanes finer(const uint8_t *p) {
    uint32_t bits;
    __builtin_memcpy(&bits, p, sizeof bits);
    const __m256i word = _mm256_set1_epi32((int)bits), shift = _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);
    const __m256 value = _mm256_setr_ps(-0.375f, -0.125f, 0.125f, 0.375f, -0.375f, -0.125f, 0.125f, 0.375f);
    const __m256i low = _mm256_srlv_epi32(word, shift); /* the low 2 bits count */
    return (lanes){_mm256_permutevar_ps(value, low), _mm256_permutevar_ps(value, _mm256_srli_epi32(
        _mm256_srlv_epi32(word, shift), 16))};
}

INLINE void bytes(uint8_t *p, lanes x) {
    const __m256 top = _mm256_set1_ps(MK_TABLE_MOST);
    const __m256i low = _mm256_cvtps_epi32(_mm256_min_ps(x.low, top));
    const __m256i high = _mm256_cvtps_epi32(_mm256_min_ps(x.high, top));
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8); /* packs: by halves */
    _mm_storeu_si128((__m128i *)p,
                     _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

typedef struct {
    lanes score;
    __m256i low, high; /* columns */
} best;

INLINE best none(void) { return (best){all(-INFINITY), _mm256_setzero_si256(), _mm256_setzero_si256()}; }

INLINE void better(best *b, lanes scores, uint32_t column) {
    const __m256 low = _mm256_cmp_ps(scores.low, b->score.low, _CMP_GT_OQ);
    const __m256 high = _mm256_cmp_ps(scores.high, b->score.high, _CMP_GT_OQ);
    const __m256i columns = _mm256_add_epi32(_mm256_set1_epi32((int)column), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    b->score.low = _mm256_blendv_ps(b->score.low, scores.low, low);
    b->score.high = _mm256_blendv_ps(b->score.high, scores.high, high);
    b->low = _mm256_blendv_epi8(b->low, columns, _mm256_castps_si256(low));
    b->high = _mm256_blendv_epi8(b->high, _mm256_add_epi32(columns, _mm256_set1_epi32(8)), _mm256_castps_si256(high));
}

INLINE uint32_t first_of(const best *b, float *scores) {
    store(scores, b->score);
    const __m256 top = _mm256_set1_ps(most(b->score));
    const __m256i not_low = _mm256_castps_si256(_mm256_cmp_ps(b->score.low, top, _CMP_NEQ_UQ));
    const __m256i not_high = _mm256_castps_si256(_mm256_cmp_ps(b->score.high, top, _CMP_NEQ_UQ));
    const __m256i eight = _mm256_min_epu32(_mm256_or_si256(b->low, not_low), _mm256_or_si256(b->high, not_high));
    const __m128i four = _mm_min_epu32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
    const __m128i two = _mm_min_epu32(four, _mm_shuffle_epi32(four, 0x4E));
    return (uint32_t)_mm_cvtsi128_si32(_mm_min_epu32(two, _mm_shuffle_epi32(two, 0xB1)));
}

/* Two vectors to a lane of 16 bits. `both` adds the bytes of both (modulo 65,536), `odd` those of the odd. */
typedef struct {
    __m256i both, odd;
} half_sums;

/* Adds what a pair of subspaces gives 32 vectors: one byte a vector, at most 2 * MK_TABLE_MOST. */
INLINE void add_pair(half_sums *sums, const uint8_t *codes, __m256i first, __m256i second) {
    const __m256i code = _mm256_loadu_si256((const __m256i *)codes), half = _mm256_set1_epi8(15);
    const __m256i sum = _mm256_add_epi8(
        _mm256_shuffle_epi8(first, _mm256_and_si256(code, half)),
        _mm256_shuffle_epi8(second, _mm256_and_si256(_mm256_srli_epi16(code, 4), half)));
    sums->both = _mm256_add_epi16(sums->both, sum);
    sums->odd = _mm256_add_epi16(sums->odd, _mm256_srli_epi16(sum, 8));
}

/* Adds the biases of 16 vectors, stores the sums; a mask of those at or above the bound. */
INLINE uint32_t finish(uint16_t *to, __m256i sums, const int16_t *biases, const mk_scan *scan, __m256i bound) {
    const __m256i steps = _mm256_add_epi16(
        _mm256_mulhi_epi16(_mm256_loadu_si256((const __m256i *)biases), _mm256_set1_epi16(scan->bias_factor)),
        _mm256_set1_epi16(scan->bias_offset));
    sums = _mm256_add_epi16(sums, steps);
    _mm256_store_si256((__m256i *)to, sums);
    const __m256i passed = _mm256_cmpeq_epi16(_mm256_max_epu16(sums, bound), sums);
    const __m128i narrow = _mm_packs_epi16(_mm256_castsi256_si128(passed), _mm256_extracti128_si256(passed, 1));
    return (uint32_t)_mm_movemask_epi8(narrow);
}

TARGET static void code_scan(mk_scan *scan, const uint8_t *codes, const int16_t *biases, uint32_t first, size_t count,
                             int32_t base) {
    const size_t pairs = scan->subspaces / 2;
    const uint8_t *tables = scan->tables;
    uint32_t limit = mk_limit(scan, base);
    for (size_t v = 0; v < count && limit < 65536; v += MK_BLOCK, codes += pairs * MK_BLOCK, biases += MK_BLOCK) {
        half_sums low = {_mm256_setzero_si256(), _mm256_setzero_si256()}, high = low;
        for (size_t p = 0; p < pairs; p++) {
            const __m256i one = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(tables + p * 32)));
            const __m256i two = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(tables + p * 32 + 16)));
            add_pair(&low, codes + p * MK_BLOCK, one, two);
            add_pair(&high, codes + p * MK_BLOCK + 32, one, two);
            _mm_prefetch((const char *)(codes + (pairs + p) * MK_BLOCK), _MM_HINT_T0);
        }
        mk_sums sums;
        const __m256i bound = _mm256_set1_epi16((short)limit);
        const __m256i even_low = _mm256_sub_epi16(low.both, _mm256_slli_epi16(low.odd, 8));
        const __m256i even_high = _mm256_sub_epi16(high.both, _mm256_slli_epi16(high.odd, 8));
        const uint32_t evens = finish(sums.sum, even_low, biases, scan, bound) |
                               finish(sums.sum + 16, even_high, biases + 16, scan, bound) << 16;
        const uint32_t odds = finish(sums.sum + 32, low.odd, biases + 32, scan, bound) |
                              finish(sums.sum + 48, high.odd, biases + 48, scan, bound) << 16;
        if (__builtin_expect((evens | odds) == 0, 1)) continue;
        mk_offer(scan, evens, odds, &sums, first + (uint32_t)v, count - v, base);
        limit = mk_limit(scan, base);
    }
}

#define NAME "avx2"
#define TABLE mk_partition_avx2
#include "partition.inc.h"

#endif
