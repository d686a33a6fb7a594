/* Functions of one number, within a unit or two of the last digit; there is no C library here. */
#ifndef MATHS_H
#define MATHS_H

double exp(double x);
double log(double x);
double log1p(double x); /* x > -1; to the last bit that of glibc: draws from a tail show it */
double tanh(double x);
double erf(double x);
double erfc(double x);
double log_normal_below(double x); /* log of the normal law's distribution function */

/* The page's own, for the few angles of a snapshot. */
__attribute__((import_module("page"), import_name("asin"))) double asin(double);
__attribute__((import_module("page"), import_name("acos"))) double acos(double);

static inline double size_of(double x) { return __builtin_fabs(x); }
static inline double root(double x) { return __builtin_sqrt(x); }
static inline double larger(double x, double y) { return x > y ? x : y; }
static inline double smaller(double x, double y) { return x < y ? x : y; }

#endif
