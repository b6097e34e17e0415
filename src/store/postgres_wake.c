#include "base/clock.h"
#include "store/postgres_internal.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PROOF_MS = 5000,
    PROOF_THROUGH_POOLER_MS = 1000, /* where it is not expected */
    FIRST_WAIT_MS = 500,
    LONGEST_WAIT_MS = 60000,
    DEAF_WAIT_MS = 600000 /* a pooler does not become something else by being asked often */
};

struct DbListener {
    PostgresDb *db;
    DbWake *wake;
    GThread *thread;
    int stop_fd;
};

typedef enum SessionEnd { END_STOPPED, END_LOST, END_DEAF } SessionEnd;

/* Sleeps until the connection has something to say or the time is over; false once the listener is to stop. */
static bool sleep_until(const DbListener *listener, int fd, int64_t timeout_ms)
{
    struct pollfd places[] = {{.fd = listener->stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};

    (void)poll(places, G_N_ELEMENTS(places), (int)timeout_ms);
    return places[0].revents == 0;
}

static bool listen_to(PostgresConnection *connection, const char *channel)
{
    g_autofree char *sql = g_strdup_printf("LISTEN %s", channel);
    g_autoptr(GError) error = NULL;

    return postgres_run(connection, "listen", sql, &error);
}

static bool listen_to_all(PostgresConnection *connection, const char *proof)
{
    for (int i = 0; i < DB_CHANNEL_COUNT; i++)
        if (!listen_to(connection, db_channel_name(i)))
            return false;
    return listen_to(connection, proof);
}

/* The way that real notifications take: another connection, a transaction, a commit. */
static bool notify_proof(Db *db, const char *proof)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;

    return db_begin(db, DB_WRITE, &tx, &error) && DB_EXEC(tx, SQL_STORE_NOTIFY, NULL, &error, db_text(proof)) &&
           db_commit(g_steal_pointer(&tx), &error);
}

/* Passes on what has arrived; *ret_is_proven turns true when the proof is among it. False: the connection is lost. */
static bool take_notifications(
    const DbListener *listener, PostgresConnection *connection, const char *proof, bool *ret_is_proven)
{
    PGnotify *notify = NULL;

    if (PQconsumeInput(connection->handle) == 0)
        return false;
    while ((notify = PQnotifies(connection->handle)) != NULL) {
        for (int i = 0; i < DB_CHANNEL_COUNT; i++)
            if (g_str_equal(notify->relname, db_channel_name(i)))
                db_wake_signal(listener->wake, i);
        *ret_is_proven = *ret_is_proven || g_str_equal(notify->relname, proof);
        PQfreemem(notify);
    }
    return PQstatus(connection->handle) == CONNECTION_OK;
}

static SessionEnd listen_until_lost(const DbListener *listener, PostgresConnection *connection, const char *proof)
{
    int64_t proof_end_ms = clock_monotonic_ms() + (connection->has_pooler ? PROOF_THROUGH_POOLER_MS : PROOF_MS);
    bool is_known = false;

    for (;;) {
        bool is_proven = false;
        if (!take_notifications(listener, connection, proof, &is_proven))
            return END_LOST;
        if (is_proven && !is_known) {
            is_known = true;
            db_wake_set_hearing(listener->wake, DB_HEARS_OTHERS);
        }
        int64_t left_ms = proof_end_ms - clock_monotonic_ms();
        if (!is_known && left_ms <= 0)
            return END_DEAF;
        if (!sleep_until(listener, PQsocket(connection->handle), is_known ? -1 : left_ms))
            return END_STOPPED;
    }
}

static SessionEnd run_session(const DbListener *listener)
{
    g_autofree char *proof = g_strdup_printf("trawl_proof_%08x%08x", g_random_int(), g_random_int());
    g_autoptr(PostgresConnection) connection = NULL;
    g_autoptr(GError) error = NULL;

    if (!postgres_connect(&listener->db->target, listener->stop_fd, &connection, &error))
        return error_is(error, ERROR_CANCELLED) ? END_STOPPED : END_LOST;
    if (!listen_to_all(connection, proof) || !notify_proof(&listener->db->base, proof))
        return END_LOST;
    return listen_until_lost(listener, connection, proof);
}

/* After a crash of the server, a fleet must not come back all at once. */
static int64_t jittered(int64_t wait_ms)
{
    return wait_ms / 2 + g_random_int_range(0, (gint32)wait_ms / 2 + 1);
}

static gpointer listen_for_ever(gpointer data)
{
    const DbListener *listener = data;
    int64_t wait_ms = FIRST_WAIT_MS;

    for (;;) {
        SessionEnd end = run_session(listener);
        if (end == END_STOPPED)
            return NULL;
        if (db_wake_hears_others(listener->wake))
            wait_ms = FIRST_WAIT_MS;
        db_wake_set_hearing(listener->wake, DB_HEARS_ITSELF);
        if (!sleep_until(listener, -1, jittered(end == END_DEAF ? DEAF_WAIT_MS : wait_ms)))
            return NULL;
        wait_ms = MIN(wait_ms * 2, LONGEST_WAIT_MS);
    }
}

DbListener *postgres_listen(Db *db, DbWake *wake)
{
    int stop_fd = eventfd(0, EFD_CLOEXEC);

    if (stop_fd < 0) /* no descriptors left: then others are not heard */
        return NULL;
    DbListener *listener = g_new0(DbListener, 1);
    *listener = (DbListener){.db = (PostgresDb *)db, .wake = wake, .stop_fd = stop_fd};
    listener->thread = g_thread_new("db-wake", listen_for_ever, listener);
    return listener;
}

void postgres_unlisten(DbListener *take_listener)
{
    (void)eventfd_write(take_listener->stop_fd, 1);
    g_thread_join(take_listener->thread);
    close(take_listener->stop_fd);
    g_free(take_listener);
}
