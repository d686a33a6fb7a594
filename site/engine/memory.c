#include "memory.h"

#define PAGE 65536

extern unsigned char __heap_base; /* the linker's: where the program's own data ends */
static size_t end;

double *room(size_t count) {
  if (count > ((size_t)1 << 29)) return NULL; /* beyond 4 GB, and its bytes would not fit in size_t */
  if (!end) end = ((size_t)&__heap_base + 15) & ~(size_t)15;
  size_t begin = end, bytes = (count * sizeof(double) + 15) & ~(size_t)15;
  size_t have = __builtin_wasm_memory_size(0) * (size_t)PAGE;
  if (begin + bytes < begin) return NULL;
  if (begin + bytes > have || have == 0) {
    size_t pages = (begin + bytes - have + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return NULL;
  }
  end = begin + bytes;
  return (double *)begin; /* fresh pages are zero */
}

void copy(double *to, const double *from, size_t count) {
  __builtin_memcpy(to, from, count * sizeof(double));
}

void clear(double *to, size_t count) { __builtin_memset(to, 0, count * sizeof(double)); }
