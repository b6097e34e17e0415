#include "base/clock.h"
#include "store/postgres_internal.h"

typedef struct Unanswered {
    const char *what;
    DbStatement prepared; /* SQL_STATEMENT_COUNT: none */
    bool is_prompt;       /* its answer waits for nobody */
} Unanswered;

static const char *const begins[][2] = {
    [DB_READ] = {POSTGRES_BEGIN_READ, POSTGRES_READER_SETTINGS},
    [DB_WRITE] = {POSTGRES_BEGIN_WRITE, NULL},
    [DB_WRITE_RELAXED] = {POSTGRES_BEGIN_WRITE, POSTGRES_RELAXED_SETTINGS},
};

guint postgres_count_unanswered(const PostgresConnection *connection)
{
    return connection->unanswered != NULL ? connection->unanswered->len : 0;
}

bool postgres_sent(PostgresConnection *connection, const char *what, DbStatement prepared, int was_sent, GError **error)
{
    Unanswered unanswered = {what, prepared, false};

    if (was_sent == 0)
        return postgres_fail(connection, what, NULL, error);
    if (connection->unanswered == NULL)
        connection->unanswered = g_array_new(FALSE, FALSE, sizeof(Unanswered));
    g_array_append_val(connection->unanswered, unanswered);
    if (prepared != SQL_STATEMENT_COUNT)
        connection->is_prepared[prepared] = true; /* for all that is sent after it */
    return true;
}

bool postgres_send_text(PostgresConnection *connection, const char *what, const char *sql, GError **error)
{
    return postgres_sent(connection, what, SQL_STATEMENT_COUNT,
        PQsendQueryParams(connection->handle, sql, 0, NULL, NULL, NULL, NULL, 0), error);
}

/* The server answers it at once, whatever is sent behind it: so one that hangs is noticed soon. */
static bool send_begin(PostgresConnection *connection, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(begins[0]) && begins[connection->mode][i] != NULL; i++) {
        TRY(postgres_send_text(connection, "begin", begins[connection->mode][i], error));
        g_array_index(connection->unanswered, Unanswered, connection->unanswered->len - 1).is_prompt = true;
    }
    return PQsendFlushRequest(connection->handle) == 1 || postgres_fail(connection, "begin", NULL, error);
}

bool postgres_open_pipeline(PostgresConnection *connection, GError **error)
{
    if (PQpipelineStatus(connection->handle) == PQ_PIPELINE_OFF && PQenterPipelineMode(connection->handle) == 0)
        return postgres_fail(connection, "pipeline", NULL, error);
    if (!connection->is_begin_due)
        return true;
    connection->is_begin_due = false;
    return send_begin(connection, error);
}

/* Those after one that failed say only that they were passed over. */
static bool read_answer(PostgresConnection *connection, const Unanswered *unanswered, int64_t wait_ms,
    PGresult **ret_result, GError **error)
{
    g_autoptr(PGresult) result = postgres_answer(connection, 1, wait_ms);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && unanswered->prepared != SQL_STATEMENT_COUNT)
        connection->is_prepared[unanswered->prepared] = false;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_ABORTED)
        return postgres_fail(connection, unanswered->what, result, error);
    g_clear_pointer(ret_result, PQclear);
    *ret_result = g_steal_pointer(&result);
    return true;
}

static bool read_answers(PostgresConnection *connection, PGresult **ret_last, GError **error)
{
    bool is_right = true;

    for (guint i = 0; i < connection->unanswered->len && PQstatus(connection->handle) == CONNECTION_OK; i++) {
        const Unanswered *unanswered = &g_array_index(connection->unanswered, Unanswered, i);
        /* the server keeps its answers together: for the first of them it may work on all */
        int64_t wait_ms =
            unanswered->is_prompt ? POSTGRES_PROMPT_MS : POSTGRES_ANSWER_MS * (int64_t)connection->unanswered->len;
        is_right = read_answer(connection, unanswered, wait_ms, ret_last, is_right ? error : NULL) && is_right;
    }
    if (is_right && PQstatus(connection->handle) != CONNECTION_OK)
        return postgres_fail(connection, "answer", NULL, error);
    return is_right;
}

/* Behind the last answer stands that of the sync. */
static bool leave_pipeline(PostgresConnection *connection, GError **error)
{
    PQclear(postgres_answer(connection, 1, POSTGRES_ANSWER_MS));
    if (PQexitPipelineMode(connection->handle) == 1)
        return true;
    connection->is_broken = true;
    return postgres_fail(connection, "pipeline", NULL, error);
}

bool postgres_settle(PostgresConnection *connection, PGresult **ret_last, GError **error)
{
    g_autoptr(PGresult) last = NULL;
    bool is_right = true;

    if (postgres_count_unanswered(connection) == 0)
        return true;
    if (PQpipelineSync(connection->handle) == 0)
        is_right = postgres_fail(connection, "pipeline", NULL, error);
    is_right = is_right && read_answers(connection, &last, error);
    g_array_set_size(connection->unanswered, 0);
    if (PQstatus(connection->handle) == CONNECTION_OK)
        is_right = leave_pipeline(connection, is_right ? error : NULL) && is_right;
    if (PQstatus(connection->handle) != CONNECTION_OK) /* found out behind the last words of a server */
        connection->is_broken = true;
    if (is_right && ret_last != NULL)
        *ret_last = g_steal_pointer(&last);
    return is_right;
}
