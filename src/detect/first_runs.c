/* Each part of a pattern has a profile: how many word characters it can match in all, if it matches nothing else, and
 * after how many the first other character can come. Profiles of parts combine to that of the whole. */
#include "detect/first_runs.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

typedef struct Profile {
    uint64_t open;   /* bit n: the part can match n word characters and nothing else */
    uint64_t closed; /* bit n: it can match another character after n word characters */
} Profile;

typedef struct Parser {
    const char *cursor;
    int depth;
    bool is_lost; /* something that this does not understand */
} Parser;

enum { MAX_DEPTH = 20, MAX_REPEAT = 64 };

static const Profile EMPTY = {.open = 1};

static Profile parse_alternatives(Parser *parser);

static uint64_t sums(uint64_t a, uint64_t b)
{
    uint64_t out = 0;

    for (unsigned i = 0; i <= FIRST_RUN_MAX; i++) {
        if ((a >> i & 1) == 0)
            continue;
        out |= b << i;
        if (i > 0 && b >> (FIRST_RUN_MAX + 1 - i) != 0)
            out |= UINT64_C(1) << FIRST_RUN_MAX;
    }
    return out;
}

static Profile concatenate(Profile a, Profile b)
{
    return (Profile){.open = sums(a.open, b.open), .closed = a.closed | sums(a.open, b.closed)};
}

static Profile either(Profile a, Profile b)
{
    return (Profile){.open = a.open | b.open, .closed = a.closed | b.closed};
}

/* kinds: what one character may be. */
enum { KIND_WORD = 1, KIND_OTHER = 2 };

static Profile character(unsigned kinds)
{
    return (Profile){.open = (kinds & KIND_WORD) != 0 ? 2 : 0, .closed = (kinds & KIND_OTHER) != 0 ? 1 : 0};
}

static Profile lost(Parser *parser)
{
    parser->is_lost = true;
    return EMPTY;
}

static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static Profile parse_escape(Parser *parser)
{
    char c = *parser->cursor;

    if (c == '\0')
        return lost(parser);
    parser->cursor++;
    if (c == 'b')
        return EMPTY;
    if (c == 'd' || c == 'w')
        return character(KIND_WORD);
    if (strchr("sntr", c) != NULL)
        return character(KIND_OTHER);
    return is_word(c) ? lost(parser) : character(KIND_OTHER);
}

/* "-Z" behind a first character; nothing if there is no range. False: a range that mixes kinds of character. */
static bool skip_range(Parser *parser, char low)
{
    char high = *parser->cursor == '-' ? parser->cursor[1] : ']';

    if (high == ']')
        return true;
    if (!g_ascii_isalnum(low) || !g_ascii_isalnum(high) || g_ascii_isdigit(low) != g_ascii_isdigit(high) ||
        g_ascii_isupper(low) != g_ascii_isupper(high))
        return false;
    parser->cursor += 2;
    return true;
}

/* One character of a class, escaped. Moves behind it. */
static unsigned escaped_kinds(Parser *parser)
{
    Profile escaped = parse_escape(parser);

    return (escaped.open > 1 ? KIND_WORD : 0U) | (escaped.closed != 0 ? KIND_OTHER : 0U);
}

/* Between brackets: which kinds of character are in it does not need the exact set. */
static Profile parse_class(Parser *parser)
{
    unsigned kinds = 0;

    if (*parser->cursor == '^' || *parser->cursor == ']')
        return lost(parser);
    while (*parser->cursor != ']') {
        char c = *parser->cursor++;
        if (c == '\0' || c == '[')
            return lost(parser);
        if (c == '\\') {
            kinds |= escaped_kinds(parser);
            c = parser->cursor[-1];
        }
        if (!skip_range(parser, c))
            return lost(parser);
        kinds |= is_word(c) ? KIND_WORD : KIND_OTHER;
    }
    parser->cursor++;
    return character(kinds);
}

static Profile parse_group(Parser *parser)
{
    if (g_str_has_prefix(parser->cursor, "?:")) {
        parser->cursor += 2;
    } else if (g_str_has_prefix(parser->cursor, "?<value>")) {
        parser->cursor += strlen("?<value>");
    } else if (*parser->cursor == '?' || *parser->cursor == '*') {
        return lost(parser);
    }
    if (++parser->depth > MAX_DEPTH)
        return lost(parser);
    Profile inside = parse_alternatives(parser);
    parser->depth--;
    if (*parser->cursor != ')')
        return lost(parser);
    parser->cursor++;
    return inside;
}

static Profile parse_atom(Parser *parser)
{
    char c = *parser->cursor++;

    switch (c) {
    case '(':
        return parse_group(parser);
    case '[':
        return parse_class(parser);
    case '\\':
        return parse_escape(parser);
    case '.':
        return character(KIND_WORD | KIND_OTHER);
    case '^':
    case '$':
        return EMPTY;
    case '*':
    case '+':
    case '?':
    case '{':
        return lost(parser);
    default:
        return character(is_word(c) ? KIND_WORD : KIND_OTHER);
    }
}

static bool parse_counts(Parser *parser, unsigned *ret_min, unsigned *ret_max)
{
    char *end = NULL;
    guint64 min = g_ascii_strtoull(parser->cursor, &end, 10), max = min;

    if (end == parser->cursor)
        return false;
    if (*end == ',' && end[1] == '}') {
        max = MAX_REPEAT;
        end++;
    } else if (*end == ',') {
        max = g_ascii_strtoull(end + 1, &end, 10);
    }
    if (*end != '}' || max < min)
        return false;
    *ret_min = (unsigned)MIN(min, (guint64)MAX_REPEAT);
    *ret_max = (unsigned)MIN(max, (guint64)MAX_REPEAT);
    parser->cursor = end + 1;
    return true;
}

/* False: no quantifier here. */
static bool parse_quantifier(Parser *parser, unsigned *ret_min, unsigned *ret_max)
{
    char c = *parser->cursor;

    if (c == '\0' || strchr("?*+{", c) == NULL)
        return false;
    parser->cursor++;
    *ret_min = c == '+' ? 1 : 0;
    *ret_max = c == '?' ? 1 : MAX_REPEAT;
    if (c == '{' && !parse_counts(parser, ret_min, ret_max)) {
        parser->is_lost = true;
        return false;
    }
    if (*parser->cursor == '?' || *parser->cursor == '+')
        parser->cursor++;
    return true;
}

static Profile repeat(Profile once, unsigned min, unsigned max)
{
    Profile all = EMPTY, out = {0};

    for (unsigned times = 0; times <= max; times++) {
        if (times >= min)
            out = either(out, all);
        all = concatenate(all, once);
    }
    return out;
}

static Profile parse_sequence(Parser *parser)
{
    Profile all = EMPTY;

    while (!parser->is_lost && *parser->cursor != '\0' && *parser->cursor != '|' && *parser->cursor != ')') {
        unsigned min = 0, max = 0;
        Profile part = parse_atom(parser);
        if (!parser->is_lost && parse_quantifier(parser, &min, &max))
            part = repeat(part, min, max);
        all = concatenate(all, part);
    }
    return all;
}

static Profile parse_alternatives(Parser *parser)
{
    Profile all = parse_sequence(parser);

    while (!parser->is_lost && *parser->cursor == '|') {
        parser->cursor++;
        all = either(all, parse_sequence(parser));
    }
    return all;
}

uint64_t first_runs(const char *pattern)
{
    Parser parser = {.cursor = pattern};
    Profile profile = parse_alternatives(&parser);

    if (parser.is_lost || *parser.cursor != '\0')
        return ~UINT64_C(0);
    return profile.open | profile.closed;
}
