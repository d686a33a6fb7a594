#include "records.h"

#define ROOT_2 1.4142135623730951
#define ROOT_2PI 2.5066282746310002

static double sum_of(enum link link, const double *z, int k) {
  double sum = 0;
  for (int i = 0; i < k; i++) {
    if (link == SUM_TANH) sum += tanh(2 * z[i]);
    if (link == SUM_RELU) sum += larger(z[i], 0) - 1 / ROOT_2PI;
    if (link == SUM_SQUARES || link == NORM) sum += z[i] * z[i] - (link == NORM ? 0 : 1);
  }
  return sum;
}

/* Links of several directions. */
static double many(enum link link, const double *z, int k) {
  double value = z[0], product = z[0];
  switch (link) {
    case SUM_TANH:
    case SUM_RELU: return sum_of(link, z, k) / root(k);
    case SUM_SQUARES: return sum_of(link, z, k) / (ROOT_2 * root(k));
    case NORM: return root(sum_of(link, z, k));
    case CHAIN:
      for (int i = 1; i < k; i++) value += z[i - 1] * z[i];
      return value / root(k);
    case PRODUCT:
    case STAIRCASE:
      for (int i = 1; i < k; i++) value += product *= z[i];
      return link == PRODUCT ? product : value;
    case MAX:
      for (int i = 1; i < k; i++) value = larger(value, z[i]);
      return value;
    case CONSTANT_LABEL: return 2;
    default: return 0;
  }
}

double link_value(enum link link, const double *z, int k) {
  double t = z[0];
  switch (link) {
    case LINEAR: return t;
    case TANH: return tanh(2 * t);
    case RELU: return larger(t, 0);
    case CUBIC: return t * t * t / root(15);
    case QUINTIC: return t * t * t * t * t / root(945);
    case HE2: return (t * t - 1) / ROOT_2;
    case HE3: return (t * t * t - 3 * t) / root(6);
    default: return many(link, z, k);
  }
}

double loss_value(enum loss which, double yhat, double y) {
  double r = yhat - y, size = size_of(r), v = -y * yhat;
  if (which == HUBER) return size <= 1 ? r * r / 2 : size - 0.5;
  if (which == SQUARE) return r * r / 2;
  return larger(v, 0) + log1p(exp(-size_of(v)));
}

double loss_slope(enum loss which, double yhat, double y) {
  if (which == HUBER) return smaller(larger(yhat - y, -1.0), 1.0);
  if (which == SQUARE) return yhat - y;
  return -y / (1.0 + exp(smaller(y * yhat, 700.0)));
}

double step_size(enum schedule schedule, double step, double d, double decay, double t) {
  double first = step / d, gap = smaller(decay / 2, 0.999 / first);
  if (schedule == CONSTANT || gap * first < 1e-100) return first;
  double left = root(1 - gap * first), tau = t + left * (1 + left) / (gap * first);
  return (2 * tau + 1) / (gap * ((tau + 1) * (tau + 1)));
}
