#include "app/trial_command.h"

static void add(GPtrArray *argv, const char *flag, char *take_value)
{
    g_ptr_array_add(argv, g_strdup(flag));
    g_ptr_array_add(argv, take_value);
}

static void add_number(GPtrArray *argv, const char *flag, uint64_t value)
{
    add(argv, flag, g_strdup_printf("%" G_GUINT64_FORMAT, MIN(value, (uint64_t)INT64_MAX)));
}

char **trial_command_line(char *const *rule_directories, const ScanOptions *scan)
{
    const ExtractLimits *limits = &scan->limits;
    char *program = g_file_read_link("/proc/self/exe", NULL);

    if (program == NULL)
        return NULL;
    GPtrArray *argv = g_ptr_array_new();
    g_ptr_array_add(argv, program);
    g_ptr_array_add(argv, g_strdup("trial"));
    for (; *rule_directories != NULL; rule_directories++)
        add(argv, "--rules", g_strdup(*rule_directories));
    add(argv, "--min-tier", g_strdup(tier_name(scan->min_tier)));
    add_number(argv, "--max-values", scan->max_values);
    add_number(argv, "--max-bytes", limits->max_object_bytes);
    add_number(argv, "--max-expanded", limits->max_expanded_bytes);
    add_number(argv, "--max-ratio", limits->max_expansion_ratio);
    add_number(argv, "--max-depth", limits->max_depth);
    add_number(argv, "--max-members", limits->max_members);
    add_number(argv, "--max-ms", (uint64_t)limits->max_ms);
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(argv, FALSE);
}

void trial_limits_from_numbers(const int64_t *numbers, ExtractLimits *ret_limits)
{
    *ret_limits = (ExtractLimits){
        .max_object_bytes = (uint64_t)numbers[0],
        .max_expanded_bytes = (uint64_t)numbers[1],
        .max_expansion_ratio = (uint32_t)numbers[2],
        .max_depth = (uint32_t)numbers[3],
        .max_members = (uint32_t)numbers[4],
        .max_ms = numbers[5],
    };
}
