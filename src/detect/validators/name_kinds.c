/* One table of all words that tell names: a word is looked up once, whatever is asked of it. */
#include "detect/validators/person_names.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

static const char particles[] = " af al ap av bin da dal das de del della delle den der di do dos du e el i ibn la "
                                "las le les lo los te ten ter und van vom von y zu zum zur ";

typedef struct KnownWord {
    const char *word; /* in its list, where a space follows; NULL: an empty slot */
    uint32_t hash;
    uint8_t len, kinds;
} KnownWord;

/* Open addressing, at most half full. */
typedef struct KnownWords {
    KnownWord *slots;
    uint32_t mask;
    gsize is_ready;
} KnownWords;

typedef struct NameList {
    const char *words;
    NameKind kind;
} NameList;

static const NameList lists[] = {{GIVEN_NAMES, NAME_GIVEN}, {MORE_GIVEN_NAMES, NAME_GIVEN},
    {AMBIGUOUS_NAMES, NAME_AMBIGUOUS}, {SURNAMES, NAME_SURNAME}, {ORDINARY_WORDS, NAME_ORDINARY},
    {particles, NAME_PARTICLE}};

/* FNV-1a. */
static uint32_t hash_of(const char *word, size_t len)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)word[i]) * 16777619U;
    return hash ^ hash >> 15;
}

/* Where the word is, or would be. */
static KnownWord *find_slot(const KnownWords *known, const char *word, size_t len, uint32_t hash)
{
    uint32_t at = hash & known->mask;

    for (;; at = (at + 1) & known->mask) {
        KnownWord *slot = &known->slots[at];
        bool is_it = slot->hash == hash && slot->len == len && memcmp(slot->word, word, len) == 0;
        if (slot->word == NULL || is_it)
            return slot;
    }
}

static void add_list(KnownWords *known, const NameList *list)
{
    for (const char *word = list->words + 1; *word != '\0';) {
        size_t len = strcspn(word, " ");
        uint32_t hash = hash_of(word, len);
        KnownWord *slot = find_slot(known, word, len, hash);
        *slot =
            (KnownWord){.word = word, .hash = hash, .len = (uint8_t)len, .kinds = slot->kinds | (uint8_t)list->kind};
        word += len + 1;
    }
}

static size_t count_words(const char *words)
{
    size_t count = 0;

    for (; *words != '\0'; words++)
        count += *words == ' ' ? 1 : 0;
    return count;
}

static void hash_lists(KnownWords *known)
{
    size_t count = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        count += count_words(lists[i].words);
    known->mask = 1;
    while (known->mask < 2 * count)
        known->mask = 2 * known->mask + 1;
    known->slots = g_new0(KnownWord, (gsize)known->mask + 1);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++)
        add_list(known, &lists[i]);
}

uint8_t name_kinds(const char *word, size_t len)
{
    static KnownWords known;

    if (g_once_init_enter(&known.is_ready)) {
        hash_lists(&known);
        g_once_init_leave(&known.is_ready, 1);
    }
    return find_slot(&known, word, len, hash_of(word, len))->kinds;
}
