#include "app/workflow_run.h"

#include "base/clock.h"
#include "workflow/asl/data.h"
#include "workflow/asl/validate.h"

#define INVALID "INVALID"

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *make_result(const char *status, json_t *take_output, const char *error, const char *cause)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "status", status, "output",
        take_output != NULL ? take_output : json_null(), "error", text_or_null(error), "cause", text_or_null(cause));
}

static json_t *events_json(const History *history)
{
    json_t *events = json_array();

    for (guint i = 0; i < history->events->len; i++) {
        const HistoryEvent *event = history_at(history, i);
        json_array_append_new(events,
            history_event_json(event->id, event->previous_id, event->type, event->timestamp_ms, event->details));
    }
    return events;
}

static void trace_event(void *data, const HistoryEvent *event)
{
    g_autofree char *time = clock_format_iso_ms(event->timestamp_ms);

    (void)fprintf(data, "%s %5" G_GINT64_FORMAT " <- %-5" G_GINT64_FORMAT " %-24s %s\n", time, event->id,
        event->previous_id, event->type, event->details);
}

bool workflow_run_one(const json_t *definition, const WorkflowRunOptions *options, json_t **ret_result, GError **error)
{
    g_auto(DryRunResult) result = {0};
    DryRunOptions run = {
        .definition = definition,
        .input = options->input,
        .mocks = options->mocks,
        .speed = options->speed,
        .started_ms = clock_now_ms(),
        .on_event = options->trace != NULL ? trace_event : NULL,
        .data = options->trace,
    };

    TRY(dry_run(&run, &result, error));
    *ret_result = make_result(
        run_status_name(result.status), g_steal_pointer(&result.output), result.error.name, result.error.cause);
    if (options->has_history)
        json_object_set_new(*ret_result, "events", events_json(&result.history));
    return true;
}

/* Definitions and inputs may be given as JSON, or as the text that the API takes. A string that is the text of an
 * object or array is taken for it. */
static json_t *value_of(const json_t *value)
{
    json_t *parsed = json_is_string(value) ? json_loads(json_string_value(value), 0, NULL) : NULL;

    return parsed != NULL ? parsed : json_incref((json_t *)value);
}

static json_t *run_parsed(const json_t *line, const WorkflowRunOptions *options)
{
    g_autoptr(GError) error = NULL;
    json_t *definition = value_of(json_object_get(line, "definition"));
    json_t *input = value_of(json_object_get(line, "input"));
    json_t *mocks = value_of(json_object_get(line, "mock"));
    WorkflowRunOptions own = *options;
    json_t *result = NULL;

    own.input = input = input != NULL ? input : json_object();
    own.mocks = mocks;
    if (!asl_validate(definition, &error))
        result = make_result(INVALID, NULL, "InvalidDefinition", error->message);
    else if (!workflow_run_one(definition, &own, &result, &error))
        result = make_result(INVALID, NULL, "InvalidMock", error->message);
    json_decref(definition);
    json_decref(input);
    json_decref(mocks);
    return result;
}

json_t *workflow_run_line(const char *line, const WorkflowRunOptions *options)
{
    json_error_t where = {0};
    json_t *parsed = json_loads(line, JSON_ALLOW_NUL, &where);
    json_t *id = json_object_get(parsed, "id");
    json_t *result = json_object();

    json_object_set_new(result, "id", id != NULL ? json_incref(id) : json_null());
    json_t *told =
        json_is_object(parsed) ? run_parsed(parsed, options) : make_result(INVALID, NULL, "InvalidLine", where.text);
    json_object_update(result, told);
    json_decref(told);
    json_decref(parsed);
    return result;
}
