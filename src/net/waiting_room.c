#include "net/waiting_room.h"

typedef struct Waiter {
    struct MHD_Connection *connection;
    int64_t due_us;
} Waiter;

struct WaitingRoom {
    uint32_t max;
    GMutex mutex;
    GCond changed;
    struct {
        GArray *waiters; /* Waiter */
        GThread *thread; /* lets those out whose time has come; there is none before the first */
        uint64_t count;
        bool is_closed;
    } locked;
};

WaitingRoom *waiting_room_new(uint32_t max)
{
    WaitingRoom *room = g_new0(WaitingRoom, 1);

    room->max = max;
    room->locked.waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
    g_mutex_init(&room->mutex);
    g_cond_init(&room->changed);
    return room;
}

void waiting_room_free(WaitingRoom *room)
{
    if (room == NULL)
        return;
    g_array_unref(room->locked.waiters);
    g_cond_clear(&room->changed);
    g_mutex_clear(&room->mutex);
    g_free(room);
}

uint64_t waiting_room_seen(WaitingRoom *room)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&room->mutex);

    return room->locked.count;
}

/* Resumes those that are due by then; INT64_MAX: all. Gives when the next one is. */
static int64_t let_out_locked(WaitingRoom *room, int64_t now_us)
{
    int64_t next_us = INT64_MAX;

    for (guint i = room->locked.waiters->len; i > 0; i--) {
        const Waiter *waiter = &g_array_index(room->locked.waiters, Waiter, i - 1);
        if (waiter->due_us > now_us) {
            next_us = MIN(next_us, waiter->due_us);
            continue;
        }
        MHD_resume_connection(waiter->connection);
        g_array_remove_index_fast(room->locked.waiters, i - 1);
    }
    return next_us;
}

static gpointer watch_the_time(gpointer data)
{
    WaitingRoom *room = data;

    g_mutex_lock(&room->mutex);
    while (!room->locked.is_closed) {
        const int64_t next_us = let_out_locked(room, g_get_monotonic_time());
        if (next_us == INT64_MAX)
            g_cond_wait(&room->changed, &room->mutex);
        else
            (void)g_cond_wait_until(&room->changed, &room->mutex, next_us);
    }
    g_mutex_unlock(&room->mutex);
    return NULL;
}

WaitingResult waiting_room_enter(WaitingRoom *room, struct MHD_Connection *connection, uint64_t seen, int64_t wait_ms)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&room->mutex);
    const Waiter waiter = {connection, g_get_monotonic_time() + wait_ms * 1000};

    if (room->locked.is_closed || room->locked.waiters->len >= room->max)
        return WAITING_REFUSED;
    if (room->locked.count != seen)
        return WAITING_OVER;
    MHD_suspend_connection(connection); /* before anybody can resume it */
    g_array_append_val(room->locked.waiters, waiter);
    if (room->locked.thread == NULL)
        room->locked.thread = g_thread_new("waiting", watch_the_time, room);
    g_cond_broadcast(&room->changed);
    return WAITING_SUSPENDED;
}

WaitingResult waiting_room_sit(WaitingRoom *room, uint64_t seen, int64_t wait_ms)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&room->mutex);
    const int64_t due_us = g_get_monotonic_time() + wait_ms * 1000;

    while (!room->locked.is_closed && room->locked.count == seen)
        if (!g_cond_wait_until(&room->changed, &room->mutex, due_us))
            break;
    return room->locked.is_closed ? WAITING_REFUSED : WAITING_OVER;
}

void waiting_room_wake(WaitingRoom *room)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&room->mutex);

    room->locked.count++;
    (void)let_out_locked(room, INT64_MAX);
    g_cond_broadcast(&room->changed);
}

void waiting_room_close(WaitingRoom *room)
{
    g_mutex_lock(&room->mutex);
    room->locked.is_closed = true;
    (void)let_out_locked(room, INT64_MAX);
    g_cond_broadcast(&room->changed);
    GThread *thread = g_steal_pointer(&room->locked.thread);
    g_mutex_unlock(&room->mutex);
    if (thread != NULL)
        g_thread_join(thread);
}
