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

#include "skip_gram.inc.h"
#include "least_squares.inc.h"

const mk_table TABLE = {NAME, scores, scores_at, axpy_block, normalise, skip_gram, gram, least_squares};
