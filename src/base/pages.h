/* Large buffers for plain text. The system hands out such memory when it is first written to, and clears what is given
 * back: a buffer costs what was used of it, and need not be wiped. */
#pragma once

#include <stddef.h>

/* Zeros. Out of memory ends the program, as everywhere. */
void *pages_new(size_t bytes);

/* bytes: as many as pages_new() was asked for. NULL is fine. */
void pages_free(void *pages, size_t bytes);
