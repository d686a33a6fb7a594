/* Networks with another first layer, and what they cost: course_utils/compression once more. Each of
   the first TRIALS test inputs serves twice, the second time with its part outside the subspace
   turned round. */
#ifndef TRIALS_H
#define TRIALS_H

#include "run.h"

#define TRIALS 500

/* Room for factors of up to so many ranks; once for a run. 0 where memory ends. */
int make_trials(struct run *run, int ranks);

/* W as left (width rows, padded(ranks) apart) times right (rows of net.ld), the best of each rank in
   their first columns and rows. Gives the network's risk, and what ranks 0 ... leave out of W. */
double *factors(struct run *run);
double *trial_left(void);
double *trial_right(void);

/* For left and right as they have been changed: risk of each rank, then how far outputs move. */
double *try_ranks(struct run *run);

/* A first layer to fill in, rows net.ld apart, and its risk. */
double *trial_layer(void);
double try_layer(struct run *run);

#endif
