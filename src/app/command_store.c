/* The one place that turns --store, TRAWL_STORE and RDS_… into an open store. */
#include "app/command.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/db_postgres.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum { AWAIT_MS = 60 * 1000, AWAIT_AGAIN_S = 1 };

/* Where jobs are kept, and beside which file this installation keeps what belongs to it. */
typedef struct StorePlace {
    bool is_server;
    char *uri;  /* of a server; may hold a password: never shown */
    char *path; /* of the SQLite file; for a server, of a file that need not be there */
} StorePlace;

static void store_place_clear(StorePlace *place)
{
    g_free(place->uri);
    g_free(place->path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StorePlace, store_place_clear)

static bool make_directory_of(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);

    if (g_mkdir_with_parents(directory, 0700) != 0)
        return fail(error, ERROR_IO, "--store: directory %s cannot be made: %s", directory, g_strerror(errno));
    return true;
}

static bool home_path(const char *name, char **ret_path, GError **error)
{
    g_autofree char *path = g_build_filename(g_get_user_state_dir(), "trawl", name, NULL);

    TRY(make_directory_of(path, error));
    *ret_path = g_steal_pointer(&path);
    return true;
}

/* "scheme" of "scheme://…" or "scheme:…"; a path such as ./a:b has none. */
static char *scheme_of(const char *store)
{
    size_t len = strspn(store, "abcdefghijklmnopqrstuvwxyz0123456789+");

    return len > 1 && store[len] == ':' ? g_strndup(store, len) : NULL;
}

static bool place_parse(const char *store, StorePlace *place, GError **error)
{
    g_autofree char *scheme = scheme_of(store);

    if (scheme == NULL) {
        place->path = g_strdup(store);
    } else if (g_str_equal(scheme, "sqlite")) {
        place->path = g_strdup(store + strlen("sqlite:"));
    } else if (g_str_equal(scheme, "postgresql") || g_str_equal(scheme, "postgres")) {
        place->is_server = true;
        place->uri = g_strdup(store);
        return home_path("postgresql", &place->path, error);
    } else {
        return fail(error, ERROR_INVALID, "--store '%s:…': expected sqlite:PATH, a path, or postgresql://…", scheme);
    }
    if (place->path[0] == '\0')
        return fail(error, ERROR_INVALID, "--store '%s': expected sqlite:PATH, a path, or postgresql://…", store);
    return true;
}

/* One "key='value' " of libpq's connection text. */
static void append_setting(GString *text, const char *key, const char *value)
{
    g_string_append_printf(text, "%s='", key);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            g_string_append_c(text, '\\');
        g_string_append_c(text, *value);
    }
    g_string_append(text, "' ");
}

static const char *first_setting(const char *name, const char *other, const char *without)
{
    const char *value = g_getenv(name) != NULL ? g_getenv(name) : g_getenv(other);

    return value != NULL && *value != '\0' ? value : without;
}

/* HOST or HOST:PORT in RDS_PROXY_ENDPOINT, as operators' scripts set it; PG… variables fill what is left open. */
static char *rds_conninfo(const char *endpoint)
{
    g_auto(GStrv) parts = g_strsplit(endpoint, ":", 2);
    const char *user = g_getenv("RDS_USERNAME"), *password = g_getenv("RDS_PASSWORD");
    GString *text = g_string_new(NULL);

    append_setting(text, "host", parts[0]);
    append_setting(text, "port", parts[1] != NULL ? parts[1] : first_setting("RDS_PORT", "PGPORT", "5432"));
    append_setting(text, "dbname", first_setting("RDS_DATABASE", "PGDATABASE", "scanner_db"));
    append_setting(text, "sslmode", first_setting("RDS_SSLMODE", "PGSSLMODE", "require"));
    if (user != NULL)
        append_setting(text, "user", user);
    if (password != NULL)
        append_setting(text, "password", password);
    return g_string_free(text, FALSE);
}

static bool place_find(const char *store, StorePlace *place, GError **error)
{
    const char *setting = store != NULL ? store : g_getenv("TRAWL_STORE");
    const char *endpoint = g_getenv("RDS_PROXY_ENDPOINT");

    if (setting != NULL)
        return place_parse(setting, place, error);
    if (endpoint != NULL && *endpoint != '\0') {
        place->is_server = true;
        place->uri = rds_conninfo(endpoint);
        return home_path("postgresql", &place->path, error);
    }
    return home_path("trawl.db", &place->path, error);
}

static bool place_connect(const StorePlace *place, Db **ret_db, GError **error)
{
    if (place->is_server)
        return db_postgres_open(place->uri, ret_db, error);
    return db_sqlite_open(place->path, ret_db, error);
}

/* A slip in the path must not make an empty store that then says that nothing was found. */
static bool place_check_exists(const StorePlace *place, GError **error)
{
    if (place->is_server || g_file_test(place->path, G_FILE_TEST_EXISTS))
        return true;
    return fail(error, ERROR_NOT_FOUND,
        "there is no store %s: expected --store sqlite:PATH, as given to trawl scan or trawl serve", place->path);
}

/* A server's errors name it; its URI may hold a password. */
static void prefix_place(const StorePlace *place, GError **error)
{
    if (!place->is_server)
        g_prefix_error(error, "%s: ", place->path);
}

static bool place_open(const StorePlace *place, Db **ret_db, GError **error)
{
    g_autoptr(Db) db = NULL;

    TRY(place_connect(place, &db, error));
    if (!migrate_up(db, error)) {
        prefix_place(place, error);
        return false;
    }
    *ret_db = g_steal_pointer(&db);
    return true;
}

bool command_connect_store(const char *store, StoreMaking making, Db **ret_db, GError **error)
{
    g_auto(StorePlace) place = {0};

    TRY(place_find(store, &place, error));
    if (making == STORE_MUST_EXIST)
        TRY(place_check_exists(&place, error));
    return place_connect(&place, ret_db, error);
}

bool command_open_store(const char *store, Db **ret_db, char **ret_path, GError **error)
{
    g_auto(StorePlace) place = {0};

    TRY(place_find(store, &place, error));
    TRY(place_open(&place, ret_db, error));
    if (ret_path != NULL)
        *ret_path = g_steal_pointer(&place.path);
    return true;
}

/* A signal that the caller has blocked in order to end by it ends the waiting, and is left for the caller to see. */
static bool pause_for_signal(void)
{
    sigset_t signals;
    int number = 0;

    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    number = sigtimedwait(&signals, NULL, &(struct timespec){.tv_sec = AWAIT_AGAIN_S});
    if (number > 0)
        (void)raise(number);
    return number > 0;
}

bool command_await_store(const char *store, Db **ret_db, char **ret_path, GError **error)
{
    int64_t end_ms = clock_monotonic_ms() + AWAIT_MS;

    while (true) {
        g_autoptr(GError) reason = NULL;
        if (command_open_store(store, ret_db, ret_path, &reason))
            return true;
        if (!error_is(reason, ERROR_UNAVAILABLE) || clock_monotonic_ms() >= end_ms || pause_for_signal()) {
            g_propagate_error(error, g_steal_pointer(&reason));
            return false;
        }
        log_warning("store.away", "reason", reason->message, NULL);
    }
}

bool command_read_store(const char *store, Db **ret_db, GError **error)
{
    g_auto(StorePlace) place = {0};

    TRY(place_find(store, &place, error));
    TRY(place_check_exists(&place, error));
    return place_open(&place, ret_db, error);
}
