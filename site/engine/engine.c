/* What the page calls. One run a WebAssembly instance; smaller things take arrays that the page has
   asked room for. */
#include "draws.h"
#include "maths.h"
#include "measure.h"
#include "memory.h"
#include "run.h"
#include "trials.h"

#define PAGE_CALLS(name) __attribute__((export_name(#name)))

static struct run run;
static struct measured now;
static float *neurons;
static struct stream stream;

PAGE_CALLS(room) double *page_room(int count) { return room(count); }

/* Where settings are written before begin, and those of a running experiment at any time. */
PAGE_CALLS(settings) struct settings *page_settings(void) { return &run.s; }

PAGE_CALLS(begin) int page_begin(void) {
  int wide = run.s.k < SEEN ? run.s.k + 2 : SEEN + 1;
  neurons = (float *)room((size_t)(run.s.width * wide) / 2 + 1);
  return neurons && begin_run(&run) && make_measure(&run);
}

PAGE_CALLS(advance) double page_advance(double n) { return advance_run(&run, n); }
PAGE_CALLS(samples) double page_samples(void) { return run.samples; }

/* Arrays of the run, rows `ld` numbers apart. */
PAGE_CALLS(ld) int page_ld(void) { return run.net.ld; }
PAGE_CALLS(columns) int page_columns(void) { return run.net.columns; }
PAGE_CALLS(first_layer) double *page_first_layer(void) { return run.net.W; }
PAGE_CALLS(second_layer) double *page_second_layer(void) { return run.net.a; }
PAGE_CALLS(biases) double *page_biases(void) { return run.net.b; }
PAGE_CALLS(directions) double *page_directions(void) { return run.U; }
PAGE_CALLS(test_inputs) double *page_test_inputs(void) { return run.test_X; }
PAGE_CALLS(test_labels) const double *page_test_labels(void) { return test_labels(&run); }

PAGE_CALLS(neurons) float *page_neurons(void) { return neurons; }
PAGE_CALLS(measure) struct measured *page_measure(void) {
  measure(&run, &now, neurons);
  return &now;
}
PAGE_CALLS(floors) struct measured *page_floors(void) {
  measure_floors(&run, &now);
  return &now;
}

PAGE_CALLS(make_trials) int page_make_trials(int ranks) { return make_trials(&run, ranks); }
PAGE_CALLS(factors) double *page_factors(void) { return factors(&run); }
PAGE_CALLS(trial_left) double *page_trial_left(void) { return trial_left(); }
PAGE_CALLS(trial_right) double *page_trial_right(void) { return trial_right(); }
PAGE_CALLS(try_ranks) double *page_try_ranks(void) { return try_ranks(&run); }
PAGE_CALLS(trial_layer) double *page_trial_layer(void) { return trial_layer(); }
PAGE_CALLS(try_layer) double page_try_layer(void) { return try_layer(&run); }

PAGE_CALLS(begin_stream) void page_begin_stream(unsigned low, unsigned high, int child) {
  begin_stream(&stream, low, high, child);
}
PAGE_CALLS(draw_normal) void page_draw_normal(double *to, int n) { fill_normal(&stream, to, n); }
PAGE_CALLS(draw_uniform) void page_draw_uniform(double *to, int n) {
  for (int i = 0; i < n; i++) to[i] = uniform(&stream);
}
PAGE_CALLS(draw_signs) void page_draw_signs(double *to, int n) {
  for (int i = 0; i < n; i++) to[i] = sign(&stream);
}
/* In place of degrees of freedom come draws. */
PAGE_CALLS(draw_chisquare) void page_draw_chisquare(double *to, int n) {
  for (int i = 0; i < n; i++) to[i] = chisquare(&stream, to[i]);
}

/* In place of the first number of each row comes the link's value. */
PAGE_CALLS(link) void page_link(int which, double *z, int n, int k) {
  for (int t = 0; t < n; t++) z[t * k] = link_value(which, z + t * k, k);
}
/* In place of t comes the value, in slope the slope. */
PAGE_CALLS(activation) void page_activation(int which, double *t, double *slope, int n) {
  for (int i = 0; i < n; i++) t[i] = activate(which, t[i], slope + i);
}
/* In place of yhat comes the value, in place of y the slope. */
PAGE_CALLS(loss) void page_loss(int which, double *yhat, double *y, int n) {
  for (int i = 0; i < n; i++) {
    double value = loss_value(which, yhat[i], y[i]);
    y[i] = loss_slope(which, yhat[i], y[i]);
    yhat[i] = value;
  }
}
/* In place of each label comes the mean slope at output zero over its noise, by a rule of m points. */
PAGE_CALLS(mean_slopes) void page_mean_slopes(int which, double noise, double *y, int n,
                                              const double *eps, const double *weights, int m) {
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < m; j++) sum += weights[j] * loss_slope(which, 0, y[i] + noise * eps[j]);
    y[i] = sum;
  }
}
PAGE_CALLS(step_size) double page_step_size(int which, double step, double d, double decay,
                                            double t) {
  return step_size(which, step, d, decay, t);
}
