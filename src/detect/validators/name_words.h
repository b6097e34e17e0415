/* The words of what may be a person's name: how many of them are known, and as what. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

/* What is known of the words of a name, without initials and particles ("van", "de"). */
typedef struct NameWords {
    size_t count, given, ambiguous, surnames, ordinary, capitals;
    size_t only_surnames; /* of surnames, those that are no given names */
    bool begins_given;    /* the first is a given name, of whatever kind */
    bool has_lower;       /* a word in lower case that is no particle */
} NameWords;

NameWords name_words(Bytes value);

/* A known surname beside a known given name, or beside one that may be a word. */
bool name_is_full(const NameWords *words);
/* A known given name. */
bool name_is_known(const NameWords *words);
/* No word in it says that it is none. */
bool name_is_possible(const NameWords *words);

/* Whether the word is known as no name, or not only as one; in any case. */
bool name_word_is_ordinary(Bytes word);
