#include "detect/rule_yaml.h"

#include "base/text.h"
#include "detect/rule_facts.h"
#include "detect/rule_internal.h"
#include "detect/rule_yaml_schema.h"

#include <stdio.h>
#include <string.h>

#define OPTIONAL     CYAML_FLAG_OPTIONAL
#define OPTIONAL_PTR (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

/* A field whose value is one of the names of a table. */
#define FIELD_NAMED(key, flags, member, table)                                                                         \
    CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flags), RawRule, member, table, G_N_ELEMENTS(table))

static const cyaml_strval_t CATEGORIES[] = {{"financial", CATEGORY_FINANCIAL}, {"personal", CATEGORY_PERSONAL},
    {"government", CATEGORY_GOVERNMENT}, {"health", CATEGORY_HEALTH}, {"secret", CATEGORY_SECRET}};
static const cyaml_strval_t SEVERITIES[] = {{"low", 1 + SEVERITY_LOW}, {"medium", 1 + SEVERITY_MEDIUM},
    {"high", 1 + SEVERITY_HIGH}, {"critical", 1 + SEVERITY_CRITICAL}};
static const cyaml_strval_t MASKS[] = {
    {"all", 1 + MASK_ALL}, {"last4", 1 + MASK_LAST4}, {"prefix", 1 + MASK_PREFIX}, {"email", 1 + MASK_EMAIL}};
static const cyaml_strval_t CANONICALS[] = {{"as_is", CANONICAL_AS_IS}, {"digits", CANONICAL_DIGITS},
    {"alnum_upper", CANONICAL_ALNUM_UPPER}, {"lower", CANONICAL_LOWER}};
static const cyaml_strval_t ENGINES[] = {{"literal", ENGINE_LITERAL}, {"class", ENGINE_CLASS}};
static const cyaml_strval_t SHAPES[] = {{"digits", SHAPE_DIGITS}, {"upper", SHAPE_UPPER}, {"at", SHAPE_AT},
    {"plus", SHAPE_PLUS}, {"colon", SHAPE_COLON}, {"word", SHAPE_WORD}};
static const cyaml_strval_t KEYWORD_USES[] = {
    {"none", KEYWORD_NONE}, {"boost", KEYWORD_BOOST}, {"expected", KEYWORD_EXPECTED}, {"required", KEYWORD_REQUIRED}};
static const cyaml_strval_t TIERS[] = {
    {"low", 1 + TIER_LOW}, {"medium", 1 + TIER_MEDIUM}, {"high", 1 + TIER_HIGH}, {"validated", 1 + TIER_VALIDATED}};

static const cyaml_strval_t SWITCHES[] = {{"false", 0}, {"true", 1}, {"no", 0}, {"yes", 1}};

static const cyaml_schema_value_t TEXT_ENTRY = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, CYAML_UNLIMITED)};

static const cyaml_schema_field_t EXAMPLE_FIELDS[] = {
    CYAML_FIELD_SEQUENCE("match", CYAML_FLAG_POINTER, RawExamples, match, &TEXT_ENTRY, 1, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE("no_match", CYAML_FLAG_POINTER, RawExamples, no_match, &TEXT_ENTRY, 1, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t SEVERITY_STEP_FIELDS[] = {
    CYAML_FIELD_UINT("occurrences", CYAML_FLAG_DEFAULT, RawSeverityStep, occurrences),
    CYAML_FIELD_ENUM("severity", CYAML_FLAG_STRICT, RawSeverityStep, severity, SEVERITIES, G_N_ELEMENTS(SEVERITIES)),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t SEVERITY_STEP = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, RawSeverityStep, SEVERITY_STEP_FIELDS)};

static const cyaml_schema_field_t RULE_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("id", CYAML_FLAG_POINTER, RawRule, id, 1, 100),
    CYAML_FIELD_STRING_PTR("detector", OPTIONAL_PTR, RawRule, detector, 1, 100),
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, RawRule, name, 1, 200),
    CYAML_FIELD_STRING_PTR("description", CYAML_FLAG_POINTER, RawRule, description, 1, 2000),
    FIELD_NAMED("category", CYAML_FLAG_DEFAULT, category, CATEGORIES),
    FIELD_NAMED("severity", CYAML_FLAG_DEFAULT, severity, SEVERITIES),
    CYAML_FIELD_SEQUENCE(
        "severity_by_occurrences", OPTIONAL_PTR, RawRule, severity_steps, &SEVERITY_STEP, 1, SEVERITY_STEPS_MAX),
    FIELD_NAMED("mask", CYAML_FLAG_DEFAULT, mask, MASKS),
    FIELD_NAMED("canonical", OPTIONAL, canonical, CANONICALS),
    CYAML_FIELD_SEQUENCE("compliance", OPTIONAL_PTR, RawRule, compliance, &TEXT_ENTRY, 0, 50),
    FIELD_NAMED("engine", CYAML_FLAG_DEFAULT, engine, ENGINES),
    FIELD_NAMED("shape", OPTIONAL, shape, SHAPES),
    CYAML_FIELD_SEQUENCE("forms", OPTIONAL_PTR, RawRule, forms, &TEXT_ENTRY, 1, 50),
    CYAML_FIELD_STRING_PTR("separators", OPTIONAL_PTR, RawRule, separators, 1, 8),
    CYAML_FIELD_STRING_PTR("start", OPTIONAL_PTR, RawRule, start, 2, 6),
    CYAML_FIELD_STRING_PTR("pattern", OPTIONAL_PTR, RawRule, pattern, 1, 8192),
    CYAML_FIELD_STRING_PTR("prefilter", OPTIONAL_PTR, RawRule, prefilter, 1, 8192),
    FIELD_NAMED("caseless", OPTIONAL, caseless, SWITCHES),
    CYAML_FIELD_UINT_PTR("max_length", OPTIONAL_PTR, RawRule, max_length),
    CYAML_FIELD_SEQUENCE("keywords", OPTIONAL_PTR, RawRule, keywords, &TEXT_ENTRY, 1, 50),
    CYAML_FIELD_SEQUENCE("field_keywords", OPTIONAL_PTR, RawRule, field_keywords, &TEXT_ENTRY, 1, 200),
    CYAML_FIELD_SEQUENCE("veto", OPTIONAL_PTR, RawRule, veto, &TEXT_ENTRY, 1, 200),
    FIELD_NAMED("keyword", OPTIONAL, keyword, KEYWORD_USES),
    CYAML_FIELD_UINT_PTR("distance", OPTIONAL_PTR, RawRule, distance),
    CYAML_FIELD_UINT_PTR("distance_after", OPTIONAL_PTR, RawRule, distance_after),
    FIELD_NAMED("same_line", OPTIONAL, same_line, SWITCHES),
    FIELD_NAMED("alone", OPTIONAL, alone, SWITCHES),
    FIELD_NAMED("tier", OPTIONAL, tier, TIERS),
    FIELD_NAMED("keyword_tier", OPTIONAL, keyword_tier, TIERS),
    CYAML_FIELD_SEQUENCE("pair", OPTIONAL_PTR, RawRule, pair, &TEXT_ENTRY, 1, 20),
    CYAML_FIELD_UINT_PTR("pair_distance", OPTIONAL_PTR, RawRule, pair_distance),
    FIELD_NAMED("pair_tier", OPTIONAL, pair_tier, TIERS),
    CYAML_FIELD_SEQUENCE("beats", OPTIONAL_PTR, RawRule, beats, &TEXT_ENTRY, 1, 100),
    FIELD_NAMED("generic", OPTIONAL, generic, SWITCHES),
    FIELD_NAMED("plain_only", OPTIONAL, plain_only, SWITCHES),
    CYAML_FIELD_SEQUENCE("lower_paths", OPTIONAL_PTR, RawRule, lower_paths, &TEXT_ENTRY, 1, 100),
    CYAML_FIELD_STRING_PTR("validator", OPTIONAL_PTR, RawRule, validator, 1, 100),
    CYAML_FIELD_FLOAT_PTR("min_entropy", OPTIONAL_PTR, RawRule, min_entropy),
    CYAML_FIELD_SEQUENCE("ignore", OPTIONAL_PTR, RawRule, ignore, &TEXT_ENTRY, 1, 2000),
    CYAML_FIELD_SEQUENCE("ignore_words", OPTIONAL_PTR, RawRule, ignore_words, &TEXT_ENTRY, 1, 200),
    CYAML_FIELD_MAPPING("examples", CYAML_FLAG_DEFAULT, RawRule, examples, EXAMPLE_FIELDS),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t RULE_SCHEMA = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, RawRule, RULE_FIELDS)};

const cyaml_schema_value_t *rule_schema(void)
{
    return &RULE_SCHEMA;
}

bool rule_schema_is_switch(const cyaml_schema_value_t *value)
{
    return value->type == CYAML_ENUM && value->enumeration.strings == SWITCHES;
}

static const cyaml_schema_field_t DOCUMENT_FIELDS[] = {
    CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER, RuleDocument, rules, &RULE_SCHEMA, 1, RULES_IN_FILE_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t DOCUMENT_SCHEMA = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, RuleDocument, DOCUMENT_FIELDS)};

/* libcyaml tells an error over several lines of log: what, then a backtrace whose innermost entry has the place. */
typedef struct Complaint {
    char *what;
    char *field; /* the innermost mapping's */
    unsigned line, column;
} Complaint;

static void complaint_note_field(Complaint *complaint, const char *text)
{
    const char *name = strstr(text, "in mapping field '");

    if (name == NULL || complaint->field != NULL)
        return;
    name += strlen("in mapping field '");
    complaint->field = g_strndup(name, strcspn(name, "'"));
}

static void complaint_gather(cyaml_log_t level, void *data, const char *format, va_list args) G_GNUC_PRINTF(3, 0);

static void complaint_gather(cyaml_log_t level, void *data, const char *format, va_list args)
{
    Complaint *complaint = data;
    g_autofree char *text = g_strdup_vprintf(format, args);
    const char *place = strstr(text, "(line: ");

    (void)level;
    complaint_note_field(complaint, text);
    if (place != NULL && complaint->line == 0) {
        const char *column = strstr(place, "column: ");
        complaint->line = (unsigned)g_ascii_strtoull(place + strlen("(line: "), NULL, 10);
        complaint->column = column != NULL ? (unsigned)g_ascii_strtoull(column + strlen("column: "), NULL, 10) : 0;
        return;
    }
    if (complaint->what == NULL)
        complaint->what = g_strdup(g_strstrip(g_str_has_prefix(text, "Load: ") ? text + strlen("Load: ") : text));
}

/* For an unknown key libcyaml names the place of the value before it; the key itself stands further down. */
static void complaint_find_key(Complaint *complaint, const char *text)
{
    const char *prefix = "Unexpected key: ";

    if (complaint->what == NULL || !g_str_has_prefix(complaint->what, prefix))
        return;

    const char *key = complaint->what + strlen(prefix);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    unsigned count = g_strv_length(lines);
    for (unsigned i = complaint->line > 0 ? complaint->line - 1 : 0; i < count; i++) {
        const char *found = lines[i] + strspn(lines[i], " -");
        if (g_str_has_prefix(found, key) && found[strlen(key)] == ':') {
            complaint->line = i + 1;
            complaint->column = (unsigned)(found - lines[i]) + 1;
            return;
        }
    }
}

/* ": expected one of …" for a field that takes one of some names, else "". */
static char *permitted(const char *field)
{
    GString *names = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(RULE_FIELDS) && RULE_FIELDS[i].key != NULL; i++) {
        const cyaml_schema_value_t *value = &RULE_FIELDS[i].value;
        if (value->type != CYAML_ENUM || !g_str_equal(RULE_FIELDS[i].key, field))
            continue;
        for (uint32_t j = 0; j < value->enumeration.count; j++)
            g_string_append_printf(
                names, "%s%s", j == 0 ? ": expected one of " : ", ", value->enumeration.strings[j].str);
    }
    return g_string_free(names, FALSE);
}

/* What is wrong with a field's value is told with the field; the other complaints name theirs. The field, or NULL. */
static const char *complaint_name_field(Complaint *complaint)
{
    static const char *const of_values[] = {"Excessive ", "Insufficient ", "Invalid ", "STRING "};

    for (size_t i = 0; i < G_N_ELEMENTS(of_values); i++) {
        if (complaint->what == NULL || complaint->field == NULL || !g_str_has_prefix(complaint->what, of_values[i]))
            continue;
        g_autofree char *what = complaint->what;
        g_autofree char *names = permitted(complaint->field);
        complaint->what = g_strdup_printf("%s%s", what, names);
        return complaint->field;
    }
    return NULL;
}

static bool fail_for(const char *name, const char *text, Complaint *complaint, cyaml_err_t code, GError **error)
{
    complaint_find_key(complaint, text);
    const ErrorPlace place = {.field = complaint_name_field(complaint), .line = complaint->line};
    (void)fail_at(error, &place, "%s", complaint->what != NULL ? complaint->what : cyaml_strerror(code));
    if (complaint->line == 0)
        g_prefix_error(error, "%s: ", name);
    else
        g_prefix_error(error, "%s:%u:%u: ", name, complaint->line, complaint->column);
    return false;
}

static bool fail_in_file(const char *name, unsigned line, const char *what, GError **error)
{
    (void)fail_at(error, &(ErrorPlace){.line = line}, "%s", what);
    if (line == 0)
        g_prefix_error(error, "%s: ", name);
    else
        g_prefix_error(error, "%s:%u: ", name, line);
    return false;
}

/* libcyaml reads the first document of a file and leaves the others out in silence. Three dashes at the beginning of a
 * line begin one wherever they stand (YAML 1.1, section 9.1). NULL: there is no other. */
static const char *second_document(const char *text)
{
    bool has_content = false;

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        bool is_marker = g_str_has_prefix(line, "---") && (line[3] == '\0' || g_ascii_isspace(line[3]));
        if (is_marker && has_content)
            return line;
        size_t blank = strspn(line, " \t\r");
        has_content |= is_marker || strchr("\n#%", line[blank]) == NULL;
    }
    return NULL;
}

static bool check_text(const char *name, Bytes text, const char *copy, GError **error)
{
    const char *end = NULL, *second = NULL;
    bool is_utf16 = text.len >= 2 && (memcmp(text.data, "\xff\xfe", 2) == 0 || memcmp(text.data, "\xfe\xff", 2) == 0);

    if (is_utf16)
        return true;
    if (!g_utf8_validate(copy, (gssize)text.len, &end)) {
        const TextPlace place = text_place(copy, text.len, (uint64_t)(end - copy));
        const char *what = *end == '\0' ? "holds a NUL byte; expected YAML text" : "expected YAML text in UTF-8";
        return fail_in_file(name, (unsigned)place.line, what, error);
    }
    if ((second = second_document(copy)) == NULL)
        return true;
    const TextPlace place = text_place(copy, text.len, (uint64_t)(second - copy));
    return fail_in_file(name, (unsigned)place.line, "expected one document, nothing behind '---'", error);
}

bool rule_document_parse(const char *name, Bytes text, RuleDocument **ret_document, GError **error)
{
    Complaint complaint = {0};
    const cyaml_config_t config = {
        .log_fn = complaint_gather,
        .log_ctx = &complaint,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_ERROR,
        .flags = CYAML_CFG_NO_ALIAS,
    };
    cyaml_data_t *document = NULL;

    g_autofree char *copy = g_malloc(text.len + 1);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    TRY(check_text(name, text, copy, error));
    cyaml_err_t code = cyaml_load_data((const uint8_t *)copy, text.len, &config, &DOCUMENT_SCHEMA, &document, NULL);
    bool is_read = code == CYAML_OK || fail_for(name, copy, &complaint, code, error);
    g_free(complaint.what);
    g_free(complaint.field);
    TRY(is_read);
    if (document == NULL)
        return fail_in_file(name, 0, "is empty; expected a mapping with the key 'rules'", error);
    RuleDocument *read = document;
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, text.data, text.len);
    read->facts = g_new0(RuleFacts, read->rules_count);
    memcpy(read->digest, digest, sizeof read->digest);
    *ret_document = read;
    return true;
}

void rule_document_free(RuleDocument *document)
{
    const cyaml_config_t config = {.mem_fn = cyaml_mem};

    if (document == NULL)
        return;
    if (document->image != NULL) {
        g_free(document->image);
        g_free(document);
        return;
    }
    g_clear_pointer(&document->facts, g_free);
    (void)cyaml_free(&config, &DOCUMENT_SCHEMA, document, 0);
}
