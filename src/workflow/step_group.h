/* Internal to workflow/: several threads' writes in one transaction, so that a busy engine does not commit each step by
 * itself. Who comes while a transaction is being written waits for the next one, and goes into it with all others that
 * wait; who comes alone is not held up. Any thread. */
#pragma once

#include "base/error.h"
#include "store/db.h"

typedef struct StepGroup StepGroup;

StepGroup *step_group_new(Db *db);
void step_group_free(StepGroup *group);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StepGroup, step_group_free)

/* Writes one member's part. LOST_LEASE must mean that it wrote nothing: the others go on without it. Any other error
 * throws the whole transaction away. May be called by another member's thread, while data's own waits. */
typedef bool (*StepWrite)(void *data, DbTx *tx, GError **error);

typedef enum GroupOutcome {
    GROUP_WRITTEN, /* and committed */
    GROUP_SPOILT,  /* the transaction failed with several parts in it: to be tried alone */
    GROUP_FAILED,  /* the error says why; nothing is written */
} GroupOutcome;

GroupOutcome step_group_write(StepGroup *group, StepWrite write, void *data, GError **error);
