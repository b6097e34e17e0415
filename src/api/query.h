/* Query parameters, strictly: what a route does not know is an error that names it. Borrowed from the call. */
#pragma once

#include "net/http_server.h"

/* known ends with NULL. INVALID for a parameter that is unknown, repeated or empty. */
FALLIBLE bool query_check(const HttpCall *call, const char *const *known, GError **error);

/* The value, or NULL. */
const char *query_get(const HttpCall *call, const char *name);

/* "true" or "false"; false without the parameter. */
FALLIBLE bool query_flag(const HttpCall *call, const char *name, bool *ret_is_set, GError **error);

/* limit: 1 to 1000, 100 without. */
FALLIBLE bool query_limit(const HttpCall *call, uint32_t *ret_limit, GError **error);

/* Path and filters (all known parameters but limit and nextToken) as one text; owned by the caller. */
char *query_binding(const HttpCall *call, const char *const *known);

/* A time, or a date alone; *ret_time_ms is not touched without the parameter. */
FALLIBLE bool query_time(const HttpCall *call, const char *name, int64_t *ret_time_ms, GError **error);
