/* trawl migrate: the store's schema, for people and for cron (nothing is said when there was nothing to do). */
#include "app/command.h"
#include "app/report.h"
#include "base/clock.h"
#include "store/migrate.h"

#include <jansson.h>
#include <string.h>

typedef struct MigrateOptions {
    char *store, *format;
} MigrateOptions;

static void migrate_options_clear(MigrateOptions *options)
{
    g_free(options->store);
    g_free(options->format);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MigrateOptions, migrate_options_clear)

/* One known migration and when it was applied; 0 if it was not. What it points to is static. */
typedef struct KnownMigration {
    const Migration *migration;
    int64_t applied_ms;
} KnownMigration;

static bool collect(void *data, const Migration *migration, int64_t applied_ms, G_GNUC_UNUSED GError **error)
{
    KnownMigration known = {migration, applied_ms};

    g_array_append_val((GArray *)data, known);
    return true;
}

static bool read_known(Db *db, GArray **ret_known, GError **error)
{
    g_autoptr(GArray) known = g_array_new(FALSE, FALSE, sizeof(KnownMigration));

    TRY(migrate_visit(db, collect, known, error));
    *ret_known = g_steal_pointer(&known);
    return true;
}

static int count_applied(const GArray *known)
{
    int count = 0;

    for (guint i = 0; i < known->len; i++)
        count += g_array_index(known, KnownMigration, i).applied_ms != 0;
    return count;
}

/* ---- status ---- */

static json_t *known_json(const KnownMigration *known)
{
    g_autofree char *applied = known->applied_ms != 0 ? clock_format_iso(known->applied_ms) : NULL;

    return json_pack("{s:i, s:s, s:s?, s:s}", "number", known->migration->number, "name", known->migration->name,
        "applied_at", applied, "checksum", known->migration->checksum);
}

static void print_row(const KnownMigration *known, OutputFormat format)
{
    g_autofree char *applied = known->applied_ms != 0 ? clock_format_iso(known->applied_ms) : NULL;

    if (format == FORMAT_CSV)
        (void)printf("%d,%s,%s,%s\r\n", known->migration->number, known->migration->name,
            applied != NULL ? applied : "", known->migration->checksum);
    else
        (void)printf("%9d  %-20s  %s\n", known->migration->number, applied != NULL ? applied : "missing",
            known->migration->name);
}

static void print_json(const GArray *known, OutputFormat format)
{
    json_t *rows = json_array();

    for (guint i = 0; i < known->len; i++)
        (void)json_array_append_new(rows, known_json(&g_array_index(known, KnownMigration, i)));
    for (size_t i = 0; format == FORMAT_JSONL && i < json_array_size(rows); i++) {
        (void)json_dumpf(json_array_get(rows, i), stdout, report_json_flags(stdout));
        (void)fputc('\n', stdout);
    }
    if (format == FORMAT_JSON) {
        (void)json_dumpf(rows, stdout, report_json_flags(stdout));
        (void)fputc('\n', stdout);
    }
    json_decref(rows);
}

static void print_status(const GArray *known, OutputFormat format)
{
    if (format == FORMAT_JSON || format == FORMAT_JSONL) {
        print_json(known, format);
        return;
    }
    (void)fputs(
        format == FORMAT_CSV ? "number,name,applied_at,checksum\r\n" : "MIGRATION  APPLIED               NAME\n",
        stdout);
    for (guint i = 0; i < known->len; i++)
        print_row(&g_array_index(known, KnownMigration, i), format);
}

static bool show_status(const MigrateOptions *options, ExitStatus *ret_status, GError **error)
{
    g_autoptr(GArray) known = NULL;
    g_autoptr(Db) db = NULL;
    OutputFormat format;

    TRY(output_format_parse(options->format, &format, error));
    TRY(command_connect_store(options->store, STORE_MUST_EXIST, &db, error));
    TRY(read_known(db, &known, error));
    print_status(known, format);
    *ret_status = count_applied(known) < (int)known->len ? EXIT_FOUND : EXIT_CLEAN;
    return output_finish_stdout(error);
}

/* ---- up and down ---- */

static bool go_up(const MigrateOptions *options, GError **error)
{
    g_autoptr(GArray) known = NULL;
    g_autoptr(Db) db = NULL;

    TRY(command_connect_store(options->store, STORE_MAY_BE_MADE, &db, error));
    TRY(read_known(db, &known, error));
    int missing = (int)known->len - count_applied(known);
    TRY(migrate_up(db, error));
    if (missing > 0)
        (void)printf("applied %d migration%s; the store is at %u\n", missing, missing == 1 ? "" : "s", known->len);
    return output_finish_stdout(error);
}

/* The names behind DROP TABLE and the like. What the script makes in their stead is left to its reader. */
static char *dropped_names(const char *script)
{
    g_autoptr(GRegex) drop =
        g_regex_new("^\\s*DROP\\s+(?:MATERIALIZED\\s+)?(TABLE|VIEW)\\s+(?:IF\\s+EXISTS\\s+)?(\\w+)",
            G_REGEX_CASELESS | G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    GString *names = g_string_new(NULL);

    for (bool has = g_regex_match(drop, script, 0, &match); has; has = g_match_info_next(match, NULL)) {
        g_autofree char *name = g_match_info_fetch(match, 2);
        g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
    }
    return g_string_free(names, FALSE);
}

static void say_what_goes(const Migration *migration)
{
    g_autofree char *names = dropped_names(migration->down);

    (void)printf("taking back migration %d (%s)%s%s\n", migration->number, migration->name,
        names[0] != '\0' ? ", which drops " : "", names);
}

static bool go_down(const MigrateOptions *options, const char *text, GError **error)
{
    g_autoptr(GArray) known = NULL;
    g_autoptr(Db) db = NULL;
    guint64 number = 0;

    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT, &number, NULL))
        return fail(error, ERROR_INVALID, "down '%s': expected the number of the migration to go back to, or 0", text);
    TRY(command_connect_store(options->store, STORE_MUST_EXIST, &db, error));
    TRY(read_known(db, &known, error));
    for (int i = count_applied(known); i > (int)number; i--)
        say_what_goes(g_array_index(known, KnownMigration, i - 1).migration);
    (void)fflush(stdout);
    TRY(migrate_down_to(db, (int)number, error));
    return output_finish_stdout(error);
}

static bool run(const Command *command, int *argc, char ***argv, ExitStatus *ret_status, GError **error)
{
    g_auto(MigrateOptions) options = {0};
    const GOptionEntry entries[] = {
        STORE_ENTRY(&options.store),
        {"format", 'f', 0, G_OPTION_ARG_STRING, &options.format, "Of status: table (default), json, jsonl or csv",
            "FORMAT"},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "[up | status | down N]",
        "up (default) applies what is missing and is silent when that is nothing.\n"
        "status lists the migrations; exit status 1 if some are missing.\n"
        "down N takes back those after N, and all data in them, without asking; 0 leaves an empty store.",
        argc, argv, error));
    const char *what = *argc > 1 ? (*argv)[1] : "up";
    if (g_str_equal(what, "down") && *argc == 3)
        return go_down(&options, (*argv)[2], error);
    if (g_str_equal(what, "up") && *argc <= 2)
        return go_up(&options, error);
    if (g_str_equal(what, "status") && *argc == 2)
        return show_status(&options, ret_status, error);
    return fail(error, ERROR_INVALID, "'%s': expected up, status or down N", what);
}

int command_migrate(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    ExitStatus status = EXIT_CLEAN;

    return run(command, &argc, &argv, &status, &error) ? (int)status : command_fail(command, error);
}
