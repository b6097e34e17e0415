/* How many requests were answered, by route and status. Any thread; never blocks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct ApiCounts ApiCounts;

/* Routes are numbered from 0; count itself stands for requests that fit none. */
ApiCounts *api_counts_new(size_t count);
void api_counts_free(ApiCounts *counts);

void api_counts_add(ApiCounts *counts, size_t route, int status);

/* How often; the status that stands for all others is 0. */
typedef void (*ApiCountVisitor)(void *data, size_t route, int status, uint64_t answers);
/* Those that happened at all. */
void api_counts_visit(const ApiCounts *counts, ApiCountVisitor visitor, void *data);
