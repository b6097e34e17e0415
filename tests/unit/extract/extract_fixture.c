#include "extract_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

static void run_free(gpointer data)
{
    Run *run = data;

    g_free(run->member);
    g_string_free(run->text, TRUE);
    g_free(run);
}

void outcome_clear(Outcome *outcome)
{
    g_clear_pointer(&outcome->runs, g_ptr_array_unref);
    extract_report_clear(&outcome->report);
    g_clear_error(&outcome->error);
}

static bool read_memory(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    MemoryObject *object = data;
    size_t len = MIN(capacity, object->len - object->position);

    if (object->step > 0)
        len = MIN(len, object->step);
    if (object->position >= object->fails_at)
        return fail(error, ERROR_UNAVAILABLE, "connection lost");
    len = (size_t)MIN((uint64_t)len, object->fails_at - object->position);
    if (len > 0)
        memcpy(buffer, object->data + object->position, len);
    object->position += len;
    *ret_len = len;
    return true;
}

ByteReader memory_object_reader(MemoryObject *object)
{
    return (ByteReader){.read = read_memory, .data = object};
}

static bool on_begin(void *data, const TextRun *text_run, G_GNUC_UNUSED GError **error)
{
    GPtrArray *runs = data;
    Run *run = g_new0(Run, 1);

    run->member = g_strdup(text_run->member);
    run->encoding = text_run->encoding;
    run->first_offset = text_run->first_offset;
    run->text = g_string_new(NULL);
    g_ptr_array_add(runs, run);
    return true;
}

static bool on_text(void *data, const char *utf8, size_t len, G_GNUC_UNUSED GError **error)
{
    GPtrArray *runs = data;
    Run *run = g_ptr_array_index(runs, runs->len - 1);

    g_assert_false(run->is_ended);
    g_string_append_len(run->text, utf8, (gssize)len);
    return true;
}

static bool on_end(void *data, G_GNUC_UNUSED GError **error)
{
    GPtrArray *runs = data;
    Run *run = g_ptr_array_index(runs, runs->len - 1);

    g_assert_false(run->is_ended);
    run->is_ended = true;
    return true;
}

Outcome extract_bytes(const char *name, const void *data, size_t len, size_t step, const ExtractLimits *limits)
{
    g_autoptr(Extractor) extractor = extractor_new();
    g_autoptr(GError) error = NULL;
    MemoryObject object = {.data = data, .len = len, .step = step, .fails_at = UINT64_MAX};
    const ByteReader reader = memory_object_reader(&object);
    Outcome outcome = {.runs = g_ptr_array_new_with_free_func(run_free)};
    const TextSink sink = {.begin = on_begin, .text = on_text, .end = on_end, .data = outcome.runs};

    outcome.is_read = extract_object(extractor, name, &reader, limits, &sink, &outcome.report, &outcome.error);
    g_assert_true(outcome.is_read == (outcome.error == NULL));
    for (guint i = 0; i < outcome.runs->len; i++)
        g_assert_true(((Run *)g_ptr_array_index(outcome.runs, i))->is_ended);
    return outcome;
}

Outcome extract_array(const char *name, const GByteArray *bytes)
{
    return extract_bytes(name, bytes->data, bytes->len, 0, &EXTRACT_LIMITS_DEFAULT);
}

const char *outcome_text(const Outcome *outcome, const char *member)
{
    for (guint i = 0; i < outcome->runs->len; i++) {
        const Run *run = g_ptr_array_index(outcome->runs, i);
        if (g_strcmp0(run->member != NULL ? run->member : "", member) == 0)
            return run->text->str;
    }
    return NULL;
}

static bool open_bracket(void *data, G_GNUC_UNUSED const TextRun *run, G_GNUC_UNUSED GError **error)
{
    g_string_append_c(data, '[');
    return true;
}

static bool append_text(void *data, const char *utf8, size_t len, G_GNUC_UNUSED GError **error)
{
    g_string_append_len(data, utf8, (gssize)len);
    return true;
}

static bool close_bracket(void *data, G_GNUC_UNUSED GError **error)
{
    g_string_append_c(data, ']');
    return true;
}

TextSink sink_of_text(GString *text)
{
    return (TextSink){.begin = open_bracket, .text = append_text, .end = close_bracket, .data = text};
}

static bool ignore_begin(G_GNUC_UNUSED void *data, G_GNUC_UNUSED const TextRun *run, G_GNUC_UNUSED GError **error)
{
    return true;
}

static bool refuse_text(
    G_GNUC_UNUSED void *data, G_GNUC_UNUSED const char *utf8, G_GNUC_UNUSED size_t len, GError **error)
{
    return fail(error, ERROR_CANCELLED, "stopping");
}

TextSink sink_that_fails(void)
{
    return (TextSink){.begin = ignore_begin, .text = refuse_text};
}

static la_ssize_t take_bytes(G_GNUC_UNUSED struct archive *archive, void *data, const void *bytes, size_t len)
{
    g_byte_array_append(data, bytes, (guint)len);
    return (la_ssize_t)len;
}

static void write_entry(struct archive *archive, const Entry *source)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, source->name);
    archive_entry_set_size(entry, (la_int64_t)source->len);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    g_assert_cmpint(archive_write_header(archive, entry), >=, ARCHIVE_WARN);
    if (source->len > 0)
        g_assert_cmpint(archive_write_data(archive, source->data, source->len), ==, (gint64)source->len);
    archive_entry_free(entry);
}

GByteArray *make_archive(
    const char *format, const char *filter, const char *options, const Entry *entries, size_t count)
{
    GByteArray *bytes = g_byte_array_new();
    struct archive *archive = archive_write_new();

    g_assert_cmpint(archive_write_set_format_by_name(archive, format), ==, ARCHIVE_OK);
    if (!g_str_equal(filter, "none"))
        g_assert_cmpint(archive_write_add_filter_by_name(archive, filter), ==, ARCHIVE_OK);
    if (options != NULL)
        g_assert_cmpint(archive_write_set_options(archive, options), ==, ARCHIVE_OK);
    (void)archive_write_set_passphrase(archive, "open sesame");
    g_assert_cmpint(archive_write_set_bytes_in_last_block(archive, 1), ==, ARCHIVE_OK);
    g_assert_cmpint(archive_write_open(archive, bytes, NULL, take_bytes, NULL), ==, ARCHIVE_OK);
    for (size_t i = 0; i < count; i++)
        write_entry(archive, &entries[i]);
    g_assert_cmpint(archive_write_close(archive), ==, ARCHIVE_OK);
    archive_write_free(archive);
    return bytes;
}

GByteArray *pack(const char *filter, const void *data, size_t len)
{
    const Entry entry = {.name = "data", .data = data, .len = len};

    return make_archive("raw", filter, NULL, &entry, 1);
}
