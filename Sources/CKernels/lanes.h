/*
 * Sixteen floats as one value: the compiler keeps them in one register of 512 bits, two of 256 or four of 128. Every
 * operation is by lane and rounded once, so that one text gives the same bits on every instruction set.
 * (Vector extensions of Clang and GCC. Lanes are never a parameter or a result: that would be another calling
 * convention for each set.)
 */
#ifndef MAGPIE_LANES_H
#define MAGPIE_LANES_H

#include <stddef.h>

typedef float mk_lanes __attribute__((vector_size(64)));
typedef float mk_lanes_8 __attribute__((vector_size(32)));
typedef float mk_lanes_4 __attribute__((vector_size(16)));
/* The same in memory, at any address. */
typedef float mk_lanes_at __attribute__((vector_size(64), aligned(4), may_alias));

#define MK_INLINE static inline __attribute__((always_inline))
#define MK_LOAD(p) ((mk_lanes)*(const mk_lanes_at *)(p))
#define MK_STORE(p, x) (*(mk_lanes_at *)(p) = (mk_lanes_at)(x))

/* sum = the lanes of x by the tree of CKernels.h: j with j + 8, then j + 4, j + 2, j + 1. */
#define MK_FOLD(sum, x)                                                                                             \
    do {                                                                                                            \
        const mk_lanes all_ = (x);                                                                                  \
        const mk_lanes_8 eight_ = __builtin_shufflevector(all_, all_, 0, 1, 2, 3, 4, 5, 6, 7) +                     \
                                  __builtin_shufflevector(all_, all_, 8, 9, 10, 11, 12, 13, 14, 15);                \
        const mk_lanes_4 four_ = __builtin_shufflevector(eight_, eight_, 0, 1, 2, 3) +                              \
                                 __builtin_shufflevector(eight_, eight_, 4, 5, 6, 7);                               \
        const mk_lanes_4 two_ = four_ + __builtin_shufflevector(four_, four_, 2, 3, 2, 3);                          \
        (sum) = two_[0] + two_[1];                                                                                  \
    } while (0)

/* Calls `kernel(n, ...)` for `count` things by fives and the rest, with n a constant of each call: so many sums stay in
   registers. `at` counts them. */
#define MK_BY_FIVES(at, count, kernel, ...)                                                                         \
    do {                                                                                                            \
        size_t at = 0;                                                                                              \
        for (; at + 5 <= (count); at += 5) kernel(5, __VA_ARGS__);                                                  \
        switch ((count) - at) {                                                                                     \
        case 4: kernel(4, __VA_ARGS__); break;                                                                      \
        case 3: kernel(3, __VA_ARGS__); break;                                                                      \
        case 2: kernel(2, __VA_ARGS__); break;                                                                      \
        case 1: kernel(1, __VA_ARGS__); break;                                                                      \
        default: break;                                                                                             \
        }                                                                                                           \
    } while (0)

#endif
