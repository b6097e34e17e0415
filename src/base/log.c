#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LOG_INT_RING = 16, LOG_INT_SIZE = 24 };

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};

static LogLevel log_level = LOG_WARNING;
static LogFormat log_format = LOG_TEXT;

void log_configure(LogLevel level, LogFormat format)
{
    log_level = level;
    log_format = format;
}

static void append_quoted(GString *line, const char *value)
{
    g_string_append_c(line, '"');
    for (const char *at = value; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\')
            g_string_append_printf(line, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7F)
            g_string_append_printf(line, "\\u%04x", byte);
        else
            g_string_append_c(line, (char)byte);
    }
    g_string_append_c(line, '"');
}

static bool is_plain(const char *value)
{
    for (const char *at = value; *at != '\0'; at++)
        if ((unsigned char)*at <= 0x20 || *at == '"' || *at == '\\' || *at == '=' || *at == 0x7F)
            return false;
    return *value != '\0';
}

static void append_fact(GString *line, const char *key, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value != NULL ? value : "", -1);

    if (log_format == LOG_JSON) {
        g_string_append_c(line, ',');
        append_quoted(line, key);
        g_string_append_c(line, ':');
        append_quoted(line, valid);
        return;
    }
    g_string_append_printf(line, " %s=", key);
    if (is_plain(valid))
        g_string_append(line, valid);
    else
        append_quoted(line, valid);
}

void log_event(LogLevel level, const char *event, ...)
{
    if (level < log_level)
        return;

    g_autofree char *now = clock_format_iso_ms(clock_now_ms());
    g_autoptr(GString) line = g_string_new(NULL);
    const bool is_json = log_format == LOG_JSON;
    if (is_json)
        g_string_append_printf(
            line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now, level_names[level], event);
    else
        g_string_append_printf(line, "%s %s %s", now, level_names[level], event);

    va_list args;
    va_start(args, event);
    for (const char *key = va_arg(args, const char *); key != NULL; key = va_arg(args, const char *))
        append_fact(line, key, va_arg(args, const char *));
    va_end(args);

    g_string_append(line, is_json ? "}\n" : "\n");
    (void)fwrite(line->str, 1, line->len, stderr);
}

const char *log_int(int64_t value)
{
    static _Thread_local char ring[LOG_INT_RING][LOG_INT_SIZE];
    static _Thread_local unsigned next;
    char *slot = ring[next++ % LOG_INT_RING];

    (void)snprintf(slot, LOG_INT_SIZE, "%" G_GINT64_FORMAT, value);
    return slot;
}
