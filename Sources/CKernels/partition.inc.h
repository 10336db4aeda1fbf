/*
 * The partition kernels over an instruction set's own primitives. Each file defines, then includes this:
 *   TARGET, INLINE              the attributes of a kernel and of a helper that must be inlined into it
 *   NAME, TABLE                 the instruction set's name, the table
 *   TILE_ROWS, TILE_PANELS      rows x panels whose scores fit into the registers
 *   ROW_PANELS                  panels whose scores with one row fit into the registers
 *   lanes                       16 floats in one, two or four registers, and over it
 *     load, store, all(x), add, sub, mul, fused(a, b, c) = a b + c
 *     least, most               of the 16; a NaN counts as +infinity, -infinity
 *     fold                      their sum by the tree of CKernels.h
 *     whole(p), finer(p)        16 int8, 16 times 2 bits of which value v is v / 4 - 3 / 8
 *     bytes(p, x)               stores 16 bytes min(127, nearest(x)), 127 for NaN
 *   best                        16 scores and their columns, and over it
 *     none, better(best, scores, column), first_of(best, scores): see below
 *   code_scan
 */

/* sum[r * P + p] = the scores of row r with panel p, for R rows and P panels, which are constants where this is
   inlined: the sums are registers. Enough of them in flight hide the latency of a fused multiply-add. */
INLINE void tile(const float *rows, size_t stride, const int R, size_t d, const float *panel, const int P,
                 const float *bias, lanes *sum) {
    for (int p = 0; p < P; p++)
        for (int r = 0; r < R; r++) sum[r * P + p] = load(bias + 16 * p);
    for (size_t j = 0; j < d; j++) {
        lanes columns[ROW_PANELS];
        for (int p = 0; p < P; p++) columns[p] = load(panel + ((size_t)p * d + j) * 16);
        for (int r = 0; r < R; r++) {
            const lanes value = all(rows[(size_t)r * stride + j]);
            for (int p = 0; p < P; p++) sum[r * P + p] = fused(value, columns[p], sum[r * P + p]);
        }
    }
}

enum { TILE_SUMS = TILE_ROWS * TILE_PANELS > ROW_PANELS ? TILE_ROWS * TILE_PANELS : ROW_PANELS };

INLINE void tile_scores(const float *rows, size_t stride, const int R, size_t d, const float *panels, size_t p,
                        const int P, const float *bias, float *out, size_t out_stride) {
    lanes sum[TILE_SUMS];
    tile(rows, stride, R, d, panels + p * d * 16, P, bias + 16 * p, sum);
    for (int r = 0; r < R; r++)
        for (int q = 0; q < P; q++) store(out + (size_t)r * out_stride + 16 * (p + (size_t)q), sum[r * P + q]);
}

/* R rows with all panels, P panels at a time. */
INLINE void rows_scores(const float *rows, size_t stride, const int R, size_t d, const float *panels,
                        size_t panel_count, const int P, const float *bias, float *out, size_t out_stride) {
    size_t p = 0;
    for (; p + (size_t)P <= panel_count; p += (size_t)P)
        tile_scores(rows, stride, R, d, panels, p, P, bias, out, out_stride);
    for (; p < panel_count; p++) tile_scores(rows, stride, R, d, panels, p, 1, bias, out, out_stride);
}

TARGET static void panel_scores(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                                size_t panel_count, const float *bias, float *out, size_t out_stride) {
    size_t r = 0;
    for (; r + TILE_ROWS <= count; r += TILE_ROWS)
        rows_scores(rows + r * stride, stride, TILE_ROWS, d, panels, panel_count, TILE_PANELS, bias,
                    out + r * out_stride, out_stride);
    for (; r < count; r++)
        rows_scores(rows + r * stride, stride, 1, d, panels, panel_count, ROW_PANELS, bias, out + r * out_stride,
                    out_stride);
}

INLINE void tile_best(const float *rows, size_t stride, const int R, size_t d, const float *panels, size_t p,
                      const int P, const float *bias, best *most_of) {
    lanes sum[TILE_SUMS];
    tile(rows, stride, R, d, panels + p * d * 16, P, bias + 16 * p, sum);
    for (int q = 0; q < P; q++)
        for (int r = 0; r < R; r++) better(&most_of[r], sum[r * P + q], (uint32_t)(16 * (p + (size_t)q)));
}

/* The best of each of 16 columns (numbers equal modulo 16) in ascending order, then the first of their best. */
INLINE void rows_best(const float *rows, size_t stride, const int R, size_t d, const float *panels,
                      size_t panel_count, const int P, const float *bias, uint32_t *to, float *scores) {
    best most_of[TILE_ROWS];
    for (int r = 0; r < R; r++) most_of[r] = none();
    size_t p = 0;
    for (; p + (size_t)P <= panel_count; p += (size_t)P) tile_best(rows, stride, R, d, panels, p, P, bias, most_of);
    for (; p < panel_count; p++) tile_best(rows, stride, R, d, panels, p, 1, bias, most_of);
    for (int r = 0; r < R; r++) {
        float lane[16];
        to[r] = first_of(&most_of[r], lane);
        if (scores != NULL) scores[r] = lane[to[r] % 16]; /* of +0 and -0 the one of the smallest column */
    }
}

TARGET static void panel_best(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                              size_t panel_count, const float *bias, uint32_t *to, float *scores) {
    size_t r = 0;
    for (; r + TILE_ROWS <= count; r += TILE_ROWS)
        rows_best(rows + r * stride, stride, TILE_ROWS, d, panels, panel_count, TILE_PANELS, bias, to + r,
                  scores == NULL ? NULL : scores + r);
    for (; r < count; r++)
        rows_best(rows + r * stride, stride, 1, d, panels, panel_count, ROW_PANELS, bias, to + r,
                  scores == NULL ? NULL : scores + r);
}

TARGET static void lookup_tables(const float *query, const float *books, const uint32_t *begins, size_t subspaces,
                                 float least_step, float *work, uint8_t *tables, float *step, float *low,
                                 float *sum) {
    float widest = 0, ranges = 0, lows = 0;
    for (size_t m = 0; m < subspaces; m++) {
        lanes entry = all(0);
        for (size_t j = begins[m]; j < begins[m + 1]; j++) entry = fused(all(query[j]), load(books + j * 16), entry);
        const float smallest = least(entry), range = most(entry) - smallest;
        store(work + m * 16, sub(entry, all(smallest)));
        widest = range > widest ? range : widest;
        ranges += range;
        lows += smallest;
    }
    float s = widest / MK_TABLE_MOST;
    s = ranges / 32000 > s ? ranges / 32000 : s;
    s = least_step > s ? least_step : s;
    s = s > 0 ? s : 1;
    const lanes inverse = all(1 / s);
    for (size_t m = 0; m < subspaces; m++) bytes(tables + m * 16, mul(load(work + m * 16), inverse));
    *step = s;
    *low = lows;
    *sum = ranges;
}

/* Records are read at random: each is asked for so many before its turn. */
enum { RECORDS_AHEAD = 8 };

INLINE void records(const float *query, const uint8_t *all_records, size_t size, size_t stored,
                    const uint32_t *positions, size_t count, const float *partition_scores, float *out,
                    const int is_fine) {
    for (size_t r = 0; r < count; r++) {
        if (r + RECORDS_AHEAD < count)
            for (size_t i = 0; i < size; i += 64)
                __builtin_prefetch(all_records + (size_t)positions[r + RECORDS_AHEAD] * size + i);
        const uint8_t *record = all_records + (size_t)positions[r] * size;
        mk_record head;
        __builtin_memcpy(&head, record, sizeof head);
        const uint8_t *eighths = record + sizeof head, *quarters = eighths + stored;
        lanes sum = all(0);
        for (size_t i = 0; i < stored; i += 16) {
            lanes value = whole(eighths + i);
            if (is_fine) value = add(value, finer(quarters + i / 4)); /* exact */
            sum = fused(load(query + i), value, sum);
        }
        const float part = mk_record_scale(head) * fold(sum);
        out[r] = partition_scores[head.partition] + (part + head.exact);
    }
}

TARGET static void record_scores(const float *query, const uint8_t *all_records, size_t size, size_t stored,
                                 const uint32_t *positions, size_t count, const float *partition_scores, float *out) {
    records(query, all_records, size, stored, positions, count, partition_scores, out, 0);
}

TARGET static void record_scores_fine(const float *query, const uint8_t *all_records, size_t size, size_t stored,
                                      const uint32_t *positions, size_t count, const float *partition_scores,
                                      float *out) {
    records(query, all_records, size, stored, positions, count, partition_scores, out, 1);
}

const mk_partition_table TABLE = {
    NAME, panel_scores, panel_best, lookup_tables, code_scan, record_scores, record_scores_fine};
