#include "findings/allow_entry.h"

/* A pattern that needs more effort than this does not match: what is doubtful is reported. */
enum { MATCH_EFFORT = 100000 };

struct AllowList {
    GArray *entries;          /* AllowEntry without a fingerprint */
    GHashTable *fingerprints; /* fingerprint → GArray of AllowEntry */
    GPtrArray *files;         /* char *: their names */
};

void allow_entry_clear(AllowEntry *entry)
{
    g_free(entry->fingerprint);
    pcre2_code_free(entry->value);
    g_clear_pointer(&entry->path, g_pattern_spec_free);
    g_clear_pointer(&entry->detectors, g_ptr_array_unref);
    g_free(entry->why);
    *entry = (AllowEntry){0};
}

static GArray *entries_new(void)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(AllowEntry));

    g_array_set_clear_func(entries, (GDestroyNotify)allow_entry_clear);
    return entries;
}

AllowList *allow_list_new(void)
{
    AllowList *list = g_new0(AllowList, 1);

    list->entries = entries_new();
    list->fingerprints = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    list->files = g_ptr_array_new_with_free_func(g_free);
    return list;
}

void allow_list_free(AllowList *list)
{
    if (list == NULL)
        return;
    g_array_unref(list->entries);
    g_hash_table_unref(list->fingerprints);
    g_ptr_array_unref(list->files);
    g_free(list);
}

const char *allow_list_name(AllowList *list, const char *file)
{
    g_ptr_array_add(list->files, g_strdup(file));
    return g_ptr_array_index(list->files, list->files->len - 1);
}

void allow_list_add(AllowList *list, AllowEntry *take_entry)
{
    GArray *entries = list->entries;

    if (take_entry->fingerprint != NULL) {
        entries = g_hash_table_lookup(list->fingerprints, take_entry->fingerprint);
        if (entries == NULL) {
            entries = entries_new();
            g_hash_table_insert(list->fingerprints, g_strdup(take_entry->fingerprint), entries);
        }
    }
    g_array_append_val(entries, *take_entry);
    *take_entry = (AllowEntry){0};
}

static bool names_detector(const AllowEntry *entry, const Rule *rule)
{
    if (entry->detectors == NULL)
        return true;
    return g_ptr_array_find_with_equal_func(entry->detectors, rule->detector, g_str_equal, NULL) ||
           g_ptr_array_find_with_equal_func(entry->detectors, rule->id, g_str_equal, NULL);
}

static bool fits_path(const AllowEntry *entry, const SuppressorQuery *query)
{
    if (entry->path == NULL || g_pattern_spec_match_string(entry->path, query->key))
        return true;
    return query->member != NULL && g_pattern_spec_match_string(entry->path, query->member);
}

static bool fits_value(const AllowEntry *entry, Bytes text)
{
    if (entry->value == NULL)
        return true;
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    (void)pcre2_set_match_limit(context, MATCH_EFFORT);
    int code = pcre2_match(entry->value, text.data, text.len, 0, PCRE2_NO_JIT, match, context);
    pcre2_match_context_free(context);
    pcre2_match_data_free(match); /* holds places, no text */
    return code >= 0;
}

static bool has_covering(const GArray *entries, const SuppressorQuery *query, SuppressCause *ret_cause)
{
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        const AllowEntry *entry = &g_array_index(entries, AllowEntry, i);
        if (!names_detector(entry, query->match->rule) || !fits_path(entry, query) ||
            !fits_value(entry, query->match->text))
            continue;
        *ret_cause =
            (SuppressCause){.reason = SUPPRESSED_ALLOWED, .file = entry->file, .line = entry->line, .why = entry->why};
        return true;
    }
    return false;
}

bool allow_list_covers(const AllowList *list, const SuppressorQuery *query, SuppressCause *ret_cause)
{
    return has_covering(list->entries, query, ret_cause) ||
           has_covering(g_hash_table_lookup(list->fingerprints, query->fingerprint), query, ret_cause);
}
