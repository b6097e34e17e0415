/* Reports: what jobs found and what they could not read, as a table for people or as JSON, JSON lines or CSV. */
#pragma once

#include "app/command.h"
#include "base/ids.h"
#include "findings/findings.h"

/* Where results go: standard output, or a file that appears whole when it is closed. */
typedef struct Output {
    FILE *stream;
    char *path, *temporary_path; /* NULL for standard output */
} Output;

/* path NULL: standard output. Fails at once if the file cannot be made. */
FALLIBLE bool output_open(const char *path, Output *ret_output, GError **error);
/* Flushes, and puts the file in its place. NO_SPACE, IO. */
FALLIBLE bool output_finish(Output *output, GError **error);
/* The same for a command that wrote to standard output only. */
FALLIBLE bool output_finish_stdout(GError **error);
/* What was not finished is removed. */
void output_clear(Output *output);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Output, output_clear)

/* The whole report of these jobs (JobId values): status, summary, findings, objects not read, objects left out,
 * what was suppressed. */
FALLIBLE bool report_write(Db *db, const GArray *job_ids, OutputFormat format, FILE *stream, GError **error);

/* Findings alone. */
FALLIBLE bool report_findings(Db *db, const FindingQuery *query, OutputFormat format, FILE *stream, GError **error);

/* The baseline of what the queries select (findings/baseline.h); says on standard error what it cannot hold. */
FALLIBLE bool report_baseline(Db *db, const FindingQuery *queries, size_t query_count, FILE *stream, GError **error);

/* What the query selects of what was suppressed, by object, detector and reason: table, JSON, JSON lines, or CSV with a
 * row a place. */
FALLIBLE bool report_suppressed(
    Db *db, const SuppressionQuery *query, OutputFormat format, FILE *stream, GError **error);

/* Text as a terminal may show it: control characters and invalid bytes become visible escapes. Owned by the caller. */
char *report_printable(const char *text);

/* A field of CSV (RFC 4180) and what follows it. A file has keys as they are, but for an apostrophe before what a
 * spreadsheet would take for a formula; a terminal would obey what some of them say. */
void report_csv_field(FILE *stream, const char *raw, const char *separator);

/* Whether the stream is a terminal, which obeys control characters in keys. */
bool report_is_shown(FILE *stream);
/* How rows are written as JSON: for a terminal in ASCII, since some of them obey U+0080 to U+009F too. */
size_t report_json_flags(FILE *stream);
