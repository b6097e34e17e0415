/* sigv4-vectors.jsonl holds the facts of AWS's published Signature Version 4 test suite, one vector a line. */
#include "aws/sigv4.h"
#include "base/clock.h"

#include <jansson.h>
#include <string.h>

typedef struct Parsed {
    char *method;
    char *path;
    GPtrArray *owned;
    GArray *query;
    GArray *headers;
    const char *body;
} Parsed;

static const char *keep(Parsed *parsed, char *take_text)
{
    g_ptr_array_add(parsed->owned, take_text);
    return take_text;
}

static void add_query(Parsed *parsed, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "&", -1);

    for (char **part = parts; *part != NULL; part++) {
        g_auto(GStrv) sides = g_strsplit(*part, "=", 2);
        SigV4Pair pair = {.name = keep(parsed, g_uri_unescape_string(sides[0], NULL)),
            .value = keep(parsed, g_uri_unescape_string(sides[1] ? sides[1] : "", NULL))};
        g_array_append_val(parsed->query, pair);
    }
}

static void add_headers(Parsed *parsed, char **lines)
{
    g_autoptr(GPtrArray) joined = g_ptr_array_new_with_free_func(g_free);

    for (char **line = lines; *line != NULL && **line != '\0'; line++) {
        if (**line != ' ') {
            g_ptr_array_add(joined, g_strdup(*line));
            continue;
        }
        char *whole = g_strconcat(joined->pdata[joined->len - 1], *line, NULL);
        g_free(joined->pdata[joined->len - 1]);
        joined->pdata[joined->len - 1] = whole;
    }
    for (guint i = 0; i < joined->len; i++) {
        g_auto(GStrv) sides = g_strsplit(joined->pdata[i], ":", 2);
        SigV4Pair pair = {.name = keep(parsed, g_strdup(sides[0])), .value = keep(parsed, g_strdup(sides[1]))};
        g_array_append_val(parsed->headers, pair);
    }
}

static void parse(const char *text, Parsed *parsed)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    char *target = strchr(lines[0], ' ') + 1;

    parsed->owned = g_ptr_array_new_with_free_func(g_free);
    parsed->query = g_array_new(FALSE, FALSE, sizeof(SigV4Pair));
    parsed->headers = g_array_new(FALSE, FALSE, sizeof(SigV4Pair));
    parsed->method = g_strndup(lines[0], (gsize)(target - 1 - lines[0]));
    *strrchr(target, ' ') = '\0';
    char *question = strchr(target, '?');
    if (question != NULL) {
        *question = '\0';
        add_query(parsed, question + 1);
    }
    parsed->path = g_strdup(target);
    add_headers(parsed, lines + 1);
    const char *body = strstr(text, "\n\n");
    parsed->body = body != NULL ? body + 2 : "";
}

static void parsed_clear(Parsed *parsed)
{
    g_free(parsed->method);
    g_free(parsed->path);
    g_ptr_array_unref(parsed->owned);
    g_array_unref(parsed->query);
    g_array_unref(parsed->headers);
}

static const char *text_of(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void compare(const SigV4Signed *made, json_t *expected)
{
    g_assert_cmpstr(made->canonical_request, ==, text_of(expected, "canonical"));
    g_assert_cmpstr(made->string_to_sign, ==, text_of(expected, "string_to_sign"));
    g_assert_cmpstr(made->signature, ==, text_of(expected, "signature"));
}

static void check_vector(json_t *vector, SigV4KeyCache *key_cache)
{
    Parsed parsed = {0};
    g_auto(SigV4Signed) in_headers = {0};
    g_auto(SigV4Signed) in_query = {0};
    int64_t time_ms = 0;

    g_test_message("%s", text_of(vector, "name"));
    parse(text_of(vector, "request"), &parsed);
    g_assert_true(clock_parse_iso(text_of(vector, "time"), &time_ms, NULL));
    g_autofree char *hash =
        sigv4_hash(parsed.body, json_is_true(json_object_get(vector, "sign_body")) ? strlen(parsed.body) : 0);
    AwsCredentials credentials = {.access_key_id = (char *)text_of(vector, "access_key_id"),
        .secret_access_key = (char *)text_of(vector, "secret_access_key"),
        .session_token = (char *)text_of(vector, "session_token")};
    bool is_after = json_is_true(json_object_get(vector, "token_after"));
    bool is_normalized = json_is_true(json_object_get(vector, "normalize"));
    SigV4Pair *headers = (SigV4Pair *)(void *)parsed.headers->data;
    g_autoptr(GArray) signed_headers = g_array_copy(parsed.headers);
    SigV4Pair content_hash = {.name = "x-amz-content-sha256", .value = hash};
    if (json_is_true(json_object_get(vector, "sign_body")))
        g_array_append_val(signed_headers, content_hash);
    g_autofree char *encoded = sigv4_encode_path(parsed.path, strlen(parsed.path));
    SigV4Request request = {.method = parsed.method,
        .path = is_normalized ? parsed.path : encoded,
        .path_rule = is_normalized ? SIGV4_PATH_NORMALIZED : SIGV4_PATH_AS_IS,
        .query = (SigV4Pair *)(void *)parsed.query->data,
        .query_count = parsed.query->len,
        .headers = (SigV4Pair *)(void *)signed_headers->data,
        .header_count = signed_headers->len,
        .payload_hash = hash,
        .region = text_of(vector, "region"),
        .service = text_of(vector, "service"),
        .token_rule = is_after ? SIGV4_TOKEN_ADDED_AFTER : SIGV4_TOKEN_SIGNED,
        .time_ms = time_ms,
        .key_cache = key_cache};

    sigv4_sign(&request, &credentials, &in_headers);
    compare(&in_headers, json_object_get(vector, "header"));
    request.headers = headers;
    request.header_count = parsed.headers->len;
    sigv4_presign(
        &request, &credentials, (uint32_t)json_integer_value(json_object_get(vector, "expires_s")), &in_query);
    compare(&in_query, json_object_get(vector, "query"));
    g_assert_true(g_str_has_suffix(in_query.query, in_query.signature));
    g_assert_true(g_str_has_suffix(in_headers.authorization, in_headers.signature));
    parsed_clear(&parsed);
}

static void test_all_38_published_vectors_pass_in_both_forms(gconstpointer path)
{
    g_autofree char *text = NULL;
    SigV4KeyCache cache;
    int count = 0;

    sigv4_key_cache_init(&cache);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL && **line != '\0'; line++) {
        json_t *vector = json_loads(*line, 0, NULL);
        g_assert_nonnull(vector);
        check_vector(vector, NULL);
        check_vector(vector, &cache);
        json_decref(vector);
        count++;
    }
    g_assert_cmpint(count, ==, 38);
    sigv4_key_cache_clear(&cache);
}

static void test_paths_and_queries_are_encoded_as_rfc_3986_says(void)
{
    g_autofree char *path = sigv4_encode_path("a b/\xc3\xbc/~!*'()\0", 14);
    g_autofree char *query =
        sigv4_encode_query((SigV4Pair[]){{"list-type", "2"}, {"a/b", ""}, {"a", "z"}, {"a", "b c"}}, 4);

    g_assert_cmpstr(path, ==, "a%20b/%C3%BC/~%21%2A%27%28%29%00");
    g_assert_cmpstr(query, ==, "a=b%20c&a=z&a%2Fb=&list-type=2");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    g_test_add_data_func("/aws/sigv4/all-38-published-vectors-pass-in-both-forms", argv[1],
        test_all_38_published_vectors_pass_in_both_forms);
    g_test_add_func("/aws/sigv4/paths-and-queries-are-encoded-as-rfc-3986-says",
        test_paths_and_queries_are_encoded_as_rfc_3986_says);
    return g_test_run();
}
