#include "api/page_token.h"

#include "api/constant_time.h"

#include <string.h>

enum { TOKEN_VERSION = 1, MAC_BYTES = 32, HEAD_BYTES = 1 + 8, TOKEN_MAX_CHARS = 720 };

static void compute_mac(const uint8_t *key, const char *binding, const uint8_t *payload, size_t len, uint8_t *mac)
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key, PAGE_TOKEN_KEY_BYTES);
    gsize size = MAC_BYTES;

    /* With its NUL, so that the end of the binding cannot pass for the start of the payload. */
    g_hmac_update(hmac, (const guchar *)binding, (gssize)strlen(binding) + 1);
    g_hmac_update(hmac, payload, (gssize)len);
    g_hmac_get_digest(hmac, mac, &size);
}

static char *encode_base64url(const uint8_t *bytes, size_t len)
{
    g_autofree char *text = g_base64_encode(bytes, len);

    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = '\0';
    return g_steal_pointer(&text);
}

/* NULL unless text is what encode_base64url() would have written: a token has one spelling. */
static uint8_t *decode_base64url(const char *text, size_t *ret_len)
{
    if (strlen(text) > TOKEN_MAX_CHARS)
        return NULL;
    g_autofree char *padded = g_strdup_printf("%s%.*s", text, (int)((4 - strlen(text) % 4) % 4), "===");
    g_strdelimit(padded, "-", '+');
    g_strdelimit(padded, "_", '/');
    g_autofree uint8_t *bytes = g_base64_decode(padded, ret_len);
    g_autofree char *again = encode_base64url(bytes, *ret_len);
    return strcmp(again, text) == 0 ? g_steal_pointer(&bytes) : NULL;
}

char *page_token_make(const uint8_t key[PAGE_TOKEN_KEY_BYTES], const char *binding, const PagePosition *position)
{
    uint8_t bytes[HEAD_BYTES + sizeof position->text + MAC_BYTES] = {TOKEN_VERSION};
    const size_t text_len = strnlen(position->text, sizeof position->text - 1);
    const uint64_t number = GUINT64_TO_BE((uint64_t)position->number);

    memcpy(bytes + 1, &number, sizeof number);
    memcpy(bytes + HEAD_BYTES, position->text, text_len);
    compute_mac(key, binding, bytes, HEAD_BYTES + text_len, bytes + HEAD_BYTES + text_len);
    return encode_base64url(bytes, HEAD_BYTES + text_len + MAC_BYTES);
}

static bool is_genuine(const uint8_t *key, const char *binding, const uint8_t *bytes, size_t len)
{
    uint8_t mac[MAC_BYTES] = {0};

    if (len < HEAD_BYTES + MAC_BYTES || len - MAC_BYTES - HEAD_BYTES >= sizeof((PagePosition){0}.text) ||
        bytes[0] != TOKEN_VERSION)
        return false;
    compute_mac(key, binding, bytes, len - MAC_BYTES, mac);
    return constant_time_equal(mac, bytes + len - MAC_BYTES, MAC_BYTES);
}

bool page_token_read(const uint8_t key[PAGE_TOKEN_KEY_BYTES], const char *binding, const char *token,
    PagePosition *ret_position, GError **error)
{
    size_t len = 0;
    g_autofree uint8_t *bytes = decode_base64url(token, &len);
    PagePosition position = {0};
    uint64_t number = 0;

    if (bytes == NULL || !is_genuine(key, binding, bytes, len))
        return fail(error, ERROR_INVALID,
            "query parameter 'nextToken': invalid token; expected the nextToken of the page before, with the same "
            "filters");
    memcpy(&number, bytes + 1, sizeof number);
    position.number = (int64_t)GUINT64_FROM_BE(number);
    memcpy(position.text, bytes + HEAD_BYTES, len - HEAD_BYTES - MAC_BYTES);
    *ret_position = position;
    return true;
}
