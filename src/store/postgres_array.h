/* JSON arrays as PostgreSQL reads and writes them fastest: in the binary form of array_recv() and array_send(). */
#pragma once

#include "base/bytes.h"

#include <glib.h>

/* Appends the binary text[] of a JSON array of strings, or the bigint[] of one of integers, to array. False if json is
 * not such an array, or if a string holds a NUL. */
bool postgres_append_texts(GByteArray *array, Bytes json);
bool postgres_append_ints(GByteArray *array, Bytes json);

/* The other way round; array: as the server sent it, without NULLs. Appends what can be read of one that is cut short,
 * so that whoever parses the JSON finds that it is not an array. */
void postgres_texts_as_json(GString *json, Bytes array);
void postgres_ints_as_json(GString *json, Bytes array);
