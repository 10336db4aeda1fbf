/* 256-bit registers, by the compiler. */
#include "forest.h"

#if MK_X86

#define TARGET __attribute__((target("avx2,lzcnt")))
#define NAME "avx2"
#define TABLE mk_forest_avx2
#include "forest.inc.h"

#endif
