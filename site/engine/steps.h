/* SGD steps in blocks, and outputs of the network: course_utils/engine/blocked.py once more. */
#ifndef STEPS_H
#define STEPS_H

#include "records.h"

#define BLOCK 32   /* samples a block */
#define LARGEST 1e8 /* an output beyond this means that training diverged */

struct net {
  double *W, *a, *b;    /* padded(width) rows of ld numbers; second layer, biases, zeros after width */
  int width, columns, ld;
  enum activation activation;
  double *products, *slopes, *grams; /* BLOCK x padded(width), the same, BLOCK x BLOCK */
};

/* Room for a net's arrays; 0 where memory ends. */
int make_net(struct net *net, int width, int columns, enum activation activation);

/* One step a row of X (up to BLOCK rows, each zero after the first `columns`), step sizes in
   `steps`. The number of the row at which outputs exploded, or -1. */
int take_steps(struct net *net, const double *X, int ldx, int columns, int n, const double *y,
               const double *steps, double decay, enum loss loss);

/* Outputs for n rows of X, which has room for a number of rows that 4 divides. */
void outputs(struct net *net, const double *X, int ldx, int columns, int n, double *yhat);

#endif
