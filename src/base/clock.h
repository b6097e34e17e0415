/* Time. Everything that asks for the time asks here, so that tests can own it. Any thread. */
#pragma once

#include "base/error.h"

#include <stdint.h>

/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_ms(void);

/* The year in UTC. Cheap enough to be asked for with each value that is looked at: it may lag by a few milliseconds. */
int clock_year(void);

/* Milliseconds that never run backwards, from an arbitrary start. */
int64_t clock_monotonic_ms(void);

/* Tests only: from now on clock_now_ms() returns this; a negative value gives the real time back. */
void clock_freeze_ms(int64_t now_ms);

/* "2025-11-09T10:00:00Z" (RFC 3339, UTC, whole seconds), owned by the caller. */
char *clock_format_iso(int64_t time_ms);
/* The same with milliseconds: "2025-11-09T10:00:00.123Z". */
char *clock_format_iso_ms(int64_t time_ms);

/* RFC 3339 / ISO 8601 with a zone, or without one (taken as UTC). INVALID otherwise. */
FALLIBLE bool clock_parse_iso(const char *text, int64_t *ret_time_ms, GError **error);

/* The same, or a date alone, which is its midnight in UTC: how people write a range of time. */
FALLIBLE bool clock_parse_day_or_iso(const char *text, int64_t *ret_time_ms, GError **error);
