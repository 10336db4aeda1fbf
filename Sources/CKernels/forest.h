/* What the forest's files share. */
#ifndef MAGPIE_FOREST_H
#define MAGPIE_FOREST_H

#include "CForest.h"
#include "tables.h"

extern const mk_forest_table mk_forest_scalar;
#if MK_X86
extern const mk_forest_table mk_forest_avx2, mk_forest_avx512;
#endif
#if MK_NEON
extern const mk_forest_table mk_forest_neon;
#endif

#endif
