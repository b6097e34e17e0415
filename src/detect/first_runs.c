/* Reads a pattern, and combines the profiles of its parts to that of the whole. */
#include "detect/first_runs.h"
#include "detect/run_profile.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

typedef struct Parser {
    const char *cursor;
    unsigned counted, passed; /* kinds of character: those that are counted as a word's, those that do not end it */
    int depth;
    bool is_lost; /* something that this does not understand */
} Parser;

enum { MAX_DEPTH = 20 };

static RunProfile parse_alternatives(Parser *parser);

/* kinds: what one character may be; the bits of RunNext, and these. */
enum {
    KIND_DIGIT = 1 << NEXT_COUNT,
    KIND_UPPER = KIND_DIGIT << 1,
    KIND_LOWER = KIND_UPPER << 1,
    KIND_LETTER = KIND_UPPER | KIND_LOWER,
    KIND_ALL = (KIND_LOWER << 1) - 1
};

static RunProfile character(const Parser *parser, unsigned kinds)
{
    unsigned others = kinds & ~parser->counted;
    RunProfile one = {.open = ((kinds & parser->counted) != 0 ? 2 : 0) | ((kinds & parser->passed) != 0 ? 1 : 0),
        .seconds = others & ((1U << NEXT_OTHER) - 1)};

    for (unsigned next = 0; next < NEXT_COUNT; next++) {
        one.closed[next] = others >> next & 1;
        if (next < NEXT_OTHER)
            one.second_open[next][0] = (uint16_t)one.closed[next];
    }
    return one;
}

static RunProfile lost(Parser *parser)
{
    parser->is_lost = true;
    return RUN_PROFILE_EMPTY;
}

static bool is_word(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static unsigned kinds_of(char c)
{
    static const char separators[] = {[NEXT_SPACE] = ' ',
        [NEXT_DASH] = '-',
        [NEXT_DOT] = '.',
        [NEXT_SLASH] = '/',
        [NEXT_PLUS] = '+',
        [NEXT_COLON] = ':'};
    const char *separator = memchr(separators, c, sizeof separators);

    if (g_ascii_isdigit(c))
        return KIND_DIGIT;
    if (is_word(c))
        return g_ascii_isupper(c) ? KIND_UPPER : KIND_LOWER;
    return 1U << (separator != NULL ? separator - separators : NEXT_OTHER);
}

/* Behind "\\x": two digits. */
static int hex_byte(Parser *parser)
{
    int high = g_ascii_xdigit_value(parser->cursor[0]);
    int low = high >= 0 ? g_ascii_xdigit_value(parser->cursor[1]) : -1;

    if (low < 0)
        return -1;
    parser->cursor += 2;
    return high << 4 | low;
}

/* Bytes that are not ASCII are alike; a range of others is not understood. */
static unsigned hex_kinds(Parser *parser)
{
    int byte = hex_byte(parser), last = byte;
    bool is_range = parser->cursor[0] == '-' && parser->cursor[1] != ']';

    if (byte >= 0x80 && g_str_has_prefix(parser->cursor, "-\\x")) {
        parser->cursor += strlen("-\\x");
        last = hex_byte(parser);
        is_range = false;
    }
    parser->is_lost = parser->is_lost || byte < 0 || last < byte || is_range;
    return byte >= 0 && byte < 0x80 ? kinds_of((char)byte) : 1U << NEXT_OTHER;
}

/* Behind a backslash; 0: no character ("\\b"). */
static unsigned escaped_kinds(Parser *parser)
{
    char c = *parser->cursor;

    if (c != '\0')
        parser->cursor++;
    if (c == 'x')
        return hex_kinds(parser);
    if (c == 'b')
        return 0;
    if (c == 'd')
        return KIND_DIGIT;
    if (c == 'w')
        return KIND_DIGIT | KIND_LETTER;
    if (c == 's')
        return 1U << NEXT_SPACE | 1U << NEXT_OTHER;
    if (c == 'n' || c == 't' || c == 'r')
        return 1U << NEXT_OTHER;
    if (c != '\0' && !is_word(c))
        return kinds_of(c);
    parser->is_lost = true;
    return 0;
}

static RunProfile parse_escape(Parser *parser)
{
    unsigned kinds = escaped_kinds(parser);

    return kinds == 0 ? RUN_PROFILE_EMPTY : character(parser, kinds);
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

/* Between brackets: which kinds of character are in it does not need the exact set. */
static RunProfile parse_class(Parser *parser)
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
            continue;
        }
        if (!skip_range(parser, c))
            return lost(parser);
        kinds |= kinds_of(c);
    }
    parser->cursor++;
    return character(parser, kinds);
}

static RunProfile parse_group(Parser *parser)
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
    RunProfile inside = parse_alternatives(parser);
    parser->depth--;
    if (*parser->cursor != ')')
        return lost(parser);
    parser->cursor++;
    return inside;
}

static RunProfile parse_atom(Parser *parser)
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
        return character(parser, KIND_ALL);
    case '^':
    case '$':
        return RUN_PROFILE_EMPTY;
    case '*':
    case '+':
    case '?':
    case '{':
        return lost(parser);
    default:
        return character(parser, kinds_of(c));
    }
}

static bool parse_counts(Parser *parser, unsigned *ret_min, unsigned *ret_max)
{
    char *end = NULL;
    guint64 min = g_ascii_strtoull(parser->cursor, &end, 10), max = min;

    if (end == parser->cursor)
        return false;
    if (*end == ',' && end[1] == '}') {
        max = RUN_REPEAT_MAX;
        end++;
    } else if (*end == ',') {
        max = g_ascii_strtoull(end + 1, &end, 10);
    }
    if (*end != '}' || max < min)
        return false;
    *ret_min = (unsigned)MIN(min, (guint64)RUN_REPEAT_MAX);
    *ret_max = (unsigned)MIN(max, (guint64)RUN_REPEAT_MAX);
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
    *ret_max = c == '?' ? 1 : RUN_REPEAT_MAX;
    if (c == '{' && !parse_counts(parser, ret_min, ret_max)) {
        parser->is_lost = true;
        return false;
    }
    if (*parser->cursor == '?' || *parser->cursor == '+')
        parser->cursor++;
    return true;
}

static RunProfile parse_sequence(Parser *parser)
{
    RunProfile all = RUN_PROFILE_EMPTY;

    while (!parser->is_lost && *parser->cursor != '\0' && *parser->cursor != '|' && *parser->cursor != ')') {
        unsigned min = 0, max = 0;
        RunProfile part = parse_atom(parser);
        if (!parser->is_lost && parse_quantifier(parser, &min, &max))
            part = run_profile_repeat(part, min, max);
        all = run_profile_join(all, part);
    }
    return all;
}

static RunProfile parse_alternatives(Parser *parser)
{
    RunProfile all = parse_sequence(parser);

    while (!parser->is_lost && *parser->cursor == '|') {
        parser->cursor++;
        all = run_profile_either(all, parse_sequence(parser));
    }
    return all;
}

static bool profile_of(const char *pattern, unsigned counted, unsigned passed, RunProfile *ret_profile)
{
    Parser parser = {.cursor = pattern, .counted = counted, .passed = passed};

    *ret_profile = parse_alternatives(&parser);
    return !parser.is_lost && *parser.cursor == '\0';
}

static void note_lengths(const RunProfile *profile, uint64_t *lengths)
{
    uint64_t longest = 0;

    for (unsigned next = 0; next < NEXT_COUNT; next++)
        longest |= profile->closed[next] >> FIRST_RUN_MAX << FIRST_RUN_MAX;
    for (unsigned next = 0; next < NEXT_COUNT; next++)
        lengths[next] = profile->open | profile->closed[next] | longest;
}

/* Where the match may end with the first word, anything may follow. */
static void note_seconds(const RunProfile *profile, FirstRuns *runs)
{
    for (unsigned next = 0; next < NEXT_OTHER; next++) {
        for (unsigned n = 0; n < RUN_SHORT; n++)
            runs->seconds[next][n] = (profile->open >> n & 1) != 0
                                         ? UINT16_MAX
                                         : profile->second_open[next][n] | profile->second_closed[next][n];
    }
}

/* Counts dots instead of word characters. A number that goes on with a dot and a digit is no value: a match that begins
 * at four numbers in dots either holds them all, or is none. */
static bool takes_quads(const char *pattern)
{
    RunProfile profile;
    uint64_t dots = 0;

    if (!profile_of(pattern, 1U << NEXT_DOT, KIND_DIGIT | KIND_LETTER, &profile))
        return true;
    for (unsigned next = 0; next < NEXT_COUNT; next++)
        dots |= profile.closed[next];
    return (dots | profile.open) >> 3 != 0;
}

/* Where the match may end within the second word, it may end before the word does: but no match touches a word. */
FirstRuns first_runs(const char *pattern, PatternCase letter_case)
{
    const unsigned words[RUN_KINDS] = {
        KIND_DIGIT | KIND_LETTER, KIND_DIGIT, KIND_LETTER, letter_case == PATTERN_CASELESS ? KIND_LETTER : KIND_LOWER};
    FirstRuns runs = {.takes_quads = takes_quads(pattern)};
    RunProfile profile;

    for (RunKind kind = 0; kind < RUN_KINDS; kind++) {
        if (!profile_of(pattern, words[kind], 0, &profile)) {
            memset(runs.lengths, 0xFF, sizeof runs.lengths);
            memset(runs.seconds, 0xFF, sizeof runs.seconds);
            return runs;
        }
        note_lengths(&profile, runs.lengths[kind]);
        for (unsigned next = 0; next < NEXT_COUNT; next++)
            runs.lengths[kind][next] |= runs.lengths[RUN_ANY][next] >> FIRST_RUN_MAX << FIRST_RUN_MAX;
        if (kind == RUN_ANY)
            note_seconds(&profile, &runs);
    }
    return runs;
}
