#include "trials.h"

#include "maths.h"
#include "matrices.h"
#include "measure.h"
#include "memory.h"
#include "spectrum.h"

#define BOTH (2 * TRIALS)

static struct net whole, cut; /* with another W; with right x for inputs and left in place of W */
static double *X, *f, *g, *right, *vectors, *images, *values, *costs, *row, *inner, *some;
static int ranks;

static double size_of_row(const double *x, int n) { return root(dot(x, x, n)); }

static void mirror_inputs(struct run *run) {
  int ld = run->net.ld, n = run->net.columns;
  for (int t = 0; t < TRIALS; t++) {
    const double *x = run->test_X + (long)t * ld;
    double *there = X + (long)t * ld, *mirrored = X + (long)(TRIALS + t) * ld;
    copy(there, x, n);
    for (int c = 0; c < n; c++) mirrored[c] = -x[c];
    for (int j = 0; j < (int)run->s.k; j++) {
      const double *u = run->U + (long)j * ld;
      add(mirrored, 2 * dot(x, u, n), u, n);
    }
  }
}

int make_trials(struct run *run, int most) {
  int m = run->s.width, n = run->net.columns, ld = run->net.ld, fewer = m < n ? m : n;
  if (ranks) return 1;
  if (!make_net(&whole, m, n, run->net.activation) || !make_net(&cut, m, most, run->net.activation))
    return 0;
  X = room((size_t)(BOTH + 4) * ld), f = room(BOTH), g = room(BOTH), row = room(ld);
  right = room((size_t)padded(most) * ld), vectors = room((size_t)most * padded(fewer));
  images = room((size_t)most * (m > n ? padded(m) : ld)), values = room(padded(most));
  inner = room((size_t)(BOTH + 4) * cut.ld), some = room((size_t)(BOTH + 4) * cut.ld);
  costs = room(2 * most + 2);
  if (!X || !f || !g || !row || !right || !vectors || !images || !values || !inner || !some ||
      !costs)
    return 0;
  ranks = most;
  mirror_inputs(run);
  for (int j = 0; j < m; j++) {
    whole.a[j] = cut.a[j] = (float)run->net.a[j]; /* as files store them */
    whole.b[j] = cut.b[j] = (float)run->net.b[j];
  }
  return 1;
}

static double risk_of(struct run *run, const double *yhat) {
  const double *y = test_labels(run);
  double sum = 0;
  for (int t = 0; t < BOTH; t++) sum += loss_value(run->s.loss, yhat[t], y[t % TRIALS]);
  return sum / BOTH;
}

/* Singular vectors of the side on which W is smaller into `vectors`; into `images` those of the
   other side, each times its singular value. */
static void decompose(struct run *run, int wide, int n) {
  int m = run->s.width, columns = run->net.columns, ld = run->net.ld, ldv = padded(n);
  int ldi = wide ? ld : padded(m);
  largest(n, ranks, values, ranks, vectors, ldv);
  clear(images, (size_t)ranks * ldi);
  for (int j = 0; j < ranks; j++)
    for (int i = 0; i < m; i++) {
      const double *w = run->net.W + (long)i * ld, *v = vectors + (long)j * ldv;
      if (wide) add(images + (long)j * ldi, v[i], w, columns);
      else images[(long)j * ldi + i] = dot(w, v, columns);
    }
  make_orthogonal(images, ldi, ranks, wide ? columns : m, vectors, ldv, n);
}

/* ||W - left right||^2. */
static double left_over(struct run *run) {
  int columns = run->net.columns, ld = run->net.ld;
  double squares = 0;
  for (int i = 0; i < (int)run->s.width; i++) {
    copy(row, run->net.W + (long)i * ld, columns);
    for (int j = 0; j < ranks; j++)
      add(row, -cut.W[(long)i * cut.ld + j], right + (long)j * ld, columns);
    squares += dot(row, row, columns);
  }
  return squares;
}

double *factors(struct run *run) {
  int m = run->s.width, columns = run->net.columns, ld = run->net.ld, wide = m < columns;
  int n = gram_matrix(run), ldv = padded(n), ldi = wide ? ld : padded(m), length = wide ? columns : m;
  decompose(run, wide, n);
  for (int j = 0; j < ranks; j++) {
    double *image = images + (long)j * ldi, *v = vectors + (long)j * ldv;
    double scale = root(values[j] = size_of_row(image, length));
    double *inside = wide ? image : v, *outside = wide ? v : image;
    double by = wide ? (scale > 0 ? 1 / scale : 0) : scale;
    double times = wide ? scale : (scale > 0 ? 1 / scale : 0);
    for (int c = 0; c < columns; c++) right[(long)j * ld + c] = by * inside[c];
    for (int i = 0; i < m; i++) cut.W[(long)i * cut.ld + j] = times * outside[i];
  }
  outputs(&run->net, X, ld, columns_in_use(run), BOTH, f);
  costs[0] = risk_of(run, f);
  double rest = ranks < n ? left_over(run) : 0;
  for (int r = ranks; r >= 0; r--) {
    costs[1 + r] = root(rest / m);
    if (r > 0) rest += values[r - 1] * values[r - 1];
  }
  return costs;
}

double *trial_left(void) { return cut.W; }
double *trial_right(void) { return right; }
double *trial_layer(void) { return whole.W; }

double *try_ranks(struct run *run) {
  int ld = run->net.ld;
  double size = larger(size_of_row(f, BOTH), 1e-300);
  products(inner, cut.ld, X, ld, BOTH, right, ld, padded(ranks), padded(run->net.columns), 0);
  clear(some, (size_t)BOTH * cut.ld);
  for (int r = 0; r < ranks; r++) {
    for (int t = 0; t < BOTH; t++) some[t * cut.ld + r] = inner[t * cut.ld + r];
    outputs(&cut, some, cut.ld, r + 1, BOTH, g);
    costs[r] = risk_of(run, g);
    add(g, -1, f, BOTH);
    costs[ranks + r] = size_of_row(g, BOTH) / size;
  }
  return costs;
}

double try_layer(struct run *run) {
  outputs(&whole, X, run->net.ld, run->net.columns, BOTH, g);
  return risk_of(run, g);
}
