/* Which words are names of people. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum NameKind {
    NAME_GIVEN = 1,     /* hardly anything else */
    NAME_AMBIGUOUS = 2, /* a given name that is as often something else: a word, a month, a place */
    NAME_SURNAME = 4,
    NAME_ORDINARY = 8, /* a word that stands with a capital letter in titles, forms, programs. Some are surnames too */
    NAME_PARTICLE = 16 /* "van", "de" */
} NameKind;

enum { NAME_WORD_MAX = 40 }; /* bytes; none that is known is longer */

/* What is known of a word in lower case: its NameKinds, together; 0: nothing. Any thread may ask. */
uint8_t name_kinds(const char *word, size_t len);

/* The lists, which are hashed when a word is first looked up: each word between spaces. */
extern const char GIVEN_NAMES[], MORE_GIVEN_NAMES[], AMBIGUOUS_NAMES[], SURNAMES[], ORDINARY_WORDS[];
