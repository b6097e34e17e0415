/* Internal to workflow/: where a run is. A tree of frames: the root runs the machine's states; each branch of a
 * Parallel state and each iteration of a Map state is a frame below the one that is in that state.
 *
 * It goes into the store as JSON after every step, and comes back the same. Plain data; owned by one thread. */
#pragma once

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum FramePhase {
    FRAME_ENTERS,   /* its state is to be entered */
    FRAME_ATTEMPTS, /* the state's work is to be tried (again), from wake_at_ms on */
    FRAME_WAITS,    /* a Wait state, until wake_at_ms */
    FRAME_TASK,     /* a task was scheduled, and has not answered */
    FRAME_FANS_OUT, /* its children run */
    FRAME_PHASES
} FramePhase;

/* What a Map or Parallel state is at, in this attempt. */
typedef struct FanOut {
    json_t *inputs;   /* of the iterations, in order; NULL for a Parallel state, whose branches share one input */
    json_t *items;    /* what $$.Map.Item.Value gives, if it is not the input itself; or NULL */
    json_t *results;  /* in order; JSON null where none is yet */
    json_t *failures; /* {"<index>": true} of failures that were tolerated, or NULL */
    json_t *again;    /* [index, …] of those that are to be started once more, or NULL */
    int64_t length;   /* of all branches or iterations */
    int64_t started, failed, succeeded;
    int64_t concurrency;         /* at once */
    int64_t tolerated_count;     /* -1: not given */
    double tolerated_percentage; /* -1: not given */
    int64_t last_success_event;
} FanOut;

typedef struct Frame Frame;
struct Frame {
    int64_t id;
    Frame *parent;       /* NULL: the root */
    GPtrArray *children; /* Frame *, owned */
    int64_t index;       /* which branch or iteration of its parent */
    int64_t turn;        /* when it last ran, so that all get their turn */
    FramePhase phase;
    char *state;
    json_t *data;         /* the state's raw input */
    json_t *variables;    /* those assigned in this frame, or NULL */
    json_t *retry_counts; /* attempts used, one number a retrier */
    int64_t retries;      /* attempts used, in all */
    int64_t entered_event, last_event;
    int64_t entered_ms;
    int64_t wake_at_ms;
    int64_t timeout_ms;                    /* how long a task may take from its start on; 0: for ever */
    int64_t deadline_ms;                   /* when a task has timed out; 0: never */
    int64_t heartbeat_ms, heartbeat_at_ms; /* the longest time without a sign of life, and when that ends; or 0 */
    json_t *task;                          /* {"resource", "input", "token", "external", "started"} of FRAME_TASK */
    FanOut *fan_out;
};

typedef struct RunState {
    Frame *root;  /* NULL when the run has ended */
    Frame *ended; /* where it was then, if it has ended badly; or NULL */
    int64_t next_id, turns;
    int64_t event_count;
} RunState;

RunState *run_state_new(const char *start_at, const json_t *input);
void run_state_free(RunState *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RunState, run_state_free)

Frame *frame_add_child(RunState *run, Frame *parent, int64_t index, const char *start_at, const json_t *input);
void frame_remove(Frame *child); /* from its parent */
void frame_remove_children(Frame *frame);
void fan_out_free(FanOut *fan_out);

/* The frame with this id, or NULL. */
Frame *run_state_find(const RunState *run, int64_t frame_id);
/* Every frame, parents first. */
void run_state_each(const RunState *run, void (*visit)(Frame *frame, void *data), void *data);

char *run_state_text(const RunState *run);
/* NULL if the text is none. */
RunState *run_state_parse(const char *text);
