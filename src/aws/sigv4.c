#include "aws/sigv4.h"

#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

/* What both forms share while a request is being signed. */
typedef struct Signing {
    const SigV4Request *request;
    char date[17]; /* 20150830T123600Z */
    char *scope;
    GPtrArray *headers; /* "name:value", lower case, sorted, one a name */
    char *signed_headers;
} Signing;

static void signing_init(Signing *signing, const SigV4Request *request);
static void signing_clear(Signing *signing);
static void signing_finish(
    Signing *signing, const char *query, const AwsCredentials *credentials, SigV4Signed *ret_signed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Signing, signing_clear)

static void add_header(Signing *signing, const char *name, const char *value);
static char *canonical_path(const SigV4Request *request);
static char *canonical_headers(const Signing *signing);
static void name_headers(Signing *signing);

void sigv4_sign(const SigV4Request *request, const AwsCredentials *credentials, SigV4Signed *ret_signed)
{
    g_auto(Signing) signing = {0};

    signing_init(&signing, request);
    add_header(&signing, "x-amz-date", signing.date);
    if (credentials->session_token != NULL && request->token_rule == SIGV4_TOKEN_SIGNED)
        add_header(&signing, "x-amz-security-token", credentials->session_token);
    name_headers(&signing);

    g_autofree char *query = sigv4_encode_query(request->query, request->query_count);
    signing_finish(&signing, query, credentials, ret_signed);
    ret_signed->date = g_strdup(signing.date);
    ret_signed->authorization = g_strdup_printf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", ALGORITHM,
        credentials->access_key_id, signing.scope, signing.signed_headers, ret_signed->signature);
}

static void append_pair(GArray *pairs, const char *name, const char *value)
{
    SigV4Pair pair = {.name = name, .value = value};

    g_array_append_val(pairs, pair);
}

void sigv4_presign(
    const SigV4Request *request, const AwsCredentials *credentials, uint32_t expires_s, SigV4Signed *ret_signed)
{
    g_auto(Signing) signing = {0};
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(SigV4Pair));

    signing_init(&signing, request);
    name_headers(&signing);
    g_autofree char *credential = g_strdup_printf("%s/%s", credentials->access_key_id, signing.scope);
    g_autofree char *expires = g_strdup_printf("%u", expires_s);
    for (size_t i = 0; i < request->query_count; i++)
        g_array_append_val(pairs, request->query[i]);
    append_pair(pairs, "X-Amz-Algorithm", ALGORITHM);
    append_pair(pairs, "X-Amz-Credential", credential);
    append_pair(pairs, "X-Amz-Date", signing.date);
    append_pair(pairs, "X-Amz-Expires", expires);
    append_pair(pairs, "X-Amz-SignedHeaders", signing.signed_headers);
    if (credentials->session_token != NULL && request->token_rule == SIGV4_TOKEN_SIGNED)
        append_pair(pairs, "X-Amz-Security-Token", credentials->session_token);

    g_autofree char *query = sigv4_encode_query((const SigV4Pair *)(void *)pairs->data, pairs->len);
    signing_finish(&signing, query, credentials, ret_signed);
    g_autofree char *token = NULL;
    if (credentials->session_token != NULL && request->token_rule == SIGV4_TOKEN_ADDED_AFTER) {
        g_autofree char *encoded = sigv4_encode(credentials->session_token);
        token = g_strconcat("&X-Amz-Security-Token=", encoded, NULL);
    }
    ret_signed->query =
        g_strconcat(query, token != NULL ? token : "", "&X-Amz-Signature=", ret_signed->signature, NULL);
}

void sigv4_signed_clear(SigV4Signed *signed_request)
{
    g_free(signed_request->canonical_request);
    g_free(signed_request->string_to_sign);
    g_free(signed_request->signature);
    g_free(signed_request->date);
    g_free(signed_request->authorization);
    g_free(signed_request->query);
    *signed_request = (SigV4Signed){0};
}

static char *encode(const void *text, size_t len, const char *kept)
{
    const unsigned char *bytes = text;
    static const char hex[] = "0123456789ABCDEF";
    GString *out = g_string_sized_new(len * 2);

    for (const unsigned char *c = bytes; c < bytes + len; c++) {
        if (g_ascii_isalnum(*c) || (*c != '\0' && strchr(kept, *c) != NULL)) {
            g_string_append_c(out, (char)*c);
            continue;
        }
        g_string_append_c(out, '%');
        g_string_append_c(out, hex[*c >> 4]);
        g_string_append_c(out, hex[*c & 15]);
    }
    return g_string_free(out, FALSE);
}

char *sigv4_encode(const char *text)
{
    return encode(text, strlen(text), "-._~");
}

char *sigv4_encode_path(const void *path, size_t len)
{
    return encode(path, len, "-._~/");
}

static gint compare_encoded(gconstpointer left, gconstpointer right)
{
    const SigV4Pair *a = left;
    const SigV4Pair *b = right;
    int by_name = strcmp(a->name, b->name);

    return by_name != 0 ? by_name : strcmp(a->value, b->value);
}

char *sigv4_encode_query(const SigV4Pair *query, size_t count)
{
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(SigV4Pair));
    g_autoptr(GPtrArray) owned = g_ptr_array_new_with_free_func(g_free);
    GString *out = g_string_new(NULL);

    for (size_t i = 0; i < count; i++) {
        SigV4Pair pair = {.name = sigv4_encode(query[i].name), .value = sigv4_encode(query[i].value)};
        g_ptr_array_add(owned, (gpointer)pair.name);
        g_ptr_array_add(owned, (gpointer)pair.value);
        g_array_append_val(pairs, pair);
    }
    g_array_sort(pairs, compare_encoded);
    for (guint i = 0; i < pairs->len; i++) {
        const SigV4Pair *pair = &g_array_index(pairs, SigV4Pair, i);
        g_string_append_printf(out, "%s%s=%s", i > 0 ? "&" : "", pair->name, pair->value);
    }
    return g_string_free(out, FALSE);
}

char *sigv4_hash(const void *data, size_t len)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, len);
}

static void signing_init(Signing *signing, const SigV4Request *request)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(request->time_ms / 1000);
    g_autofree char *date = g_date_time_format(time, "%Y%m%dT%H%M%SZ");

    signing->request = request;
    g_strlcpy(signing->date, date, sizeof signing->date);
    signing->scope = g_strdup_printf("%.8s/%s/%s/aws4_request", signing->date, request->region, request->service);
    signing->headers = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < request->header_count; i++)
        add_header(signing, request->headers[i].name, request->headers[i].value);
}

static void signing_clear(Signing *signing)
{
    g_free(signing->scope);
    g_free(signing->signed_headers);
    if (signing->headers != NULL)
        g_ptr_array_unref(signing->headers);
}

/* Outer white space goes, inner runs become one space. */
static char *collapse(const char *value)
{
    GString *out = g_string_new(NULL);

    for (const char *c = value; *c != '\0'; c++) {
        if (!g_ascii_isspace(*c))
            g_string_append_c(out, *c);
        else if (out->len > 0 && out->str[out->len - 1] != ' ')
            g_string_append_c(out, ' ');
    }
    if (out->len > 0 && out->str[out->len - 1] == ' ')
        g_string_truncate(out, out->len - 1);
    return g_string_free(out, FALSE);
}

static void add_header(Signing *signing, const char *name, const char *value)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    g_autofree char *start = g_strconcat(lower, ":", NULL);
    g_autofree char *collapsed = collapse(value);

    for (guint i = 0; i < signing->headers->len; i++) {
        char *line = signing->headers->pdata[i];
        if (g_str_has_prefix(line, start)) { /* a repeated header is a list */
            signing->headers->pdata[i] = g_strconcat(line, ",", collapsed, NULL);
            g_free(line);
            return;
        }
    }
    g_ptr_array_add(signing->headers, g_strconcat(start, collapsed, NULL));
}

static gint compare_header_names(gconstpointer left, gconstpointer right)
{
    const char *a = *(const char *const *)left;
    const char *b = *(const char *const *)right;
    g_autofree char *a_name = g_strndup(a, strcspn(a, ":"));
    g_autofree char *b_name = g_strndup(b, strcspn(b, ":"));

    return strcmp(a_name, b_name);
}

static void name_headers(Signing *signing)
{
    GString *names = g_string_new(NULL);

    g_ptr_array_sort(signing->headers, compare_header_names);
    for (guint i = 0; i < signing->headers->len; i++) {
        const char *line = signing->headers->pdata[i];
        g_string_append_printf(names, "%s%.*s", i > 0 ? ";" : "", (int)strcspn(line, ":"), line);
    }
    signing->signed_headers = g_string_free(names, FALSE);
}

static char *canonical_headers(const Signing *signing)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < signing->headers->len; i++)
        g_string_append_printf(out, "%s\n", (const char *)signing->headers->pdata[i]);
    return g_string_free(out, FALSE);
}

static char *canonical_path(const SigV4Request *request)
{
    if (request->path_rule == SIGV4_PATH_AS_IS)
        return g_strdup(request->path);

    g_auto(GStrv) segments = g_strsplit(request->path, "/", -1);
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    const char *last = "";
    for (char **segment = segments; *segment != NULL; segment++) {
        last = *segment;
        if (strcmp(last, "..") == 0 && kept->len > 0)
            g_ptr_array_set_size(kept, (gint)kept->len - 1);
        else if (*last != '\0' && strcmp(last, ".") != 0 && strcmp(last, "..") != 0)
            g_ptr_array_add(kept, *segment);
    }
    bool ends_open = *last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
    bool has_end_slash = ends_open && kept->len > 0;
    g_ptr_array_add(kept, NULL);
    g_autofree char *joined = g_strjoinv("/", (char **)kept->pdata);
    g_autofree char *path = g_strconcat("/", joined, has_end_slash ? "/" : "", NULL);
    return sigv4_encode_path(path, strlen(path));
}

static void hmac(const void *key, size_t key_len, const char *text, guint8 *ret_digest)
{
    g_autoptr(GHmac) mac = g_hmac_new(G_CHECKSUM_SHA256, key, key_len);
    gsize len = 32;

    g_hmac_update(mac, (const guchar *)text, -1);
    g_hmac_get_digest(mac, ret_digest, &len);
}

static void derive_key(const Signing *signing, const char *secret, guint8 *ret_key)
{
    g_autofree char *first = g_strconcat("AWS4", secret, NULL);
    g_autofree char *day = g_strndup(signing->date, 8);

    hmac(first, strlen(first), day, ret_key);
    hmac(ret_key, 32, signing->request->region, ret_key);
    hmac(ret_key, 32, signing->request->service, ret_key);
    hmac(ret_key, 32, "aws4_request", ret_key);
    explicit_bzero(first, strlen(first));
}

void sigv4_key_cache_init(SigV4KeyCache *cache)
{
    *cache = (SigV4KeyCache){0};
    g_mutex_init(&cache->mutex);
}

static void forget_key_locked(SigV4KeyCache *cache)
{
    if (cache->locked.secret != NULL)
        explicit_bzero(cache->locked.secret, strlen(cache->locked.secret));
    explicit_bzero(cache->locked.key, sizeof cache->locked.key);
    g_clear_pointer(&cache->locked.secret, g_free);
    g_clear_pointer(&cache->locked.scope, g_free);
}

void sigv4_key_cache_clear(SigV4KeyCache *cache)
{
    forget_key_locked(cache);
    g_mutex_clear(&cache->mutex);
}

static void signing_key(const Signing *signing, const char *secret, guint8 *ret_key)
{
    SigV4KeyCache *cache = signing->request->key_cache;

    if (cache == NULL) {
        derive_key(signing, secret, ret_key);
        return;
    }
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&cache->mutex);
    if (g_strcmp0(cache->locked.scope, signing->scope) != 0 || g_strcmp0(cache->locked.secret, secret) != 0) {
        forget_key_locked(cache);
        cache->locked.scope = g_strdup(signing->scope);
        cache->locked.secret = g_strdup(secret);
        derive_key(signing, secret, cache->locked.key);
    }
    memcpy(ret_key, cache->locked.key, sizeof cache->locked.key);
}

static char *signature_of(const Signing *signing, const AwsCredentials *credentials, const char *string_to_sign)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = g_malloc0(65);
    guint8 key[32];

    signing_key(signing, credentials->secret_access_key, key);
    hmac(key, sizeof key, string_to_sign, key);
    for (size_t i = 0; i < sizeof key; i++) {
        hex[2 * i] = digits[key[i] >> 4];
        hex[2 * i + 1] = digits[key[i] & 15];
    }
    return hex;
}

static void signing_finish(
    Signing *signing, const char *query, const AwsCredentials *credentials, SigV4Signed *ret_signed)
{
    g_autofree char *path = canonical_path(signing->request);
    g_autofree char *headers = canonical_headers(signing);

    *ret_signed = (SigV4Signed){0};
    ret_signed->canonical_request = g_strjoin("\n", signing->request->method, path, query, headers,
        signing->signed_headers, signing->request->payload_hash, NULL);
    g_autofree char *hash = sigv4_hash(ret_signed->canonical_request, strlen(ret_signed->canonical_request));
    ret_signed->string_to_sign = g_strjoin("\n", ALGORITHM, signing->date, signing->scope, hash, NULL);
    ret_signed->signature = signature_of(signing, credentials, ret_signed->string_to_sign);
}
