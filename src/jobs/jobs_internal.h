/* What the files of jobs/ share: the state of a job inside a transaction. */
#pragma once

#include "jobs/job_facts.h"

/* A write transaction in which nobody else changes this job's state: two actions on a job come one after the other.
 * Workers and the listing go on; they lock pages, shards and counters, in the order shards, pages, counters, jobs. */
FALLIBLE bool job_begin(Db *db, const JobId *id, DbTx **ret_tx, GError **error);

/* job_status() inside a transaction. ret_mode may be NULL. */
FALLIBLE bool job_status_read(
    DbTx *tx, const JobId *id, JobFreshness freshness, JobStatus *ret_status, JobMode *ret_mode, GError **error);

/* The runner of the job; NULL without one. */
FALLIBLE bool job_read_runner(DbTx *tx, const JobId *id, char **ret_runner, GError **error);

/* Raises the epoch and the time of the last change. */
FALLIBLE bool job_epoch_raise(DbTx *tx, const JobId *id, GError **error);

/* Deltas of the counters; what is not named stays. */
typedef struct CounterDeltas {
    int64_t queued, processing, succeeded, failed, skipped, bytes_done, findings;
} CounterDeltas;
FALLIBLE bool job_counters_add(DbTx *tx, const JobId *id, const CounterDeltas *deltas, GError **error);

/* Listing stops, and no page of the job can be claimed or finished any more; what is processing is queued again. */
FALLIBLE bool job_drop_pages(DbTx *tx, const JobId *id, GError **error);

/* Takes note that its executions have ended, so that jobs_reconcile() has nothing more to do. */
FALLIBLE bool job_executions_close(DbTx *tx, const JobId *id, const char *status, GError **error);

/* From now on the speed is measured from here. idle_ms: for so long nobody worked on the job. */
FALLIBLE bool job_speed_restart(DbTx *tx, const JobStatus *status, int64_t idle_ms, GError **error);

/* The first row's first column; 0 without a row. */
FALLIBLE bool job_query_int(DbTx *tx, DbStatement statement, const JobId *id, int64_t *ret_value, GError **error);

/* job_objects_visit() and job_object_find() for a legacy job, whose objects are rows of the older scanner's table. The
 * place ("", or row numbers of ours) is where to go on; *ret_is_end: there is nothing behind it. */
typedef struct LegacyPlace {
    int64_t block, row;
} LegacyPlace;
FALLIBLE bool job_legacy_objects_visit(DbTx *tx, const JobId *id, const ObjectQuery *query, ObjectVisitor visitor,
    void *data, LegacyPlace *place, bool *ret_is_end, GError **error);
FALLIBLE bool job_legacy_object_find(
    DbTx *tx, const JobId *id, const char *key, ObjectVisitor visitor, void *data, bool *ret_is_found, GError **error);
