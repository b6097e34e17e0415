#include "detect/structure/field_names.h"
#include "detect/structure/field_role.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    PLAIN_MAX = 4096, /* different names without a keyword that are kept */
    NAMES_MAX = 8192,
    SLOTS = 32768,      /* a power of two */
    LOOKED_AT = 256,    /* bytes of a name in which keywords are looked for */
    DIGITS_SHOWN = 3,   /* a name with more digits may be data: an account, a telephone number */
    WORD_SHOWN = 24,    /* likewise one with a longer word in it that has digits */
    LETTERS_SHOWN = 40, /* and one that has none: Sozialversicherungsnummer */
    OTHER = 1,          /* the entry that stands for what is not kept */
    JOINS_MAX = 1024,   /* different sets of rules of paths */
    RECENT = 256,       /* a power of two */
    SHORT_MAX = 16,     /* bytes */
    DULL = 4096,        /* a power of two */
};

/* A short name as it is written: its first and last bytes are all of it. */
typedef struct ShortName {
    uint64_t first, last;
    uint32_t len;   /* 0: none */
    uint32_t index; /* of the name */
} ShortName;

/* Both sets, found by where they lie. */
typedef struct Join {
    const uint64_t *above, *own;
    uint64_t rules[];
} Join;

struct FieldNames {
    const RuleSet *rules;
    KeywordTracker *tracker;
    GArray *names; /* FieldName; 0 is unused */
    uint32_t *slots;
    ShortName recent[RECENT]; /* most names of a text are a few that come again and again */
    GHashTable *joins;        /* set of Join */
    uint64_t dull[DULL];      /* hashes of texts that hold no keyword, which no other text changes; 0: none */
};

/* A label may hold the value as well: "password: …". */
static void name_clear(gpointer data)
{
    g_free(((FieldName *)data)->groups);
    g_free(((FieldName *)data)->rules);
    explicit_bzero(data, sizeof(FieldName));
}

static guint join_hash(gconstpointer data)
{
    const Join *join = data;

    return g_direct_hash(join->above) * 31 + g_direct_hash(join->own);
}

static gboolean join_equal(gconstpointer left_data, gconstpointer right_data)
{
    const Join *left = left_data, *right = right_data;

    return left->above == right->above && left->own == right->own;
}

FieldNames *field_names_new(const RuleSet *rules)
{
    FieldNames *names = g_new0(FieldNames, 1);

    names->rules = rules;
    names->tracker = keyword_tracker_new(rules->vocabulary);
    names->names = g_array_new(FALSE, TRUE, sizeof(FieldName));
    g_array_set_clear_func(names->names, name_clear);
    names->slots = g_new0(uint32_t, SLOTS);
    names->joins = g_hash_table_new_full(join_hash, join_equal, g_free, NULL);
    field_names_reset(names);
    return names;
}

void field_names_free(FieldNames *names)
{
    if (names == NULL)
        return;
    keyword_tracker_free(names->tracker);
    g_hash_table_unref(names->joins);
    g_array_unref(names->names);
    g_free(names->slots);
    g_free(names);
}

void field_names_reset(FieldNames *names)
{
    if (names->names->len == OTHER + 1)
        return;
    g_hash_table_remove_all(names->joins);
    g_array_set_size(names->names, 0);
    g_array_set_size(names->names, OTHER + 1);
    FieldName *other = &g_array_index(names->names, FieldName, OTHER);
    other->text[other->len++] = '*';
    memset(names->slots, 0, SLOTS * sizeof *names->slots);
    memset(names->recent, 0, sizeof names->recent);
}

const FieldName *field_names_at(const FieldNames *names, uint32_t index)
{
    return &g_array_index(names->names, FieldName, index);
}

static bool looks_like_data(Bytes text)
{
    unsigned digits = 0, word = 0, word_digits = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        unsigned digit = g_ascii_isdigit(byte) ? 1 : 0;
        bool is_word = g_ascii_isalnum(byte);
        if (byte == '@' || byte < ' ' || byte == 0x7F)
            return true;
        digits += digit;
        word = is_word ? word + 1 : 0;
        word_digits = is_word ? word_digits + digit : 0;
        if (word > (word_digits > 0 ? WORD_SHOWN : LETTERS_SHOWN))
            return true;
    }
    return digits > DIGITS_SHOWN;
}

/* What is shown of a name is never what a rule might look for in it. */
static void show(FieldName *name, Bytes text)
{
    if (text.len > FIELD_NAME_SHOWN || looks_like_data(text) ||
        !g_utf8_validate((const char *)text.data, (gssize)text.len, NULL)) {
        name->text[name->len++] = '*';
        return;
    }
    memcpy(name->text, text.data, text.len);
    name->len = (uint8_t)text.len;
}

/* Rules that demand a keyword and have one of their own among the groups. */
static uint64_t *demanding_rules(const RuleSet *rules, const uint64_t *groups)
{
    g_autofree uint64_t *found = g_new0(uint64_t, rules->rule_words);
    bool is_any = false;

    for (size_t word = 0; word < rules->rule_words; word++) {
        for (uint64_t left = rules->demanding[word]; left != 0; left &= left - 1) {
            uint32_t i = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
            if (rule_bits_have(groups, i) || rule_bits_have(groups, field_keyword_group(rules, i))) {
                rule_bits_add(found, i);
                is_any = true;
            }
        }
    }
    return is_any ? g_steal_pointer(&found) : NULL;
}

static void find_keywords(FieldNames *names, FieldName *name, Bytes text)
{
    size_t count = names->rules->group_words;
    const TextView view = {.data = text.data, .len = MIN(text.len, (size_t)LOOKED_AT)};
    g_autofree uint64_t *groups = g_new0(uint64_t, count);

    if (!keyword_tracker_collect(names->tracker, &view, groups))
        return;
    name->rules = demanding_rules(names->rules, groups);
    name->groups = g_steal_pointer(&groups);
}

/* Where a name with this hash is, or would be. */
static uint32_t *slot_of(const FieldNames *names, uint64_t hash)
{
    size_t slot = hash & (SLOTS - 1);

    while (names->slots[slot] != 0 && field_names_at(names, names->slots[slot])->hash != hash)
        slot = (slot + 1) & (SLOTS - 1);
    return &names->slots[slot];
}

static uint32_t add_name(FieldNames *names, uint32_t *slot, FieldName *name, Bytes text)
{
    if (names->names->len >= (name->groups != NULL ? NAMES_MAX : PLAIN_MAX)) {
        name_clear(name);
        return OTHER;
    }
    show(name, text);
    name->role = (uint8_t)field_role(text);
    g_array_append_vals(names->names, name, 1);
    *slot = names->names->len - 1;
    return *slot;
}

static uint32_t intern_any(FieldNames *names, Bytes text)
{
    FieldName name = {.hash = XXH3_64bits(text.data, text.len)};
    uint32_t *slot = slot_of(names, name.hash);

    if (*slot != 0)
        return *slot;
    find_keywords(names, &name, text);
    return add_name(names, slot, &name, text);
}

static inline uint64_t load4(const uint8_t *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t load8(const uint8_t *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

/* Two loads that overlap. */
static ShortName short_name(Bytes text)
{
    const uint8_t *end = text.data + text.len;
    uint32_t len = (uint32_t)text.len;

    if (len >= 8)
        return (ShortName){.first = load8(text.data), .last = load8(end - 8), .len = len};
    if (len >= 4)
        return (ShortName){.first = load4(text.data), .last = load4(end - 4), .len = len};
    return (ShortName){.first = text.data[0], .last = (uint64_t)text.data[len / 2] << 8 | end[-1], .len = len};
}

uint32_t field_names_intern(FieldNames *names, Bytes text)
{
    if (text.len == 0 || text.len > SHORT_MAX)
        return intern_any(names, text);
    ShortName name = short_name(text);
    uint64_t mixed = (name.first ^ (name.last << 1)) * UINT64_C(0x9E3779B97F4A7C15) + name.len;
    ShortName *known = &names->recent[(mixed >> 32) & (RECENT - 1)];
    if (known->first != name.first || known->last != name.last || known->len != name.len) {
        name.index = intern_any(names, text);
        *known = name;
    }
    return known->index;
}

/* What may stand around a name: "**Card number:** ". */
static bool is_around_label(uint8_t byte)
{
    return byte <= ' ' || strchr(":*_=.?", byte) != NULL;
}

static bool is_label(Bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ')
            return false;
    return text.len > 0 && text.len <= FIELD_NAME_SHOWN && (g_ascii_isalpha(text.data[0]) || text.data[0] >= 0x80);
}

/* Most of what stands where names may stand is data, of which nothing is kept: it would take the room of names. */
static uint32_t intern_telling(FieldNames *names, Bytes text)
{
    FieldName name = {.hash = XXH3_64bits(text.data, text.len)};
    uint64_t *dull = &names->dull[name.hash & (DULL - 1)];

    if (*dull == name.hash)
        return 0;
    uint32_t *slot = slot_of(names, name.hash);
    if (*slot != 0)
        return field_names_at(names, *slot)->groups != NULL ? *slot : 0;
    find_keywords(names, &name, text);
    if (name.groups == NULL) {
        *dull = name.hash;
        return 0;
    }
    uint32_t index = add_name(names, slot, &name, text);
    return index != OTHER ? index : 0;
}

uint32_t field_names_label(FieldNames *names, Bytes text)
{
    while (text.len > 0 && is_around_label(text.data[text.len - 1]))
        text.len--;
    for (; text.len > 0 && is_around_label(text.data[0]); text.len--)
        text.data++;
    return is_label(text) ? intern_telling(names, text) : 0;
}

static bool has_all(const uint64_t *rules, const uint64_t *wanted, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        if ((wanted[i] & ~rules[i]) != 0)
            return false;
    }
    return true;
}

static const uint64_t *new_join(FieldNames *names, const Join *parts)
{
    size_t words = names->rules->rule_words;
    Join *join = g_malloc(sizeof *join + words * sizeof *join->rules);

    *join = *parts;
    for (size_t i = 0; i < words; i++)
        join->rules[i] = parts->above[i] | parts->own[i];
    (void)g_hash_table_add(names->joins, join);
    return join->rules;
}

const uint64_t *field_names_join(FieldNames *names, const uint64_t *above, const uint64_t *own)
{
    const Join parts = {.above = above, .own = own};

    if (own == NULL || above == NULL)
        return own != NULL ? own : above;
    if (has_all(above, own, names->rules->rule_words))
        return above;
    const Join *known = g_hash_table_lookup(names->joins, &parts);
    if (known != NULL)
        return known->rules;
    return g_hash_table_size(names->joins) < JOINS_MAX ? new_join(names, &parts) : names->rules->demanding;
}
