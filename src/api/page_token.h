/* nextTokens: where a page of a list ended, in a form that a client can only hand back.
 *
 * A token is base64url of version, position and HMAC-SHA-256 under a key of the installation. The HMAC also covers the
 * list and its filters, so that a token does not fit another list. Plain functions, any thread. */
#pragma once

#include "base/error.h"

#include <stdint.h>

enum { PAGE_TOKEN_KEY_BYTES = 32 };

/* The last row of a page: the key that the list is ordered by. */
typedef struct PagePosition {
    int64_t number;
    char text[480]; /* "" where the number is enough; an ARN with names of 80 characters fits */
} PagePosition;

/* binding: any text that tells the list and its filters apart from others. Owned by the caller. */
char *page_token_make(const uint8_t key[PAGE_TOKEN_KEY_BYTES], const char *binding, const PagePosition *position);

/* INVALID unless the token was made with this key and binding. */
FALLIBLE bool page_token_read(const uint8_t key[PAGE_TOKEN_KEY_BYTES], const char *binding, const char *token,
    PagePosition *ret_position, GError **error);
