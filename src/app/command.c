#include "app/command.h"

#include "app/settings.h"
#include "base/log.h"
#include "detect/rule_faults.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int command_fail(const Command *command, const GError *error)
{
    (void)fprintf(stderr, "trawl %s: %s\n", command->name, error->message);
    return EXIT_TROUBLE;
}

bool output_format_parse(const char *text, OutputFormat *ret_format, GError **error)
{
    static const char *const names[] = {
        [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json", [FORMAT_JSONL] = "jsonl", [FORMAT_CSV] = "csv"};

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (text == NULL || g_str_equal(text, names[i])) {
            *ret_format = (OutputFormat)i;
            return true;
        }
    }
    return fail(error, ERROR_INVALID, "--format '%s': expected table, json, jsonl or csv", text);
}

static bool apply_log_options(const char *level, const char *format, GError **error)
{
    static const char *const levels[] = {
        [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARNING] = "warning", [LOG_ERROR] = "error"};
    LogLevel log_level = LOG_WARNING;
    bool is_known = level == NULL;

    for (size_t i = 0; level != NULL && i < G_N_ELEMENTS(levels); i++) {
        if (g_str_equal(level, levels[i])) {
            log_level = (LogLevel)i;
            is_known = true;
        }
    }
    if (!is_known)
        return fail(error, ERROR_INVALID, "--log-level '%s': expected debug, info, warning or error", level);
    if (format != NULL && !g_str_equal(format, "text") && !g_str_equal(format, "json"))
        return fail(error, ERROR_INVALID, "--log-format '%s': expected text or json", format);
    log_configure(log_level, format != NULL && g_str_equal(format, "json") ? LOG_JSON : LOG_TEXT);
    return true;
}

bool command_parse(const Command *command, const GOptionEntry *entries, const char *usage, const char *details,
    int *argc, char ***argv, GError **error)
{
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    g_autofree char *level = NULL, *format = NULL;
    const GOptionEntry log_entries[] = {
        {"log-level", 0, 0, G_OPTION_ARG_STRING, &level, "debug, info, warning (default) or error", "LEVEL"},
        {"log-format", 0, 0, G_OPTION_ARG_STRING, &format, "text (default) or json, a line an event", "FORMAT"},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GError) parse_error = NULL;
    g_autofree char *program = g_strdup_printf("trawl %s", command->name);

    g_set_prgname(program);
    g_option_context_set_summary(context, command->summary);
    g_option_context_set_description(context, details);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_main_entries(context, log_entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &parse_error))
        return fail(error, ERROR_INVALID, "%s (see trawl %s --help)", parse_error->message, command->name);
    if (*argc > 1 && g_str_equal((*argv)[1], "--")) { /* GOption leaves it where what follows could be an option */
        memmove(&(*argv)[1], &(*argv)[2], (size_t)(*argc - 1) * sizeof **argv);
        (*argc)--;
    }
    return apply_log_options(level, format, error);
}

static bool default_rule_directory(char **ret_directory, GError **error)
{
    const char *from_environment = g_getenv("TRAWL_RULES");
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = g_path_get_dirname(program != NULL ? program : ".");
    const char *const beside[] = {"../rules", "../share/trawl/rules", "rules"};

    if (from_environment != NULL) {
        *ret_directory = g_strdup(from_environment);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(beside); i++) {
        g_autofree char *candidate = g_build_filename(folder, beside[i], NULL);
        if (g_file_test(candidate, G_FILE_TEST_IS_DIR)) {
            *ret_directory = g_steal_pointer(&candidate);
            return true;
        }
    }
    *ret_directory = g_strdup(SETTING_INSTALLED_RULES);
    if (g_file_test(*ret_directory, G_FILE_TEST_IS_DIR))
        return true;
    g_clear_pointer(ret_directory, g_free);
    return fail(error, ERROR_NOT_FOUND, "no rules: expected a directory beside %s, or TRAWL_RULES",
        program != NULL ? program : "the program");
}

static bool is_same_directory(const char *left, const char *right)
{
    g_autofree char *left_path = realpath(left, NULL);
    g_autofree char *right_path = realpath(right, NULL);

    return g_str_equal(left, right) || (left_path != NULL && g_strcmp0(left_path, right_path) == 0);
}

static void add_directory(GPtrArray *directories, char *take_directory)
{
    for (guint i = 0; i < directories->len; i++) {
        if (is_same_directory(g_ptr_array_index(directories, i), take_directory)) {
            g_free(take_directory);
            return;
        }
    }
    g_ptr_array_add(directories, take_directory);
}

bool command_rule_directories(char *const *rules_option, RuleDefaults defaults, char ***ret_directories, GError **error)
{
    g_autoptr(GPtrArray) directories = g_ptr_array_new_with_free_func(g_free);
    char *built_in = NULL;

    if (defaults == RULES_WITHOUT_DEFAULTS && rules_option == NULL)
        return fail(error, ERROR_INVALID, "--no-default-rules: expected --rules DIR beside it");
    if (defaults == RULES_WITH_DEFAULTS) {
        TRY(default_rule_directory(&built_in, error));
        add_directory(directories, built_in);
    }
    for (; rules_option != NULL && *rules_option != NULL; rules_option++)
        add_directory(directories, g_strdup(*rules_option));
    g_ptr_array_add(directories, NULL);
    *ret_directories = (char **)g_ptr_array_steal(directories, NULL);
    return true;
}

/* A home that cannot be written to is no reason to say anything. */
static char *cache_directory(GError **error)
{
    g_autofree char *path = g_build_filename(g_get_user_cache_dir(), "trawl", NULL);

    if (g_mkdir_with_parents(path, 0700) != 0 || !rule_cache_check(path, error))
        return NULL;
    return g_steal_pointer(&path);
}

static bool fail_with(const RuleFaults *faults, GError **error)
{
    g_autofree char *text = rule_faults_text(faults);

    return rule_faults_total(faults) == 0 || fail(error, ERROR_INVALID, "%s", text);
}

/* What is wrong with rules is told at once, not fault by fault. */
static bool load_rules(char *const *directories, const char *cache, RuleSet **ret_rules, GError **error)
{
    g_autoptr(RuleFaults) faults = rule_faults_new();
    g_autoptr(GError) refusal = NULL;

    if (rule_set_load((const char *const *)directories, cache, ret_rules, &refusal))
        return true;
    if (!error_is(refusal, ERROR_INVALID)) {
        g_propagate_error(error, g_steal_pointer(&refusal));
        return false;
    }
    rule_set_find_faults((const char *const *)directories, NULL, refusal, faults);
    return fail_with(faults, error);
}

bool command_check_examples(RuleSet *rules, char *const *directories, GError **error)
{
    g_autoptr(RuleFaults) faults = rule_faults_new();

    if (directories == NULL)
        TRY(rule_set_find_example_faults(rules, NULL, faults, error));
    for (; directories != NULL && *directories != NULL; directories++)
        TRY(rule_set_find_example_faults(rules, *directories, faults, error));
    return fail_with(faults, error);
}

bool command_load_rules(char *const *directories, char *const *rules_option, RuleSet **ret_rules, GError **error)
{
    g_autoptr(GError) distrust = NULL;
    g_autofree char *cache = cache_directory(&distrust);
    g_autoptr(RuleSet) rules = NULL;

    if (distrust != NULL)
        log_warning("cache.unused", "reason", distrust->message, NULL);

    TRY(load_rules(directories, cache, &rules, error));
    if (rules_option != NULL)
        TRY(command_check_examples(rules, rules_option, error));
    *ret_rules = g_steal_pointer(&rules);
    return true;
}

char *command_cache_directory(void)
{
    return cache_directory(NULL);
}
