/* Custom rules in a store: changes, and the rules that a job keeps whatever changes. */
#include "base/clock.h"
#include "rulebook/rulebook.h"
#include "stores.h"

#include <glib/gstdio.h>
#include <string.h>

#define JOB "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa"

enum { START_MS = 1000000000, HOUR_MS = 3600 * 1000 };

static const char INSTALLED[] =
    "rules: [{id: base.tag, name: n, description: d, category: personal, severity: low, mask: all, engine: literal,"
    " pattern: 'TAG-[0-9]{4}', examples: {match: [TAG-1234], no_match: [TAG-1]}}]\n";

typedef struct Fixture {
    TestStore store;
    char *directory;
    RuleSet *installed;
    Rulebook *book;
} Fixture;

static Rulebook *open_book(const Fixture *fixture)
{
    const char *const directories[] = {fixture->directory, NULL};

    return rulebook_new(
        &(RulebookOptions){.db = fixture->store.db, .directories = directories, .installed = fixture->installed});
}

static void set_up(Fixture *fixture, gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    clock_freeze_ms(START_MS);
    test_store_open(&fixture->store, kind);
    fixture->directory = g_dir_make_tmp("trawl-rulebook-XXXXXX", &error);
    g_autofree char *path = g_build_filename(fixture->directory, "a.yaml", NULL);
    const char *const directories[] = {fixture->directory, NULL};
    g_assert_true(g_file_set_contents(path, INSTALLED, -1, &error));
    g_assert_true(rule_set_load(directories, NULL, &fixture->installed, &error));
    fixture->book = open_book(fixture);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autofree char *path = g_build_filename(fixture->directory, "a.yaml", NULL);

    clock_freeze_ms(-1);
    rulebook_free(fixture->book);
    rule_set_unref(fixture->installed);
    (void)g_remove(path);
    (void)g_rmdir(fixture->directory);
    g_free(fixture->directory);
    test_store_close(&fixture->store);
}

/* A rule for a word and a digit. */
static bool put(
    Fixture *fixture, const char *id, const char *word, int64_t version, RulebookChange *ret_change, GError **error)
{
    g_auto(CustomRule) rule = {0};
    g_autofree char *match = g_strconcat(word, "-1", NULL), *pattern = g_strconcat(word, "-[0-9]", NULL);
    json_t *given = json_pack(
        "{s:s,s:s,s:{s:[s],s:[s]}}", "id", id, "pattern", pattern, "examples", "match", match, "no_match", "none");

    if (version > 0)
        (void)json_object_set_new(given, "version", json_integer(version));
    bool is_put = rulebook_put(fixture->book, given, &rule, ret_change, error);
    json_decref(given);
    if (is_put)
        g_assert_cmpstr(rule.id, ==, id);
    return is_put;
}

static void must_put(Fixture *fixture, const char *id, const char *word, int64_t version, RulebookChange expected)
{
    g_autoptr(GError) error = NULL;
    RulebookChange change = RULEBOOK_UNCHANGED;
    bool is_put = put(fixture, id, word, version, &change, &error);

    g_assert_no_error(error);
    g_assert_true(is_put);
    g_assert_cmpint(change, ==, expected);
}

static void must_delete(Fixture *fixture, const char *id)
{
    g_autoptr(GError) error = NULL;
    bool is_deleted = rulebook_delete(fixture->book, id, &error);

    g_assert_no_error(error);
    g_assert_true(is_deleted);
}

/* A job of this moment, as the store makes one. */
static void make_job(Fixture *fixture)
{
    test_store_script(fixture->store.db,
        "INSERT INTO jobs (job_id, bucket, prefix, created_at, updated_at, custom_rules) VALUES ('" JOB "', 'b', '',"
        " {time}1{/time}, {time}1{/time}, (SELECT value FROM meta WHERE name = 'custom_rules'))");
}

/* Ids of a set's rules, owned by the caller. */
static char *ids_of(RuleSet *take_rules)
{
    g_autoptr(RuleSet) rules = take_rules;
    GString *ids = g_string_new(NULL);

    for (uint32_t i = 0; i < rule_set_size(rules); i++)
        g_string_append_printf(ids, "%s%s", i > 0 ? " " : "", rule_set_rule(rules, i)->id);
    return g_string_free(ids, FALSE);
}

static void assert_rules_now(Rulebook *book, const char *expected)
{
    g_autoptr(GError) error = NULL;
    RuleSet *rules = NULL;
    bool is_ok = rulebook_rules(book, &rules, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    g_autofree char *ids = ids_of(rules);
    g_assert_cmpstr(ids, ==, expected);
}

static void assert_rules_of_job(Rulebook *book, const char *expected)
{
    const JobId id = {JOB};
    g_autoptr(GError) error = NULL;
    RuleSet *rules = NULL;
    bool is_ok = rulebook_rules_of_job(book, &id, &rules, &error);

    g_assert_no_error(error);
    g_assert_true(is_ok);
    g_autofree char *ids = ids_of(rules);
    g_assert_cmpstr(ids, ==, expected);
}

static void assert_refused(Fixture *fixture, const char *id, int64_t version, ErrorKind kind)
{
    g_autoptr(GError) error = NULL;
    RulebookChange change = RULEBOOK_UNCHANGED;

    g_assert_false(put(fixture, id, "OTHER", version, &change, &error));
    g_assert_true(error_is(error, kind));
}

static void test_a_rule_is_made_replaced_and_removed(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_auto(CustomRule) rule = {0};
    g_autoptr(GError) error = NULL;

    assert_rules_now(fixture->book, "base.tag");
    must_put(fixture, "acme.part", "PART", 0, RULEBOOK_CREATED);
    must_put(fixture, "acme.part", "PART", 0, RULEBOOK_UNCHANGED);
    must_put(fixture, "acme.part", "PARTS", 1, RULEBOOK_REPLACED);
    must_put(fixture, "acme.part", "PARTS", 1, RULEBOOK_UNCHANGED); /* its answer was lost */
    g_assert_true(rulebook_find(fixture->book, "acme.part", &rule, &error));
    g_assert_cmpint(rule.version, ==, 2);
    g_assert_cmpint(rule.created_ms, ==, START_MS);
    g_assert_nonnull(strstr(rule.document, "PARTS-[0-9]"));
    assert_rules_now(fixture->book, "base.tag acme.part");
    must_delete(fixture, "acme.part");
    assert_rules_now(fixture->book, "base.tag");
    g_assert_false(rulebook_delete(fixture->book, "acme.part", &error));
    g_assert_true(error_is(error, ERROR_NOT_FOUND));
}

static void test_what_does_not_fit_what_is_there_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;

    must_put(fixture, "acme.part", "PART", 0, RULEBOOK_CREATED);
    assert_refused(fixture, "acme.part", 0, ERROR_CONFLICT);
    assert_refused(fixture, "acme.part", 2, ERROR_CONFLICT);
    assert_refused(fixture, "acme.none", 1, ERROR_CONFLICT);
    assert_refused(fixture, "base.tag", 0, ERROR_CONFLICT);
    g_assert_false(rulebook_delete(fixture->book, "base.tag", &error));
    g_assert_true(error_is(error, ERROR_FORBIDDEN));
    assert_rules_now(fixture->book, "base.tag acme.part");
}

static void test_rules_are_listed_by_id(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) rules = NULL;

    must_put(fixture, "acme.b", "BETA", 0, RULEBOOK_CREATED);
    must_put(fixture, "acme.a", "ALPHA", 0, RULEBOOK_CREATED);
    g_assert_true(rulebook_list(fixture->book, &rules, &error));
    g_assert_cmpuint(rules->len, ==, 2);
    g_assert_cmpstr(g_array_index(rules, CustomRule, 0).id, ==, "acme.a");
    g_assert_cmpstr(g_array_index(rules, CustomRule, 1).id, ==, "acme.b");
}

static void test_a_job_keeps_the_rules_of_its_creation(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    must_put(fixture, "acme.part", "PART", 0, RULEBOOK_CREATED);
    make_job(fixture);
    must_put(fixture, "acme.late", "LATE", 0, RULEBOOK_CREATED);
    must_delete(fixture, "acme.part");
    assert_rules_now(fixture->book, "base.tag acme.late");
    assert_rules_of_job(fixture->book, "base.tag acme.part");
    assert_rules_of_job(fixture->book, "base.tag acme.part"); /* now from what it keeps */
    g_autoptr(Rulebook) elsewhere = open_book(fixture);
    assert_rules_of_job(elsewhere, "base.tag acme.part");
}

static int64_t sets_in(Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    test_store_script(fixture->store.db,
        "DELETE FROM meta WHERE name = 'test';"
        "INSERT INTO meta (name, value) SELECT 'test', CAST(count(*) AS TEXT) FROM custom_rule_sets");
    g_assert_true(db_begin(fixture->store.db, DB_READ, &tx, &error));
    g_assert_true(DB_QUERY(tx, SQL_META_GET, &rows, &error, db_text("test")));
    g_assert_true(db_rows_next(rows, &has_row, &error) && has_row);
    return g_ascii_strtoll(db_rows_text(rows, 0), NULL, 10);
}

static void test_a_set_goes_when_no_job_has_needed_it_for_an_hour(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    must_put(fixture, "acme.part", "PART", 0, RULEBOOK_CREATED); /* a set that a job names */
    make_job(fixture);
    must_put(fixture, "acme.part", "LATE", 1, RULEBOOK_REPLACED); /* one that none names */
    must_put(fixture, "acme.part", "LAST", 2, RULEBOOK_REPLACED);
    g_assert_cmpint(sets_in(fixture), ==, 3);
    clock_freeze_ms(START_MS + HOUR_MS + 1);
    must_put(fixture, "acme.part", "NEXT", 3, RULEBOOK_REPLACED);
    g_assert_cmpint(sets_in(fixture), ==, 3); /* the job's, LAST, which a job may be about to name, and NEXT */
    g_autoptr(Rulebook) elsewhere = open_book(fixture);
    assert_rules_of_job(elsewhere, "base.tag acme.part");
}

/* An upgrade brings a rule of the same id: the job says so, and what is wrong can be removed. */
static void test_rules_that_do_not_go_together_are_named(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autofree char *path = g_build_filename(fixture->directory, "a.yaml", NULL);
    const char *const directories[] = {fixture->directory, NULL};
    const JobId id = {JOB};
    g_autoptr(GError) error = NULL;
    g_autoptr(RuleSet) rules = NULL;

    must_put(fixture, "acme.part", "PART", 0, RULEBOOK_CREATED);
    make_job(fixture);
    g_auto(GStrv) parts = g_strsplit(INSTALLED, "base.tag", -1);
    g_autofree char *upgraded = g_strjoinv("acme.part", parts);
    g_assert_true(g_file_set_contents(path, upgraded, -1, &error));
    g_clear_pointer(&fixture->book, rulebook_free);
    g_clear_pointer(&fixture->installed, rule_set_unref);
    g_assert_true(rule_set_load(directories, NULL, &fixture->installed, &error));
    fixture->book = open_book(fixture);

    g_assert_false(rulebook_rules_of_job(fixture->book, &id, &rules, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_assert_nonnull(strstr(error->message, "acme.part"));
    must_delete(fixture, "acme.part");
    assert_rules_now(fixture->book, "acme.part"); /* the installation's */
}

static void test_there_may_be_so_many_and_no_more(Fixture *fixture, G_GNUC_UNUSED gconstpointer kind)
{
    g_autoptr(GString) sql = g_string_new(NULL);

    for (int i = 0; i < CUSTOM_RULES_MAX - 1; i++)
        g_string_append_printf(sql,
            "INSERT INTO custom_rules (rule_id, version, document, created_at, updated_at)"
            " VALUES ('acme.n%d', 1, '{}', 0, 0);",
            i);
    test_store_script(fixture->store.db, sql->str);
    must_put(fixture, "acme.last", "LAST", 0, RULEBOOK_CREATED);
    assert_refused(fixture, "acme.more", 0, ERROR_CONFLICT);
    must_delete(fixture, "acme.n1");
    must_put(fixture, "acme.more", "MORE", 0, RULEBOOK_CREATED);
}

static void add_tests(const char *kind)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *fixture, gconstpointer kind);
    } tests[] = {
        {"a-rule-is-made-replaced-and-removed", test_a_rule_is_made_replaced_and_removed},
        {"what-does-not-fit-what-is-there-is-refused", test_what_does_not_fit_what_is_there_is_refused},
        {"rules-are-listed-by-id", test_rules_are_listed_by_id},
        {"a-job-keeps-the-rules-of-its-creation", test_a_job_keeps_the_rules_of_its_creation},
        {"a-set-goes-when-no-job-has-needed-it-for-an-hour", test_a_set_goes_when_no_job_has_needed_it_for_an_hour},
        {"rules-that-do-not-go-together-are-named", test_rules_that_do_not_go_together_are_named},
        {"there-may-be-so-many-and-no-more", test_there_may_be_so_many_and_no_more},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/rulebook/%s/%s", kind, tests[i].name);
        g_test_add(path, Fixture, kind, set_up, tests[i].test, tear_down);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *kind = test_store_kinds(); *kind != NULL; kind++)
        add_tests(*kind);
    return g_test_run();
}
