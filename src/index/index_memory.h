/* Executions in memory, for tests: what was put in comes out in order, and a call fails on demand. */
#pragma once

#include "index/execution_index.h"

ExecutionIndex *index_memory_new(void);

/* Copies; in any order. */
void index_memory_put(ExecutionIndex *index, const IndexedExecution *execution);

/* The n-th query from now on (1 is the next) fails with UNAVAILABLE, once; 0: none. */
void index_memory_fail_call(ExecutionIndex *index, uint32_t number);
