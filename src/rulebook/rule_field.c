#include "rulebook/rule_field.h"

#include <string.h>

enum { TEXT_MAX = 8192, NUMBER_MAX = 1000000000, EXAMPLES_MAX = 100, STEPS_MAX = 10 };

typedef enum FieldKind {
    FIELD_TEXT,
    FIELD_TEXTS,
    FIELD_CHOICE,
    FIELD_NUMBER,
    FIELD_REAL,
    FIELD_FLAG,
    FIELD_SEVERITY, /* one, or steps */
    FIELD_STEPS,
    FIELD_EXAMPLES,
} FieldKind;

typedef struct Field {
    const char *name;
    FieldKind kind;
    size_t most;         /* of the entries of a list */
    const char *choices; /* separated by spaces */
} Field;

#define SEVERITIES "low medium high critical"
#define TIERS      "low medium high validated"

static const Field fields[] = {
    {"id", FIELD_TEXT, 0, NULL},
    {"version", FIELD_NUMBER, 0, NULL},
    {"name", FIELD_TEXT, 0, NULL},
    {"description", FIELD_TEXT, 0, NULL},
    {"category", FIELD_CHOICE, 0, "financial personal government health secret"},
    {"severity", FIELD_SEVERITY, STEPS_MAX + 1, SEVERITIES},
    {"severity_by_occurrences", FIELD_STEPS, STEPS_MAX, SEVERITIES},
    {"compliance", FIELD_TEXTS, 50, NULL},
    {"mask", FIELD_CHOICE, 0, "all last4 prefix email"},
    {"canonical", FIELD_CHOICE, 0, "as_is digits alnum_upper lower"},
    {"engine", FIELD_CHOICE, 0, "literal class"},
    {"shape", FIELD_CHOICE, 0, "digits upper at plus colon word"},
    {"forms", FIELD_TEXTS, 50, NULL},
    {"separators", FIELD_TEXT, 0, NULL},
    {"start", FIELD_TEXT, 0, NULL},
    {"pattern", FIELD_TEXT, 0, NULL},
    {"caseless", FIELD_FLAG, 0, NULL},
    {"max_length", FIELD_NUMBER, 0, NULL},
    {"keywords", FIELD_TEXTS, 50, NULL},
    {"keyword", FIELD_CHOICE, 0, "none boost expected required"},
    {"field_keywords", FIELD_TEXTS, 50, NULL},
    {"veto", FIELD_TEXTS, 50, NULL},
    {"distance", FIELD_NUMBER, 0, NULL},
    {"distance_after", FIELD_NUMBER, 0, NULL},
    {"same_line", FIELD_FLAG, 0, NULL},
    {"alone", FIELD_FLAG, 0, NULL},
    {"tier", FIELD_CHOICE, 0, TIERS},
    {"keyword_tier", FIELD_CHOICE, 0, TIERS},
    {"validator", FIELD_TEXT, 0, NULL},
    {"min_entropy", FIELD_REAL, 0, NULL},
    {"lower_paths", FIELD_TEXTS, 50, NULL},
    {"ignore", FIELD_TEXTS, 1000, NULL},
    {"ignore_words", FIELD_TEXTS, 50, NULL},
    {"generic", FIELD_FLAG, 0, NULL},
    {"plain_only", FIELD_FLAG, 0, NULL},
    {"examples", FIELD_EXAMPLES, EXAMPLES_MAX, NULL},
};

static bool wrong(const char *name, const char *expected, GError **error)
{
    return fail_at(error, &(ErrorPlace){.field = name}, "expected %s", expected);
}

static bool is_text(const json_t *value)
{
    size_t len = json_string_length(value);

    return len >= 1 && len <= TEXT_MAX && strlen(json_string_value(value)) == len; /* no NUL in it */
}

static bool check_texts(const char *name, size_t most, const json_t *value, GError **error)
{
    size_t count = json_array_size(value);
    bool is_good = count >= 1 && count <= most;

    for (size_t i = 0; i < count; i++)
        is_good = is_good && is_text(json_array_get(value, i));
    g_autofree char *expected = g_strdup_printf("an array of 1 to %zu texts, none of them empty", most);
    return is_good || wrong(name, expected, error);
}

static bool is_choice(const char *choices, const json_t *value)
{
    g_auto(GStrv) names = g_strsplit(choices, " ", -1);

    return json_is_string(value) && g_strv_contains((const char *const *)names, json_string_value(value));
}

static bool check_choice(const Field *field, const json_t *value, GError **error)
{
    if (is_choice(field->choices, value))
        return true;
    g_auto(GStrv) names = g_strsplit(field->choices, " ", -1);
    g_autofree char *list = g_strjoinv(", ", names);
    g_autofree char *expected = g_strdup_printf("one of %s", list);
    return wrong(field->name, expected, error);
}

static bool is_step(const Field *field, const json_t *step)
{
    const json_t *occurrences = json_object_get(step, "occurrences");

    return json_object_size(step) == 2 && json_is_integer(occurrences) && json_integer_value(occurrences) >= 1 &&
           json_integer_value(occurrences) <= NUMBER_MAX &&
           is_choice(field->choices, json_object_get(step, "severity"));
}

static bool check_steps(const Field *field, const json_t *value, GError **error)
{
    size_t count = json_array_size(value);
    bool is_good = count >= 1 && count <= field->most;
    json_int_t last = 0;

    for (size_t i = 0; is_good && i < count; i++) {
        const json_t *step = json_array_get(value, i);
        json_int_t occurrences = json_integer_value(json_object_get(step, "occurrences"));
        is_good = is_step(field, step) && occurrences > last;
        last = occurrences;
    }
    return is_good || wrong(field->name,
                          "an array such as [{\"occurrences\":1,\"severity\":\"low\"},"
                          "{\"occurrences\":100,\"severity\":\"high\"}], rising, with low, medium, high or critical",
                          error);
}

static bool check_examples(const Field *field, const json_t *value, GError **error)
{
    if (json_object_size(value) != 2)
        return wrong(field->name, "an object with match and no_match, an array of texts each", error);
    TRY(check_texts("examples.match", field->most, json_object_get(value, "match"), error));
    return check_texts("examples.no_match", field->most, json_object_get(value, "no_match"), error);
}

static bool check_number(const Field *field, const json_t *value, GError **error)
{
    bool is_good = json_is_integer(value) && json_integer_value(value) >= 1 && json_integer_value(value) <= NUMBER_MAX;

    return is_good || wrong(field->name, "a whole number of 1 or more", error);
}

static bool check_field(const Field *field, const json_t *value, GError **error)
{
    switch (field->kind) {
    case FIELD_TEXT:
        return is_text(value) || wrong(field->name, "a text of 1 to 8192 bytes", error);
    case FIELD_TEXTS:
        return check_texts(field->name, field->most, value, error);
    case FIELD_CHOICE:
        return check_choice(field, value, error);
    case FIELD_NUMBER:
        return check_number(field, value, error);
    case FIELD_REAL:
        return json_is_number(value) || wrong(field->name, "a number", error);
    case FIELD_FLAG:
        return json_is_boolean(value) || wrong(field->name, "true or false", error);
    case FIELD_SEVERITY:
        return json_is_array(value) ? check_steps(field, value, error) : check_choice(field, value, error);
    case FIELD_STEPS:
        return check_steps(field, value, error);
    case FIELD_EXAMPLES:
        return check_examples(field, value, error);
    }
    return false;
}

bool rule_field_check(const char *name, const json_t *value, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return check_field(&fields[i], value, error);
    return fail_at(error, &(ErrorPlace){0}, "field '%.64s' is not known here; expected the fields of a rule", name);
}
