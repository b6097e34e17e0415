#include "extract/archive_reader.h"

#include "archive_late.h"
#include "extract/gzip_stream.h"

#include <string.h>

enum { MAX_HEADER_RETRIES = 64 };

struct ArchiveReader {
    struct archive *handle;
    GzipStream *gzip; /* instead of the handle */
    Source *source;
    GError *damage;
    size_t handed_len; /* bytes of the source's buffer that libarchive is looking at */
    uint64_t first_offset;
    const uint8_t *block; /* libarchive's current piece of the member */
    size_t block_len;
    uint64_t block_at; /* where it stands in the member; a sparse member has holes in front */
    uint64_t position;
    bool is_broken; /* nothing more can be had, though the end was not reached */
    bool is_at_end;
    bool is_encrypted; /* the current member */
    bool is_member_at_end;
};

typedef struct ContainerFacts {
    const char *name;
    int filter; /* ARCHIVE_FILTER_NONE: an archive */
} ContainerFacts;

static const ContainerFacts container_facts[CONTAINER_FORMAT_COUNT] = {
    [CONTAINER_ZSTD] = {"zstd", ARCHIVE_FILTER_ZSTD},
    [CONTAINER_XZ] = {"xz", ARCHIVE_FILTER_XZ},
    [CONTAINER_LZMA] = {"lzma", ARCHIVE_FILTER_LZMA},
    [CONTAINER_LZIP] = {"lzip", ARCHIVE_FILTER_LZIP},
    [CONTAINER_LZ4] = {"lz4", ARCHIVE_FILTER_LZ4},
    [CONTAINER_BZIP2] = {"bzip2", ARCHIVE_FILTER_BZIP2},
    [CONTAINER_COMPRESS] = {"compress", ARCHIVE_FILTER_COMPRESS},
    [CONTAINER_ZIP] = {"zip", ARCHIVE_FILTER_NONE},
    [CONTAINER_TAR] = {"tar", ARCHIVE_FILTER_NONE},
    [CONTAINER_CPIO] = {"cpio", ARCHIVE_FILTER_NONE},
    [CONTAINER_AR] = {"ar", ARCHIVE_FILTER_NONE},
};

/* libarchive looks at our buffer itself; what it had before is used up, or copied aside, when it asks for more. At the
 * end it keeps what it has: what it asked for in vain may belong to what stands behind the container. */
static la_ssize_t give_bytes(G_GNUC_UNUSED struct archive *handle, void *data, const void **ret_bytes)
{
    ArchiveReader *archive = data;
    Source *source = archive->source;
    const bool is_full = archive->handed_len == SOURCE_BUFFER_BYTES;

    if (!is_full)
        source_fill(source, archive->handed_len + 1);
    if (!is_full && source_pending(source).len <= archive->handed_len)
        return 0;
    source_consume(source, archive->handed_len);
    source_fill(source, 1);
    const Bytes pending = source_pending(source);
    archive->handed_len = pending.len;
    *ret_bytes = pending.data;
    return (la_ssize_t)pending.len;
}

static int support_format(struct archive *handle, ContainerFormat format)
{
    if (format == CONTAINER_ZIP)
        return archive_read_support_format_zip_streamable(handle);
    if (format == CONTAINER_TAR)
        return archive_read_support_format_tar(handle);
    if (format == CONTAINER_CPIO)
        return archive_read_support_format_cpio(handle);
    if (format == CONTAINER_AR)
        return archive_read_support_format_ar(handle);
    return archive_read_support_format_raw(handle);
}

static bool prepare(struct archive *handle, ContainerFormat format)
{
    const ContainerFacts *facts = &container_facts[format];

    if (support_format(handle, format) != ARCHIVE_OK)
        return false;
    if (facts->filter == ARCHIVE_FILTER_NONE)
        return true;
    /* Nothing packed is a whole, empty stream. */
    if (archive_read_support_format_empty(handle) != ARCHIVE_OK)
        return false;
    /* This one starts reading while it is being appended, when there is nothing below it yet: it has to be offered. */
    if (facts->filter == ARCHIVE_FILTER_COMPRESS)
        return archive_read_support_filter_compress(handle) == ARCHIVE_OK;
    /* Exactly this one filter: what is packed twice is the caller's next level. WARN would be an outside program. */
    return archive_read_append_filter(handle, facts->filter) == ARCHIVE_OK;
}

static void note_damage(ArchiveReader *archive, ErrorKind kind, const char *what)
{
    if (archive->damage != NULL)
        return;
    /* libarchive's texts may quote the archive (names, say): keep them short and printable. */
    g_autofree char *valid = g_utf8_make_valid(what != NULL ? what : "damaged", -1);
    g_autofree char *brief = g_utf8_substring(valid, 0, MIN(g_utf8_strlen(valid, -1), 120));
    (void)fail(&archive->damage, kind, "%s", brief);
}

/* A packed stream that breaks before its first byte came out passes for an empty one; only the error stays. */
static bool is_broken_at_once(const ArchiveReader *archive)
{
    return archive_filter_count(archive->handle) > 1 && archive_errno(archive->handle) != 0;
}

static bool open_handle(ArchiveReader *archive, ContainerFormat format, GError **error)
{
    TRY(archive_late_load(error));
    archive->handle = archive_read_new();
    if (archive->handle == NULL || !prepare(archive->handle, format))
        return fail(error, ERROR_UNSUPPORTED, "%s: libarchive was built without it", container_facts[format].name);
    const int result = archive_read_open(archive->handle, archive, NULL, give_bytes, NULL);
    if (result != ARCHIVE_OK || is_broken_at_once(archive)) {
        note_damage(archive, ERROR_CORRUPT, archive_error_string(archive->handle));
        archive->is_broken = true;
    }
    return true;
}

/* docs/decisions/0012: why gzip does not go through libarchive. */
static bool open_gzip(ArchiveReader *archive, GError **error)
{
    archive->gzip = gzip_stream_new(archive->source);
    if (archive->gzip == NULL)
        return fail(error, ERROR_UNSUPPORTED, "gzip: zlib cannot be set up");
    return true;
}

bool archive_reader_open(ContainerFormat format, Source *source, ArchiveReader **ret_archive, GError **error)
{
    g_autoptr(ArchiveReader) archive = g_new0(ArchiveReader, 1);

    archive->source = source;
    archive->first_offset = source->offset;
    if (format == CONTAINER_GZIP)
        TRY(open_gzip(archive, error));
    else
        TRY(open_handle(archive, format, error));
    *ret_archive = g_steal_pointer(&archive);
    return true;
}

void archive_reader_free(ArchiveReader *archive)
{
    if (archive == NULL)
        return;
    if (archive->handle != NULL)
        (void)archive_read_free(archive->handle);
    gzip_stream_free(archive->gzip);
    g_clear_error(&archive->damage);
    g_free(archive);
}

static void describe_member(struct archive_entry *entry, ArchiveMember *ret_member)
{
    const char *name = archive_entry_pathname_utf8(entry);

    *ret_member = (ArchiveMember){
        .name = name != NULL ? name : archive_entry_pathname(entry),
        .is_encrypted = archive_entry_is_data_encrypted(entry) == 1 || archive_entry_is_metadata_encrypted(entry) == 1,
        .is_file = archive_entry_filetype(entry) == AE_IFREG,
    };
}

/* FAILED with a name: the member before could not be skipped cleanly, this one was found all the same. That is usual
 * behind an encrypted member whose length stands behind it, and damage otherwise. */
static bool is_member(ArchiveReader *archive, int result, struct archive_entry *entry)
{
    if (result != ARCHIVE_FAILED)
        return result == ARCHIVE_OK || result == ARCHIVE_WARN;
    if (archive_entry_pathname_utf8(entry) == NULL && archive_entry_pathname(entry) == NULL)
        return false;
    if (!archive->is_encrypted)
        note_damage(archive, ERROR_CORRUPT, archive_error_string(archive->handle));
    return true;
}

bool archive_reader_next(ArchiveReader *archive, ArchiveMember *ret_member)
{
    struct archive_entry *entry = NULL;
    int result = ARCHIVE_RETRY;

    archive->block_len = 0;
    archive->position = 0;
    archive->is_member_at_end = false;
    if (archive->is_broken || archive->is_at_end)
        return false;
    if (archive->gzip != NULL) { /* its members are one text */
        archive->is_at_end = true;
        *ret_member = (ArchiveMember){.is_file = true};
        return true;
    }
    for (int tries = 0; result == ARCHIVE_RETRY && tries < MAX_HEADER_RETRIES; tries++) {
        result = archive_read_next_header(archive->handle, &entry);
        if (result == ARCHIVE_RETRY)
            note_damage(archive, ERROR_CORRUPT, archive_error_string(archive->handle));
    }
    if (is_member(archive, result, entry)) {
        describe_member(entry, ret_member);
        archive->is_encrypted = ret_member->is_encrypted;
        return true;
    }
    archive->is_at_end = result == ARCHIVE_EOF;
    archive->is_broken = result != ARCHIVE_EOF;
    if (archive->is_broken)
        note_damage(archive, ERROR_CORRUPT, archive_error_string(archive->handle));
    return false;
}

/* ARCHIVE_FAILED is about this member only (a method that libarchive lacks, a password); FATAL ends the archive. */
static void fail_member(ArchiveReader *archive, int result)
{
    const char *text = archive_error_string(archive->handle);
    const bool lacks_method = result == ARCHIVE_FAILED && text != NULL && strstr(text, "nsupported") != NULL;

    archive->is_broken = result != ARCHIVE_FAILED;
    archive->is_member_at_end = true;
    archive->block_len = 0;
    note_damage(archive, lacks_method ? ERROR_UNSUPPORTED : ERROR_CORRUPT, text);
}

static void next_block(ArchiveReader *archive)
{
    const void *block = NULL;
    size_t len = 0;
    la_int64_t at = 0;

    const int result = archive_read_data_block(archive->handle, &block, &len, &at);
    if (result == ARCHIVE_EOF) {
        archive->is_member_at_end = true;
        return;
    }
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
        fail_member(archive, result);
        return;
    }
    if (result == ARCHIVE_WARN) /* sizes or checksum do not agree: the bytes are there all the same */
        note_damage(archive, ERROR_CORRUPT, archive_error_string(archive->handle));
    archive->block = block;
    archive->block_len = len;
    archive->block_at = at > 0 ? (uint64_t)at : 0;
}

static size_t read_gzip(ArchiveReader *archive, uint8_t *buffer, size_t capacity)
{
    const size_t len = gzip_stream_read(archive->gzip, buffer, capacity);
    const char *damage = gzip_stream_damage(archive->gzip);

    if (damage != NULL && !archive->is_broken) {
        archive->is_broken = true;
        note_damage(archive, ERROR_CORRUPT, damage);
    }
    return len;
}

size_t archive_reader_read(ArchiveReader *archive, uint8_t *buffer, size_t capacity)
{
    if (archive->gzip != NULL)
        return read_gzip(archive, buffer, capacity);
    while (archive->block_len == 0 && !archive->is_member_at_end)
        next_block(archive);
    if (archive->block_len == 0)
        return 0;
    if (archive->block_at > archive->position) { /* a hole reads as zeros */
        const size_t hole = (size_t)MIN(archive->block_at - archive->position, (uint64_t)capacity);
        memset(buffer, 0, hole);
        archive->position += hole;
        return hole;
    }
    const size_t len = MIN(archive->block_len, capacity);
    memcpy(buffer, archive->block, len);
    archive->block += len;
    archive->block_len -= len;
    archive->block_at += len;
    archive->position = archive->block_at;
    return len;
}

GError *archive_reader_take_damage(ArchiveReader *archive)
{
    return g_steal_pointer(&archive->damage);
}

static void give_back(ArchiveReader *archive)
{
    const la_int64_t used = archive_filter_bytes(archive->handle, -1);
    const uint64_t reached = archive->first_offset + (used > 0 ? (uint64_t)used : 0);

    /* libarchive may have copied a few bytes of an earlier buffer aside to join them: those are gone. */
    if (reached > archive->source->offset)
        source_consume(archive->source, (size_t)MIN(reached - archive->source->offset, (uint64_t)archive->handed_len));
    archive->handed_len = 0;
}

ArchiveEnd archive_reader_finish(ArchiveReader *archive)
{
    if (archive->handle != NULL) /* zlib takes no more than it needs */
        give_back(archive);
    return archive->is_broken ? ARCHIVE_END_BROKEN : ARCHIVE_END_WHOLE;
}
