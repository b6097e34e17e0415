#include "single_db.h"

#include <stdio.h>
#include <string.h>

enum { LARGE_PATTERN = 60 };

/* "13..19" or "4" as a count of digits. */
static void add_group(GString *pattern, const char *group)
{
    const char *range = strstr(group, "..");

    if (range != NULL)
        g_string_append_printf(pattern, "[0-9]{%.*s,%s}", (int)(range - group), group, range + 2);
    else
        g_string_append_printf(pattern, "[0-9]{%s}", group);
}

static void add_separator(GString *pattern, const char *separators)
{
    g_string_append_c(pattern, '[');
    for (const char *c = separators; *c != '\0'; c++)
        g_string_append_printf(pattern, "\\x%02x", (unsigned)(uint8_t)*c);
    g_string_append_c(pattern, ']');
}

static char *digits_pattern(const RawRule *raw)
{
    GString *pattern = g_string_new("\\b(?:");

    for (unsigned i = 0; i < raw->forms_count; i++) {
        g_auto(GStrv) groups = g_strsplit(raw->forms[i], "-", -1);
        g_string_append(pattern, i > 0 ? "|" : "");
        for (unsigned j = 0; groups[j] != NULL; j++) {
            if (j > 0)
                add_separator(pattern, raw->separators != NULL ? raw->separators : "-");
            add_group(pattern, groups[j]);
        }
    }
    g_string_append(pattern, ")\\b");
    return g_string_free(pattern, FALSE);
}

static char *pattern_of(const CompiledRule *rule)
{
    if (rule->shape == SHAPE_DIGITS)
        return digits_pattern(rule->raw);
    if (rule->shape == SHAPE_UPPER || rule->shape == SHAPE_WORD)
        return g_strdup_printf("\\b(?:%s\n)\\b", rule->raw->pattern); /* a pattern may end in a comment */
    return g_strdup(rule->raw->pattern);
}

/* Hyperscan refuses patterns that would make too large an automaton. */
static bool is_too_large(const LiteralExpression *expression)
{
    hs_database_t *db = NULL;
    g_autoptr(GError) error = NULL;

    if (strlen(expression->pattern) < LARGE_PATTERN)
        return false;
    bool is_built = literal_db_build(expression, 1, NULL, &db, &error);
    (void)hs_free_database(db);
    return !is_built;
}

bool single_db_build(const RuleSet *rules, const char *cache_dir, hs_database_t **ret_db, GError **error)
{
    g_autoptr(GArray) expressions = g_array_new(FALSE, FALSE, sizeof(LiteralExpression));
    g_autoptr(GPtrArray) patterns = g_ptr_array_new_with_free_func(g_free);

    for (uint32_t i = 0; i < rules->rules->len; i++) {
        const CompiledRule *rule = rule_at(rules, i);
        const LiteralExpression expression = {.name = rule->rule.id,
            .pattern = pattern_of(rule),
            .flags = rule->raw->caseless ? HS_FLAG_CASELESS : 0,
            .id = i};
        g_ptr_array_add(patterns, (char *)expression.pattern);
        if (is_too_large(&expression))
            (void)fprintf(stderr, "single: without %s, which is too large for Hyperscan\n", rule->rule.id);
        else
            g_array_append_val(expressions, expression);
    }
    return literal_db_build(
        (const LiteralExpression *)(void *)expressions->data, expressions->len, cache_dir, ret_db, error);
}
