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

/* The state times 2549297995355413924 2^64 + 4865540595714422341, plus what it adds. */
static inline void step_stream(struct stream *s) {
  const uint64_t b0 = (uint32_t)TIMES_LOW, b1 = TIMES_LOW >> 32;
  uint64_t a0 = (uint32_t)s->low, a1 = s->low >> 32;
  uint64_t lowest = a0 * b0, middle = a1 * b0 + (lowest >> 32), other = a0 * b1 + (uint32_t)middle;
  uint64_t carried = a1 * b1 + (middle >> 32) + (other >> 32);
  uint64_t low = (other << 32 | (uint32_t)lowest) + s->add_low;
  s->high = s->high * TIMES_LOW + s->low * TIMES_HIGH + carried + s->add_high + (low < s->add_low);
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
