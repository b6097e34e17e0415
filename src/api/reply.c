#include "api/reply.h"

#include <string.h>

enum { MESSAGE_MAX_BYTES = 1000, REAL_DIGITS = 10 };

json_t *reply_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return json_string(valid);
}

HttpReply *reply_json(int status, json_t *take_root)
{
    char *text = json_dumps(take_root, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));

    g_assert(text != NULL);
    json_decref(take_root);
    g_autoptr(GString) line = g_string_new(text);
    free(text);
    g_string_append_c(line, '\n');

    HttpReply *reply = http_reply_new(status, "application/json", g_bytes_new(line->str, line->len));
    http_reply_add_header(reply, "Cache-Control", "no-store");
    http_reply_add_header(reply, "X-Content-Type-Options", "nosniff");
    return reply;
}

static char *presentable(const char *message)
{
    g_autofree char *valid = g_utf8_make_valid(message, -1);
    g_autoptr(GString) text = g_string_new(NULL);

    for (const char *at = valid; *at != '\0' && text->len < MESSAGE_MAX_BYTES; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        g_string_append_unichar(text, g_unichar_iscntrl(c) ? ' ' : c);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

HttpReply *reply_error(ErrorKind kind, const char *message)
{
    return reply_error_with(kind, message, NULL, NULL);
}

HttpReply *reply_error_with(ErrorKind kind, const char *message, const char *name, json_t *take_value)
{
    g_autofree char *text = presentable(message);
    json_t *root = json_pack("{s:{s:s,s:s}}", "error", "code", error_kind_name(kind), "message", text);
    if (name != NULL)
        (void)json_object_set_new(root, name, take_value);
    HttpReply *reply = reply_json(error_kind_http_status(kind), root);

    if (kind == ERROR_UNAUTHORIZED)
        http_reply_add_header(reply, "WWW-Authenticate", "Bearer realm=\"trawl\"");
    if (error_kind_is_retryable(kind))
        http_reply_add_header(reply, "Retry-After", "1");
    return reply;
}
