/* What the state machine hands to one ProcessBatch and gets back: the reference's fields, exactly. */
#pragma once

#include "listing/listing.h"

#include <jansson.h>

typedef struct BatchInput {
    JobId job_id;
    char *bucket, *prefix;
    char *continuation_token; /* or NULL; for people: where a batch starts is what the store says */
    uint64_t objects_processed;
} BatchInput;

void batch_input_clear(BatchInput *input);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BatchInput, batch_input_clear)

/* INVALID names the field. Unknown fields are ignored; prefix, continuation_token and objects_processed may be absent
 * or null. */
FALLIBLE bool batch_input_parse(const json_t *json, BatchInput *ret_input, GError **error);

/* {job_id, bucket, prefix, continuation_token, objects_processed, batch_size, messages_enqueued, pages_enqueued, done};
 * a new reference. */
json_t *batch_output_format(const BatchInput *input, const BatchResult *result);
