/* What a job found and does not report: counted, or listed a page at a time. */
#include "api/api_internal.h"
#include "api/page_token.h"
#include "api/query.h"
#include "findings/finding_json.h"

static json_t *suppressed_json(const GArray *summaries)
{
    json_t *rows = json_array();

    for (guint i = 0; i < summaries->len; i++) {
        const SuppressionSummary *summary = &g_array_index(summaries, SuppressionSummary, i);
        (void)json_array_append_new(
            rows, json_pack("{s:o,s:s,s:I,s:I}", "detector", reply_text(summary->detector), "reason", summary->reason,
                      "count", (json_int_t)summary->count, "objects", (json_int_t)summary->objects));
    }
    return rows;
}

/* A row a detector and reason: so few that there are no pages. */
bool route_suppressed(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const no_query[] = {NULL};
    g_autoptr(GArray) summaries = NULL;
    JobId id = {{0}};

    TRY(query_check(request->call, no_query, error));
    TRY(route_check_job(api, request->id, &id, error));
    TRY(suppressions_summary(api->db, id.text, &summaries, error));
    *ret_reply = reply_json(200, json_pack("{s:s,s:o}", "job_id", id.text, "suppressed", suppressed_json(summaries)));
    return true;
}

static bool collect_suppression(void *data, const StoredSuppression *suppression, G_GNUC_UNUSED GError **error)
{
    (void)json_array_append_new(data, suppression_json(suppression));
    return true;
}

static bool read_place(
    const Api *api, const HttpCall *call, const char *binding, SuppressionPosition *ret_after, GError **error)
{
    PagePosition from = {0};

    if (query_get(call, "nextToken") == NULL)
        return true;
    TRY(page_token_read(api->token_key, binding, query_get(call, "nextToken"), &from, error));
    g_strlcpy(ret_after->text, from.text, sizeof ret_after->text);
    return true;
}

static char *token_of(const Api *api, const char *binding, const SuppressionPosition *next)
{
    PagePosition position = {0};

    if (next->text[0] == '\0')
        return NULL;
    g_strlcpy(position.text, next->text, sizeof position.text);
    return page_token_make(api->token_key, binding, &position);
}

static json_t *read_rows(const Api *api, const SuppressionQuery *query, SuppressionPosition *ret_next, GError **error)
{
    json_t *rows = json_array();

    if (suppressions_visit(api->db, query, collect_suppression, rows, ret_next, error))
        return rows;
    json_decref(rows);
    return NULL;
}

bool route_suppressions(const Api *api, const ApiRequest *request, HttpReply **ret_reply, GError **error)
{
    static const char *const known[] = {"limit", "nextToken", "detector", "reason", "key", NULL};
    const HttpCall *call = request->call;
    SuppressionPosition next = {""};
    JobId id = {{0}};

    TRY(query_check(call, known, error));
    SuppressionQuery query = {
        .detector = query_get(call, "detector"), .reason = query_get(call, "reason"), .key = query_get(call, "key")};
    TRY(query_limit(call, &query.limit, error));
    g_autofree char *binding = query_binding(call, known);
    TRY(read_place(api, call, binding, &query.after, error));
    TRY(route_check_job(api, request->id, &id, error));
    query.job_id = id.text;
    json_t *rows = read_rows(api, &query, &next, error);
    if (rows == NULL)
        return false;
    g_autofree char *token = token_of(api, binding, &next);
    *ret_reply =
        reply_json(200, json_pack("{s:s,s:o,s:s?}", "job_id", id.text, "suppressions", rows, "nextToken", token));
    return true;
}
