/*
 * 1 / (1 + exp(-x)) for x in -8 ... 8, with an error below 6e-6, as 1/2 + x P(x^2) / Q(x^2); what lies outside counts as
 * -8 or 8. A quotient of polynomials rather than exp(), which differs between C libraries in the last bit, and rather
 * than the table of word2vec.c, which sixteen lanes cannot look into at once.
 */
#ifndef MAGPIE_SIGMOID_H
#define MAGPIE_SIGMOID_H

static inline float mk_sigmoid(float x) {
    x = x > -8.0f ? x : -8.0f; /* NaN becomes -8 */
    x = x < 8.0f ? x : 8.0f;
    const float s = x * x;
    const float p = 0.24998705f + s * (0.0065545326f + s * 1.1823104e-05f);
    const float q = 1.0f + s * (0.10950653f + s * 0.00085098637f);
    return 0.5f + x * p / q;
}

/*
 * label - sigmoid(x), and 0 where x is beyond -6 ... 6: a pair as sure as that is left alone, right or wrong, as in
 * gensim. word2vec.c pushes it back at full strength each time that noise happens to hit a pair that belongs together.
 * 0 for NaN.
 */
static inline float mk_surprise(float label, float x) {
    return x > -6.0f && x < 6.0f ? label - mk_sigmoid(x) : 0.0f;
}

#endif
