/* The image is a walk over the document in the schema's order. Each block (a string, an array, a number that is pointed
 * to) follows the one that points to it, and a pointer is 1 where there is a block and 0 where there is none: so there
 * are no offsets that could point anywhere else. */
#include "detect/cache/rule_image.h"
#include "detect/rule_yaml_schema.h"

#include <string.h>

enum { BLOCK_ALIGNMENT = 8 };

/* The first block. */
typedef struct ImageHead {
    uint32_t rule_size, facts_size; /* so many bytes have the structures */
    uint64_t rules_count;
    char digest[RULE_DIGEST_CHARS + 1];
} ImageHead;

static bool is_pointer(const cyaml_schema_value_t *schema)
{
    return (schema->flags & CYAML_FLAG_POINTER) != 0;
}

/* What an entry takes in its array. */
static size_t entry_size(const cyaml_schema_value_t *entry)
{
    return is_pointer(entry) ? sizeof(void *) : entry->data_size;
}

/* count: of a sequence. */
static uint64_t count_of(const cyaml_schema_field_t *field, const uint8_t *structure)
{
    unsigned count = 0;

    if (field->value.type != CYAML_SEQUENCE)
        return 0;
    g_assert(field->count_size == sizeof count);
    memcpy(&count, structure + field->count_offset, sizeof count);
    return count;
}

/* ---- writing ---- */

/* Returns where the copy is. */
static size_t append(GByteArray *out, const void *bytes, size_t len)
{
    static const uint8_t zeros[BLOCK_ALIGNMENT];
    guint padding = -out->len % BLOCK_ALIGNMENT;

    g_byte_array_append(out, zeros, padding);
    size_t at = out->len;
    g_byte_array_append(out, bytes, (guint)len);
    return at;
}

static size_t pointed_size(const cyaml_schema_value_t *schema, const void *target, uint64_t count)
{
    if (schema->type == CYAML_STRING)
        return strlen(target) + 1;
    return schema->type == CYAML_SEQUENCE ? (size_t)count * entry_size(schema->sequence.entry) : schema->data_size;
}

static void pack_value(GByteArray *out, const cyaml_schema_value_t *schema, size_t slot, uint64_t count);

/* The value that a pointer was followed to, or that needs none: its own parts. */
static void pack_parts(GByteArray *out, const cyaml_schema_value_t *schema, size_t at, uint64_t count)
{
    if (schema->type == CYAML_SEQUENCE) {
        const cyaml_schema_value_t *entry = schema->sequence.entry;
        for (uint64_t i = 0; i < count; i++)
            pack_value(out, entry, at + (size_t)i * entry_size(entry), 0);
    }
    if (schema->type == CYAML_MAPPING) {
        for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++)
            pack_value(out, &field->value, at + field->data_offset, count_of(field, out->data + at));
    }
}

/* slot: where the copy of the value, or of the pointer to it, is. */
static void pack_value(GByteArray *out, const cyaml_schema_value_t *schema, size_t slot, uint64_t count)
{
    static const uintptr_t present = 1;
    void *target = NULL;

    if (!is_pointer(schema)) {
        pack_parts(out, schema, slot, count);
        return;
    }
    memcpy(&target, out->data + slot, sizeof target);
    if (target == NULL)
        return;
    memcpy(out->data + slot, &present, sizeof present);
    pack_parts(out, schema, append(out, target, pointed_size(schema, target, count)), count);
}

GByteArray *rule_image_pack(const RuleDocument *document)
{
    GByteArray *out = g_byte_array_new();
    ImageHead head = {
        .rule_size = sizeof(RawRule), .facts_size = sizeof(RuleFacts), .rules_count = document->rules_count};

    memcpy(head.digest, document->digest, sizeof head.digest);
    (void)append(out, &head, sizeof head);
    (void)append(out, document->facts, document->rules_count * sizeof *document->facts);
    size_t rules = append(out, document->rules, document->rules_count * sizeof *document->rules);
    for (unsigned i = 0; i < document->rules_count; i++)
        pack_parts(out, rule_schema(), rules + i * sizeof *document->rules, 0);
    return out;
}

/* ---- reading ---- */

typedef struct Reader {
    uint8_t *bytes;
    size_t len, at;
} Reader;

/* The next block; NULL: it is not there whole. */
static void *take(Reader *reader, uint64_t count, size_t size)
{
    size_t padding = -reader->at % BLOCK_ALIGNMENT;

    if (padding > reader->len - reader->at || (size > 0 && count > (reader->len - reader->at - padding) / size))
        return NULL;
    void *block = reader->bytes + reader->at + padding;
    reader->at += padding + (size_t)count * size;
    return block;
}

static void *take_string(Reader *reader, const cyaml_schema_value_t *schema)
{
    char *text = take(reader, 0, 1);
    const char *end = text != NULL ? memchr(text, '\0', reader->len - reader->at) : NULL;

    if (end == NULL || (size_t)(end - text) < schema->string.min || (size_t)(end - text) > schema->string.max)
        return NULL;
    reader->at += (size_t)(end - text) + 1;
    return text;
}

static void *take_target(Reader *reader, const cyaml_schema_value_t *schema, uint64_t count)
{
    if (schema->type == CYAML_STRING)
        return take_string(reader, schema);
    if (schema->type == CYAML_SEQUENCE)
        return take(reader, count, entry_size(schema->sequence.entry));
    return take(reader, 1, schema->data_size);
}

static bool is_in_table(const cyaml_schema_value_t *schema, const uint8_t *at)
{
    bool is_optional = (schema->flags & CYAML_FLAG_OPTIONAL) != 0;
    int value = 0;

    g_assert(schema->data_size == sizeof value);
    memcpy(&value, at, sizeof value);
    for (uint32_t i = 0; i < schema->enumeration.count; i++) {
        if (schema->enumeration.strings[i].val == value)
            return true;
    }
    return is_optional && value == 0;
}

static bool unpack_value(Reader *reader, const cyaml_schema_value_t *schema, uint8_t *slot, uint64_t count);

static bool unpack_fields(Reader *reader, const cyaml_schema_value_t *schema, uint8_t *at)
{
    for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key != NULL; field++) {
        if (!unpack_value(reader, &field->value, at + field->data_offset, count_of(field, at)))
            return false;
    }
    return true;
}

static bool unpack_entries(Reader *reader, const cyaml_schema_value_t *schema, uint8_t *at, uint64_t count)
{
    const cyaml_schema_value_t *entry = schema->sequence.entry;

    for (uint64_t i = 0; i < count; i++) {
        if (!unpack_value(reader, entry, at + (size_t)i * entry_size(entry), 0))
            return false;
    }
    return true;
}

/* False also for a kind of field that no rule has yet: the cache is then of no use, and a test says so. */
static bool unpack_parts(Reader *reader, const cyaml_schema_value_t *schema, uint8_t *at, uint64_t count)
{
    switch (schema->type) {
    case CYAML_UINT:
    case CYAML_FLOAT:
    case CYAML_STRING:
        return true;
    case CYAML_ENUM:
        return rule_schema_is_switch(schema) ? *at <= 1 : is_in_table(schema, at);
    case CYAML_MAPPING:
        return unpack_fields(reader, schema, at);
    case CYAML_SEQUENCE:
        return unpack_entries(reader, schema, at, count);
    case CYAML_BOOL:
    case CYAML_INT:
    case CYAML_FLAGS:
    case CYAML_BITFIELD:
    case CYAML_SEQUENCE_FIXED:
    case CYAML_IGNORE:
    case CYAML__TYPE_COUNT:
        return false;
    }
    return false;
}

/* Whether what is not there need not be. */
static bool may_be_absent(const cyaml_schema_value_t *schema, uint64_t count)
{
    return count == 0 && ((schema->flags & CYAML_FLAG_OPTIONAL) != 0 ||
                             (schema->type == CYAML_SEQUENCE && schema->sequence.min == 0));
}

static bool unpack_value(Reader *reader, const cyaml_schema_value_t *schema, uint8_t *slot, uint64_t count)
{
    uintptr_t present = 0;

    if (schema->type == CYAML_SEQUENCE && count > schema->sequence.max)
        return false;
    if (!is_pointer(schema))
        return unpack_parts(reader, schema, slot, count);
    memcpy(&present, slot, sizeof present);
    if (present == 0)
        return may_be_absent(schema, count);
    uint8_t *target = present == 1 ? take_target(reader, schema, count) : NULL;
    if (target == NULL)
        return false;
    memcpy(slot, &target, sizeof target);
    return unpack_parts(reader, schema, target, count);
}

static bool are_facts_sane(const RuleDocument *document)
{
    for (unsigned i = 0; i < document->rules_count; i++) {
        const RuleFacts *facts = &document->facts[i];
        if (facts->groups > RULE_GROUPS_MAX || facts->value_group > facts->groups ||
            (document->rules[i].pattern != NULL && facts->longest == 0))
            return false;
    }
    return true;
}

static bool unpack_document(Reader *reader, RuleDocument *document)
{
    const ImageHead *head = take(reader, 1, sizeof *head);

    if (head == NULL || head->rule_size != sizeof(RawRule) || head->facts_size != sizeof(RuleFacts) ||
        head->rules_count == 0 || head->rules_count > RULES_IN_FILE_MAX ||
        memchr(head->digest, '\0', sizeof head->digest) != head->digest + RULE_DIGEST_CHARS)
        return false;
    memcpy(document->digest, head->digest, sizeof head->digest);
    document->rules_count = (unsigned)head->rules_count;
    document->facts = take(reader, head->rules_count, sizeof *document->facts);
    document->rules = take(reader, head->rules_count, sizeof *document->rules);
    if (document->facts == NULL || document->rules == NULL)
        return false;
    for (unsigned i = 0; i < document->rules_count; i++) {
        if (!unpack_fields(reader, rule_schema(), (uint8_t *)&document->rules[i]))
            return false;
    }
    return reader->at == reader->len && are_facts_sane(document);
}

RuleDocument *rule_image_unpack(char *take_bytes, size_t len, size_t from)
{
    g_autoptr(RuleDocument) document = g_new0(RuleDocument, 1);
    Reader reader = {.bytes = (uint8_t *)take_bytes, .len = len, .at = MIN(from, len)};

    document->image = take_bytes;
    return unpack_document(&reader, document) ? g_steal_pointer(&document) : NULL;
}
