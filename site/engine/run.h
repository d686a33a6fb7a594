/* One run: its settings, its streams, its network and where its inputs come from. */
#ifndef RUN_H
#define RUN_H

#include "records.h"
#include "steps.h"
#include "streams.h"

#define TEST_SAMPLES 1000

enum law { GAUSSIAN, SPIKED, HYPERCUBE, STUDENT, ELLIPTICAL };
enum directions { RANDOM, AXIS, SPARSE };
enum bias { NORMAL_BIAS, AWAY, NO_BIAS, GIVEN_BIAS };

/* As engine.js writes them, one number after the other: FIELDS there has the same order. */
struct settings {
  double d, k, noise, link, width, activation, loss, weight_decay, step, schedule;
  double bias, bias_size, seed_low, seed_high, law, law_first, law_second;
  double directions, entries, start, reduced;
};

/* In the order of Settings.generators(). */
enum name { DIRECTIONS, NETWORK, INPUTS, LABEL_NOISE, SPAN, TEST, OUTSIDE, LAW, STREAMS };

struct run {
  struct settings s;
  double samples;
  struct net net;
  struct stream streams[STREAMS];
  double *U;              /* hidden directions, k rows of net.ld numbers */
  double *spike;          /* where inputs vary more, in the same coordinates; or NULL */
  double deviation;       /* of <u_1, x>; it is 1 for the others */
  double *X, *Z, *y, *steps;                      /* of the present block */
  double *test_X, *test_Z, *test_noise;           /* test samples */
  double *saved_W;                                /* what a diverged chunk gives back */
  int fixed, known, free, block, used;            /* reduced: see sampling.c */
};

/* Directions, network and test samples; 0 where memory ends. */
int begin_run(struct run *run);

/* Train on n fresh samples. -1, or the sample at which training diverged; the state then is that
   after run->samples. */
double advance_run(struct run *run, double n);

/* Inputs of the law from normal numbers in n rows of X, (n, columns), and their projections
   Z (n, k), in units of their standard deviation. */
void shape_inputs(struct run *run, double *X, int n, int columns, struct stream *more, double *Z);

/* Labels of a row of Z for a draw of noise, N(0, 1). */
double label(const struct run *run, const double *z, double noise);

/* Columns of W that are not zero for sure. */
int columns_in_use(const struct run *run);

#endif
