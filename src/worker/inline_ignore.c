#include "worker/inline_ignore.h"

#include <string.h>

/* HELD: matches are handed over at most so many bytes after the text was fed. */
enum { LINE_BYTES = 64 * 1024, HELD_BYTES = 1024 * 1024, NAMES_BYTES = 1024 };

static const char directive[] = "trawl:ignore";
enum { DIRECTIVE_LEN = sizeof directive - 1 };

typedef struct Ignored {
    uint64_t line, position;
    bool is_alone; /* the next line too */
    char *names;   /* ids separated by commas; NULL: all */
} Ignored;

struct InlineIgnore {
    InlineSink sink;
    void *data;
    GByteArray *held; /* an unfinished line */
    GArray *ignored;  /* Ignored, in order of line */
    uint64_t line;    /* of the next byte that is looked at, from 1 */
    uint64_t position;
    bool is_overlong; /* the next byte belongs to a line whose beginning was passed on */
};

static void ignored_clear(gpointer data)
{
    g_free(((Ignored *)data)->names);
}

InlineIgnore *inline_ignore_new(void)
{
    InlineIgnore *ignore = g_new0(InlineIgnore, 1);

    ignore->held = g_byte_array_new();
    ignore->ignored = g_array_new(FALSE, FALSE, sizeof(Ignored));
    g_array_set_clear_func(ignore->ignored, ignored_clear);
    return ignore;
}

static void wipe(InlineIgnore *ignore)
{
    if (ignore->held->len > 0)
        explicit_bzero(ignore->held->data, ignore->held->len);
    g_byte_array_set_size(ignore->held, 0);
}

void inline_ignore_free(InlineIgnore *ignore)
{
    if (ignore == NULL)
        return;
    wipe(ignore);
    g_byte_array_unref(ignore->held);
    g_array_unref(ignore->ignored);
    g_free(ignore);
}

void inline_ignore_begin(InlineIgnore *ignore, InlineSink sink, void *data)
{
    wipe(ignore);
    g_array_set_size(ignore->ignored, 0);
    ignore->sink = sink;
    ignore->data = data;
    ignore->line = 1;
    ignore->position = 0;
    ignore->is_overlong = false;
}

static bool goes_on(char byte)
{
    return g_ascii_isalnum(byte) || byte == '_' || byte == '-' || byte == ':' || (signed char)byte < 0;
}

/* The names behind "=": empty if there are none, NULL if no "=" follows. */
static char *names_after(const char *after, const char *line_end)
{
    const char *end = after + 1;

    if (after >= line_end || *after != '=')
        return NULL;
    while (end < line_end && (g_ascii_isalnum(*end) || *end == '_' || *end == '.' || *end == ','))
        end++;
    return g_strndup(after + 1, MIN((gsize)(end - after - 1), (gsize)NAMES_BYTES));
}

/* Behind the words with which a comment begins where no mark does. */
static const char *skip_comment_word(const char *line, const char *at)
{
    static const char *const words[] = {"rem", "@rem", "dnl"};

    while (line < at && (*line == ' ' || *line == '\t'))
        line++;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t len = strlen(words[i]);
        bool is_longer = (size_t)(at - line) > len && (line[len] == ' ' || line[len] == '\t');
        if (is_longer && g_ascii_strncasecmp(line, words[i], len) == 0)
            return line + len;
    }
    return line;
}

static bool is_only_marks(const char *line, const char *at)
{
    for (; line < at; line++)
        if (strchr(" \t#/*-<!;%(\"'{:.", *line) == NULL || *line == '\0')
            return false;
    return true;
}

static bool is_blank(const char *text, const char *end)
{
    while (text < end && g_ascii_isspace(*text))
        text++;
    return text == end;
}

/* Nothing before it but marks of a comment, nothing behind the comment's end if it has one. Ends that a remark may hold
 * as well count only if the comment begins so ("opener"). */
static bool stands_alone(const char *line, const char *at, const char *line_end)
{
    static const struct {
        const char *opener, *closer;
    } kinds[] = {{"", "*/"}, {"", "-->"}, {"(*", "*)"}, {"<%", "%>"}, {"<#", "#>"}, {"{", "}"}};
    const char *mark = skip_comment_word(line, at);

    if (!is_only_marks(mark, at))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
        size_t closer_len = strlen(kinds[i].closer);
        const char *end = memmem(at, (size_t)(line_end - at), kinds[i].closer, closer_len);
        if (end == NULL || strncmp(mark, kinds[i].opener, strlen(kinds[i].opener)) != 0)
            continue;
        for (end += closer_len; end < line_end && *end == '}';)
            end++; /* }} of templates */
        if (!is_blank(end, line_end))
            return false;
    }
    return true;
}

/* What is far behind: no match of it can come any more. */
static void forget(InlineIgnore *ignore)
{
    guint old = 0;

    while (old < ignore->ignored->len &&
           g_array_index(ignore->ignored, Ignored, old).position + HELD_BYTES < ignore->position)
        old++;
    if (old > 1024 || old == ignore->ignored->len)
        g_array_remove_range(ignore->ignored, 0, old);
}

static void note(InlineIgnore *ignore, const char *line, const char *at, const char *line_end)
{
    const char *after = at + DIRECTIVE_LEN;

    if ((at > line && goes_on(at[-1])) || (after < line_end && goes_on(*after)))
        return;
    const Ignored ignored = {.line = ignore->line,
        .position = ignore->position,
        .is_alone = stands_alone(line, at, line_end),
        .names = names_after(after, line_end)};
    g_array_append_val(ignore->ignored, ignored);
}

static void look_at_line(InlineIgnore *ignore, const char *line, const char *line_end)
{
    const char *at = line;

    while ((at = memmem(at, (size_t)(line_end - at), directive, DIRECTIVE_LEN)) != NULL) {
        note(ignore, line, at, line_end);
        at += DIRECTIVE_LEN;
    }
}

/* Whole lines, or the rest of the text, or the beginning of a line that is too long. */
static void look_at(InlineIgnore *ignore, const char *text, size_t len)
{
    const char *end = text + len;

    ignore->position += len;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline != NULL ? newline : end;
        if (!ignore->is_overlong)
            look_at_line(ignore, text, line_end);
        ignore->is_overlong = newline == NULL;
        ignore->line += newline != NULL;
        text = newline != NULL ? newline + 1 : end;
    }
    forget(ignore);
}

static bool pass_on(InlineIgnore *ignore, size_t len, GError **error)
{
    if (len == 0)
        return true;
    look_at(ignore, (const char *)ignore->held->data, len);
    TRY(ignore->sink(ignore->data, (const char *)ignore->held->data, len, error));
    g_byte_array_remove_range(ignore->held, 0, (guint)len);
    return true;
}

static bool feed_some(InlineIgnore *ignore, const char *utf8, size_t len, GError **error)
{
    g_byte_array_append(ignore->held, (const guint8 *)utf8, (guint)len);
    const uint8_t *newline = memrchr(ignore->held->data, '\n', ignore->held->len);
    if (newline != NULL)
        return pass_on(ignore, (size_t)(newline - ignore->held->data) + 1, error);
    return ignore->held->len < LINE_BYTES || pass_on(ignore, ignore->held->len, error);
}

bool inline_ignore_feed(InlineIgnore *ignore, const char *utf8, size_t len, GError **error)
{
    while (len > 0) {
        size_t some = MIN(len, (size_t)LINE_BYTES);
        TRY(feed_some(ignore, utf8, some, error));
        utf8 += some;
        len -= some;
    }
    return true;
}

bool inline_ignore_end(InlineIgnore *ignore, GError **error)
{
    return pass_on(ignore, ignore->held->len, error);
}

static bool names_rule(const char *names, const Rule *rule)
{
    if (names == NULL)
        return true;
    g_auto(GStrv) ids = g_strsplit(names, ",", -1);
    return g_strv_contains((const char *const *)ids, rule->detector) ||
           g_strv_contains((const char *const *)ids, rule->id);
}

bool inline_ignore_covers(const InlineIgnore *ignore, const Match *match, uint64_t *ret_line)
{
    guint first = 0, last = ignore->ignored->len;

    while (first < last) { /* the first that is not before the line above */
        guint middle = first + (last - first) / 2;
        if (g_array_index(ignore->ignored, Ignored, middle).line + 1 < match->line)
            first = middle + 1;
        else
            last = middle;
    }
    for (; first < ignore->ignored->len; first++) {
        const Ignored *ignored = &g_array_index(ignore->ignored, Ignored, first);
        if (ignored->line > match->line)
            return false;
        if ((ignored->line == match->line || ignored->is_alone) && names_rule(ignored->names, match->rule)) {
            *ret_line = ignored->line;
            return true;
        }
    }
    return false;
}
