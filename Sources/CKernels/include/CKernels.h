/*
 * Magpie's inner loops over 32-bit floats: one C file per instruction set, one choice at run time.
 *
 * Every instruction set gives the same bits. A sum over d products has 16 virtual lanes: product i is added to
 * lane i mod 16 in ascending order of i, the last incomplete group of 16 is filled up with zeros, and the lanes
 * are folded by one tree (j with j + 8, then j + 4, j + 2, j + 1). Products and sums are rounded separately (no
 * fused multiply-add). scalar.c is that sentence as code and the specification of the others.
 *
 * A kernel takes a whole block of rows or pairs, so that the indirect call is paid once a block.
 * No kernel allocates, checks bounds or keeps state; pointers need no alignment.
 */
#ifndef MAGPIE_CKERNELS_H
#define MAGPIE_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "CForest.h"
#include "CPartition.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Noise rows that are drawn at a time, and the floats of scratch for a bucket of rows `stride` floats long. */
#define MK_NOISE_AT_ONCE 20
#define MK_SKIP_GRAM_WORK(stride) ((3 * 16 + MK_NOISE_AT_ONCE) * (size_t)(stride) + 16 * MK_NOISE_AT_ONCE)

/* One bucket of skip-gram pairs, see mk_skip_gram. */
typedef struct {
    float *in;               /* input rows, row i at in + i * stride */
    float *out;              /* output rows, same shape */
    size_t stride;           /* floats from one row to the next, a multiple of 16; the padding must be zero */
    size_t dimension;        /* at most stride: what lies behind is padding */
    float *work;             /* scratch of MK_SKIP_GRAM_WORK(stride) floats */
    const uint32_t *inputs;  /* `count` row numbers of `in` */
    const uint32_t *outputs; /* `count` row numbers of `out`, seen together with the input (label 1) */
    size_t count;
    float rate;              /* the learning rate */
    uint32_t negatives;      /* noise rows (label 0) that 16 pairs share */
    /* The noise distribution as an alias table (Vose 1991) of noise_count slots: slot s stands for row
       noise_rows[s] with probability noise_threshold[s] / 2^32, else for noise_rows[noise_alias[s]]. */
    uint32_t noise_count;
    const uint32_t *noise_rows;
    const uint32_t *noise_threshold;
    const uint32_t *noise_alias;
    uint64_t random;         /* seed of the splitmix64 that draws the noise */
} mk_skip_gram_bucket;

/* Floats of scratch for least squares over rows `stride` floats long. */
#define MK_LEAST_SQUARES_WORK(stride) (12 * (size_t)(stride))

/* Rows of one side of a matrix, to be solved against the rows of the other, see mk_table.least_squares. */
typedef struct {
    const float *rows;     /* of the other side, row i at rows + i * stride */
    size_t stride;         /* a multiple of 16; padding must be zero, here and in x */
    size_t dimension;      /* at most stride */
    const float *gram;     /* stride x stride: the sum of y y^T over all rows y of the other side, + lambda I */
    const size_t *offsets; /* count + 1: row r has the entries offsets[r] ..< offsets[r + 1] */
    const uint32_t *ids;   /* by entry: a row of the other side */
    const float *weights;  /* by entry: confidence - 1, not negative */
    size_t count;
    float *x;              /* count rows: where to start, and the result */
    uint32_t steps;
    float *work;           /* scratch of MK_LEAST_SQUARES_WORK(stride) floats */
} mk_least_squares;

typedef struct {
    const char *name;
    /* out[r] = query . row r, for `count` rows of d floats that start `stride` floats apart. */
    void (*scores)(const float *query, const float *rows, size_t stride, size_t count, size_t d, float *out);
    /* out[r] = query . row ids[r]. */
    void (*scores_at)(const float *query, const float *rows, size_t stride, const uint32_t *ids, size_t count,
                      size_t d, float *out);
    /* out[r] = |query - (row ids[r] - mean)|^2; `work` is scratch of d floats. */
    void (*squared_distances_at)(const float *query, const float *mean, const float *rows, size_t stride,
                                 const uint32_t *ids, size_t count, size_t d, float *work, float *out);
    /* y += a x */
    void (*axpy)(float a, const float *x, float *y, size_t d);
    /* Scales each row to length 1; a row of zeros stays. */
    void (*normalise)(float *rows, size_t stride, size_t count, size_t d);
    /* Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed Representations", section 2.2), by batches
       of 16 pairs in order, the last perhaps of fewer. A batch takes copies x[p] of its inputs and zeros e[p], and
           for each pair p, row = out[outputs[p]]:
               g = (1 - sigmoid(x[p] . row)) * rate;  e[p] += g row;  row += g x[p]
           for `negatives` noise rows, up to MK_NOISE_AT_ONCE at a time, row as it was before those:
               g[p] = (0 - sigmoid(row . x[p])) * rate, but 0 where the row is outputs[p];  e[p] += g[p] row
               row += sum over p of g[p] x[p]
           where g = 0, too, for products beyond -6 ... 6 (mk_surprise in sigmoid.h says why),
           then in[inputs[p]] += e[p] for each pair in order.
       row . x[p] under noise, and the sums over p and over noise rows, are by one lane in ascending order. */
    void (*skip_gram)(const mk_skip_gram_bucket *bucket);
    /* out[i][j] += sum over `count` rows of row[i] row[j], in order; out is stride x stride. */
    void (*gram)(const float *rows, size_t stride, size_t count, float *out);
    /* One half step of implicit alternating least squares (Hu, Koren and Volinsky 2008) by conjugate gradients
       (Takacs, Pilaszy and Tikk 2011, "Applications of the Conjugate Gradient Method for Implicit Feedback"): for each
       row x with entries (y, w), `steps` steps from x towards the solution of
           (gram + sum of w y y^T) x = sum of (1 + w) y.
       A row without entries becomes zeros. */
    void (*least_squares)(const mk_least_squares *rows);
} mk_table;

/* "scalar", "avx2", "avx512", "neon": NULL where this machine or build does not have it. */
const mk_table *mk_table_named(const char *name);

/* The same through the best table of this machine. */
const char *mk_instruction_set(void);
void mk_scores(const float *query, const float *rows, size_t stride, size_t count, size_t d, float *out);
void mk_scores_at(const float *query, const float *rows, size_t stride, const uint32_t *ids, size_t count,
                  size_t d, float *out);
void mk_squared_distances_at(const float *query, const float *mean, const float *rows, size_t stride,
                             const uint32_t *ids, size_t count, size_t d, float *work, float *out);
void mk_axpy(float a, const float *x, float *y, size_t d);
void mk_normalise(float *rows, size_t stride, size_t count, size_t d);
void mk_skip_gram(const mk_skip_gram_bucket *bucket);
void mk_gram(const float *rows, size_t stride, size_t count, float *out);
void mk_solve_least_squares(const mk_least_squares *rows);

/* Begins to read what will be needed soon. */
static inline void mk_prefetch(const void *address) { __builtin_prefetch(address); }

/* Asks for memory that nothing was written to yet in pages of MK_LARGE_PAGE bytes; where there are none, nothing changes. */
enum { MK_LARGE_PAGE = 2 << 20 };
void mk_want_large_pages(void *address, size_t length);

#ifdef __cplusplus
}
#endif
#endif
