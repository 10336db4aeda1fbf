/*
 * Every instruction set that the machine has against the scalar kernels, bit for bit, over random cases: what
 * Tests/Kernels does in Swift, for machines that are only emulated. See scripts/check-neon.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"
#include "CPartition.h"

static uint64_t state;
static unsigned long cases, failures;

static uint64_t draw(void) { /* splitmix64 */
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static size_t below(size_t n) { return (size_t)(draw() % n); }

static void *room(size_t bytes) {
    void *memory = NULL;
    if (posix_memalign(&memory, 64, bytes + 64) != 0) exit(2);
    memset(memory, 0, bytes + 64);
    return memory;
}

/* Small whole numbers half of the time, so that scores tie and cancel to zeros of either sign. */
static float *floats(size_t count) {
    float *x = room(count * 4);
    const int whole = below(2) == 0;
    for (size_t i = 0; i < count; i++)
        x[i] = whole ? (float)below(5) - 2 : ((float)(draw() >> 40) * 0x1p-24f - 0.5f) * 100;
    return x;
}

static void same(const char *kernel, const void *a, const void *b, size_t bytes) {
    cases++;
    if (memcmp(a, b, bytes) == 0) return;
    if (failures++ < 20) printf("%s differs in case %lu\n", kernel, cases);
}

static void check_vectors(const mk_table *scalar, const mk_table *fast) {
    const size_t d = below(90), stride = d + below(4), rows = 6;
    const uint32_t ids[4] = {5, 0, 3, 3};
    float *table = floats(rows * stride + 1), *query = floats(d + 1), a[10] = {0}, b[10] = {0};
    scalar->scores(query, table, stride, rows, d, a);
    fast->scores(query, table, stride, rows, d, b);
    scalar->scores_at(query, table, stride, ids, 4, d, a + rows);
    fast->scores_at(query, table, stride, ids, 4, d, b + rows);
    same("scores", a, b, sizeof a);
    float *work = room((d + 1) * 4);
    scalar->squared_distances_at(query, table, table, stride, ids, 4, d, work, a);
    fast->squared_distances_at(query, table, table, stride, ids, 4, d, work, b);
    same("squared_distances_at", a, b, sizeof a);
    float *copy = room((rows * stride + 1) * 4);
    memcpy(copy, table, (rows * stride + 1) * 4);
    scalar->axpy(0.3f, query, table, d);
    fast->axpy(0.3f, query, copy, d);
    scalar->normalise(table, stride, rows, d);
    fast->normalise(copy, stride, rows, d);
    same("axpy and normalise", table, copy, (rows * stride + 1) * 4);
    free(table), free(query), free(copy), free(work);
}

static void check_skip_gram(const mk_table *scalar, const mk_table *fast) {
    const size_t stride = 16 * (1 + below(5)), items = 7, bytes = items * stride * 4;
    float *in = floats(items * stride), *out = floats(items * stride);
    float *work = room(MK_SKIP_GRAM_WORK(stride) * 4);
    float *in_too = room(bytes), *out_too = room(bytes);
    uint32_t inputs[40], outputs[40], rows[3] = {5, 1, 0}, threshold[3] = {1u << 31, 3u << 30, 1u << 30};
    const uint32_t alias[3] = {1, 2, 0};
    for (size_t p = 0; p < 40; p++) {
        inputs[p] = (uint32_t)below(items);
        outputs[p] = (uint32_t)below(items);
    }
    const size_t d = stride - below(16);
    for (size_t i = 0; i < items * stride; i++) {
        in[i] = i % stride < d ? in[i] / 100 : 0;
        out[i] = i % stride < d ? out[i] / 100 : 0;
    }
    memcpy(in_too, in, bytes);
    memcpy(out_too, out, bytes);
    mk_skip_gram_bucket bucket = {
        .in = in, .out = out, .stride = stride, .dimension = d, .work = work, .inputs = inputs, .outputs = outputs, .count = 40,
        .rate = 0.1f, .negatives = (uint32_t)below(30), .noise_count = below(5) == 0 ? 0 : 3, .noise_rows = rows,
        .noise_threshold = threshold, .noise_alias = alias, .random = draw()};
    scalar->skip_gram(&bucket);
    bucket.in = in_too;
    bucket.out = out_too;
    fast->skip_gram(&bucket);
    same("skip_gram", in, in_too, bytes);
    same("skip_gram", out, out_too, bytes);
    free(in), free(out), free(work), free(in_too), free(out_too);
}

static void check_least_squares(const mk_table *scalar, const mk_table *fast) {
    const size_t stride = 16 * (1 + below(10)), d = stride - below(16), items = 30, count = below(10);
    float *rows = floats(items * stride), *x = floats((count + 1) * stride), *x_too = room((count + 1) * stride * 4);
    float *gram = room(stride * stride * 4), *gram_too = room(stride * stride * 4);
    float *work = room(MK_LEAST_SQUARES_WORK(stride) * 4), weights[200];
    size_t offsets[11] = {0};
    uint32_t ids[200];
    for (size_t i = 0; i < items * stride; i++) rows[i] = i % stride < d ? rows[i] / 20 : 0;
    for (size_t i = 0; i < count * stride; i++) x[i] = i % stride < d ? x[i] / 20 : 0;
    for (size_t r = 0; r < count; r++) offsets[r + 1] = offsets[r] + below(20);
    for (size_t e = 0; e < offsets[count]; e++) {
        ids[e] = (uint32_t)below(items);
        weights[e] = (float)below(7);
    }
    scalar->gram(rows, stride, items, gram);
    fast->gram(rows, stride, items, gram_too);
    same("gram", gram, gram_too, stride * stride * 4);
    for (size_t i = 0; i < d; i++) gram[i * stride + i] += 1;
    memcpy(x_too, x, count * stride * 4);
    mk_least_squares problem = {
        .rows = rows, .stride = stride, .dimension = d, .gram = gram, .offsets = offsets, .ids = ids,
        .weights = weights, .count = count, .x = x, .steps = (uint32_t)below(4), .work = work};
    scalar->least_squares(&problem);
    problem.x = x_too;
    fast->least_squares(&problem);
    same("least_squares", x, x_too, count * stride * 4);
    free(rows), free(x), free(x_too), free(gram), free(gram_too), free(work);
}

static void check_panels(const mk_partition_table *scalar, const mk_partition_table *fast) {
    const size_t d = below(8) == 0 ? 100 + below(700) : below(20), count = below(70), stride = d + below(5);
    const size_t panels = 1 + (d > 99 ? below(3) : below(10)), columns = panels * 16, out_stride = columns + below(3);
    float *rows = floats(count * stride + 1), *panel = floats(columns * d + 1), *bias = floats(columns);
    if (count > 2 && d > 0) rows[stride] = below(2) == 0 ? NAN : INFINITY;
    for (size_t i = 0; panels > 1 && i < 16 * d; i++)
        if (below(4) != 0) panel[16 * d + i] = panel[i];
    for (size_t c = 0; c < columns; c++)
        if (below(5) == 0) bias[c] = below(2) == 0 ? -INFINITY : -0.0f;
    if (count % 8 == 5)
        for (size_t c = 0; c < columns; c++) bias[c] = -INFINITY;
    const size_t outs = count * out_stride + 1;
    float *a = room(outs * 4), *b = room(outs * 4);
    scalar->panel_scores(rows, stride, count, d, panel, panels, bias, a, out_stride);
    fast->panel_scores(rows, stride, count, d, panel, panels, bias, b, out_stride);
    for (size_t i = 0; i < outs; i++) /* which NaN it is, is nobody's promise */
        if (isnan(a[i]) && isnan(b[i])) a[i] = b[i] = 0;
    same("panel_scores", a, b, outs * 4);
    uint32_t *best = room((count + 1) * 4), *best_too = room((count + 1) * 4);
    float *scores = room((count + 1) * 4), *scores_too = room((count + 1) * 4);
    scalar->panel_best(rows, stride, count, d, panel, panels, bias, best, scores);
    fast->panel_best(rows, stride, count, d, panel, panels, bias, best_too, scores_too);
    same("panel_best", best, best_too, (count + 1) * 4);
    same("panel_best's scores", scores, scores_too, (count + 1) * 4);
    fast->panel_best(rows, stride, count, d, panel, panels, bias, best_too, NULL);
    same("panel_best alone", best, best_too, (count + 1) * 4);
    free(rows), free(panel), free(bias), free(a), free(b), free(best), free(best_too), free(scores), free(scores_too);
}

static void check_lookup_tables(const mk_partition_table *scalar, const mk_partition_table *fast) {
    const size_t subspaces = 2 * (1 + below(below(6) == 0 ? 512 : 40)), widest = below(2) == 0 ? 4 : 20;
    uint32_t *begins = room((subspaces + 1) * 4);
    for (size_t m = 0; m < subspaces; m++) begins[m + 1] = begins[m] + (uint32_t)below(widest);
    const size_t d = begins[subspaces], kind = below(6);
    float *query = floats(d + 1), *books = floats(d * 16 + 1), *work = room(subspaces * 64);
    for (size_t i = 0; i < d && kind < 2; i++) query[i] *= kind == 0 ? 0 : 0x1p-140f;
    if (kind == 2) query[d / 2] = NAN;
    if (kind == 3) query[d / 2] = INFINITY;
    uint8_t *a = room(subspaces * 16), *b = room(subspaces * 16);
    float x[3] = {0}, y[3] = {0};
    const float least = below(3) == 0 ? 37 : 0;
    scalar->lookup_tables(query, books, begins, subspaces, least, work, a, &x[0], &x[1], &x[2]);
    fast->lookup_tables(query, books, begins, subspaces, least, work, b, &y[0], &y[1], &y[2]);
    for (int i = 0; i < 3; i++)
        if (isnan(x[i]) && isnan(y[i])) x[i] = y[i] = 0;
    same("lookup_tables", a, b, subspaces * 16);
    same("lookup_tables' numbers", x, y, sizeof x);
    free(begins), free(query), free(books), free(work), free(a), free(b);
}

/* The scan of three lists, one after another. */
static void check_code_scan(const mk_partition_table *scalar, const mk_partition_table *fast) {
    static uint16_t histograms[2][MK_BUCKETS];
    const size_t counts[3] = {below(2) == 0 ? below(300) : below(4) * 64 + below(3), below(70), below(1500)};
    const size_t subspaces = 2 * (1 + below(below(8) == 0 ? 512 : 40)), most = subspaces > 250 ? 32000 / subspaces : 127;
    const size_t total = counts[0] + counts[1] + counts[2], blocks = total / 64 + 3;
    uint8_t *codes = room(blocks * 32 * subspaces), *tables = room(subspaces * 16);
    int16_t *biases = room(blocks * 128);
    uint32_t *items = room((total + 1) * 4);
    uint64_t *excluded = room(total / 32 * 8 + 8);
    const int copies = below(6) == 0, is_filtered = below(3) == 0;
    const uint64_t code = draw(), share = draw();
    for (size_t i = 0; i < blocks * 32 * subspaces; i++) codes[i] = (uint8_t)(copies ? code : draw());
    for (size_t i = 0; i < subspaces * 16; i++) tables[i] = (uint8_t)(below(2) == 0 ? most : below(most + 1));
    for (size_t i = 0; i < blocks * 64; i++) {
        const size_t kind = below(4);
        biases[i] = copies ? 0 : kind == 0 ? 32767 : kind == 1 ? -32768 : (int16_t)draw();
    }
    for (size_t i = 0; i < total; i++) items[i] = (uint32_t)below(2 * total);
    for (size_t i = 0; i < total / 32 + 1; i++) excluded[i] = share % 3 == 0 ? draw() : share % 3 == 1 ? ~0ull : draw() & draw();
    const int16_t factors[6] = {0, 0, 32767, -32767, 12345, -3};
    const int16_t factor = factors[below(6)];
    const int32_t bases[6] = {0, -1000, 1 << 29, -(1 << 29), 100000, 5000};
    const int32_t base = bases[below(6)], spread = (int32_t)1 << below(14);
    const int keeps_all = below(6) == 0;
    const uint32_t wanted = keeps_all ? UINT32_MAX : (uint32_t)(1 + below(below(2) == 0 ? 200 : 10));
    const size_t capacity = keeps_all ? total + below(100) : 4 * (size_t)wanted + 1024;
    int32_t list_base[3];
    for (int i = 0; i < 3; i++) list_base[i] = base + (int32_t)below((size_t)spread) - spread / 2;
    mk_scan scans[2];
    const int32_t shift = base > 1000000 && below(2) == 0 ? 18 : (int32_t)below(8);
    for (int t = 0; t < 2; t++) {
        memset(histograms[t], 0, sizeof histograms[t]);
        scans[t] = (mk_scan){
            .tables = tables, .subspaces = subspaces, .bias_factor = factor,
            .bias_offset = (int16_t)(abs(factor) / 2 + 1), .excluded = is_filtered ? excluded : NULL, .items = items,
            .wanted = wanted, .shift = shift, .threshold = INT32_MIN, .histogram = histograms[t],
            .candidates = room(capacity * sizeof(mk_candidate)), .capacity = capacity};
        size_t first = 0, block = 0;
        for (int i = 0; i < 3; i++) {
            (t == 0 ? scalar : fast)
                ->code_scan(&scans[t], codes + block * 32 * subspaces, biases + block * 64, (uint32_t)first, counts[i],
                            list_base[i]);
            first += counts[i];
            block += (counts[i] + 63) / 64;
        }
    }
    same("code_scan's histogram", histograms[0], histograms[1], sizeof histograms[0]);
    const uint64_t x[4] = {scans[0].count, scans[0].above, scans[0].bucket, (uint64_t)scans[0].threshold};
    const uint64_t y[4] = {scans[1].count, scans[1].above, scans[1].bucket, (uint64_t)scans[1].threshold};
    same("code_scan's state", x, y, sizeof x);
    if (x[0] == y[0]) same("code_scan", scans[0].candidates, scans[1].candidates, x[0] * sizeof(mk_candidate));
    free(codes), free(tables), free(biases), free(items), free(excluded);
    free(scans[0].candidates), free(scans[1].candidates);
}

static void check_records(const mk_partition_table *scalar, const mk_partition_table *fast) {
    const size_t padded = 16 * (1 + below(20)), count = below(40), total = count + 1;
    const size_t size = sizeof(mk_record) + padded + padded / 4;
    uint8_t *records = room(total * size);
    float *query = floats(padded), *parts = floats(65536), *a = room((count + 1) * 4), *b = room((count + 1) * 4);
    uint32_t *positions = room((count + 1) * 4);
    for (size_t i = 0; i < total * size; i++) records[i] = (uint8_t)draw();
    for (size_t i = 0; i < total; i++) {
        const mk_record head = {-(float)below(100) / 9, (uint16_t)(0x3800 + below(0x800)), (uint16_t)below(65536)};
        memcpy(records + i * size, &head, sizeof head);
    }
    for (size_t i = 0; i < count; i++) positions[i] = (uint32_t)below(total);
    scalar->record_scores(query, records, size, padded, positions, count, parts, a);
    fast->record_scores(query, records, size, padded, positions, count, parts, b);
    same("record_scores", a, b, (count + 1) * 4);
    scalar->record_scores_fine(query, records, size, padded, positions, count, parts, a);
    fast->record_scores_fine(query, records, size, padded, positions, count, parts, b);
    same("record_scores_fine", a, b, (count + 1) * 4);
    free(records), free(query), free(parts), free(a), free(b), free(positions);
}

static void check_forest(const mk_forest_table *scalar, const mk_forest_table *fast) {
    const size_t slots = 1 + below(6), stride = slots + below(4), count = below(150), pieces = below(7);
    float *rows = floats(count * stride + 1), *leaves = floats(pieces * MK_FOREST_LEAVES + 1);
    float *work = room(slots * MK_FOREST_ROWS * 4), *a = room((count + 1) * 4), *b = room((count + 1) * 4);
    mk_forest_test tests[7 * 24];
    mk_forest_piece list[7];
    uint32_t columns[6], made = 0;
    for (size_t i = 0; i < count * stride; i++) rows[i] = below(9) == 0 ? NAN : (float)below(9);
    for (size_t s = 0; s < slots; s++) columns[s] = (uint32_t)below(slots);
    for (size_t p = 0; p < pieces; p++) {
        list[p].first = made;
        for (size_t kind = 0; kind < 4; kind++) {
            for (size_t t = below(6); t > 0; t--)
                tests[made++] = (mk_forest_test){(uint32_t)below(slots), (float)below(9),
                                                 below(5) == 0 ? 0 : (uint32_t)(draw() | draw())};
            list[p].ends[kind] = made;
        }
    }
    const mk_forest forest = {tests, list, leaves, pieces, columns, slots, 0.5f};
    scalar->scores(&forest, rows, stride, count, work, a);
    fast->scores(&forest, rows, stride, count, work, b);
    same("forest", a, b, (count + 1) * 4);
    free(rows), free(leaves), free(work), free(a), free(b);
}

int main(void) {
    const char *const names[] = {"neon", "avx2", "avx512"};
    unsigned long tables = 0;
    for (size_t n = 0; n < 3; n++) {
        const mk_table *vectors = mk_table_named(names[n]);
        const mk_partition_table *partitions = mk_partition_table_named(names[n]);
        const mk_forest_table *forests = mk_forest_table_named(names[n]);
        if (vectors == NULL || partitions == NULL || forests == NULL) continue;
        tables++;
        cases = failures = 0;
        for (uint64_t seed = 0; seed < 400; seed++) {
            state = seed;
            check_vectors(mk_table_named("scalar"), vectors);
            check_skip_gram(mk_table_named("scalar"), vectors);
            check_least_squares(mk_table_named("scalar"), vectors);
            check_panels(mk_partition_table_named("scalar"), partitions);
            check_lookup_tables(mk_partition_table_named("scalar"), partitions);
            check_code_scan(mk_partition_table_named("scalar"), partitions);
            check_records(mk_partition_table_named("scalar"), partitions);
            check_forest(mk_forest_table_named("scalar"), forests);
        }
        printf("%s: %lu comparisons with scalar, %lu differ\n", names[n], cases, failures);
        if (failures > 0) return 1;
    }
    return tables > 0 ? 0 : 3;
}
