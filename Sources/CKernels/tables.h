/* What the files of this folder share. */
#ifndef MAGPIE_TABLES_H
#define MAGPIE_TABLES_H

#include "CKernels.h"

#if defined(__x86_64__)
#define MK_X86 1
#else
#define MK_X86 0
#endif
#if defined(__aarch64__) && !defined(__AARCH64EB__)
#define MK_NEON 1
#else
#define MK_NEON 0
#endif

extern const mk_table mk_scalar;
#if MK_X86
extern const mk_table mk_avx2, mk_avx512;
#endif
#if MK_NEON
extern const mk_table mk_neon;
#endif

#endif
