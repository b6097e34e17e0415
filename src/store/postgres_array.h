/* JSON arrays as PostgreSQL reads them fastest: in the binary form of array_recv(). */
#pragma once

#include "base/bytes.h"

#include <glib.h>

/* Appends the binary text[] of a JSON array of strings, or the bigint[] of one of integers, to array. False if json is
 * not such an array, or if a string holds a NUL. */
bool postgres_append_texts(GByteArray *array, Bytes json);
bool postgres_append_ints(GByteArray *array, Bytes json);
