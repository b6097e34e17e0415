/* The way to an index that is no part of the store: an event is kept in the store in the transaction that it comes
 * with, and delivered after that has committed, at least once. Any thread, any number of processes. */
#pragma once

#include "index/execution_index.h"

/* db is borrowed and outlives the index; take_behind is the index that is delivered to and asked. */
ExecutionIndex *index_outbox_open(Db *db, ExecutionIndex *take_behind);

/* Delivers at most limit events, oldest first; *ret_delivered is how many. What cannot be delivered stays, and the
 * error says why. Two who deliver at once may both deliver an event. */
FALLIBLE bool index_outbox_deliver(ExecutionIndex *outbox, uint32_t limit, uint32_t *ret_delivered, GError **error);
