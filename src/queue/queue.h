/* The work queue: at-least-once hand-out of pages to workers.
 *
 * A claimed page stays hidden until its lease ends; who claims it after that gets a higher fence, and the earlier
 * claim can no longer finish. Any thread may call these; a Claim belongs to the thread that made it. */
#pragma once

#include "base/error.h"
#include "base/ids.h"
#include "objects/source.h"
#include "store/db.h"

typedef struct Queue Queue;

typedef struct Claim {
    JobId job_id;
    char *bucket;
    char *options; /* jobs.options, JSON */
    char *owner;   /* who claimed it */
    uint32_t shard, page_no;
    uint32_t attempt; /* 1 for the first; rises only with claims that were abandoned before */
    uint32_t slot;    /* of the counters: claimers have different ones */
    int64_t fence;
    int64_t suspect;         /* ordinal that was noted last by a claim that was abandoned; -1: none */
    uint32_t suspect_claims; /* by how many such claims in a row */
    bool is_of_exceptions;   /* only objects that failed before are pending */
    GArray *objects;         /* ObjectEntry: all of the page, by ordinal; without modified_ms */
    GArray *pending;         /* uint32_t ordinals that are to be scanned */
} Claim;

void claim_free(Claim *claim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Claim, claim_free)
void queue_close(Queue *queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Queue, queue_close)

/* Whose pages may be claimed: those of jobs without a runner (servers, workers), or of one job with this runner. */
typedef struct ClaimScope {
    const char *owner;       /* process_identity() and, behind a '#', which of its claimers */
    const char *runner;      /* NULL: jobs without a runner */
    const char *host_runner; /* beside them: jobs that belong to this host, process_host_runner(); NULL: none */
    const JobId *job_id;     /* NULL: any job */
    const char *rules_id;    /* only jobs whose first scan had these rules; NULL: any */
} ClaimScope;

/* An object that was not scanned to its end. Everything else pending on the page succeeded. */
typedef struct ObjectException {
    uint32_t ordinal;
    bool is_skipped; /* declined, not failed */
    ErrorKind kind;
    char *message; /* never scanned content */
} ObjectException;

typedef struct PageOutcome {
    GArray *exceptions;  /* ObjectException */
    uint64_t findings;   /* rows stored with it */
    uint64_t bytes_done; /* listed sizes of the objects that it settles */
} PageOutcome;

/* How often a page is abandoned before its objects are scanned one at a time. */
enum { PAGE_ABANDONS_MAX = 3, COUNTER_SLOTS = 16 };

/* Whether queue_claim() would find a page now: a look that holds up nobody. *ret_wait_ms: until the first of all leases
 * may run out; INT64_MAX if there is none. */
FALLIBLE bool queue_look(
    Queue *queue, const ClaimScope *scope, bool *ret_has_work, int64_t *ret_wait_ms, GError **error);

/* An empty queue is not an error: true, with *ret_claim NULL. */
FALLIBLE bool queue_claim(Queue *queue, const ClaimScope *scope, int64_t lease_ms, Claim **ret_claim, GError **error);

/* LOST_LEASE when somebody else took the page over. */
FALLIBLE bool queue_extend(Queue *queue, const Claim *claim, int64_t lease_ms, GError **error);

/* Notes that this object is under way alone, so that a claim after this one knows it. LOST_LEASE as above. */
typedef enum SuspectMark {
    SUSPECT_TRIED,   /* by somebody who cannot take us with him: our end proves nothing */
    SUSPECT_SCANNED, /* by ourselves: one more claim that could have ended through it */
} SuspectMark;
FALLIBLE bool queue_suspect(Queue *queue, const Claim *claim, uint32_t ordinal, SuspectMark mark, GError **error);

/* Inside the caller's write transaction, beside its findings: the page is done, its exceptions, totals and the job's
 * counters are written. LOST_LEASE when the fence moved: roll back. Call queue_settle() after the commit. */
FALLIBLE bool queue_finish(Queue *queue, DbTx *tx, const Claim *claim, const PageOutcome *outcome, GError **error);
FALLIBLE bool queue_settle(Queue *queue, const Claim *claim, GError **error);

/* Whether the page was finished by this very claim: what there is to ask when a commit's answer was lost. */
FALLIBLE bool queue_is_finished(Queue *queue, const Claim *claim, bool *ret_is_finished, GError **error);

/* Gives the page back; nothing of it is counted. For delay_ms no page of its job is handed out: what keeps one page's
 * objects out of reach does so for all, and other jobs have their turn. */
FALLIBLE bool queue_release(Queue *queue, const Claim *claim, int64_t delay_ms, GError **error);

/* Requeues pages whose lease has run out or whose owner is dead on this host. *ret_pages: how many. */
FALLIBLE bool queue_sweep(Queue *queue, uint32_t *ret_pages, GError **error);
