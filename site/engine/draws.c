/* The ziggurat of Marsaglia and Tsang (2000) with 256 layers, and their gamma numbers (2000). */
#include "draws.h"

#include "maths.h"
#include "ziggurat.h" /* made by build.py: widths, heights and edges of the layers */

#define NORMAL_EDGE 3.6541528853610087963519472518 /* where the tail begins */
#define NORMAL_EDGE_INVERSE 0.27366123732975827203338247596
#define PLACES 0xfffffffffffffULL
#define EXPONENTIAL_EDGE 7.6971174701310497140446280481

/* What the first test has not let through: the tail, or the rim of a layer. */
static __attribute__((noinline)) int kept(struct stream *s, uint64_t bits, double *x) {
  int layer = bits & 0xff;
  if (layer > 0) {
    double step = normal_height[layer - 1] - normal_height[layer];
    return step * uniform(s) + normal_height[layer] < exp(-0.5 * *x * *x);
  }
  for (;;) {
    double beyond = -NORMAL_EDGE_INVERSE * log1p(-uniform(s)), room = -log1p(-uniform(s));
    if (room + room > beyond * beyond) {
      *x = bits >> 17 & 1 ? -(NORMAL_EDGE + beyond) : NORMAL_EDGE + beyond;
      return 1;
    }
  }
}

/* Bits of a draw: the layer (8), the sign (1), the place in the layer (52). */
static inline __attribute__((always_inline)) double normal(struct stream *own) {
  for (;;) {
    uint64_t bits = next64(own), sign = bits << 55 & 1ULL << 63, place = bits >> 9 & PLACES;
    double size = place * normal_width[bits & 0xff], x;
    uint64_t image;
    __builtin_memcpy(&image, &size, sizeof image);
    image |= sign;
    __builtin_memcpy(&x, &image, sizeof x);
    if (__builtin_expect(place < normal_inside[bits & 0xff], 1)) return x;
    struct stream s = *own; /* a copy, so that its own stays in registers */
    int taken = kept(&s, bits, &x);
    *own = s;
    if (taken) return x;
  }
}

void fill_normal(struct stream *s, double *to, int count) {
  struct stream own = *s;
  for (int i = 0; i < count; i++) to[i] = normal(&own);
  *s = own;
}

static double exponential(struct stream *s) {
  for (;;) {
    uint64_t bits = next64(s) >> 3;
    int layer = bits & 0xff;
    bits >>= 8;
    double x = bits * exponential_width[layer];
    if (bits < exponential_inside[layer]) return x;
    if (layer == 0) return EXPONENTIAL_EDGE - log1p(-uniform(s));
    double step = exponential_height[layer - 1] - exponential_height[layer];
    if (step * uniform(s) + exponential_height[layer] < exp(-x)) return x;
  }
}

/* A gamma number of shape below 1. NumPy raises to the power 1 / shape; here that is 2, since
   degrees of freedom are whole wherever they are below 2. */
static double gamma_half(struct stream *s) {
  for (;;) {
    double u = uniform(s), v = exponential(s);
    if (u <= 0.5) {
      if (u * u <= v) return u * u;
    } else {
      double y = -log((1 - u) / 0.5), x = 0.5 + 0.5 * y;
      if (x * x <= v + y) return x * x;
    }
  }
}

double chisquare(struct stream *s, double freedom) {
  double shape = freedom / 2;
  if (shape == 1) return 2 * exponential(s);
  if (shape < 1) return 2 * gamma_half(s);
  double b = shape - 1. / 3., c = 1. / __builtin_sqrt(9 * b);
  for (;;) {
    double x, v;
    do {
      x = normal(s);
      v = 1.0 + c * x;
    } while (v <= 0.0);
    v = v * v * v;
    double u = uniform(s);
    if (u < 1.0 - 0.0331 * (x * x) * (x * x)) return 2 * (b * v);
    if (log(u) < 0.5 * x * x + b * (1. - v + log(v))) return 2 * (b * v);
  }
}
