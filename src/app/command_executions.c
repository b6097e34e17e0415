#include "app/command.h"
#include "app/report.h"
#include "base/clock.h"
#include "index/index_store.h"

#include <jansson.h>

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 100000 };

typedef struct ExecutionsOptions {
    char *store, *format, *status, *from, *to;
    int limit;
} ExecutionsOptions;

static void executions_options_clear(ExecutionsOptions *options)
{
    g_free(options->store);
    g_free(options->format);
    g_free(options->status);
    g_free(options->from);
    g_free(options->to);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ExecutionsOptions, executions_options_clear)

typedef struct ExecutionPrinter {
    OutputFormat format;
    uint64_t rows;
} ExecutionPrinter;

/* NULL while it runs. */
static char *stop_time(const IndexedExecution *execution)
{
    return execution->stopped_ms != 0 ? clock_format_iso_ms(execution->stopped_ms) : NULL;
}

static void print_json_row(const ExecutionPrinter *printer, const IndexedExecution *execution)
{
    g_autofree char *started = clock_format_iso_ms(execution->started_ms);
    g_autofree char *stopped = stop_time(execution);
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?}", "execution_arn", execution->execution_arn,
        "state_machine_arn", execution->state_machine_arn, "name", execution->name, "status", execution->status,
        "start_date", started, "stop_date", stopped);

    if (printer->format == FORMAT_JSON)
        (void)fputs(printer->rows == 0 ? "[\n  " : ",\n  ", stdout);
    (void)json_dumpf(row, stdout, JSON_COMPACT);
    if (printer->format == FORMAT_JSONL)
        (void)fputc('\n', stdout);
    json_decref(row);
}

/* Names and ARNs hold no quotes, commas or control characters: the workflow refuses them. */
static void print_plain_row(const ExecutionPrinter *printer, const IndexedExecution *execution)
{
    g_autofree char *started = clock_format_iso_ms(execution->started_ms);
    g_autofree char *stopped = stop_time(execution);
    const char *end = stopped != NULL ? stopped : "";

    if (printer->format == FORMAT_CSV)
        (void)printf("%s,%s,%s,%s,%s,%s\r\n", execution->execution_arn, execution->state_machine_arn, execution->name,
            execution->status, started, end);
    else
        (void)printf("%-24s  %-24s  %-9s  %s\n", started, end, execution->status, execution->execution_arn);
}

static void print_heading(OutputFormat format)
{
    if (format == FORMAT_CSV)
        (void)fputs("execution_arn,state_machine_arn,name,status,start_date,stop_date\r\n", stdout);
    if (format == FORMAT_TABLE)
        (void)printf("%-24s  %-24s  %-9s  %s\n", "STARTED", "STOPPED", "STATUS", "EXECUTION");
}

static bool print_execution(void *data, const IndexedExecution *execution, G_GNUC_UNUSED GError **error)
{
    ExecutionPrinter *printer = data;

    if (printer->rows == 0)
        print_heading(printer->format);
    if (printer->format == FORMAT_JSON || printer->format == FORMAT_JSONL)
        print_json_row(printer, execution);
    else
        print_plain_row(printer, execution);
    printer->rows++;
    return true;
}

static bool parse_time(const char *flag, const char *text, int64_t *ret_ms, GError **error)
{
    if (text == NULL || clock_parse_iso(text, ret_ms, error))
        return true;
    g_prefix_error(error, "%s: ", flag);
    return false;
}

static bool parse(const Command *command, int *argc, char ***argv, ExecutionsOptions *options, GError **error)
{
    const GOptionEntry entries[] = {
        STORE_ENTRY(&options->store),
        {"format", 'f', 0, G_OPTION_ARG_STRING, &options->format, "table (default), json, jsonl or csv", "FORMAT"},
        {"status", 0, 0, G_OPTION_ARG_STRING, &options->status, "Only RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED",
            "STATUS"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &options->from, "Started at this time or later", "TIME"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &options->to, "Started before this time", "TIME"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &options->limit, "At most so many, newest first (default 100)", "N"},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "", "TIME is ISO 8601, such as 2025-11-09T10:00:00Z.", argc, argv, error));
    if (*argc > 1)
        return fail(error, ERROR_INVALID, "'%s': expected no argument", (*argv)[1]);
    if (options->limit < 1 || options->limit > LIMIT_MAX)
        return fail(error, ERROR_INVALID, "--limit %d: expected a number from 1 to %d", options->limit, LIMIT_MAX);
    return true;
}

static bool run(const Command *command, int *argc, char ***argv, GError **error)
{
    g_auto(ExecutionsOptions) options = {.limit = LIMIT_DEFAULT};
    g_autoptr(Db) db = NULL;
    ExecutionPrinter printer = {0};

    TRY(parse(command, argc, argv, &options, error));
    TRY(output_format_parse(options.format, &printer.format, error));
    IndexQuery query = {.status = options.status, .limit = (uint32_t)options.limit};
    TRY(parse_time("--from", options.from, &query.from_ms, error));
    TRY(parse_time("--to", options.to, &query.to_ms, error));
    TRY(command_read_store(options.store, &db, error));
    g_autoptr(ExecutionIndex) index = index_store_open(db);
    TRY(execution_index_query(index, &query, print_execution, &printer, error));
    if (printer.rows == 0)
        print_heading(printer.format);
    if (printer.format == FORMAT_JSON)
        (void)fputs(printer.rows == 0 ? "[]\n" : "\n]\n", stdout);
    return output_finish_stdout(error);
}

int command_executions(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    return run(command, &argc, &argv, &error) ? EXIT_CLEAN : command_fail(command, error);
}
