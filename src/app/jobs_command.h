/* Inside `trawl jobs`: what its subcommands share. */
#pragma once

#include "app/command.h"
#include "base/ids.h"

typedef struct JobsOptions {
    char *store, *format_name, *status, *bucket, *from, *to, *key;
    int limit;
    gboolean is_real_time, is_all;
    OutputFormat format;
    int64_t from_ms, to_ms;
    JobId job; /* of the subcommands that take one */
} JobsOptions;

/* A subcommand on an open store. *ret_status stays EXIT_CLEAN unless it says otherwise. */
typedef bool (*JobsFunction)(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);

FALLIBLE bool jobs_list(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
FALLIBLE bool jobs_show(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
FALLIBLE bool jobs_objects(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
FALLIBLE bool jobs_watch(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
FALLIBLE bool jobs_cancel(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
FALLIBLE bool jobs_pause(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
FALLIBLE bool jobs_resume(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
FALLIBLE bool jobs_retry(Db *db, const JobsOptions *options, ExitStatus *ret_status, GError **error);
