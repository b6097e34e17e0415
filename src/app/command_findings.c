#include "app/command.h"
#include "app/report.h"
#include "jobs/jobs.h"

typedef struct FindingsOptions {
    char *store, *format, *output, *detector, *severity, *category, *key, *compliance, *reason;
    gboolean is_suppressed;
} FindingsOptions;

static void findings_options_clear(FindingsOptions *options)
{
    g_free(options->store);
    g_free(options->format);
    g_free(options->output);
    g_free(options->detector);
    g_free(options->severity);
    g_free(options->category);
    g_free(options->key);
    g_free(options->compliance);
    g_free(options->reason);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FindingsOptions, findings_options_clear)

static bool parse(
    const Command *command, int *argc, char ***argv, FindingsOptions *options, JobId *ret_id, GError **error)
{
    const GOptionEntry entries[] = {
        STORE_ENTRY(&options->store),
        {"format", 'f', 0, G_OPTION_ARG_STRING, &options->format, "table (default), json, jsonl, csv or baseline",
            "FORMAT"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "Write to a file", "FILE"},
        {"detector", 0, 0, G_OPTION_ARG_STRING, &options->detector, "Only this detector", "ID"},
        {"severity", 0, 0, G_OPTION_ARG_STRING, &options->severity, "Only low, medium, high or critical", "SEVERITY"},
        {"category", 0, 0, G_OPTION_ARG_STRING, &options->category, "Only this category", "CATEGORY"},
        {"key", 0, 0, G_OPTION_ARG_STRING, &options->key, "Only this object", "KEY"},
        {"compliance", 0, 0, G_OPTION_ARG_STRING, &options->compliance, "Only rules with this tag, such as PCI", "TAG"},
        {"suppressed", 0, 0, G_OPTION_ARG_NONE, &options->is_suppressed,
            "What was found and not reported, where and why; with --detector, --key, --reason", NULL},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &options->reason,
            "Only what this suppressed: test_value, inline, allowed or baseline", "REASON"},
        G_OPTION_ENTRY_NULL,
    };
    Severity severity;

    TRY(command_parse(command, entries, "JOB_ID", NULL, argc, argv, error));
    if (*argc != 2)
        return fail(error, ERROR_INVALID, "expected one JOB_ID (trawl jobs lists them)");
    bool has_filter = options->severity != NULL || options->category != NULL || options->compliance != NULL;
    if (options->is_suppressed && has_filter)
        return fail(error, ERROR_INVALID, "--suppressed: expected no filter beside it but --detector, --key, --reason");
    if (options->reason != NULL && !options->is_suppressed)
        return fail(error, ERROR_INVALID, "--reason: expected --suppressed beside it");
    if (options->severity != NULL && !severity_from_name(options->severity, &severity))
        return fail(error, ERROR_INVALID, "--severity '%s': expected low, medium, high or critical", options->severity);
    return job_id_parse((*argv)[1], ret_id, error);
}

static bool is_baseline(const FindingsOptions *options)
{
    return g_strcmp0(options->format, "baseline") == 0 && !options->is_suppressed;
}

static bool write_findings(
    Db *db, const FindingsOptions *options, const char *job_id, OutputFormat format, FILE *stream, GError **error)
{
    const FindingQuery query = {
        .sequence = FINDINGS_BY_PLACE,
        .job_id = job_id,
        .detector = options->detector,
        .severity = options->severity,
        .category = options->category,
        .key = options->key,
        .compliance = options->compliance,
    };

    const SuppressionQuery suppressed = {
        .job_id = job_id, .detector = options->detector, .reason = options->reason, .key = options->key};

    if (options->is_suppressed)
        return report_suppressed(db, &suppressed, format, stream, error);
    if (is_baseline(options))
        return report_baseline(db, &query, 1, stream, error);
    return report_findings(db, &query, format, stream, error);
}

static bool print_findings(const Command *command, int *argc, char ***argv, GError **error)
{
    g_auto(FindingsOptions) options = {0};
    g_auto(JobStatus) status = {0};
    g_auto(Output) output = {0};
    g_autoptr(Db) db = NULL;
    OutputFormat format;
    JobId id;

    TRY(parse(command, argc, argv, &options, &id, error));
    TRY(output_format_parse(is_baseline(&options) ? NULL : options.format, &format, error));
    if (!command_read_store(options.store, &db, error)) {
        g_prefix_error(error, "job %s: ", id.text);
        return false;
    }
    TRY(job_status(db, &id, JOB_REAL_TIME, &status, error));
    TRY(output_open(options.output, &output, error));
    TRY(write_findings(db, &options, id.text, format, output.stream, error));
    return output_finish(&output, error);
}

int command_findings(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    return print_findings(command, &argc, &argv, &error) ? EXIT_CLEAN : command_fail(command, error);
}
