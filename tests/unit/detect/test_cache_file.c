/* Whose cache is believed: Hyperscan checks little of a database that it is handed. */
#include "detect_testing.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_RULE(word)                                                                                               \
    "rules:\n"                                                                                                         \
    "  - id: sec.x\n"                                                                                                  \
    "    name: n\n"                                                                                                    \
    "    description: d\n"                                                                                             \
    "    category: secret\n"                                                                                           \
    "    severity: high\n"                                                                                             \
    "    mask: all\n"                                                                                                  \
    "    engine: literal\n"                                                                                            \
    "    pattern: '" word "_[a-p]{16}'\n"                                                                              \
    "    examples: {match: [x], no_match: [y]}\n"

static RuleSet *load(const char *text, const char *cache)
{
    const char *texts[] = {text, NULL};
    char *directory = testing_rules_dir(texts);
    const char *directories[] = {directory, NULL};
    g_autoptr(GError) error = NULL;
    RuleSet *rules = NULL;

    g_assert_true(rule_set_load(directories, cache, &rules, &error));
    g_assert_no_error(error);
    testing_remove_dir(directory);
    return rules;
}

static char *new_directory(void)
{
    const char *none[] = {NULL};

    return testing_rules_dir(none);
}

static char *database_in(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name = NULL;

    do {
        name = g_dir_read_name(dir);
        g_assert_nonnull(name);
    } while (!g_str_has_prefix(name, "hyperscan-"));
    return g_build_filename(directory, name, NULL);
}

/* The database of another rule stands under this one's name, as somebody would plant it. */
static char *cache_with_a_planted_database(char **ret_path)
{
    char *cache = new_directory(), *other = new_directory();
    g_autoptr(RuleSet) rules = load(TOKEN_RULE("tok"), cache);
    g_autoptr(RuleSet) other_rules = load(TOKEN_RULE("kot"), other);
    g_autofree char *planted = database_in(other);

    *ret_path = database_in(cache);
    g_assert_cmpint(g_rename(planted, *ret_path), ==, 0);
    testing_remove_dir(other);
    return cache;
}

/* What was planted finds another word. */
static bool is_believed(const char *cache)
{
    g_autoptr(RuleSet) rules = load(TOKEN_RULE("tok"), cache);
    g_autofree char *matches = testing_find(rules, "tok_abcdefghijklmnop");

    return *matches == '\0';
}

enum { NOBODY = 65534 };

typedef struct Door {
    const char *name;
    int directory, file;
    uid_t directory_owner, file_owner; /* 0: this user */
    bool is_believed;
} Door;

static const Door doors[] = {
    {"only this user may write", 0700, 0600, 0, 0, true},
    {"others may read", 0755, 0644, 0, 0, true},
    {"the group may write to the directory", 0770, 0600, 0, 0, false},
    {"others may write to the directory", 0707, 0600, 0, 0, false},
    {"others may write to the directory, which is sticky", 01777, 0600, 0, 0, false},
    {"the group may write to the file", 0700, 0620, 0, 0, false},
    {"others may write to the file", 0700, 0602, 0, 0, false},
    {"the directory is another user's", 0700, 0600, NOBODY, 0, false},
    {"the file is another user's", 0700, 0600, 0, NOBODY, false},
};

static void open_door(const Door *door, const char *cache, const char *path)
{
    if (door->directory_owner != 0)
        g_assert_cmpint(chown(cache, door->directory_owner, (gid_t)-1), ==, 0);
    if (door->file_owner != 0)
        g_assert_cmpint(chown(path, door->file_owner, (gid_t)-1), ==, 0);
    g_assert_cmpint(g_chmod(path, door->file), ==, 0);
    g_assert_cmpint(g_chmod(cache, door->directory), ==, 0);
}

static void test_a_cache_that_others_could_have_written_is_not_believed(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(doors); i++) {
        const Door *door = &doors[i];
        if (geteuid() != 0 && (door->directory_owner != 0 || door->file_owner != 0))
            continue; /* only root can give a file away */
        g_autofree char *path = NULL;
        char *cache = cache_with_a_planted_database(&path);
        open_door(door, cache, path);
        if (is_believed(cache) != door->is_believed)
            g_test_fail_printf("%s: %s", door->name, door->is_believed ? "not believed" : "believed");
        testing_remove_dir(cache);
    }
}

static void test_a_file_that_others_could_have_written_is_replaced_by_one_of_ours(void)
{
    g_autofree char *path = NULL;
    char *cache = cache_with_a_planted_database(&path);
    mode_t before = umask(0);
    GStatBuf status;

    g_assert_cmpint(g_chmod(path, 0666), ==, 0);
    g_assert_false(is_believed(cache));
    (void)umask(before);
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 07777, ==, 0600);
    g_assert_false(is_believed(cache));
    testing_remove_dir(cache);
}

static void test_a_link_is_not_believed(void)
{
    g_autofree char *path = NULL;
    char *cache = cache_with_a_planted_database(&path);
    g_autofree char *target = g_strconcat(path, ".moved", NULL);

    g_assert_cmpint(g_rename(path, target), ==, 0);
    g_assert_cmpint(symlink(target, path), ==, 0);
    g_assert_false(is_believed(cache));
    testing_remove_dir(cache);
}

static void test_what_is_wrong_with_a_directory_is_said(void)
{
    char *cache = new_directory();
    g_autoptr(GError) error = NULL;

    g_assert_true(rule_cache_check(cache, &error));
    g_assert_cmpint(g_chmod(cache, 0777), ==, 0);
    g_assert_false(rule_cache_check(cache, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_assert_nonnull(strstr(error->message, "chmod 700"));
    testing_remove_dir(cache);
    g_clear_error(&error);
    g_assert_false(rule_cache_check("/proc/nonexistent/cache", &error));
    g_assert_true(error_is(error, ERROR_IO));
}

#define TEST(name) g_test_add_func("/detect/cache-file/" #name, test_##name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    TEST(a_cache_that_others_could_have_written_is_not_believed);
    TEST(a_file_that_others_could_have_written_is_replaced_by_one_of_ours);
    TEST(a_link_is_not_believed);
    TEST(what_is_wrong_with_a_directory_is_said);
    return g_test_run();
}
