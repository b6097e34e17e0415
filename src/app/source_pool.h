/* Sources of objects by bucket and options, shared by listing and workers, closed when long idle. Any thread. */
#pragma once

#include "worker/worker.h"

typedef struct SourcePool SourcePool;

/* ca_file: may be NULL. */
FALLIBLE bool source_pool_new(const char *ca_file, uint32_t max_connections, SourcePool **ret_pool, GError **error);
void source_pool_free(SourcePool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SourcePool, source_pool_free)

FALLIBLE bool source_pool_acquire(
    SourcePool *pool, const char *bucket, const char *options_json, ObjectSource **ret_source, GError **error);
void source_pool_release(SourcePool *pool, ObjectSource *source);

/* Breaks off every fetch, now and later: for good, when the process is ending. */
void source_pool_cancel(SourcePool *pool);

/* The pool as the worker sees it. */
SourceProvider source_pool_provider(SourcePool *pool);
