/* An execution index in memory, for tests: a call fails on demand. Not for several threads. */
#pragma once

#include "index/execution_index.h"

ExecutionIndex *index_memory_new(void);

/* The n-th call from now on (1 is the next) fails with UNAVAILABLE, once; 0: none. */
void index_memory_fail_call(ExecutionIndex *index, uint32_t number);

/* How many events were put in, repeated ones counted again. */
uint32_t index_memory_puts(const ExecutionIndex *index);
