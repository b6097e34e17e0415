#include "objects/source_directory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fixture {
    char *root;
    ObjectSource *source;
} Fixture;

static void set_up(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    fixture->root = g_dir_make_tmp("trawl-directory-XXXXXX", NULL);
    g_assert_true(directory_source_open(fixture->root, &fixture->source, NULL));
}

static void remove_tree(const char *path)
{
    (void)!chmod(path, 0700);
    g_autoptr(GDir) directory = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    const char *name = NULL;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_assert_cmpint(remove(path), ==, 0);
}

static void tear_down(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    object_source_close(fixture->source);
    remove_tree(fixture->root);
    g_free(fixture->root);
}

static char *path_of(Fixture *fixture, const char *key)
{
    return g_build_filename(fixture->root, key, NULL);
}

static void put(Fixture *fixture, const char *key, const char *text)
{
    g_autofree char *path = path_of(fixture, key);
    g_autofree char *parent = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600); /* in place: g_file_set_contents() would rename */
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
    close(fd);
}

/* Reads an object to its end: its text, or its error's kind. */
static char *read_text(Fixture *fixture, const ObjectEntry *entry)
{
    g_autoptr(ObjectStream) stream = NULL;
    g_autoptr(GError) error = NULL;
    uint8_t buffer[100];
    size_t len = 0;
    size_t more = 0;

    g_assert_true(object_source_open(fixture->source, entry, &stream, NULL));
    if (!object_stream_read(stream, buffer, sizeof buffer, &len, &error))
        return g_strdup(error_kind_name(error_kind(error)));
    if (len > 0 && !object_stream_read(stream, buffer + len, sizeof buffer - len, &more, &error))
        return g_strdup(error_kind_name(error_kind(error)));
    return g_strndup((const char *)buffer, len);
}

/* "key=text\n" or "key!error\n" of all objects; "*" in front of escaped keys. */
static char *describe(Fixture *fixture)
{
    g_auto(ListPage) page = {0};
    GString *text = g_string_new(NULL);

    g_assert_true(object_source_list(fixture->source, &(ListRequest){.prefix = "", .start_after = ""}, &page, NULL));
    g_assert_true(page.is_last);
    for (guint i = 0; i < page.entries->len; i++) {
        const ObjectEntry *entry = object_entries_at(page.entries, i);
        g_autofree char *content = read_text(fixture, entry);
        g_string_append_printf(text, "%s%s=%s\n", entry->is_escaped ? "*" : "", entry->key, content);
    }
    return g_string_free(text, FALSE);
}

static void test_links_pipes_and_sockets_are_no_objects(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *link_path = path_of(fixture, "link");
    g_autofree char *loop_path = path_of(fixture, "a/loop");
    g_autofree char *pipe_path = path_of(fixture, "pipe");

    put(fixture, "a/file", "f");
    g_assert_cmpint(symlink("/etc/passwd", link_path), ==, 0);
    g_assert_cmpint(symlink("..", loop_path), ==, 0);
    g_assert_cmpint(mkfifo(pipe_path, 0600), ==, 0);
    g_autofree char *text = describe(fixture);
    g_assert_cmpstr(text, ==, "a/file=f\n");
}

static void test_names_that_are_no_text_are_escaped_and_read(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    put(fixture, "caf\xe9", "latin");
    put(fixture, "caf%E9", "as written");
    put(fixture, "100%/%41", "plain percent");
    put(fixture, "100%/\xff", "in a plain folder");
    put(fixture, "d\xfe/x%41", "in an escaped folder");
    g_autofree char *text = describe(fixture);

    g_assert_cmpstr(text, ==,
        "*%63%61%66%E9=latin\n"
        "100%/%41=plain percent\n"
        "*100%/%FF=in a plain folder\n"
        "caf%E9=as written\n"
        "*d%FE/x%41=in an escaped folder\n");
}

static void test_pages_cover_a_big_tree_exactly_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *after = g_strdup("");
    int total = 0;
    int pages = 0;

    for (int i = 0; i < 2300; i++) {
        g_autofree char *key = g_strdup_printf(i % 3 ? "flat-%04d" : "deep/%04d/x", i);
        put(fixture, key, "");
    }
    for (bool is_last = false; !is_last; pages++) {
        g_auto(ListPage) page = {0};
        ListRequest request = {.prefix = "", .start_after = after};

        g_assert_true(object_source_list(fixture->source, &request, &page, NULL));
        g_assert_cmpuint(page.entries->len, <=, 1000);
        total += (int)page.entries->len;
        is_last = page.is_last;
        g_free(after);
        after = g_strdup(page.last_key);
    }
    g_assert_cmpint(total, ==, 2300);
    g_assert_cmpint(pages, ==, 3);
}

static void test_what_is_below_a_swapped_link_is_not_reached(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_auto(ListPage) page = {0};
    g_autofree char *folder = path_of(fixture, "folder");
    g_autofree char *outside = g_dir_make_tmp("trawl-outside-XXXXXX", NULL);
    g_autofree char *secret = g_build_filename(outside, "file", NULL);

    put(fixture, "folder/file", "inside");
    g_assert_true(g_file_set_contents(secret, "inside", -1, NULL));
    g_assert_true(object_source_list(fixture->source, &(ListRequest){.prefix = "", .start_after = ""}, &page, NULL));
    remove_tree(folder);
    g_assert_cmpint(symlink(outside, folder), ==, 0);
    g_autofree char *text = read_text(fixture, object_entries_at(page.entries, 0));
    g_assert_cmpstr(text, ==, "changed");
    remove_tree(outside);
}

static void test_keys_that_lead_out_of_the_root_are_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const keys[] = {"../x", "a/../../x", "/etc/passwd", "..", "a//../../etc/passwd", ""};

    put(fixture, "a/b", "");
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        ObjectEntry entry = {.key = (char *)keys[i], .etag = (char *)""};
        ObjectEntry escaped = {.key = (char *)keys[i], .etag = (char *)"", .is_escaped = true};
        g_autofree char *text = read_text(fixture, &entry);
        g_autofree char *escaped_text = read_text(fixture, &escaped);

        g_assert_true(strcmp(text, "changed") == 0 || strcmp(text, "not_found") == 0);
        g_assert_true(strcmp(escaped_text, "changed") == 0 || strcmp(escaped_text, "not_found") == 0);
    }
}

static void test_a_change_while_reading_is_noticed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_auto(ListPage) page = {0};
    g_autoptr(ObjectStream) stream = NULL;
    g_autoptr(GError) error = NULL;
    uint8_t buffer[3];
    size_t len = 0;

    put(fixture, "file", "123456");
    g_assert_true(object_source_list(fixture->source, &(ListRequest){.prefix = "", .start_after = ""}, &page, NULL));
    g_assert_true(object_source_open(fixture->source, object_entries_at(page.entries, 0), &stream, NULL));
    g_assert_true(object_stream_read(stream, buffer, sizeof buffer, &len, NULL));
    put(fixture, "file", "1234");
    while (object_stream_read(stream, buffer, sizeof buffer, &len, &error))
        g_assert_cmpuint(len, >, 0);
    g_assert_true(error_is(error, ERROR_CHANGED));
}

static void test_an_unreadable_folder_shows_as_an_object_that_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *locked = path_of(fixture, "locked");

    /* Root reads everything, so it becomes somebody else for a while. */
    uid_t self = geteuid();
    if (self == 0 && (chown(fixture->root, 65534, 65534) != 0 || seteuid(65534) != 0)) {
        g_test_skip("root here cannot become another user");
        return;
    }
    put(fixture, "locked/file", "x");
    put(fixture, "open", "y");
    g_assert_cmpint(chmod(locked, 0), ==, 0);
    g_autofree char *nothing = describe(fixture);
    g_assert_cmpstr(nothing, ==, "locked/=forbidden\nopen=y\n");
    g_assert_cmpint(chmod(locked, 0400), ==, 0); /* names, but no files */
    g_autofree char *names = describe(fixture);
    g_assert_cmpstr(names, ==, "locked/file=forbidden\nopen=y\n");
    g_assert_cmpint(seteuid(self), ==, 0);
}

static void test_a_lack_of_descriptors_is_busy_and_passes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    ListRequest request = {.prefix = "", .start_after = ""};
    g_auto(ListPage) page = {0};
    g_auto(ListPage) no_page = {0};
    g_autoptr(GError) error = NULL;
    struct rlimit limit;

    put(fixture, "file", "text");
    g_assert_true(object_source_list(fixture->source, &request, &page, NULL));
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    g_autofree char *without = read_text(fixture, object_entries_at(page.entries, 0));
    bool is_listed = object_source_list(fixture->source, &request, &no_page, &error);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
    g_assert_false(is_listed);
    g_assert_true(error_is(error, ERROR_BUSY));
    g_autofree char *with = read_text(fixture, object_entries_at(page.entries, 0));
    g_assert_cmpstr(without, ==, "busy");
    g_assert_cmpstr(with, ==, "text");
}

static void test_a_root_that_is_no_directory_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *file = path_of(fixture, "file");
    g_autofree char *absent = path_of(fixture, "absent");
    ObjectSource *source = NULL;
    g_autoptr(GError) no_directory = NULL;
    g_autoptr(GError) not_found = NULL;

    put(fixture, "file", "");
    g_assert_false(directory_source_open(file, &source, &no_directory));
    g_assert_true(error_is(no_directory, ERROR_INVALID));
    g_assert_false(directory_source_open(absent, &source, &not_found));
    g_assert_true(error_is(not_found, ERROR_NOT_FOUND));
}

#define ADD(path, function) g_test_add("/objects/directory/" path, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("links-pipes-and-sockets-are-no-objects", test_links_pipes_and_sockets_are_no_objects);
    ADD("names-that-are-no-text-are-escaped-and-read", test_names_that_are_no_text_are_escaped_and_read);
    ADD("pages-cover-a-big-tree-exactly-once", test_pages_cover_a_big_tree_exactly_once);
    ADD("what-is-below-a-swapped-link-is-not-reached", test_what_is_below_a_swapped_link_is_not_reached);
    ADD("keys-that-lead-out-of-the-root-are-refused", test_keys_that_lead_out_of_the_root_are_refused);
    ADD("a-change-while-reading-is-noticed", test_a_change_while_reading_is_noticed);
    ADD("an-unreadable-folder-shows-as-an-object-that-fails", test_an_unreadable_folder_shows_as_an_object_that_fails);
    ADD("a-lack-of-descriptors-is-busy-and-passes", test_a_lack_of_descriptors_is_busy_and_passes);
    ADD("a-root-that-is-no-directory-is-refused", test_a_root_that_is_no_directory_is_refused);
    return g_test_run();
}
