#include "detect/validators/decoded.h"

#include <glib.h>
#include <string.h>

void decoded_clear(Decoded *decoded)
{
    if (decoded->data != NULL)
        explicit_bzero(decoded->data, decoded->len);
    g_free(decoded->data);
}

/* Base64 of either alphabet (RFC 4648 sections 4 and 5), with or without padding. */
Decoded base64_decode(const uint8_t *text, size_t len)
{
    Decoded decoded = {NULL, 0};
    char *copy = g_malloc(len + 5);
    size_t end = len;

    while (end > 0 && text[end - 1] == '=')
        end--;
    for (size_t i = 0; i < end; i++)
        copy[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : (char)text[i];
    for (; end % 4 != 0; end++)
        copy[end] = '=';
    copy[end] = '\0';
    decoded.data = g_base64_decode(copy, &decoded.len);
    explicit_bzero(copy, end);
    g_free(copy);
    return decoded;
}

bool is_base64(uint8_t c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '/';
}
