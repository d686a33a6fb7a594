#include "measure.h"

#include "maths.h"
#include "matrices.h"
#include "memory.h"
#include "spectrum.h"

static double *top, *V, *rest, *yhat, *y, *fit;

int make_measure(struct run *run) {
  int k = run->s.k, m = run->s.width, columns = run->net.columns, ld = run->net.ld;
  int n = m < columns ? m : columns, most = k + 5;
  top = room((size_t)k * padded(n));
  V = room((size_t)k * ld);
  rest = room((size_t)k * ld);
  yhat = room(TEST_SAMPLES + BLOCK), y = room(TEST_SAMPLES);
  fit = room((size_t)(k + 2) * TEST_SAMPLES);
  return top && V && rest && yhat && y && fit && make_spectrum(n, most);
}

/* The two parts of W, and of each neuron. */
static void split(struct run *run, struct measured *now, float *neurons) {
  int k = run->s.k, ld = run->net.ld, m = run->s.width, n = run->net.columns;
  int shown = k < SEEN ? k : SEEN, width = (shown > 2 ? shown : 2) + 1;
  double inside = 0, outside = 0;
  for (int j = 0; j < m; j++) {
    double *row = rest, squares;
    copy(row, run->net.W + (long)j * ld, n);
    for (int i = 0; i < width; i++) neurons[j * width + i] = 0;
    double parts[50];
    for (int i = 0; i < k; i++) parts[i] = dot(run->net.W + (long)j * ld, run->U + (long)i * ld, n);
    for (int i = 0; i < k; i++) {
      if (run->s.reduced) row[i] = 0;
      else add(row, -parts[i], run->U + (long)i * ld, n);
      inside += parts[i] * parts[i];
      if (i < shown) neurons[j * width + i] = parts[i];
    }
    squares = dot(row, row, n);
    outside += squares;
    neurons[j * width + width - 1] = root(squares);
  }
  now->parallel = root(inside) / root(m);
  now->perpendicular = root(outside) / root(m);
}

int gram_matrix(struct run *run) {
  int m = run->s.width, columns = run->net.columns, ld = run->net.ld;
  double *W = run->net.W, *gram = spectrum_matrix();
  if (m < columns)
    products(gram, padded(m), W, ld, m, W, ld, padded(m), padded(columns_in_use(run)), 1);
  else take_away(gram, padded(columns), padded(columns), padded(columns), 0, -1, W, ld, W, ld, m);
  return m < columns ? m : columns;
}

/* Right singular vectors of W into V; how many of the first k have a singular value that is seen. */
static int singular_vectors(struct run *run, struct measured *now) {
  int k = run->s.k, m = run->s.width, columns = run->net.columns, ld = run->net.ld;
  int wide = m < columns, n = wide ? m : columns, count = k + 5 < n ? k + 5 : n;
  int few = k < count ? k : count, used = padded(columns_in_use(run)), ldt = padded(n), rank = 0;
  double *W = run->net.W;
  gram_matrix(run);
  largest(n, count, now->singular, few, top, ldt);
  for (int j = 0; j < count; j++) now->singular[j] = root(larger(now->singular[j], 0));
  double floor = larger(1e-300, 1e-7 * now->singular[0]);
  while (rank < few && now->singular[rank] > floor) rank++;
  for (int j = 0; j < count; j++) now->singular[j] /= root(m);
  now->count = count;
  clear(V, (size_t)k * ld);
  for (int j = 0; j < rank; j++) {
    double *v = V + (long)j * ld;
    if (!wide) copy(v, top + (long)j * ldt, n);
    else
      for (int r = 0; r < m; r++) add(v, top[(long)j * ldt + r], W + (long)r * ld, used);
  }
  orthonormal(V, ld, rank, columns);
  return rank;
}

/* Angles between the first `rank` rows of V and U, by cosines where they are large and by sines
   where they are small: scipy.linalg.subspace_angles (Knyazev and Argentati 2002). */
static void angles_of(struct run *run, int rank, const double *overlaps, double *angles) {
  int k = run->s.k, ld = run->net.ld, n = run->net.columns, missing = k - rank;
  double cosines[50], sines[50], table[50 * 50];
  for (int i = 0; i < missing; i++) angles[i] = 1.5707963267948966;
  if (rank == 0) return;
  double *larger_ones = rank == k ? run->U : V, *others = rank == k ? V : run->U;
  int count = rank == k ? k : rank, against = rank == k ? rank : k;
  copy(rest, larger_ones, (size_t)count * ld);
  for (int i = 0; i < count; i++)
    for (int j = 0; j < against; j++) {
      double cosine = rank == k ? overlaps[j * k + i] : overlaps[i * k + j];
      add(rest + (long)i * ld, -cosine, others + (long)j * ld, n);
    }
  copy(table, overlaps, (size_t)rank * k);
  singular_values(table, k, rank, k, cosines);
  singular_values(rest, ld, count, n, sines);
  for (int i = 0; i < rank; i++) {
    double sine = smaller(sines[i], 1), cosine = smaller(cosines[rank - 1 - i], 1);
    angles[missing + i] = cosines[i] * cosines[i] >= 0.5 ? asin(sine) : acos(cosine);
  }
}

const double *test_labels(struct run *run) {
  for (int t = 0; t < TEST_SAMPLES; t++)
    y[t] = label(run, run->test_Z + (long)t * (int)run->s.k, run->test_noise[t]);
  return y;
}

static double mean_loss(struct run *run, const double *predicted) {
  double sum = 0;
  for (int t = 0; t < TEST_SAMPLES; t++) sum += loss_value(run->s.loss, predicted[t], y[t]);
  return sum / TEST_SAMPLES;
}

static double r_squared(void) {
  double mean = 0, variance = 0, error = 0;
  for (int t = 0; t < TEST_SAMPLES; t++) mean += y[t];
  mean /= TEST_SAMPLES;
  for (int t = 0; t < TEST_SAMPLES; t++) {
    variance += (y[t] - mean) * (y[t] - mean);
    error += (yhat[t] - y[t]) * (yhat[t] - y[t]);
  }
  return variance > 0 ? 1 - error / variance : __builtin_nan("");
}

void measure(struct run *run, struct measured *now, float *neurons) {
  int k = run->s.k, ld = run->net.ld;
  double overlaps[50 * 50];
  split(run, now, neurons);
  int rank = singular_vectors(run, now);
  for (int j = 0; j < k; j++)
    for (int i = 0; i < k; i++)
      now->overlaps[j * k + i] = overlaps[j * k + i] =
          dot(V + (long)j * ld, run->U + (long)i * ld, run->net.columns);
  angles_of(run, rank, overlaps, now->angles);
  outputs(&run->net, run->test_X, ld, columns_in_use(run), TEST_SAMPLES, yhat);
  test_labels(run);
  now->risk = mean_loss(run, yhat);
  now->r2 = r_squared();
}

/* The best prediction from z: g, or the log-odds of the label 1. */
static double best(const struct run *run, const double *z) {
  double g = link_value(run->s.link, z, run->s.k);
  if (run->s.loss != LOGISTIC) return g;
  if (run->s.noise == 0) return g >= 0 ? 50 : -50;
  return log_normal_below(g / run->s.noise) - log_normal_below(-g / run->s.noise);
}

/* Least squares on 1 and z: y projected on their span. */
static void linear_fit(struct run *run) {
  int k = run->s.k, n = TEST_SAMPLES;
  for (int t = 0; t < n; t++) {
    fit[t] = 1;
    for (int j = 0; j < k; j++) fit[(j + 1) * n + t] = run->test_Z[t * k + j];
  }
  orthonormal(fit, n, k + 1, n);
  clear(yhat, n);
  for (int j = 0; j <= k; j++) add(yhat, dot(fit + j * n, y, n), fit + j * n, n);
}

void measure_floors(struct run *run, struct measured *now) {
  test_labels(run);
  for (int t = 0; t < TEST_SAMPLES; t++) yhat[t] = best(run, run->test_Z + t * (int)run->s.k);
  now->noise = mean_loss(run, yhat);
  clear(yhat, TEST_SAMPLES);
  now->zero = mean_loss(run, yhat);
  linear_fit(run);
  now->linear = mean_loss(run, yhat);
}
