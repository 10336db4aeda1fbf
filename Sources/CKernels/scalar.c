/* The specification: what every other file must give, bit for bit. */
#include "tables.h"

#pragma STDC FP_CONTRACT OFF

static inline float dot(const float *a, const float *b, size_t d) {
    float lane[16] = {0};
    size_t i = 0;
    for (; i + 16 <= d; i += 16)
        for (size_t j = 0; j < 16; j++) lane[j] += a[i + j] * b[i + j];
    if (i < d)
        for (size_t j = 0; j < 16; j++) lane[j] += i + j < d ? a[i + j] * b[i + j] : 0.0f;
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++) lane[j] += lane[j + half];
    return lane[0];
}

static inline void axpy(float a, const float *x, float *y, size_t d) {
    for (size_t i = 0; i < d; i++) y[i] += a * x[i];
}

static inline void step(float g, const float *in, float *row, float *work, size_t d) {
    for (size_t i = 0; i < d; i++) {
        const float before = row[i];
        work[i] += g * before;
        row[i] = before + g * in[i];
    }
}

#define TARGET
#define NAME "scalar"
#define TABLE mk_scalar
#include "kernels.inc.h"
