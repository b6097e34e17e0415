/* What every source of objects must do, whichever adapter it is. */
#include "fake_s3.h"

#include "objects/source_directory.h"
#include "objects/source_memory.h"
#include "objects/source_s3.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Store Store;

/* How a test puts things into what a source reads. */
typedef struct Adapter {
    const char *name;
    void (*open)(Store *store);
    void (*put)(Store *store, const char *key, const void *data, size_t len);
    void (*remove)(Store *store, const char *key);
    void (*close)(Store *store);
} Adapter;

struct Store {
    const Adapter *adapter;
    ObjectSource *source;
    FakeS3 *fake;
    char *root;
};

/* ---- memory ---- */

static void memory_open(Store *store)
{
    store->source = memory_source_new();
    memory_source_set_page(store->source, 7);
}

static void memory_put(Store *store, const char *key, const void *data, size_t len)
{
    memory_source_put(store->source, key, data, len);
}

static void memory_remove(Store *store, const char *key)
{
    memory_source_remove(store->source, key);
}

static void memory_close(G_GNUC_UNUSED Store *store)
{
}

/* ---- directory ---- */

static void directory_open(Store *store)
{
    store->root = g_dir_make_tmp("trawl-source-XXXXXX", NULL);
    g_assert_nonnull(store->root);
    g_assert_true(directory_source_open(store->root, &store->source, NULL));
}

static void directory_put(Store *store, const char *key, const void *data, size_t len)
{
    g_autofree char *path = g_build_filename(store->root, key, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    unlink(path); /* another inode, as another version */
    g_assert_true(g_file_set_contents(path, data, (gssize)len, NULL));
}

static void directory_remove(Store *store, const char *key)
{
    g_autofree char *path = g_build_filename(store->root, key, NULL);

    g_assert_cmpint(unlink(path), ==, 0);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name = NULL;

    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_assert_cmpint(remove(path), ==, 0);
}

static void directory_close(Store *store)
{
    remove_tree(store->root);
    g_free(store->root);
}

/* ---- S3 ---- */

static void s3_open(Store *store)
{
    store->fake = fake_s3_open(7);
    S3SourceOptions options = {.bucket = "bucket",
        .endpoint = fake_s3_url(store->fake),
        .region = "us-east-1",
        .signing = AWS_ANONYMOUS,
        .retry = {.base_ms = 1, .throttled_ms = 1}};
    g_assert_true(s3_source_open(&options, &store->source, NULL));
}

static void s3_put(Store *store, const char *key, const void *data, size_t len)
{
    fake_s3_put(store->fake, key, strlen(key), data, len);
}

static void s3_remove(Store *store, const char *key)
{
    fake_s3_remove(store->fake, key);
}

static void s3_close(Store *store)
{
    fake_s3_close(store->fake);
}

static const Adapter adapters[] = {
    {"memory", memory_open, memory_put, memory_remove, memory_close},
    {"directory", directory_open, directory_put, directory_remove, directory_close},
    {"s3", s3_open, s3_put, s3_remove, s3_close},
};

/* ---- the tests ---- */

static void set_up(Store *store, gconstpointer data)
{
    store->adapter = data;
    store->adapter->open(store);
}

static void tear_down(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    object_source_close(store->source);
    store->adapter->close(store);
}

static void put_text(Store *store, const char *key, const char *text)
{
    store->adapter->put(store, key, text, strlen(text));
}

typedef enum Hints { WITH_HINTS, WITHOUT_HINTS } Hints;

/* All keys below a prefix after start_after, page by page, one a line. */
static char *list_keys(Store *store, const char *prefix, const char *start_after, Hints hints)
{
    GString *keys = g_string_new(NULL);
    g_autofree char *after = g_strdup(start_after);
    g_autofree char *hint = NULL;

    for (bool is_last = false; !is_last;) {
        g_auto(ListPage) page = {0};
        g_autoptr(GError) error = NULL;
        ListRequest request = {.prefix = prefix, .start_after = after, .hint = hint};

        g_assert_true(object_source_list(store->source, &request, &page, &error));
        g_assert_no_error(error);
        for (guint i = 0; i < page.entries->len; i++)
            g_string_append_printf(keys, "%s\n", object_entries_at(page.entries, i)->key);
        is_last = page.is_last;
        g_free(after);
        after = g_strdup(page.last_key);
        g_free(hint);
        hint = hints == WITH_HINTS ? g_strdup(page.hint) : NULL;
        g_assert_true(is_last || after != NULL);
    }
    return g_string_free(keys, FALSE);
}

static const char *const sample[] = {"a.txt", "a/b", "a/b.c", "a/c/d", "a/c/e", "a0", "b", "b b/x+y", "k=v&x=y", "n/1",
    "n/10", "n/2", "n/3", "n/4", "n/5", "n/6", "n/7", "n/8", "n/9", "percent%41", "q?r#s",
    "\xc3\xbcn\xc3\xaf/\xf0\x9f\x98\x80"};

static void put_sample(Store *store)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sample); i++)
        put_text(store, sample[(i * 7) % G_N_ELEMENTS(sample)], sample[(i * 7) % G_N_ELEMENTS(sample)]);
}

static char *join_sample(size_t from, size_t to)
{
    GString *keys = g_string_new(NULL);

    for (size_t i = from; i < to; i++)
        g_string_append_printf(keys, "%s\n", sample[i]);
    return g_string_free(keys, FALSE);
}

static void test_an_empty_source_is_one_last_page(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *keys = list_keys(store, "", "", WITH_HINTS);

    g_assert_cmpstr(keys, ==, "");
}

static void test_keys_come_in_bytewise_order_over_pages(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    put_sample(store);
    g_autofree char *expected = join_sample(0, G_N_ELEMENTS(sample));
    g_autofree char *with_hints = list_keys(store, "", "", WITH_HINTS);
    g_autofree char *without_hints = list_keys(store, "", "", WITHOUT_HINTS);

    g_assert_cmpstr(with_hints, ==, expected);
    g_assert_cmpstr(without_hints, ==, expected);
}

static void test_listing_goes_on_after_any_key(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    put_sample(store);
    for (size_t i = 0; i < G_N_ELEMENTS(sample); i++) {
        g_autofree char *expected = join_sample(i + 1, G_N_ELEMENTS(sample));
        g_autofree char *between = g_strconcat(sample[i], "\x01", NULL); /* a key that does not exist */
        g_autofree char *after_key = list_keys(store, "", sample[i], WITH_HINTS);
        g_autofree char *after_gap = list_keys(store, "", between, WITH_HINTS);

        g_assert_cmpstr(after_key, ==, expected);
        g_assert_cmpstr(after_gap, ==, expected);
    }
}

static void test_prefixes_select_whole_keys(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    static const struct {
        const char *prefix, *start_after, *keys;
    } cases[] = {
        {"a/", "", "a/b\na/b.c\na/c/d\na/c/e\n"},
        {"a", "", "a.txt\na/b\na/b.c\na/c/d\na/c/e\na0\n"},
        {"a/c", "", "a/c/d\na/c/e\n"},
        {"a/c/e", "", "a/c/e\n"},
        {"n/1", "", "n/1\nn/10\n"},
        {"n/", "n/7", "n/8\nn/9\n"},
        {"n/", "z", ""},
        {"nothing", "", ""},
        {"b b/", "", "b b/x+y\n"},
        {"\xc3", "", "\xc3\xbcn\xc3\xaf/\xf0\x9f\x98\x80\n"},
    };

    put_sample(store);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *keys = list_keys(store, cases[i].prefix, cases[i].start_after, WITH_HINTS);
        g_assert_cmpstr(keys, ==, cases[i].keys);
    }
}

static void list_one(Store *store, const char *key, ListPage *ret_page)
{
    ListRequest request = {.prefix = key, .start_after = ""};

    g_assert_true(object_source_list(store->source, &request, ret_page, NULL));
    g_assert_cmpuint(ret_page->entries->len, ==, 1);
}

static bool read_whole(Store *store, const ObjectEntry *entry, GString *ret_bytes, GError **error)
{
    g_autoptr(ObjectStream) stream = NULL;
    uint8_t buffer[1000];
    size_t len = 0;

    TRY(object_source_open(store->source, entry, &stream, error));
    ByteReader reader = object_stream_reader(stream);
    do {
        TRY(byte_reader_read(&reader, buffer, sizeof buffer, &len, error));
        g_string_append_len(ret_bytes, (const char *)buffer, (gssize)len);
    } while (len > 0);
    return true;
}

static void test_objects_are_read_whole(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    static const size_t sizes[] = {0, 1, 999, 1000, 1001, 300000};

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_auto(ListPage) page = {0};
        g_autofree char *bytes = g_malloc(sizes[i] + 1);
        g_autoptr(GString) got = g_string_new(NULL);

        for (size_t at = 0; at < sizes[i]; at++)
            bytes[at] = (char)(at * 31 % 251);
        store->adapter->put(store, "object", bytes, sizes[i]);
        list_one(store, "object", &page);
        const ObjectEntry *entry = object_entries_at(page.entries, 0);
        g_assert_cmpuint(entry->size_bytes, ==, sizes[i]);
        g_assert_nonnull(entry->etag);
        g_assert_null(strchr(entry->etag, '"'));
        g_assert_true(read_whole(store, entry, got, NULL));
        g_assert_cmpmem(got->str, got->len, bytes, sizes[i]);
    }
}

static void test_many_objects_can_be_open_at_once(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    ObjectStream *streams[G_N_ELEMENTS(sample)] = {NULL};

    put_sample(store);
    for (size_t i = 0; i < G_N_ELEMENTS(sample); i++) {
        g_auto(ListPage) page = {0};
        ListRequest request = {.prefix = sample[i], .start_after = ""};

        g_assert_true(object_source_list(store->source, &request, &page, NULL));
        const ObjectEntry *entry = object_entries_at(page.entries, 0);
        g_assert_cmpstr(entry->key, ==, sample[i]);
        g_assert_true(object_source_open(store->source, entry, &streams[i], NULL));
    }
    for (size_t i = G_N_ELEMENTS(sample); i > 0; i--) {
        uint8_t buffer[100];
        size_t len = 0;

        if (i % 3 > 0) { /* others are closed unread */
            g_assert_true(object_stream_read(streams[i - 1], buffer, sizeof buffer, &len, NULL));
            g_assert_cmpmem(buffer, len, sample[i - 1], strlen(sample[i - 1]));
        }
        object_stream_close(streams[i - 1]);
    }
}

static void check_reading_fails(Store *store, const ObjectEntry *entry, ErrorKind kind)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    g_assert_false(read_whole(store, entry, bytes, &error));
    g_assert_cmpstr(error_kind_name(error_kind(error)), ==, error_kind_name(kind));
    g_assert_nonnull(strstr(error->message, entry->key));
}

static void test_an_object_that_changed_is_noticed(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    static const char *const versions[] = {"other bytes", "longer bytes than before", "short", ""};

    for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_auto(ListPage) page = {0};

        put_text(store, "dir/object", "first bytes");
        list_one(store, "dir/object", &page);
        put_text(store, "dir/object", versions[i]);
        check_reading_fails(store, object_entries_at(page.entries, 0), ERROR_CHANGED);
    }
}

static void test_an_object_that_is_gone_is_not_found(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    g_auto(ListPage) page = {0};

    put_text(store, "dir/object", "bytes");
    list_one(store, "dir/object", &page);
    store->adapter->remove(store, "dir/object");
    check_reading_fails(store, object_entries_at(page.entries, 0), ERROR_NOT_FOUND);
}

static gpointer list_and_read(gpointer data)
{
    Store *store = data;

    for (int i = 0; i < 5; i++) {
        g_autofree char *expected = join_sample(0, G_N_ELEMENTS(sample));
        g_autofree char *keys = list_keys(store, "", "", i % 2 ? WITH_HINTS : WITHOUT_HINTS);
        g_auto(ListPage) page = {0};
        g_autoptr(GString) bytes = g_string_new(NULL);

        g_assert_cmpstr(keys, ==, expected);
        list_one(store, "a.txt", &page);
        g_assert_true(read_whole(store, object_entries_at(page.entries, 0), bytes, NULL));
        g_assert_cmpstr(bytes->str, ==, "a.txt");
    }
    return NULL;
}

static void test_threads_share_a_source(Store *store, G_GNUC_UNUSED gconstpointer data)
{
    GThread *threads[6];

    put_sample(store);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("list", list_and_read, store);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
}

typedef void (*Test)(Store *store, gconstpointer data);

static const struct {
    const char *name;
    Test test;
} tests[] = {
    {"an-empty-source-is-one-last-page", test_an_empty_source_is_one_last_page},
    {"keys-come-in-bytewise-order-over-pages", test_keys_come_in_bytewise_order_over_pages},
    {"listing-goes-on-after-any-key", test_listing_goes_on_after_any_key},
    {"prefixes-select-whole-keys", test_prefixes_select_whole_keys},
    {"objects-are-read-whole", test_objects_are_read_whole},
    {"many-objects-can-be-open-at-once", test_many_objects_can_be_open_at_once},
    {"an-object-that-changed-is-noticed", test_an_object_that_changed_is_noticed},
    {"an-object-that-is-gone-is-not-found", test_an_object_that_is_gone_is_not_found},
    {"threads-share-a-source", test_threads_share_a_source},
};

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *name = (const char *[]){"AWS_CA_BUNDLE", "http_proxy", "AWS_PROFILE", NULL}; *name; name++)
        g_unsetenv(*name);
    g_setenv("AWS_CONFIG_FILE", "/nonexistent", TRUE);
    g_setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", TRUE);
    for (size_t a = 0; a < G_N_ELEMENTS(adapters); a++) {
        for (size_t t = 0; t < G_N_ELEMENTS(tests); t++) {
            g_autofree char *path = g_strdup_printf("/source/%s/%s", adapters[a].name, tests[t].name);
            g_test_add(path, Store, &adapters[a], set_up, tests[t].test, tear_down);
        }
    }
    return g_test_run();
}
