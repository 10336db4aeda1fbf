/* What the SIMD versions of code_scan share: from a block's 64 sums and the mask of those that passed to mk_keep. */
#ifndef MAGPIE_PARTITION_SCAN_H
#define MAGPIE_PARTITION_SCAN_H

#include "partition.h"

/* A block's sums of table entries and bias: the even vectors' 32, then the odd vectors' 32. */
typedef struct {
    uint16_t sum[MK_BLOCK];
} __attribute__((aligned(64))) mk_sums;

/* The least sum that reaches the threshold over this base; above 65,535 when none can. */
static inline uint32_t mk_limit(const mk_scan *scan, int32_t base) {
    const int64_t least = (int64_t)scan->threshold - base;
    return least < 0 ? 0 : least > 65536 ? 65536 : (uint32_t)least;
}

/* Bit i of `half` to bit 2 i. */
static inline uint64_t mk_spread(uint32_t half) {
    uint64_t x = half;
    x = (x | x << 16) & 0x0000FFFF0000FFFFu;
    x = (x | x << 8) & 0x00FF00FF00FF00FFu;
    x = (x | x << 4) & 0x0F0F0F0F0F0F0F0Fu;
    x = (x | x << 2) & 0x3333333333333333u;
    return (x | x << 1) & 0x5555555555555555u;
}

/* Offers the vectors of the two masks in their order. `position` is that of the block's first vector, the last
   `count` of the list begin with it. */
static inline void mk_offer(mk_scan *scan, uint32_t evens, uint32_t odds, const mk_sums *sums, uint32_t position,
                            size_t count, int32_t base) {
    if (mk_keeps_all(scan) && scan->excluded == NULL && scan->capacity - scan->count >= MK_BLOCK) {
        mk_candidate *out = scan->candidates + scan->count; /* what is written past `count` is overwritten or unread */
        for (uint32_t i = 0; i < MK_BLOCK / 2; i++) {
            out[2 * i] = (mk_candidate){base + sums->sum[i], position + 2 * i};
            out[2 * i + 1] = (mk_candidate){base + sums->sum[MK_BLOCK / 2 + i], position + 2 * i + 1};
        }
        scan->count += count < MK_BLOCK ? count : MK_BLOCK;
        return;
    }
    uint64_t mask = mk_spread(evens) | mk_spread(odds) << 1;
    if (count < MK_BLOCK) mask &= (1ull << count) - 1;
    for (; mask != 0; mask &= mask - 1) {
        const uint32_t v = (uint32_t)__builtin_ctzll(mask);
        const int32_t key = base + sums->sum[v / 2 + v % 2 * (MK_BLOCK / 2)];
        if (key >= scan->threshold) mk_keep(scan, key, position + v); /* the threshold moves within the block */
    }
}

#endif
