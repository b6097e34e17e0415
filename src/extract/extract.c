#include "extract/extract.h"

#include "base/clock.h"
#include "base/pages.h"
#include "extract/archive_reader.h"
#include "extract/decode.h"
#include "extract/extraction.h"
#include "extract/member_name.h"
#include "extract/sniff.h"

#include <string.h>

/* xz -9 takes 64 MiB. */
#define MAX_WINDOW_BYTES           (UINT64_C(256) << 20)
#define EXPANSION_RATIO_FROM_BYTES (UINT64_C(10) << 20)

static bool extract_stream(Extraction *extraction, const Place *place, const ByteReader *reader, GError **error);

void extract_report_clear(ExtractReport *report)
{
    g_free(report->unread_reason);
    *report = (ExtractReport){0};
}

Extractor *extractor_new(void)
{
    g_autoptr(Extractor) extractor = g_new0(Extractor, 1);

    extractor->namer = media_namer_new();
    extractor->decoded = pages_new(DECODE_OUT_BYTES);
    extractor->tail = pages_new(EXTRACT_TAIL_BYTES);
    return g_steal_pointer(&extractor);
}

void extractor_free(Extractor *extractor)
{
    if (extractor == NULL)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(extractor->buffers); i++)
        pages_free(extractor->buffers[i], SOURCE_BUFFER_BYTES);
    pages_free(extractor->decoded, DECODE_OUT_BYTES);
    pages_free(extractor->tail, EXTRACT_TAIL_BYTES);
    media_namer_free(extractor->namer);
    g_free(extractor);
}

static uint8_t *buffer_of_depth(Extractor *extractor, uint32_t depth)
{
    if (extractor->buffers[depth] == NULL)
        extractor->buffers[depth] = pages_new(SOURCE_BUFFER_BYTES);
    return extractor->buffers[depth];
}

void extract_note_unread(Extraction *extraction, const Place *place, ErrorKind kind, const char *what)
{
    ExtractReport *report = extraction->report;
    g_autofree char *reason = place->member != NULL ? g_strdup_printf("%s (%s)", what, place->member) : g_strdup(what);
    const bool is_failure = kind == ERROR_CORRUPT || kind == ERROR_DEPTH_LIMIT;

    if (is_failure && extraction->damage == NULL)
        (void)fail(&extraction->damage, kind, "%s", reason);
    if (report->unread++ > 0)
        return;
    report->unread_kind = kind;
    report->unread_reason = g_steal_pointer(&reason);
}

static bool check_time(const Extraction *extraction, GError **error)
{
    if (clock_monotonic_ms() > extraction->deadline_ms)
        return fail(error, ERROR_TIMEOUT, "not read in %" G_GINT64_FORMAT " ms", extraction->limits->max_ms);
    return true;
}

/* The object's own bytes, counted. */
typedef struct StoredReader {
    Extraction *extraction;
    const ByteReader *reader;
} StoredReader;

static bool read_stored(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    const StoredReader *stored = data;
    ExtractReport *report = stored->extraction->report;
    const ExtractLimits *limits = stored->extraction->limits;

    TRY(check_time(stored->extraction, error));
    TRY(byte_reader_read(stored->reader, buffer, capacity, ret_len, error));
    report->stored_bytes += *ret_len;
    if (report->stored_bytes > limits->max_object_bytes)
        return fail(error, ERROR_TOO_LARGE, "larger than %" G_GUINT64_FORMAT " bytes", limits->max_object_bytes);
    return true;
}

/* What comes out of a container, counted by depth so that nothing is counted twice. */
typedef struct MemberReader {
    Extraction *extraction;
    ArchiveReader *archive;
    uint32_t depth;
} MemberReader;

static bool check_expansion(const Extraction *extraction, uint64_t expanded, GError **error)
{
    const ExtractLimits *limits = extraction->limits;
    const uint64_t stored = MAX(extraction->report->stored_bytes, 1);

    if (expanded > limits->max_expanded_bytes)
        return fail(error, ERROR_EXPANSION_LIMIT, "more than %" G_GUINT64_FORMAT " bytes come out of it",
            limits->max_expanded_bytes);
    if (expanded >= EXPANSION_RATIO_FROM_BYTES && expanded / stored > limits->max_expansion_ratio)
        return fail(error, ERROR_EXPANSION_LIMIT, "more than %" G_GUINT32_FORMAT " times its size comes out of it",
            limits->max_expansion_ratio);
    return true;
}

static bool read_member(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    const MemberReader *member = data;
    Extraction *extraction = member->extraction;

    TRY(check_time(extraction, error));
    *ret_len = archive_reader_read(member->archive, buffer, capacity);
    extraction->expanded[member->depth] += *ret_len;
    return check_expansion(extraction, extraction->expanded[member->depth], error);
}

static bool count_member(Extraction *extraction, const ArchiveMember *member, GError **error)
{
    extraction->report->members += member->is_file;
    if (++extraction->member_count > extraction->limits->max_members)
        return fail(
            error, ERROR_EXPANSION_LIMIT, "more than %" G_GUINT32_FORMAT " members", extraction->limits->max_members);
    return check_time(extraction, error);
}

static bool extract_member(
    Extraction *extraction, const Place *place, ArchiveReader *archive, const ArchiveMember *member, GError **error)
{
    MemberReader data = {.extraction = extraction, .archive = archive, .depth = place->depth};
    const ByteReader reader = {.read = read_member, .data = &data};

    TRY(count_member(extraction, member, error));
    if (member->is_encrypted) {
        extract_note_unread(extraction, place, ERROR_ENCRYPTED, "encrypted");
        return true;
    }
    TRY(extract_stream(extraction, place, &reader, error));
    g_autoptr(GError) damage = archive_reader_take_damage(archive);
    if (damage != NULL)
        extract_note_unread(extraction, place, error_kind(damage), damage->message);
    return true;
}

/* Where a member stands. What is packed in a compressed stream takes the stream's name without its suffix, and if it is
 * an archive, its members stand where the stream stands: a.tar.gz holds "b.txt", not "a.tar/b.txt". */
static Place member_place(
    const Extraction *extraction, const Place *place, const Sniff *sniff, const ArchiveMember *member, char **ret_path)
{
    g_autofree char *name = sniff->kind == SNIFF_COMPRESSED
                                ? member_name_unpacked(place->name)
                                : member_name_clean(member->name, extraction->member_count + 1);

    *ret_path = member_path_join(place->under, name);
    return (Place){
        .member = *ret_path,
        .under = sniff->kind == SNIFF_COMPRESSED ? place->under : *ret_path,
        .name = *ret_path,
        .depth = place->depth + 1,
    };
}

static bool extract_members(
    Extraction *extraction, const Place *place, const Sniff *sniff, ArchiveReader *archive, GError **error)
{
    ArchiveMember member = {0};

    while (archive_reader_next(archive, &member)) {
        g_autofree char *path = NULL;
        const Place inside = member_place(extraction, place, sniff, &member, &path);
        TRY(extract_member(extraction, &inside, archive, &member, error));
    }
    return true;
}

/* A zip is found by its end, whatever stands in front of it. If the run that was read last ends like a zip with
 * members: where that zip's directory begins, UINT64_MAX if the end does not say. */
static bool find_zip_directory(const Extraction *extraction, const Source *source, uint64_t *ret_offset)
{
    const Extractor *extractor = extraction->extractor;
    ZipEnd end = {0};

    if (!zip_end_find((Bytes){.data = extractor->tail, .len = extractor->tail_len}, &end) || end.members == 0)
        return false;
    const uint64_t end_offset = source->offset - end.from_end;
    *ret_offset = end.directory_size == UINT32_MAX ? UINT64_MAX : end_offset - end.directory_size;
    return end.directory_size == UINT32_MAX || end.directory_size <= end_offset;
}

/* A zip behind the beginning of a run of other bytes: a program that unpacks it, say. */
static void note_hidden_zip(Extraction *extraction, const Place *place, const Source *source, uint64_t start)
{
    uint64_t directory = 0;

    if (find_zip_directory(extraction, source, &directory) && directory > start)
        extract_note_unread(extraction, place, ERROR_UNSUPPORTED, "zip archive behind other data");
}

/* What is left of a zip is its own directory; a directory that begins later is that of another zip. (Behind an
 * encrypted member that could not be passed more is left, but that is noted already.) */
static bool extract_zip_rest(Extraction *extraction, const Place *place, Source *source, GError **error)
{
    enum { ZIP64_END_BYTES = 56 + 20 }; /* may stand between a directory and the end, and is in no size */
    const uint64_t start = source->offset;
    uint64_t directory = 0;

    source_fill(source, 4);
    const Bytes rest = source_pending(source);
    const bool is_directory = rest.len >= 4 && memcmp(rest.data, "PK\1\2", 4) == 0;
    TRY(extract_text(extraction, place, source, TEXT_UTF8, 0, error));
    if (is_directory && find_zip_directory(extraction, source, &directory) && directory != UINT64_MAX &&
        directory > start + ZIP64_END_BYTES)
        extract_note_unread(extraction, place, ERROR_UNSUPPORTED, "zip archive behind another");
    return true;
}

/* Behind a zip's members stands its directory, with comments: read as it is. Behind a broken stream or zip there is
 * nothing to be understood; a broken tar goes on in plain bytes. */
static bool extract_rest(
    Extraction *extraction, const Place *place, const Sniff *sniff, ArchiveEnd end, Source *source, GError **error)
{
    const bool is_plain = sniff->kind == SNIFF_ARCHIVE && sniff->container != CONTAINER_ZIP;

    source_fill(source, 1);
    if (source_pending(source).len == 0)
        return true;
    if (end == ARCHIVE_END_WHOLE && sniff->container == CONTAINER_ZIP)
        return extract_zip_rest(extraction, place, source, error);
    if (end == ARCHIVE_END_BROKEN && is_plain)
        return extract_text(extraction, place, source, TEXT_UTF8, 0, error);
    if (end == ARCHIVE_END_BROKEN) {
        source->is_at_end = true;
        source_consume(source, source_pending(source).len);
    }
    return true;
}

static bool extract_container(
    Extraction *extraction, const Place *place, const Sniff *sniff, Source *source, GError **error)
{
    g_autoptr(ArchiveReader) archive = NULL;
    const uint64_t start = source->offset;

    TRY(archive_reader_open(sniff->container, source, &archive, error));
    TRY(extract_members(extraction, place, sniff, archive, error));
    ArchiveEnd end = archive_reader_finish(archive);
    if (source->offset == start) /* it takes itself for empty: the same bytes would be opened for ever */
        end = ARCHIVE_END_BROKEN;
    g_autoptr(GError) damage = archive_reader_take_damage(archive);
    if (damage != NULL && source->failure == NULL)
        extract_note_unread(extraction, place, error_kind(damage), damage->message);
    else if (source->offset == start && source->failure == NULL)
        extract_note_unread(extraction, place, ERROR_CORRUPT, "nothing can be unpacked");
    return extract_rest(extraction, place, sniff, end, source, error);
}

static bool extract_binary(Extraction *extraction, const Place *place, Bytes head, Source *source, GError **error)
{
    const uint64_t start = source->offset;
    Media media = {0};

    TRY(media_name(extraction->extractor->namer, head, &media, error));
    if (media.content == MEDIA_OPAQUE)
        extract_note_unread(extraction, place, ERROR_UNSUPPORTED, media.type);
    else if (media.content == MEDIA_ENCRYPTED)
        extract_note_unread(extraction, place, ERROR_ENCRYPTED, media.type);
    TRY(extract_text(extraction, place, source, TEXT_UTF8, 0, error));
    if (media.content == MEDIA_PLAIN)
        note_hidden_zip(extraction, place, source, start);
    return true;
}

/* Containers that are too deep, or need too much memory, are looked at as they are. */
static bool may_open(Extraction *extraction, const Place *place, ContainerFormat container, Bytes head)
{
    const uint32_t max_depth = MIN(extraction->limits->max_depth, (uint32_t)EXTRACT_DEPTH_CAP);

    if (place->depth >= max_depth) {
        g_autofree char *what = g_strdup_printf("an archive deeper than %" G_GUINT32_FORMAT " levels", max_depth);
        extract_note_unread(extraction, place, ERROR_DEPTH_LIMIT, what);
        return false;
    }
    if (sniff_window_bytes(container, head) > MAX_WINDOW_BYTES) {
        extract_note_unread(extraction, place, ERROR_TOO_LARGE, "unpacking needs more than 256 MiB of memory");
        return false;
    }
    return true;
}

static bool extract_plain_text(
    Extraction *extraction, const Place *place, const Sniff *sniff, Source *source, GError **error)
{
    const uint64_t start = source->offset;

    TRY(extract_text(extraction, place, source, sniff->encoding, sniff->bom_bytes, error));
    note_hidden_zip(extraction, place, source, start);
    return true;
}

static bool extract_part(Extraction *extraction, const Place *place, Bytes head, Source *source, GError **error)
{
    const Sniff sniff = sniff_bytes(head);

    if (sniff.kind == SNIFF_TEXT)
        return extract_plain_text(extraction, place, &sniff, source, error);
    if (sniff.kind == SNIFF_BINARY)
        return extract_binary(extraction, place, head, source, error);
    if (sniff.container == CONTAINER_ZIP && zip_end_is_of_nothing(head)) {
        source_consume(source, ZIP_END_BYTES); /* a comment is the next part */
        return true;
    }
    if (may_open(extraction, place, sniff.container, head))
        return extract_container(extraction, place, &sniff, source, error);
    return extract_text(extraction, place, source, TEXT_UTF8, 0, error);
}

/* Padding is usual behind tar archives and on tapes. */
static void skip_zeros(Source *source)
{
    for (source_fill(source, 1); source_pending(source).len > 0; source_fill(source, 1)) {
        const Bytes pending = source_pending(source);
        size_t zeros = 0;
        while (zeros < pending.len && pending.data[zeros] == 0)
            zeros++;
        source_consume(source, zeros);
        if (zeros < pending.len)
            return;
    }
}

/* Usually one part; what stands behind a container is a part of its own. */
static bool extract_parts(Extraction *extraction, const Place *place, Source *source, GError **error)
{
    source_fill(source, SNIFF_BYTES);
    while (source_pending(source).len > 0) {
        Bytes head = source_pending(source);
        head.len = MIN(head.len, (size_t)SNIFF_BYTES);
        TRY(check_time(extraction, error));
        TRY(extract_part(extraction, place, head, source, error));
        skip_zeros(source);
        source_fill(source, SNIFF_BYTES);
    }
    return true;
}

static bool extract_stream(Extraction *extraction, const Place *place, const ByteReader *reader, GError **error)
{
    Source source = {.reader = reader, .buffer = buffer_of_depth(extraction->extractor, place->depth)};
    const bool is_extracted = extract_parts(extraction, place, &source, error);

    if (source.failure == NULL)
        return is_extracted;
    if (is_extracted)
        g_propagate_error(error, source.failure);
    else
        g_error_free(source.failure);
    return false;
}

bool extract_object(Extractor *extractor, const char *name, const ByteReader *reader, const ExtractLimits *limits,
    const TextSink *sink, ExtractReport *ret_report, GError **error)
{
    *ret_report = (ExtractReport){0};
    Extraction extraction = {
        .extractor = extractor,
        .limits = limits,
        .sink = sink,
        .report = ret_report,
        .deadline_ms = clock_monotonic_ms() + limits->max_ms,
    };
    StoredReader stored = {.extraction = &extraction, .reader = reader};
    const ByteReader counted = {.read = read_stored, .data = &stored};
    const Place place = {.name = name};

    const bool is_read = extract_stream(&extraction, &place, &counted, error);
    g_autoptr(GError) damage = extraction.damage;
    if (is_read && damage != NULL)
        g_propagate_error(error, g_steal_pointer(&damage));
    return is_read && extraction.damage == NULL;
}
