#include "store/postgres_internal.h"

#include <string.h>

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++)
        if (g_str_equal(options->keyword, keyword))
            return options->val != NULL && *options->val != '\0' ? options->val : NULL;
    return NULL;
}

/* What the text says, or else the environment and libpq's defaults. */
static const char *setting_of(const PQconninfoOption *options, const PQconninfoOption *defaults, const char *keyword)
{
    const char *value = option_of(options, keyword);

    return value != NULL || defaults == NULL ? value : option_of(defaults, keyword);
}

static char *name_of(const PQconninfoOption *options)
{
    PQconninfoOption *defaults = PQconndefaults();
    const char *host = setting_of(options, defaults, "host");
    const char *port = setting_of(options, defaults, "port");
    const char *database = setting_of(options, defaults, "dbname");

    if (host == NULL)
        host = setting_of(options, defaults, "hostaddr");
    if (database == NULL)
        database = setting_of(options, defaults, "user");
    char *name = g_strdup_printf("postgresql://%s:%s/%s", host != NULL ? host : "local", port != NULL ? port : "5432",
        database != NULL ? database : "");
    PQconninfoFree(defaults);
    return name;
}

static bool is_port(const char *text)
{
    guint64 port = 0;

    return *text == '\0' || g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL);
}

/* A '@', '/' or ':' of a password that was not written as %XX makes the rest of it look like host, port or database,
 * which are shown. */
static bool is_plausible(const PQconninfoOption *options)
{
    const char *host = option_of(options, "host"), *port = option_of(options, "port");
    const char *database = option_of(options, "dbname");
    g_auto(GStrv) ports = g_strsplit(port != NULL ? port : "", ",", -1);

    for (char **one = ports; *one != NULL; one++)
        if (!is_port(*one))
            return false;
    return (host == NULL || strpbrk(host, "@ ") == NULL) && (database == NULL || strchr(database, '@') == NULL);
}

/* libpq's own complaint quotes the text, and with it perhaps a password. */
bool postgres_target_init(PostgresTarget *target, const char *conninfo, GError **error)
{
    char *complaint = NULL;

    TRY(libpq_late_load(error));
    PQconninfoOption *options = PQconninfoParse(conninfo, &complaint);
    PQfreemem(complaint);
    bool is_good = options != NULL && is_plausible(options);
    if (is_good) {
        target->conninfo = g_strdup(conninfo);
        target->name = name_of(options);
    }
    PQconninfoFree(options);
    if (!is_good)
        return fail(error, ERROR_INVALID,
            "store: not a PostgreSQL URI that libpq can read: expected postgresql://[USER@]HOST[:PORT]/DATABASE[?NAME="
            "VALUE&…], with '%%' before two hexadecimal digits for special characters");
    return true;
}

void postgres_target_clear(PostgresTarget *target)
{
    if (target->conninfo != NULL)
        explicit_bzero(target->conninfo, strlen(target->conninfo)); /* it may hold a password */
    g_clear_pointer(&target->conninfo, g_free);
    g_clear_pointer(&target->name, g_free);
}
