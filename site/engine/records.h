/* What stands in the course's registries, by number: links, activations, losses, step sizes. The
   numbers are places in the lists of names in engine.js. tests/site compares each with Python. */
#ifndef RECORDS_H
#define RECORDS_H

enum link { LINEAR, TANH, RELU, CUBIC, QUINTIC, HE2, HE3, SUM_TANH, SUM_RELU, SUM_SQUARES, PRODUCT,
            CHAIN, STAIRCASE, NORM, MAX, NONE, CONSTANT_LABEL };
enum activation { ACT_RELU, ACT_TANH, ACT_ERF, ACT_SOFTPLUS };
enum loss { HUBER, SQUARE, LOGISTIC };
enum schedule { CONSTANT, DECREASING };

/* g(z_1, ..., z_k). */
double link_value(enum link link, const double *z, int k);

/* sigma(t) and sigma'(t); in the header so that loops take them in. */
#include "maths.h"

static inline __attribute__((always_inline)) double activate(enum activation which, double t,
                                                             double *slope) {
  if (which == ACT_RELU) {
    *slope = t > 0.0 ? 1.0 : 0.0;
    return t < 0.0 ? 0.0 : t; /* nan stays nan, so that divergence is seen */
  }
  if (which == ACT_TANH) {
    double s = tanh(t);
    *slope = 1.0 - s * s;
    return s;
  }
  if (which == ACT_ERF) {
    *slope = 0.7978845608028654 * exp(-0.5 * t * t);
    return erf(t * 0.7071067811865476);
  }
  double e = exp(-size_of(t));
  *slope = (t > 0.0 ? 1.0 : e) / (1.0 + e);
  return (t < 0.0 ? 0.0 : t) + log1p(e);
}

/* l(yhat, y), and its derivative in yhat. */
double loss_value(enum loss which, double yhat, double y);
double loss_slope(enum loss which, double yhat, double y);

/* Width-free step size of sample t, 0 for the first. */
double step_size(enum schedule schedule, double step, double d, double decay, double t);

#endif
