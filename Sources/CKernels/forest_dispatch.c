/* Chooses a table once, by what this machine can do. */
#include <stdatomic.h>
#include <string.h>

#include "forest.h"

const mk_forest_table *mk_forest_table_named(const char *name) {
    if (strcmp(name, "scalar") == 0) return &mk_forest_scalar;
#if MK_X86
    __builtin_cpu_init();
    if (strcmp(name, "avx2") == 0 && __builtin_cpu_supports("avx2")) return &mk_forest_avx2;
    if (strcmp(name, "avx512") == 0 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd"))
        return &mk_forest_avx512;
#endif
#if MK_NEON
    if (strcmp(name, "neon") == 0) return &mk_forest_neon; /* every 64-bit ARM has it */
#endif
    return NULL;
}

const mk_forest_table *mk_forest_kernels(void) {
    static _Atomic(const mk_forest_table *) chosen;
    const mk_forest_table *table = atomic_load_explicit(&chosen, memory_order_acquire);
    if (table == NULL) { /* two threads may both come here: they store the same pointer */
        static const char *const names[] = {"avx512", "avx2", "neon", "scalar"};
        for (size_t i = 0; table == NULL && i < 4; i++) table = mk_forest_table_named(names[i]);
        atomic_store_explicit(&chosen, table, memory_order_release);
    }
    return table;
}
