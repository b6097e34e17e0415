#include "findings/suppressor.h"

#include "findings/allow_list.h"
#include "findings/baseline.h"

struct Suppressor {
    AllowList *allow_list;
    Baseline *baseline; /* NULL: none */
};

const char *suppress_reason_name(SuppressReason reason)
{
    static const char *const names[] = {
        [SUPPRESSED_TEST_VALUE] = "test_value",
        [SUPPRESSED_INLINE] = "inline",
        [SUPPRESSED_ALLOWED] = "allowed",
        [SUPPRESSED_BASELINE] = "baseline",
    };

    return names[reason];
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
    g_free(suppressor);
}

bool suppressor_covers(const Suppressor *suppressor, const SuppressorQuery *query, SuppressReason *ret_reason)
{
    const BaselineEntry entry = {
        .key = query->key, .detector = query->match->rule->detector, .fingerprint = query->fingerprint};

    *ret_reason = SUPPRESSED_ALLOWED;
    if (allow_list_covers(suppressor->allow_list, query))
        return true;
    *ret_reason = SUPPRESSED_BASELINE;
    return suppressor->baseline != NULL && baseline_has(suppressor->baseline, &entry);
}
