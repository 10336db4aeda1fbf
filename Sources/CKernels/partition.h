/* What the partition_*.c files share. */
#ifndef MAGPIE_PARTITION_H
#define MAGPIE_PARTITION_H

#include "CPartition.h"
#include "tables.h"

extern const mk_partition_table mk_partition_scalar;
#if MK_X86
extern const mk_partition_table mk_partition_avx2, mk_partition_avx512;
#endif
#if MK_NEON
extern const mk_partition_table mk_partition_neon;
#endif

/* Drops candidates that fell below the threshold; the others keep their order. */
static inline void mk_compact(mk_scan *scan) {
    size_t kept = 0;
    const int32_t least = scan->bucket == 0 ? INT32_MIN : (int32_t)(scan->bucket << scan->shift);
    for (size_t i = 0; i < scan->count; i++)
        if (scan->candidates[i].key >= least) scan->candidates[kept++] = scan->candidates[i];
    scan->count = kept;
}

/* Keeps a candidate whose key reached the threshold, and moves the threshold: to the highest bucket at and above
   which `wanted` are kept. When that one bucket holds many more (copies by the thousand), what still falls into it
   is turned away, so that count stays far below capacity. */
static inline void mk_keep(mk_scan *scan, int32_t key, uint32_t position) {
    if (scan->excluded != NULL) {
        const uint32_t item = scan->items[position];
        if ((scan->excluded[item >> 6] >> (item & 63)) & 1) return;
    }
    if (scan->count == scan->capacity) mk_compact(scan);
    scan->candidates[scan->count++] = (mk_candidate){key, position};
    int32_t bucket = key < 0 ? 0 : key >> scan->shift;
    if (bucket >= MK_BUCKETS) bucket = MK_BUCKETS - 1;
    if ((uint32_t)bucket < scan->bucket) return; /* only when the top bucket is the wanted one */
    scan->histogram[bucket]++;
    scan->above++;
    while (scan->bucket + 1 < MK_BUCKETS && scan->above - scan->histogram[scan->bucket] >= scan->wanted) {
        scan->above -= scan->histogram[scan->bucket];
        scan->bucket++;
    }
    if (scan->above >= scan->wanted) {
        const uint32_t least = scan->bucket + (scan->above >= 2 * scan->wanted + 64 ? 1 : 0);
        scan->threshold = least == 0 ? INT32_MIN : least == MK_BUCKETS ? INT32_MAX : (int32_t)(least << scan->shift);
    }
}

#endif
