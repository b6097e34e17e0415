#include "store/db_wake.h"

#include "store/db_ops.h"

static const char *const channel_names[DB_CHANNEL_COUNT] = {
    [DB_CHANNEL_PAGES] = "trawl_pages",
    [DB_CHANNEL_EXECUTIONS] = "trawl_executions",
    [DB_CHANNEL_JOBS] = "trawl_jobs",
    [DB_CHANNEL_TASKS] = "trawl_tasks",
};

struct DbWake {
    Db *db;
    DbListener *listener; /* NULL: the driver has none */
    GMutex mutex;
    GCond is_woken;
    struct {
        uint64_t counts[DB_CHANNEL_COUNT];
        DbHearing hearing;
        bool is_known; /* it was tried out */
    } locked;
};

const char *db_channel_name(DbChannel channel)
{
    return channel_names[channel];
}

DbWake *db_wake_open(Db *db)
{
    DbWake *wake = g_new0(DbWake, 1);

    wake->db = db;
    g_mutex_init(&wake->mutex);
    g_cond_init(&wake->is_woken);
    g_assert(db->wake == NULL);
    g_atomic_pointer_set(&db->wake, wake);
    if (db->ops->listen != NULL)
        wake->listener = db->ops->listen(db, wake);
    return wake;
}

void db_wake_close(DbWake *wake)
{
    if (wake == NULL)
        return;
    if (wake->listener != NULL)
        wake->db->ops->unlisten(wake->listener);
    g_atomic_pointer_set(&wake->db->wake, NULL);
    g_mutex_clear(&wake->mutex);
    g_cond_clear(&wake->is_woken);
    g_free(wake);
}

void db_wake_signal(DbWake *wake, DbChannel channel)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wake->mutex);

    wake->locked.counts[channel]++;
    g_cond_broadcast(&wake->is_woken);
}

void db_wake_all(DbWake *wake)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wake->mutex);

    for (int i = 0; i < DB_CHANNEL_COUNT; i++)
        wake->locked.counts[i]++;
    g_cond_broadcast(&wake->is_woken);
}

void db_wake_set_hearing(DbWake *wake, DbHearing hearing)
{
    g_mutex_lock(&wake->mutex);
    bool is_news = !wake->locked.is_known || wake->locked.hearing != hearing;
    wake->locked.is_known = true;
    wake->locked.hearing = hearing;
    g_mutex_unlock(&wake->mutex);
    if (is_news)
        db_wake_all(wake); /* something may have been missed, and who waited may want to wait otherwise */
}

bool db_wake_hears_others(DbWake *wake)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wake->mutex);

    return wake->locked.hearing == DB_HEARS_OTHERS;
}

uint64_t db_wake_seen(DbWake *wake, DbChannel channel)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wake->mutex);

    return wake->locked.counts[channel];
}

bool db_wake_wait(DbWake *wake, DbChannel channel, uint64_t seen, int64_t timeout_ms)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&wake->mutex);
    int64_t end_us = g_get_monotonic_time() + timeout_ms * 1000;

    while (wake->locked.counts[channel] == seen)
        if (!g_cond_wait_until(&wake->is_woken, &wake->mutex, end_us))
            return wake->locked.counts[channel] != seen;
    return true;
}

bool db_notify(DbTx *tx, DbChannel channel, GError **error)
{
    if ((tx->notified & (1U << channel)) != 0)
        return true;
    TRY(DB_EXEC_LATER(tx, SQL_STORE_NOTIFY, error, db_text(channel_names[channel])));
    tx->notified |= 1U << channel;
    return true;
}

/* What comes back from the server need not be told twice. */
void db_wake_committed(Db *db, uint32_t notified)
{
    DbWake *wake = g_atomic_pointer_get(&db->wake);

    if (wake == NULL || notified == 0 || db_wake_hears_others(wake))
        return;
    for (int i = 0; i < DB_CHANNEL_COUNT; i++)
        if ((notified & (1U << i)) != 0)
            db_wake_signal(wake, i);
}
