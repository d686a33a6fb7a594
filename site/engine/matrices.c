#include "matrices.h"

#include <wasm_simd128.h>

#include "maths.h"

#define TINY 1e-150 /* smaller weights become zero: they would end as subnormals, 50 times slower */

typedef v128_t two;

static inline two load(const double *x) { return wasm_v128_load(x); }
static inline two both(const double *x) { return wasm_v128_load64_splat(x); }
static inline two plus_product(two sum, two x, two y) {
  return wasm_f64x2_add(sum, wasm_f64x2_mul(x, y));
}
static inline double sum_of(two x) {
  return wasm_f64x2_extract_lane(x, 0) + wasm_f64x2_extract_lane(x, 1);
}

double dot(const double *x, const double *y, int n) {
  two a = wasm_f64x2_splat(0), b = a;
  int i = 0;
  for (; i + 4 <= n; i += 4) {
    a = plus_product(a, load(x + i), load(y + i));
    b = plus_product(b, load(x + i + 2), load(y + i + 2));
  }
  double sum = sum_of(wasm_f64x2_add(a, b));
  for (; i < n; i++) sum += x[i] * y[i];
  return sum;
}

void add(double *to, double factor, const double *x, int n) {
  two times = wasm_f64x2_splat(factor);
  int i = 0;
  for (; i + 2 <= n; i += 2) wasm_v128_store(to + i, plus_product(load(to + i), times, load(x + i)));
  for (; i < n; i++) to[i] += factor * x[i];
}

/* Eight sums: two rows of X with four of W. */
static inline void eight(double *P, int ldp, const double *X, int ldx, const double *W, int ldw,
                         int d) {
  const double *x0 = X, *x1 = X + ldx, *w0 = W, *w1 = W + ldw, *w2 = w1 + ldw, *w3 = w2 + ldw;
  two zero = wasm_f64x2_splat(0), a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero,
      b2 = zero, b3 = zero;
  for (int i = 0; i < d; i += 2) {
    two x = load(x0 + i), y = load(x1 + i), w = load(w0 + i);
    a0 = plus_product(a0, x, w), b0 = plus_product(b0, y, w), w = load(w1 + i);
    a1 = plus_product(a1, x, w), b1 = plus_product(b1, y, w), w = load(w2 + i);
    a2 = plus_product(a2, x, w), b2 = plus_product(b2, y, w), w = load(w3 + i);
    a3 = plus_product(a3, x, w), b3 = plus_product(b3, y, w);
  }
  P[0] = sum_of(a0), P[1] = sum_of(a1), P[2] = sum_of(a2), P[3] = sum_of(a3);
  P += ldp;
  P[0] = sum_of(b0), P[1] = sum_of(b1), P[2] = sum_of(b2), P[3] = sum_of(b3);
}

void products(double *P, int ldp, const double *X, int ldx, int n, const double *W, int ldw, int m,
              int d, int lower) {
  for (int j = 0; j < m; j += 4)
    for (int t = lower ? j & ~1 : 0; t < n; t += 2)
      eight(P + t * ldp + j, ldp, X + t * ldx, ldx, W + j * ldw, ldw, d);
}

struct tile { two a0, a1, b0, b1, c0, c1, d0, d1; }; /* four rows of four numbers */

/* sum_s a[s] b[s]^T of columns of four; a's rows are `row` apart and its steps `step`. */
static inline __attribute__((always_inline)) struct tile tile_of(const double *a, int row, int step,
                                                                 const double *b, int ldb, int n) {
  two z = wasm_f64x2_splat(0);
  struct tile t = {z, z, z, z, z, z, z, z};
  for (int s = 0; s < n; s++) {
    two x = load(b), y = load(b + 2), f = both(a);
    t.a0 = plus_product(t.a0, f, x), t.a1 = plus_product(t.a1, f, y), f = both(a + row);
    t.b0 = plus_product(t.b0, f, x), t.b1 = plus_product(t.b1, f, y), f = both(a + 2 * row);
    t.c0 = plus_product(t.c0, f, x), t.c1 = plus_product(t.c1, f, y), f = both(a + 3 * row);
    t.d0 = plus_product(t.d0, f, x), t.d1 = plus_product(t.d1, f, y);
    a += step, b += ldb;
  }
  return t;
}

static inline void put(double *to, two keep, two take, two sum) {
  two w = wasm_f64x2_sub(wasm_f64x2_mul(keep, load(to)), wasm_f64x2_mul(take, sum));
  two seen = wasm_f64x2_gt(wasm_f64x2_abs(w), wasm_f64x2_splat(TINY));
  wasm_v128_store(to, wasm_v128_and(w, seen));
}

void take_away(double *C, int ldc, int rows, int columns, double keep, double take, const double *A,
               int lda, const double *B, int ldb, int n) {
  two k = wasm_f64x2_splat(keep), f = wasm_f64x2_splat(take);
  for (int r = 0; r < rows; r += 4)
    for (int c = 0; c < columns; c += 4) {
      struct tile t = tile_of(A + r, 1, lda, B + c, ldb, n);
      double *to = C + r * ldc + c;
      put(to, k, f, t.a0), put(to + 2, k, f, t.a1), to += ldc;
      put(to, k, f, t.b0), put(to + 2, k, f, t.b1), to += ldc;
      put(to, k, f, t.c0), put(to + 2, k, f, t.c1), to += ldc;
      put(to, k, f, t.d0), put(to + 2, k, f, t.d1);
    }
}

static inline void less(double *to, two x, two y) {
  wasm_v128_store(to, wasm_f64x2_sub(load(to), x));
  wasm_v128_store(to + 2, wasm_f64x2_sub(load(to + 2), y));
}

void correct(double *C, int ldc, int rows, int columns, const double *A, int lda, const double *B,
             int ldb, int n) {
  for (int r = 0; r < rows; r += 4)
    for (int c = 0; c < columns; c += 4) {
      struct tile t = tile_of(A + r * lda, lda, 1, B + c, ldb, n);
      double *to = C + r * ldc + c;
      less(to, t.a0, t.a1), less(to + ldc, t.b0, t.b1);
      less(to + 2 * ldc, t.c0, t.c1), less(to + 3 * ldc, t.d0, t.d1);
    }
}

int orthonormal(double *rows, int ld, int count, int n) {
  int left = 0;
  for (int i = 0; i < count; i++) {
    double *row = rows + i * ld, before = root(dot(row, row, n));
    for (int again = 0; again < 2; again++) /* twice is enough: Kahan, in Parlett 1980 */
      for (int j = 0; j < i; j++) {
        double *other = rows + j * ld;
        add(row, -dot(row, other, n), other, n);
      }
    double size = root(dot(row, row, n)), factor = size > 1e-14 * before ? 1 / size : 0;
    for (int c = 0; c < n; c++) row[c] = size > 1e-14 * before ? row[c] / size : 0;
    left += factor > 0;
  }
  return left;
}

/* Householder reflections of the columns of L^T, which are rows here. */
void fold(double *L, int ld, int rows, int n) {
  for (int j = 0; j < rows; j++) {
    double *v = L + j * ld + j, alpha = v[0], rest = root(dot(v + 1, v + 1, n - j - 1));
    if (rest == 0) continue;
    double size = root(alpha * alpha + rest * rest), beta = alpha < 0 ? size : -size;
    double tau = (beta - alpha) / beta, unit = 1 / (alpha - beta);
    for (int i = 1; i < n - j; i++) v[i] *= unit;
    for (int r = j + 1; r < rows; r++) {
      double *row = L + r * ld + j, s = tau * (row[0] + dot(v + 1, row + 1, n - j - 1));
      row[0] -= s;
      add(row + 1, -s, v + 1, n - j - 1);
    }
    v[0] = beta;
    for (int i = 1; i < n - j; i++) v[i] = 0;
  }
}

static void rotate(double *p, double *q, int n, double c, double s) {
  for (int i = 0; i < n; i++) {
    double x = p[i], y = q[i];
    p[i] = c * x - s * y;
    q[i] = s * x + c * y;
  }
}

/* One-sided Jacobi (Hestenes 1958): exact to the last digits for small values too. */
void make_orthogonal(double *rows, int ld, int count, int n, double *others, int ldo, int m) {
  for (int sweep = 0, turned = 1; turned && sweep < 30; sweep++) {
    turned = 0;
    for (int i = 0; i < count; i++)
      for (int j = i + 1; j < count; j++) {
        double *p = rows + (long)i * ld, *q = rows + (long)j * ld;
        double pp = dot(p, p, n), qq = dot(q, q, n), pq = dot(p, q, n);
        if (size_of(pq) <= 1e-15 * root(pp * qq) || size_of(pq) < 1e-300) continue;
        double zeta = (qq - pp) / (2 * pq);
        double t = (zeta < 0 ? -1 : 1) / (size_of(zeta) + root(1 + zeta * zeta));
        double c = 1 / root(1 + t * t);
        rotate(p, q, n, c, c * t);
        rotate(others + (long)i * ldo, others + (long)j * ldo, m, c, c * t);
        turned = 1;
      }
  }
}

void singular_values(double *rows, int ld, int count, int n, double *values) {
  make_orthogonal(rows, ld, count, n, rows, ld, 0);
  for (int i = 0; i < count; i++) {
    double value = root(dot(rows + i * ld, rows + i * ld, n));
    int place = i;
    for (; place > 0 && values[place - 1] < value; place--) values[place] = values[place - 1];
    values[place] = value;
  }
}
