#include "app/command.h"
#include "app/report.h"
#include "app/rules_show.h"
#include "app/rules_test.h"
#include "rulebook/rulebook.h"

#include <jansson.h>

/* The rules that a command is about: those of files, and behind them the custom rules of a store. */
typedef struct Catalogue {
    RuleSet *rules;
    uint32_t from_files;
} Catalogue;

static void catalogue_clear(Catalogue *catalogue)
{
    rule_set_unref(catalogue->rules);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Catalogue, catalogue_clear)

static const char *origin_of(const Catalogue *catalogue, const Rule *rule)
{
    return rule->index < catalogue->from_files ? "file" : "custom";
}

static json_t *rule_json(const Catalogue *catalogue, const Rule *rule)
{
    json_t *compliance = json_array();

    for (uint32_t i = 0; i < rule->compliance_count; i++)
        (void)json_array_append_new(compliance, json_string(rule->compliance[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", rule->id, "detector", rule->detector, "name",
        rule->name, "category", rule->category, "severity", severity_name(rule->severity), "description",
        rule->description, "origin", origin_of(catalogue, rule), "compliance", compliance);
}

static void print_json(const Catalogue *catalogue)
{
    const RuleSet *rules = catalogue->rules;
    json_t *list = json_array();

    for (uint32_t i = 0; i < rule_set_size(rules); i++)
        (void)json_array_append_new(list, rule_json(catalogue, rule_set_rule(rules, i)));
    json_t *document = json_pack("{s:s, s:o}", "rules_id", rule_set_id(rules), "rules", list);
    (void)json_dumpf(document, stdout, JSON_INDENT(2));
    (void)fputc('\n', stdout);
    json_decref(document);
}

static void print_jsonl(const Catalogue *catalogue)
{
    for (uint32_t i = 0; i < rule_set_size(catalogue->rules); i++) {
        json_t *rule = rule_json(catalogue, rule_set_rule(catalogue->rules, i));
        (void)json_dumpf(rule, stdout, JSON_COMPACT);
        (void)fputc('\n', stdout);
        json_decref(rule);
    }
}

static void print_csv(const Catalogue *catalogue)
{
    (void)fputs("id,name,category,severity,origin,detector\r\n", stdout);
    for (uint32_t i = 0; i < rule_set_size(catalogue->rules); i++) {
        const Rule *rule = rule_set_rule(catalogue->rules, i);
        (void)printf("%s,", rule->id);
        report_csv_field(stdout, rule->name, ",");
        (void)printf("%s,%s,%s,%s\r\n", rule->category, severity_name(rule->severity), origin_of(catalogue, rule),
            rule->detector);
    }
}

static void print_table(const Catalogue *catalogue)
{
    (void)printf("%-28s %-11s %-9s %s\n", "DETECTOR", "CATEGORY", "SEVERITY", "NAME");
    for (uint32_t i = 0; i < rule_set_size(catalogue->rules); i++) {
        const Rule *rule = rule_set_rule(catalogue->rules, i);
        g_autofree char *name = report_printable(rule->name);
        (void)printf("%-28s %-11s %-9s %s%s\n", rule->id, rule->category, severity_name(rule->severity), name,
            rule->index < catalogue->from_files ? "" : " (custom)");
    }
}

typedef struct RulesOptions {
    char *format, *min_tier, *rule, *store;
    char **rules;
    gboolean has_no_defaults, is_all;
} RulesOptions;

static void rules_options_clear(RulesOptions *options)
{
    g_free(options->format);
    g_free(options->min_tier);
    g_free(options->rule);
    g_free(options->store);
    g_strfreev(options->rules);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RulesOptions, rules_options_clear)

static bool rules_list(
    const RulesOptions *options, const Catalogue *catalogue, G_GNUC_UNUSED char **names, GError **error)
{
    OutputFormat format;

    TRY(output_format_parse(options->format, &format, error));
    switch (format) {
    case FORMAT_TABLE:
        print_table(catalogue);
        break;
    case FORMAT_JSON:
        print_json(catalogue);
        break;
    case FORMAT_JSONL:
        print_jsonl(catalogue);
        break;
    case FORMAT_CSV:
        print_csv(catalogue);
        break;
    }
    return true;
}

static bool rules_show(const RulesOptions *options, const Catalogue *catalogue, char **names, GError **error)
{
    return rules_show_run(catalogue->rules, names[0], options->format, error);
}

static bool rules_lint(
    G_GNUC_UNUSED const RulesOptions *options, const Catalogue *catalogue, char **names, GError **error)
{
    TRY(command_check_examples(catalogue->rules, *names != NULL ? names : NULL, error));
    if (*names == NULL) {
        (void)printf("%" G_GUINT32_FORMAT " rules, their examples hold\n", rule_set_size(catalogue->rules));
        return true;
    }
    g_autofree char *own = g_strjoinv(", ", names);
    (void)printf("the rules of %s are fine beside the others (%" G_GUINT32_FORMAT " in all), their examples hold\n",
        own, rule_set_size(catalogue->rules));
    return true;
}

static bool rules_test(const RulesOptions *options, const Catalogue *catalogue, char **names, GError **error)
{
    const RulesTest test = {
        .path = names[0], .min_tier = options->min_tier, .rule = options->rule, .is_all = options->is_all != FALSE};

    return rules_test_run(&test, catalogue->rules, error);
}

typedef struct RulesAction {
    const char *name;
    int least, most; /* arguments */
    const char *arguments;
    enum { TAKES_FORMAT = 1, TAKES_TEST = 2 } takes; /* options: --format; --rule and --min-tier */
    bool (*run)(const RulesOptions *options, const Catalogue *catalogue, char **names, GError **error);
} RulesAction;

static const RulesAction actions[] = {
    {"list", 0, 0, "no argument", TAKES_FORMAT, rules_list},
    {"show", 1, 1, "the id of a rule or a detector", TAKES_FORMAT, rules_show},
    {"test", 1, 1, "a FILE, or - for standard input", TAKES_TEST, rules_test},
    {"lint", 0, 100, "directories of rule files", 0, rules_lint},
};

static bool find_action(int argc, char **argv, const RulesAction **ret_action, GError **error)
{
    const char *name = argc > 1 ? argv[1] : "list";

    for (size_t i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (!g_str_equal(actions[i].name, name))
            continue;
        *ret_action = &actions[i];
        int given = MAX(argc - 2, 0);
        if (given < actions[i].least || given > actions[i].most)
            return fail(error, ERROR_INVALID, "%s: expected %s", name, actions[i].arguments);
        return true;
    }
    return fail(error, ERROR_INVALID, "'%s': expected list, show, test or lint", name);
}

/* lint takes its directories as arguments, as others take --rules. */
static char **rule_options_of(const RulesOptions *options, const RulesAction *action, char **names)
{
    g_autoptr(GStrvBuilder) all = g_strv_builder_new();

    if (options->rules != NULL)
        g_strv_builder_addv(all, (const char **)options->rules);
    if (action->run == rules_lint)
        g_strv_builder_addv(all, (const char **)names);
    g_auto(GStrv) found = g_strv_builder_end(all);
    return *found != NULL ? g_steal_pointer(&found) : NULL;
}

static bool add_custom(const RulesOptions *options, char *const *directories, Catalogue *catalogue, GError **error)
{
    g_autofree char *cache = command_cache_directory();
    g_autoptr(Db) db = NULL;
    g_autoptr(Rulebook) book = NULL;
    RuleSet *all = NULL;

    TRY(command_read_store(options->store, &db, error));
    book = rulebook_new(&(RulebookOptions){
        .db = db, .directories = (const char *const *)directories, .cache_dir = cache, .installed = catalogue->rules});
    TRY(rulebook_rules(book, &all, error));
    rule_set_unref(catalogue->rules);
    catalogue->rules = all;
    return true;
}

static bool check_option(const RulesAction *action, const char *option, const void *value, unsigned of, GError **error)
{
    if (value == NULL || (action->takes & of) != 0)
        return true;
    return fail(error, ERROR_INVALID, "%s: expected only with %s", option, of == TAKES_TEST ? "test" : "list and show");
}

/* What an action does not look at is not taken in silence. */
static bool check_options(const RulesOptions *options, const RulesAction *action, GError **error)
{
    TRY(check_option(action, "--format", options->format, TAKES_FORMAT, error));
    TRY(check_option(action, "--rule", options->rule, TAKES_TEST, error));
    TRY(check_option(action, "--all", options->is_all ? options : NULL, TAKES_TEST, error));
    return check_option(action, "--min-tier", options->min_tier, TAKES_TEST, error);
}

static bool load_catalogue(const RulesOptions *options, char *const *directories, Catalogue *catalogue, GError **error)
{
    TRY(command_load_rules(directories, options->rules, &catalogue->rules, error));
    catalogue->from_files = rule_set_size(catalogue->rules);
    return options->store == NULL || add_custom(options, directories, catalogue, error);
}

static bool run_action(const Command *command, int *argc, char ***argv, GError **error)
{
    g_auto(RulesOptions) options = {0};
    g_auto(GStrv) directories = NULL, own = NULL, names = NULL;
    g_auto(Catalogue) catalogue = {0};
    const RulesAction *action = NULL;
    const GOptionEntry entries[] = {
        {"rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.rules,
            "Directory of rule files, beside the built-in rules (repeatable)", "DIR"},
        {"no-default-rules", 0, 0, G_OPTION_ARG_NONE, &options.has_no_defaults, "Only the rules of --rules", NULL},
        {"store", 0, 0, G_OPTION_ARG_STRING, &options.store, "Also the custom rules of this store", "STORE"},
        {"format", 'f', 0, G_OPTION_ARG_STRING, &options.format, "list, show: table (default), json, jsonl; list: csv",
            "FORMAT"},
        {"min-tier", 0, 0, G_OPTION_ARG_STRING, &options.min_tier, "test: low, medium (default), high or validated",
            "TIER"},
        {"rule", 0, 0, G_OPTION_ARG_STRING, &options.rule, "test: only this rule or detector", "ID"},
        {"all", 0, 0, G_OPTION_ARG_NONE, &options.is_all, "test: also what has no more than the shape of a rule", NULL},
        G_OPTION_ENTRY_NULL,
    };

    TRY(command_parse(command, entries, "[list | show ID | test FILE | lint [DIR…]]",
        "show says what a rule looks for and what confirms it, with its examples.\n"
        "test says what in a file (- is standard input) matches, and of what has the shape of a rule and does not "
        "match, why.\n"
        "lint checks rule files and runs their examples, by default all there are.",
        argc, argv, error));
    TRY(find_action(*argc, *argv, &action, error));
    TRY(check_options(&options, action, error));
    names = g_strdupv(*argc > 1 ? *argv + 2 : *argv + 1);
    own = rule_options_of(&options, action, names);
    TRY(command_rule_directories(
        own, options.has_no_defaults ? RULES_WITHOUT_DEFAULTS : RULES_WITH_DEFAULTS, &directories, error));
    TRY(load_catalogue(&options, directories, &catalogue, error));
    TRY(action->run(&options, &catalogue, names, error));
    return output_finish_stdout(error);
}

int command_rules(const Command *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    return run_action(command, &argc, &argv, &error) ? EXIT_CLEAN : command_fail(command, error);
}
