/* Which words are names of people. All take a word in lower case, NUL at the end. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* A given name that is hardly anything else. */
bool given_name_is_known(const char *word);
/* A given name that is as often something else: a word, a month, a place. */
bool given_name_is_ambiguous(const char *word);
bool surname_is_known(const char *word);
/* A word that stands with a capital letter in titles, forms and programs. Some are surnames too. */
bool word_is_ordinary(const char *word);

/* words: in order of their bytes, each between spaces; len without the NUL. */
bool sorted_words_have(const char *words, size_t len, const char *word);

/* A long list, which is hashed when it is first asked. Static; any thread may ask. */
typedef struct WordList {
    const char *words; /* each between spaces */
    uint32_t *slots;   /* open addressing: where words begin; 0: empty */
    uint32_t mask;
    gsize is_hashed;
} WordList;
bool word_list_has(WordList *list, const char *word);
