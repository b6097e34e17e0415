/* Tests only: one execution of a machine that a test writes down, on a store of any kind, stepped by hand while the
 * clock stands still. Its input is {"n": 1}. */
#pragma once

#include "stores.h"
#include "workflow/workflow.h"

#define STATES  "arn:aws:states:us-east-1:000000000000:"
#define RUN_ARN STATES "execution:m:run"

enum { START_MS = 1700000000 };

typedef struct RunFixture {
    TestStore store;
    Workflow *workflow; /* the test's own, freed with the fixture */
    int64_t now_ms;
} RunFixture;

void run_set_up(RunFixture *run, const char *kind);
void run_tear_down(RunFixture *run);

/* states: the members of States; the first is "A". */
void run_start(RunFixture *run, const char *states);

/* Steps until nothing is due. */
void run_settle(RunFixture *run);
void run_pass(RunFixture *run, int64_t ms);

/* "Type(previous){detail} …", with the details that tests look at; ids must be dense. */
void run_expect_history(RunFixture *run, const char *expected);
/* With its output or, without one, its error. */
void run_expect(RunFixture *run, const char *status, const char *output_or_error);
