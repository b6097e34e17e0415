#include "extract/member_name.h"

#include <string.h>

typedef struct NameCase {
    const char *given;
    const char *made;
} NameCase;

static const NameCase unpacked_cases[] = {
    {"x.log.gz", "x.log"},
    {"logs/2025/x.LOG.GZ", "x.LOG"},
    {"backup.tgz", "backup.tar"},
    {"backup.tar.zst", "backup.tar"},
    {"no-suffix", "no-suffix"},
    {".gz", ".gz"},
    {"folder/", "folder/"},
    {"", "member-1"},
};

static void test_a_packed_name_loses_its_suffix(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(unpacked_cases); i++) {
        g_autofree char *made = member_name_unpacked(unpacked_cases[i].given);
        g_assert_cmpstr(made, ==, unpacked_cases[i].made);
    }
}

static const NameCase clean_cases[] = {
    {"plain.txt", "plain.txt"},
    {"//rooted/a", "rooted/a"},
    {"a/../../b/..", "a/__/__/b/__"},
    {"..hidden/a..b", "..hidden/a..b"},
    {"tab\tend", "tab\uFFFDend"},
    {"\u202Etxt.exe", "\uFFFDtxt.exe"},
    {"half\xE2\x82", "half\uFFFD\uFFFD"},
    {"", "member-5"},
    {"/", "member-5"},
    {NULL, "member-5"},
};

static void test_names_from_strangers_become_presentable(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(clean_cases); i++) {
        g_autofree char *made = member_name_clean(clean_cases[i].given, 5);
        g_test_message("%zu", i);
        g_assert_cmpstr(made, ==, clean_cases[i].made);
    }
}

static void test_names_and_paths_have_an_end(void)
{
    g_autoptr(GString) name = g_string_new(NULL);

    for (size_t i = 0; i < 1000; i++)
        g_string_append(name, "\u6771");
    g_autofree char *clean = member_name_clean(name->str, 1);
    g_assert_cmpuint(strlen(clean), <=, MEMBER_NAME_MAX_BYTES);
    g_assert_cmpuint(strlen(clean), >, MEMBER_NAME_MAX_BYTES - 8);
    g_assert_true(g_utf8_validate(clean, -1, NULL));
    g_assert_true(g_str_has_suffix(clean, "\u2026"));

    g_autofree char *path = g_strdup("outer");
    for (size_t i = 0; i < 20; i++) {
        g_autofree char *under = g_steal_pointer(&path);
        path = member_path_join(under, clean);
    }
    g_assert_cmpuint(strlen(path), <=, MEMBER_PATH_MAX_BYTES);
    g_assert_true(g_utf8_validate(path, -1, NULL));
    g_assert_true(g_str_has_prefix(path, "\u2026"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/extract/names/" #name, test_##name)
    TEST(a_packed_name_loses_its_suffix);
    TEST(names_from_strangers_become_presentable);
    TEST(names_and_paths_have_an_end);
#undef TEST
    return g_test_run();
}
