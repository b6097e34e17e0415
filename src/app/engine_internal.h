/* What the files of the engine share. */
#pragma once

#include "app/batch_task.h"
#include "app/engine.h"
#include "app/housekeeping.h"
#include "app/source_pool.h"
#include "app/status_feed.h"
#include "queue/queue.h"
#include "worker/watch.h"

#include <stdatomic.h>

/* A server steps several executions at once: a bucket that hangs while it is listed must not hold up the others. */
enum { SERVER_RUNNERS = 8 };

struct Engine {
    EngineOptions options;
    Db *db;
    RuleSet *rules;
    char **rule_directories;
    Rulebook *rulebook;
    FingerprintKey key;
    Suppressor *suppressor; /* NULL: none */
    Workflow *workflow;
    ExecutionIndex *index; /* fed by the workflow */
    SourcePool *sources;
    Queue *queue;
    BatchTask batch_task;
    char **trial_argv;
    DbWake *wake;
    Watch *watch;                            /* for executions */
    Worker *worker;                          /* atomic: requests may come before engine_start() has set it */
    GThread *runner_threads[SERVER_RUNNERS]; /* those that run come first */
    Housekeeping *housekeeping;
    char *runner;
    _Atomic uint32_t runners_begun;
    _Atomic bool is_stopping;
    GMutex mutex;
    struct {
        GError *failure;
    } locked;
};

/* A runner's thread; data: the Engine. It lets executions go on until the engine stops. */
gpointer engine_runner_main(gpointer data);
