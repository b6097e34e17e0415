/* Answers as JSON: always valid UTF-8, never cached, never sniffed. */
#pragma once

#include "net/http_server.h"

#include <jansson.h>

HttpReply *reply_json(int status, json_t *take_root);

/* {"error":{"code","message"}}. Control characters become spaces and long messages are cut. */
HttpReply *reply_error(ErrorKind kind, const char *message);

/* The same with another member beside "error". */
HttpReply *reply_error_with(ErrorKind kind, const char *message, const char *name, json_t *take_value);

/* A JSON string; bytes that are not UTF-8 become U+FFFD; NULL becomes null. */
json_t *reply_text(const char *text);
