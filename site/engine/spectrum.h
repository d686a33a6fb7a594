#ifndef SPECTRUM_H
#define SPECTRUM_H

/* Room for matrices of up to n rows, of which up to `most` eigenvalues are wanted; 0 where memory
   ends. */
int make_spectrum(int n, int most);

/* The n x n matrix to fill: its lower triangle, rows ld = padded(n) apart. It is spoilt. */
double *spectrum_matrix(void);

/* Its `count` largest eigenvalues, largest first, and orthonormal vectors of the first `few`, rows
   of `vectors`, ld apart. */
void largest(int n, int count, double *values, int few, double *vectors, int ld);

#endif
