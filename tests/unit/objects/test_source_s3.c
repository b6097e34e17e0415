/* The guards of the S3 source against listings that lie, loop or go back. */
#include "fake_s3.h"

#include "objects/source_memory.h"
#include "objects/source_s3.h"

#include <string.h>

#define PAGE(truncated, token, keys)                                                                                   \
    "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>" truncated                                        \
    "</IsTruncated><NextContinuationToken>" token "</NextContinuationToken>" keys "</ListBucketResult>"
#define KEY(key) "<Contents><Key>" key "</Key><Size>0</Size><ETag>e</ETag></Contents>"

/* What a request asks for decides the answer; the first entry whose part is in the target is taken. */
typedef struct Answer {
    const char *part;
    const char *body; /* starting with '4': status 400 */
} Answer;

typedef struct Case {
    const char *name;
    Answer answers[5];
    const char *keys; /* listed in the end, or the error's text */
    guint max_requests;
} Case;

static const Case cases[] = {
    {"tokens lead on",
        {{"continuation-token=t1", PAGE("false", "", KEY("c"))}, {"", PAGE("true", "t1", KEY("a") KEY("b"))}}, "a b c",
        2},
    {"no token although truncated: start-after leads on",
        {{"start-after=b", PAGE("false", "", KEY("c"))}, {"", PAGE("true", "", KEY("a") KEY("b"))}}, "a b c", 2},
    {"the same token twice, with progress: start-after takes over",
        {{"start-after=c", PAGE("false", "", KEY("d"))}, {"continuation-token=t", PAGE("true", "t", KEY("c"))},
            {"", PAGE("true", "t", KEY("a"))}},
        "a c d", 3},
    {"the same page for ever with the token, right with start-after",
        {{"start-after=a", PAGE("false", "", KEY("b"))}, {"continuation-token=t", PAGE("true", "t", KEY("a"))},
            {"", PAGE("true", "t", KEY("a"))}},
        "a b", 3},
    {"a token that is refused: start-after takes over",
        {{"start-after=a", PAGE("false", "", KEY("b"))},
            {"continuation-token", "400<Error><Code>InvalidArgument</Code></Error>"},
            {"", PAGE("true", "t", KEY("a"))}},
        "a b", 3},
    {"a token although not truncated is ignored", {{"", PAGE("false", "t", KEY("a"))}}, "a", 1},
    {"start-after ignored: fails loudly", {{"", PAGE("true", "", KEY("a"))}}, "no progress", 3},
    {"an empty page that says more follows: fails loudly", {{"", PAGE("true", "t", "")}}, "no progress", 2},
    {"keys out of order: fails loudly", {{"", PAGE("false", "", KEY("b") KEY("a"))}}, "no progress", 2},
    {"a key twice: fails loudly", {{"", PAGE("false", "", KEY("a") KEY("a"))}}, "no progress", 2},
    {"keys that text cannot hold are escaped", {{"", PAGE("false", "", KEY("a%00b") KEY("a%2541") KEY("b%FF"))}},
        "*a%00b a%41 *b%FF", 1},
    {"an escaped key at a page's end waits for the next page",
        {{"start-after=a", PAGE("false", "", KEY("b%00") KEY("c"))}, {"", PAGE("true", "t", KEY("a") KEY("b%00"))}},
        "a *b%00 c", 2},
    {"a page of escaped keys alone goes on by its token",
        {{"continuation-token=t1", PAGE("true", "t2", KEY("a%00c"))},
            {"continuation-token=t2", PAGE("false", "", KEY("a%00d") KEY("b"))},
            {"", PAGE("true", "t1", KEY("a%00a") KEY("a%00b"))}},
        "*a%00a *a%00b *a%00c *a%00d b", 3},
    {"a page of escaped keys alone without a token fails loudly", {{"", PAGE("true", "", KEY("a%00a") KEY("a%00b"))}},
        "a whole page of keys that are not text", 1},
    {"the same token after a page of escaped keys fails loudly",
        {{"continuation-token=t", PAGE("true", "t", KEY("a%00b"))}, {"", PAGE("true", "t", KEY("a%00a"))}},
        "a whole page of keys that are not text", 2},
    {"a page of escaped keys for ever fails loudly",
        {{"continuation-token=t1", PAGE("true", "t2", KEY("a%00a"))}, {"", PAGE("true", "t1", KEY("a%00a"))}},
        "no progress", 3},
    {"a token of a page of escaped keys that is refused: the key's bytes take over",
        {{"start-after=%FFb", PAGE("false", "", KEY("%FFc"))},
            {"continuation-token", "400<Error><Code>InvalidArgument</Code></Error>"},
            {"", PAGE("true", "t", KEY("%FFa") KEY("%FFb"))}},
        "*%FFa *%FFb *%FFc", 3},
    {"likewise where the bytes cannot be sent: fails loudly",
        {{"continuation-token", "400<Error><Code>InvalidArgument</Code></Error>"},
            {"", PAGE("true", "t", KEY("a%00a") KEY("a%00b"))}},
        "no progress", 3},
    {"a key between an escaped key and its text is not lost",
        {{"continuation-token=t", PAGE("false", "", KEY("a!"))}, {"", PAGE("true", "t", KEY("a%00"))}}, "out of order",
        2},
    {"a token that looks like our own mark is not used",
        {{"start-after=a", PAGE("false", "", KEY("b"))}, {"", PAGE("true", "escaped:t", KEY("a"))}}, "a b", 2},
    {"an escaped key that would sort elsewhere fails loudly", {{"", PAGE("false", "", KEY("b%00") KEY("b!"))}},
        "out of order", 1},
};

static LoopbackThen answer_by_case(const LoopbackRequest *request, GString *answer, void *data)
{
    const Case *played = data;

    for (size_t i = 0; i < G_N_ELEMENTS(played->answers); i++) {
        const Answer *candidate = &played->answers[i];
        if (strstr(request->target, candidate->part) == NULL)
            continue;
        if (*candidate->body == '4')
            loopback_answer(answer, "400 Bad Request", "", candidate->body + 3, -1);
        else
            loopback_answer(answer, "200 OK", "", candidate->body, -1);
        break;
    }
    return LOOPBACK_KEEP;
}

static ObjectSource *open_source(const char *url)
{
    S3SourceOptions options = {.bucket = "bucket",
        .endpoint = url,
        .signing = AWS_ANONYMOUS,
        .retry = {.max_attempts = 2, .base_ms = 1, .throttled_ms = 1}};
    ObjectSource *source = NULL;

    g_assert_true(s3_source_open(&options, &source, NULL));
    return source;
}

static bool list_all(ObjectSource *source, GString *ret_keys, GError **error)
{
    g_autofree char *after = g_strdup("");
    g_autofree char *hint = NULL;

    for (bool is_last = false; !is_last;) {
        g_auto(ListPage) page = {0};
        ListRequest request = {.prefix = "", .start_after = after, .hint = hint};

        TRY(object_source_list(source, &request, &page, error));
        for (guint i = 0; i < page.entries->len; i++) {
            const ObjectEntry *entry = object_entries_at(page.entries, i);
            g_string_append_printf(
                ret_keys, "%s%s%s", ret_keys->len > 0 ? " " : "", entry->is_escaped ? "*" : "", entry->key);
        }
        is_last = page.is_last;
        g_free(after);
        after = g_strdup(page.last_key);
        g_free(hint);
        hint = g_strdup(page.hint);
    }
    return true;
}

static void test_listings_end_or_fail_and_lose_nothing(gconstpointer data)
{
    const Case *played = data;
    g_autoptr(Loopback) server = loopback_open(answer_by_case, (void *)played);
    g_autoptr(ObjectSource) source = open_source(loopback_url(server));
    g_autoptr(GString) keys = g_string_new(NULL);
    g_autoptr(GError) error = NULL;

    if (list_all(source, keys, &error)) {
        g_assert_cmpstr(keys->str, ==, played->keys);
    } else {
        g_test_message("%s", error->message);
        g_assert_true(error_is(error, ERROR_PROTOCOL));
        g_assert_nonnull(strstr(error->message, played->keys));
    }
    g_assert_cmpuint(loopback_requests(server), <=, played->max_requests);
}

static void test_escaped_keys_are_fetched_by_their_bytes(void)
{
    g_autoptr(FakeS3) store = fake_s3_open(1000);
    g_autoptr(ObjectSource) source = open_source(fake_s3_url(store));
    g_auto(ListPage) page = {0};

    fake_s3_put(store, "a\0b\xff%", 5, "hostile", 7);
    g_assert_true(object_source_list(source, &(ListRequest){.prefix = "", .start_after = ""}, &page, NULL));
    const ObjectEntry *entry = object_entries_at(page.entries, 0);
    g_assert_cmpstr(entry->key, ==, "a%00b%FF%25");
    g_autoptr(ObjectStream) stream = NULL;
    uint8_t buffer[100];
    size_t len = 0;
    g_assert_true(object_source_open(source, entry, &stream, NULL));
    g_assert_true(object_stream_read(stream, buffer, sizeof buffer, &len, NULL));
    g_assert_cmpmem(buffer, len, "hostile", 7);
}

/* A listing is used in part: it goes on from a key alone, which may be the text of an escaped key. */
static void test_a_cursor_alone_that_looks_escaped_loses_no_key(void)
{
    static const struct {
        const char *stored[3];
        const char *start_after, *next;
    } cursors[] = {
        {{"a\xff", "a\xff-"}, "a%FF", "out of order"},           /* the text lies before the key */
        {{"1% \xff", "1% \xff-"}, "1%25 %FF", "1%25 %FF-"},      /* behind it: on from the bytes */
        {{"1% \xff", "1%2", "1%3"}, "1%25 %FF", "out of order"}, /* what lies between shows */
        {{"1%2", "1%25 %FF", "1%3"}, "1%25 %FF", "1%3"},         /* it was text after all */
        {{"1%25 %00", "1%25 %FF", "1%25 %FF-"}, "1%25 %FF", "1%25 %FF-"},
        {{"a%FF", "a%FF-"}, "a%FF", "a%FF-"},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cursors); i++) {
        g_autoptr(FakeS3) store = fake_s3_open(1000);
        g_autoptr(ObjectSource) source = open_source(fake_s3_url(store));
        ListRequest request = {.prefix = "", .start_after = cursors[i].start_after};
        g_auto(ListPage) page = {0};
        g_autoptr(GError) error = NULL;

        for (size_t k = 0; k < G_N_ELEMENTS(cursors[i].stored) && cursors[i].stored[k] != NULL; k++)
            fake_s3_put(store, cursors[i].stored[k], strlen(cursors[i].stored[k]), "", 0);
        if (object_source_list(source, &request, &page, &error))
            g_assert_cmpstr(object_entries_at(page.entries, 0)->key, ==, cursors[i].next);
        else
            g_assert_nonnull(strstr(error->message, cursors[i].next));
    }
}

static void test_the_memory_source_fails_when_told(void)
{
    g_autoptr(ObjectSource) source = memory_source_new();
    ListRequest request = {.prefix = "", .start_after = ""};
    g_auto(ListPage) first = {0};
    g_auto(ListPage) second = {0};
    g_autoptr(GError) error = NULL;

    memory_source_put(source, "a", "1", 1);
    memory_source_fail_call(source, 2, ERROR_UNAVAILABLE);
    g_assert_true(object_source_list(source, &request, &first, NULL));
    g_assert_false(object_source_list(source, &request, &second, &error));
    g_assert_true(error_is(error, ERROR_UNAVAILABLE));
    g_assert_true(object_source_list(source, &request, &second, NULL));
}

int main(int argc, char **argv)
{
    static const char *const cleared[] = {"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE"};

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(cleared); i++)
        g_unsetenv(cleared[i]);
    g_setenv("AWS_CONFIG_FILE", "/nonexistent", TRUE);
    g_setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/objects/s3/listings-end-or-fail/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i], test_listings_end_or_fail_and_lose_nothing);
    }
    g_test_add_func(
        "/objects/s3/escaped-keys-are-fetched-by-their-bytes", test_escaped_keys_are_fetched_by_their_bytes);
    g_test_add_func("/objects/s3/a-cursor-alone-that-looks-escaped-loses-no-key",
        test_a_cursor_alone_that_looks_escaped_loses_no_key);
    g_test_add_func("/objects/memory/fails-when-told", test_the_memory_source_fails_when_told);
    return g_test_run();
}
