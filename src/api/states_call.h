/* Inside api/: one call of the Step Functions API: its parameters, and the words in which AWS refuses one.
 *
 * https://docs.aws.amazon.com/step-functions/latest/apireference/. Belongs to the thread that serves the call. */
#pragma once

#include "api/api_internal.h"
#include "workflow/executions.h"

typedef struct StatesCall {
    const Api *api;
    const json_t *params; /* an object */
    const char *code;     /* of the refusal; NULL: what went wrong is ours */
    char *resource_name;  /* beside the refusal's message, or NULL */
    int64_t waited_ms;    /* the caller, so far */
    int64_t wait_ms;      /* set: the answer is not to be given yet, and asked for again; see http_reply_wait() */
} StatesCall;

/* *ret_answer is a new reference. False with call->code for what the client did wrong, without for what we did. */
typedef bool (*StatesOperation)(StatesCall *call, json_t **ret_answer, GError **error);

/* Refuses with an error code of the API and its message; false, always. code is a constant. */
bool states_refuse(StatesCall *call, GError **error, const char *code, const char *format, ...) G_GNUC_PRINTF(4, 5);

typedef enum ParamPresence { PARAM_OPTIONAL, PARAM_REQUIRED } ParamPresence;

typedef struct TextParam {
    const char *name;
    ParamPresence presence;
    size_t min_chars, max_chars; /* max 0: no limit */
} TextParam;

/* *ret_text is borrowed from the parameters; NULL without it. */
FALLIBLE bool states_text(StatesCall *call, TextParam param, const char **ret_text, GError **error);
/* *ret_number keeps its value without it. */
FALLIBLE bool states_number(
    StatesCall *call, const char *name, int64_t least, int64_t most, int64_t *ret_number, GError **error);
/* *ret_flag keeps its value without it. */
FALLIBLE bool states_flag(StatesCall *call, const char *name, bool *ret_flag, GError **error);
/* One of the values, which are separated by ", " in the order in which AWS lists them; NULL without it. */
FALLIBLE bool states_choice(
    StatesCall *call, const char *name, const char *values, const char **ret_value, GError **error);
/* maxResults: 1 to 1000; 100 if it is absent or 0. */
FALLIBLE bool states_max_results(StatesCall *call, uint32_t *ret_limit, GError **error);
/* An ARN of Step Functions with this resource type ("stateMachine", "execution"); required. */
FALLIBLE bool states_arn(StatesCall *call, const char *name, const char *type, const char **ret_arn, GError **error);

/* nextToken: where a page ended, good for a day and for the same list only. binding tells lists apart; *ret_position
 * keeps its value without a token. */
FALLIBLE bool states_token_read(
    StatesCall *call, const char *binding, size_t max_chars, int64_t *ret_number, char **ret_text, GError **error);
json_t *states_token_make(const StatesCall *call, const char *binding, int64_t number, const char *text);

enum { DEFINITION_CHARS_MAX = 1048576 };
/* Refuses one that has problems, with all of them. */
FALLIBLE bool states_check_definition(StatesCall *call, const char *definition, GError **error);

/* Seconds since the epoch, with their fraction. */
json_t *states_time(int64_t time_ms);

/* The execution that the parameter executionArn names; it must be there. */
FALLIBLE bool states_read_record(StatesCall *call, ExecutionRecord *ret_record, GError **error);

/* What the executions of a machine are called before their own name: "arn:…:execution:<machine>:"; owned by the caller.
 */
char *states_execution_prefix(const char *machine_arn);

FALLIBLE bool states_start_execution(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_describe_execution(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_redrive_execution(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_stop_execution(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_list_executions(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_get_execution_history(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_describe_machine_for_execution(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_list_machines(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_describe_machine(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_create_machine(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_update_machine(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_delete_machine(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_validate_definition(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_tag_resource(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_untag_resource(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_list_tags(StatesCall *call, json_t **ret_answer, GError **error);

FALLIBLE bool states_create_activity(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_describe_activity(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_list_activities(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_delete_activity(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_get_activity_task(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_send_task_success(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_send_task_failure(StatesCall *call, json_t **ret_answer, GError **error);
FALLIBLE bool states_send_task_heartbeat(StatesCall *call, json_t **ret_answer, GError **error);

/* The whole of POST /, answered in the protocol's words in any case. */
HttpReply *states_handle(const Api *api, const HttpCall *call);
