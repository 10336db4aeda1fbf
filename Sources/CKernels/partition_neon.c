/* 128-bit registers: 16 lanes are four of them, 16 vectors' codes one. */
#include "partition_scan.h"

#if MK_NEON

#include <math.h>

#pragma STDC FP_CONTRACT OFF

#include <arm_neon.h>

#define TARGET
#define INLINE static inline __attribute__((always_inline))

enum { TILE_ROWS = 6, TILE_PANELS = 1, ROW_PANELS = 4 };

typedef struct {
    float32x4_t a, b, c, d;
} lanes;

INLINE lanes load(const float *p) {
    return (lanes){vld1q_f32(p), vld1q_f32(p + 4), vld1q_f32(p + 8), vld1q_f32(p + 12)};
}

INLINE void store(float *p, lanes x) {
    vst1q_f32(p, x.a);
    vst1q_f32(p + 4, x.b);
    vst1q_f32(p + 8, x.c);
    vst1q_f32(p + 12, x.d);
}

INLINE lanes all(float x) { return (lanes){vdupq_n_f32(x), vdupq_n_f32(x), vdupq_n_f32(x), vdupq_n_f32(x)}; }

INLINE lanes add(lanes x, lanes y) {
    return (lanes){vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b), vaddq_f32(x.c, y.c), vaddq_f32(x.d, y.d)};
}

INLINE lanes sub(lanes x, lanes y) {
    return (lanes){vsubq_f32(x.a, y.a), vsubq_f32(x.b, y.b), vsubq_f32(x.c, y.c), vsubq_f32(x.d, y.d)};
}

INLINE lanes mul(lanes x, lanes y) {
    return (lanes){vmulq_f32(x.a, y.a), vmulq_f32(x.b, y.b), vmulq_f32(x.c, y.c), vmulq_f32(x.d, y.d)};
}

INLINE lanes fused(lanes x, lanes y, lanes z) {
    return (lanes){vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b), vfmaq_f32(z.c, x.c, y.c),
                   vfmaq_f32(z.d, x.d, y.d)};
}

/* Of a number and a NaN minnm and maxnm give the number. */
INLINE float least(lanes x) {
    const float32x4_t four = vminnmq_f32(vminnmq_f32(x.a, x.b), vminnmq_f32(x.c, x.d));
    return vminnmvq_f32(vminnmq_f32(four, vdupq_n_f32(INFINITY)));
}

INLINE float most(lanes x) {
    const float32x4_t four = vmaxnmq_f32(vmaxnmq_f32(x.a, x.b), vmaxnmq_f32(x.c, x.d));
    return vmaxnmvq_f32(vmaxnmq_f32(four, vdupq_n_f32(-INFINITY)));
}

INLINE float fold(lanes x) {
    const float32x4_t four = vaddq_f32(vaddq_f32(x.a, x.c), vaddq_f32(x.b, x.d));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

INLINE lanes whole(const uint8_t *p) {
    const int8x16_t values = vld1q_s8((const int8_t *)p);
    const int16x8_t low = vmovl_s8(vget_low_s8(values)), high = vmovl_s8(vget_high_s8(values));
    return (lanes){vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
                   vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)))};
}

/* The 2 bits of four dimensions, all of them in one byte. */
INLINE float32x4_t quarter(uint8_t bits) {
    static const int32_t places[4] = {0, -2, -4, -6}; /* shifts to the left */
    const uint32x4_t value = vandq_u32(vshlq_u32(vdupq_n_u32(bits), vld1q_s32(places)), vdupq_n_u32(3));
    return vfmaq_f32(vdupq_n_f32(-0.375f), vcvtq_f32_u32(value), vdupq_n_f32(0.25f));
}

INLINE lanes finer(const uint8_t *p) { return (lanes){quarter(p[0]), quarter(p[1]), quarter(p[2]), quarter(p[3])}; }

INLINE uint32x4_t entries(float32x4_t x) {
    return vcvtnq_u32_f32(vminnmq_f32(x, vdupq_n_f32(MK_TABLE_MOST))); /* halves to even */
}

INLINE void bytes(uint8_t *p, lanes x) {
    const uint16x8_t low = vcombine_u16(vmovn_u32(entries(x.a)), vmovn_u32(entries(x.b)));
    const uint16x8_t high = vcombine_u16(vmovn_u32(entries(x.c)), vmovn_u32(entries(x.d)));
    vst1q_u8(p, vcombine_u8(vmovn_u16(low), vmovn_u16(high)));
}

typedef struct {
    lanes score;
    uint32x4_t a, b, c, d; /* columns */
} best;

INLINE best none(void) {
    const uint32x4_t zero = vdupq_n_u32(0);
    return (best){all(-INFINITY), zero, zero, zero, zero};
}

INLINE void better4(float32x4_t *best_score, uint32x4_t *best_column, float32x4_t score, uint32_t column) {
    static const uint32_t places[4] = {0, 1, 2, 3};
    const uint32x4_t is_better = vcgtq_f32(score, *best_score);
    *best_score = vbslq_f32(is_better, score, *best_score);
    *best_column = vbslq_u32(is_better, vaddq_u32(vdupq_n_u32(column), vld1q_u32(places)), *best_column);
}

INLINE void better(best *b, lanes scores, uint32_t column) {
    better4(&b->score.a, &b->a, scores.a, column);
    better4(&b->score.b, &b->b, scores.b, column + 4);
    better4(&b->score.c, &b->c, scores.c, column + 8);
    better4(&b->score.d, &b->d, scores.d, column + 12);
}

/* The columns whose score is `top`, the largest number for the others. */
INLINE uint32x4_t columns_of(float32x4_t score, float32x4_t top, uint32x4_t column) {
    return vornq_u32(column, vceqq_f32(score, top));
}

INLINE uint32_t first_of(const best *b, float *scores) {
    store(scores, b->score);
    const float32x4_t top = vdupq_n_f32(most(b->score));
    return vminvq_u32(vminq_u32(
        vminq_u32(columns_of(b->score.a, top, b->a), columns_of(b->score.b, top, b->b)),
        vminq_u32(columns_of(b->score.c, top, b->c), columns_of(b->score.d, top, b->d))));
}

/* A vector's bias in steps, added to 8 sums. */
INLINE uint16x8_t with_bias(uint16x8_t sums, const int16_t *biases, const mk_scan *scan) {
    const int16x8_t bias = vld1q_s16(biases);
    const int16x4_t low = vshrn_n_s32(vmull_n_s16(vget_low_s16(bias), scan->bias_factor), 16);
    const int16x4_t high = vshrn_n_s32(vmull_n_s16(vget_high_s16(bias), scan->bias_factor), 16);
    const int16x8_t steps = vaddq_s16(vcombine_s16(low, high), vdupq_n_s16(scan->bias_offset));
    return vaddq_u16(sums, vreinterpretq_u16_s16(steps));
}

/* Bit i: lane i of 32 is set. */
INLINE uint32_t mask_of(const uint16x8_t *passed) {
    static const uint16_t bits[8] = {1, 2, 4, 8, 16, 32, 64, 128};
    uint32_t mask = 0;
    for (int q = 0; q < 4; q++) mask |= (uint32_t)vaddvq_u16(vandq_u16(passed[q], vld1q_u16(bits))) << (8 * q);
    return mask;
}

TARGET static void code_scan(mk_scan *scan, const uint8_t *codes, const int16_t *biases, uint32_t first, size_t count,
                             int32_t base) {
    const size_t pairs = scan->subspaces / 2;
    const uint8_t *tables = scan->tables;
    uint32_t limit = mk_limit(scan, base);
    for (size_t v = 0; v < count && limit < 65536; v += MK_BLOCK, codes += pairs * MK_BLOCK, biases += MK_BLOCK) {
        /* Two vectors to a lane of 16 bits. `both` adds the bytes of both (modulo 65,536), `odd` those of the odd. */
        uint16x8_t both[4], odd[4], even[4], even_passed[4], odd_passed[4], any = vdupq_n_u16(0);
        for (int q = 0; q < 4; q++) both[q] = odd[q] = vdupq_n_u16(0);
        for (size_t p = 0; p < pairs; p++) {
            const uint8x16_t one = vld1q_u8(tables + p * 32), two = vld1q_u8(tables + p * 32 + 16);
            __builtin_prefetch(codes + (pairs + p) * MK_BLOCK);
            for (int q = 0; q < 4; q++) {
                const uint8x16_t code = vld1q_u8(codes + p * MK_BLOCK + 16 * q);
                const uint8x16_t sum = vaddq_u8(vqtbl1q_u8(one, vandq_u8(code, vdupq_n_u8(15))),
                                                vqtbl1q_u8(two, vshrq_n_u8(code, 4)));
                both[q] = vaddq_u16(both[q], vreinterpretq_u16_u8(sum));
                odd[q] = vsraq_n_u16(odd[q], vreinterpretq_u16_u8(sum), 8);
            }
        }
        const uint16x8_t bound = vdupq_n_u16((uint16_t)limit);
        for (int q = 0; q < 4; q++) {
            even[q] = with_bias(vsubq_u16(both[q], vshlq_n_u16(odd[q], 8)), biases + 8 * q, scan);
            odd[q] = with_bias(odd[q], biases + 32 + 8 * q, scan);
            even_passed[q] = vcgeq_u16(even[q], bound);
            odd_passed[q] = vcgeq_u16(odd[q], bound);
            any = vorrq_u16(any, vorrq_u16(even_passed[q], odd_passed[q]));
        }
        if (__builtin_expect(vmaxvq_u16(any) == 0, 1)) continue;
        mk_sums sums;
        for (int q = 0; q < 4; q++) {
            vst1q_u16(sums.sum + 8 * q, even[q]);
            vst1q_u16(sums.sum + 32 + 8 * q, odd[q]);
        }
        mk_offer(scan, mask_of(even_passed), mask_of(odd_passed), &sums, first + (uint32_t)v, count - v, base);
        limit = mk_limit(scan, base);
    }
}

#define NAME "neon"
#define TABLE mk_partition_neon
#include "partition.inc.h"

#endif
