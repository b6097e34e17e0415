#include "base/metrics.h"

#include <stdatomic.h>

static const MetricInfo infos[METRIC_COUNT] = {
#define METRIC(name, text, type, help) [METRIC_##name] = {text, help, METRIC_TYPE_##type},
#include "base/metrics.def"
#undef METRIC
};

static _Atomic uint64_t values[METRIC_COUNT];

void metric_add(Metric metric, uint64_t count)
{
    atomic_fetch_add_explicit(&values[metric], count, memory_order_relaxed);
}

uint64_t metric_get(Metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

const MetricInfo *metric_info(Metric metric)
{
    return &infos[metric];
}
