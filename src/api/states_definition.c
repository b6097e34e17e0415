/* What is wrong with the definition of a state machine, for Step Functions clients. */
#include "api/states_call.h"
#include "workflow/asl/validate.h"

#include <string.h>

static json_t *diagnostic(const char *code, const char *message, const char *location)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s}", "severity", "ERROR", "code", code, "message", message, "location", location);
}

/* What is wrong with a definition, as ValidateStateMachineDefinition lists it; a new reference. */
static json_t *diagnose(const char *text)
{
    json_error_t where;
    json_t *definition = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    json_t *list = json_array();

    if (*text == '\0') {
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "severity", "ERROR", "code", "SCHEMA_VALIDATION_FAILED", "message",
                      "Definition must be a valid JSON object"));
        return list;
    }
    if (definition == NULL) {
        g_autofree char *problem =
            g_strdup_printf("%s at [line: %d, column: %d]", where.text, where.line, where.column);
        g_autofree char *valid = g_utf8_make_valid(problem, -1);
        (void)json_array_append_new(list, diagnostic("INVALID_JSON_DESCRIPTION", valid, "/"));
        return list;
    }
    g_autoptr(GPtrArray) problems = asl_problems(definition);
    for (guint i = 0; i < problems->len; i++) {
        const AslProblem *problem = g_ptr_array_index(problems, i);
        (void)json_array_append_new(list, diagnostic(problem->code, problem->message, problem->location));
    }
    json_decref(definition);
    return list;
}

static void append_problem(GString *text, const json_t *item)
{
    const char *code = json_string_value(json_object_get(item, "code"));

    g_string_append_printf(
        text, "%s%s: %s", text->len > 0 ? ", " : "", code, json_string_value(json_object_get(item, "message")));
    if (strcmp(code, "INVALID_JSON_DESCRIPTION") != 0)
        g_string_append_printf(text, " at %s", json_string_value(json_object_get(item, "location")));
}

bool states_check_definition(StatesCall *call, const char *definition, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    json_t *list = diagnose(definition);

    for (size_t i = 0; i < json_array_size(list); i++)
        append_problem(text, json_array_get(list, i));
    json_decref(list);
    if (text->len == 0)
        return true;
    return states_refuse(call, error, "InvalidDefinition", "Invalid State Machine Definition: '%s'", text->str);
}

bool states_validate_definition(StatesCall *call, json_t **ret_answer, GError **error)
{
    const TextParam text = {.name = "definition", .presence = PARAM_REQUIRED, .max_chars = DEFINITION_CHARS_MAX};
    const char *definition = NULL, *unused = NULL;
    int64_t limit = 0;

    TRY(states_text(call, text, &definition, error));
    TRY(states_choice(call, "type", "STANDARD, EXPRESS", &unused, error));
    TRY(states_choice(call, "severity", "ERROR, WARNING", &unused, error));
    TRY(states_number(call, "maxResults", 0, 100, &limit, error));
    json_t *list = diagnose(definition);
    const size_t most = limit > 0 ? (size_t)limit : 100, found = json_array_size(list);
    while (json_array_size(list) > most)
        (void)json_array_remove(list, json_array_size(list) - 1);
    *ret_answer = json_pack(
        "{s:s, s:o, s:b}", "result", found == 0 ? "OK" : "FAIL", "diagnostics", list, "truncated", (int)(found > most));
    return true;
}
