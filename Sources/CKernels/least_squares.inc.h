/*
 * Alternating least squares: the sum of the rows' squares, and conjugate gradients for four rows at a time. See
 * mk_table.gram and mk_table.least_squares in CKernels.h.
 *
 * Included by kernels.inc.h, after dot and axpy.
 */

/* out[i] += sum over rows of row[i] row, both halves of the symmetric matrix. */
TARGET static void gram(const float *rows, size_t stride, size_t count, float *out) {
    enum { tile = 32 }; /* rows that stay in the nearest cache while they meet themselves */
    for (size_t first = 0; first < count; first += tile) {
        const size_t n = count - first < tile ? count - first : tile;
        for (size_t i = 0; i < stride; i += 4)
            for (size_t c = 0; c < stride; c += 16) {
                const float *row = rows + first * stride;
                mk_lanes sum[4];
                for (int j = 0; j < 4; j++) sum[j] = MK_LOAD(out + (i + j) * stride + c);
                for (size_t r = 0; r < n; r++, row += stride) {
                    const mk_lanes x = MK_LOAD(row + c);
                    for (int j = 0; j < 4; j++) sum[j] += row[i + j] * x;
                }
                for (int j = 0; j < 4; j++) MK_STORE(out + (i + j) * stride + c, sum[j]);
            }
    }
}

/* images[u] = gram x[u], for four rows. */
TARGET static inline void four_images(const mk_least_squares *l, const float *x, float *images) {
    const size_t d = l->stride;
    for (size_t c = 0; c < d; c += 16) {
        mk_lanes sum[4];
        for (int u = 0; u < 4; u++) sum[u] = (mk_lanes){0};
        for (size_t i = 0; i < l->dimension; i++) {
            const mk_lanes g = MK_LOAD(l->gram + i * d + c);
            for (int u = 0; u < 4; u++) sum[u] += x[u * d + i] * g;
        }
        for (int u = 0; u < 4; u++) MK_STORE(images + u * d + c, sum[u]);
    }
}

/* Over the entries of a row, y the rows they name and w their weights, for rows of m times 16 floats:
       starts: out += (1 + w - w (y . v)) y        else: out += w (y . v) y */
TARGET MK_INLINE void visit(const int m, const int starts, const mk_least_squares *l, size_t begin, size_t end,
                            const float *v, float *out) {
    enum { ahead = 6 };
    const size_t d = l->stride, last = l->offsets[l->count];
    mk_lanes x[8], sum[8];
    for (int c = 0; c < m; c++) {
        x[c] = MK_LOAD(v + 16 * c);
        sum[c] = MK_LOAD(out + 16 * c);
    }
    for (size_t e = begin; e < end; e++) {
        if (e + ahead < last) expect_to_read(l->rows + (size_t)l->ids[e + ahead] * d, d);
        const float *y = l->rows + (size_t)l->ids[e] * d;
        const float weight = l->weights[e];
        mk_lanes products = {0};
        for (int c = 0; c < m; c++) products += MK_LOAD(y + 16 * c) * x[c];
        float score;
        MK_FOLD(score, products);
        const float factor = starts ? (1 + weight) - weight * score : weight * score;
        for (int c = 0; c < m; c++) sum[c] += factor * MK_LOAD(y + 16 * c);
    }
    for (int c = 0; c < m; c++) MK_STORE(out + 16 * c, sum[c]);
}

TARGET MK_INLINE void visit_all(const int starts, const mk_least_squares *l, size_t begin, size_t end, const float *v,
                                float *out) {
    switch (l->stride / 16) {
    case 1: visit(1, starts, l, begin, end, v, out); break;
    case 2: visit(2, starts, l, begin, end, v, out); break;
    case 3: visit(3, starts, l, begin, end, v, out); break;
    case 4: visit(4, starts, l, begin, end, v, out); break;
    case 5: visit(5, starts, l, begin, end, v, out); break;
    case 6: visit(6, starts, l, begin, end, v, out); break;
    case 7: visit(7, starts, l, begin, end, v, out); break;
    case 8: visit(8, starts, l, begin, end, v, out); break;
    default:
        for (size_t e = begin; e < end; e++) {
            const float *y = l->rows + (size_t)l->ids[e] * l->stride;
            const float weight = l->weights[e], score = dot(v, y, l->stride);
            axpy(starts ? (1 + weight) - weight * score : weight * score, y, out, l->stride);
        }
    }
}

TARGET static void least_squares(const mk_least_squares *l) {
    const size_t d = l->stride;
    const float enough = 1e-20f; /* of the squared residual */
    float *residual = l->work, *direction = residual + 4 * d, *image = direction + 4 * d;
    for (size_t first = 0; first < l->count; first += 4) {
        const size_t n = l->count - first < 4 ? l->count - first : 4;
        float square[4] = {0};
        for (size_t i = 0; i < 4 * d; i++) direction[i] = i < n * d ? l->x[first * d + i] : 0;
        four_images(l, direction, image);
        for (size_t u = 0; u < n; u++) {
            const size_t begin = l->offsets[first + u], end = l->offsets[first + u + 1];
            float *x = l->x + (first + u) * d, *r = residual + u * d, *p = direction + u * d;
            for (size_t i = 0; i < d; i++) r[i] = 0 - image[u * d + i];
            if (begin == end) {
                for (size_t i = 0; i < d; i++) x[i] = 0;
                continue;
            }
            visit_all(1, l, begin, end, x, r);
            for (size_t i = 0; i < d; i++) p[i] = r[i];
            square[u] = dot(r, r, d);
        }
        for (uint32_t step = 0; step < l->steps; step++) {
            four_images(l, direction, image);
            for (size_t u = 0; u < n; u++) {
                float *x = l->x + (first + u) * d, *r = residual + u * d, *p = direction + u * d, *ap = image + u * d;
                if (!(square[u] > enough)) continue;
                visit_all(0, l, l->offsets[first + u], l->offsets[first + u + 1], p, ap);
                const float curvature = dot(p, ap, d);
                if (!(curvature > 0)) {
                    square[u] = 0;
                    continue;
                }
                const float length = square[u] / curvature;
                axpy(length, p, x, d);
                axpy(0 - length, ap, r, d);
                const float left = dot(r, r, d), turn = left / square[u];
                for (size_t i = 0; i < d; i++) p[i] = r[i] + turn * p[i];
                square[u] = left;
            }
        }
    }
}
