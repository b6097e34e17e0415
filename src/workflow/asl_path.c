#include "workflow/asl_path.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

enum { PATH_BYTES_MAX = 1024 }; /* also bounds the recursion of asl_path_put() */

/* What ends a name in dot notation, or cannot be part of it. */
#define NAME_STOPS ".[]()*,:?@'\"\\ \t\r\n"

typedef enum StepKind { STEP_END, STEP_NAME, STEP_INDEX, STEP_BAD } StepKind;

/* Walks over the steps of a path; name and index are those of the latest step. */
typedef struct PathWalk {
    const char *at;
    GString *name;
    size_t index;
} PathWalk;

static PathWalk walk_start(const char *text)
{
    const char *at = text + (*text == '$');

    return (PathWalk){.at = at + (*at == '$'), .name = g_string_new(NULL)};
}

static void walk_end(PathWalk *walk)
{
    g_string_free(walk->name, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PathWalk, walk_end)

static StepKind step_dotted(PathWalk *walk)
{
    size_t len = strcspn(walk->at, NAME_STOPS);

    g_string_truncate(walk->name, 0);
    g_string_append_len(walk->name, walk->at, (gssize)len);
    walk->at += len;
    return len > 0 ? STEP_NAME : STEP_BAD;
}

static StepKind step_quoted(PathWalk *walk)
{
    char quote = *walk->at++;

    g_string_truncate(walk->name, 0);
    while (*walk->at != '\0' && *walk->at != quote) {
        if (*walk->at == '\\' && walk->at[1] != '\0')
            walk->at++;
        g_string_append_c(walk->name, *walk->at++);
    }
    if (walk->at[0] != quote || walk->at[1] != ']')
        return STEP_BAD;
    walk->at += 2;
    return STEP_NAME;
}

static StepKind step_index(PathWalk *walk)
{
    char *end = NULL;
    guint64 index = g_ascii_strtoull(walk->at, &end, 10);

    if (!g_ascii_isdigit(*walk->at) || *end != ']' || index > INT32_MAX)
        return STEP_BAD;
    walk->index = (size_t)index;
    walk->at = end + 1;
    return STEP_INDEX;
}

static StepKind walk_next(PathWalk *walk)
{
    switch (*walk->at) {
    case '\0':
        return STEP_END;
    case '.':
        walk->at++;
        return step_dotted(walk);
    case '[':
        walk->at++;
        return *walk->at == '\'' || *walk->at == '"' ? step_quoted(walk) : step_index(walk);
    default:
        return STEP_BAD;
    }
}

const char *asl_path_problem(const char *text, AslPathKind kind)
{
    if (g_str_has_prefix(text, "States."))
        return "intrinsic functions are not supported";
    if (strlen(text) > PATH_BYTES_MAX)
        return "a path of more than 1024 bytes";
    if (*text != '$')
        return "a path must start with $";
    if (text[1] == '$' && kind == ASL_PATH_INPUT)
        return "a path into the context object is not allowed here";
    g_auto(PathWalk) walk = walk_start(text);
    StepKind step = walk_next(&walk);
    while (step == STEP_NAME || step == STEP_INDEX)
        step = walk_next(&walk);
    return step == STEP_END ? NULL : "not a reference path, like $.a.b[0]['c']";
}

const json_t *asl_path_find(const char *text, const AslScope *scope)
{
    const json_t *value = text[0] == '$' && text[1] == '$' ? scope->context : scope->input;
    g_auto(PathWalk) walk = walk_start(text);

    while (value != NULL) {
        switch (walk_next(&walk)) {
        case STEP_END:
            return value;
        case STEP_NAME:
            value = json_object_get(value, walk.name->str);
            break;
        case STEP_INDEX:
            value = json_array_get(value, walk.index);
            break;
        case STEP_BAD:
            return NULL;
        }
    }
    return NULL;
}

static json_t *put_step(PathWalk *walk, const json_t *node, json_t *value);

static json_t *put_member(PathWalk *walk, const json_t *node, json_t *value)
{
    if (node != NULL && !json_is_object(node))
        return NULL;
    g_autofree char *name = g_strdup(walk->name->str);
    json_t *member = put_step(walk, json_object_get(node, name), value);
    if (member == NULL)
        return NULL;
    json_t *copy = node != NULL ? json_copy((json_t *)node) : json_object();
    json_object_set_new(copy, name, member);
    return copy;
}

static json_t *put_element(PathWalk *walk, const json_t *node, json_t *value)
{
    size_t index = walk->index;

    if (!json_is_array(node) || index >= json_array_size(node))
        return NULL;
    json_t *element = put_step(walk, json_array_get(node, index), value);
    if (element == NULL)
        return NULL;
    json_t *copy = json_copy((json_t *)node);
    json_array_set_new(copy, index, element);
    return copy;
}

static json_t *put_step(PathWalk *walk, const json_t *node, json_t *value)
{
    switch (walk_next(walk)) {
    case STEP_END:
        return json_incref(value);
    case STEP_NAME:
        return put_member(walk, node, value);
    case STEP_INDEX:
        return put_element(walk, node, value);
    case STEP_BAD:
        break;
    }
    return NULL;
}

json_t *asl_path_put(const char *text, const json_t *root, json_t *take_value)
{
    g_auto(PathWalk) walk = walk_start(text);
    json_t *result = put_step(&walk, root, take_value);

    json_decref(take_value);
    return result;
}
