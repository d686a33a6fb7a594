/* Random bits as NumPy draws them: SeedSequence, and the generator PCG64 behind default_rng.
   O'Neill 2014, PCG: a family of simple fast space-efficient ... algorithms. */
#ifndef STREAMS_H
#define STREAMS_H

#include <stdint.h>

struct stream {
  uint64_t high, low;           /* the 128 bits of its state */
  uint64_t add_high, add_low;   /* what each step adds; odd */
  uint32_t half;                /* the other half of a number of which 32 bits were wanted */
  int has_half;
};

/* numpy.random.default_rng(SeedSequence(seed).spawn(...)[child]); child -1 is the sequence itself. */
void begin_stream(struct stream *s, uint32_t seed_low, uint32_t seed_high, int child);

#define TIMES_HIGH 0x2360ed051fc65da4ULL
#define TIMES_LOW 0x4385df649fccf645ULL

static inline uint64_t high_of_product(uint64_t a, uint64_t b) {
  uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
  uint64_t low = a0 * b0, middle = a1 * b0 + (low >> 32), other = a0 * b1 + (uint32_t)middle;
  return a1 * b1 + (middle >> 32) + (other >> 32);
}

static inline void step_stream(struct stream *s) {
  uint64_t low = s->low * TIMES_LOW + s->add_low;
  s->high = s->high * TIMES_LOW + s->low * TIMES_HIGH + high_of_product(s->low, TIMES_LOW) +
            s->add_high + (low < s->add_low);
  s->low = low;
}

/* 64 random bits. */
static inline uint64_t next64(struct stream *s) {
  step_stream(s);
  uint64_t mixed = s->high ^ s->low;
  unsigned turn = s->high >> 58;
  return mixed >> turn | mixed << (-turn & 63);
}

/* Uniform in [0, 1). */
static inline double uniform(struct stream *s) { return (next64(s) >> 11) * 0x1p-53; }

/* -1 or 1, as Generator.choice([-1.0, 1.0]) takes them: by the top bit of each 32. */
double sign(struct stream *s);

#endif
