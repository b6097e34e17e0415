#include "base/clock.h"
#include "base/metrics.h"
#include "store/postgres_internal.h"

/* More would not make a database faster, and a fleet shares its limit. */
enum { MAX_CONNECTIONS = 20, IDLE_MS = 60000 };

struct PostgresPool {
    const PostgresTarget *target;
    GMutex mutex;
    GCond is_free;
    struct {
        GQueue idle;     /* PostgresConnection, the last used first */
        GPtrArray *busy; /* PostgresConnection */
        guint count;     /* idle, busy and being opened */
    } locked;
};

PostgresPool *postgres_pool_new(const PostgresTarget *target)
{
    PostgresPool *pool = g_new0(PostgresPool, 1);

    pool->target = target;
    g_mutex_init(&pool->mutex);
    g_cond_init(&pool->is_free);
    g_queue_init(&pool->locked.idle);
    pool->locked.busy = g_ptr_array_new();
    return pool;
}

void postgres_pool_free(PostgresPool *pool)
{
    if (pool == NULL)
        return;
    g_assert(pool->locked.busy->len == 0);
    g_queue_clear_full(&pool->locked.idle, (GDestroyNotify)postgres_connection_free);
    g_ptr_array_unref(pool->locked.busy);
    g_mutex_clear(&pool->mutex);
    g_cond_clear(&pool->is_free);
    g_free(pool);
}

static bool writes_already_locked(const PostgresPool *pool, const GThread *thread)
{
    for (guint i = 0; i < pool->locked.busy->len; i++) {
        const PostgresConnection *connection = g_ptr_array_index(pool->locked.busy, i);
        if (connection->holder == thread && connection->mode != DB_READ)
            return true;
    }
    return false;
}

static void lend_locked(PostgresPool *pool, PostgresConnection *connection, DbMode mode)
{
    connection->holder = g_thread_self();
    connection->mode = mode;
    g_ptr_array_add(pool->locked.busy, connection);
}

/* *ret_connection NULL: there is room for a new one, which is counted already. */
static bool take_idle(PostgresPool *pool, DbMode mode, PostgresConnection **ret_connection, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&pool->mutex);
    int64_t end_us = g_get_monotonic_time() + POSTGRES_WAIT_MS * (int64_t)1000;

    if (mode != DB_READ && writes_already_locked(pool, g_thread_self()))
        return fail(error, ERROR_INTERNAL, "store %s: this thread is in a transaction already", pool->target->name);
    while (g_queue_is_empty(&pool->locked.idle) && pool->locked.count >= MAX_CONNECTIONS)
        if (!g_cond_wait_until(&pool->is_free, &pool->mutex, end_us))
            return fail(error, ERROR_BUSY,
                "store %s: other transactions of this process have kept all %d connections "
                "for %d s",
                pool->target->name, MAX_CONNECTIONS, POSTGRES_WAIT_MS / 1000);
    PostgresConnection *connection = g_queue_pop_head(&pool->locked.idle);
    if (connection == NULL)
        pool->locked.count++;
    else
        lend_locked(pool, connection, mode);
    *ret_connection = connection;
    return true;
}

static void give_room_back(PostgresPool *pool)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&pool->mutex);

    pool->locked.count--;
    g_cond_signal(&pool->is_free);
}

bool postgres_pool_take(
    PostgresPool *pool, DbMode mode, PostgresConnection **ret_connection, bool *ret_is_new, GError **error)
{
    PostgresConnection *connection = NULL;

    TRY(take_idle(pool, mode, &connection, error));
    *ret_is_new = connection == NULL;
    if (connection == NULL) {
        if (!postgres_connect(pool->target, -1, &connection, error)) {
            give_room_back(pool);
            return false;
        }
        g_mutex_lock(&pool->mutex);
        lend_locked(pool, connection, mode);
        g_mutex_unlock(&pool->mutex);
    }
    *ret_connection = connection;
    return true;
}

/* The one that lies idle for the longest, if that is too long. */
static PostgresConnection *stale_locked(PostgresPool *pool, int64_t now_ms)
{
    const PostgresConnection *last = g_queue_peek_tail(&pool->locked.idle);

    return last != NULL && now_ms - last->idle_since_ms > IDLE_MS ? g_queue_pop_tail(&pool->locked.idle) : NULL;
}

void postgres_pool_give(PostgresPool *pool, PostgresConnection *take_connection)
{
    PostgresConnection *useless = take_connection->is_broken ? take_connection : NULL;
    int64_t now_ms = clock_monotonic_ms();

    if (useless != NULL)
        metric_add(METRIC_DB_RECONNECTS, 1);
    g_mutex_lock(&pool->mutex);
    g_ptr_array_remove_fast(pool->locked.busy, take_connection);
    take_connection->holder = NULL;
    take_connection->idle_since_ms = now_ms;
    if (useless == NULL) {
        g_queue_push_head(&pool->locked.idle, take_connection);
        useless = stale_locked(pool, now_ms);
    }
    if (useless != NULL)
        pool->locked.count--;
    g_cond_signal(&pool->is_free);
    g_mutex_unlock(&pool->mutex);
    postgres_connection_free(useless);
}

void postgres_pool_drop_idle(PostgresPool *pool)
{
    GQueue dead = G_QUEUE_INIT;

    g_mutex_lock(&pool->mutex);
    pool->locked.count -= g_queue_get_length(&pool->locked.idle);
    dead = pool->locked.idle;
    g_queue_init(&pool->locked.idle);
    g_cond_broadcast(&pool->is_free);
    g_mutex_unlock(&pool->mutex);
    g_queue_clear_full(&dead, (GDestroyNotify)postgres_connection_free);
}
