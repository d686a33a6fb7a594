/* Inside a block W_t is W_0 minus a sum of outer products g_s x_s^T, times a scale. So all that a
   step needs of W is the product X W_0^T (one matrix product a block) and the Gram matrix X X^T of
   the block's inputs; W itself is touched once a block. */
#include "steps.h"

#include <wasm_simd128.h>

#include "matrices.h"
#include "memory.h"

#define INNER 8 /* samples whose mutual corrections are made one by one; others by matrix product */

int make_net(struct net *net, int width, int columns, enum activation activation) {
  int rows = padded(width);
  net->width = width, net->columns = columns, net->ld = padded(columns);
  net->activation = activation;
  net->W = room((size_t)rows * net->ld);
  net->a = room(rows), net->b = room(rows);
  net->products = room((size_t)BLOCK * rows), net->slopes = room((size_t)BLOCK * rows);
  net->grams = room(BLOCK * BLOCK);
  return net->W && net->a && net->b && net->products && net->slopes && net->grams;
}

static double relu_row(const double *h, const double *a, const double *b, double scale, int rows,
                       double *slope) {
  v128_t zero = wasm_f64x2_splat(0), sum = zero, times = wasm_f64x2_splat(scale);
  v128_t one = wasm_f64x2_splat(1);
  for (int j = 0; j < rows; j += 2) {
    v128_t z = wasm_f64x2_mul(times, wasm_v128_load(h + j));
    z = wasm_f64x2_add(z, wasm_v128_load(b + j));
    v128_t value = wasm_f64x2_pmax(z, zero); /* nan stays nan */
    sum = wasm_f64x2_add(sum, wasm_f64x2_mul(value, wasm_v128_load(a + j)));
    wasm_v128_store(slope + j, wasm_v128_and(wasm_f64x2_gt(z, zero), one));
  }
  return wasm_f64x2_extract_lane(sum, 0) + wasm_f64x2_extract_lane(sum, 1);
}

static inline __attribute__((always_inline)) double other_row(enum activation which,
                                                              const double *h, const double *a,
                                                              const double *b, double scale,
                                                              int rows, double *slope) {
  double sum = 0;
  for (int j = 0; j < rows; j++) sum += a[j] * activate(which, scale * h[j] + b[j], slope + j);
  return sum;
}

/* The output for products h of W and x, and sigma' of each neuron. */
static double output(enum activation which, const double *h, const double *a, const double *b,
                     double scale, int rows, double *slope) {
  switch (which) {
    case ACT_RELU: return relu_row(h, a, b, scale, rows, slope);
    case ACT_TANH: return other_row(ACT_TANH, h, a, b, scale, rows, slope);
    case ACT_ERF: return other_row(ACT_ERF, h, a, b, scale, rows, slope);
    default: return other_row(ACT_SOFTPLUS, h, a, b, scale, rows, slope);
  }
}

/* g of a step: slopes times factor a. */
static void weigh(double *slope, double factor, const double *a, int rows) {
  for (int j = 0; j < rows; j++) slope[j] *= factor * a[j];
}

/* h -= sum_s gram[s] g[s], the steps from `first` to `end`. */
static void correct_row(double *restrict h, const double *gram, const double *restrict g, int rows, int first,
                        int end) {
  int s = first;
  for (; s + 4 <= end; s += 4) {
    const double *g0 = g + s * rows, *g1 = g0 + rows, *g2 = g1 + rows, *g3 = g2 + rows;
    double c0 = gram[s], c1 = gram[s + 1], c2 = gram[s + 2], c3 = gram[s + 3];
    for (int j = 0; j < rows; j++)
      h[j] -= (c0 * g0[j] + c1 * g1[j]) + (c2 * g2[j] + c3 * g3[j]);
  }
  for (; s < end; s++) add(h, -gram[s], g + s * rows, rows);
}

static int steps_of_block(struct net *net, const double *X, int ldx, int columns, int n,
                          const double *y, const double *steps, double decay, enum loss loss) {
  int rows = padded(net->width);
  double *H = net->products, *g = net->slopes, *gram = net->grams, scale = 1;
  products(H, rows, X, ldx, n, net->W, net->ld, rows, columns, 0);
  if (n > 1) products(gram, BLOCK, X, ldx, n, X, ldx, padded(n), columns, 1);
  for (int t = 0; t < n; t++) {
    int p = t - t % INNER;
    if (t == p && p > 0) {
      int below = n - p < INNER ? padded(n - p) : INNER;
      correct(H + p * rows, rows, below, rows, gram + p * BLOCK, BLOCK, g, rows, p);
    }
    correct_row(H + t * rows, gram + t * BLOCK, g, rows, p, t);
    double yhat = output(net->activation, H + t * rows, net->a, net->b, scale, rows, g + t * rows);
    if (!(size_of(yhat) < LARGEST)) return t;
    double factor = steps[t] * net->width * loss_slope(loss, yhat, y[t]);
    scale *= 1.0 - steps[t] * decay;
    if (n > 1) factor /= scale; /* otherwise scale may be zero */
    weigh(g + t * rows, factor, net->a, rows);
  }
  take_away(net->W, net->ld, rows, columns, scale, n == 1 ? 1 : scale, g, rows, X, ldx, n);
  return -1;
}

int take_steps(struct net *net, const double *X, int ldx, int columns, int n, const double *y,
               const double *steps, double decay, enum loss loss) {
  int wild = 0;
  for (int t = 0; t < n; t++) wild |= 1.0 - steps[t] * decay < 0.5; /* scale would underflow */
  columns = padded(columns);
  if (!wild) return steps_of_block(net, X, ldx, columns, n, y, steps, decay, loss);
  for (int t = 0; t < n; t++)
    if (steps_of_block(net, X + t * ldx, ldx, columns, 1, y + t, steps + t, decay, loss) >= 0)
      return t;
  return -1;
}

void outputs(struct net *net, const double *X, int ldx, int columns, int n, double *yhat) {
  int rows = padded(net->width);
  for (int start = 0; start < n; start += BLOCK) {
    int size = n - start < BLOCK ? n - start : BLOCK;
    products(net->products, rows, X + (long)start * ldx, ldx, size, net->W, net->ld, rows,
             padded(columns), 0);
    for (int t = 0; t < size; t++)
      yhat[start + t] = output(net->activation, net->products + t * rows, net->a, net->b, 1, rows,
                               net->slopes);
  }
}
