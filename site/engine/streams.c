#include "streams.h"

#define POOL 4

static uint32_t hash(uint32_t value, uint32_t *constant, uint32_t times) {
  value ^= *constant;
  *constant *= times;
  value *= *constant;
  return value ^ value >> 16;
}

static uint32_t mix(uint32_t x, uint32_t y) {
  uint32_t mixed = 0xca01f9ddU * x - 0x4973f715U * y;
  return mixed ^ mixed >> 16;
}

/* NumPy's SeedSequence: the pool that a seed and the number of a child fill. */
static void fill_pool(uint32_t *pool, const uint32_t *words, int count) {
  uint32_t constant = 0x43b0d7e5U;
  const uint32_t times = 0x931e8875U;
  for (int i = 0; i < POOL; i++) pool[i] = hash(i < count ? words[i] : 0, &constant, times);
  for (int from = 0; from < POOL; from++)
    for (int to = 0; to < POOL; to++)
      if (from != to) pool[to] = mix(pool[to], hash(pool[from], &constant, times));
  for (int from = POOL; from < count; from++)
    for (int to = 0; to < POOL; to++) pool[to] = mix(pool[to], hash(words[from], &constant, times));
}

void begin_stream(struct stream *s, uint32_t seed_low, uint32_t seed_high, int child) {
  uint32_t words[POOL + 1] = {seed_low, seed_high, 0, 0, (uint32_t)child}, pool[POOL];
  fill_pool(pool, words, child < 0 ? 2 : POOL + 1);
  uint32_t constant = 0x8b51f9ddU;
  uint64_t drawn[4];
  for (int i = 0; i < 4; i++) {
    uint64_t low = hash(pool[2 * i % POOL], &constant, 0x58f38dedU);
    uint64_t high = hash(pool[(2 * i + 1) % POOL], &constant, 0x58f38dedU);
    drawn[i] = low | high << 32;
  }
  s->add_high = drawn[2] << 1 | drawn[3] >> 63;
  s->add_low = drawn[3] << 1 | 1;
  s->high = s->low = 0;
  s->has_half = 0;
  step_stream(s);
  s->low += drawn[1];
  s->high += drawn[0] + (s->low < drawn[1]);
  step_stream(s);
}

double sign(struct stream *s) {
  uint32_t bits = s->half;
  if (!s->has_half) {
    uint64_t both = next64(s);
    bits = (uint32_t)both;
    s->half = both >> 32;
  }
  s->has_half = !s->has_half;
  return bits >> 31 ? 1.0 : -1.0;
}
