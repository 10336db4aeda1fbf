/*
 * Scores of rows by a forest of regression trees, cut into pieces of at most 32 leaves: one C file per instruction set,
 * one choice at run time.
 *
 * QuickScorer (Lucchese et al. 2015, "QuickScorer: a Fast Algorithm to Rank Documents with Additive Ensembles of
 * Regression Trees", section 3), turned around: not every tree for one row, but one piece for many rows, whose sets of
 * leaves stay in registers. A row begins with all leaves of the piece; each test that holds for it takes some away, in
 * any order and without a branch; the first leaf that is left is the row's. A row that has none left is in another
 * piece of the same tree, and adds nothing.
 *
 * Every instruction set gives the same bits: tests are comparisons, and a score is base + the leaf of piece 0 + the leaf
 * of piece 1 + ..., in that order. No kernel allocates, checks bounds or keeps state; pointers need no alignment.
 */
#ifndef MAGPIE_CFOREST_H
#define MAGPIE_CFOREST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MK_FOREST_LEAVES = 32, /* of a piece: a bit each */
    MK_FOREST_ROWS = 64    /* that go through a piece at a time */
};

typedef struct {
    uint32_t slot;   /* which column it looks at, by its place in mk_forest.columns */
    float threshold;
    uint32_t keep;   /* the leaves that stay where the test holds; leaf l is bit 31 - l */
} mk_forest_test;

typedef struct {
    /* Tests first ..< ends[0] hold where x >= threshold, those up to ends[1] where not x < threshold, up to ends[2]
       where x < threshold, up to ends[3] where not x >= threshold: of a NaN, the second and the last. */
    uint32_t first;
    uint32_t ends[4];
} mk_forest_piece;

typedef struct {
    const mk_forest_test *tests;
    const mk_forest_piece *pieces;
    const float *leaves; /* MK_FOREST_LEAVES a piece */
    size_t piece_count;
    const uint32_t *columns; /* of a row, by slot */
    size_t slot_count;
    float base;
} mk_forest;

typedef struct {
    const char *name;
    /* out[r] = the score of row r of `count` that begin `stride` floats apart; `work` is scratch of
       slot_count * MK_FOREST_ROWS floats. */
    void (*scores)(const mk_forest *forest, const float *rows, size_t stride, size_t count, float *work, float *out);
} mk_forest_table;

/* "scalar", "avx2", "avx512", "neon": NULL where this machine or build does not have it. */
const mk_forest_table *mk_forest_table_named(const char *name);

/* The best of this machine. */
const mk_forest_table *mk_forest_kernels(void);

#ifdef __cplusplus
}
#endif
#endif
