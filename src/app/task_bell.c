#include "app/task_bell.h"

#include <stdatomic.h>

enum { LONGEST_MS = 3600000 }; /* nothing is due by itself */

struct TaskBell {
    DbWake *wake;
    HttpServer *server;
    GThread *thread;
    _Atomic bool is_stopping;
};

static gpointer ring(gpointer data)
{
    TaskBell *bell = data;
    uint64_t seen = db_wake_seen(bell->wake, DB_CHANNEL_TASKS);

    while (!atomic_load(&bell->is_stopping)) {
        if (!db_wake_wait(bell->wake, DB_CHANNEL_TASKS, seen, LONGEST_MS))
            continue;
        seen = db_wake_seen(bell->wake, DB_CHANNEL_TASKS); /* before waking: whatever comes later rings again */
        http_server_wake(bell->server);
    }
    return NULL;
}

TaskBell *task_bell_start(DbWake *wake, HttpServer *server)
{
    TaskBell *bell = g_new0(TaskBell, 1);

    bell->wake = wake;
    bell->server = server;
    bell->thread = g_thread_new("bell", ring, bell);
    return bell;
}

void task_bell_stop(TaskBell *bell)
{
    if (bell == NULL)
        return;
    atomic_store(&bell->is_stopping, true);
    db_wake_all(bell->wake);
    g_thread_join(bell->thread);
    g_free(bell);
}
