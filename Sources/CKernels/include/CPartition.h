/*
 * The inner loops of the partitioned vector index: assignment to columns (k-means, product quantizer, partitions),
 * 4-bit code scan, re-scoring of the survivors. One C file per instruction set, one choice at run time.
 *
 * Every instruction set gives the same bits; partition_scalar.c is the specification of the others. Here, unlike in
 * CKernels.h, a product is fused into its sum (fmaf: one rounding), in the order that each comment gives.
 *
 * A kernel takes a whole block or list, so that the indirect call is paid once a block. No kernel allocates, checks
 * bounds or keeps state; pointers need no alignment unless a comment says so.
 */
#ifndef MAGPIE_CPARTITION_H
#define MAGPIE_CPARTITION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MK_BLOCK = 64,     /* vectors in a block of codes */
    MK_BUCKETS = 4096, /* of the histogram of keys */
    MK_RECORD_SLACK = 12, /* readable bytes past the last record */
    MK_TABLE_MOST = 127 /* the largest entry of a lookup table: two of them still fit into a byte */
};

/*
 * Columns are kept as panels of 16: depth j of column c is panels[((c / 16) * d + j) * 16 + c % 16].
 * The score of a row with column c starts at bias[c] and takes row[j] * column[j] in by fmaf, j ascending.
 */

/* A survivor of a scan. */
typedef struct {
    int32_t key;       /* the estimate of its score, in steps of the lookup tables: larger is better */
    uint32_t position; /* its place in the order of the index */
} mk_candidate;

/* What a scan reads and what it carries from list to list of one query. */
typedef struct {
    const uint8_t *tables; /* subspaces x 16 entries of 0 ... MK_TABLE_MOST */
    size_t subspaces;      /* even, at most 1,024 */
    int16_t bias_factor;   /* a vector's bias counts (bias * bias_factor) >> 16 (arithmetic shift) ... */
    int16_t bias_offset;   /* ... + bias_offset, never below 0; sum of tables and biases stays below 65,536 */
    const uint64_t *excluded; /* bit items[position] set: the vector is not kept; NULL: all may be */
    const uint32_t *items;   /* position -> item, read only with `excluded` */
    uint32_t wanted;         /* keep about so many of the best; at most 24,000: buckets count to 65,535; UINT32_MAX: keep
                                all, and leave bucket, above and histogram as they are */
    int32_t shift;           /* a key's bucket is key >> shift, clamped to 0 ..< MK_BUCKETS */
    int32_t threshold;       /* keys below it are not kept; starts at INT32_MIN */
    uint32_t bucket;         /* starts at 0: the lowest bucket whose keys are still wanted */
    uint32_t above;          /* starts at 0: kept keys in buckets >= bucket */
    uint16_t *histogram;     /* MK_BUCKETS counts, start at 0 */
    mk_candidate *candidates;
    size_t count;            /* of candidates; starts at 0 */
    size_t capacity;         /* at least 4 * wanted + 1,024 */
    int32_t margin;          /* keys so far below the wanted ones are kept too: codes err by as much; halved when there
                                are too many */
} mk_scan;

/*
 * One vector kept for re-scoring, `size` bytes; D (`stored`) is the dimension rounded up to 4:
 *     mk_record    8 bytes
 *     int8         D bytes, dimension i at byte i, -127 ... 127, zero past the dimension
 *     finer        D / 4 bytes: 2 bits a dimension, dimension i in bits 2 (i % 4) of byte i / 4 (little-endian words)
 * Coordinate i is scale * int8[i], or finer: scale * (int8[i] + finer[i] / 4 - 3 / 8).
 * Kernels take 16 coordinates at a time and so read up to MK_RECORD_SLACK bytes past a record; what they find there is
 * multiplied by the query's zeros.
 */
typedef struct {
    float exact;        /* added to the score */
    uint16_t scale;     /* the upper half of a float's bits, see mk_record_scale */
    uint16_t partition; /* whose centroid the coordinates are relative to; 16 bits, so that a table of 65,536 scores
                           is never read past its end, whatever a damaged file says */
} mk_record;

static inline float mk_record_scale(mk_record record) {
    const union {
        uint32_t bits;
        float value;
    } scale = {(uint32_t)record.scale << 16};
    return scale.value;
}

typedef struct {
    const char *name;
    /* out[r * out_stride + c] = the score of row r with column c, for `count` rows of d floats that start `stride`
       floats apart and 16 * panel_count columns. */
    void (*panel_scores)(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                         size_t panel_count, const float *bias, float *out, size_t out_stride);
    /* best[r] = the column of the largest score, of equals the smallest column; column 0 where no score is above
       -infinity (a NaN never is). scores[r] = that score; `scores` may be NULL. */
    void (*panel_best)(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                       size_t panel_count, const float *bias, uint32_t *best, float *scores);
    /* The lookup tables of a query (Jegou et al. 2011, "Product quantization", section 3.2; 4 bits and byte entries:
       Andre et al. 2015, "Cache locality is not enough"). Subspace m covers dimensions begins[m] ..< begins[m + 1];
       depth j of its 16 codewords is books[j * 16 ...], j a dimension. entry[m][c] = query . codeword, by fmaf from
       0, ascending. Low of m = its least entry, range = its largest - least.
           step  = max(largest range / 127, sum of ranges / 32,000, least_step), 1 when that is 0
           table = min(127, nearest((entry - low) * (1 / step))), halves to even
       *low = sum of the lows, m ascending; *sum = sum of the ranges, m ascending. work: subspaces * 16 floats. */
    void (*lookup_tables)(const float *query, const float *books, const uint32_t *begins, size_t subspaces,
                          float least_step, float *work, uint8_t *tables, float *step, float *low, float *sum);
    /* Scans `count` vectors of one list in order; vector v stands at position first + v.
       codes: blocks of MK_BLOCK vectors, subspaces / 2 times 64 bytes each: byte v of pair p holds the code of
       subspace 2 p in its low and of 2 p + 1 in its high half. Starts at a multiple of 64 bytes; the last block is
       full length, what is past `count` is not looked at.
       biases: a block's 64, the even vectors' 32 then the odd vectors' 32.
       key = base + sum of table entries + bias. A key at or above the threshold whose item is not excluded is kept, and
       the threshold moves, see mk_keep in partition.h. */
    void (*code_scan)(mk_scan *scan, const uint8_t *codes, const int16_t *biases, uint32_t first, size_t count,
                      int32_t base);
    /* out[i] = partition_scores[partition] + (scale * (query . int8) + coarse) for the record at positions[i];
       query: floats to the next multiple of 16, zero past the dimension; partition_scores: 65,536 floats. The dot product has 16 lanes as in CKernels.h, products fused
       (lane = fmaf(query[i], value, lane)); scale * dot + coarse is a product and a sum, each rounded. */
    void (*record_scores)(const float *query, const uint8_t *records, size_t size, size_t stored,
                          const uint32_t *positions, size_t count, const float *partition_scores, float *out);
    /* The same over int8 + finer / 4 - 3 / 8, and `fine`. */
    void (*record_scores_fine)(const float *query, const uint8_t *records, size_t size, size_t stored,
                               const uint32_t *positions, size_t count, const float *partition_scores, float *out);
} mk_partition_table;

/* "scalar", "avx2", "avx512", "neon": NULL where this machine or build does not have it. */
const mk_partition_table *mk_partition_table_named(const char *name);

/* The best table of this machine. */
const mk_partition_table *mk_partition(void);

#ifdef __cplusplus
}
#endif
#endif
