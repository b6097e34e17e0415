#include "app/scan_options.h"

#include <limits.h>
#include <string.h>

enum { NOT_GIVEN = INT_MIN }; /* a number's flag; 0 would be a slip that passes for the default */

void source_flags_clear(SourceFlags *flags)
{
    g_free(flags->endpoint);
    g_free(flags->region);
    g_free(flags->addressing);
    g_free(flags->profile);
    g_free(flags->ca_file);
    g_strfreev(flags->rules);
    g_strfreev(flags->allow);
    g_free(flags->min_tier);
    g_free(flags->fingerprint_key_file);
    g_free(flags->max_expanded_size);
    *flags = (SourceFlags){0};
}

void source_flags_entries(SourceFlags *flags, GOptionEntry *entries)
{
    const GOptionEntry all[SOURCE_FLAG_COUNT] = {
        {"endpoint", 0, 0, G_OPTION_ARG_STRING, &flags->endpoint, "S3 endpoint (default: AWS)", "URL"},
        {"region", 0, 0, G_OPTION_ARG_STRING, &flags->region, "Region (default: environment, profile, us-east-1)",
            "REGION"},
        {"addressing", 0, 0, G_OPTION_ARG_STRING, &flags->addressing, "auto (default), path or virtual", "STYLE"},
        {"profile", 0, 0, G_OPTION_ARG_STRING, &flags->profile, "Profile of the AWS configuration files", "NAME"},
        {"anonymous", 0, 0, G_OPTION_ARG_NONE, &flags->is_anonymous, "Send unsigned requests", NULL},
        {"request-payer", 0, 0, G_OPTION_ARG_NONE, &flags->is_requester_pays, "We pay for requests", NULL},
        {"ca-file", 0, 0, G_OPTION_ARG_FILENAME, &flags->ca_file, "Certificates to trust (default: AWS_CA_BUNDLE)",
            "FILE"},
        {"rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &flags->rules,
            "Directory of rule files, beside the built-in rules (repeatable)", "DIR"},
        {"no-default-rules", 0, 0, G_OPTION_ARG_NONE, &flags->has_no_default_rules, "Only the rules of --rules", NULL},
        {"allow", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &flags->allow,
            "List of values and paths that are not reported (repeatable)", "FILE"},
        {"inline-ignore", 0, 0, G_OPTION_ARG_NONE, &flags->has_inline_ignore, "Heed comments that say trawl:ignore",
            NULL},
        {"min-tier", 0, 0, G_OPTION_ARG_STRING, &flags->min_tier, "low, medium (default), high or validated", "TIER"},
        {"fingerprint-key-file", 0, 0, G_OPTION_ARG_FILENAME, &flags->fingerprint_key_file,
            "Key of fingerprints (default: beside the store)", "FILE"},
        {"concurrency", 0, 0, G_OPTION_ARG_INT, &flags->concurrency, "Objects fetched at once (default 32)", "N"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &flags->threads, "Scan threads (default: one a core)", "N"},
        {"max-values", 0, 0, G_OPTION_ARG_INT, &flags->max_values,
            "Distinct values kept a detector and object (default 1000)", "N"},
        {"max-expanded-size", 0, 0, G_OPTION_ARG_STRING, &flags->max_expanded_size,
            "Give up on an object that unpacks to more (default 64G)", "SIZE"},
        {"max-depth", 0, 0, G_OPTION_ARG_INT, &flags->max_depth, "Archives in archives (default 8)", "N"},
        {"max-ratio", 0, 0, G_OPTION_ARG_INT, &flags->max_ratio, "Expanded to stored size (default 1000)", "N"},
        {"max-object-seconds", 0, 0, G_OPTION_ARG_INT, &flags->max_object_seconds,
            "Give up on an object after so long (default 3600)", "N"},
    };

    memcpy(entries, all, sizeof all);
    flags->concurrency = flags->threads = flags->max_values = NOT_GIVEN;
    flags->max_depth = flags->max_ratio = flags->max_object_seconds = NOT_GIVEN;
}

static void append_flag(GString *line, const char *flag, const char *value)
{
    g_autofree char *quoted = value != NULL ? g_shell_quote(value) : NULL;

    if (quoted != NULL)
        g_string_append_printf(line, " %s %s", flag, quoted);
}

static void append_switch(GString *line, const char *flag, gboolean is_on)
{
    if (is_on)
        g_string_append_printf(line, " %s", flag);
}

static void append_number(GString *line, const char *flag, int value)
{
    if (value != NOT_GIVEN)
        g_string_append_printf(line, " %s %d", flag, value);
}

/* What the job itself keeps (endpoint, globs, …) is not repeated. */
char *scan_command_resume(const ScanCommandOptions *options, const char *job_id)
{
    const SourceFlags *flags = &options->source;
    GString *line = g_string_new("trawl scan");

    append_flag(line, "--store", options->store);
    append_flag(line, "--ca-file", flags->ca_file);
    for (char *const *rules = flags->rules; rules != NULL && *rules != NULL; rules++)
        append_flag(line, "--rules", *rules);
    append_switch(line, "--no-default-rules", flags->has_no_default_rules);
    for (char *const *allow = flags->allow; allow != NULL && *allow != NULL; allow++)
        append_flag(line, "--allow", *allow);
    append_switch(line, "--inline-ignore", flags->has_inline_ignore);
    append_flag(line, "--baseline", options->baseline);
    append_flag(line, "--write-baseline", options->write_baseline);
    append_flag(line, "--min-tier", flags->min_tier);
    append_flag(line, "--fingerprint-key-file", flags->fingerprint_key_file);
    append_number(line, "--concurrency", flags->concurrency);
    append_number(line, "--threads", flags->threads);
    append_number(line, "--max-values", flags->max_values);
    append_flag(line, "--max-expanded-size", flags->max_expanded_size);
    append_number(line, "--max-depth", flags->max_depth);
    append_number(line, "--max-ratio", flags->max_ratio);
    append_number(line, "--max-object-seconds", flags->max_object_seconds);
    g_string_append_printf(line, " --resume %s", job_id);
    return g_string_free(line, FALSE);
}

/* "10M" and the like: bytes, or with K, M, G, T for powers of 1,024. */
static bool parse_size(const char *flag, const char *text, uint64_t *ret_bytes, GError **error)
{
    static const char units[] = "KMGT";
    char *end = NULL;
    guint64 number = g_ascii_strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, g_ascii_toupper(*end)) : NULL;
    unsigned shift = unit != NULL ? 10U * (unsigned)(unit - units + 1) : 0;

    bool has_number = end != text && g_ascii_isdigit(*text) && number > 0;
    bool is_whole = *end == '\0' || (unit != NULL && end[1] == '\0');
    if (!has_number || !is_whole || number > (UINT64_MAX >> 1 >> shift))
        return fail(error, ERROR_INVALID, "%s '%s': expected a size such as 500K, 10M or 2G", flag, text);
    *ret_bytes = number << shift;
    return true;
}

static bool check_positive(const char *flag, int value, int most, GError **error)
{
    if (value != NOT_GIVEN && (value < 1 || value > most))
        return fail(error, ERROR_INVALID, "%s %d: expected a number from 1 to %d", flag, value, most);
    return true;
}

static bool check_numbers(const SourceFlags *flags, GError **error)
{
    TRY(check_positive("--concurrency", flags->concurrency, 1024, error));
    TRY(check_positive("--threads", flags->threads, 1024, error));
    TRY(check_positive("--max-values", flags->max_values, 1000000, error));
    TRY(check_positive("--max-depth", flags->max_depth, 64, error));
    TRY(check_positive("--max-ratio", flags->max_ratio, 1000000, error));
    return check_positive("--max-object-seconds", flags->max_object_seconds, 7 * 24 * 3600, error);
}

static bool scan_limits(const SourceFlags *flags, ScanOptions *scan, GError **error)
{
    scan->limits = EXTRACT_LIMITS_DEFAULT;
    if (flags->max_expanded_size != NULL)
        TRY(parse_size("--max-expanded-size", flags->max_expanded_size, &scan->limits.max_expanded_bytes, error));
    if (flags->max_depth > 0)
        scan->limits.max_depth = (uint32_t)flags->max_depth;
    if (flags->max_ratio > 0)
        scan->limits.max_expansion_ratio = (uint32_t)flags->max_ratio;
    if (flags->max_object_seconds > 0)
        scan->limits.max_ms = (int64_t)flags->max_object_seconds * 1000;
    return true;
}

bool source_flags_engine(const SourceFlags *flags, EngineOptions *ret_options, GError **error)
{
    EngineOptions options = {
        .rules = flags->rules,
        .rule_defaults = flags->has_no_default_rules ? RULES_WITHOUT_DEFAULTS : RULES_WITH_DEFAULTS,
        .allow_files = flags->allow,
        .fingerprint_key_file = flags->fingerprint_key_file,
        .ca_file = flags->ca_file != NULL ? flags->ca_file : g_getenv("AWS_CA_BUNDLE"),
        .scan = {.min_tier = TIER_MEDIUM,
            .max_values = FINDING_MAX_VALUES_DEFAULT,
            .has_inline_ignore = flags->has_inline_ignore != FALSE},
        .scan_threads = (uint32_t)MAX(flags->threads, 0),
        .concurrency = (uint32_t)MAX(flags->concurrency, 0),
    };

    TRY(check_numbers(flags, error));
    TRY(scan_limits(flags, &options.scan, error));
    if (flags->max_values > 0)
        options.scan.max_values = (uint32_t)flags->max_values;
    if (flags->min_tier != NULL && !tier_from_name(flags->min_tier, &options.scan.min_tier))
        return fail(error, ERROR_INVALID, "--min-tier '%s': expected low, medium, high or validated", flags->min_tier);
    *ret_options = options;
    return true;
}

static bool job_addressing(const char *text, JobAddressing *ret_addressing, GError **error)
{
    static const char *const names[] = {
        [JOB_ADDRESSING_AUTO] = "auto", [JOB_ADDRESSING_PATH] = "path", [JOB_ADDRESSING_VIRTUAL] = "virtual"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (text == NULL || g_str_equal(text, names[i])) {
            *ret_addressing = (JobAddressing)i;
            return true;
        }
    }
    return fail(error, ERROR_INVALID, "--addressing '%s': expected auto, path or virtual", text);
}

bool source_flags_job(const SourceFlags *flags, JobOptions *ret_options, GError **error)
{
    g_auto(JobOptions) options = {0};

    TRY(job_addressing(flags->addressing, &options.addressing, error));
    if (flags->is_anonymous && flags->profile != NULL)
        return fail(error, ERROR_INVALID, "--anonymous and --profile: expected one of them");
    options.endpoint = g_strdup(flags->endpoint);
    options.region = g_strdup(flags->region);
    options.profile = g_strdup(flags->profile);
    options.is_anonymous = flags->is_anonymous != FALSE;
    if (flags->is_requester_pays)
        options.request_payer = g_strdup("requester");
    *ret_options = options;
    options = (JobOptions){0};
    return true;
}

void scan_command_options_clear(ScanCommandOptions *options)
{
    source_flags_clear(&options->source);
    g_free(options->store);
    g_free(options->format);
    g_free(options->output);
    g_free(options->resume);
    g_strfreev(options->include);
    g_strfreev(options->exclude);
    g_free(options->max_size);
    g_free(options->baseline);
    g_free(options->write_baseline);
    *options = (ScanCommandOptions){0};
}

bool scan_command_options_parse(
    const Command *command, int *argc, char ***argv, ScanCommandOptions *ret_options, GError **error)
{
    enum { OWN_COUNT = 10 };
    ScanCommandOptions *options = ret_options; /* the caller clears it, whatever happens */
    GOptionEntry entries[OWN_COUNT + SOURCE_FLAG_COUNT + 1] = {
        {"format", 'f', 0, G_OPTION_ARG_STRING, &options->format, "table (default), json, jsonl or csv", "FORMAT"},
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output, "Write the report to a file", "FILE"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, "No progress", NULL},
        STORE_ENTRY(&options->store),
        {"resume", 0, 0, G_OPTION_ARG_STRING, &options->resume, "Go on with a job that was stopped", "JOB_ID"},
        {"include", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->include, "Only keys like this (repeatable)", "GLOB"},
        {"exclude", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->exclude, "No keys like this (repeatable)", "GLOB"},
        {"max-size", 0, 0, G_OPTION_ARG_STRING, &options->max_size, "Leave larger objects out, and say so", "SIZE"},
        {"baseline", 0, 0, G_OPTION_ARG_FILENAME, &options->baseline, "Report only what is not in it", "FILE"},
        {"write-baseline", 0, 0, G_OPTION_ARG_FILENAME, &options->write_baseline, "Write what is found as a baseline",
            "FILE"},
    };

    source_flags_entries(&options->source, entries + OWN_COUNT);
    TRY(command_parse(command, entries, "URI…",
        "URI is s3://BUCKET[/PREFIX], file:///DIRECTORY or a path. '*' in a GLOB also matches '/'.\n\n"
        "Exit status: 0 all read, nothing found; 1 something found; 2 bad usage or the scan could not run;\n"
        "3 nothing found, but some objects could not be read.",
        argc, argv, error));
    if (options->baseline != NULL && options->write_baseline != NULL)
        return fail(error, ERROR_INVALID,
            "--baseline and --write-baseline: expected one of them; a new baseline comes from a scan without one");
    if (options->resume != NULL && *argc > 1)
        return fail(error, ERROR_INVALID, "--resume: expected no URI beside it, the job knows its own");
    if (options->resume == NULL && *argc < 2)
        return fail(error, ERROR_INVALID, "expected s3://BUCKET[/PREFIX], file:///DIRECTORY or a path");
    return true;
}

/* An empty pattern, such as an unset variable makes, would quietly leave everything out. */
static bool check_globs(const char *flag, char *const *globs, GError **error)
{
    for (; globs != NULL && *globs != NULL; globs++)
        if (**globs == '\0')
            return fail(error, ERROR_INVALID, "%s '': expected a pattern such as '*.log'", flag);
    return true;
}

/* --include beside a single file would leave the file itself out or mean nothing: the file is what was asked for. */
bool scan_command_job_options(
    const ScanCommandOptions *options, const ScanTarget *target, char **ret_json, GError **error)
{
    g_auto(JobOptions) job = {0};

    TRY(source_flags_job(&options->source, &job, error));
    TRY(check_globs("--include", options->include, error));
    TRY(check_globs("--exclude", options->exclude, error));
    if (options->max_size != NULL)
        TRY(parse_size("--max-size", options->max_size, &job.max_object_bytes, error));
    job.include = g_strdupv(options->include);
    job.exclude = g_strdupv(options->exclude);
    if (target->only_key != NULL) {
        g_strfreev(job.include);
        job.include = g_strsplit(target->only_key, "\n", 1);
    }
    *ret_json = job_options_format(&job);
    return true;
}

bool scan_command_engine_options(const ScanCommandOptions *options, EngineOptions *ret_options, GError **error)
{
    TRY(source_flags_engine(&options->source, ret_options, error));
    ret_options->store = options->store;
    ret_options->baseline_file = options->baseline;
    ret_options->patience = WORKER_GIVES_UP;
    return true;
}
