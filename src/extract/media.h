/* The name of binary content, and whether its raw bytes are all there is to read. A MediaNamer belongs to one thread.
 */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

typedef struct MediaNamer MediaNamer;

typedef enum MediaContent {
    MEDIA_PLAIN,     /* programs, unknown bytes: reading them as they are is reading them */
    MEDIA_OPAQUE,    /* content hides in a coding that nobody here decodes */
    MEDIA_ENCRYPTED, /* content hides behind a key */
} MediaContent;

typedef struct Media {
    const char *type; /* "image/png"; borrowed until the next call */
    MediaContent content;
} Media;

MediaNamer *media_namer_new(void);
void media_namer_free(MediaNamer *namer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaNamer, media_namer_free)

/* head: the beginning of the content, some KiB. Loads libmagic's database when it is first needed: IO if that is not
 * installed. */
FALLIBLE bool media_name(MediaNamer *namer, Bytes head, Media *ret_media, GError **error);
