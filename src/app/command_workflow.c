/* trawl workflow validate | run | graph: state machines as a tool of their own. */
#include "app/command.h"
#include "app/report.h"
#include "app/workflow_run.h"
#include "workflow/asl/data.h"
#include "workflow/asl/graph.h"
#include "workflow/asl/validate.h"

#include <string.h>

typedef json_t JsonRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonRef, json_decref)

typedef struct RunFlags {
    char *input, *mock, *batch;
    double speed;
    gboolean has_history, has_trace, is_graph;
} RunFlags;

static void run_flags_clear(RunFlags *flags)
{
    g_free(flags->input);
    g_free(flags->mock);
    g_free(flags->batch);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RunFlags, run_flags_clear)

/* "-" is standard input. */
static bool read_file(const char *path, char **ret_text, GError **error)
{
    g_autoptr(GError) reason = NULL;
    const char *name = g_str_equal(path, "-") ? "/dev/stdin" : path;

    if (g_file_get_contents(name, ret_text, NULL, &reason))
        return true;
    return fail(error, ERROR_NOT_FOUND, "%s", reason->message);
}

/* JSON, or @FILE with it. */
static bool read_json(const char *what, const char *text, json_t **ret_value, GError **error)
{
    g_autofree char *content = NULL;
    json_error_t where = {0};

    if (*text == '@')
        TRY(read_file(text + 1, &content, error));
    *ret_value = json_loads(content != NULL ? content : text, JSON_DECODE_ANY, &where);
    if (*ret_value != NULL)
        return true;
    return fail(
        error, ERROR_INVALID, "%s: no JSON: line %d, column %d: %s", what, where.line, where.column, where.text);
}

static bool read_machine(const char *path, json_t **ret_definition, GError **error)
{
    g_autofree char *text = NULL;

    TRY(read_file(path, &text, error));
    if (asl_parse_machine(text, ret_definition, error))
        return true;
    g_prefix_error(error, "%s: ", path);
    return false;
}

static bool print_json(const json_t *value, GError **error)
{
    g_autofree char *text = asl_json_text(value);

    if (printf("%s\n", text) < 0)
        return fail(error, ERROR_IO, "standard output cannot be written");
    return true;
}

/* ---- validate ---- */

static bool validate_one(const char *path, ExitStatus *status, GError **error)
{
    g_autofree char *text = NULL;
    json_error_t where = {0};

    TRY(read_file(path, &text, error));
    g_autoptr(JsonRef) definition = json_loads(text, JSON_REJECT_DUPLICATES, &where);
    if (definition == NULL) {
        (void)printf(
            "%s: INVALID_JSON_DESCRIPTION: %s at line %d, column %d\n", path, where.text, where.line, where.column);
        *status = EXIT_FOUND;
        return true;
    }
    g_autoptr(GPtrArray) problems = asl_problems(definition);
    for (guint i = 0; i < problems->len; i++) {
        const AslProblem *problem = g_ptr_array_index(problems, i);
        (void)printf("%s: %s: %s at %s\n", path, problem->code, problem->message, problem->location);
    }
    if (problems->len == 0)
        (void)printf("%s: valid\n", path);
    else
        *status = EXIT_FOUND;
    return true;
}

static bool validate(const Command *command, int *argc, char ***argv, ExitStatus *ret_status, GError **error)
{
    const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};

    TRY(command_parse(command, entries, "FILE…",
        "Lists everything that is wrong with definitions of state machines, each with its JSON pointer.\n"
        "Exit status: 0 all are valid, 1 some are not, 2 could not look.",
        argc, argv, error));
    if (*argc < 2)
        return fail(error, ERROR_INVALID, "expected FILE…, each with the definition of a state machine");
    for (int i = 1; i < *argc; i++)
        TRY(validate_one((*argv)[i], ret_status, error));
    return output_finish_stdout(error);
}

/* ---- graph ---- */

static bool graph_one(const char *path, GError **error)
{
    g_autoptr(JsonRef) definition = NULL;

    TRY(read_machine(path, &definition, error));
    g_autofree char *graph = asl_graph(definition);
    (void)fputs(graph, stdout);
    return output_finish_stdout(error);
}

static bool graph(const Command *command, int *argc, char ***argv, G_GNUC_UNUSED ExitStatus *ret_status, GError **error)
{
    const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};

    TRY(command_parse(command, entries, "FILE", "Prints a state machine as a Mermaid graph.", argc, argv, error));
    if (*argc != 2)
        return fail(error, ERROR_INVALID, "expected one FILE with the definition of a state machine");
    return graph_one((*argv)[1], error);
}

/* ---- run ---- */

static bool run_batch(const RunFlags *flags, GError **error)
{
    FILE *file = g_str_equal(flags->batch, "-") ? stdin : fopen(flags->batch, "re");
    WorkflowRunOptions options = {.speed = MAX(flags->speed, 0), .has_history = flags->has_history};
    g_autofree char *line = NULL;
    size_t size = 0;
    bool is_ok = true;

    if (file == NULL)
        return fail(error, ERROR_NOT_FOUND, "%s: %s", flags->batch, g_strerror(errno));
    while (is_ok && getline(&line, &size, file) > 0) {
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        g_autoptr(JsonRef) result = workflow_run_line(line, &options);
        is_ok = print_json(result, error) && fflush(stdout) == 0;
    }
    if (file != stdin)
        (void)fclose(file);
    return is_ok && output_finish_stdout(error);
}

static bool run_file(const char *path, const RunFlags *flags, ExitStatus *ret_status, GError **error)
{
    g_autoptr(JsonRef) definition = NULL;
    g_autoptr(JsonRef) input = json_object();
    g_autoptr(JsonRef) mocks = NULL;
    g_autoptr(JsonRef) result = NULL;

    TRY(read_machine(path, &definition, error));
    if (flags->input != NULL) {
        json_decref(input);
        input = NULL;
        TRY(read_json("--input", flags->input, &input, error));
    }
    if (flags->mock != NULL)
        TRY(read_json("--mock", flags->mock, &mocks, error));
    WorkflowRunOptions options = {
        .input = input,
        .mocks = mocks,
        .speed = flags->speed < 0 ? 1 : flags->speed,
        .has_history = flags->has_history,
        .trace = flags->has_trace ? stdout : NULL,
    };
    TRY(workflow_run_one(definition, &options, &result, error));
    bool is_success = g_strcmp0(json_string_value(json_object_get(result, "status")), "SUCCEEDED") == 0;
    *ret_status = is_success ? EXIT_CLEAN : EXIT_FOUND;
    return print_json(result, error) && output_finish_stdout(error);
}

static bool run(const Command *command, int *argc, char ***argv, ExitStatus *ret_status, GError **error)
{
    g_auto(RunFlags) flags = {.speed = -1};
    gboolean has_history = FALSE, has_trace = FALSE, is_graph = FALSE;
    const GOptionEntry entries[] = {
        {"input", 0, 0, G_OPTION_ARG_STRING, &flags.input, "The execution's input; {} without", "JSON|@FILE"},
        {"mock", 0, 0, G_OPTION_ARG_STRING, &flags.mock, "What tasks answer, by the name of their state", "JSON|@FILE"},
        {"speed", 0, 0, G_OPTION_ARG_DOUBLE, &flags.speed, "Waits are N times shorter; 0: none takes time", "N"},
        {"history", 0, 0, G_OPTION_ARG_NONE, &has_history, "The result has the history's events", NULL},
        {"trace", 0, 0, G_OPTION_ARG_NONE, &has_trace, "Print each event as it happens, before the result", NULL},
        {"batch", 0, 0, G_OPTION_ARG_FILENAME, &flags.batch, "Run every line of FILE, without waiting", "FILE.jsonl"},
        {"graph", 0, 0, G_OPTION_ARG_NONE, &is_graph, "Print a Mermaid graph instead of running", NULL},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "FILE | --batch FILE.jsonl",
        "Runs a state machine in memory, as the server would, and prints {\"status\",\"output\",\"error\",\"cause\"}.\n"
        "--mock is an object from state name to a list of {\"output\":…} or {\"error\":…,\"cause\":…}, one for each\n"
        "attempt in turn, the last one repeating; \"seconds\" beside them is how long the attempt takes.\n"
        "A line of --batch is {\"id\",\"definition\",\"input\",\"mock\"}.\n"
        "Exit status: 0 the run succeeded (of a batch: all were run), 1 it did not, 2 it could not run.",
        argc, argv, error));
    flags.has_history = has_history;
    flags.has_trace = has_trace;
    if (flags.batch != NULL && *argc == 1)
        return run_batch(&flags, error);
    if (flags.batch != NULL || *argc != 2)
        return fail(error, ERROR_INVALID, "expected one FILE with the definition of a state machine, or --batch");
    return is_graph ? graph_one((*argv)[1], error) : run_file((*argv)[1], &flags, ret_status, error);
}

typedef struct Verb {
    const char *name;
    bool (*run)(const Command *command, int *argc, char ***argv, ExitStatus *ret_status, GError **error);
} Verb;

static const Verb verbs[] = {{"validate", validate}, {"run", run}, {"graph", graph}};

static bool dispatch(const Command *command, int argc, char **argv, ExitStatus *ret_status, GError **error)
{
    const char *name = argc > 1 ? argv[1] : "";

    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (!g_str_equal(verbs[i].name, name))
            continue;
        g_autofree char *full = g_strdup_printf("%s %s", command->name, name);
        Command named = {.name = full, .summary = command->summary};
        int rest = argc - 1;
        char **rest_argv = argv + 1;
        return verbs[i].run(&named, &rest, &rest_argv, ret_status, error);
    }
    if (g_str_equal(name, "--help") || g_str_equal(name, "-h")) {
        (void)printf("Usage:\n  trawl workflow validate FILE…\n  trawl workflow run FILE [OPTION…]\n"
                     "  trawl workflow run --batch FILE.jsonl [OPTION…]\n  trawl workflow graph FILE\n\n"
                     "State machines in the Amazon States Language: check them, run them in memory, draw them.\n"
                     "Try: trawl workflow run --help\n");
        return output_finish_stdout(error);
    }
    return fail(error, ERROR_INVALID, "expected validate, run or graph (trawl workflow --help)");
}

int command_workflow(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    ExitStatus status = EXIT_CLEAN;

    return dispatch(command, argc, argv, &status, &error) ? (int)status : command_fail(command, error);
}
