/* What the files of one page's run share: page_run.c begins and ends it, page_scan.c has its objects scanned. */
#pragma once

#include "base/metrics.h"
#include "findings/finding_spool.h"
#include "worker/page_run.h"

/* An object that its store did not give: the store may be down, or this object alone be out of order. */
typedef struct Doubt {
    uint32_t ordinal;
    ErrorKind kind;
    char *message;
} Doubt;

typedef struct PageRun {
    const PageContext *context;
    const Claim *claim;
    int64_t extend_at_ms;
    bool is_lost;      /* only the lane's thread */
    GByteArray *tries; /* by ordinal, how often an object was in doubt; only the lane's thread */
    _Atomic bool is_unwanted;
    _Atomic uint64_t live_objects, live_failed, live_skipped, live_bytes, live_findings;
    FindingSpool *spool; /* under the mutex while objects are scanned; may write its file there: it is the page's own */
    GMutex mutex;
    GCond changed;
    struct {
        uint32_t in_flight;
        uint32_t settled;       /* objects whose outcome is known */
        GByteArray *is_settled; /* by ordinal */
        GArray *exceptions;     /* ObjectException */
        GArray *doubts;         /* Doubt, of the pass under way */
        GError *retry_reason;   /* the page must be given back */
        GError *failure;        /* our own failure */
    } locked;
} PageRun;

/* The steps of a pass over the page's objects. All are called on the lane's thread. */
bool page_is_wanted(void *run);
/* Whether this pass still wants to open the object: it is open yet, and there is not too much trouble already. */
bool page_object_is_due(PageRun *run, uint32_t ordinal);
/* Hands the object to the scan threads. */
void page_open_object(PageRun *run, uint32_t ordinal);
void page_wait_for_in_flight(PageRun *run, uint32_t most);
/* The object's outcome is known. */
void page_settle(PageRun *run, uint32_t ordinal, const ScanResult *result);
/* An object that could not even be asked for counts like one that could not be read. */
void page_not_opened(PageRun *run, uint32_t ordinal, const GError *error);
/* Waits, keeping the lease. */
void page_rest(PageRun *run, int64_t wait_ms);
/* Somebody else has the page. */
void page_lose(PageRun *run);

/* page_isolate.c: every object that is not settled yet, once, one at a time. */
bool page_is_isolated(const PageRun *run);
void page_isolated_pass(PageRun *run);

/* Until every pending object is settled, or the page is lost, to be given back, or not wanted any more. Nothing is in
 * flight then, so that `locked` is the lane's alone. */
void page_scan(PageRun *run);

/* Keeps the lease while the page is worked on. A lost lease ends the work; any other trouble of the store is left to
 * the commit, which cannot succeed without the lease. */
void page_extend_if_due(PageRun *run);
