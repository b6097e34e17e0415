#include "detect/pattern_refusal.h"

#include <string.h>

typedef struct Refused {
    const char *text; /* as it begins in the pattern; the longer first where one begins another */
    const char *what;
} Refused;

static const Refused refused_groups[] = {
    {"(?=", "look-ahead"},
    {"(?!", "look-ahead"},
    {"(?<=", "look-behind"},
    {"(?<!", "look-behind"},
    {"(?>", "an atomic group"},
    {"(?P=", "a back-reference"},
    {"(?P>", "a recursion"},
    {"(?&", "a recursion"},
    {"(?R", "a recursion"},
    {"(?(", "a condition"},
    {"(?C", "a call-out"},
    {"(*", "a verb"},
};

static const Refused refused_escapes[] = {
    {"\\g", "a back-reference"},
    {"\\k", "a back-reference"},
    {"\\K", "a reset of the match"},
    {"\\G", "an anchor to the last match"},
};

static bool refuse(const char *pattern, const char *at, const char *what, GError **error)
{
    return fail(error, ERROR_INVALID, "%s at character %zu ('%.4s'): expected none, matching would not stay linear",
        what, (size_t)(at - pattern) + 1, at);
}

static bool check_table(const char *pattern, const char *at, const Refused *table, size_t count, GError **error)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(at, table[i].text, strlen(table[i].text)) == 0)
            return refuse(pattern, at, table[i].what, error);
    return true;
}

static bool check_group(const char *pattern, const char *at, GError **error)
{
    const char *inside = at + 2;

    TRY(check_table(pattern, at, refused_groups, G_N_ELEMENTS(refused_groups), error));
    if (at[1] != '?')
        return true;
    inside += *inside == '+' || *inside == '-';
    return !g_ascii_isdigit(*inside) || refuse(pattern, at, "a recursion", error);
}

static bool check_escape(const char *pattern, const char *at, GError **error)
{
    TRY(check_table(pattern, at, refused_escapes, G_N_ELEMENTS(refused_escapes), error));
    return at[1] < '1' || at[1] > '9' || refuse(pattern, at, "a back-reference", error);
}

/* The end of a bracketed class that begins here; "]" may be its first. */
static const char *class_end(const char *at)
{
    at++;
    at += *at == '^';
    at += *at == ']';
    while (*at != '\0' && *at != ']') {
        if (*at == '\\' && at[1] != '\0')
            at++;
        else if (at[0] == '[' && at[1] == ':' && strstr(at, ":]") != NULL)
            at = strstr(at, ":]") + 1;
        at++;
    }
    return at;
}

bool pattern_check_linear(const char *pattern, GError **error)
{
    for (const char *at = pattern; *at != '\0'; at++) {
        if (at[0] == '\\' && at[1] == 'Q') {
            at = strstr(at, "\\E");
            if (at == NULL)
                return true;
            at++;
        } else if (at[0] == '\\') {
            TRY(check_escape(pattern, at, error));
            at += at[1] != '\0';
        } else if (*at == '[') {
            at = class_end(at);
            if (*at == '\0')
                return true;
        } else if (*at == '(') {
            TRY(check_group(pattern, at, error));
        }
    }
    return true;
}
