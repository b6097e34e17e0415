/* Definitions, inputs and mocks: a JSON object {"definition", "input", "mock"}. What is valid is run to its end, and
 * its frames go through their text and back; nothing crashes or hangs. */
#include "workflow/asl/data.h"
#include "workflow/asl/graph.h"
#include "workflow/asl/intrinsic.h"
#include "workflow/asl/validate.h"
#include "workflow/dry_run.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENTS_MAX = 300 };

static void check_event(void *data, const HistoryEvent *event)
{
    int64_t *last = data;

    g_assert(event->id == *last + 1 && event->previous_id < event->id);
    *last = event->id;
}

static void run_machine(const json_t *definition, const json_t *input, const json_t *mocks)
{
    g_auto(DryRunResult) result = {0};
    g_autoptr(GError) error = NULL;
    int64_t last = 0;
    DryRunOptions options = {
        .definition = definition,
        .input = input,
        .mocks = mocks,
        .max_events = EVENTS_MAX,
        .on_event = check_event,
        .data = &last,
    };

    if (dry_run(&options, &result, &error))
        g_assert(result.status != RUN_RUNNING && result.history.events->len <= EVENTS_MAX);
}

/* Whatever is text is tried as path and function, too. */
static void try_text(const json_t *value, const json_t *input)
{
    const char *text = json_string_value(value);
    AslScope scope = {.input = input, .context = input, .variables = input};
    g_auto(TaskError) error = {0};
    json_t *found = NULL;

    if (text == NULL)
        return;
    if (asl_intrinsic_problem(text) == NULL && asl_intrinsic_call(text, &scope, &found, &error))
        g_clear_pointer(&found, json_decref);
    if (asl_path_problem(text, ASL_PATH_ANY) == NULL && asl_path_find(text, &scope, &found) == JSON_PATH_FOUND)
        json_decref(found);
    if (asl_path_problem(text, ASL_PATH_RESULT) == NULL) {
        g_autofree char *step = NULL;
        json_decref(asl_path_put(text, input, json_true(), &step));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *line = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
    json_t *input = json_object_get(line, "input");
    json_t *definition = json_object_get(line, "definition");
    json_t *start_input = input != NULL ? json_incref(input) : json_object();
    g_autoptr(GPtrArray) problems = asl_problems(definition);

    try_text(json_object_get(line, "text"), start_input);
    if (problems->len == 0) {
        g_autofree char *graph = asl_graph(definition);
        g_assert(g_str_has_prefix(graph, "flowchart TD\n"));
        run_machine(definition, start_input, json_object_get(line, "mock"));
    }
    json_decref(start_input);
    json_decref(line);
    return 0;
}
