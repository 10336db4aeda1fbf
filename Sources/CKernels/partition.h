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

/* The least key that is kept while `bucket` is the wanted one. */
static inline int32_t mk_least(const mk_scan *scan, uint32_t bucket) {
    if (bucket == 0) return INT32_MIN;
    return bucket >= MK_BUCKETS ? INT32_MAX : (int32_t)(bucket << scan->shift) - scan->margin;
}

/* Keeps the candidates at or above `least`, in their order; of those below `free` only the first `room`. */
static inline void mk_drop(mk_scan *scan, int32_t least, int32_t free, size_t room) {
    size_t kept = 0;
    for (size_t i = 0; i < scan->count; i++) {
        const mk_candidate candidate = scan->candidates[i];
        if (candidate.key < least || (candidate.key < free && room == 0)) continue;
        room -= candidate.key < free;
        scan->candidates[kept++] = candidate;
    }
    scan->count = kept;
}

/* Moves the threshold: `margin` below the wanted bucket. When that one bucket holds many more than are wanted (copies by
   the thousand), what else falls into it is turned away, and what is below it too: its count stays below 65,536. */
static inline void mk_move(mk_scan *scan) {
    if (scan->above < scan->wanted) return;
    const uint32_t next = scan->bucket + 1;
    if (scan->above < 2 * scan->wanted + (scan->margin == 0 ? 64 : 16384))
        scan->threshold = mk_least(scan, scan->bucket);
    else
        scan->threshold = next < MK_BUCKETS ? (int32_t)(next << scan->shift) : INT32_MAX;
}

/* Makes room: drops what fell below the threshold. When nearly all stays, so much lies within the margin that it is
   halved; and when there is no margin left to give up (copies by the thousand), what came last goes. */
static inline void mk_compact(mk_scan *scan) {
    const size_t enough = scan->capacity - scan->capacity / 4;
    mk_drop(scan, mk_least(scan, scan->bucket), INT32_MIN, 0);
    while (scan->count > enough && scan->margin > 0) {
        scan->margin /= 2;
        mk_drop(scan, mk_least(scan, scan->bucket), INT32_MIN, 0);
    }
    if (scan->count > enough) {
        const int32_t free = scan->bucket + 1 < MK_BUCKETS ? (int32_t)((scan->bucket + 1) << scan->shift) : INT32_MAX;
        mk_drop(scan, INT32_MIN, free, scan->capacity / 2);
    }
    mk_move(scan);
}

/* Whether a scan is for all there is: nothing is dropped, and nothing counted. */
static inline int mk_keeps_all(const mk_scan *scan) { return scan->wanted == UINT32_MAX; }

/* Keeps a candidate whose key reached the threshold. The wanted bucket is the highest at and above which `wanted` are
   kept. */
static inline void mk_keep(mk_scan *scan, int32_t key, uint32_t position) {
    if (scan->excluded != NULL) {
        const uint32_t item = scan->items[position];
        if ((scan->excluded[item >> 6] >> (item & 63)) & 1) return;
    }
    if (scan->count == scan->capacity) mk_compact(scan);
    scan->candidates[scan->count++] = (mk_candidate){key, position};
    if (mk_keeps_all(scan)) return;
    int32_t bucket = key < 0 ? 0 : key >> scan->shift;
    if (bucket >= MK_BUCKETS) bucket = MK_BUCKETS - 1;
    if ((uint32_t)bucket < scan->bucket) return; /* within the margin, or only the top bucket is wanted */
    scan->histogram[bucket]++;
    scan->above++;
    while (scan->bucket + 1 < MK_BUCKETS && scan->above - scan->histogram[scan->bucket] >= scan->wanted) {
        scan->above -= scan->histogram[scan->bucket];
        scan->bucket++;
    }
    mk_move(scan);
}

#endif
