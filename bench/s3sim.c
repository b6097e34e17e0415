/* An S3 server that holds nothing: every key and every byte is worked out when it is asked for.
 *
 *   s3sim [--keys N] [--big BYTES] [--body BYTES]
 *
 * Bucket "sim" (any name will do), path style, signatures are not looked at. N keys in bytewise order with small text
 * bodies, every tenth with one e-mail address; or one object of BYTES bytes that is nothing but distinct addresses.
 * Prints "port NUMBER" on standard output and serves until standard input ends. */
#include <glib.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 1000, BIG_LINE = 40, BLOCK = 1 << 16, THREADS = 2, PLANTED_EVERY = 10 };

static const char BIG_KEY[] = "big/addresses.txt";

typedef struct Sim {
    uint64_t keys;
    uint64_t big_bytes; /* 0: many small objects instead */
    uint64_t body_bytes;
} Sim;

typedef struct Body {
    const Sim *sim;
    uint64_t key, first, len; /* of the whole object: where the answer starts, how long the object is */
} Body;

/* SplitMix64: the same number for the same input on every machine. */
static uint64_t mix(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

/* ---- keys ---- */

static void write_key(const Sim *sim, uint64_t index, char key[64])
{
    if (sim->big_bytes > 0)
        (void)g_strlcpy(key, BIG_KEY, 64);
    else
        (void)snprintf(key, 64, "logs/part-%05" PRIu64 "/object-%010" PRIu64 ".log", index / 10000, index);
}

static uint64_t key_count(const Sim *sim)
{
    return sim->big_bytes > 0 ? 1 : sim->keys;
}

/* The first key that is greater than after. */
static uint64_t first_after(const Sim *sim, const char *after)
{
    uint64_t low = 0, high = key_count(sim);

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        char key[64];
        write_key(sim, middle, key);
        if (strcmp(key, after) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool find_key(const Sim *sim, const char *name, uint64_t *ret_index)
{
    uint64_t index = first_after(sim, name);
    char key[64];

    if (index == 0)
        return false;
    write_key(sim, index - 1, key);
    *ret_index = index - 1;
    return strcmp(key, name) == 0;
}

static uint64_t object_size(const Sim *sim, uint64_t index)
{
    return sim->big_bytes > 0 ? sim->big_bytes : sim->body_bytes / 2 + mix(index) % (sim->body_bytes + 1);
}

/* ---- bodies ---- */

/* Line number `line` of the big object: a distinct address of BIG_LINE bytes. Written by hand, since it must be faster
 * than the scan that reads it. */
static void write_big_line(uint64_t line, char text[BIG_LINE])
{
    uint64_t hash = mix(line);

    memcpy(text, "u000000000000.______@northwind-mail.net\n", BIG_LINE);
    for (char *digit = text + 12; line > 0; digit--, line /= 10)
        *digit = (char)('0' + line % 10);
    for (char *letter = text + 14; *letter == '_'; letter++, hash >>= 4)
        *letter = (char)('a' + hash % 16);
}

static size_t write_big(uint64_t offset, char *buffer, size_t capacity)
{
    size_t done = 0;

    while (done < capacity) {
        char line[BIG_LINE];
        size_t skip = (offset + done) % BIG_LINE;
        size_t take = MIN((size_t)BIG_LINE - skip, capacity - done);
        write_big_line((offset + done) / BIG_LINE, line);
        memcpy(buffer + done, line + skip, take);
        done += take;
    }
    return done;
}

/* A small body is a few log lines; byte `offset` of it depends on nothing but the key and the offset. */
static void fill_small(uint64_t index, char *buffer, size_t len)
{
    static const char *const words[] = {"request", "handled", "cache", "miss", "queue", "depth", "worker", "retry"};
    GString *text = g_string_sized_new(len + 128);

    if (index % PLANTED_EVERY == 0)
        g_string_append_printf(text, "contact=user%" PRIu64 "@northwind-mail.net\n", index);
    for (uint64_t line = 0; text->len < len; line++)
        g_string_append_printf(text, "level=info step=%" PRIu64 " event=%s_%s\n", line, words[mix(index + line) % 8],
            words[mix(index ^ (line << 20)) % 8]);
    memcpy(buffer, text->str, len);
    g_string_free(text, TRUE);
}

static ssize_t read_big(void *data, uint64_t position, char *buffer, size_t capacity)
{
    const Body *body = data;
    uint64_t left = body->len - body->first - position;

    return left == 0 ? MHD_CONTENT_READER_END_OF_STREAM
                     : (ssize_t)write_big(body->first + position, buffer, (size_t)MIN(left, capacity));
}

static struct MHD_Response *small_response(uint64_t index, uint64_t first, uint64_t size)
{
    char *body = g_malloc(size + 1);

    fill_small(index, body, size);
    memmove(body, body + first, size - first);
    return MHD_create_response_from_buffer_with_free_callback(size - first, body, g_free);
}

static struct MHD_Response *object_response(const Sim *sim, uint64_t index, uint64_t first, uint64_t size)
{
    if (sim->big_bytes == 0)
        return small_response(index, first, size);
    Body *body = g_new(Body, 1);
    *body = (Body){.sim = sim, .key = index, .first = first, .len = size};
    return MHD_create_response_from_callback(size - first, BLOCK, read_big, body, g_free);
}

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(connection, status, response);

    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_xml(struct MHD_Connection *connection, unsigned status, GString *take_xml)
{
    size_t len = take_xml->len;
    char *text = g_string_free(take_xml, FALSE);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback(len, text, g_free);

    (void)MHD_add_response_header(response, "Content-Type", "application/xml");
    return answer(connection, status, response);
}

static void append_entry(const Sim *sim, GString *xml, uint64_t index)
{
    char key[64];

    write_key(sim, index, key);
    g_string_append_printf(xml,
        "<Contents><Key>%s</Key><LastModified>2025-11-09T10:00:00.000Z</LastModified><ETag>&quot;%016" PRIx64
        "&quot;</ETag><Size>%" PRIu64 "</Size><StorageClass>STANDARD</StorageClass></Contents>",
        key, mix(index), object_size(sim, index));
}

static const char *argument(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);

    return value != NULL ? value : "";
}

static uint64_t list_end(const Sim *sim, uint64_t first, const char *prefix, uint64_t limit)
{
    uint64_t end = first;

    for (char key[64]; end < key_count(sim) && end - first < limit; end++) {
        write_key(sim, end, key);
        if (!g_str_has_prefix(key, prefix))
            break;
    }
    return end;
}

static bool has_more(const Sim *sim, uint64_t end, const char *prefix)
{
    char key[64] = "";

    if (end < key_count(sim))
        write_key(sim, end, key);
    return end < key_count(sim) && g_str_has_prefix(key, prefix);
}

static enum MHD_Result answer_list(const Sim *sim, struct MHD_Connection *connection)
{
    const char *token = argument(connection, "continuation-token"), *prefix = argument(connection, "prefix");
    const char *after = token[0] != '\0' ? token : argument(connection, "start-after");
    const char *max_keys = argument(connection, "max-keys");
    uint64_t limit = max_keys[0] != '\0' ? MIN(g_ascii_strtoull(max_keys, NULL, 10), LIST_MAX) : LIST_MAX;
    uint64_t first = MAX(first_after(sim, after), prefix[0] != '\0' ? first_after(sim, prefix) : 0);
    uint64_t end = list_end(sim, first, prefix, limit);
    bool is_truncated = has_more(sim, end, prefix);
    GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                                "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");

    g_string_append_printf(xml, "<Name>sim</Name><KeyCount>%" PRIu64 "</KeyCount><IsTruncated>%s</IsTruncated>",
        end - first, is_truncated ? "true" : "false");
    for (uint64_t index = first; index < end; index++)
        append_entry(sim, xml, index);
    if (is_truncated) {
        char last[64];
        write_key(sim, end - 1, last);
        g_string_append_printf(xml, "<NextContinuationToken>%s</NextContinuationToken>", last);
    }
    g_string_append(xml, "</ListBucketResult>");
    return answer_xml(connection, MHD_HTTP_OK, xml);
}

static uint64_t range_start(struct MHD_Connection *connection)
{
    const char *range = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Range");

    return range != NULL && g_str_has_prefix(range, "bytes=") ? g_ascii_strtoull(range + 6, NULL, 10) : 0;
}

static enum MHD_Result answer_object(const Sim *sim, struct MHD_Connection *connection, const char *key)
{
    uint64_t index = 0;

    if (!find_key(sim, key, &index))
        return answer_xml(connection, MHD_HTTP_NOT_FOUND, g_string_new("<Error><Code>NoSuchKey</Code></Error>"));
    uint64_t size = object_size(sim, index), first = MIN(range_start(connection), size);
    struct MHD_Response *response = object_response(sim, index, first, size);
    g_autofree char *etag = g_strdup_printf("\"%016" PRIx64 "\"", mix(index));
    (void)MHD_add_response_header(response, "ETag", etag);
    if (first > 0) {
        g_autofree char *range = g_strdup_printf("bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, size - 1, size);
        (void)MHD_add_response_header(response, "Content-Range", range);
    }
    return answer(connection, first > 0 ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **context)
{
    (void)method, (void)version, (void)upload, (void)upload_len;
    if (*context == NULL) { /* the headers alone; the next call may answer */
        *context = data;
        return MHD_YES;
    }
    const char *key = strchr(url + (url[0] == '/'), '/');
    return key == NULL || key[1] == '\0' ? answer_list(data, connection) : answer_object(data, connection, key + 1);
}

static void wait_for_end_of_input(void)
{
    char buffer[256];

    while (read(STDIN_FILENO, buffer, sizeof buffer) > 0)
        ;
}

int main(int argc, char **argv)
{
    gint64 keys = 1000000, big_bytes = 0, body_bytes = 512;
    const GOptionEntry entries[] = {
        {"keys", 0, 0, G_OPTION_ARG_INT64, &keys, "how many objects", "N"},
        {"big", 0, 0, G_OPTION_ARG_INT64, &big_bytes, "one object of this size instead", "BYTES"},
        {"body", 0, 0, G_OPTION_ARG_INT64, &body_bytes, "mean size of an object", "BYTES"},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- an S3 server that holds nothing");
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        (void)fprintf(stderr, "s3sim: %s\n", error->message);
        return 2;
    }
    Sim sim = {.keys = (uint64_t)keys, .big_bytes = (uint64_t)big_bytes, .body_bytes = (uint64_t)body_bytes};
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        handle, &sim, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_END);
    if (daemon == NULL)
        return 1;
    (void)printf("port %u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    (void)fflush(stdout);
    wait_for_end_of_input();
    MHD_stop_daemon(daemon);
    return 0;
}
