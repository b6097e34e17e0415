/* Internal to workflow/: one state of one execution, run. A handler tells what follows; it persists nothing. */
#pragma once

#include "workflow/asl_data.h"
#include "workflow/history.h"

/* A function that Task states can invoke. */
typedef struct TaskEntry {
    TaskFunction function;
    void *data;
} TaskEntry;

/* What a handler may see; all borrowed but what it adds to the history. */
typedef struct StateRun {
    const char *name;
    const json_t *state;
    const json_t *raw_input;
    const json_t *context; /* of "$$" paths */
    const char *region;
    GHashTable *tasks;    /* function name -> TaskEntry */
    bool is_resumed;      /* a later part of a visit that an earlier step began (Retry, Wait) */
    json_t *retry_counts; /* changed in place by a retry */
    int64_t entered_event_id;
    History *history;
} StateRun;

typedef enum TransitionKind {
    TRANSITION_NEXT,  /* on to the state next, with output */
    TRANSITION_END,   /* the execution succeeded with output */
    TRANSITION_FAIL,  /* the execution failed with error */
    TRANSITION_AGAIN, /* the same state once more, from wake_at_ms on */
    TRANSITION_UNDO,  /* the task was interrupted: as if the step had not begun */
} TransitionKind;

typedef struct Transition {
    TransitionKind kind;
    char *next;
    json_t *output;
    TaskError error;
    int64_t wake_at_ms;
} Transition;

void transition_clear(Transition *transition);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Transition, transition_clear)

/* Runs the state with its Retry and Catch. Cannot fail: an error is a transition, too. */
void state_run(StateRun *run, Transition *ret_transition);
