/* The largest eigenvalues of a symmetric matrix: Householder's tridiagonal form, bisection by
   Sturm's counts, inverse iteration. Golub and Van Loan, Matrix Computations, chapter 8. */
#include "spectrum.h"

#include "maths.h"
#include "matrices.h"
#include "memory.h"

#define SMALLEST 1e-290

static double *A, *diagonal, *beside, *taus, *p;  /* beside[i] is between i - 1 and i */
static double *pivots, *next, *after, *lows, *highs;

int make_spectrum(int n, int most) {
  int ld = padded(n), lanes = padded(most);
  A = room((size_t)ld * ld);
  diagonal = room(n), beside = room(n), taus = room(n), p = room(n);
  pivots = room(n), next = room(n), after = room(n);
  lows = room(lanes), highs = room(lanes);
  return A && diagonal && beside && taus && p && pivots && next && after && lows && highs;
}

double *spectrum_matrix(void) { return A; }

/* p = tau A v for the leading i x i block, of which the lower triangle is stored. */
static void times(const double *v, int i, int ld, double tau) {
  clear(p, i);
  for (int r = 0; r < i; r++) {
    const double *row = A + (long)r * ld;
    p[r] += tau * dot(row, v, r + 1);
    add(p, tau * v[r], row, r);
  }
}

/* Reflect row i so that only its entry beside the diagonal is left; the reflection's vector stays
   in the row. */
static void reflect(int i, int ld) {
  double *v = A + (long)i * ld, alpha = v[i - 1], rest = root(dot(v, v, i - 1));
  diagonal[i] = v[i];
  beside[i] = alpha;
  taus[i] = 0;
  if (rest == 0) return;
  double size = root(alpha * alpha + rest * rest), beta = alpha < 0 ? size : -size;
  for (int c = 0; c < i - 1; c++) v[c] /= alpha - beta;
  v[i - 1] = 1;
  beside[i] = beta;
  taus[i] = (beta - alpha) / beta;
  times(v, i, ld, taus[i]);
  add(p, -taus[i] / 2 * dot(p, v, i), v, i);
  for (int r = 0; r < i; r++) {
    double *row = A + (long)r * ld;
    add(row, -v[r], p, r + 1);
    add(row, -p[r], v, r + 1);
  }
}

static void tridiagonal(int n, int ld) {
  beside[0] = 0;
  for (int i = n - 1; i > 0; i--) reflect(i, ld);
  diagonal[0] = A[0];
}

/* How many eigenvalues lie below each of four numbers. */
static void counts_below(int n, const double *x, int *count) {
  double q[4] = {1, 1, 1, 1};
  for (int l = 0; l < 4; l++) count[l] = 0;
  for (int i = 0; i < n; i++) {
    double square = beside[i] * beside[i];
    for (int l = 0; l < 4; l++) {
      q[l] = diagonal[i] - x[l] - square / q[l];
      if (size_of(q[l]) < SMALLEST) q[l] = -SMALLEST;
      count[l] += q[l] < 0;
    }
  }
}

/* Bisect four eigenvalues at a time, from the `first` largest on. */
static void bisect_four(int n, int first, double norm) {
  double *low = lows + first, *high = highs + first, middle[4];
  int count[4];
  for (int l = 0; l < 4; l++) low[l] = -norm, high[l] = norm;
  for (int round = 0; round < 64; round++) {
    for (int l = 0; l < 4; l++) middle[l] = (low[l] + high[l]) / 2;
    counts_below(n, middle, count);
    for (int l = 0; l < 4; l++) {
      if (count[l] > n - 1 - first - l) high[l] = middle[l];
      else low[l] = middle[l];
    }
  }
}

static double norm_of(int n) {
  double norm = 0;
  for (int i = 0; i < n; i++) {
    double sides = size_of(beside[i]) + (i + 1 < n ? size_of(beside[i + 1]) : 0);
    norm = larger(norm, size_of(diagonal[i]) + sides);
  }
  return norm;
}

/* x becomes (T - value)^-1 x, by elimination with pivots. */
static void solve(int n, double value, double *x, double least) {
  for (int i = 0; i < n; i++) {
    pivots[i] = diagonal[i] - value;
    next[i] = i + 1 < n ? beside[i + 1] : 0;
    after[i] = 0;
  }
  for (int i = 0; i + 1 < n; i++) {
    double below = beside[i + 1];
    if (size_of(below) > size_of(pivots[i])) { /* swap rows i and i + 1 */
      double factor = pivots[i] / below, own = next[i], swapped = x[i];
      pivots[i] = below;
      next[i] = pivots[i + 1], after[i] = next[i + 1];
      pivots[i + 1] = own - factor * next[i];
      next[i + 1] = -factor * after[i];
      x[i] = x[i + 1], x[i + 1] = swapped - factor * x[i];
    } else {
      if (size_of(pivots[i]) < least) pivots[i] = least;
      double factor = below / pivots[i];
      pivots[i + 1] -= factor * next[i];
      x[i + 1] -= factor * x[i];
    }
  }
  if (size_of(pivots[n - 1]) < least) pivots[n - 1] = least;
  for (int i = n - 1; i >= 0; i--) {
    if (i + 1 < n) x[i] -= next[i] * x[i + 1];
    if (i + 2 < n) x[i] -= after[i] * x[i + 2];
    x[i] /= pivots[i];
  }
}

/* Length 1, so that the next solution does not overflow. */
static void scale_down(double *x, int n) {
  double most = 0;
  for (int i = 0; i < n; i++) most = larger(most, size_of(x[i]));
  for (int i = 0; i < n; i++) x[i] /= most;
  double size = root(dot(x, x, n));
  for (int i = 0; i < n; i++) x[i] /= size;
}

static void vector_of(int n, double value, double norm, int j, double *vectors, int ld) {
  double *x = vectors + (long)j * ld;
  unsigned state = 1 + j;
  for (int i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (state >> 8) * 0x1p-24 - 0.5;
  }
  for (int round = 0; round < 4; round++) {
    if (norm > 0) solve(n, value, x, 1e-16 * norm);
    scale_down(x, n);
    for (int again = 0; again < 2; again++)
      for (int other = 0; other < j; other++)
        add(x, -dot(x, vectors + (long)other * ld, n), vectors + (long)other * ld, n);
    scale_down(x, n);
  }
}

void largest(int n, int count, double *values, int few, double *vectors, int ld) {
  int own = padded(n);
  tridiagonal(n, own);
  double norm = norm_of(n), shift = 0;
  for (int first = 0; first < count; first += 4) bisect_four(n, first, norm * (1 + 1e-14));
  for (int j = 0; j < count; j++) values[j] = (lows[j] + highs[j]) / 2;
  for (int j = 0; j < few; j++) { /* equal ones get shifts that differ */
    shift = j > 0 && values[j] > shift - 4e-16 * norm ? shift - 4e-16 * norm : values[j];
    vector_of(n, shift, norm, j, vectors, ld);
  }
  for (int j = 0; j < few; j++)
    for (int i = 1; i < n; i++) {
      const double *v = A + (long)i * own;
      double *x = vectors + (long)j * ld;
      if (taus[i] != 0) add(x, -taus[i] * dot(v, x, i), v, i);
    }
}
