/* Each part of a pattern has a profile: how many word characters it can match in all, if it matches nothing else, and
 * after how many the first other character can come. Profiles of parts combine to that of the whole. */
#include "detect/first_runs.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

typedef struct Profile {
    uint64_t open;               /* bit n: the part can match n word characters and nothing else */
    uint64_t closed[NEXT_COUNT]; /* bit n: it can match such another character after n word characters */
    /* Bit m: so many word characters follow that one; the second word may still go on, or ended. */
    uint16_t second_open[NEXT_OTHER][RUN_SHORT], second_closed[NEXT_OTHER][RUN_SHORT];
    unsigned seconds; /* bit set: in which rows of these there is anything */
} Profile;

typedef struct Parser {
    const char *cursor;
    unsigned counted, passed; /* kinds of character: those that are counted as a word's, those that do not end it */
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

static uint16_t short_sums(uint16_t a, uint64_t b)
{
    uint32_t out = 0;

    for (unsigned i = 0; i < RUN_SHORT; i++) {
        if ((b >> i & 1) != 0)
            out |= (uint32_t)a << i;
    }
    bool is_long = out >> RUN_SHORT != 0 || (a != 0 && b >> RUN_SHORT != 0);
    return (uint16_t)(out | (is_long ? 1U << (RUN_SHORT - 1) : 0));
}

/* What a and then b say of the word behind n word characters and that separator. */
static void concatenate_seconds(const Profile *a, const Profile *b, unsigned separator, unsigned n, Profile *both)
{
    uint16_t begun = a->second_open[separator][n];
    uint64_t ended = 0;

    for (unsigned next = 0; next < NEXT_COUNT; next++)
        ended |= b->closed[next];
    both->second_open[separator][n] = short_sums(begun, b->open);
    both->second_closed[separator][n] = a->second_closed[separator][n] | short_sums(begun, ended);
    for (unsigned i = 0; i <= n; i++) {
        if ((a->open >> i & 1) == 0)
            continue;
        both->second_open[separator][n] |= b->second_open[separator][n - i];
        both->second_closed[separator][n] |= b->second_closed[separator][n - i];
    }
}

static Profile concatenate(Profile a, Profile b)
{
    Profile both = {.open = sums(a.open, b.open), .seconds = a.seconds | b.seconds};

    for (unsigned next = 0; next < NEXT_COUNT; next++)
        both.closed[next] = a.closed[next] | sums(a.open, b.closed[next]);
    for (unsigned left = both.seconds; left != 0; left &= left - 1) {
        for (unsigned n = 0; n < RUN_SHORT; n++)
            concatenate_seconds(&a, &b, (unsigned)__builtin_ctz(left), n, &both);
    }
    return both;
}

static Profile either(Profile a, Profile b)
{
    a.open |= b.open;
    a.seconds |= b.seconds;
    for (unsigned next = 0; next < NEXT_COUNT; next++)
        a.closed[next] |= b.closed[next];
    for (unsigned left = b.seconds; left != 0; left &= left - 1) {
        for (unsigned n = 0; n < RUN_SHORT; n++) {
            a.second_open[__builtin_ctz(left)][n] |= b.second_open[__builtin_ctz(left)][n];
            a.second_closed[__builtin_ctz(left)][n] |= b.second_closed[__builtin_ctz(left)][n];
        }
    }
    return a;
}

/* kinds: what one character may be; the bits of RunNext, and these. */
enum { KIND_DIGIT = 1 << NEXT_COUNT, KIND_LETTER = KIND_DIGIT << 1, KIND_ALL = (KIND_LETTER << 1) - 1 };

static Profile character(const Parser *parser, unsigned kinds)
{
    unsigned others = kinds & ~parser->counted;
    Profile one = {.open = ((kinds & parser->counted) != 0 ? 2 : 0) | ((kinds & parser->passed) != 0 ? 1 : 0),
        .seconds = others & ((1U << NEXT_OTHER) - 1)};

    for (unsigned next = 0; next < NEXT_COUNT; next++) {
        one.closed[next] = others >> next & 1;
        if (next < NEXT_OTHER)
            one.second_open[next][0] = (uint16_t)one.closed[next];
    }
    return one;
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
        return KIND_LETTER;
    return 1U << (separator != NULL ? separator - separators : NEXT_OTHER);
}

/* Behind a backslash; 0: no character ("\\b"). */
static unsigned escaped_kinds(Parser *parser)
{
    char c = *parser->cursor;

    if (c != '\0')
        parser->cursor++;
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

static Profile parse_escape(Parser *parser)
{
    unsigned kinds = escaped_kinds(parser);

    return kinds == 0 ? EMPTY : character(parser, kinds);
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
            continue;
        }
        if (!skip_range(parser, c))
            return lost(parser);
        kinds |= kinds_of(c);
    }
    parser->cursor++;
    return character(parser, kinds);
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
        return character(parser, KIND_ALL);
    case '^':
    case '$':
        return EMPTY;
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

static bool profile_of(const char *pattern, unsigned counted, unsigned passed, Profile *ret_profile)
{
    Parser parser = {.cursor = pattern, .counted = counted, .passed = passed};

    *ret_profile = parse_alternatives(&parser);
    return !parser.is_lost && *parser.cursor == '\0';
}

static void note_lengths(const Profile *profile, uint64_t *lengths)
{
    uint64_t longest = 0;

    for (unsigned next = 0; next < NEXT_COUNT; next++)
        longest |= profile->closed[next] >> FIRST_RUN_MAX << FIRST_RUN_MAX;
    for (unsigned next = 0; next < NEXT_COUNT; next++)
        lengths[next] = profile->open | profile->closed[next] | longest;
}

/* Where the match may end with the first word, anything may follow. */
static void note_seconds(const Profile *profile, FirstRuns *runs)
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
    Profile profile;
    uint64_t dots = 0;

    if (!profile_of(pattern, 1U << NEXT_DOT, KIND_DIGIT | KIND_LETTER, &profile))
        return true;
    for (unsigned next = 0; next < NEXT_COUNT; next++)
        dots |= profile.closed[next];
    return (dots | profile.open) >> 3 != 0;
}

/* Where the match may end within the second word, it may end before the word does: but no match touches a word. */
FirstRuns first_runs(const char *pattern)
{
    static const unsigned words[RUN_KINDS] = {KIND_DIGIT | KIND_LETTER, KIND_DIGIT, KIND_LETTER};
    FirstRuns runs = {.takes_quads = takes_quads(pattern)};
    Profile profile;

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
