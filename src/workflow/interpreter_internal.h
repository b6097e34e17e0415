/* Internal to the interpreter's files: one state of one frame, as its kind sees it. */
#pragma once

#include "workflow/asl/data.h"
#include "workflow/interpreter.h"

typedef json_t JsonRef;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonRef, json_decref)

/* A frame in its state; what is borrowed lives in the interpreter. */
typedef struct Visit {
    Interpreter *interpreter;
    Frame *frame;
    const json_t *state;
    json_t *context;   /* owned */
    json_t *variables; /* owned, or NULL */
} Visit;

Visit visit_begin(Interpreter *interpreter, Frame *frame);
void visit_end(Visit *visit);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Visit, visit_end)

AslScope visit_scope(const Visit *visit, const json_t *input);
/* The raw input behind InputPath; a new reference. */
bool visit_input(const Visit *visit, json_t **ret_input, TaskError *ret_error);

const char *state_type(const json_t *state);
static inline bool is_state_type(const json_t *state, const char *type)
{
    return g_strcmp0(state_type(state), type) == 0;
}
/* The machine that a frame runs, and the state that it is in; NULL for one that the definition does not have. */
const json_t *frame_machine(const Interpreter *interpreter, const Frame *frame);
const json_t *frame_state(const Interpreter *interpreter, const Frame *frame);

/* An event on the frame's chain; what follows points at it. Returns its id. */
int64_t emit(Interpreter *interpreter, Frame *frame, const char *type, json_t *take_details);
/* An event beside the chain: it points at the frame's last event, and nothing points at it. */
int64_t emit_beside(Interpreter *interpreter, const Frame *frame, const char *type, json_t *take_details);

/* The run ends, behind this frame's last event. The error is taken. */
void run_succeed(Interpreter *interpreter, Frame *frame, const json_t *output);
void run_fail(Interpreter *interpreter, Frame *frame, TaskError *take_error);
/* Ends it if its history has reached the limit. */
void run_limit_history(Interpreter *interpreter);

/* Leaves the state: OutputPath, the exit event, the variables (an object or NULL, taken), then next, or the frame's
 * end. The frame may be gone afterwards. */
bool visit_leave(Visit *visit, const json_t *data, const char *next, json_t *take_assigned, TaskError *ret_error);
/* Leaves with the result of work: ResultSelector, Assign, ResultPath, then as before with the state's Next. */
bool visit_leave_with_result(Visit *visit, const json_t *result, TaskError *ret_error);

/* Children, task and deadlines of an attempt. */
void frame_forget_work(Frame *frame);
/* Retry, Catch, or the end of the frame. The error is taken; the frame may be gone afterwards. */
void frame_fail(Interpreter *interpreter, Frame *frame, TaskError *take_error);

/* ---- the kinds: each begins the state's work, for the first time or again ---- */

bool begin_state(Visit *visit, TaskError *ret_error); /* by its Type */
bool end_wait(Visit *visit, TaskError *ret_error);
bool begin_task(Visit *visit, TaskError *ret_error);
bool begin_parallel(Visit *visit, TaskError *ret_error);
bool begin_map(Visit *visit, TaskError *ret_error);

/* A child has come to its end with output, or failed with an error that nothing in it caught. The child is removed. */
void child_succeeded(Interpreter *interpreter, Frame *child, const json_t *output);
void child_failed(Interpreter *interpreter, Frame *child, const TaskError *error);

/* A worker has taken it, under this name or none; the service has taken the request. */
void task_has_started(Visit *visit, const char *worker_name);
void task_was_submitted(Visit *visit, const json_t *response);

/* The task has answered: a result, or (NULL) the error, which is taken. */
bool complete_task(Visit *visit, const json_t *result, TaskError *error);
/* Goes on with a Map or Parallel state: what failed and was tolerated is started again, and what never was. */
void redrive_children(Interpreter *interpreter, Frame *frame);

/* The task has not answered in time. */
void task_timed_out(Interpreter *interpreter, Frame *frame);
