/* One container (a compressed stream or an archive) read through libarchive (gzip: through zlib), forwards only, no
 * files, no programs.
 *
 * What is wrong with the container is remembered as damage and ends the member, or everything, so that the caller can
 * go on with what is around it. What goes wrong below, in the source, stays there (Source.failure). */
#pragma once

#include "extract/sniff.h"
#include "extract/source.h"

typedef struct ArchiveReader ArchiveReader;

typedef struct ArchiveMember {
    const char *name; /* as the archive says, or NULL; bytes of a stranger */
    bool is_encrypted;
    bool is_file; /* false for folders, links, devices: they seldom have content */
} ArchiveMember;

/* The source is borrowed, and consumed in large pieces. False: libarchive cannot be set up for this. */
FALLIBLE bool archive_reader_open(ContainerFormat format, Source *source, ArchiveReader **ret_archive, GError **error);
void archive_reader_free(ArchiveReader *archive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveReader, archive_reader_free)

/* The next member; false is the end, also behind damage that cannot be passed. */
bool archive_reader_next(ArchiveReader *archive, ArchiveMember *ret_member);

/* Reads the current member; 0 is its end, or damage. */
size_t archive_reader_read(ArchiveReader *archive, uint8_t *buffer, size_t capacity);

/* The damage seen since the last call, or NULL; the caller owns it. CORRUPT, or UNSUPPORTED for a method of packing. */
GError *archive_reader_take_damage(ArchiveReader *archive);

typedef enum ArchiveEnd { ARCHIVE_END_WHOLE, ARCHIVE_END_BROKEN } ArchiveEnd;

/* Behind the last member: gives the source back the bytes that the container did not need. */
ArchiveEnd archive_reader_finish(ArchiveReader *archive);
