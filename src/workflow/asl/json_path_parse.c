/* The text of a path to its steps. */
#include "workflow/asl/json_path_internal.h"

#include <string.h>

/* What ends a name in dot notation, or cannot be part of it; inside a filter operators do, too. */
#define NAME_STOPS        ".[]()*,:?@'\"\\ \t\r\n"
#define FILTER_NAME_STOPS NAME_STOPS "=<>!&|~"

static void step_free(gpointer data)
{
    Step *step = data;

    g_clear_pointer(&step->names, g_ptr_array_unref);
    g_clear_pointer(&step->indexes, g_array_unref);
    json_filter_free(step->filter);
    g_free(step);
}

void json_path_free(JsonPath *path)
{
    if (path == NULL)
        return;
    g_ptr_array_unref(path->steps);
    g_free(path);
}

static bool bad(PathText *text, const char *problem)
{
    text->problem = problem;
    return false;
}

/* A backslash is an ordinary character, unless a quote like the ones around the name or another backslash follows. */
bool json_path_parse_quoted(PathText *text, GString *ret_name)
{
    char quote = *text->at++;

    while (*text->at != '\0' && *text->at != quote) {
        if (*text->at == '\\' && (text->at[1] == quote || text->at[1] == '\\'))
            text->at++;
        g_string_append_c(ret_name, *text->at++);
    }
    if (*text->at != quote)
        return bad(text, "a quoted name has no end");
    text->at++;
    return true;
}

static void add_name(Step *step, GString *take_name)
{
    if (step->names == NULL)
        step->names = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(step->names, g_string_free(take_name, FALSE));
}

static bool parse_dotted(PathText *text, Step *step)
{
    size_t len = strcspn(text->at, text->depth > 0 ? FILTER_NAME_STOPS : NAME_STOPS);

    if (len == 0)
        return bad(text, "a name is missing");
    add_name(step, g_string_new_len(text->at, (gssize)len));
    text->at += len;
    return true;
}

static bool parse_names(PathText *text, Step *step)
{
    for (;;) {
        GString *name = g_string_new(NULL);
        bool is_read = json_path_parse_quoted(text, name);
        add_name(step, name);
        if (!is_read)
            return false;
        json_path_skip_spaces(text);
        if (*text->at != ',')
            return true;
        text->at++;
        json_path_skip_spaces(text);
        if (*text->at != '\'' && *text->at != '"')
            return bad(text, "names in a list are quoted");
    }
}

static bool parse_integer(PathText *text, int64_t *ret_value)
{
    char *end = NULL;

    if (!g_ascii_isdigit(*text->at) && !(*text->at == '-' && g_ascii_isdigit(text->at[1])))
        return bad(text, "an index is missing");
    gint64 value = g_ascii_strtoll(text->at, &end, 10);
    if (value > INT32_MAX || value < -INT32_MAX)
        return bad(text, "an index is too large");
    text->at = end;
    *ret_value = value;
    return true;
}

static bool parse_slice_end(PathText *text, Step *step)
{
    step->kind = STEP_SLICE;
    text->at++;
    if (*text->at == ']')
        return true;
    step->has_to = true;
    return parse_integer(text, &step->to);
}

/* 0, -1, 1:3, :2, -2:, or 0,2 */
static bool parse_indexes(PathText *text, Step *step)
{
    int64_t index = 0;

    step->indexes = g_array_new(FALSE, FALSE, sizeof(int64_t));
    if (*text->at == ':')
        return parse_slice_end(text, step);
    if (!parse_integer(text, &index))
        return false;
    if (*text->at == ':') {
        step->from = index;
        step->has_from = true;
        return parse_slice_end(text, step);
    }
    g_array_append_val(step->indexes, index);
    while (*text->at == ',') {
        text->at++;
        json_path_skip_spaces(text);
        if (!parse_integer(text, &index))
            return false;
        g_array_append_val(step->indexes, index);
    }
    return true;
}

static bool parse_filter(PathText *text, Step *step)
{
    step->kind = STEP_FILTER;
    text->at++;
    step->filter = json_filter_parse(text);
    return step->filter != NULL;
}

static bool parse_bracket(PathText *text, Step *step)
{
    bool is_read = true;

    text->at++;
    json_path_skip_spaces(text);
    if (*text->at == '\'' || *text->at == '"') {
        is_read = parse_names(text, step);
    } else if (*text->at == '*') {
        step->kind = STEP_WILDCARD;
        text->at++;
    } else if (*text->at == '?') {
        is_read = parse_filter(text, step);
    } else {
        step->kind = STEP_INDEXES;
        is_read = parse_indexes(text, step);
    }
    if (!is_read)
        return false;
    json_path_skip_spaces(text);
    if (*text->at != ']')
        return bad(text, "a bracket is not closed");
    text->at++;
    return true;
}

/* ".a", "..a", ".*", "[…]", ".[…]" */
static bool parse_step(PathText *text, Step *step)
{
    if (*text->at == '.') {
        text->at++;
        if (*text->at == '.') {
            step->is_descent = true;
            text->at++;
        }
        if (*text->at == '*') {
            step->kind = STEP_WILDCARD;
            text->at++;
            return true;
        }
        if (*text->at != '[')
            return parse_dotted(text, step);
    }
    return parse_bracket(text, step);
}

JsonPath *json_path_parse_steps(PathText *text)
{
    g_autoptr(JsonPath) path = g_new0(JsonPath, 1);

    path->steps = g_ptr_array_new_with_free_func(step_free);
    while (*text->at == '.' || *text->at == '[') {
        Step *step = g_new0(Step, 1);
        g_ptr_array_add(path->steps, step);
        if (!parse_step(text, step))
            return NULL;
    }
    return g_steal_pointer(&path);
}

bool json_path_parse(const char *text, JsonPath **ret_path, const char **ret_problem)
{
    PathText rest = {.at = text};

    if (strlen(text) > JSON_PATH_BYTES_MAX) {
        *ret_problem = "a path of more than 1024 bytes";
        return false;
    }
    g_autoptr(JsonPath) path = json_path_parse_steps(&rest);
    if (path != NULL && *rest.at != '\0')
        rest.problem = "a step starts with . or [";
    if (rest.problem != NULL) {
        *ret_problem = rest.problem;
        return false;
    }
    *ret_path = g_steal_pointer(&path);
    return true;
}

static const Step *step_at(const JsonPath *path, guint i)
{
    return g_ptr_array_index(path->steps, i);
}

static bool is_single(const Step *step)
{
    if (step->is_descent)
        return false;
    return (step->kind == STEP_NAMES && step->names->len == 1) ||
           (step->kind == STEP_INDEXES && step->indexes->len == 1);
}

bool json_path_is_definite(const JsonPath *path)
{
    for (guint i = 0; i < path->steps->len; i++) {
        if (!is_single(step_at(path, i)))
            return false;
    }
    return true;
}

bool json_path_is_reference(const JsonPath *path)
{
    for (guint i = 0; i < path->steps->len; i++) {
        const Step *step = step_at(path, i);
        if (!is_single(step) || (step->kind == STEP_INDEXES && g_array_index(step->indexes, int64_t, 0) < 0))
            return false;
    }
    return true;
}

static void append_step_text(GString *text, const Step *step)
{
    if (step->is_descent)
        g_string_append(text, "..");
    switch (step->kind) {
    case STEP_NAMES:
        for (guint i = 0; i < step->names->len; i++)
            g_string_append_printf(text, "['%s']", (const char *)g_ptr_array_index(step->names, i));
        return;
    case STEP_INDEXES:
        for (guint i = 0; i < step->indexes->len; i++)
            g_string_append_printf(text, "[%" G_GINT64_FORMAT "]", g_array_index(step->indexes, int64_t, i));
        return;
    case STEP_SLICE:
        g_string_append(text, "[:]");
        return;
    case STEP_WILDCARD:
        g_string_append(text, "[*]");
        return;
    case STEP_FILTER:
        g_string_append(text, "[?]");
        return;
    }
}

char *json_path_text(const JsonPath *path)
{
    GString *text = g_string_new("$");

    for (guint i = 0; i < path->steps->len; i++)
        append_step_text(text, step_at(path, i));
    return g_string_free(text, FALSE);
}

const char *json_path_last_name(const JsonPath *path)
{
    for (guint i = path->steps->len; i > 0; i--) {
        const Step *step = step_at(path, i - 1);
        if (step->kind == STEP_NAMES)
            return g_ptr_array_index(step->names, 0);
    }
    return NULL;
}
