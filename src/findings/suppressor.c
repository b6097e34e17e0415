#include "findings/suppressor.h"

#include "findings/allow_list.h"
#include "findings/baseline.h"

struct Suppressor {
    AllowList *allow_list;
    Baseline *baseline; /* NULL: none */
    char *baseline_file;
};

static const char *const reason_names[] = {
    [SUPPRESSED_TEST_VALUE] = "test_value",
    [SUPPRESSED_INLINE] = "inline",
    [SUPPRESSED_ALLOWED] = "allowed",
    [SUPPRESSED_BASELINE] = "baseline",
};

const char *suppress_reason_name(SuppressReason reason)
{
    return reason_names[reason];
}

bool suppress_reason_from_name(const char *name, SuppressReason *ret_reason)
{
    for (size_t i = 0; i < G_N_ELEMENTS(reason_names); i++) {
        if (g_str_equal(name, reason_names[i])) {
            *ret_reason = (SuppressReason)i;
            return true;
        }
    }
    return false;
}

bool suppressor_load(const SuppressorOptions *options, Suppressor **ret_suppressor, GError **error)
{
    g_autoptr(Suppressor) suppressor = g_new0(Suppressor, 1);
    const char *const *path = options->allow_files;

    *ret_suppressor = NULL;
    if (path == NULL && options->baseline_file == NULL)
        return true;
    suppressor->allow_list = allow_list_new();
    for (; path != NULL && *path != NULL; path++)
        TRY(allow_list_read(suppressor->allow_list, *path, options->rules, options->key, error));
    suppressor->baseline_file = g_strdup(options->baseline_file);
    if (options->baseline_file != NULL)
        TRY(baseline_read(options->baseline_file, options->key, &suppressor->baseline, error));
    *ret_suppressor = g_steal_pointer(&suppressor);
    return true;
}

void suppressor_free(Suppressor *suppressor)
{
    if (suppressor == NULL)
        return;
    allow_list_free(suppressor->allow_list);
    baseline_free(suppressor->baseline);
    g_free(suppressor->baseline_file);
    g_free(suppressor);
}

static bool is_in_baseline(const Suppressor *suppressor, const SuppressorQuery *query, SuppressCause *ret_cause)
{
    const BaselineEntry entry = {
        .key = query->key, .detector = query->match->rule->detector, .fingerprint = query->fingerprint};
    uint64_t line = 0;

    if (suppressor->baseline == NULL || !baseline_find(suppressor->baseline, &entry, &line))
        return false;
    *ret_cause = (SuppressCause){.reason = SUPPRESSED_BASELINE, .file = suppressor->baseline_file, .line = line};
    return true;
}

bool suppressor_covers(const Suppressor *suppressor, const SuppressorQuery *query, SuppressCause *ret_cause)
{
    return allow_list_covers(suppressor->allow_list, query, ret_cause) || is_in_baseline(suppressor, query, ret_cause);
}
