/* The queue port as its adapters see it: an adapter embeds Queue as the first member of its own struct. */
#pragma once

#include "queue/queue.h"

typedef struct QueueOps {
    const char *name;
    bool (*look)(Queue *queue, const ClaimScope *scope, bool *ret_has_work, int64_t *ret_wait_ms, GError **error);
    bool (*claim)(Queue *queue, const ClaimScope *scope, int64_t lease_ms, Claim **ret_claim, GError **error);
    bool (*extend)(Queue *queue, const Claim *claim, int64_t lease_ms, GError **error);
    bool (*suspect)(Queue *queue, const Claim *claim, uint32_t ordinal, SuspectMark mark, GError **error);
    bool (*finish)(Queue *queue, DbTx *tx, const Claim *claim, const PageOutcome *outcome, GError **error);
    bool (*settle)(Queue *queue, const Claim *claim, GError **error);
    bool (*is_finished)(Queue *queue, const Claim *claim, bool *ret_is_finished, GError **error);
    bool (*release)(Queue *queue, const Claim *claim, int64_t delay_ms, GError **error);
    bool (*sweep)(Queue *queue, uint32_t *ret_pages, GError **error);
    void (*close)(Queue *queue);
} QueueOps;

struct Queue {
    const QueueOps *ops;
};

/* How the pending objects of a claim ended. */
typedef struct PageTally {
    int64_t pending, succeeded, failed, skipped;
} PageTally;

/* INTERNAL if an exception is not of a pending object, or is there twice. */
FALLIBLE bool page_tally(const Claim *claim, const PageOutcome *outcome, PageTally *ret_tally, GError **error);

/* A lease can be ended by others when it has run out, or when its owner is a process of this host that is dead. */
bool lease_is_over(const char *owner, int64_t expires_ms, int64_t now_ms);

/* Which slot of the counters a claimer writes to. */
uint32_t counter_slot(const char *owner);

/* Sets LOST_LEASE, with the page in its text. */
bool fail_lost_lease(const Claim *claim, GError **error);
