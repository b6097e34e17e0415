/* GetExecutionHistory. */
#include "api/states_call.h"
#include "workflow/executions.h"

enum { HISTORY_TOKEN_CHARS = 1024 };

static void strip_data(json_t *events)
{
    static const char *const data[] = {"input", "inputDetails", "output", "outputDetails", "parameters",
        "assignedVariables", "assignedVariablesDetails"};
    const char *name = NULL;
    json_t *member = NULL;

    for (size_t i = 0; i < json_array_size(events); i++)
        json_object_foreach(json_array_get(events, i), name, member)
        {
            for (size_t field = 0; json_is_object(member) && field < G_N_ELEMENTS(data); field++)
                (void)json_object_del(member, data[field]);
        }
}

static bool read_events(StatesCall *call, const HistoryQuery *query, json_t **ret_answer, GError **error)
{
    g_autofree char *binding = g_strdup_printf("GetExecutionHistory|%s|%d", query->execution_arn, (int)query->order);
    g_autofree char *unused = NULL;
    g_autoptr(DbTx) tx = NULL;
    HistoryQuery from = *query;
    json_t *events = NULL;
    int64_t position = 0;

    TRY(states_token_read(call, binding, HISTORY_TOKEN_CHARS, &from.position, &unused, error));
    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(execution_history_read(tx, &from, &events, &position, error));
    *ret_answer = json_pack("{s:o}", "events", events);
    if (position != 0)
        (void)json_object_set_new(*ret_answer, "nextToken", states_token_make(call, binding, position, ""));
    return true;
}

bool states_get_execution_history(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(ExecutionRecord) record = {0};
    HistoryQuery query = {0};
    bool is_backwards = false, has_data = true;

    TRY(states_max_results(call, &query.limit, error));
    TRY(states_flag(call, "reverseOrder", &is_backwards, error));
    TRY(states_flag(call, "includeExecutionData", &has_data, error));
    TRY(states_read_record(call, &record, error));
    query.execution_arn = record.arn;
    query.order = is_backwards ? HISTORY_BACKWARDS : HISTORY_FORWARDS;
    TRY(read_events(call, &query, ret_answer, error));
    if (!has_data)
        strip_data(json_object_get(*ret_answer, "events"));
    return true;
}
