#ifndef TARGET_H
#define TARGET_H

#include "run.h"

/* Hidden directions and the spike, in the coordinates of W; 0 where memory ends. */
int make_target(struct run *run);

/* The second layer, biases and the first W. */
void make_network(struct run *run);

#endif
