/* What this process counts about itself: one table of numbers, declared in base/metrics.def, read by GET /metrics.
 *
 * Rooms that count something add a line there and call metric_add() where it happens. Any thread; never blocks. */
#pragma once

#include <stdint.h>

typedef enum Metric {
#define METRIC(name, text, type, help) METRIC_##name,
#include "base/metrics.def"
#undef METRIC
    METRIC_COUNT
} Metric;

typedef enum MetricType { METRIC_TYPE_COUNTER, METRIC_TYPE_GAUGE } MetricType;

typedef struct MetricInfo {
    const char *name; /* trawl_pages_claimed_total */
    const char *help;
    MetricType type;
} MetricInfo;

void metric_add(Metric metric, uint64_t count);
uint64_t metric_get(Metric metric);

/* Static. */
const MetricInfo *metric_info(Metric metric);
