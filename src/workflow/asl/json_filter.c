/* Filters of JSONPath: [?(@.a == 'x' && !(@.b > 3))]. */
#include "workflow/asl/json_path_internal.h"

#include <string.h>

typedef enum FilterKind {
    FILTER_OR,
    FILTER_AND,
    FILTER_NOT,
    FILTER_COMPARE,
    FILTER_PATH,
    FILTER_LITERAL,
    FILTER_REGEX
} FilterKind;

typedef enum CompareKind { CMP_EQ, CMP_NE, CMP_LE, CMP_LT, CMP_GE, CMP_GT, CMP_MATCH, CMP_NIN, CMP_IN } CompareKind;

struct JsonFilter {
    FilterKind kind;
    CompareKind compare;
    JsonFilter *left, *right;
    JsonPath *path;
    bool is_absolute; /* the path starts at "$" */
    json_t *literal;
    GRegex *regex;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonFilter, json_filter_free)

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

void json_filter_free(JsonFilter *filter)
{
    if (filter == NULL)
        return;
    json_filter_free(filter->left);
    json_filter_free(filter->right);
    json_path_free(filter->path);
    json_decref(filter->literal);
    if (filter->regex != NULL)
        g_regex_unref(filter->regex);
    g_free(filter);
}

static JsonFilter *bad(PathText *text, const char *problem)
{
    if (text->problem == NULL)
        text->problem = problem;
    return NULL;
}

static JsonFilter *join(FilterKind kind, JsonFilter *take_left, JsonFilter *take_right)
{
    JsonFilter *filter = g_new0(JsonFilter, 1);

    *filter = (JsonFilter){.kind = kind, .left = take_left, .right = take_right};
    return filter;
}

static bool accept(PathText *text, const char *token)
{
    json_path_skip_spaces(text);
    if (!g_str_has_prefix(text->at, token))
        return false;
    text->at += strlen(token);
    return true;
}

static JsonFilter *parse_path(PathText *text)
{
    g_autoptr(JsonFilter) filter = join(FILTER_PATH, NULL, NULL);

    filter->is_absolute = *text->at++ == '$';
    filter->path = json_path_parse_steps(text);
    return filter->path != NULL ? g_steal_pointer(&filter) : NULL;
}

/* "/pattern/" or "/pattern/i". The limit keeps a hostile pattern from running on and on. */
static JsonFilter *parse_regex(PathText *text)
{
    g_autoptr(GString) pattern = g_string_new("(*LIMIT_MATCH=100000)");
    g_autoptr(JsonFilter) filter = join(FILTER_REGEX, NULL, NULL);

    for (text->at++; *text->at != '\0' && *text->at != '/'; text->at++) {
        if (*text->at == '\\' && text->at[1] != '\0')
            g_string_append_c(pattern, *text->at++);
        g_string_append_c(pattern, *text->at);
    }
    if (*text->at != '/')
        return bad(text, "a pattern has no end");
    text->at++;
    bool is_caseless = *text->at == 'i';
    text->at += is_caseless;
    filter->regex = g_regex_new(pattern->str, is_caseless ? G_REGEX_CASELESS : 0, 0, NULL);
    return filter->regex != NULL ? g_steal_pointer(&filter) : bad(text, "not a regular expression");
}

/* A quoted string in either quotes, or a JSON number, constant or array. */
static JsonFilter *parse_literal(PathText *text)
{
    g_autoptr(JsonFilter) filter = join(FILTER_LITERAL, NULL, NULL);

    if (*text->at == '\'' || *text->at == '"') {
        g_autoptr(GString) string = g_string_new(NULL);
        if (!json_path_parse_quoted(text, string))
            return NULL;
        filter->literal = json_stringn(string->str, string->len);
    } else {
        json_error_t where = {0};
        size_t len = *text->at == '[' ? strcspn(text->at, "]") + 1 : strcspn(text->at, " \t)&|=!<>],");
        g_autofree char *token = g_strndup(text->at, len);
        if (*text->at == '[')
            g_strdelimit(token, "'", '"');
        filter->literal = json_loads(token, JSON_DECODE_ANY, &where);
        text->at += strlen(token);
    }
    return filter->literal != NULL ? g_steal_pointer(&filter) : bad(text, "not a value in a filter");
}

static JsonFilter *parse_operand(PathText *text)
{
    json_path_skip_spaces(text);
    if (*text->at == '@' || *text->at == '$')
        return parse_path(text);
    return *text->at == '/' ? parse_regex(text) : parse_literal(text);
}

static JsonFilter *parse_comparison(PathText *text)
{
    static const char *const signs[] = {"==", "!=", "<=", "<", ">=", ">", "=~", "nin ", "in "};
    g_autoptr(JsonFilter) left = parse_operand(text);

    if (left == NULL)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        if (!accept(text, signs[i]))
            continue;
        JsonFilter *right = parse_operand(text);
        if (right == NULL)
            return NULL;
        JsonFilter *filter = join(FILTER_COMPARE, g_steal_pointer(&left), right);
        filter->compare = (CompareKind)i;
        return filter;
    }
    return g_steal_pointer(&left);
}

static JsonFilter *parse_or(PathText *text);

static JsonFilter *parse_nested(PathText *text)
{
    if (++text->depth > JSON_PATH_DEPTH_MAX)
        return bad(text, "a filter is nested too deep");
    g_autoptr(JsonFilter) inner = parse_or(text);
    text->depth--;
    if (inner == NULL || !accept(text, ")"))
        return bad(text, "a parenthesis is not closed");
    return g_steal_pointer(&inner);
}

static JsonFilter *parse_unary(PathText *text)
{
    unsigned negations = 0;

    json_path_skip_spaces(text);
    while (*text->at == '!' && text->at[1] != '=') {
        negations++;
        text->at++;
        json_path_skip_spaces(text);
    }
    JsonFilter *filter = accept(text, "(") ? parse_nested(text) : parse_comparison(text);
    return filter != NULL && negations % 2 == 1 ? join(FILTER_NOT, filter, NULL) : filter;
}

static JsonFilter *parse_and(PathText *text)
{
    g_autoptr(JsonFilter) left = parse_unary(text);

    while (left != NULL && accept(text, "&&")) {
        JsonFilter *right = parse_unary(text);
        if (right == NULL)
            return NULL;
        left = join(FILTER_AND, left, right);
    }
    return g_steal_pointer(&left);
}

static JsonFilter *parse_or(PathText *text)
{
    g_autoptr(JsonFilter) left = parse_and(text);

    while (left != NULL && accept(text, "||")) {
        JsonFilter *right = parse_and(text);
        if (right == NULL)
            return NULL;
        left = join(FILTER_OR, left, right);
    }
    return g_steal_pointer(&left);
}

JsonFilter *json_filter_parse(PathText *text)
{
    if (++text->depth > JSON_PATH_DEPTH_MAX)
        return bad(text, "a filter is nested too deep");
    JsonFilter *filter = parse_or(text);
    text->depth--;
    return filter;
}

/* ---- what a filter says of a value ---- */

typedef struct FilterScope {
    const json_t *here, *whole;
    uint32_t *visits;
} FilterScope;

/* A new reference, or NULL if there is no such value. */
static json_t *operand_value(const JsonFilter *filter, const FilterScope *scope)
{
    json_t *value = NULL;

    if (filter->kind == FILTER_LITERAL)
        return json_incref(filter->literal);
    if (filter->kind == FILTER_PATH)
        json_path_find_within(
            filter->path, filter->is_absolute ? scope->whole : scope->here, scope->whole, scope->visits, &value);
    return value;
}

static bool is_equal(const json_t *left, const json_t *right)
{
    if (json_is_number(left) && json_is_number(right))
        return json_number_value(left) == json_number_value(right);
    return left != NULL && right != NULL && json_equal(left, right);
}

static bool order(const json_t *left, const json_t *right, int *ret_order)
{
    if (json_is_number(left) && json_is_number(right)) {
        double a = json_number_value(left), b = json_number_value(right);
        *ret_order = (a > b) - (a < b);
        return true;
    }
    if (!json_is_string(left) || !json_is_string(right))
        return false;
    *ret_order = strcmp(json_string_value(left), json_string_value(right));
    return true;
}

static bool is_in(const json_t *value, const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (is_equal(value, json_array_get(array, i)))
            return true;
    }
    return false;
}

static bool compare(const JsonFilter *filter, const json_t *left, const json_t *right)
{
    int sign = 0;
    bool has_order = order(left, right, &sign);

    switch (filter->compare) {
    case CMP_EQ:
        return is_equal(left, right);
    case CMP_NE:
        return !is_equal(left, right);
    case CMP_LE:
        return has_order && sign <= 0;
    case CMP_LT:
        return has_order && sign < 0;
    case CMP_GE:
        return has_order && sign >= 0;
    case CMP_GT:
        return has_order && sign > 0;
    case CMP_MATCH:
        return json_is_string(left) && filter->right->kind == FILTER_REGEX &&
               g_regex_match(filter->right->regex, json_string_value(left), G_REGEX_MATCH_ANCHORED, NULL);
    case CMP_NIN:
        return !is_in(left, right);
    case CMP_IN:
        return is_in(left, right);
    }
    return false;
}

static bool accepts(const JsonFilter *filter, const FilterScope *scope)
{
    switch (filter->kind) {
    case FILTER_OR:
        return accepts(filter->left, scope) || accepts(filter->right, scope);
    case FILTER_AND:
        return accepts(filter->left, scope) && accepts(filter->right, scope);
    case FILTER_NOT:
        return !accepts(filter->left, scope);
    case FILTER_COMPARE: {
        g_autoptr(JsonValue) left = operand_value(filter->left, scope);
        g_autoptr(JsonValue) right = operand_value(filter->right, scope);
        return compare(filter, left, right);
    }
    case FILTER_PATH: {
        g_autoptr(JsonValue) value = operand_value(filter, scope);
        return value != NULL && (json_path_is_definite(filter->path) || json_array_size(value) > 0);
    }
    case FILTER_LITERAL:
        return json_is_true(filter->literal);
    case FILTER_REGEX:
        return false;
    }
    return false;
}

bool json_filter_accepts(const JsonFilter *filter, const json_t *value, const json_t *whole, uint32_t *visits)
{
    FilterScope scope = {.here = value, .whole = whole, .visits = visits};

    return accepts(filter, &scope);
}
