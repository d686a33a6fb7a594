/* How samples are drawn, and training on them.

   Plainly in R^d; or reduced to the span of the directions and W, which is exact for laws that
   rotations leave alone: the first `fixed` columns of W are its parts along the directions (and along
   the spike's part outside), the next `width` hold the rest up to a rotation (`known` in all), and
   each sample adds one column for its part outside the span so far, of length chi. After `block`
   samples these are folded back. course_utils/engine/sampling.py says why. */
#include "run.h"

#include "draws.h"
#include "maths.h"
#include "matrices.h"
#include "memory.h"
#include "target.h"

#define CHUNK 262144 /* numbers in one chunk of inputs: what is undone together where it diverges */

static int at_least(int n, int low) { return n < low ? low : n; }
static int at_most(int n, int high) { return n > high ? high : n; }

static int make_rows(struct run *run) {
  int ld = run->net.ld, k = run->s.k;
  run->X = room((size_t)(BLOCK + 4) * ld);
  run->Z = room(BLOCK * k);
  run->y = room(BLOCK);
  run->steps = room(BLOCK);
  run->test_X = room((size_t)(TEST_SAMPLES + 4) * ld);
  run->test_Z = room(TEST_SAMPLES * k);
  run->test_noise = room(TEST_SAMPLES);
  run->saved_W = room((size_t)padded(run->s.width) * ld);
  return run->X && run->Z && run->y && run->steps && run->test_X && run->test_Z &&
         run->test_noise && run->saved_W;
}

static void draw_test_samples(struct run *run) {
  struct stream *test = &run->streams[TEST];
  int columns = run->net.columns, ld = run->net.ld;
  for (int t = 0; t < TEST_SAMPLES; t++) fill_normal(test, run->test_X + t * ld, columns);
  shape_inputs(run, run->test_X, TEST_SAMPLES, columns, test, run->test_Z);
  fill_normal(test, run->test_noise, TEST_SAMPLES);
}

int begin_run(struct run *run) {
  const struct settings *s = &run->s;
  int m = s->width, columns = s->d;
  for (int i = 0; i < STREAMS; i++)
    begin_stream(&run->streams[i], (uint32_t)s->seed_low, (uint32_t)s->seed_high, i);
  run->samples = run->used = 0;
  run->fixed = s->k + (s->law == SPIKED);
  run->known = run->fixed + m;
  if (s->reduced) {
    run->block = BLOCK * (int)__builtin_rint(2.0 * m / BLOCK); /* ties to even, as Python's round */
    run->block = at_most(at_least(run->block, 2 * BLOCK), 512);
    double free = s->d - run->known;
    run->free = free > 2e9 ? 2000000000 : (int)free;
    run->block = at_most(run->block, run->free);
    columns = run->known + run->block;
  }
  if (!make_net(&run->net, m, columns, s->activation) || !make_target(run) || !make_rows(run))
    return 0;
  make_network(run);
  draw_test_samples(run);
  return 1;
}

int columns_in_use(const struct run *run) {
  return run->s.reduced ? run->known + run->used : run->net.columns;
}

/* A factor that makes normal numbers Student's t of variance 1. */
static double unit_t(struct stream *more, double freedom) {
  return root((freedom - 2) / chisquare(more, freedom));
}

static void shape_row(struct run *run, double *x, int columns, struct stream *more) {
  const struct settings *s = &run->s;
  if (s->law == HYPERCUBE)
    for (int i = 0; i < columns; i++) x[i] = x[i] < 0 ? -1 : 1;
  if (s->law == STUDENT)
    for (int i = 0; i < columns; i++) x[i] *= unit_t(more, s->law_first);
  if (s->law == ELLIPTICAL) {
    double factor = unit_t(more, s->law_first);
    for (int i = 0; i < columns; i++) x[i] *= factor;
  }
  if (s->law == SPIKED)
    add(x, (root(1 + s->law_first) - 1) * dot(x, run->spike, columns), run->spike, columns);
}

void shape_inputs(struct run *run, double *X, int n, int columns, struct stream *more, double *Z) {
  int k = run->s.k, ld = run->net.ld;
  for (int t = 0; t < n; t++) {
    double *x = X + (long)t * ld;
    shape_row(run, x, columns, more);
    for (int j = 0; j < k; j++)
      Z[t * k + j] = run->s.reduced ? x[j] : dot(x, run->U + (long)j * ld, columns);
    Z[t * k] /= run->deviation;
  }
}

double label(const struct run *run, const double *z, double noise) {
  double y = link_value(run->s.link, z, run->s.k) + run->s.noise * noise;
  return run->s.loss == LOGISTIC ? (y >= 0 ? 1 : -1) : y;
}

/* Draw n inputs into X; gives how many of their columns may not be zero. */
static int draw_inputs(struct run *run, int n) {
  int ld = run->net.ld, known = run->known + run->used, columns = run->s.reduced ? known : run->s.d;
  for (int t = 0; t < n; t++) {
    double *x = run->X + (long)t * ld;
    if (!run->s.reduced) {
      fill_normal(&run->streams[INPUTS], x, columns);
      continue;
    }
    fill_normal(&run->streams[INPUTS], x, run->fixed);
    fill_normal(&run->streams[SPAN], x + run->fixed, known + t - run->fixed);
    double freedom = run->s.d - run->known - run->used - t;
    x[known + t] = root(chisquare(&run->streams[OUTSIDE], freedom));
    clear(x + known + t + 1, ld - known - t - 1);
  }
  if (run->s.reduced) columns += n;
  shape_inputs(run, run->X, n, columns, &run->streams[LAW], run->Z);
  return columns;
}

/* Train on up to n samples, one block; how many they were, or -1 minus the bad one's place. */
static int train_block(struct run *run, int n, double samples) {
  const struct settings *s = &run->s;
  n = at_most(n, BLOCK);
  if (s->reduced) n = at_most(n, run->block - run->used);
  int columns = draw_inputs(run, n), k = s->k;
  double noise[BLOCK];
  fill_normal(&run->streams[LABEL_NOISE], noise, n);
  for (int t = 0; t < n; t++) {
    run->y[t] = label(run, run->Z + t * k, noise[t]);
    run->steps[t] = step_size(s->schedule, s->step, s->d, s->weight_decay, samples + t);
  }
  int bad = take_steps(&run->net, run->X, run->net.ld, columns, n, run->y, run->steps,
                       s->weight_decay, s->loss);
  if (bad >= 0) return -1 - bad;
  if (!s->reduced) return n;
  run->used += n;
  if (run->used == run->block) {
    fold(run->net.W + run->fixed, run->net.ld, run->net.width, run->net.width + run->block);
    run->used = 0;
  }
  return n;
}

/* Train on n samples; how many were trained on when it diverged, or -1. */
static double train_chunk(struct run *run, int n) {
  for (int done = 0; done < n;) {
    int took = train_block(run, n - done, run->samples + done);
    if (took < 0) return done - 1 - took;
    done += took;
  }
  double *W = run->net.W, squares = 0;
  for (int j = 0; j < run->net.width; j++)
    squares += dot(W + (long)j * run->net.ld, W + (long)j * run->net.ld, run->net.ld);
  return squares < run->net.width * LARGEST * LARGEST ? -1 : 0;
}

double advance_run(struct run *run, double n) {
  size_t weights = (size_t)padded(run->net.width) * run->net.ld;
  double end = run->samples + n;
  while (run->samples < end) {
    int rows = at_most(at_least((int)(CHUNK / run->s.d) / BLOCK * BLOCK, BLOCK), 4096);
    if (run->s.reduced) rows = 4096;
    if (end - run->samples < rows) rows = end - run->samples;
    struct stream streams[STREAMS];
    for (int i = 0; i < STREAMS; i++) streams[i] = run->streams[i];
    int used = run->used;
    copy(run->saved_W, run->net.W, weights);
    double bad = train_chunk(run, rows);
    if (bad >= 0) {
      for (int i = 0; i < STREAMS; i++) run->streams[i] = streams[i];
      run->used = used;
      copy(run->net.W, run->saved_W, weights);
      return run->samples + bad;
    }
    run->samples += rows;
  }
  return -1;
}
