/* Normal numbers, chi-squares and what they need, each draw as NumPy's Generator makes it. */
#ifndef DRAWS_H
#define DRAWS_H

#include "streams.h"

/* count draws from N(0, 1). */
void fill_normal(struct stream *s, double *to, int count);

/* One draw from the chi-square law with that many degrees of freedom. */
double chisquare(struct stream *s, double freedom);

#endif
