/* The one place that turns --store, TRAWL_STORE and RDS_… into an open store. */
#include "app/command.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

#include <errno.h>
#include <string.h>

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

static bool place_find(const char *store, StorePlace *place, GError **error)
{
    const char *setting = store != NULL ? store : g_getenv("TRAWL_STORE");

    if (setting != NULL)
        return place_parse(setting, place, error);
    return home_path("trawl.db", &place->path, error);
}

static bool place_connect(const StorePlace *place, Db **ret_db, GError **error)
{
    if (place->is_server)
        return fail(error, ERROR_UNSUPPORTED, "--store postgresql://…: this build of trawl has no PostgreSQL");
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

static const char *place_name(const StorePlace *place)
{
    return place->is_server ? "--store" : place->path;
}

static bool place_open(const StorePlace *place, Db **ret_db, GError **error)
{
    g_autoptr(Db) db = NULL;

    TRY(place_connect(place, &db, error));
    if (!migrate_up(db, error)) {
        g_prefix_error(error, "%s: ", place_name(place));
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

bool command_read_store(const char *store, Db **ret_db, GError **error)
{
    g_auto(StorePlace) place = {0};

    TRY(place_find(store, &place, error));
    TRY(place_check_exists(&place, error));
    return place_open(&place, ret_db, error);
}
