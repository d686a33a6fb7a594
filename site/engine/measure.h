/* What is known of the network at one moment: course_utils/snapshot.py, subspace.py and risk.py. */
#ifndef MEASURE_H
#define MEASURE_H

#include "run.h"

#define SEEN 6 /* hidden directions on which each neuron's weights are kept */

struct measured {
  double perpendicular, parallel, risk, r2;
  double count;             /* singular values */
  double noise, linear, zero; /* floors */
  double angles[50], singular[55];
  float overlaps[50 * 50];
};

int make_measure(struct run *run);
void measure(struct run *run, struct measured *now, float *neurons);
void measure_floors(struct run *run, struct measured *now);

/* W W^T or W^T W, the smaller one, into spectrum_matrix(); how many rows it has. */
int gram_matrix(struct run *run);

/* Labels of the test samples, with the noise of this moment. */
const double *test_labels(struct run *run);

#endif
