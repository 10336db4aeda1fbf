/*
 * Skip-gram with negative sampling by batches of 16 pairs that share their noise (Ji et al. 2016, "Parallelizing
 * Word2Vec in Shared and Distributed Memory", section 3): what were products of vectors become products of small
 * matrices, and a noise row is loaded and stored once for 16 pairs. See mk_table.skip_gram in CKernels.h.
 *
 * Included by kernels.inc.h, after dot, axpy and step.
 */
#include "lanes.h"
#include "sigmoid.h"

static inline uint64_t splitmix64(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Asks for a row ahead of its use: in a large catalogue most rows are not in the nearest cache. */
static inline void expect(const float *row, size_t d) {
    for (size_t i = 0; i < d; i += 16) __builtin_prefetch(row + i, 1);
}

static inline void expect_to_read(const float *row, size_t d) {
    for (size_t i = 0; i < d; i += 16) __builtin_prefetch(row + i);
}

/* 16 rows of 16 floats to 16 columns: four riffles, each of which rotates the address of an element by one bit. */
TARGET MK_INLINE void turn(const float *rows, size_t stride, float *columns) {
    mk_lanes a[16], b[16];
    for (int r = 0; r < 16; r++) a[r] = MK_LOAD(rows + r * stride);
    for (int pass = 0; pass < 2; pass++) {
        for (int r = 0; r < 8; r++) {
            b[2 * r] = __builtin_shufflevector(a[r], a[r + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            b[2 * r + 1] =
                __builtin_shufflevector(a[r], a[r + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
        for (int r = 0; r < 8; r++) {
            a[2 * r] = __builtin_shufflevector(b[r], b[r + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            a[2 * r + 1] =
                __builtin_shufflevector(b[r], b[r + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
    }
    for (int r = 0; r < 16; r++) MK_STORE(columns + 16 * r, a[r]);
}

/* sums[k][p] = rows[k] . pair p, for n rows and 16 pairs that stand in columns: by coordinate, ascending. */
TARGET MK_INLINE void noise_dots(const int n, const float *rows, size_t stride, const float *columns, size_t d,
                                 float *sums) {
    mk_lanes sum[5];
    for (int k = 0; k < n; k++) sum[k] = (mk_lanes){0};
    for (size_t i = 0; i < d; i++) {
        const mk_lanes x = MK_LOAD(columns + 16 * i);
        for (int k = 0; k < n; k++) sum[k] += rows[k * stride + i] * x;
    }
    for (int k = 0; k < n; k++) MK_STORE(sums + 16 * k, sum[k]);
}

/* rows[k] += sum over p of slopes[k][p] ins[p], for n rows named by `ids`. */
TARGET MK_INLINE void move_noise(const int n, float *out, const uint32_t *ids, size_t stride, const float *ins,
                                 const float *slopes) {
    for (size_t c = 0; c < stride; c += 16) {
        mk_lanes sum[5];
        for (int k = 0; k < n; k++) sum[k] = (mk_lanes){0};
        for (size_t p = 0; p < 16; p++) {
            const mk_lanes x = MK_LOAD(ins + p * stride + c);
            for (int k = 0; k < n; k++) sum[k] += slopes[16 * k + p] * x;
        }
        for (int k = 0; k < n; k++) { /* one after another: a row may be drawn twice */
            float *row = out + (size_t)ids[k] * stride + c;
            MK_STORE(row, MK_LOAD(row) + sum[k]);
        }
    }
}

/* errors[p] += sum over k of slopes[k][p] noise[k]. */
TARGET MK_INLINE void add_errors(float *errors, const float *noise, size_t count, size_t stride, const float *slopes) {
    for (size_t c = 0; c < stride; c += 16)
        for (size_t p = 0; p < 16; p += 4) {
            mk_lanes sum[4];
            for (int j = 0; j < 4; j++) sum[j] = MK_LOAD(errors + (p + j) * stride + c);
            for (size_t k = 0; k < count; k++) {
                const mk_lanes x = MK_LOAD(noise + k * stride + c);
                for (int j = 0; j < 4; j++) sum[j] += slopes[16 * k + p + j] * x;
            }
            for (int j = 0; j < 4; j++) MK_STORE(errors + (p + j) * stride + c, sum[j]);
        }
}

static inline void draw_noise(const mk_skip_gram_bucket *b, uint64_t *random, uint32_t count, uint32_t *rows) {
    for (uint32_t n = 0; n < count; n++) {
        const uint64_t draw = splitmix64(random);
        const uint32_t slot = (uint32_t)(((draw >> 32) * b->noise_count) >> 32);
        const uint32_t alias = b->noise_alias[slot];
        rows[n] = b->noise_rows[(uint32_t)draw < b->noise_threshold[slot] ? slot : alias];
        expect(b->out + (size_t)rows[n] * b->stride, b->stride);
    }
}

TARGET static void skip_gram(const mk_skip_gram_bucket *b) {
    enum { pairs = 16, most = MK_NOISE_AT_ONCE };
    const size_t d = b->stride;
    const uint32_t negatives = b->noise_count > 0 ? b->negatives : 0;
    const float rate = b->rate;
    uint64_t random = b->random;
    float *ins = b->work, *columns = ins + pairs * d, *errors = columns + pairs * d, *noise = errors + pairs * d,
          *slopes = noise + most * d;
    for (size_t first = 0; first < b->count; first += pairs) {
        const size_t n = b->count - first < pairs ? b->count - first : pairs;
        const uint32_t *inputs = b->inputs + first;
        uint32_t outputs[pairs], rows[most];
        uint32_t drawn = negatives < most ? negatives : most;
        draw_noise(b, &random, drawn, rows);
        for (size_t p = n; p < n + pairs && first + p < b->count; p++) {
            expect(b->in + (size_t)inputs[p] * d, d);
            expect(b->out + (size_t)b->outputs[first + p] * d, d);
        }
        for (size_t p = 0; p < pairs; p++) { /* pairs that are missing from 16 are zeros and move nothing */
            const float *in = b->in + (size_t)inputs[p < n ? p : 0] * d;
            outputs[p] = p < n ? b->outputs[first + p] : UINT32_MAX;
            for (size_t c = 0; c < d; c += 16) {
                MK_STORE(ins + p * d + c, p < n ? MK_LOAD(in + c) : (mk_lanes){0});
                MK_STORE(errors + p * d + c, (mk_lanes){0});
            }
        }
        for (size_t p = 0; p < n; p++) {
            float *out = b->out + (size_t)outputs[p] * d;
            const float slope = mk_surprise(1, dot(ins + p * d, out, d)) * rate;
            step(slope, ins + p * d, out, errors + p * d, d);
        }
        if (negatives > 0)
            for (size_t c = 0; c < d; c += 16) turn(ins + c, d, columns + 16 * c);
        for (uint32_t begin = 0; begin < negatives; begin += most) {
            if (begin > 0) {
                drawn = negatives - begin < most ? negatives - begin : most;
                draw_noise(b, &random, drawn, rows);
            }
            for (uint32_t k = 0; k < drawn; k++)
                for (size_t c = 0; c < d; c += 16)
                    MK_STORE(noise + k * d + c, MK_LOAD(b->out + (size_t)rows[k] * d + c));
            MK_BY_FIVES(k, drawn, noise_dots, noise + k * d, d, columns, b->dimension, slopes + 16 * k);
            for (size_t i = 0; i < 16 * (size_t)drawn; i++) slopes[i] = mk_surprise(0, slopes[i]) * rate;
            for (uint32_t k = 0; k < drawn; k++)
                for (size_t p = 0; p < pairs; p++) slopes[16 * k + p] = outputs[p] == rows[k] ? 0 : slopes[16 * k + p];
            add_errors(errors, noise, drawn, d, slopes);
            MK_BY_FIVES(k, drawn, move_noise, b->out, rows + k, d, ins, slopes + 16 * k);
        }
        for (size_t p = 0; p < n; p++) {
            float *in = b->in + (size_t)inputs[p] * d;
            for (size_t c = 0; c < d; c += 16) MK_STORE(in + c, MK_LOAD(in + c) + MK_LOAD(errors + p * d + c));
        }
    }
}
