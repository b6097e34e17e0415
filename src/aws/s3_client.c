/* The S3 client: what all calls share, signing and starting a request, and trying again. */
#include "aws/profile.h"
#include "aws/s3_internal.h"
#include "base/clock.h"

#include <string.h>

static bool place_open(S3Client *client, const S3ClientOptions *options, GError **error);

bool s3_client_open(const S3ClientOptions *options, S3Client **ret_client, GError **error)
{
    g_autoptr(S3Client) client = g_new0(S3Client, 1);

    g_mutex_init(&client->mutex);
    sigv4_key_cache_init(&client->signing_key);
    client->http = http_client_ref(options->http);
    client->credentials = aws_credential_chain_new(options->profile, options->signing);
    client->retry = aws_retry_new(&options->retry);
    client->bucket = g_strdup(options->bucket);
    client->addressing = options->addressing;
    client->payer = options->payer;
    TRY(place_open(client, options, error));
    *ret_client = g_steal_pointer(&client);
    return true;
}

void s3_client_close(S3Client *client)
{
    if (client == NULL)
        return;
    s3_place_clear(&client->locked.place);
    sigv4_key_cache_clear(&client->signing_key);
    aws_credential_chain_unref(client->credentials);
    aws_retry_free(client->retry);
    http_client_unref(client->http);
    g_free(client->bucket);
    g_free(client->endpoint);
    g_mutex_clear(&client->mutex);
    g_free(client);
}

static bool place_open(S3Client *client, const S3ClientOptions *options, GError **error)
{
    g_autoptr(AwsProfile) profile = NULL;

    TRY(aws_profile_load(options->profile, &profile, error));
    const char *region = options->region != NULL ? options->region : aws_region(profile);
    const char *endpoint = options->endpoint != NULL ? options->endpoint : aws_endpoint(profile, "s3");
    client->endpoint = g_strdup(endpoint);
    return s3_place_init(&client->locked.place, client, region != NULL ? region : "us-east-1", error);
}

/* A request being put together from the call and the place of the moment. */
typedef struct Draft {
    S3Place place;
    int64_t time_ms;
    char *path;
    char *url;
    GArray *headers; /* SigV4Pair that are signed */
} Draft;

static void draft_init(Draft *draft, S3Client *client, const S3Call *call)
{
    g_mutex_lock(&client->mutex);
    draft->place = (S3Place){.region = g_strdup(client->locked.place.region),
        .base = g_strdup(client->locked.place.base),
        .host = g_strdup(client->locked.place.host),
        .path = g_strdup(client->locked.place.path)};
    draft->time_ms = clock_now_ms() + client->locked.clock_offset_ms;
    g_mutex_unlock(&client->mutex);

    g_autofree char *query = sigv4_encode_query(call->query, call->query_count);
    draft->path = g_strconcat(draft->place.path, call->key_path, NULL);
    if (*draft->path == '\0') {
        g_free(draft->path);
        draft->path = g_strdup("/");
    }
    draft->url = g_strconcat(draft->place.base, draft->path, *query != '\0' ? "?" : "", query, NULL);
    draft->headers = g_array_new(FALSE, FALSE, sizeof(SigV4Pair));
    SigV4Pair own[] = {
        {"host", draft->place.host}, {"x-amz-content-sha256", SIGV4_EMPTY_HASH}, {"x-amz-request-payer", "requester"}};
    g_array_append_vals(draft->headers, own, client->payer == S3_REQUESTER_PAYS ? 3 : 2);
    g_array_append_vals(draft->headers, call->headers, (guint)call->header_count);
}

static void draft_clear(Draft *draft)
{
    s3_place_clear(&draft->place);
    g_free(draft->path);
    g_free(draft->url);
    if (draft->headers != NULL)
        g_array_unref(draft->headers);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Draft, draft_clear)

static void add_signature(
    S3Client *client, const Draft *draft, const S3Call *call, const AwsCredentials *credentials, GPtrArray *lines)
{
    g_auto(SigV4Signed) signature = {0};
    SigV4Request request = {.method = "GET",
        .path = draft->path,
        .path_rule = SIGV4_PATH_AS_IS,
        .query = call->query,
        .query_count = call->query_count,
        .headers = (const SigV4Pair *)(void *)draft->headers->data,
        .header_count = draft->headers->len,
        .payload_hash = SIGV4_EMPTY_HASH,
        .region = draft->place.region,
        .service = "s3",
        .time_ms = draft->time_ms,
        .key_cache = &client->signing_key};

    sigv4_sign(&request, credentials, &signature);
    g_ptr_array_add(lines, g_strconcat("x-amz-date: ", signature.date, NULL));
    if (credentials->session_token != NULL)
        g_ptr_array_add(lines, g_strconcat("x-amz-security-token: ", credentials->session_token, NULL));
    g_ptr_array_add(lines, g_strconcat("Authorization: ", signature.authorization, NULL));
}

bool s3_start(
    S3Client *client, const S3Call *call, HttpTransfer **ret_transfer, AwsCredentials *ret_used, GError **error)
{
    g_auto(Draft) draft = {0};
    g_auto(AwsCredentials) credentials = {.expires_at_ms = -1};
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

    TRY(aws_credential_chain_get(client->credentials, &credentials, error));
    draft_init(&draft, client, call);
    for (guint i = 1; i < draft.headers->len; i++) { /* the first is Host, which libcurl sends */
        const SigV4Pair *pair = &g_array_index(draft.headers, SigV4Pair, i);
        g_ptr_array_add(lines, g_strconcat(pair->name, ": ", pair->value, NULL));
    }
    if (credentials.access_key_id != NULL)
        add_signature(client, &draft, call, &credentials, lines);
    g_ptr_array_add(lines, NULL);
    HttpRequest request = {.method = "GET", .url = draft.url, .headers = (const char *const *)lines->pdata};
    TRY(http_start(client->http, &request, ret_transfer, error));

    aws_credentials_clear(ret_used);
    *ret_used = credentials;
    credentials = (AwsCredentials){.expires_at_ms = -1};
    return true;
}

/* The cures that need no waiting, each once an operation. */
static bool is_cured(S3Client *client, S3Attempts *attempts, S3Cure cure, const AwsCredentials *used)
{
    bool *done = NULL;

    switch (cure) {
    case S3_CURE_NONE:
        return false;
    case S3_CURE_REGION:
        done = &attempts->has_moved;
        break;
    case S3_CURE_CLOCK:
        done = &attempts->has_set_clock;
        break;
    case S3_CURE_CREDENTIALS:
        done = &attempts->has_new_credentials;
        break;
    }
    if (*done)
        return false;
    *done = true;
    if (cure == S3_CURE_CREDENTIALS)
        aws_credential_chain_refuse(client->credentials, used);
    return true;
}

bool s3_try_again(S3Client *client, S3Attempts *attempts, GError *take_problem, S3Cure cure, const AwsCredentials *used,
    GError **error)
{
    g_autoptr(GError) problem = take_problem;
    uint32_t wait_ms = 0;

    if (is_cured(client, attempts, cure, used))
        return true;
    attempts->made++;
    if (!aws_retry_allows(client->retry, attempts->made, problem, &wait_ms)) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return false;
    }
    if (!http_client_wait(client->http, wait_ms))
        return fail(error, ERROR_CANCELLED, "stopped before another try after: %s", problem->message);
    return true;
}

char *s3_resource_name(const S3Client *client, Bytes key)
{
    GString *name = g_string_new("s3://");

    g_string_append(name, client->bucket);
    if (key.len > 0)
        g_string_append_c(name, '/');
    for (size_t i = 0; i < key.len; i++)
        g_string_append_c(name, key.data[i] < ' ' || key.data[i] == 0x7f ? '?' : (char)key.data[i]);
    if (!g_utf8_validate(name->str, (gssize)name->len, NULL)) {
        char *valid = g_utf8_make_valid(name->str, (gssize)name->len);
        g_string_free(name, TRUE);
        return valid;
    }
    return g_string_free(name, FALSE);
}
