/* The log: one line an outcome, an event name and facts, on standard error, as text or as JSON.
 *
 *   log_info("page.done", "job", id.text, "objects", log_int(n), NULL);
 *
 * Keys and values alternate and end with NULL; every value is a string. Only the edges (workers, the server, the
 * command line) log; rooms return errors. Never scanned content. Any thread. */
#pragma once

#include "base/error.h"

#include <stdint.h>

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR } LogLevel;
typedef enum LogFormat { LOG_TEXT, LOG_JSON } LogFormat;

/* At start-up, before other threads run. The default is LOG_WARNING and LOG_TEXT. */
void log_configure(LogLevel level, LogFormat format);

void log_event(LogLevel level, const char *event, ...) G_GNUC_NULL_TERMINATED;

#define log_debug(...)   log_event(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)    log_event(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_event(LOG_WARNING, __VA_ARGS__)
#define log_error(...)   log_event(LOG_ERROR, __VA_ARGS__)

/* A number as a log value: a small ring of buffers of the calling thread, good until 16 more calls. */
const char *log_int(int64_t value);
