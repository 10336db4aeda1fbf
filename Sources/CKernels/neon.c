/* 128-bit registers: lanes 0 to 3 in the first of four, 12 to 15 in the last. */
#include "tables.h"

#if MK_NEON

#pragma STDC FP_CONTRACT OFF

#include <arm_neon.h>

#define TARGET

static inline void add_products(float32x4_t *sum, const float *a, const float *b) {
    for (int q = 0; q < 4; q++) sum[q] = vaddq_f32(sum[q], vmulq_f32(vld1q_f32(a + 4 * q), vld1q_f32(b + 4 * q)));
}

static inline float dot(const float *a, const float *b, size_t d) {
    float32x4_t sum[4];
    for (int q = 0; q < 4; q++) sum[q] = vdupq_n_f32(0);
    size_t i = 0;
    for (; i + 16 <= d; i += 16) add_products(sum, a + i, b + i);
    if (i < d) {
        float x[16] = {0}, y[16] = {0};
        for (size_t j = 0; i + j < d; j++) {
            x[j] = a[i + j];
            y[j] = b[i + j];
        }
        add_products(sum, x, y);
    }
    const float32x4_t four = vaddq_f32(vaddq_f32(sum[0], sum[2]), vaddq_f32(sum[1], sum[3]));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static inline void axpy(float a, const float *x, float *y, size_t d) {
    const float32x4_t factor = vdupq_n_f32(a);
    size_t i = 0;
    for (; i + 4 <= d; i += 4) vst1q_f32(y + i, vaddq_f32(vld1q_f32(y + i), vmulq_f32(factor, vld1q_f32(x + i))));
    for (; i < d; i++) y[i] += a * x[i];
}

static inline void step(float g, const float *in, float *row, float *work, size_t d) {
    const float32x4_t factor = vdupq_n_f32(g);
    for (size_t i = 0; i < d; i += 4) {
        const float32x4_t before = vld1q_f32(row + i);
        vst1q_f32(work + i, vaddq_f32(vld1q_f32(work + i), vmulq_f32(factor, before)));
        vst1q_f32(row + i, vaddq_f32(before, vmulq_f32(factor, vld1q_f32(in + i))));
    }
}

#define NAME "neon"
#define TABLE mk_neon
#include "kernels.inc.h"

#endif
