#include "findings/baseline.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT_VERSION = 1, DIGEST_BYTES = 16, FINGERPRINT_CHARS = 64 };

typedef struct Digest {
    uint8_t bytes[DIGEST_BYTES];
} Digest;

typedef struct KnownEntry {
    Digest digest;
    uint64_t line;
} KnownEntry;

struct Baseline {
    GArray *entries; /* KnownEntry, sorted by digest */
};

/* A baseline that is read or written. */
typedef struct Draft {
    const char *path;
    const FingerprintKey *key;
    guint64 line_no;
    Baseline *baseline;
    GPtrArray *lines; /* char *: entries as they are written */
    uint64_t left_out;
} Draft;

static Digest digest_of(const BaselineEntry *entry)
{
    const char *const parts[] = {entry->key, entry->detector, entry->fingerprint};
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    uint8_t full[32];
    gsize len = sizeof full;
    Digest digest;

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        g_checksum_update(sum, (const guchar *)parts[i], (gssize)strlen(parts[i]) + 1);
    g_checksum_get_digest(sum, full, &len);
    memcpy(digest.bytes, full, sizeof digest.bytes);
    return digest;
}

static int compare_entries(gconstpointer left, gconstpointer right)
{
    const KnownEntry *x = left, *y = right;

    return memcmp(&x->digest, &y->digest, sizeof(Digest));
}

/* ---- reading ---- */

static bool wrong(const Draft *draft, const char *expected, GError **error)
{
    return fail(error, ERROR_INVALID, "%s:%" G_GUINT64_FORMAT ": expected %s", draft->path, draft->line_no, expected);
}

static bool read_head(const Draft *draft, const json_t *line, GError **error)
{
    const char *key_id = json_string_value(json_object_get(line, "fingerprint_key"));

    if (json_integer_value(json_object_get(line, "trawl_baseline")) != FORMAT_VERSION || key_id == NULL)
        return wrong(
            draft, "a baseline (trawl scan --write-baseline): {\"trawl_baseline\":1,\"fingerprint_key\":\"…\"}", error);
    if (g_str_equal(key_id, draft->key->id))
        return true;
    return fail(error, ERROR_INVALID,
        "%s: the baseline was made with fingerprint key %s, and the store has key %s: expected the same key (see "
        "--fingerprint-key-file), or a new baseline",
        draft->path, key_id, draft->key->id);
}

static bool is_fingerprint(const char *text)
{
    return text != NULL && strlen(text) == FINGERPRINT_CHARS && strspn(text, "0123456789abcdef") == FINGERPRINT_CHARS;
}

static bool read_entry(const Draft *draft, const json_t *line, GError **error)
{
    const BaselineEntry entry = {
        .key = json_string_value(json_object_get(line, "key")),
        .detector = json_string_value(json_object_get(line, "detector")),
        .fingerprint = json_string_value(json_object_get(line, "fingerprint")),
    };

    if (entry.key == NULL || entry.detector == NULL || !is_fingerprint(entry.fingerprint))
        return wrong(draft, "an entry: {\"key\":\"…\",\"detector\":\"…\",\"fingerprint\":\"64 hex digits\"}", error);
    const KnownEntry known = {.digest = digest_of(&entry), .line = draft->line_no};
    g_array_append_val(draft->baseline->entries, known);
    return true;
}

static bool read_line(Draft *draft, const char *text, size_t len, GError **error)
{
    json_t *line = json_loadb(text, len, 0, NULL);

    draft->line_no++;
    bool is_ok = draft->line_no == 1 ? read_head(draft, line, error) : read_entry(draft, line, error);
    json_decref(line);
    return is_ok;
}

static bool read_lines(Draft *draft, FILE *stream, GError **error)
{
    size_t capacity = 0;
    ssize_t len = 0;
    bool is_ok = true;
    char *line = NULL;

    while (is_ok && (len = getline(&line, &capacity, stream)) >= 0)
        is_ok = read_line(draft, line, (size_t)len, error);
    free(line);
    if (is_ok && ferror(stream) != 0)
        return fail(error, ERROR_IO, "%s: %s", draft->path, g_strerror(errno));
    if (is_ok && draft->line_no == 0)
        return read_line(draft, "", 0, error);
    return is_ok;
}

bool baseline_read(const char *path, const FingerprintKey *key, Baseline **ret_baseline, GError **error)
{
    g_autoptr(Baseline) baseline = g_new0(Baseline, 1);
    Draft draft = {.path = path, .key = key, .baseline = baseline};
    FILE *stream = fopen(path, "re");

    if (stream == NULL)
        return fail(error, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_IO, "baseline %s: %s", path, g_strerror(errno));
    baseline->entries = g_array_new(FALSE, FALSE, sizeof(KnownEntry));
    bool is_ok = read_lines(&draft, stream, error);
    (void)fclose(stream);
    if (!is_ok)
        return false;
    g_array_sort(baseline->entries, compare_entries);
    *ret_baseline = g_steal_pointer(&baseline);
    return true;
}

void baseline_free(Baseline *baseline)
{
    if (baseline == NULL)
        return;
    g_clear_pointer(&baseline->entries, g_array_unref);
    g_free(baseline);
}

bool baseline_find(const Baseline *baseline, const BaselineEntry *entry, uint64_t *ret_line)
{
    const KnownEntry wanted = {.digest = digest_of(entry)};
    guint at = 0;

    if (!g_array_binary_search(baseline->entries, &wanted, compare_entries, &at))
        return false;
    *ret_line = g_array_index(baseline->entries, KnownEntry, at).line;
    return true;
}

/* ---- writing ---- */

static bool collect(void *data, const StoredFinding *finding, G_GNUC_UNUSED GError **error)
{
    Draft *draft = data;

    if (finding->fingerprint == NULL || finding->fingerprint[0] == '\0') {
        draft->left_out++;
        return true;
    }
    g_autofree char *key = g_utf8_make_valid(finding->key, -1);
    json_t *line =
        json_pack("{s:s, s:s, s:s}", "key", key, "detector", finding->detector, "fingerprint", finding->fingerprint);
    char *text = json_dumps(line, JSON_COMPACT);
    g_ptr_array_add(draft->lines, g_strdup(text));
    free(text);
    json_decref(line);
    return true;
}

static int compare_lines(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Two jobs may have found the same in the same object. */
static void print_lines(const Draft *draft, FILE *stream)
{
    const char *last = NULL;

    for (guint i = 0; i < draft->lines->len; i++) {
        const char *line = g_ptr_array_index(draft->lines, i);
        if (last == NULL || strcmp(last, line) != 0)
            (void)fprintf(stream, "%s\n", line);
        last = line;
    }
}

bool baseline_write(
    Db *db, const FindingQuery *queries, size_t query_count, FILE *stream, uint64_t *ret_left_out, GError **error)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *key_id = NULL;
    Draft draft = {.lines = lines};

    TRY(fingerprint_key_id(db, &key_id, error));
    for (size_t i = 0; i < query_count; i++)
        TRY(findings_visit(db, &queries[i], collect, &draft, error));
    g_ptr_array_sort(lines, compare_lines);
    (void)fprintf(stream, "{\"trawl_baseline\":%d,\"fingerprint_key\":\"%s\"}\n", FORMAT_VERSION, key_id);
    print_lines(&draft, stream);
    *ret_left_out = draft.left_out;
    return true;
}
