/* Any bytes at all through extraction, once whole and once in small pieces: no crash, bounded work, well-formed runs,
 * and both ways the same. */
#include "extract/extract.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORK_LIMIT_BYTES = 4 << 20 };

typedef struct Input {
    const uint8_t *data;
    size_t len, position, step;
} Input;

typedef struct Seen {
    GChecksum *checksum;
    TextEncoding encoding;
    bool is_open;
    uint64_t bytes;
} Seen;

static bool read_input(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, G_GNUC_UNUSED GError **error)
{
    Input *input = data;
    const size_t len = MIN(MIN(input->step, capacity), input->len - input->position);

    if (len > 0)
        memcpy(buffer, input->data + input->position, len);
    input->position += len;
    *ret_len = len;
    return true;
}

static bool begin_run(void *data, const TextRun *run, G_GNUC_UNUSED GError **error)
{
    Seen *seen = data;
    g_autofree char *head = g_strdup_printf("[%s|%d|%" G_GUINT64_FORMAT "]", run->member != NULL ? run->member : "-",
        (int)run->encoding, run->first_offset);

    g_assert_false(seen->is_open);
    g_assert_true(run->member == NULL || g_utf8_validate(run->member, -1, NULL));
    seen->is_open = true;
    seen->encoding = run->encoding;
    g_checksum_update(seen->checksum, (const guchar *)head, -1);
    return true;
}

static bool note_text(void *data, const char *utf8, size_t len, G_GNUC_UNUSED GError **error)
{
    Seen *seen = data;

    g_assert_true(seen->is_open && len > 0);
    if (seen->encoding != TEXT_UTF8) /* decoded here, so it must be right; NUL is text too */
        for (size_t at = 0; at < len;) {
            const char *end = NULL;
            if (!g_utf8_validate_len(utf8 + at, len - at, &end))
                g_assert_true(end < utf8 + len && *end == '\0');
            at = (size_t)(end - utf8) + 1;
        }
    g_checksum_update(seen->checksum, (const guchar *)utf8, (gssize)len);
    seen->bytes += len;
    return true;
}

static bool end_run(void *data, G_GNUC_UNUSED GError **error)
{
    Seen *seen = data;

    g_assert_true(seen->is_open);
    seen->is_open = false;
    return true;
}

static char *extract_by(Extractor *extractor, const uint8_t *data, size_t size, size_t step)
{
    Input input = {.data = data, .len = size, .step = step};
    const ByteReader reader = {.read = read_input, .data = &input};
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    Seen seen = {.checksum = checksum};
    const TextSink sink = {.begin = begin_run, .text = note_text, .end = end_run, .data = &seen};
    g_auto(ExtractReport) report = {0};
    g_autoptr(GError) error = NULL;
    ExtractLimits limits = EXTRACT_LIMITS_DEFAULT;

    limits.max_expanded_bytes = WORK_LIMIT_BYTES;
    limits.max_members = 1000;
    limits.max_depth = 5;
    const bool is_read = extract_object(extractor, "key.gz", &reader, &limits, &sink, &report, &error);
    g_assert_true(is_read == (error == NULL));
    g_assert_false(seen.is_open);
    g_assert_cmpuint(report.expanded_bytes, ==, seen.bytes);
    g_assert_true((report.unread > 0) == (report.unread_reason != NULL));
    g_assert_true(report.unread_reason == NULL || g_utf8_validate(report.unread_reason, -1, NULL));
    if (is_read)
        g_assert_cmpuint(report.stored_bytes, ==, size);
    return error != NULL && error_is(error, ERROR_EXPANSION_LIMIT) ? g_strdup("limit")
                                                                   : g_strdup(g_checksum_get_string(checksum));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Extractor *extractor; /* loading libmagic's database takes longer than anything else here */

    if (extractor == NULL)
        extractor = extractor_new();
    g_autofree char *whole = extract_by(extractor, data, size, SIZE_MAX);
    g_autofree char *pieces = extract_by(extractor, data, size, 1 + size % 61);
    g_assert_cmpstr(whole, ==, pieces);
    return 0;
}
