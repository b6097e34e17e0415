#include "detect/gap.h"
#include "detect/byte_class.h"

#include <glib.h>
#include <string.h>

enum { TAG_MAX = 64, LINES_MAX = 2 };

static const uint8_t FILLS[256] = {[' '] = 1,
    ['\t'] = 1,
    ['\r'] = 1,
    ['\n'] = 1,
    ['"'] = 1,
    ['\''] = 1,
    ['`'] = 1,
    [':'] = 1,
    ['='] = 1,
    ['*'] = 1,
    ['#'] = 1,
    ['('] = 1,
    [')'] = 1,
    ['.'] = 1,
    ['_'] = 1,
    ['-'] = 1,
    ['>'] = 1};

/* Attributes and keys that hold what another one names. */
static const char *const HOLDERS[] = {"value", "content"};
enum { HOLDER_MAX = 7 };

static bool begins_tag(const uint8_t *text, size_t len)
{
    size_t at = len > 1 && text[1] == '/' ? 2 : 1;

    return len > at && g_ascii_isalpha((char)text[at]) &&
           !(len > at + 1 && g_ascii_strncasecmp((const char *)text + at, "tr", 2) == 0);
}

/* Of the tag that begins here; 0: there is none. */
static size_t tag_length(const uint8_t *text, size_t len)
{
    if (!begins_tag(text, len))
        return 0;
    for (size_t i = 1; i < MIN(len, (size_t)TAG_MAX); i++) {
        if (text[i] == '>')
            return i + 1;
        if (text[i] == '<' || text[i] == '\n')
            return 0;
    }
    return 0;
}

static size_t holder_length(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(HOLDERS); i++) {
        size_t holder = strlen(HOLDERS[i]);
        if (len >= holder && memcmp(text, HOLDERS[i], holder) == 0)
            return holder;
    }
    return 0;
}

size_t gap_end(const TextView *view, size_t at)
{
    size_t end = MIN(view->len, at + GAP_MAX), lines = 0;

    while (at < end) {
        const uint8_t *here = view->data + at;
        size_t len = FILLS[*here] != 0 ? 1 : *here == '<' ? tag_length(here, end - at) : holder_length(here, end - at);
        lines += *here == '\n' ? 1 : 0;
        if (len == 0 || lines > LINES_MAX)
            return at;
        at += len;
    }
    return at;
}

/* Behind the tag whose inner part is at an index; the index if there is none. */
static size_t rest_of_tag(const TextView *view, size_t at)
{
    const uint8_t *here = view->data + at;
    const uint8_t *end = memchr(here, '>', MIN(view->len - at, (size_t)TAG_MAX));
    size_t len = end != NULL ? (size_t)(end - here) : 0;

    if (end == NULL || memchr(here, '<', len) != NULL || memchr(here, '\n', len) != NULL)
        return at;
    return at + len + 1;
}

/* Of the tag that ends before an index, in so many bytes; 0: there is none. */
static size_t tag_length_before(const uint8_t *end, size_t len)
{
    for (size_t i = 2; i <= MIN(len, (size_t)TAG_MAX); i++) {
        const uint8_t *from = end - i;
        if (*from == '<')
            return begins_tag(from, i) ? i : 0;
        if (*from == '>' || *from == '\n')
            return 0;
    }
    return 0;
}

static size_t holder_length_before(const uint8_t *end, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(HOLDERS); i++) {
        size_t holder = strlen(HOLDERS[i]);
        if (len > holder && memcmp(end - holder, HOLDERS[i], holder) == 0 && FILLS[end[-(ptrdiff_t)holder - 1]] != 0)
            return holder;
    }
    return 0;
}

/* Of what ends before an index and says nothing, in so many bytes; 0: nothing does. */
static size_t piece_before(const uint8_t *end, size_t len)
{
    size_t tag = end[-1] == '>' ? tag_length_before(end, len) : 0;

    if (tag > 0)
        return tag;
    return FILLS[end[-1]] != 0 ? 1 : holder_length_before(end, len);
}

size_t gap_start(const TextView *view, size_t at)
{
    size_t start = at > GAP_MAX ? at - GAP_MAX : 0, lines = 0;

    while (at > start) {
        size_t len = piece_before(view->data + at, at - start);
        lines += view->data[at - 1] == '\n' ? 1 : 0;
        if (len == 0 || lines > LINES_MAX)
            return at;
        at -= len;
    }
    return at;
}

/* Behind the holder whose inner part is at an index; the index if there is none. */
static size_t rest_of_holder(const TextView *view, size_t at)
{
    size_t end = at, furthest = MIN(view->len, at + HOLDER_MAX);

    while (end < furthest && byte_is_word(view->data[end]))
        end++;
    return end > at && holder_length_before(view->data + end, end) > 0 ? end : at;
}

/* Most indices have nothing of a gap around them. */
size_t gap_end_around(const TextView *view, size_t at)
{
    size_t tag = rest_of_tag(view, at), end = gap_end(view, tag > at ? tag : rest_of_holder(view, at));

    if (end == at)
        return at;
    size_t start = gap_start(view, end);
    return start <= at && end - start > GAP_PUNCTUATION_MAX ? end : at;
}
