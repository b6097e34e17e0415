/* A whole definition: its machines, one inside the other, and whether each state can be reached and left. */
#include "workflow/asl/validate.h"

#include "workflow/asl/check.h"

#include <string.h>

enum { STATE_NAME_MAX = 80, NESTING_MAX = 60 };

static void check_states(AslCheck *check, const json_t *states)
{
    const char *name = NULL;
    json_t *state = NULL;

    if (!json_is_object(states) || json_object_size(states) == 0) {
        asl_problem(check, "expected an object that is not empty");
        return;
    }
    json_object_foreach((json_t *)states, name, state)
    {
        if (*name == '\0' || g_utf8_strlen(name, -1) > STATE_NAME_MAX)
            asl_problem(check, "the name of a state has 1 to %d characters", STATE_NAME_MAX);
        if (!g_hash_table_add(check->names, (gpointer)name))
            asl_problem_coded(check, ASL_PROBLEM_NAME, "there is another state '%s' in the definition", name);
        asl_check_member(check, name, state, asl_check_state);
    }
}

static void unreachable_state(AslCheck *check, G_GNUC_UNUSED const json_t *state)
{
    asl_problem_coded(check, ASL_PROBLEM_TARGET, "nothing leads to this state");
}

static void check_whole(AslCheck *check, const json_t *states)
{
    const char *name = NULL;
    json_t *state = NULL;

    json_object_foreach((json_t *)states, name, state)
    {
        if (!g_hash_table_contains(check->reached, name))
            asl_check_member(check, name, state, unreachable_state);
    }
    if (!check->has_terminal_state && json_object_size(states) > 0)
        asl_problem_coded(check, ASL_PROBLEM_END, "there is no state in which the machine ends");
}

/* The fields of a machine, or of one inside a state: a scope of state names of its own. */
static void check_scope(AslCheck *check, const json_t *machine, const AslField *fields)
{
    g_autoptr(GHashTable) reached = g_hash_table_new(g_str_hash, g_str_equal);
    AslCheck inner = *check;

    inner.states = json_object_get(machine, "States");
    inner.reached = reached;
    inner.has_terminal_state = false;
    if (asl_check_fields(&inner, machine, fields) && json_object_get(machine, "StartAt") != NULL)
        asl_check_member(&inner, "States", inner.states, check_whole);
}

/* ---- Parallel and Map ---- */

static void check_branch(AslCheck *check, const json_t *branch)
{
    static const AslField fields[] = {
        {"States", check_states, ASL_REQUIRED},
        {"StartAt", asl_check_target, ASL_REQUIRED},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        {NULL, NULL, ASL_OPTIONAL},
    };

    check_scope(check, branch, fields);
}

void asl_check_branches(AslCheck *check, const json_t *value)
{
    if (!json_is_array(value) || json_array_size(value) == 0)
        asl_problem(check, "expected an array that is not empty");
    else
        asl_check_elements(check, value, check_branch);
}

static void check_mode(AslCheck *check, const json_t *value)
{
    if (g_strcmp0(json_string_value(value), "DISTRIBUTED") == 0)
        asl_problem(check, "distributed Map states are not supported, only INLINE");
    else if (g_strcmp0(json_string_value(value), "INLINE") != 0)
        asl_problem(check, "Value should be one of the following: [INLINE, DISTRIBUTED]");
}

static void check_processor_config(AslCheck *check, const json_t *value)
{
    static const AslField fields[] = {
        {"Mode", check_mode, ASL_OPTIONAL},
        {"ExecutionType", asl_check_distributed_only, ASL_OPTIONAL},
        {NULL, NULL, ASL_OPTIONAL},
    };

    asl_check_fields(check, value, fields);
}

void asl_check_processor(AslCheck *check, const json_t *value)
{
    static const AslField fields[] = {
        {"States", check_states, ASL_REQUIRED},
        {"StartAt", asl_check_target, ASL_REQUIRED},
        {"ProcessorConfig", check_processor_config, ASL_OPTIONAL},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        {NULL, NULL, ASL_OPTIONAL},
    };

    check_scope(check, value, fields);
}

/* ---- the whole ---- */

static void check_version(AslCheck *check, const json_t *value)
{
    if (g_strcmp0(json_string_value(value), "1.0") != 0)
        asl_problem(check, "expected \"1.0\"");
}

static void check_machine(AslCheck *check, const json_t *definition)
{
    static const AslField fields[] = {
        {"States", check_states, ASL_REQUIRED},
        {"StartAt", asl_check_target, ASL_REQUIRED},
        {"Comment", asl_check_string, ASL_OPTIONAL},
        {"Version", check_version, ASL_OPTIONAL},
        {"QueryLanguage", asl_check_query_language, ASL_OPTIONAL},
        {"TimeoutSeconds", asl_check_positive, ASL_OPTIONAL},
        {NULL, NULL, ASL_OPTIONAL},
    };

    check_scope(check, definition, fields);
}

static void problem_free(gpointer data)
{
    AslProblem *problem = data;

    g_free(problem->message);
    g_free(problem->location);
    g_free(problem);
}

static unsigned depth_of(const json_t *value, unsigned limit)
{
    const char *name = NULL;
    json_t *member = NULL;
    unsigned deepest = 0;

    if (limit == 0)
        return 1;
    for (size_t i = 0; i < json_array_size(value); i++)
        deepest = MAX(deepest, depth_of(json_array_get(value, i), limit - 1));
    json_object_foreach((json_t *)value, name, member) deepest = MAX(deepest, depth_of(member, limit - 1));
    return deepest + 1;
}

GPtrArray *asl_problems(const json_t *definition)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *problems = g_ptr_array_new_with_free_func(problem_free);
    AslCheck check = {.pointer = g_string_new(NULL), .problems = problems, .names = names};

    if (depth_of(definition, NESTING_MAX * 4) > NESTING_MAX * 4)
        asl_problem(&check, "the definition is nested too deep");
    else
        check_machine(&check, definition);
    g_string_free(check.pointer, TRUE);
    return problems;
}

bool asl_validate(const json_t *definition, GError **error)
{
    g_autoptr(GPtrArray) problems = asl_problems(definition);
    g_autoptr(GString) list = g_string_new(NULL);

    for (guint i = 0; i < problems->len; i++) {
        const AslProblem *problem = g_ptr_array_index(problems, i);
        g_string_append_printf(
            list, "%s%s: %s at %s", i > 0 ? "; " : "", problem->code, problem->message, problem->location);
    }
    return problems->len == 0 ? true : fail(error, ERROR_INVALID, "%s", list->str);
}

bool asl_parse_machine(const char *text, json_t **ret_definition, GError **error)
{
    json_error_t where = {0};
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES, &where);

    if (parsed == NULL)
        return fail(error, ERROR_INVALID, "no JSON: line %d, column %d: %s", where.line, where.column, where.text);
    if (!asl_validate(parsed, error)) {
        json_decref(parsed);
        return false;
    }
    *ret_definition = parsed;
    return true;
}
