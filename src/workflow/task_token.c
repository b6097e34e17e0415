#include "workflow/task_token.h"

#include <string.h>
#include <sys/random.h>

enum { SECRET_BYTES = 32, SECRET_DIGITS = 2 * SECRET_BYTES };

char *task_token_new(const char *execution_arn)
{
    guint8 secret[SECRET_BYTES] = {0};
    g_autoptr(GString) text = g_string_new(execution_arn);

    /* So few bytes come whole, and come always once the system is up. */
    if (getrandom(secret, sizeof secret, 0) != (ssize_t)sizeof secret)
        g_error("the system has no random numbers");
    g_string_append_c(text, '|');
    for (size_t i = 0; i < sizeof secret; i++)
        g_string_append_printf(text, "%02x", secret[i]);
    return g_base64_encode((const guchar *)text->str, text->len);
}

char *task_token_execution(const char *token)
{
    gsize len = 0;
    g_autofree guchar *bytes = g_base64_decode(token, &len);
    g_autofree char *text = g_strndup((const char *)bytes, len);
    const char *bar = strrchr(text, '|');

    if (!g_str_has_prefix(text, "arn:") || bar == NULL || strlen(bar + 1) != SECRET_DIGITS ||
        !g_utf8_validate(text, -1, NULL))
        return NULL;
    return g_strndup(text, (gsize)(bar - text));
}
