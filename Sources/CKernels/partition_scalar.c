/* The specification of the partition kernels: what CPartition.h says, as plain loops. */
#include <math.h>
#include <string.h>

#include "partition.h"

#pragma STDC FP_CONTRACT OFF

static float score(const float *row, size_t d, const float *panel, size_t column, float bias) {
    float sum = bias;
    for (size_t j = 0; j < d; j++) sum = fmaf(row[j], panel[j * 16 + column], sum);
    return sum;
}

static void panel_scores(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                         size_t panel_count, const float *bias, float *out, size_t out_stride) {
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < panel_count * 16; c++)
            out[r * out_stride + c] = score(rows + r * stride, d, panels + c / 16 * d * 16, c % 16, bias[c]);
}

static void panel_best(const float *rows, size_t stride, size_t count, size_t d, const float *panels,
                       size_t panel_count, const float *bias, uint32_t *best, float *scores) {
    for (size_t r = 0; r < count; r++) {
        float most = -INFINITY;
        uint32_t column = 0;
        for (size_t c = 0; c < panel_count * 16; c++) {
            const float s = score(rows + r * stride, d, panels + c / 16 * d * 16, c % 16, bias[c]);
            if (s > most) {
                most = s;
                column = (uint32_t)c;
            }
        }
        best[r] = column;
        if (scores != NULL) scores[r] = most;
    }
}

static void lookup_tables(const float *query, const float *books, const uint32_t *begins, size_t subspaces,
                          float least_step, float *work, uint8_t *tables, float *step, float *low, float *sum) {
    float widest = 0, ranges = 0, lows = 0;
    for (size_t m = 0; m < subspaces; m++) {
        float *entry = work + m * 16, least = INFINITY, most = -INFINITY;
        for (size_t c = 0; c < 16; c++) {
            entry[c] = 0;
            for (size_t j = begins[m]; j < begins[m + 1]; j++) entry[c] = fmaf(query[j], books[j * 16 + c], entry[c]);
            least = entry[c] < least ? entry[c] : least;
            most = entry[c] > most ? entry[c] : most;
        }
        for (size_t c = 0; c < 16; c++) entry[c] -= least;
        const float range = most - least;
        widest = range > widest ? range : widest;
        ranges += range;
        lows += least;
    }
    float s = widest / MK_TABLE_MOST;
    s = ranges / 32000 > s ? ranges / 32000 : s;
    s = least_step > s ? least_step : s;
    s = s > 0 ? s : 1;
    const float inverse = 1 / s;
    for (size_t i = 0; i < subspaces * 16; i++) {
        const float entry = nearbyintf(work[i] * inverse);
        tables[i] = (uint8_t)(entry < MK_TABLE_MOST ? entry : MK_TABLE_MOST);
    }
    *step = s;
    *low = lows;
    *sum = ranges;
}

static void code_scan(mk_scan *scan, const uint8_t *codes, const int16_t *biases, uint32_t first, size_t count,
                      int32_t base) {
    for (size_t v = 0; v < count; v++) {
        const size_t block = v / MK_BLOCK, place = v % MK_BLOCK;
        const uint8_t *code = codes + block * MK_BLOCK * (scan->subspaces / 2) + place;
        const int16_t bias = biases[block * MK_BLOCK + place / 2 + (place % 2) * (MK_BLOCK / 2)];
        int32_t key = ((bias * scan->bias_factor) >> 16) + scan->bias_offset + base;
        for (size_t m = 0; m < scan->subspaces; m += 2) {
            const uint8_t byte = code[m / 2 * MK_BLOCK];
            key += scan->tables[m * 16 + (byte & 15)] + scan->tables[(m + 1) * 16 + (byte >> 4)];
        }
        if (key >= scan->threshold) mk_keep(scan, key, first + (uint32_t)v);
    }
}

static float fold(float *lane) {
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++) lane[i] += lane[i + half];
    return lane[0];
}

static void record_scores(const float *query, const uint8_t *records, size_t size, size_t stored,
                          const uint32_t *positions, size_t count, const float *partition_scores, float *out) {
    for (size_t r = 0; r < count; r++) {
        const uint8_t *record = records + (size_t)positions[r] * size;
        mk_record head;
        memcpy(&head, record, sizeof head);
        const int8_t *values = (const int8_t *)(record + sizeof head);
        float lane[16] = {0};
        for (size_t i = 0; i < (stored + 15) / 16 * 16; i++) lane[i % 16] = fmaf(query[i], (float)values[i], lane[i % 16]);
        const float part = mk_record_scale(head) * fold(lane);
        out[r] = partition_scores[head.partition] + (part + head.exact);
    }
}

static void record_scores_fine(const float *query, const uint8_t *records, size_t size, size_t stored,
                               const uint32_t *positions, size_t count, const float *partition_scores, float *out) {
    for (size_t r = 0; r < count; r++) {
        const uint8_t *record = records + (size_t)positions[r] * size;
        mk_record head;
        memcpy(&head, record, sizeof head);
        const int8_t *values = (const int8_t *)(record + sizeof head);
        const uint8_t *finer = record + sizeof head + stored;
        float lane[16] = {0};
        for (size_t i = 0; i < (stored + 15) / 16 * 16; i++) {
            const float value = (float)values[i] + (float)((finer[i / 4] >> (2 * (i % 4))) & 3) * 0.25f - 0.375f;
            lane[i % 16] = fmaf(query[i], value, lane[i % 16]);
        }
        const float part = mk_record_scale(head) * fold(lane);
        out[r] = partition_scores[head.partition] + (part + head.exact);
    }
}

const mk_partition_table mk_partition_scalar = {
    "scalar", panel_scores, panel_best, lookup_tables, code_scan, record_scores, record_scores_fine};
