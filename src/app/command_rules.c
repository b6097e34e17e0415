#include "app/command.h"
#include "app/report.h"
#include "detect/detect.h"

#include <jansson.h>

static json_t *rule_json(const Rule *rule)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", rule->id, "name", rule->name, "category", rule->category,
        "severity", severity_name(rule->severity), "description", rule->description);
}

static void print_json(const RuleSet *rules)
{
    json_t *list = json_array();

    for (uint32_t i = 0; i < rule_set_size(rules); i++)
        (void)json_array_append_new(list, rule_json(rule_set_rule(rules, i)));
    json_t *document = json_pack("{s:s, s:o}", "rules_id", rule_set_id(rules), "rules", list);
    (void)json_dumpf(document, stdout, JSON_INDENT(2));
    (void)fputc('\n', stdout);
    json_decref(document);
}

static void print_jsonl(const RuleSet *rules)
{
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        json_t *rule = rule_json(rule_set_rule(rules, i));
        (void)json_dumpf(rule, stdout, JSON_COMPACT);
        (void)fputc('\n', stdout);
        json_decref(rule);
    }
}

static void print_csv(const RuleSet *rules)
{
    (void)fputs("id,name,category,severity\r\n", stdout);
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        const Rule *rule = rule_set_rule(rules, i);
        (void)printf("%s,\"%s\",%s,%s\r\n", rule->id, rule->name, rule->category, severity_name(rule->severity));
    }
}

static void print_table(const RuleSet *rules)
{
    (void)printf("%-28s %-11s %-9s %s\n", "DETECTOR", "CATEGORY", "SEVERITY", "NAME");
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        const Rule *rule = rule_set_rule(rules, i);
        (void)printf("%-28s %-11s %-9s %s\n", rule->id, rule->category, severity_name(rule->severity), rule->name);
    }
}

static bool print_rules(const Command *command, int *argc, char ***argv, GError **error)
{
    g_autofree char *format_text = NULL;
    g_auto(GStrv) option = NULL, directories = NULL;
    g_autofree char *cache = command_cache_directory();
    g_autoptr(RuleSet) rules = NULL;
    OutputFormat format;
    const GOptionEntry entries[] = {
        {"rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &option, "Directory of rule files (repeatable)", "DIR"},
        {"format", 'f', 0, G_OPTION_ARG_STRING, &format_text, "table (default), json, jsonl or csv", "FORMAT"},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "[list]", NULL, argc, argv, error));
    if (*argc > 2 || (*argc == 2 && !g_str_equal((*argv)[1], "list")))
        return fail(error, ERROR_INVALID, "'%s': expected nothing or 'list'", (*argv)[1]);
    TRY(output_format_parse(format_text, &format, error));
    TRY(command_rule_directories(option, RULES_WITH_DEFAULTS, &directories, error));
    TRY(rule_set_load((const char *const *)directories, cache, &rules, error));
    switch (format) {
    case FORMAT_TABLE:
        print_table(rules);
        break;
    case FORMAT_JSON:
        print_json(rules);
        break;
    case FORMAT_JSONL:
        print_jsonl(rules);
        break;
    case FORMAT_CSV:
        print_csv(rules);
        break;
    }
    return output_finish_stdout(error);
}

int command_rules(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    return print_rules(command, &argc, &argv, &error) ? EXIT_CLEAN : command_fail(command, error);
}
