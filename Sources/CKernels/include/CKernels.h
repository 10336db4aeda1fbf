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

#include "CPartition.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One bucket of skip-gram pairs, see mk_skip_gram. */
typedef struct {
    float *in;               /* input rows, row i at in + i * stride */
    float *out;              /* output rows, same shape */
    size_t stride;           /* floats from one row to the next, a multiple of 16; the padding must be zero */
    float *work;             /* scratch of `stride` floats */
    const uint32_t *inputs;  /* `count` row numbers of `in` */
    const uint32_t *outputs; /* `count` row numbers of `out`, seen together with the input (label 1) */
    size_t count;
    float rate;              /* the learning rate */
    uint32_t negatives;      /* noise rows drawn per pair (label 0) */
    /* The noise distribution as an alias table (Vose 1991) of noise_count slots: slot s stands for row
       noise_rows[s] with probability noise_threshold[s] / 2^32, else for noise_rows[noise_alias[s]]. */
    uint32_t noise_count;
    const uint32_t *noise_rows;
    const uint32_t *noise_threshold;
    const uint32_t *noise_alias;
    uint64_t random;         /* seed of the splitmix64 that draws the noise */
} mk_skip_gram_bucket;

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
    /* Skip-gram with negative sampling (Mikolov et al. 2013, "Distributed Representations", section 2.2), one
       step of stochastic gradient descent a pair, in order:
           for (row, label) in (output, 1), (noise, 0) ...:   noise that hits `output` is left out
               g = (label - sigmoid(in . row)) * rate;  e += g row;  row += g in
           in += e
       The sigmoid is that of word2vec.c: a table over (-6, 6), 0 and 1 outside. */
    void (*skip_gram)(const mk_skip_gram_bucket *bucket);
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

#ifdef __cplusplus
}
#endif
#endif
