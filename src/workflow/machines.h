/* State machines that are kept in the store under their ARN: those that clients made, and the scanner's. Any thread.
 *
 * A running execution has a copy of its definition: changing or deleting a machine does not touch it. */
#pragma once

#include "workflow/workflow.h"

typedef struct StateMachine {
    char *arn, *name, *definition, *role_arn;
    char *type;     /* STANDARD, EXPRESS */
    char *status;   /* ACTIVE, DELETING */
    char *revision; /* changes with definition and role */
    char *settings; /* JSON object: what was given beside them, as it was given */
    char *tags;     /* JSON object: key -> value */
    int64_t created_ms, updated_ms;
} StateMachine;

void state_machine_clear(StateMachine *machine);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StateMachine, state_machine_clear)

/* "arn:aws:states:<region>:<account>:stateMachine:<machine>", owned by the caller. */
char *workflow_machine_arn(const Workflow *workflow, const char *machine);

/* The role that is shown for a machine that was made without one, owned by the caller. */
char *machine_own_role(const char *arn);

/* Whether a machine or an execution may have this name: 1 to 80 characters, none of which an ARN cannot hold. */
bool workflow_name_is_valid(const char *name);

/* Keeps a machine that was added with workflow_add_machine() in the store as well, so that it is listed. */
FALLIBLE bool machine_keep(Workflow *workflow, Db *db, const char *name, const char *definition, GError **error);

/* *ret_found false: there is none with this ARN. */
FALLIBLE bool machine_find(DbTx *tx, const char *arn, StateMachine *ret_machine, bool *ret_found, GError **error);

/* Stores a new one; its revision and times are made here (ret_now_ms). CONFLICT if there is one with this ARN. */
FALLIBLE bool machine_insert(DbTx *tx, const StateMachine *machine, int64_t *ret_now_ms, GError **error);

/* Stores definition, role_arn and settings of one that exists, with a new revision (owned by the caller). */
FALLIBLE bool machine_update(
    DbTx *tx, const StateMachine *machine, char **ret_revision, int64_t *ret_now_ms, GError **error);
FALLIBLE bool machine_set_tags(DbTx *tx, const char *arn, const char *tags, GError **error);

/* No error if there is none. */
FALLIBLE bool machine_delete(DbTx *tx, const char *arn, GError **error);

/* Borrowed until the visitor returns. Only arn, name, type and created_ms are filled. */
typedef void (*MachineVisitor)(void *data, const StateMachine *machine);

/* At most limit of those behind a creation time and ARN (0 and "": from the first), oldest first. */
FALLIBLE bool machines_list(DbTx *tx, int64_t after_ms, const char *after_arn, uint32_t limit, MachineVisitor visitor,
    void *data, GError **error);
