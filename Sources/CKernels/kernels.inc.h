/*
 * The kernels over an instruction set's own primitives. Each file defines, then includes this:
 *   TARGET                          the function attribute of the instruction set (may be empty)
 *   NAME                            its name
 *   dot(a, b, d), axpy(a, x, y, d)  the two loops that know registers
 *   step(g, in, row, work, d)       work += g row (as it was), row += g in; d a multiple of 16
 */
#include <math.h>

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

#include "skip_gram.inc.h"
#include "least_squares.inc.h"

const mk_table TABLE = {NAME,      scores,    scores_at, squared_distances_at, axpy_block,
                        normalise, skip_gram, gram,      least_squares};
