#include "detect/rule_fields.h"
#include "detect/rule_internal.h"
#include "detect/rule_yaml_schema.h"

#include <string.h>

static const char *enum_name(const cyaml_schema_value_t *schema, const uint8_t *at)
{
    int value = 0;

    memcpy(&value, at, sizeof value);
    for (uint32_t i = 0; i < schema->enumeration.count; i++)
        if (schema->enumeration.strings[i].val == value)
            return schema->enumeration.strings[i].str;
    return NULL; /* the file does not say */
}

static const void *pointer_at(const uint8_t *at)
{
    const void *pointer = NULL;

    memcpy(&pointer, at, sizeof pointer);
    return pointer;
}

static bool read_list(const cyaml_schema_field_t *schema, const uint8_t *rule, RuleField *field)
{
    unsigned count = 0;

    if (schema->value.sequence.entry->type != CYAML_STRING)
        return false;
    memcpy(&count, rule + schema->count_offset, sizeof count);
    field->kind = RULE_FIELD_LIST;
    field->list = pointer_at(rule + schema->data_offset);
    field->count = count;
    return field->list != NULL;
}

static bool read_number(const cyaml_schema_field_t *schema, const uint8_t *at, RuleField *field)
{
    const void *pointer = pointer_at(at);

    field->kind = RULE_FIELD_NUMBER;
    if (pointer == NULL)
        return false;
    if (schema->value.type == CYAML_FLOAT) {
        memcpy(&field->number, pointer, sizeof field->number);
    } else {
        unsigned number = 0;
        memcpy(&number, pointer, sizeof number);
        field->number = number;
    }
    return true;
}

static bool read_text(const char *text, RuleField *field)
{
    field->kind = RULE_FIELD_TEXT;
    field->text = text;
    return text != NULL;
}

/* False: the file does not say. */
static bool read_field(const cyaml_schema_field_t *schema, const RawRule *raw, RuleField *field)
{
    const uint8_t *rule = (const uint8_t *)raw, *at = rule + schema->data_offset;

    *field = (RuleField){.name = schema->key};
    if (rule_schema_is_switch(&schema->value)) {
        field->kind = RULE_FIELD_SWITCH;
        return *at != 0;
    }
    switch ((int)schema->value.type) {
    case CYAML_STRING:
        return read_text(pointer_at(at), field);
    case CYAML_ENUM:
        return read_text(enum_name(&schema->value, at), field);
    case CYAML_UINT:
    case CYAML_FLOAT:
        return read_number(schema, at, field);
    case CYAML_SEQUENCE:
        return read_list(schema, rule, field);
    default: /* examples */
        return false;
    }
}

static bool set_number(RuleField *field, double number)
{
    field->number = number;
    return true;
}

/* What holds where the file does not say. */
static bool read_default(const CompiledRule *rule, RuleField *field)
{
    bool has_keywords = rule->raw->keywords_count > 0;

    if (g_str_equal(field->name, "distance"))
        return has_keywords && set_number(field, rule->distance);
    if (g_str_equal(field->name, "keyword"))
        return has_keywords && rule->keyword == KEYWORD_BOOST && read_text("boost", field);
    if (g_str_equal(field->name, "tier"))
        return rule->keyword != KEYWORD_REQUIRED && read_text(tier_name(rule->tier), field);
    if (g_str_equal(field->name, "keyword_tier"))
        return has_keywords && read_text(tier_name(rule->keyword_tier), field);
    if (g_str_equal(field->name, "detector"))
        return read_text(rule->rule.detector, field);
    return false;
}

void rule_set_visit_fields(const RuleSet *rules, uint32_t index, RuleFieldVisitor visitor, void *data)
{
    const CompiledRule *rule = rule_at(rules, index);
    RuleField field;

    for (const cyaml_schema_field_t *schema = rule_schema()->mapping.fields; schema->key != NULL; schema++) {
        if (read_field(schema, rule->raw, &field) || read_default(rule, &field))
            visitor(data, &field);
    }
}
