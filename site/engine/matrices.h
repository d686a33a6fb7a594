/* Products of matrices, two numbers at a time, and what follows from them.
   Matrices lie row by row. Rows of those that products touch begin `ld` numbers apart, ld a multiple
   of 4, and their number is rounded up to 4 too: whoever makes one gives it `padded` rows and
   columns, and zeros there. */
#ifndef MATRICES_H
#define MATRICES_H

static inline int padded(int n) { return (n + 3) & ~3; }

double dot(const double *x, const double *y, int n);
void add(double *to, double factor, const double *x, int n); /* to += factor x */

/* P[t, j] = <row t of X, row j of W>, for t < n, j < m; with `lower`, where j <= t at least. */
void products(double *P, int ldp, const double *X, int ldx, int n, const double *W, int ldw, int m,
              int d, int lower);

/* C[r, c] = keep C[r, c] - take sum_s A[s, r] B[s, c] over s < n; sizes below 1e-150 become 0. */
void take_away(double *C, int ldc, int rows, int columns, double keep, double take, const double *A,
               int lda, const double *B, int ldb, int n);

/* C[r, c] -= sum_s A[r, s] B[s, c] over s < n. */
void correct(double *C, int ldc, int rows, int columns, const double *A, int lda, const double *B,
             int ldb, int n);

/* Rows become orthonormal in order, each with what it had of itself counted positively, as by QR
   with a positive diagonal. Rows of which nothing is left become zero. Gives how many are left. */
int orthonormal(double *rows, int ld, int count, int n);

/* The lower-triangular L' with L' L'^T = L L^T, in place of L (rows x n, n > rows): R^T of LAPACK's
   QR of L^T, with its signs. */
void fold(double *L, int ld, int rows, int n);

/* Turn rows among themselves until they are orthogonal, and rows of `others`, m long, with them. */
void make_orthogonal(double *rows, int ld, int count, int n, double *others, int ldo, int m);

/* Singular values of a matrix of few rows, largest first; the rows are spoilt. */
void singular_values(double *rows, int ld, int count, int n, double *values);

#endif
