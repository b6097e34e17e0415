/* Who may ask: API keys, and hosts that only this machine can reach. Immutable after loading; any thread. */
#pragma once

#include "net/http_server.h"

enum { API_KEY_MIN_CHARS = 16, API_KEY_MAX_CHARS = 512 };

typedef struct ApiKeys ApiKeys;

/* One key a line, 16 to 512 visible ASCII characters, or "NAME KEY", whose name (letters, digits, . _ -; 128 at most)
 * is then the access key id of AWS's clients, and the key their secret. Empty lines and lines that begin with # do not
 * count. INVALID names the file and the line, never the key; also if the file holds no key, a name twice, or if others
 * may read or change it. */
FALLIBLE bool api_keys_load(const char *path, ApiKeys **ret_keys, GError **error);

/* The same from text; name is for messages. */
FALLIBLE bool api_keys_parse(const char *name, const char *text, ApiKeys **ret_keys, GError **error);
void api_keys_free(ApiKeys *keys);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ApiKeys, api_keys_free)

/* Looks at "Authorization: Bearer KEY" and "x-api-key: KEY"; UNAUTHORIZED unless one of them holds one of the keys.
 * Takes as long for a wrong key as for a right one. */
FALLIBLE bool api_keys_check(const ApiKeys *keys, const HttpCall *call, GError **error);

/* Whether a key is there at all, right or wrong: what else is in the Authorization header is no key. */
bool api_keys_are_given(const HttpCall *call);

/* The key with this name, borrowed; NULL: there is none. */
const char *api_keys_secret(const ApiKeys *keys, const char *name);

/* True if nobody but this machine can reach a server that listens on this host: 127.0.0.0/8, ::1 (brackets allowed) or
 * "localhost". */
bool api_listen_is_loopback(const char *host);

/* Against pages of other sites in the user's browser. INVALID, FORBIDDEN or UNSUPPORTED:
 * an Origin must be the host that was asked; a POST must come as application/json (to "/", as
 * application/x-amz-json-1.0), which no form can send; and, where no key protects the server, the host that was asked
 * must be a loopback name, which a name under somebody else's control (DNS rebinding) is not. keys: NULL if the server
 * has none. */
FALLIBLE bool api_check_browser(const ApiKeys *keys, const HttpCall *call, GError **error);
