#include "extract/media.h"

#include <magic.h>
#include <string.h>

struct MediaNamer {
    magic_t cookie; /* NULL: the database is not loaded yet */
};

/* libmagic looks at this much: it takes 1 ms for 64 KiB, and the formats that show only later are not packed. */
enum { NAMED_BY_BYTES = 4096 };

/* What libmagic 5.44 has no media type for, or names only in part; and what is so frequent that it should not take its
 * time. */
typedef struct KnownMagic {
    const char *magic;
    size_t len;
    Media media;
} KnownMagic;

static const KnownMagic known_magics[] = {
    {"\x89PNG\r\n\x1A\n", 8, {"image/png", MEDIA_OPAQUE}},
    {"\xFF\xD8\xFF", 3, {"image/jpeg", MEDIA_OPAQUE}},
    {"GIF8", 4, {"image/gif", MEDIA_OPAQUE}},
    {"\x7F"
     "ELF",
        4, {"application/x-executable", MEDIA_PLAIN}},
    {"PAR1", 4, {"application/vnd.apache.parquet", MEDIA_OPAQUE}},
    {"PARE", 4, {"application/vnd.apache.parquet", MEDIA_ENCRYPTED}},
    {"ORC", 3, {"application/vnd.apache.orc", MEDIA_OPAQUE}},
    {"Obj\x01", 4, {"application/vnd.apache.avro", MEDIA_OPAQUE}},
    {"ARROW1", 6, {"application/vnd.apache.arrow.file", MEDIA_OPAQUE}},
    {"SQLite format 3", 16, {"application/vnd.sqlite3", MEDIA_OPAQUE}},
    {"%PDF-", 5, {"application/pdf", MEDIA_OPAQUE}},
    {"\x89HDF\r\n\x1A\n", 8, {"application/x-hdf5", MEDIA_OPAQUE}},
    {"SEQ\x06", 4, {"application/x-hadoop-sequence-file", MEDIA_OPAQUE}},
    {"7z\xBC\xAF\x27\x1C", 6, {"application/x-7z-compressed", MEDIA_OPAQUE}},
    {"Rar!\x1A\x07", 6, {"application/vnd.rar", MEDIA_OPAQUE}},
    {"hsqs", 4, {"application/x-squashfs", MEDIA_OPAQUE}},
    {"\xFF\x06\x00\x00sNaPpY", 10, {"application/x-snappy-framed", MEDIA_OPAQUE}},
    {"\xFF\xFE\0\0", 4, {"text/plain; charset=utf-32le", MEDIA_OPAQUE}},
    {"\0\0\xFE\xFF", 4, {"text/plain; charset=utf-32be", MEDIA_OPAQUE}},
    {"Salted__", 8, {"application/x-openssl-encrypted", MEDIA_ENCRYPTED}},
    {"LUKS\xBA\xBE", 6, {"application/x-luks", MEDIA_ENCRYPTED}},
    {"age-encryption.org/", 19, {"application/age-encryption", MEDIA_ENCRYPTED}},
};

/* Programs and the like: their text stands in them as it is. */
static const char *const plain_types[] = {"application/octet-stream", "application/x-executable",
    "application/x-pie-executable", "application/x-sharedlib", "application/x-object", "application/x-coredump",
    "application/x-mach-binary", "application/x-dosexec", "application/vnd.microsoft.portable-executable",
    "application/x-dosdriver", "application/x-java-applet", "application/java-vm", "application/x-bytecode.python",
    "application/wasm", "application/x-terminfo", "application/x-terminfo2", "application/x-gettext-translation",
    "application/x-archive", "application/x-tar", "application/x-cpio", "application/x-git", "application/vnd.cups-raw",
    "application/x-matlab-data", "application/x-dbf", "application/x-dbt", "application/x-empty", "application/json",
    "application/x-ndjson", "application/javascript", "application/pgp-keys", "application/pgp-signature",
    "application/postscript", "application/mbox", "application/x-setupscript", "application/x-wine-extension-ini"};

static const char *const encrypted_types[] = {
    "application/pgp-encrypted", "application/x-pgp-encrypted", "text/PGP", "application/x-bestcrypt"};

/* Everything under these holds text as it is; fonts hold none of their users'. */
static const char *const plain_trees[] = {"text/", "message/", "font/", "inode/", "application/x-font",
    "application/vnd.ms-fontobject", "application/vnd.ms-opentype", "application/font-", "image/svg"};

MediaNamer *media_namer_new(void)
{
    return g_new0(MediaNamer, 1);
}

void media_namer_free(MediaNamer *namer)
{
    if (namer == NULL)
        return;
    if (namer->cookie != NULL)
        magic_close(namer->cookie);
    g_free(namer);
}

static bool is_listed(const char *type, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (g_str_equal(type, list[i]))
            return true;
    return false;
}

static MediaContent content_of(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(plain_trees); i++)
        if (g_str_has_prefix(type, plain_trees[i]))
            return MEDIA_PLAIN;
    if (is_listed(type, plain_types, G_N_ELEMENTS(plain_types)))
        return MEDIA_PLAIN;
    return is_listed(type, encrypted_types, G_N_ELEMENTS(encrypted_types)) ? MEDIA_ENCRYPTED : MEDIA_OPAQUE;
}

static bool load_database(MediaNamer *namer, GError **error)
{
    const int flags = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF |
                      MAGIC_NO_CHECK_TEXT | MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_CSV |
                      MAGIC_NO_CHECK_JSON;
    magic_t cookie = magic_open(flags);

    if (cookie == NULL)
        return fail(error, ERROR_INTERNAL, "libmagic: cannot be set up");
    if (magic_load(cookie, NULL) != 0) {
        (void)fail(error, ERROR_IO, "libmagic: %s", magic_error(cookie));
        magic_close(cookie);
        return false;
    }
    namer->cookie = cookie;
    return true;
}

static Media ask_libmagic(MediaNamer *namer, Bytes head)
{
    const char *type = magic_buffer(namer->cookie, head.data, MIN(head.len, (size_t)NAMED_BY_BYTES));

    if (type == NULL || strchr(type, '/') == NULL)
        return (Media){.type = "application/octet-stream", .content = MEDIA_PLAIN};
    return (Media){.type = type, .content = content_of(type)};
}

bool media_name(MediaNamer *namer, Bytes head, Media *ret_media, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known_magics); i++) {
        const KnownMagic *known = &known_magics[i];
        if (head.len >= known->len && memcmp(head.data, known->magic, known->len) == 0) {
            *ret_media = known->media;
            return true;
        }
    }
    if (namer->cookie == NULL)
        TRY(load_database(namer, error));
    *ret_media = ask_libmagic(namer, head);
    return true;
}
