#include "store/sqlite_internal.h"

typedef struct Waiter {
    GCond is_called;
    GThread *thread;
    bool has_turn;
} Waiter;

struct SqliteTurn {
    GMutex mutex;
    struct {
        GThread *holder; /* NULL: nobody */
        GQueue waiters;  /* Waiter, first come first served */
    } locked;
};

SqliteTurn *sqlite_turn_new(void)
{
    SqliteTurn *turn = g_new0(SqliteTurn, 1);

    g_mutex_init(&turn->mutex);
    g_queue_init(&turn->locked.waiters);
    return turn;
}

void sqlite_turn_free(SqliteTurn *turn)
{
    if (turn == NULL)
        return;
    g_assert(turn->locked.holder == NULL && g_queue_is_empty(&turn->locked.waiters));
    g_mutex_clear(&turn->mutex);
    g_free(turn);
}

static bool wait_locked(SqliteTurn *turn, int64_t wait_ms)
{
    Waiter waiter = {.thread = g_thread_self()};
    int64_t end_us = g_get_monotonic_time() + wait_ms * 1000;

    g_cond_init(&waiter.is_called);
    g_queue_push_tail(&turn->locked.waiters, &waiter);
    while (!waiter.has_turn && g_cond_wait_until(&waiter.is_called, &turn->mutex, end_us))
        ;
    if (!waiter.has_turn)
        g_queue_remove(&turn->locked.waiters, &waiter);
    g_cond_clear(&waiter.is_called);
    return waiter.has_turn;
}

bool sqlite_turn_take(SqliteTurn *turn, int64_t wait_ms, const char *path, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&turn->mutex);

    if (turn->locked.holder == g_thread_self())
        return fail(error, ERROR_INTERNAL, "store %s: this thread is in a transaction already", path);
    if (turn->locked.holder == NULL) {
        turn->locked.holder = g_thread_self();
        return true;
    }
    if (!wait_locked(turn, wait_ms))
        return fail(error, ERROR_BUSY, "store %s: other transactions of this process have kept it for %d s", path,
            (int)(wait_ms / 1000));
    return true;
}

/* Hands over to the one that waits longest, so that nobody can overtake it. */
void sqlite_turn_give(SqliteTurn *turn)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&turn->mutex);
    Waiter *next = g_queue_pop_head(&turn->locked.waiters);

    turn->locked.holder = next != NULL ? next->thread : NULL;
    if (next != NULL) {
        next->has_turn = true;
        g_cond_signal(&next->is_called);
    }
}
