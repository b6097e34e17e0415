/* What a Workflow has, for the files that it is made of: workflow.c (itself), workflow_execution.c (the life of an
 * execution) and workflow_step.c (what moves one on). */
#pragma once

#include "workflow/execution_row.h"
#include "workflow/lease_keeper.h"
#include "workflow/step_group.h"
#include "workflow/task_caller.h"
#include "workflow/workflow_internal.h"

#include <stdatomic.h>

struct Workflow {
    Db *db;
    char *region, *account;
    int64_t lease_ms, hold_ms, max_events;
    void (*claimed)(void *data);
    void *data;
    _Atomic bool is_busy; /* the last look for work found some */
    TaskCaller *tasks;    /* complete before the first step */
    LeaseKeeper *keeper;
    StepGroup *group;
    struct {
        char *machine_arn;
        WorkflowSuccessor function;
        void *data;
    } successor;
    struct {
        WorkflowStatusSink function; /* NULL: nobody wants to know */
        void *data;
    } status_sink;
    struct {
        WorkflowRedriveGuard function; /* NULL: all may go on by themselves */
        void *data;
    } redrive_guard;
    GMutex mutex;
    struct {
        GHashTable *machines; /* name -> definition, JSON text */
    } locked;
};

/* INVALID if ARNs cannot hold the name; what: of what it is one. */
FALLIBLE bool workflow_check_name(const char *what, const char *name, GError **error);

/* Execution and StateMachine of the context object. */
json_t *execution_context(const Execution *execution);
