#include "app/rules_show.h"
#include "app/command.h"
#include "detect/rule_examples.h"
#include "detect/rule_fields.h"

#include <jansson.h>
#include <math.h>

/* The rule that is shown, its examples by kind. */
typedef struct Shown {
    const Rule *rule;
    json_t *fields; /* NULL: as text */
    json_t *examples[2];
} Shown;

static const char *const EXAMPLE_NAMES[] = {[EXAMPLE_MATCH] = "match", [EXAMPLE_NO_MATCH] = "no_match"};

static bool is_asked_for(const Rule *rule, const char *name)
{
    return g_str_equal(rule->id, name) || g_str_equal(rule->detector, name);
}

/* ---- as text ---- */

/* What the head says already. */
static bool is_in_head(const char *field)
{
    static const char *const names[] = {
        "id", "name", "description", "detector", "category", "severity", "compliance", "prefilter"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(field, names[i]))
            return true;
    return false;
}

static void print_head(const Rule *rule)
{
    (void)printf("%s: %s\n  %s\n  detector %s, category %s, severity %s", rule->id, rule->name, rule->description,
        rule->detector, rule->category, severity_name(rule->severity));
    for (uint32_t i = 0; i < rule->severity_step_count; i++)
        (void)printf(", %s from %" G_GUINT64_FORMAT " on", severity_name(rule->severity_steps[i].severity),
            rule->severity_steps[i].occurrences);
    for (uint32_t i = 0; i < rule->compliance_count; i++)
        (void)printf("%s%s", i == 0 ? ", compliance " : " ", rule->compliance[i]);
    (void)fputc('\n', stdout);
}

static void print_field(G_GNUC_UNUSED void *data, const RuleField *field)
{
    if (is_in_head(field->name))
        return;
    (void)printf("  %-14s ", field->name);
    switch (field->kind) {
    case RULE_FIELD_TEXT: {
        g_autofree char *text = report_printable(field->text);
        (void)fputs(text, stdout);
        break;
    }
    case RULE_FIELD_NUMBER:
        (void)printf("%g", field->number);
        break;
    case RULE_FIELD_SWITCH:
        (void)fputs("true", stdout);
        break;
    case RULE_FIELD_LIST:
        for (uint32_t i = 0; i < field->count; i++) {
            g_autofree char *text = report_printable(field->list[i]);
            (void)printf("%s%s", i > 0 ? ", " : "", text);
        }
        break;
    }
    (void)fputc('\n', stdout);
}

static void print_example(void *data, const RuleExample *example)
{
    const Shown *shown = data;

    if (example->rule != shown->rule)
        return;
    g_autofree char *text = report_printable(example->text);
    (void)printf("  %-14s %s\n", example->kind == EXAMPLE_MATCH ? "match" : "no match", text);
}

static void print_rule(const RuleSet *rules, Shown *shown)
{
    print_head(shown->rule);
    rule_set_visit_fields(rules, shown->rule->index, print_field, NULL);
    rule_set_visit_examples(rules, print_example, shown);
}

/* ---- as JSON ---- */

static json_t *field_json(const RuleField *field)
{
    json_t *list = NULL;

    switch (field->kind) {
    case RULE_FIELD_TEXT:
        return json_string(field->text);
    case RULE_FIELD_NUMBER: {
        bool is_whole = floor(field->number) == field->number;
        return is_whole ? json_integer((json_int_t)field->number) : json_real(field->number);
    }
    case RULE_FIELD_SWITCH:
        return json_true();
    case RULE_FIELD_LIST:
        list = json_array();
        for (uint32_t i = 0; i < field->count; i++)
            (void)json_array_append_new(list, json_string(field->list[i]));
        return list;
    }
    return list;
}

static void add_field(void *data, const RuleField *field)
{
    (void)json_object_set_new(data, field->name, field_json(field));
}

static void add_example(void *data, const RuleExample *example)
{
    const Shown *shown = data;

    if (example->rule == shown->rule)
        (void)json_array_append_new(shown->examples[example->kind], json_string(example->text));
}

static json_t *severity_steps_json(const Rule *rule)
{
    json_t *steps = json_array();

    for (uint32_t i = 0; i < rule->severity_step_count; i++)
        (void)json_array_append_new(
            steps, json_pack("{s:I, s:s}", "occurrences", (json_int_t)rule->severity_steps[i].occurrences, "severity",
                       severity_name(rule->severity_steps[i].severity)));
    return steps;
}

static json_t *rule_json(const RuleSet *rules, Shown *shown)
{
    json_t *fields = json_object(), *examples = json_object();

    rule_set_visit_fields(rules, shown->rule->index, add_field, fields);
    if (shown->rule->severity_step_count > 0)
        (void)json_object_set_new(fields, "severity_by_occurrences", severity_steps_json(shown->rule));
    for (size_t i = 0; i < G_N_ELEMENTS(EXAMPLE_NAMES); i++) {
        shown->examples[i] = json_array();
        (void)json_object_set_new(examples, EXAMPLE_NAMES[i], shown->examples[i]);
    }
    rule_set_visit_examples(rules, add_example, shown);
    (void)json_object_set_new(fields, "examples", examples);
    return fields;
}

static void dump(json_t *take_document, size_t flags)
{
    (void)json_dumpf(take_document, stdout, flags);
    (void)fputc('\n', stdout);
    json_decref(take_document);
}

/* ---- all of them ---- */

static void show(const RuleSet *rules, Shown *shown, OutputFormat format, json_t *list)
{
    if (format == FORMAT_TABLE)
        print_rule(rules, shown);
    else if (format == FORMAT_JSONL)
        dump(rule_json(rules, shown), JSON_COMPACT);
    else
        (void)json_array_append_new(list, rule_json(rules, shown));
}

bool rules_show_run(const RuleSet *rules, const char *name, const char *format_name, GError **error)
{
    OutputFormat format = FORMAT_TABLE;
    json_t *list = NULL;
    uint32_t count = 0;

    TRY(output_format_parse(format_name, &format, error));
    if (format == FORMAT_CSV)
        return fail(error, ERROR_INVALID, "show: expected --format table, json or jsonl");
    list = format == FORMAT_JSON ? json_array() : NULL;
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        Shown shown = {.rule = rule_set_rule(rules, i)};
        if (!is_asked_for(shown.rule, name))
            continue;
        if (format == FORMAT_TABLE && count > 0)
            (void)fputc('\n', stdout);
        show(rules, &shown, format, list);
        count++;
    }
    if (list != NULL && count > 0)
        dump(json_pack("{s:O}", "rules", list), JSON_INDENT(2));
    json_decref(list);
    if (count == 0)
        return fail(error, ERROR_NOT_FOUND, "'%s': expected the id of a rule or a detector (trawl rules)", name);
    return true;
}
