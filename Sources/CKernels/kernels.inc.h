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

TARGET static void scores_at(const float *query, const float *rows, size_t stride, const uint32_t *ids, size_t count,
                             size_t d, float *out) {
    for (size_t r = 0; r < count; r++) out[r] = dot(query, rows + (size_t)ids[r] * stride, d);
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

TARGET static void skip_gram(const mk_skip_gram_bucket *b) {
    const size_t d = b->stride;
    uint64_t random = b->random;
    float *work = b->work;
    for (size_t p = 0; p < b->count; p++) {
        float *in = b->in + (size_t)b->inputs[p] * d;
        const uint32_t output = b->outputs[p];
        for (size_t i = 0; i < d; i++) work[i] = 0;
        for (uint32_t n = 0; n <= b->negatives; n++) {
            uint32_t row_number = output;
            float label = 1;
            if (n > 0) {
                if (b->noise_count == 0) break;
                const uint64_t draw = splitmix64(&random);
                const uint32_t slot = (uint32_t)(((draw >> 32) * b->noise_count) >> 32);
                const uint32_t alias = b->noise_alias[slot];
                row_number = b->noise_rows[(uint32_t)draw < b->noise_threshold[slot] ? slot : alias];
                if (row_number == output) continue;
                label = 0;
            }
            float *row = b->out + (size_t)row_number * d;
            const float g = (label - mk_sigmoid(dot(in, row, d))) * b->rate;
            step(g, in, row, work, d);
        }
        axpy(1, work, in, d);
    }
}

const mk_table TABLE = {NAME, scores, scores_at, axpy_block, normalise, skip_gram};
