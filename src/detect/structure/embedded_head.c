#include "detect/structure/embedded.h"
#include "detect/structure/printed_line.h"

#include <string.h>

static bool is_comment(Bytes line)
{
    return line.len == 0 || line.data[0] == '\r' ||
           (line.len >= 2 && (memcmp(line.data, "--", 2) == 0 || memcmp(line.data, "/*", 2) == 0));
}

/* Markdown's has none, and is delimited text as well. */
static bool is_ruler_with_crosses(Bytes line)
{
    PrintedCell runs[PRINTED_COLUMNS_MAX];
    uint32_t count = 0;

    return line.len > 0 && line.len <= PRINTED_LINE_MAX && printed_may_be_ruler(line.data[0]) &&
           (line.data[0] == 0xE2 || memchr(line.data, '+', line.len) != NULL) &&
           printed_ruler(line, runs, PRINTED_COLUMNS_MAX, &count) == RULER_BARS;
}

bool embedded_begins(Bytes text)
{
    enum { LINES_SEEN = 40, LINES_BEFORE_RULER = 3 };
    bool is_dump = true; /* so far */
    size_t at = 0, end = 0;

    for (unsigned lines = 0; lines < LINES_SEEN && at < text.len; lines++) {
        const uint8_t *newline = memchr(text.data + at, '\n', text.len - at);
        size_t next = newline != NULL ? (size_t)(newline - text.data) : text.len;
        const Bytes line = {.data = text.data + at, .len = next - at};
        if ((lines < LINES_BEFORE_RULER && is_ruler_with_crosses(line)) ||
            (is_dump && sql_head_verb(line, &end) != SQL_OTHER))
            return true;
        is_dump = is_dump && (is_comment(line) || sql_is_setup(line));
        if (!is_dump && lines >= LINES_BEFORE_RULER)
            return false;
        at = next + 1;
    }
    return false;
}
