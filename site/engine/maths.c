/* Methods and coefficients: exp and logarithms of Sun's fdlibm, tanh and erf of Moshier's Cephes,
   both free for any use. */
#include "maths.h"

#include <stdint.h>

#define LN2_HIGH 6.93147180369123816490e-01
#define LN2_LOW 1.90821492927058770002e-10

static inline uint64_t bits_of(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double of_bits(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

static inline double polynomial(double x, const double *from_highest, int degree) {
  double sum = from_highest[0];
  for (int i = 1; i <= degree; i++) sum = sum * x + from_highest[i];
  return sum;
}

/* x = n log 2 + r, and exp r by a continued fraction. */
double exp(double x) {
  static const double P[] = {4.13813679705723846039e-08, -1.65339022054652515390e-06,
                             6.61375632143793436117e-05, -2.77777777770155933842e-03,
                             1.66666666666666019037e-01};
  if (!(x < 709.7)) return x == x ? (x > 709.78 ? __builtin_inf() : exp(x / 2) * exp(x / 2)) : x;
  if (x < -708) return x < -745.2 ? 0 : exp(x / 2) * exp(x / 2);
  double n = __builtin_rint(x * 1.44269504088896338700);
  double high = x - n * LN2_HIGH, low = n * LN2_LOW, r = high - low, t = r * r;
  double c = r - t * polynomial(t, P, 4);
  double y = 1 - ((low - r * c / (2 - c)) - high);
  return y * of_bits((uint64_t)(1023 + (int)n) << 52);
}

/* log of 2^power (1 + f), f between sqrt(1/2) - 1 and sqrt 2 - 1, by s = f / (2 + f); `lost` is what
   rounding took from it. The order of sums is that of glibc. */
static double log_of(int power, double f, double lost) {
  double half_square = 0.5 * f * f;
  if (power && size_of(f) < 0x1p-20) {
    if (f == 0) return power * LN2_HIGH + (lost + power * LN2_LOW);
    double rest = half_square * (1.0 - 0.66666666666666666 * f);
    return power * LN2_HIGH - ((rest - (power * LN2_LOW + lost)) - f);
  }
  double s = f / (2.0 + f), z = s * s, z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
  double r1 = z * 6.666666666666735130e-01;
  double r2 = 3.999999999940941908e-01 + z * 2.857142874366239149e-01;
  double r3 = 2.222219843214978396e-01 + z * 1.818357216161805012e-01;
  double r4 = 1.531383769920937332e-01 + z * 1.479819860510658591e-01;
  double sum = r1 + z2 * r2 + z4 * r3 + z6 * r4;
  if (power == 0) return f - (half_square - s * (half_square + sum));
  return power * LN2_HIGH -
         ((half_square - (s * (half_square + sum) + (power * LN2_LOW + lost))) - f);
}

/* The power and the f of a positive number. */
static double taken_apart(double whole, int *power) {
  uint64_t bits = bits_of(whole), fraction = bits & 0xfffffffffffffULL;
  int upper = fraction >> 32 >= 0x6a09e;
  *power = (int)(bits >> 52) - 1023 + upper;
  return of_bits(fraction | (upper ? 0x3feULL : 0x3ffULL) << 52) - 1.0;
}

double log(double x) {
  int power;
  if (!(x > 0)) return x == 0 ? -__builtin_inf() : __builtin_nan("");
  if (x < 0x1p-1022) return log(x * 0x1p54) - 54 * 0.6931471805599453;
  double f = taken_apart(x, &power);
  return log_of(power, f, 0);
}

double log1p(double x) {
  double size = size_of(x);
  if (size < 0x1p-29) return size < 0x1p-54 ? x : x - x * x * 0.5;
  if (x < 0 ? bits_of(size) >> 32 <= 0x3fd2bec3 : bits_of(x) >> 32 < 0x3fda827a)
    return log_of(0, x, 0);
  int power;
  double whole = 1.0 + x, f = taken_apart(whole, &power);
  int above = (int)(bits_of(whole) >> 52) - 1023 > 0;
  return log_of(power, f, (above ? 1.0 - (whole - x) : x - (whole - 1.0)) / whole);
}

double tanh(double x) {
  static const double P[] = {-9.64399179425052238628e-1, -9.92877231001918586564e1,
                             -1.61468768441708447952e3};
  static const double Q[] = {1, 1.12811678491632931402e2, 2.23548839060100448583e3,
                             4.84406305325125486048e3};
  double size = size_of(x), square = x * x;
  if (size < 0.625) return x + x * square * (polynomial(square, P, 2) / polynomial(square, Q, 3));
  double value = size > 20 ? 1 : 1 - 2 / (exp(2 * size) + 1);
  return x < 0 ? -value : value;
}

/* erfc(x) for x of 1 and more. */
static double tail(double x) {
  static const double P[] = {
      2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
      4.86371970985681366614e1,   1.96520832956077098242e2,  5.26445194995477358631e2,
      9.34528527171957607540e2,   1.02755188689515710272e3,  5.57535335369399327526e2};
  static const double Q[] = {1,
                             1.32281951154744992508e1,
                             8.67072140885989742329e1,
                             3.54937778887819891062e2,
                             9.75708501743205489753e2,
                             1.82390916687909736289e3,
                             2.24633760818710981792e3,
                             1.65666309194161350182e3,
                             5.57535340817727675546e2};
  static const double R[] = {5.64189583547755073984e-1, 1.27536670759978104416e0,
                             5.01905042251180477414e0,  6.16021097993053585195e0,
                             7.40974269950448939160e0,  2.97886665372100240670e0};
  static const double S[] = {1,
                             2.26052863220117276590e0,
                             9.39603524938001434673e0,
                             1.20489539808096656605e1,
                             1.70814450747565897222e1,
                             9.60896809063285878198e0,
                             3.36907645100081516050e0};
  double ratio = x < 8 ? polynomial(x, P, 8) / polynomial(x, Q, 8)
                       : polynomial(x, R, 5) / polynomial(x, S, 6);
  return exp(-x * x) * ratio;
}

double erf(double x) {
  static const double T[] = {9.60497373987051638749e0, 9.00260197203842689217e1,
                             2.23200534594684319226e3, 7.00332514112805075473e3,
                             5.55923013010394962768e4};
  static const double U[] = {1,
                             3.35617141647503099647e1,
                             5.21357949780152679795e2,
                             4.59432382970980127987e3,
                             2.26290000613890934246e4,
                             4.92673942608635921086e4};
  double size = size_of(x), square = x * x;
  if (size < 1) return x * (polynomial(square, T, 4) / polynomial(square, U, 5));
  double value = size > 6 ? 1 : 1 - tail(size);
  return x < 0 ? -value : value;
}

double erfc(double x) {
  if (x < 1) return x > -1 ? 1 - erf(x) : 2 - tail(-x);
  return tail(x);
}

/* Far below, where erfc underflows: Laplace's continued fraction. */
double log_normal_below(double x) {
  if (x > 0) return log1p(-0.5 * erfc(x * 0.7071067811865476));
  if (x > -20) return log(0.5 * erfc(-x * 0.7071067811865476));
  double fraction = -x;
  for (int i = 30; i > 0; i--) fraction = -x + i / fraction;
  return -0.5 * x * x - log(fraction) - 0.9189385332046727;
}
