#include "detect/pattern_literal.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum { NESTING_MAX = 16 };

typedef struct Reading {
    const char *at;
    GString *run;  /* characters that follow one another, unescaped */
    GString *best; /* the longest run so far */
    unsigned depth;
} Reading;

static void end_run(Reading *reading)
{
    if (reading->run->len > reading->best->len)
        g_string_assign(reading->best, reading->run->str);
    g_string_truncate(reading->run, 0);
}

/* Behind a class that begins at text; NULL: it does not end. */
static const char *skip_class(const char *text)
{
    text++;
    if (*text == '^')
        text++;
    if (*text == ']')
        text++;
    for (; *text != '\0' && *text != ']'; text++) {
        if (text[0] == '[' && text[1] == ':')
            return NULL;
        if (*text == '\\' && *++text == '\0')
            return NULL;
    }
    return *text == ']' ? text + 1 : NULL;
}

/* Behind a group that begins at text; NULL: it does not end. */
static const char *skip_group(const char *text, bool *ret_has_alternatives)
{
    unsigned depth = 0;

    *ret_has_alternatives = false;
    while (*text != '\0') {
        if (*text == '[') {
            text = skip_class(text);
            if (text == NULL)
                return NULL;
            continue;
        }
        if (*text == '\\' && text[1] == '\0')
            return NULL;
        depth += *text == '(';
        *ret_has_alternatives = *ret_has_alternatives || *text == '|';
        if (*text == ')' && --depth == 0)
            return text + 1;
        text += *text == '\\' ? 2 : 1;
    }
    return NULL;
}

static bool is_quantifier(char c)
{
    return c == '?' || c == '*' || c == '+' || c == '{';
}

/* Goes behind a quantifier; what it belongs to may not be there, or more than once. */
static void skip_quantifier(Reading *reading)
{
    if (*reading->at == '{')
        reading->at += strcspn(reading->at, "}");
    while (is_quantifier(*reading->at) || *reading->at == '}')
        reading->at++;
}

/* A group that is there exactly once and has no alternatives is as if it had no brackets. */
static bool read_group(Reading *reading)
{
    bool has_alternatives = false;
    const char *end = skip_group(reading->at, &has_alternatives);

    if (end == NULL || reading->depth == NESTING_MAX)
        return false;
    if (has_alternatives || is_quantifier(*end)) {
        end_run(reading);
        reading->at = end;
        skip_quantifier(reading);
        return true;
    }
    reading->at++;
    if (*reading->at == '?') {
        if (g_str_has_prefix(reading->at, "?:"))
            reading->at += 2;
        else if (g_str_has_prefix(reading->at, "?<") && g_ascii_isalpha(reading->at[2]))
            reading->at += strcspn(reading->at, ">") + 1;
        else
            return false;
    }
    reading->depth++;
    return true;
}

/* One character as it is, or an escaped one that means itself. */
static bool read_character(Reading *reading)
{
    char character = *reading->at++;

    if (character == '\\') {
        character = *reading->at++;
        if (character == '\0')
            return false;
        if (g_ascii_isalnum(character)) {
            end_run(reading);
            if (strchr("bBdDsSwWnrt", character) == NULL)
                return false;
            skip_quantifier(reading);
            return true;
        }
    }
    if (!is_quantifier(*reading->at)) {
        g_string_append_c(reading->run, character);
        return true;
    }
    end_run(reading);
    skip_quantifier(reading);
    return true;
}

static bool read_next(Reading *reading)
{
    switch (*reading->at) {
    case '(':
        return read_group(reading);
    case ')':
        reading->at++;
        return reading->depth-- > 0;
    case '[':
        end_run(reading);
        reading->at = skip_class(reading->at);
        if (reading->at != NULL)
            skip_quantifier(reading);
        return reading->at != NULL;
    case '^':
    case '$':
    case '.':
        end_run(reading);
        reading->at++;
        skip_quantifier(reading);
        return true;
    case '|':
        return false;
    default:
        return read_character(reading);
    }
}

static char *escaped(const char *text)
{
    GString *pattern = g_string_new(NULL);

    for (; *text != '\0'; text++) {
        if (g_ascii_ispunct(*text) && *text != '_')
            g_string_append_c(pattern, '\\');
        g_string_append_c(pattern, *text);
    }
    return g_string_free(pattern, FALSE);
}

char *pattern_literal(const char *pattern, unsigned min)
{
    g_autoptr(GString) run = g_string_new(NULL), best = g_string_new(NULL);
    Reading reading = {.at = pattern, .run = run, .best = best};

    while (*reading.at != '\0') {
        if (!read_next(&reading))
            return NULL;
    }
    end_run(&reading);
    return best->len >= min ? escaped(best->str) : NULL;
}
