/* A job as listing and workers make it, on any engine, for tests of what is done to it. Everything asserts. */
#pragma once

#include "jobs/jobs.h"
#include "queue/queue.h"
#include "stores.h"

enum { START_MS = 1000000, LEASE_MS = 60000, PAGE_OBJECTS = 10 };

typedef struct JobFixture {
    TestStore store;
    Db *db; /* the store's */
    Workflow *workflow;
    Queue *queue;
    JobId id; /* of a job that is listing, without pages */
} JobFixture;

void job_fixture_set_up(JobFixture *fixture, gconstpointer kind);
void job_fixture_tear_down(JobFixture *fixture, gconstpointer kind);

/* SQL text in one transaction, $JOB standing for the job's id. */
void fixture_run(JobFixture *fixture, const char *sql);

/* The next page of ten objects, whose sizes are 1 to 10 bytes. */
void fixture_add_page(JobFixture *fixture, uint32_t page_no);

/* The listing is over; the execution ends as it should. */
void fixture_end_listing(JobFixture *fixture);

/* The latest execution ends like that, and the job takes note of it. */
void fixture_end_execution(JobFixture *fixture, const char *status);

/* The next page, leased; NULL if there is none. */
Claim *fixture_claim(JobFixture *fixture);

/* Finishes a claim: of its pending objects, those with these ordinals fail (too_large when even, timeout when odd) or
 * are skipped; each of the others, and each that failed, has two findings. False: the lease was lost. Frees the claim.
 */
typedef struct FixtureOutcome {
    uint32_t failed[PAGE_OBJECTS], failed_count;
    uint32_t skipped[PAGE_OBJECTS], skipped_count;
} FixtureOutcome;
bool fixture_finish(JobFixture *fixture, Claim *take_claim, const FixtureOutcome *outcome);

/* The same from any thread, for a claim that the caller frees: whether the store took it. */
bool fixture_try_finish(JobFixture *fixture, const Claim *claim, const FixtureOutcome *outcome);

/* Claims and finishes whatever there is, without failures. */
void fixture_work_off(JobFixture *fixture);

/* "status total queued processing succeeded failed skipped findings bytes_done {reason: n, …}", checked against the
 * counters, owned by the caller. */
char *fixture_state(JobFixture *fixture);

/* Asserts that it is so, and that the job verifies. */
void fixture_assert_state(JobFixture *fixture, const char *expected);
void fixture_assert_verified(JobFixture *fixture);

/* Text from SQL, owned by the caller, and a number, $JOB standing for the job's id. */
char *fixture_text(JobFixture *fixture, const char *sql);
int64_t fixture_number(JobFixture *fixture, const char *sql);
