/* Jobs and pages put straight into a store, for tests of what works on them. Everything asserts. */
#pragma once

#include "base/ids.h"
#include "store/db.h"

/* A store in memory with its schema. */
Db *stored_db_new(void);

/* The same in a file. */
Db *stored_db_open(const char *path);

/* SQL text, in one transaction. */
void stored_run(Db *db, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Job number n (0 to 9) with the execution "arn:n" and one shard; created at created_ms. */
JobId stored_job(Db *db, int n, int64_t created_ms);

/* The next page of the job: count objects of 10 bytes each, whose keys follow those of the pages before. */
void stored_page(Db *db, const JobId *id, uint32_t page_no, uint32_t count);

/* Row of the execution "arn:n" of a job. */
void stored_execution(Db *db, int n, const char *status);

/* "total queued processing succeeded failed skipped findings bytes_done", owned by the caller. */
char *stored_counts(Db *db, const JobId *id);
