/* What the files of this folder share. */
#ifndef MAGPIE_TABLES_H
#define MAGPIE_TABLES_H

#include "CKernels.h"

#if defined(__x86_64__)
#define MK_X86 1
#else
#define MK_X86 0
#endif

extern const mk_table mk_scalar;
#if MK_X86
extern const mk_table mk_avx2, mk_avx512;
#endif

#endif
