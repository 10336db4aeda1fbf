/* 512-bit registers: the 16 columns of a panel, the 16 codewords of a subspace or the 64 vectors of a block in one. */
#include "partition_scan.h"

#if MK_X86

#include <math.h>

#pragma STDC FP_CONTRACT OFF

#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma")))
#define INLINE TARGET static inline __attribute__((always_inline))

/* sum[r * P + p] = the scores of row r with panel p, for R rows and P panels: R * P registers that the compiler keeps
   (R and P are constants wherever this is inlined). Enough of them in flight hide the latency of the fused
   multiply-add: 8 on the machines of 2024. */
INLINE void tile(const float *rows, size_t stride, const int R, size_t d, const float *panel, const int P,
                 const float *bias, __m512 *sum) {
    for (int p = 0; p < P; p++)
        for (int r = 0; r < R; r++) sum[r * P + p] = _mm512_loadu_ps(bias + 16 * p);
    for (size_t j = 0; j < d; j++) {
        __m512 columns[8];
        for (int p = 0; p < P; p++) columns[p] = _mm512_loadu_ps(panel + ((size_t)p * d + j) * 16);
        for (int r = 0; r < R; r++) {
            const __m512 value = _mm512_set1_ps(rows[(size_t)r * stride + j]);
            for (int p = 0; p < P; p++) sum[r * P + p] = _mm512_fmadd_ps(value, columns[p], sum[r * P + p]);
        }
    }
}

INLINE void tile_scores(const float *rows, size_t stride, const int R, size_t d, const float *panel, const int P,
                        const float *bias, float *out, size_t out_stride) {
    __m512 sum[16];
    tile(rows, stride, R, d, panel, P, bias, sum);
    for (int r = 0; r < R; r++)
        for (int p = 0; p < P; p++) _mm512_storeu_ps(out + (size_t)r * out_stride + 16 * p, sum[r * P + p]);
}

TARGET static void panel_scores(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                                size_t panel_count, const float *bias, float *out, size_t out_stride) {
    size_t r = 0;
    for (; r + 8 <= count; r += 8) {
        const float *row = rows + r * stride;
        float *to = out + r * out_stride;
        size_t p = 0;
        for (; p + 2 <= panel_count; p += 2)
            tile_scores(row, stride, 8, d, panels + p * d * 16, 2, bias + 16 * p, to + 16 * p, out_stride);
        if (p < panel_count)
            tile_scores(row, stride, 8, d, panels + p * d * 16, 1, bias + 16 * p, to + 16 * p, out_stride);
    }
    for (; r < count; r++) {
        const float *row = rows + r * stride;
        float *to = out + r * out_stride;
        size_t p = 0;
        for (; p + 8 <= panel_count; p += 8)
            tile_scores(row, stride, 1, d, panels + p * d * 16, 8, bias + 16 * p, to + 16 * p, out_stride);
        for (; p + 4 <= panel_count; p += 4)
            tile_scores(row, stride, 1, d, panels + p * d * 16, 4, bias + 16 * p, to + 16 * p, out_stride);
        for (; p < panel_count; p++)
            tile_scores(row, stride, 1, d, panels + p * d * 16, 1, bias + 16 * p, to + 16 * p, out_stride);
    }
}

/* The best score of each of 16 columns (by their number modulo 16) of R rows so far, and where. */
typedef struct {
    __m512 score;
    __m512i column;
} best16;

INLINE void tile_best(const float *rows, size_t stride, const int R, size_t d, const float *panel, const int P,
                      const float *bias, uint32_t column, best16 *best) {
    __m512 sum[16];
    tile(rows, stride, R, d, panel, P, bias, sum);
    for (int p = 0; p < P; p++) {
        const __m512i columns = _mm512_add_epi32(
            _mm512_set1_epi32((int)column + 16 * p),
            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
        for (int r = 0; r < R; r++) {
            const __mmask16 better = _mm512_cmp_ps_mask(sum[r * P + p], best[r].score, _CMP_GT_OQ);
            best[r].score = _mm512_mask_mov_ps(best[r].score, better, sum[r * P + p]);
            best[r].column = _mm512_mask_mov_epi32(best[r].column, better, columns);
        }
    }
}

INLINE void rows_best(const float *rows, size_t stride, const int R, size_t d, const float *panels,
                      size_t panel_count, const float *bias, uint32_t *best, float *scores) {
    best16 most[8];
    for (int r = 0; r < R; r++) most[r] = (best16){_mm512_set1_ps(-INFINITY), _mm512_setzero_si512()};
    size_t p = 0;
    for (; p + 2 <= panel_count; p += 2)
        tile_best(rows, stride, R, d, panels + p * d * 16, 2, bias + 16 * p, (uint32_t)(16 * p), most);
    if (p < panel_count)
        tile_best(rows, stride, R, d, panels + p * d * 16, 1, bias + 16 * p, (uint32_t)(16 * p), most);
    for (int r = 0; r < R; r++) {
        const __m512 top = _mm512_set1_ps(_mm512_reduce_max_ps(most[r].score));
        const __mmask16 equal = _mm512_cmp_ps_mask(most[r].score, top, _CMP_EQ_OQ);
        best[r] = _mm512_mask_reduce_min_epu32(equal, most[r].column);
        if (scores == NULL) continue;
        float lane[16]; /* not `top`: of +0 and -0 the one of the smallest column */
        _mm512_storeu_ps(lane, most[r].score);
        scores[r] = lane[best[r] % 16];
    }
}

TARGET static void panel_best(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                              size_t panel_count, const float *bias, uint32_t *best, float *scores) {
    size_t r = 0;
    for (; r + 8 <= count; r += 8)
        rows_best(rows + r * stride, stride, 8, d, panels, panel_count, bias, best + r,
                  scores == NULL ? NULL : scores + r);
    for (; r < count; r++)
        rows_best(rows + r * stride, stride, 1, d, panels, panel_count, bias, best + r,
                  scores == NULL ? NULL : scores + r);
}

TARGET static void lookup_tables(const float *query, const float *books, const uint32_t *begins, size_t subspaces,
                                 float least_step, float *work, uint8_t *tables, float *step, float *low,
                                 float *sum) {
    float widest = 0, ranges = 0, lows = 0;
    for (size_t m = 0; m < subspaces; m++) {
        __m512 entry = _mm512_setzero_ps();
        for (size_t j = begins[m]; j < begins[m + 1]; j++)
            entry = _mm512_fmadd_ps(_mm512_set1_ps(query[j]), _mm512_loadu_ps(books + j * 16), entry);
        /* The second operand is what a NaN gives way to. */
        const float least = _mm512_reduce_min_ps(_mm512_min_ps(entry, _mm512_set1_ps(INFINITY)));
        const float most = _mm512_reduce_max_ps(_mm512_max_ps(entry, _mm512_set1_ps(-INFINITY)));
        _mm512_storeu_ps(work + m * 16, _mm512_sub_ps(entry, _mm512_set1_ps(least)));
        const float range = most - least;
        widest = range > widest ? range : widest;
        ranges += range;
        lows += least;
    }
    float s = widest / MK_TABLE_MOST;
    s = ranges / 32000 > s ? ranges / 32000 : s;
    s = least_step > s ? least_step : s;
    s = s > 0 ? s : 1;
    const __m512 inverse = _mm512_set1_ps(1 / s), most = _mm512_set1_ps(MK_TABLE_MOST);
    for (size_t m = 0; m < subspaces; m++) {
        const __m512 entry = _mm512_min_ps(_mm512_mul_ps(_mm512_loadu_ps(work + m * 16), inverse), most);
        _mm_storeu_si128((__m128i *)(tables + m * 16), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(entry)));
    }
    *step = s;
    *low = lows;
    *sum = ranges;
}

/* What a pair of subspaces adds: one byte a vector, at most 2 * MK_TABLE_MOST. */
INLINE __m512i pair(const uint8_t *codes, const uint8_t *tables) {
    const __m512i code = _mm512_loadu_si512(codes), half = _mm512_set1_epi8(15);
    const __m512i first = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)tables));
    const __m512i second = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(tables + 16)));
    return _mm512_add_epi8(_mm512_shuffle_epi8(first, _mm512_and_si512(code, half)),
                           _mm512_shuffle_epi8(second, _mm512_and_si512(_mm512_srli_epi16(code, 4), half)));
}

TARGET static void code_scan(mk_scan *scan, const uint8_t *codes, const int16_t *biases, uint32_t first, size_t count,
                             int32_t base) {
    const size_t pairs = scan->subspaces / 2;
    const uint8_t *tables = scan->tables;
    const __m512i factor = _mm512_set1_epi16(scan->bias_factor), offset = _mm512_set1_epi16(scan->bias_offset);
    uint32_t limit = mk_limit(scan, base);
    for (size_t v = 0; v < count && limit < 65536; v += MK_BLOCK, codes += pairs * MK_BLOCK, biases += MK_BLOCK) {
        /* Two vectors to a lane of 16 bits. `both` adds the bytes of both (modulo 65,536), `odd` those of the odd. */
        __m512i both = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
        for (size_t p = 0; p < pairs; p++) {
            const __m512i bytes = pair(codes + p * MK_BLOCK, tables + p * 32);
            _mm_prefetch((const char *)(codes + (pairs + p) * MK_BLOCK), _MM_HINT_T0);
            both = _mm512_add_epi16(both, bytes);
            odd = _mm512_add_epi16(odd, _mm512_srli_epi16(bytes, 8));
        }
        __m512i even = _mm512_sub_epi16(both, _mm512_slli_epi16(odd, 8));
        even = _mm512_add_epi16(
            even, _mm512_add_epi16(_mm512_mulhi_epi16(_mm512_loadu_si512(biases), factor), offset));
        odd = _mm512_add_epi16(
            odd, _mm512_add_epi16(_mm512_mulhi_epi16(_mm512_loadu_si512(biases + 32), factor), offset));
        const __m512i least = _mm512_set1_epi16((short)limit);
        const __mmask32 evens = _mm512_cmpge_epu16_mask(even, least), odds = _mm512_cmpge_epu16_mask(odd, least);
        if (__builtin_expect(_kortestz_mask32_u8(evens, odds), 1)) continue;
        const uint32_t position = first + (uint32_t)v;
        uint64_t mask = mk_spread(evens) | mk_spread(odds) << 1;
        if (count - v < MK_BLOCK) mask &= (1ull << (count - v)) - 1;
        mk_sums sums;
        _mm512_store_si512(sums.sum, even);
        _mm512_store_si512(sums.sum + 32, odd);
        mk_offer(scan, mask, &sums, position, base);
        limit = mk_limit(scan, base);
    }
}

INLINE float fold(__m512 sum) {
    const __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(sum), 1));
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sum), high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* 16 coordinates before the scale, exact. */
INLINE __m512 values(const uint8_t *coarse, const uint8_t *finer, size_t i, const int is_fine) {
    const __m512 whole = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(coarse + i))));
    if (!is_fine) return whole;
    uint32_t bits;
    __builtin_memcpy(&bits, finer + i / 4, 4);
    const __m512i shift = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512 part = _mm512_broadcast_f32x4(_mm_setr_ps(-0.375f, -0.125f, 0.125f, 0.375f));
    return _mm512_add_ps(whole, _mm512_permutevar_ps(part, _mm512_srlv_epi32(_mm512_set1_epi32((int)bits), shift)));
}

INLINE void records(const float *query, const uint8_t *all, size_t size, size_t padded, const uint32_t *positions,
                    size_t count, const float *partition_scores, float *out, const int is_fine) {
    enum { ahead = 8 };
    for (size_t r = 0; r < count; r++) {
        if (r + ahead < count)
            for (size_t i = 0; i < size; i += 64)
                _mm_prefetch((const char *)(all + (size_t)positions[r + ahead] * size + i), _MM_HINT_T0);
        const uint8_t *record = all + (size_t)positions[r] * size;
        mk_record head;
        __builtin_memcpy(&head, record, sizeof head);
        const uint8_t *coarse = record + sizeof head, *finer = coarse + padded;
        __m512 sum = _mm512_setzero_ps();
        for (size_t i = 0; i < padded; i += 16)
            sum = _mm512_fmadd_ps(_mm512_loadu_ps(query + i), values(coarse, finer, i, is_fine), sum);
        const float part = head.scale * fold(sum);
        out[r] = partition_scores[head.partition] + (part + (is_fine ? head.fine : head.coarse));
    }
}

TARGET static void record_scores(const float *query, const uint8_t *all, size_t size, size_t padded,
                                 const uint32_t *positions, size_t count, const float *partition_scores, float *out) {
    records(query, all, size, padded, positions, count, partition_scores, out, 0);
}

TARGET static void record_scores_fine(const float *query, const uint8_t *all, size_t size, size_t padded,
                                      const uint32_t *positions, size_t count, const float *partition_scores,
                                      float *out) {
    records(query, all, size, padded, positions, count, partition_scores, out, 1);
}

const mk_partition_table mk_partition_avx512 = {
    "avx512", panel_scores, panel_best, lookup_tables, code_scan, record_scores, record_scores_fine};

#endif
