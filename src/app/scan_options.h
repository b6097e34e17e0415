/* The options of `trawl scan`, and those that it shares with `trawl serve`. */
#pragma once

#include "app/command.h"
#include "app/engine.h"
#include "app/scan_target.h"

/* How objects are reached and scanned: the same flags for scan and serve. */
typedef struct SourceFlags {
    char *endpoint, *region, *addressing, *profile, *ca_file;
    gboolean is_anonymous, is_requester_pays;
    char **rules, **allow;
    gboolean has_no_default_rules, has_inline_ignore;
    char *min_tier, *fingerprint_key_file;
    int concurrency, threads, max_values;
    char *max_expanded_size;
    int max_depth, max_ratio, max_object_seconds;
} SourceFlags;

void source_flags_clear(SourceFlags *flags);

enum { SOURCE_FLAG_COUNT = 20 };
/* Fills entries[0 … SOURCE_FLAG_COUNT - 1] with options that write into flags. */
void source_flags_entries(SourceFlags *flags, GOptionEntry *entries);

/* The engine's part of the flags: limits, tiers, threads. Errors name the flag. */
FALLIBLE bool source_flags_engine(const SourceFlags *flags, EngineOptions *ret_options, GError **error);

/* The job's part of the flags, as jobs.options. */
FALLIBLE bool source_flags_job(const SourceFlags *flags, JobOptions *ret_options, GError **error);

typedef struct ScanCommandOptions {
    SourceFlags source;
    char *store, *format, *output, *resume;
    char **include, **exclude;
    char *max_size, *baseline, *write_baseline;
    gboolean is_quiet;
} ScanCommandOptions;

void scan_command_options_clear(ScanCommandOptions *options);

FALLIBLE bool scan_command_options_parse(
    const Command *command, int *argc, char ***argv, ScanCommandOptions *ret_options, GError **error);

/* Options of a job on this target, as JSON text owned by the caller. */
FALLIBLE bool scan_command_job_options(
    const ScanCommandOptions *options, const ScanTarget *target, char **ret_json, GError **error);

/* The command line that goes on with the job as this one began: flags that the job does not keep are told again. */
char *scan_command_resume(const ScanCommandOptions *options, const char *job_id);

FALLIBLE bool scan_command_engine_options(
    const ScanCommandOptions *options, EngineOptions *ret_options, GError **error);
