#include "detect/structure/table_origin.h"

#include <glib.h>
#include <string.h>

/* Behind a first line "sep=;", as Excel reads it; 0: there is none. */
static size_t skip_sep(Bytes text, uint8_t *ret_delimiter)
{
    size_t at = text.len > 0 && text.data[0] == '"' ? 1 : 0;

    if (text.len < at + 6 || g_ascii_strncasecmp((const char *)text.data + at, "sep=", 4) != 0)
        return 0;
    uint8_t delimiter = text.data[at + 4];
    at += 5;
    at += at < text.len && text.data[at] == '"' ? 1 : 0;
    at += at < text.len && text.data[at] == '\r' ? 1 : 0;
    if (at >= text.len || text.data[at] != '\n' || !(g_ascii_ispunct(delimiter) || delimiter == '\t') ||
        delimiter == '"')
        return 0;
    *ret_delimiter = delimiter;
    return at + 1;
}

/* The last of the lines that begin with '#' at the text's beginning may be the header. */
TableOrigin table_origin_find(Bytes text)
{
    TableOrigin origin = {0};
    size_t at = skip_sep(text, &origin.delimiter);
    uint64_t row = at > 0 ? 1 : 0;

    origin.at = at;
    origin.row = row;
    while (at < text.len && strchr("#\r\n", text.data[at]) != NULL && text.data[at] != '\0') {
        const uint8_t *newline = memchr(text.data + at, '\n', text.len - at);
        if (text.data[at] == '#') {
            origin.at = at;
            origin.row = row;
        }
        if (newline == NULL)
            break;
        at = (size_t)(newline - text.data) + 1;
        row++;
    }
    return origin;
}
