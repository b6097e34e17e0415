#include "findings/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_HEX_LEN = 2 * FINGERPRINT_KEY_BYTES, KEY_FILE_MAX = KEY_HEX_LEN + 2 };

static const char key_name[] = "fingerprint_key_id";

/* The id is of no use for guessing: HMAC-SHA-256 under the key itself. */
static void set_id(FingerprintKey *key)
{
    static const char message[] = "trawl fingerprint key id";
    g_autofree char *digest = g_compute_hmac_for_data(
        G_CHECKSUM_SHA256, key->bytes, sizeof key->bytes, (const guchar *)message, sizeof message - 1);

    g_strlcpy(key->id, digest, sizeof key->id);
}

static bool parse_hex(const char *text, uint8_t *bytes)
{
    for (size_t i = 0; i < FINGERPRINT_KEY_BYTES; i++) {
        const int high = g_ascii_xdigit_value(text[2 * i]);
        const int low = high < 0 ? -1 : g_ascii_xdigit_value(text[2 * i + 1]);
        if (low < 0)
            return false;
        bytes[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static bool check_file(int fd, const char *path, GError **error)
{
    struct stat status = {0};

    if (fstat(fd, &status) != 0)
        return fail(error, ERROR_IO, "%s: %s", path, g_strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(error, ERROR_INVALID, "%s: expected a file with a fingerprint key", path);
    if ((status.st_mode & 077) != 0)
        return fail(error, ERROR_INVALID, "%s: others may read this key (mode %04o): expected mode 0600", path,
            (unsigned)(status.st_mode & 07777));
    return true;
}

static bool read_key(int fd, const char *path, FingerprintKey *ret_key, GError **error)
{
    char text[KEY_FILE_MAX + 1] = {0};

    TRY(check_file(fd, path, error));
    const ssize_t len = read(fd, text, KEY_FILE_MAX + 1);
    if (len < 0)
        return fail(error, ERROR_IO, "%s: %s", path, g_strerror(errno));
    text[KEY_FILE_MAX] = '\0';
    const bool is_key = len <= KEY_FILE_MAX && strspn(text + KEY_HEX_LEN, "\r\n") == strlen(text + KEY_HEX_LEN) &&
                        parse_hex(text, ret_key->bytes);
    explicit_bzero(text, sizeof text);
    if (!is_key)
        return fail(
            error, ERROR_INVALID, "%s: expected a fingerprint key: %d bytes in hex", path, FINGERPRINT_KEY_BYTES);
    set_id(ret_key);
    return true;
}

static bool write_key(int fd, const char *path, GError **error)
{
    uint8_t bytes[FINGERPRINT_KEY_BYTES];
    char text[KEY_HEX_LEN + 1];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return fail(error, ERROR_IO, "no random bytes: %s", g_strerror(errno));
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 0xFU];
    }
    text[KEY_HEX_LEN] = '\n';
    const bool is_written = write(fd, text, sizeof text) == (ssize_t)sizeof text && fsync(fd) == 0;
    explicit_bzero(bytes, sizeof bytes);
    explicit_bzero(text, sizeof text);
    if (is_written)
        return true;
    return fail(error, errno == ENOSPC ? ERROR_NO_SPACE : ERROR_IO, "%s: %s", path, g_strerror(errno));
}

/* Whole under another name first, then linked: nobody ever sees half a key, and an existing one is never replaced. */
static bool make_key(const char *path, GError **error)
{
    g_autofree char *draft = g_strconcat(path, ".XXXXXX", NULL);
    const int fd = g_mkstemp_full(draft, O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail(error, ERROR_IO, "%s: %s", path, g_strerror(errno));
    const bool is_written = write_key(fd, path, error);
    (void)close(fd);
    const int link_errno = is_written && link(draft, path) != 0 ? errno : 0;
    (void)unlink(draft);
    if (link_errno != 0 && link_errno != EEXIST)
        return fail(error, ERROR_IO, "%s: %s", path, g_strerror(link_errno));
    return is_written;
}

bool fingerprint_key_load(const char *path, FingerprintKey *ret_key, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT) {
        TRY(make_key(path, error));
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    }
    if (fd < 0)
        return fail(error, ERROR_IO, "%s: %s", path, g_strerror(errno));
    const bool is_read = read_key(fd, path, ret_key, error);
    (void)close(fd);
    return is_read;
}

static bool read_stored_id(DbTx *tx, char **ret_id, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    *ret_id = NULL;
    TRY(DB_QUERY(tx, SQL_META_GET, &rows, error, db_text(key_name)));
    TRY(db_rows_next(rows, &has_row, error));
    if (has_row)
        *ret_id = g_strdup(db_rows_text(rows, 0));
    return true;
}

/* Reading first: the usual case needs no writer's place. */
static bool look_up_id(Db *db, char **ret_id, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_READ, &tx, error));
    return read_stored_id(tx, ret_id, error);
}

static bool remember_id(Db *db, const FingerprintKey *key, char **ret_id, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_META_ADD, NULL, error, db_text(key_name), db_text(key->id)));
    TRY(read_stored_id(tx, ret_id, error));
    return db_commit(g_steal_pointer(&tx), error);
}

bool fingerprint_key_id(Db *db, char **ret_id, GError **error)
{
    g_autofree char *stored = NULL;

    TRY(look_up_id(db, &stored, error));
    if (stored == NULL)
        return fail(error, ERROR_NOT_FOUND, "the store has no fingerprint key yet: expected one that a scan filled");
    *ret_id = g_steal_pointer(&stored);
    return true;
}

bool fingerprint_key_check(Db *db, const FingerprintKey *key, GError **error)
{
    g_autofree char *stored = NULL;

    TRY(look_up_id(db, &stored, error));
    if (stored == NULL)
        TRY(remember_id(db, key, &stored, error));
    if (g_strcmp0(stored, key->id) == 0)
        return true;
    return fail(error, ERROR_INVALID, "fingerprint key %s: the store was filled with key %s: expected that one",
        key->id, stored != NULL ? stored : "?");
}

bool fingerprint_key_open(Db *db, const char *path, FingerprintKey *ret_key, GError **error)
{
    g_autofree char *stored = NULL;

    TRY(look_up_id(db, &stored, error));
    if (stored != NULL && access(path, F_OK) != 0 && errno == ENOENT)
        return fail(error, ERROR_INVALID,
            "%s: no such file: the store was filled with fingerprint key %s: expected that one", path, stored);
    TRY(fingerprint_key_load(path, ret_key, error));
    return fingerprint_key_check(db, ret_key, error);
}
