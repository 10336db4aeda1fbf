/* Chooses a table once, by what this machine can do. */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "tables.h"

const mk_table *mk_table_named(const char *name) {
    if (strcmp(name, "scalar") == 0) return &mk_scalar;
#if MK_X86
    __builtin_cpu_init();
    if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2")) return &mk_avx2;
    if (strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512f")) return &mk_avx512;
#endif
#if MK_NEON
    if (strcmp(name, "neon") == 0) return &mk_neon; /* every 64-bit ARM has it */
#endif
    return NULL;
}

static const mk_table *best(void) {
    static _Atomic(const mk_table *) chosen;
    const mk_table *table = atomic_load_explicit(&chosen, memory_order_acquire);
    if (table == NULL) { /* two threads may both come here: they store the same pointer */
        static const char *const names[] = {"avx512", "avx2", "neon", "scalar"};
        for (size_t i = 0; table == NULL && i < 4; i++) table = mk_table_named(names[i]);
        atomic_store_explicit(&chosen, table, memory_order_release);
    }
    return table;
}

const char *mk_instruction_set(void) { return best()->name; }

void mk_scores(const float *query, const float *rows, size_t stride, size_t count, size_t d, float *out) {
    best()->scores(query, rows, stride, count, d, out);
}

void mk_scores_at(const float *query, const float *rows, size_t stride, const uint32_t *ids, size_t count,
                  size_t d, float *out) {
    best()->scores_at(query, rows, stride, ids, count, d, out);
}

void mk_squared_distances_at(const float *query, const float *mean, const float *rows, size_t stride,
                             const uint32_t *ids, size_t count, size_t d, float *work, float *out) {
    best()->squared_distances_at(query, mean, rows, stride, ids, count, d, work, out);
}

void mk_axpy(float a, const float *x, float *y, size_t d) { best()->axpy(a, x, y, d); }

void mk_normalise(float *rows, size_t stride, size_t count, size_t d) { best()->normalise(rows, stride, count, d); }

void mk_skip_gram(const mk_skip_gram_bucket *bucket) { best()->skip_gram(bucket); }

void mk_gram(const float *rows, size_t stride, size_t count, float *out) { best()->gram(rows, stride, count, out); }

void mk_solve_least_squares(const mk_least_squares *rows) { best()->least_squares(rows); }

void mk_want_large_pages(void *address, size_t length) {
#ifdef MADV_HUGEPAGE
    madvise(address, length, MADV_HUGEPAGE);
#else
    (void)address, (void)length;
#endif
}
