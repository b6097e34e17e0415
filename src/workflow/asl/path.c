#include "workflow/asl/path.h"

#include <string.h>

typedef enum PathRoot { ROOT_INPUT, ROOT_CONTEXT, ROOT_VARIABLE } PathRoot;

/* A path taken apart: its root and its steps. */
typedef struct RootedPath {
    PathRoot root;
    char *variable;
    JsonPath *path;
} RootedPath;

static void rooted_path_clear(RootedPath *rooted)
{
    g_free(rooted->variable);
    json_path_free(rooted->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RootedPath, rooted_path_clear)

static bool is_name_char(char c)
{
    return g_ascii_isalnum(c) || c == '_' || (c & 0x80) != 0;
}

static bool parse_rooted(const char *text, RootedPath *ret_rooted, const char **ret_problem)
{
    const char *steps = text + 1;

    if (*text != '$') {
        *ret_problem = "a path must start with $";
        return false;
    }
    if (*steps == '$') {
        ret_rooted->root = ROOT_CONTEXT;
        steps++;
    } else if (is_name_char(*steps)) {
        const char *end = steps;
        while (is_name_char(*end))
            end++;
        ret_rooted->root = ROOT_VARIABLE;
        ret_rooted->variable = g_strndup(steps, (gsize)(end - steps));
        steps = end;
    }
    return json_path_parse(steps, &ret_rooted->path, ret_problem);
}

const char *asl_path_problem(const char *text, AslPathKind kind)
{
    g_auto(RootedPath) rooted = {0};
    const char *problem = NULL;

    if (!parse_rooted(text, &rooted, &problem))
        return problem;
    if (kind == ASL_PATH_RESULT && rooted.root != ROOT_INPUT)
        return "only a path into the state's data, like $.a, is allowed here";
    if (kind != ASL_PATH_ANY && !json_path_is_reference(rooted.path))
        return "not a reference path, like $.a.b[0]['c']";
    return NULL;
}

static const json_t *find_root(const RootedPath *rooted, const AslScope *scope)
{
    switch (rooted->root) {
    case ROOT_INPUT:
        return scope->input;
    case ROOT_CONTEXT:
        return scope->context;
    case ROOT_VARIABLE:
        return json_object_get(scope->variables, rooted->variable);
    }
    return NULL;
}

JsonPathResult asl_path_find(const char *text, const AslScope *scope, json_t **ret_value)
{
    g_auto(RootedPath) rooted = {0};
    const char *problem = NULL;

    if (!parse_rooted(text, &rooted, &problem))
        return JSON_PATH_NOTHING;
    const json_t *root = find_root(&rooted, scope);
    return root != NULL ? json_path_find(rooted.path, root, root, ret_value) : JSON_PATH_NOTHING;
}

char *asl_path_text(const char *text)
{
    g_auto(RootedPath) rooted = {0};
    const char *problem = NULL;

    return parse_rooted(text, &rooted, &problem) ? json_path_text(rooted.path) : g_strdup(text);
}

json_t *asl_path_put(const char *text, const json_t *root, json_t *take_value, char **ret_step)
{
    g_auto(RootedPath) rooted = {0};
    const char *problem = NULL;

    if (!parse_rooted(text, &rooted, &problem)) {
        json_decref(take_value);
        *ret_step = g_strdup(text);
        return NULL;
    }
    json_t *result = json_path_put(rooted.path, root, take_value);
    if (result == NULL)
        *ret_step = g_strdup(json_path_last_name(rooted.path) != NULL ? json_path_last_name(rooted.path) : text);
    return result;
}
