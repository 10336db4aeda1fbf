/* What the forest's files share. */
#ifndef MAGPIE_FOREST_H
#define MAGPIE_FOREST_H

#include <string.h>

#include "CForest.h"
#include "tables.h"

extern const mk_forest_table mk_forest_scalar;
#if MK_X86
extern const mk_forest_table mk_forest_avx2, mk_forest_avx512;
#endif
#if MK_NEON
extern const mk_forest_table mk_forest_neon;
#endif

/* The columns of up to 64 rows, one after another; rows that are not there are zeros. Eight rows at a time are written
   side by side: one at a time would write to a line of each column, all in a quarter of the cache's sets. */
static inline void mk_forest_pack(const mk_forest *forest, const float *rows, size_t stride, size_t count, float *work) {
    if (count < MK_FOREST_ROWS) memset(work, 0, forest->slot_count * MK_FOREST_ROWS * sizeof *work);
    size_t r = 0;
    for (; r + 8 <= count; r += 8)
        for (size_t s = 0; s < forest->slot_count; s++) {
            const float *column = rows + r * stride + forest->columns[s];
            for (size_t j = 0; j < 8; j++) work[s * MK_FOREST_ROWS + r + j] = column[j * stride];
        }
    for (; r < count; r++)
        for (size_t s = 0; s < forest->slot_count; s++)
            work[s * MK_FOREST_ROWS + r] = rows[r * stride + forest->columns[s]];
}

#endif
