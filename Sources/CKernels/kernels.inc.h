/*
 * The kernels over an instruction set's own primitives. Each file defines, then includes this:
 *   TARGET                          the function attribute of the instruction set (may be empty)
 *   NAME                            its name
 *   dot(a, b, d), axpy(a, x, y, d)  the two loops that know registers
 *   step(g, in, row, work, d)       work += g row (as it was), row += g in; d a multiple of 16
 */
#include <math.h>

#include "sigmoid.h"

TARGET static void scores(const float *query, const float *rows, size_t stride, size_t count, size_t d, float *out) {
    for (size_t r = 0; r < count; r++) out[r] = dot(query, rows + r * stride, d);
}

/* Rows at random are asked for so many before their turn. */
enum { ROWS_AHEAD = 4 };

static inline void ask(const float *rows, size_t stride, const uint32_t *ids, size_t r, size_t count, size_t d) {
    if (r >= count) return;
    const float *row = rows + (size_t)ids[r] * stride;
    for (size_t i = 0; i < d; i += 16) __builtin_prefetch(row + i);
}

TARGET static void scores_at(const float *query, const float *rows, size_t stride, const uint32_t *ids, size_t count,
                             size_t d, float *out) {
    for (size_t r = 0; r < count; r++) {
        ask(rows, stride, ids, r + ROWS_AHEAD, count, d);
        out[r] = dot(query, rows + (size_t)ids[r] * stride, d);
    }
}

TARGET static void squared_distances_at(const float *query, const float *mean, const float *rows, size_t stride,
                                        const uint32_t *ids, size_t count, size_t d, float *restrict work, float *out) {
    for (size_t r = 0; r < count; r++) {
        ask(rows, stride, ids, r + ROWS_AHEAD, count, d);
        const float *row = rows + (size_t)ids[r] * stride;
        for (size_t i = 0; i < d; i++) work[i] = query[i] - (row[i] - mean[i]);
        out[r] = dot(work, work, d);
    }
}

TARGET static void axpy_block(float a, const float *x, float *y, size_t d) { axpy(a, x, y, d); }

TARGET static void normalise(float *rows, size_t stride, size_t count, size_t d) {
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * stride;
        const float length = sqrtf(dot(row, row, d));
        if (length > 0)
            for (size_t i = 0; i < d; i++) row[i] /= length;
    }
}

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

TARGET static inline void learn(float *in, float *row, float *work, size_t d, float label, float rate) {
    const float g = (label - mk_sigmoid(dot(in, row, d))) * rate;
    step(g, in, row, work, d);
}

TARGET static void skip_gram(const mk_skip_gram_bucket *b) {
    enum { ahead = 32 };
    const size_t d = b->stride;
    const uint32_t negatives = b->noise_count > 0 ? b->negatives : 0;
    uint64_t random = b->random;
    float *work = b->work;
    for (size_t p = 0; p < b->count; p++) {
        if (p + 1 < b->count) {
            expect(b->in + (size_t)b->inputs[p + 1] * d, d);
            expect(b->out + (size_t)b->outputs[p + 1] * d, d);
        }
        float *in = b->in + (size_t)b->inputs[p] * d;
        const uint32_t output = b->outputs[p];
        for (size_t i = 0; i < d; i++) work[i] = 0;
        for (uint32_t begin = 0; begin == 0 || begin < negatives; begin += ahead) {
            uint32_t noise[ahead];
            const uint32_t drawn = negatives - begin < ahead ? negatives - begin : ahead;
            for (uint32_t n = 0; n < drawn; n++) {
                const uint64_t draw = splitmix64(&random);
                const uint32_t slot = (uint32_t)(((draw >> 32) * b->noise_count) >> 32);
                const uint32_t alias = b->noise_alias[slot];
                noise[n] = b->noise_rows[(uint32_t)draw < b->noise_threshold[slot] ? slot : alias];
                expect(b->out + (size_t)noise[n] * d, d);
            }
            if (begin == 0) learn(in, b->out + (size_t)output * d, work, d, 1, b->rate);
            for (uint32_t n = 0; n < drawn; n++)
                if (noise[n] != output) learn(in, b->out + (size_t)noise[n] * d, work, d, 0, b->rate);
        }
        axpy(1, work, in, d);
    }
}

const mk_table TABLE = {NAME, scores, scores_at, squared_distances_at, axpy_block, normalise, skip_gram};
