#include "workflow/lease_keeper.h"

#include "base/log.h"

#include <string.h>

enum { RENEWALS_PER_LEASE = 3 };

typedef struct Lease {
    char *arn;
    int64_t fence;
} Lease;

struct LeaseKeeper {
    Db *db;
    int64_t lease_ms;
    GMutex mutex;
    GCond changed;
    struct {
        GArray *leases; /* Lease */
        GThread *thread;
        bool is_stopping;
    } locked;
};

static void lease_clear(gpointer data)
{
    g_free(((Lease *)data)->arn);
}

static GArray *leases_new(void)
{
    GArray *leases = g_array_new(FALSE, FALSE, sizeof(Lease));

    g_array_set_clear_func(leases, lease_clear);
    return leases;
}

LeaseKeeper *lease_keeper_new(Db *db, int64_t lease_ms)
{
    LeaseKeeper *keeper = g_new0(LeaseKeeper, 1);

    keeper->db = db;
    keeper->lease_ms = lease_ms;
    keeper->locked.leases = leases_new();
    g_mutex_init(&keeper->mutex);
    g_cond_init(&keeper->changed);
    return keeper;
}

void lease_keeper_free(LeaseKeeper *keeper)
{
    if (keeper == NULL)
        return;
    g_mutex_lock(&keeper->mutex);
    keeper->locked.is_stopping = true;
    g_cond_broadcast(&keeper->changed);
    g_mutex_unlock(&keeper->mutex);
    if (keeper->locked.thread != NULL)
        g_thread_join(keeper->locked.thread);
    g_array_unref(keeper->locked.leases);
    g_cond_clear(&keeper->changed);
    g_mutex_clear(&keeper->mutex);
    g_free(keeper);
}

/* Until a third of a lease has passed, or the keeper stops. */
static void wait_locked(LeaseKeeper *keeper)
{
    gint64 end = g_get_monotonic_time() + keeper->lease_ms * (G_USEC_PER_SEC / 1000) / RENEWALS_PER_LEASE;

    while (!keeper->locked.is_stopping && g_cond_wait_until(&keeper->changed, &keeper->mutex, end))
        continue;
}

static GArray *copy_leases_locked(LeaseKeeper *keeper)
{
    GArray *copy = leases_new();

    for (guint i = 0; i < keeper->locked.leases->len; i++) {
        const Lease *lease = &g_array_index(keeper->locked.leases, Lease, i);
        Lease own = {.arn = g_strdup(lease->arn), .fence = lease->fence};
        g_array_append_val(copy, own);
    }
    return copy;
}

static void renew_all(LeaseKeeper *keeper, const GArray *leases)
{
    for (guint i = 0; i < leases->len; i++) {
        const Lease *lease = &g_array_index(leases, Lease, i);
        g_autoptr(GError) error = NULL;
        if (!execution_renew(keeper->db, lease->arn, lease->fence, keeper->lease_ms, &error))
            log_warning("execution.lease", "arn", lease->arn, "error", error->message, NULL);
    }
}

static gpointer keep_leases(gpointer data)
{
    LeaseKeeper *keeper = data;

    g_mutex_lock(&keeper->mutex);
    for (;;) {
        wait_locked(keeper);
        if (keeper->locked.is_stopping)
            break;
        g_autoptr(GArray) leases = copy_leases_locked(keeper);
        g_mutex_unlock(&keeper->mutex);
        renew_all(keeper, leases);
        g_mutex_lock(&keeper->mutex);
    }
    g_mutex_unlock(&keeper->mutex);
    return NULL;
}

void lease_keeper_hold(LeaseKeeper *keeper, const Execution *execution)
{
    Lease lease = {.arn = g_strdup(execution->arn), .fence = execution->fence};

    g_mutex_lock(&keeper->mutex);
    g_array_append_val(keeper->locked.leases, lease);
    if (keeper->locked.thread == NULL)
        keeper->locked.thread = g_thread_new("leases", keep_leases, keeper);
    g_mutex_unlock(&keeper->mutex);
}

void lease_keeper_drop(LeaseKeeper *keeper, const Execution *execution)
{
    g_mutex_lock(&keeper->mutex);
    for (guint i = 0; i < keeper->locked.leases->len; i++) {
        const Lease *lease = &g_array_index(keeper->locked.leases, Lease, i);
        if (lease->fence == execution->fence && g_str_equal(lease->arn, execution->arn)) {
            g_array_remove_index_fast(keeper->locked.leases, i);
            break;
        }
    }
    g_mutex_unlock(&keeper->mutex);
}
