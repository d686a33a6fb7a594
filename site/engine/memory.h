/* Room for arrays. A run asks for what it needs when it begins and nothing is ever given back: each
   run has a WebAssembly memory of its own, which goes with it. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* That many zeros, at an address that 16 divides; NULL where memory ends. */
double *room(size_t count);

void copy(double *to, const double *from, size_t count);
void clear(double *to, size_t count);

#endif
