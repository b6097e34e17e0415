#include "app/source_pool.h"

#include "jobs/job_options.h"
#include "objects/source_directory.h"
#include "objects/source_s3.h"

enum { IDLE_MAX = 16 };

typedef struct PooledSource {
    char *name; /* bucket, NUL-free separator, options */
    ObjectSource *source;
    uint32_t users;
} PooledSource;

struct SourcePool {
    uint32_t max_connections;
    char *ca_file;
    GMutex mutex;
    struct {
        HttpClient *http;   /* NULL until a source needs it */
        GPtrArray *sources; /* PooledSource; the longest unused first */
        bool is_cancelled;
    } locked;
};

static void pooled_source_free(PooledSource *pooled)
{
    object_source_close(pooled->source);
    g_free(pooled->name);
    g_free(pooled);
}

static HttpClientOptions http_options(const SourcePool *pool)
{
    return (HttpClientOptions){.max_connections = pool->max_connections, .ca_file = pool->ca_file};
}

bool source_pool_new(const char *ca_file, uint32_t max_connections, SourcePool **ret_pool, GError **error)
{
    g_autoptr(SourcePool) pool = g_new0(SourcePool, 1);

    g_mutex_init(&pool->mutex);
    pool->max_connections = max_connections;
    pool->ca_file = g_strdup(ca_file);
    pool->locked.sources = g_ptr_array_new_with_free_func((GDestroyNotify)pooled_source_free);
    const HttpClientOptions options = http_options(pool);
    TRY(http_client_check(&options, error));
    *ret_pool = g_steal_pointer(&pool);
    return true;
}

void source_pool_free(SourcePool *pool)
{
    if (pool == NULL)
        return;
    g_ptr_array_unref(pool->locked.sources);
    http_client_unref(pool->locked.http);
    g_mutex_clear(&pool->mutex);
    g_free(pool->ca_file);
    g_free(pool);
}

static bool open_directory(const char *uri, ObjectSource **ret_source, GError **error)
{
    g_autoptr(GError) parse_error = NULL;
    g_autofree char *root = g_filename_from_uri(uri, NULL, &parse_error);

    if (root == NULL)
        return fail(error, ERROR_INVALID, "%s: expected file:///DIRECTORY: %s", uri, parse_error->message);
    return directory_source_open(root, ret_source, error);
}

/* Directories do without a client. Borrowed. */
static bool pool_http(SourcePool *pool, HttpClient **ret_http, GError **error)
{
    const HttpClientOptions options = http_options(pool);
    HttpClient *opened = NULL;

    g_mutex_lock(&pool->mutex);
    *ret_http = pool->locked.http;
    g_mutex_unlock(&pool->mutex);
    if (*ret_http != NULL)
        return true;
    TRY(http_client_open(&options, &opened, error));
    g_mutex_lock(&pool->mutex);
    if (pool->locked.http == NULL)
        pool->locked.http = g_steal_pointer(&opened);
    *ret_http = pool->locked.http;
    bool is_cancelled = pool->locked.is_cancelled;
    g_mutex_unlock(&pool->mutex);
    http_client_unref(opened); /* another thread was faster */
    if (is_cancelled)
        http_client_stop(*ret_http);
    return true;
}

static S3Addressing s3_addressing(JobAddressing addressing)
{
    switch (addressing) {
    case JOB_ADDRESSING_AUTO:
        return S3_ADDRESSING_AUTO;
    case JOB_ADDRESSING_PATH:
        return S3_ADDRESSING_PATH;
    case JOB_ADDRESSING_VIRTUAL:
        return S3_ADDRESSING_VIRTUAL_HOST;
    }
    return S3_ADDRESSING_AUTO;
}

static bool open_source(
    SourcePool *pool, const char *bucket, const char *options_json, ObjectSource **ret_source, GError **error)
{
    g_auto(JobOptions) options = {0};
    HttpClient *http = NULL;

    if (g_str_has_prefix(bucket, "file://"))
        return open_directory(bucket, ret_source, error);
    TRY(job_options_parse(options_json, &options, error));
    TRY(pool_http(pool, &http, error));
    S3SourceOptions s3 = {
        .http = http,
        .bucket = bucket,
        .endpoint = options.endpoint,
        .region = options.region,
        .profile = options.profile,
        .addressing = s3_addressing(options.addressing),
        .signing = options.is_anonymous ? AWS_ANONYMOUS : AWS_SIGNED,
        .payer = options.request_payer != NULL ? S3_REQUESTER_PAYS : S3_OWNER_PAYS,
    };
    return s3_source_open(&s3, ret_source, error);
}

static PooledSource *find_locked(SourcePool *pool, const char *name)
{
    for (guint i = 0; i < pool->locked.sources->len; i++) {
        PooledSource *pooled = g_ptr_array_index(pool->locked.sources, i);
        if (g_str_equal(pooled->name, name))
            return pooled;
    }
    return NULL;
}

/* Another thread may have opened the same source meanwhile; then that one is used and ours is given back to be closed.
 */
static ObjectSource *share_locked(SourcePool *pool, const char *name, ObjectSource **source)
{
    PooledSource *pooled = find_locked(pool, name);

    if (pooled == NULL) {
        pooled = g_new0(PooledSource, 1);
        pooled->name = g_strdup(name);
        pooled->source = g_steal_pointer(source);
        g_ptr_array_add(pool->locked.sources, pooled);
    }
    pooled->users++;
    return pooled->source;
}

bool source_pool_acquire(
    SourcePool *pool, const char *bucket, const char *options_json, ObjectSource **ret_source, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s\n%s", bucket, options_json != NULL ? options_json : "{}");
    g_autoptr(ObjectSource) opened = NULL;

    g_mutex_lock(&pool->mutex);
    PooledSource *pooled = find_locked(pool, name);
    if (pooled != NULL) {
        pooled->users++;
        *ret_source = pooled->source;
    }
    g_mutex_unlock(&pool->mutex);
    if (pooled != NULL)
        return true;

    TRY(open_source(pool, bucket, options_json, &opened, error));
    g_mutex_lock(&pool->mutex);
    *ret_source = share_locked(pool, name, &opened);
    g_mutex_unlock(&pool->mutex);
    return true;
}

/* Takes out one source that nobody uses, if there are too many of them. */
static PooledSource *take_idle_locked(SourcePool *pool)
{
    guint idle = 0;
    guint oldest = G_MAXUINT;

    for (guint i = 0; i < pool->locked.sources->len; i++) {
        const PooledSource *pooled = g_ptr_array_index(pool->locked.sources, i);
        idle += pooled->users == 0;
        if (pooled->users == 0 && oldest == G_MAXUINT)
            oldest = i;
    }
    return idle > IDLE_MAX ? g_ptr_array_steal_index(pool->locked.sources, oldest) : NULL;
}

void source_pool_release(SourcePool *pool, ObjectSource *source)
{
    PooledSource *idle = NULL;

    g_mutex_lock(&pool->mutex);
    for (guint i = 0; i < pool->locked.sources->len; i++) {
        PooledSource *pooled = g_ptr_array_index(pool->locked.sources, i);
        if (pooled->source == source) {
            pooled->users--;
            g_ptr_array_add(pool->locked.sources, g_ptr_array_steal_index(pool->locked.sources, i));
            break;
        }
    }
    idle = take_idle_locked(pool);
    g_mutex_unlock(&pool->mutex);
    g_clear_pointer(&idle, pooled_source_free);
}

void source_pool_cancel(SourcePool *pool)
{
    g_mutex_lock(&pool->mutex);
    pool->locked.is_cancelled = true;
    HttpClient *http = pool->locked.http;
    g_mutex_unlock(&pool->mutex);
    if (http != NULL)
        http_client_stop(http);
}

static bool provider_acquire(
    void *data, const char *bucket, const char *options_json, ObjectSource **ret_source, GError **error)
{
    return source_pool_acquire(data, bucket, options_json, ret_source, error);
}

static void provider_release(void *data, ObjectSource *source)
{
    source_pool_release(data, source);
}

SourceProvider source_pool_provider(SourcePool *pool)
{
    return (SourceProvider){.acquire = provider_acquire, .release = provider_release, .data = pool};
}
