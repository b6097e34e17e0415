/* Waiting for work in a fleet without asking all the time.
 *
 * Of several threads that look for the same kind of work, one watches while the others sleep: it waits for a
 * notification, or for ever longer between two looks of its own, within what its store can tell. Whoever finds work
 * wakes one more, so that no more wake than there is work. Any thread. */
#pragma once

#include "store/db_wake.h"

typedef struct Watch Watch;

/* wake is borrowed. deaf_ms, hearing_ms: the longest wait when notifications of other processes do not arrive, and when
 * they do. */
Watch *watch_new(DbWake *wake, DbChannel channel, int64_t deaf_ms, int64_t hearing_ms);
void watch_free(Watch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_free)

/* Before looking for work: nothing that comes from now on is missed by watch_wait(). */
uint64_t watch_seen(Watch *watch);

/* There was work: there may be more. */
void watch_found(Watch *watch);

/* There was none: until there may be some, or until due_ms from now. */
void watch_wait(Watch *watch, uint64_t seen, int64_t due_ms);

/* The store is in trouble: sleeps that long, or until the end. */
void watch_rest(Watch *watch, int64_t wait_ms);

/* Looks at once, whoever watches. */
void watch_wake(Watch *watch);

/* From now on nobody waits, until watch_start(). */
void watch_stop(Watch *watch);
void watch_start(Watch *watch);
