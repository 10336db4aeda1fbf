/* The whole, over the 16 lanes of lanes.h. Wanted before: TARGET, NAME, TABLE. */
#include "forest.h"
#include "lanes.h"

typedef int32_t mk_sets __attribute__((vector_size(64)));

/* The tests up to `end`. A comparison gives -1 where it holds. */
#define TESTS(end, holds)                                                                                           \
    for (; test < tests + (end); test++) {                                                                          \
        const mk_lanes x = MK_LOAD(work + test->slot * MK_FOREST_ROWS), t = test->threshold - (mk_lanes){0};        \
        const mk_sets keep = (int32_t)test->keep - (mk_sets){0};                                                    \
        sets &= keep | ~(mk_sets)(holds);                                                                           \
    }

/* Sixteen rows through all pieces. */
TARGET static void sixteen(const mk_forest *forest, const float *work, float *out) {
    const mk_forest_test *const tests = forest->tests;
    mk_lanes sum = forest->base - (mk_lanes){0};
    for (size_t p = 0; p < forest->piece_count; p++) {
        const mk_forest_piece *piece = forest->pieces + p;
        const mk_forest_test *test = tests + piece->first;
        mk_sets sets = ~(mk_sets){0};
        TESTS(piece->ends[0], x >= t)
        TESTS(piece->ends[1], ~(mk_sets)(x < t))
        TESTS(piece->ends[2], x < t)
        TESTS(piece->ends[3], ~(mk_sets)(x >= t))
        const float *leaves = forest->leaves + p * MK_FOREST_LEAVES;
        for (size_t j = 0; j < 16; j++) {
            const uint32_t set = (uint32_t)sets[j];
            sum[j] += set != 0 ? leaves[__builtin_clz(set)] : 0.0f;
        }
    }
    MK_STORE(out, sum);
}

TARGET static void scores(const mk_forest *forest, const float *rows, size_t stride, size_t count, float *work,
                          float *out) {
    for (size_t at = 0; at < count; at += MK_FOREST_ROWS) {
        const size_t left = count - at < MK_FOREST_ROWS ? count - at : MK_FOREST_ROWS;
        mk_forest_pack(forest, rows + at * stride, stride, left, work);
        for (size_t r = 0; r < left; r += 16) {
            float some[16];
            sixteen(forest, work + r, some);
            memcpy(out + at + r, some, (left - r < 16 ? left - r : 16) * sizeof *some);
        }
    }
}

const mk_forest_table TABLE = {NAME, scores};
