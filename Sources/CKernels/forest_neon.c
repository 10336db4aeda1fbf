/* 128-bit registers, by the compiler. */
#include "forest.h"

#if MK_NEON

#define TARGET
#define NAME "neon"
#define TABLE mk_forest_neon
#include "forest.inc.h"

#endif
