/* Internal to workflow/: the interpreter of the Amazon States Language. It is pure: from a definition, where a run is,
 * and what has happened (time has passed, a task has answered) it makes where the run is then, and the history events
 * that tell of it. It knows no store, no clock and no thread; whoever drives it persists, waits and calls tasks. */
#pragma once

#include "workflow/history.h"
#include "workflow/run_state.h"
#include "workflow/workflow.h"

typedef enum RunStatus { RUN_RUNNING, RUN_SUCCEEDED, RUN_FAILED, RUN_TIMED_OUT } RunStatus;

/* "RUNNING", … as DescribeExecution says it. */
const char *run_status_name(RunStatus status);

typedef struct Interpreter {
    /* given by the driver, borrowed */
    const json_t *definition;
    RunState *run;
    History *history;        /* events are added to it */
    const json_t *execution; /* the context object's members Execution and StateMachine */
    const char *region;
    int64_t now_ms;     /* moved on by the driver */
    int64_t started_ms; /* of the execution */
    int64_t max_events; /* 0: no limit */
    /* how the run has ended; free with interpreter_clear() */
    RunStatus status;
    json_t *output;
    TaskError error;
} Interpreter;

void interpreter_clear(Interpreter *interpreter);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Interpreter, interpreter_clear)

/* The event with which every history begins; once, for a new run. */
void interpreter_start(Interpreter *interpreter, const json_t *input);

typedef enum RunProgress {
    RUN_MOVED,      /* one state went on */
    RUN_NEEDS_TASK, /* a task is to be called: interpreter_task() tells it */
    RUN_SLEEPS,     /* nothing can go on before some time */
    RUN_ENDED,
} RunProgress;

/* Lets one frame go on. *ret_value: the frame that needs a task, or the time to wake up (INT64_MAX: never by itself).
 */
RunProgress interpreter_advance(Interpreter *interpreter, int64_t *ret_value);

/* Whether the run is about to enter its machine's first state (again), with nothing else going on: *ret_input is what
 * that state is given, borrowed. */
bool interpreter_is_at_start(const Interpreter *interpreter, const json_t **ret_input);
/* Ends a run that is there as a success: somebody else goes on with what the state was to be given. */
void interpreter_hand_over(Interpreter *interpreter);

/* Goes on with a run that has ended badly, from the states that failed or were cut short; what succeeded is not done
 * again. redrives: of this run, with this one. False if the run does not tell where it was. */
bool interpreter_redrive(Interpreter *interpreter, int64_t redrives);

/* What a task is to do; borrowed from the run. */
typedef struct InterpreterTask {
    const char *state, *resource;
    const json_t *input;
    const char *token;    /* under which it is answered from outside; NULL: it is not */
    int64_t timeout_ms;   /* 0: none */
    int64_t heartbeat_ms; /* 0: none */
    int64_t deadline_ms;  /* INT64_MAX: none, or not started */
    int64_t heartbeat_at_ms;
    int64_t entered_event, attempt;
} InterpreterTask;
InterpreterTask interpreter_task(const Interpreter *interpreter, int64_t frame_id);

/* Whether it is for an activity's worker. */
bool interpreter_task_is_activity(const Interpreter *interpreter, int64_t frame_id);

/* An activity's task waits for a worker: interpreter_advance() does not ask for it again. */
void interpreter_task_offered(Interpreter *interpreter, int64_t frame_id);

/* Its activity is not there: the error is taken. */
void interpreter_task_not_offered(Interpreter *interpreter, int64_t frame_id, TaskError *take_error);

/* A worker has taken it, under a name or none; its time runs out then (0: never). Nothing happens the second time. */
typedef struct TaskStart {
    const char *worker_name;
    int64_t deadline_ms, heartbeat_at_ms;
} TaskStart;
void interpreter_task_started(Interpreter *interpreter, int64_t frame_id, const TaskStart *start);

/* The service has taken the request and said this (NULL: nothing); the answer comes from outside. */
void interpreter_task_submitted(Interpreter *interpreter, int64_t frame_id, const json_t *response);

/* The next sign of life is due then. */
void interpreter_heartbeat(Interpreter *interpreter, int64_t frame_id, int64_t heartbeat_at_ms);

/* The task's answer: a result, or (result NULL) an error. Both are taken. */
void interpreter_complete(Interpreter *interpreter, int64_t frame_id, json_t *take_result, TaskError *take_error);
