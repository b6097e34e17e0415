#include "worker/watch.h"

#include "base/backoff.h"

enum {
    FIRST_WAIT_MS = 500,
    SPREAD_MS = 20, /* all processes hear of work at the same time: whoever comes later may find it taken */
};

struct Watch {
    DbWake *wake;
    DbChannel channel;
    int64_t deaf_ms, hearing_ms;
    GMutex mutex;
    GCond changed;
    struct {
        Backoff backoff;
        bool has_watcher, is_stopping;
        uint32_t sleepers, calls; /* calls: of so many sleepers that have not answered yet */
    } locked;
};

Watch *watch_new(DbWake *wake, DbChannel channel, int64_t deaf_ms, int64_t hearing_ms)
{
    Watch *watch = g_new0(Watch, 1);

    watch->wake = wake;
    watch->channel = channel;
    watch->deaf_ms = deaf_ms;
    watch->hearing_ms = hearing_ms;
    watch->locked.backoff.first_ms = FIRST_WAIT_MS;
    g_mutex_init(&watch->mutex);
    g_cond_init(&watch->changed);
    return watch;
}

void watch_free(Watch *watch)
{
    if (watch == NULL)
        return;
    g_mutex_clear(&watch->mutex);
    g_cond_clear(&watch->changed);
    g_free(watch);
}

uint64_t watch_seen(Watch *watch)
{
    return db_wake_seen(watch->wake, watch->channel);
}

void watch_found(Watch *watch)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watch->mutex);

    backoff_reset(&watch->locked.backoff);
    if (watch->locked.calls < watch->locked.sleepers) {
        watch->locked.calls++;
        g_cond_broadcast(&watch->changed);
    }
}

static void sleep_locked(Watch *watch)
{
    watch->locked.sleepers++;
    while (watch->locked.calls == 0 && !watch->locked.is_stopping)
        g_cond_wait(&watch->changed, &watch->mutex);
    watch->locked.sleepers--;
    if (watch->locked.calls > 0)
        watch->locked.calls--;
}

static void sleep_until_locked(Watch *watch, int64_t end_us)
{
    while (!watch->locked.is_stopping)
        if (!g_cond_wait_until(&watch->changed, &watch->mutex, end_us))
            return;
}

void watch_rest(Watch *watch, int64_t wait_ms)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watch->mutex);

    sleep_until_locked(watch, g_get_monotonic_time() + wait_ms * G_TIME_SPAN_MILLISECOND);
}

static int64_t next_wait(Watch *watch, int64_t due_ms, int64_t longest_ms)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watch->mutex);

    watch->locked.backoff.longest_ms = longest_ms;
    watch->locked.backoff.wait_ms = MIN(watch->locked.backoff.wait_ms, watch->locked.backoff.longest_ms);
    return MAX(MIN(backoff_next_ms(&watch->locked.backoff), due_ms), 1);
}

static void watch_alone(Watch *watch, uint64_t seen, int64_t due_ms)
{
    bool hears_others = db_wake_hears_others(watch->wake);
    int64_t wait_ms = next_wait(watch, due_ms, hears_others ? watch->hearing_ms : watch->deaf_ms);
    bool is_called = db_wake_wait(watch->wake, watch->channel, seen, wait_ms);

    if (is_called && hears_others)
        watch_rest(watch, g_random_int_range(0, SPREAD_MS));
}

void watch_wait(Watch *watch, uint64_t seen, int64_t due_ms)
{
    g_mutex_lock(&watch->mutex);
    bool is_stopping = watch->locked.is_stopping;
    bool is_watcher = !is_stopping && !watch->locked.has_watcher;
    if (is_watcher)
        watch->locked.has_watcher = true;
    else if (!is_stopping)
        sleep_locked(watch);
    g_mutex_unlock(&watch->mutex);
    if (!is_watcher)
        return;
    watch_alone(watch, seen, due_ms);
    g_mutex_lock(&watch->mutex);
    watch->locked.has_watcher = false;
    g_mutex_unlock(&watch->mutex);
}

void watch_wake(Watch *watch)
{
    g_mutex_lock(&watch->mutex);
    backoff_reset(&watch->locked.backoff);
    g_mutex_unlock(&watch->mutex);
    db_wake_all(watch->wake);
}

void watch_stop(Watch *watch)
{
    g_mutex_lock(&watch->mutex);
    watch->locked.is_stopping = true;
    g_cond_broadcast(&watch->changed);
    g_mutex_unlock(&watch->mutex);
    db_wake_all(watch->wake);
}

void watch_start(Watch *watch)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&watch->mutex);

    watch->locked.is_stopping = false;
}
