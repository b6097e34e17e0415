/* Internal to workflow/: one thread that extends the leases of the executions whose tasks are running.
 *
 * It starts with the first lease. A lease that cannot be extended is left to run out: the fence protects the rest. */
#pragma once

#include "workflow/execution_row.h"

typedef struct LeaseKeeper LeaseKeeper;

LeaseKeeper *lease_keeper_new(Db *db, int64_t lease_ms);
void lease_keeper_free(LeaseKeeper *keeper);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LeaseKeeper, lease_keeper_free)

/* From hold to drop the execution's lease is kept; it is borrowed so long. */
void lease_keeper_hold(LeaseKeeper *keeper, const Execution *execution);
void lease_keeper_drop(LeaseKeeper *keeper, const Execution *execution);
