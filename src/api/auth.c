#include "api/auth.h"

#include "api/constant_time.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGEST_BYTES = 32, KEY_FILE_MAX = 64 * 1024, NAME_CHARS_MAX = 128 };

typedef struct Digest {
    uint8_t bytes[DIGEST_BYTES];
} Digest;

struct ApiKeys {
    GArray *digests;     /* SHA-256 of each key: of equal length, and a key without a name does not stay in memory */
    GHashTable *secrets; /* name -> key: a signature cannot be checked without */
};

static Digest digest_of(const char *text, size_t len)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    Digest digest = {{0}};
    gsize size = sizeof digest.bytes;

    g_checksum_update(checksum, (const guchar *)text, (gssize)len);
    g_checksum_get_digest(checksum, digest.bytes, &size);
    return digest;
}

static bool is_visible_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if (!g_ascii_isgraph(*text))
            return false;
    return true;
}

static bool add_key(ApiKeys *keys, const char *name, size_t line_no, const char *key, GError **error)
{
    const size_t len = strlen(key);

    if (len < API_KEY_MIN_CHARS || len > API_KEY_MAX_CHARS || !is_visible_ascii(key))
        return fail(error, ERROR_INVALID, "%s:%zu: expected a key of %d to %d visible ASCII characters", name, line_no,
            API_KEY_MIN_CHARS, API_KEY_MAX_CHARS);
    const Digest digest = digest_of(key, len);
    g_array_append_val(keys->digests, digest);
    return true;
}

static bool is_name(const char *text)
{
    const size_t len = strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-");

    return len > 0 && len <= NAME_CHARS_MAX && text[len] == '\0';
}

static void free_secret(gpointer secret)
{
    explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

/* "KEY" or "NAME KEY". */
static bool add_line(ApiKeys *keys, const char *file, size_t line_no, const char *line, GError **error)
{
    const size_t len = strcspn(line, " \t");
    const char *key = line + len + strspn(line + len, " \t");
    g_autofree char *name = g_strndup(line, len);

    if (*key == '\0')
        return add_key(keys, file, line_no, line, error);
    TRY(add_key(keys, file, line_no, key, error));
    if (!is_name(name))
        return fail(error, ERROR_INVALID, "%s:%zu: expected a key, or NAME KEY with a name of letters, digits, . _ -",
            file, line_no);
    if (!g_hash_table_insert(keys->secrets, g_steal_pointer(&name), g_strdup(key)))
        return fail(error, ERROR_INVALID, "%s:%zu: the name is there twice", file, line_no);
    return true;
}

bool api_keys_parse(const char *name, const char *text, ApiKeys **ret_keys, GError **error)
{
    g_autoptr(ApiKeys) keys = g_new0(ApiKeys, 1);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    keys->digests = g_array_new(FALSE, FALSE, sizeof(Digest));
    keys->secrets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_secret);
    for (size_t i = 0; lines[i] != NULL; i++) {
        const char *line = g_strstrip(lines[i]);
        if (*line != '\0' && *line != '#')
            TRY(add_line(keys, name, i + 1, line, error));
    }
    if (keys->digests->len == 0)
        return fail(error, ERROR_INVALID, "%s: expected at least one key, one a line", name);
    *ret_keys = g_steal_pointer(&keys);
    return true;
}

void api_keys_free(ApiKeys *keys)
{
    if (keys == NULL)
        return;
    g_array_unref(keys->digests);
    g_hash_table_unref(keys->secrets);
    g_free(keys);
}

/* Reads to the end or to capacity; the last byte stays NUL. */
static bool read_text(int fd, char *buffer, size_t capacity)
{
    size_t len = 0;

    for (;;) {
        const ssize_t got = read(fd, buffer + len, capacity - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        len += (size_t)got;
    }
}

static bool check_mode(int fd, const char *path, GError **error)
{
    struct stat facts;

    if (fstat(fd, &facts) != 0)
        return fail(error, ERROR_IO, "%s: %s", path, g_strerror(errno));
    if ((facts.st_mode & (S_IWGRP | S_IRWXO)) != 0)
        return fail(error, ERROR_INVALID,
            "%s: mode %03o lets others read or change the keys; expected 600 (chmod 600) or 640", path,
            (unsigned)facts.st_mode & 0777);
    return true;
}

static bool load_from(int fd, const char *path, ApiKeys **ret_keys, GError **error)
{
    g_autofree char *text = g_malloc0(KEY_FILE_MAX + 2);

    TRY(check_mode(fd, path, error));
    if (!read_text(fd, text, KEY_FILE_MAX + 2))
        return fail(error, ERROR_IO, "%s: %s", path, g_strerror(errno));
    const bool is_loaded = strlen(text) > KEY_FILE_MAX
                               ? fail(error, ERROR_TOO_LARGE, "%s: expected at most %d bytes", path, KEY_FILE_MAX)
                               : api_keys_parse(path, text, ret_keys, error);
    explicit_bzero(text, KEY_FILE_MAX + 2);
    return is_loaded;
}

bool api_keys_load(const char *path, ApiKeys **ret_keys, GError **error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fail(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "%s: %s", path, g_strerror(errno));
    const bool is_loaded = load_from(fd, path, ret_keys, error);
    (void)close(fd);
    return is_loaded;
}

static bool is_known(const ApiKeys *keys, const char *key)
{
    const Digest given = digest_of(key, strlen(key));
    bool is_found = false;

    /* No early end: which key it was must not show either. */
    for (guint i = 0; i < keys->digests->len; i++)
        is_found |= constant_time_equal(given.bytes, g_array_index(keys->digests, Digest, i).bytes, DIGEST_BYTES);
    return is_found;
}

const char *api_keys_secret(const ApiKeys *keys, const char *name)
{
    return g_hash_table_lookup(keys->secrets, name);
}

static const char *bearer_of(const HttpCall *call)
{
    static const char scheme[] = "Bearer ";
    const char *value = http_call_header(call, "Authorization");

    if (value == NULL || g_ascii_strncasecmp(value, scheme, sizeof scheme - 1) != 0)
        return NULL;
    value += sizeof scheme - 1;
    return value + strspn(value, " ");
}

bool api_keys_are_given(const HttpCall *call)
{
    return bearer_of(call) != NULL || http_call_header(call, "x-api-key") != NULL;
}

bool api_keys_check(const ApiKeys *keys, const HttpCall *call, GError **error)
{
    const char *bearer = bearer_of(call);
    const char *header = http_call_header(call, "x-api-key");

    if (bearer == NULL && header == NULL)
        return fail(error, ERROR_UNAUTHORIZED, "an API key is needed: 'Authorization: Bearer KEY' or 'x-api-key: KEY'");
    const bool is_bearer_known = bearer != NULL && is_known(keys, bearer);
    const bool is_header_known = header != NULL && is_known(keys, header);
    if (!is_bearer_known && !is_header_known)
        return fail(error, ERROR_UNAUTHORIZED, "the API key is not known here");
    return true;
}

/* host without brackets */
static bool is_loopback_address(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool api_listen_is_loopback(const char *host)
{
    const size_t len = strlen(host);

    if (g_ascii_strcasecmp(host, "localhost") == 0 || is_loopback_address(host))
        return true;
    if (len < 2 || host[0] != '[' || host[len - 1] != ']')
        return false;
    g_autofree char *bare = g_strndup(host + 1, len - 2);
    return strchr(bare, ':') != NULL && is_loopback_address(bare);
}

/* "localhost:8080" and "[::1]:8080" without the port. */
static char *host_without_port(const char *authority)
{
    const char *bracket = strchr(authority, ']');
    const char *colon = strchr(bracket != NULL ? bracket : authority, ':');

    return colon != NULL ? g_strndup(authority, (gsize)(colon - authority)) : g_strdup(authority);
}

static bool check_host(const char *host, GError **error)
{
    g_autofree char *bare = host_without_port(host);

    if (!api_listen_is_loopback(bare))
        return fail(error, ERROR_FORBIDDEN,
            "Host '%.100s': without API keys this server answers only to localhost, 127.0.0.1 and [::1]", bare);
    return true;
}

static bool check_origin(const char *origin, const char *host, GError **error)
{
    const char *authority = strstr(origin, "://");

    if (authority == NULL || g_ascii_strcasecmp(authority + 3, host) != 0)
        return fail(error, ERROR_FORBIDDEN, "Origin '%.100s': requests from pages of other sites are refused", origin);
    return true;
}

static bool check_content_type(const char *expected, const char *type, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(type != NULL ? type : "", ";", 2);
    const char *essence = parts[0] != NULL ? g_strstrip(parts[0]) : "";

    if (g_ascii_strcasecmp(essence, expected) != 0)
        return fail(error, ERROR_UNSUPPORTED, "Content-Type '%.100s': expected %s", essence, expected);
    return true;
}

bool api_check_browser(const ApiKeys *keys, const HttpCall *call, GError **error)
{
    const char *host = http_call_header(call, "Host");
    const char *origin = http_call_header(call, "Origin");

    if (host == NULL)
        return fail(error, ERROR_INVALID, "the Host header is missing");
    if (keys == NULL)
        TRY(check_host(host, error));
    if (origin != NULL)
        TRY(check_origin(origin, host, error));
    if (strcmp(call->method, "POST") == 0)
        TRY(check_content_type(strcmp(call->path, "/") == 0 ? "application/x-amz-json-1.0" : "application/json",
            http_call_header(call, "Content-Type"), error));
    return true;
}
