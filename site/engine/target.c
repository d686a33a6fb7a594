/* What a run begins with: hidden directions, the spike of inputs, the untrained network. */
#include "target.h"

#include "draws.h"
#include "maths.h"
#include "matrices.h"
#include "memory.h"

/* The Q of a normal matrix whose R has a positive diagonal; its columns are rows here. */
static int random_rows(struct stream *s, double *U, int ld, int k, int d) {
  double *row = room(k);
  if (!row) return 0;
  for (int i = 0; i < d; i++) {
    fill_normal(s, row, k);
    for (int j = 0; j < k; j++) U[j * ld + i] = row[j];
  }
  orthonormal(U, ld, k, d);
  return 1;
}

/* Each entry half the one before, on coordinates of its own. */
static void sparse_rows(double *U, int ld, int k, int entries) {
  double squares = 0, entry = 1;
  for (int i = 0; i < entries; i++, entry /= 2) squares += entry * entry;
  entry = 1 / root(squares);
  for (int i = 0; i < entries; i++, entry /= 2)
    for (int j = 0; j < k; j++) U[(long)j * ld + j * entries + i] = entry;
}

/* v = COS u_1 + sqrt(1 - COS^2) w, w a random unit vector orthogonal to all u. */
static int draw_spike(struct run *run, double outside) {
  int d = run->s.d, k = run->s.k, ld = run->net.ld;
  double *w = room(ld);
  if (!w) return 0;
  add(run->spike, run->s.law_second, run->U, d);
  if (outside == 0) return 1;
  fill_normal(&run->streams[DIRECTIONS], w, d);
  double size = root(dot(w, w, d));
  for (int i = 0; i < d; i++) w[i] /= size;
  double inside[50];
  for (int j = 0; j < k; j++) inside[j] = dot(w, run->U + j * ld, d);
  for (int j = 0; j < k; j++) add(w, -inside[j], run->U + j * ld, d);
  add(run->spike, outside / root(dot(w, w, d)), w, d);
  return 1;
}

int make_target(struct run *run) {
  const struct settings *s = &run->s;
  int k = s->k, ld = run->net.ld;
  run->U = room((size_t)k * ld);
  run->spike = NULL;
  run->deviation = 1;
  if (!run->U) return 0;
  if (s->reduced)
    for (int j = 0; j < k; j++) run->U[j * ld + j] = 1;
  else if (s->directions != RANDOM)
    sparse_rows(run->U, ld, k, s->directions == AXIS ? 1 : s->entries);
  else if (!random_rows(&run->streams[DIRECTIONS], run->U, ld, k, s->d))
    return 0;
  if (s->law != SPIKED) return 1;
  double outside = root(larger(0, 1 - s->law_second * s->law_second));
  run->deviation = root(1 + s->law_first * s->law_second * s->law_second);
  run->spike = room(ld);
  if (!run->spike) return 0;
  if (!s->reduced) return draw_spike(run, outside);
  run->spike[0] = s->law_second;
  run->spike[k] = outside;
  return 1;
}

static void draw_second_layer(struct run *run) {
  const struct settings *s = &run->s;
  struct stream *rng = &run->streams[NETWORK];
  double *a = run->net.a, *b = run->net.b;
  int m = s->width;
  for (int j = 0; j < m; j++) a[j] = sign(rng) / m;
  if (s->bias == NORMAL_BIAS) fill_normal(rng, b, m);
  if (s->bias == AWAY)
    for (int j = 0; j < m; j++) b[j] = 1 + uniform(rng);
  if (s->bias == GIVEN_BIAS)
    for (int j = 0; j < m; j++) b[j] = s->bias_size;
  if (s->bias == AWAY || s->bias == GIVEN_BIAS)
    for (int j = 0; j < m; j++) b[j] *= sign(rng);
}

/* [W U^T | L], or [W U^T | W w | L], for rows N(0, I / d): Gaussian, and Bartlett's lower-triangular
   factor of a Wishart matrix. */
static void draw_reduced(struct run *run) {
  struct stream *rng = &run->streams[NETWORK];
  int m = run->s.width, fixed = run->fixed, ld = run->net.ld;
  double *W = run->net.W;
  for (int j = 0; j < m; j++) {
    double *row = W + (long)j * ld + fixed;
    fill_normal(rng, row, m);
    clear(row + j, m - j);
  }
  for (int j = 0; j < m; j++)
    W[(long)j * ld + fixed + j] = root(chisquare(rng, run->s.d - fixed - j));
  for (int j = 0; j < m; j++) fill_normal(rng, W + (long)j * ld, fixed);
}

void make_network(struct run *run) {
  const struct settings *s = &run->s;
  int m = s->width, ld = run->net.ld;
  draw_second_layer(run);
  if (s->reduced) draw_reduced(run);
  else
    for (int j = 0; j < m; j++) fill_normal(&run->streams[NETWORK], run->net.W + (long)j * ld, s->d);
  for (long i = 0; i < (long)m * ld; i++) run->net.W[i] = run->net.W[i] / root(s->d) * s->start;
}
