#include "api/api_counts.h"

#include <glib.h>
#include <stdatomic.h>

/* What the table of error kinds and the routes can answer; the first stands for anything else. */
static const int statuses[] = {0, 200, 201, 202, 400, 401, 403, 404, 405, 409, 413, 415, 422, 500, 502, 503, 504, 507};

enum { STATUS_COUNT = G_N_ELEMENTS(statuses) };

typedef struct RouteCounts {
    _Atomic uint64_t answers[STATUS_COUNT];
} RouteCounts;

struct ApiCounts {
    size_t count;
    RouteCounts routes[];
};

ApiCounts *api_counts_new(size_t count)
{
    ApiCounts *counts = g_malloc0(sizeof *counts + (count + 1) * sizeof *counts->routes);

    counts->count = count;
    return counts;
}

void api_counts_free(ApiCounts *counts)
{
    g_free(counts);
}

static size_t place_of(int status)
{
    for (size_t i = 1; i < STATUS_COUNT; i++)
        if (statuses[i] == status)
            return i;
    return 0;
}

void api_counts_add(ApiCounts *counts, size_t route, int status)
{
    RouteCounts *row = &counts->routes[MIN(route, counts->count)];

    atomic_fetch_add_explicit(&row->answers[place_of(status)], 1, memory_order_relaxed);
}

void api_counts_visit(const ApiCounts *counts, ApiCountVisitor visitor, void *data)
{
    for (size_t route = 0; route <= counts->count; route++) {
        for (size_t i = 0; i < STATUS_COUNT; i++) {
            uint64_t answers = atomic_load_explicit(&counts->routes[route].answers[i], memory_order_relaxed);
            if (answers > 0)
                visitor(data, route, statuses[i], answers);
        }
    }
}
