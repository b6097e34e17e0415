#include "app/client_signature.h"

#include "aws/sigv4.h"

static GArray *pairs_of(const HttpPair *pairs, size_t count)
{
    GArray *copy = g_array_sized_new(FALSE, FALSE, sizeof(SigV4Pair), (guint)count);

    for (size_t i = 0; i < count; i++) {
        const SigV4Pair pair = {.name = pairs[i].name, .value = pairs[i].value};
        g_array_append_val(copy, pair);
    }
    return copy;
}

char *client_signature(const SignatureInput *input)
{
    g_autoptr(GArray) query = pairs_of(input->query, input->query_count);
    g_autoptr(GArray) headers = pairs_of(input->headers, input->header_count);
    g_auto(SigV4Signed) made = {0};
    const SigV4Request request = {
        .method = input->method,
        .path = input->path,
        .path_rule = SIGV4_PATH_NORMALIZED,
        .query = (const SigV4Pair *)(const void *)query->data,
        .query_count = query->len,
        .headers = (const SigV4Pair *)(const void *)headers->data,
        .header_count = headers->len,
        .payload_hash = input->payload_hash,
        .region = input->region,
        .service = input->service,
        .time_ms = input->time_ms,
    };
    const AwsCredentials credentials = {
        .access_key_id = (char *)input->key_id, .secret_access_key = (char *)input->secret};

    sigv4_sign(&request, &credentials, &made);
    return g_steal_pointer(&made.signature);
}
