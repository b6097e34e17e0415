#include "extract/member_name.h"

#include <string.h>

static const char ellipsis[] = "\u2026";

/* Marks that reorder text or hide in it could make a path look like another one. */
static gboolean is_presentable(gunichar character)
{
    const GUnicodeType type = g_unichar_type(character);

    return type != G_UNICODE_CONTROL && type != G_UNICODE_FORMAT && type != G_UNICODE_SURROGATE &&
           type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR && type != G_UNICODE_UNASSIGNED;
}

static char *make_presentable(const char *raw)
{
    g_autofree char *valid = g_utf8_make_valid(raw, -1);
    GString *clean = g_string_sized_new(strlen(valid));

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar character = g_utf8_get_char(at);
        g_string_append_unichar(clean, is_presentable(character) ? character : 0xFFFD);
    }
    return g_string_free(clean, FALSE);
}

static size_t character_start(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xC0U) == 0x80U)
        at--;
    return at;
}

static char *keep_front(const char *text, size_t max)
{
    if (strlen(text) <= max)
        return g_strdup(text);
    g_autofree char *front = g_strndup(text, character_start(text, max - strlen(ellipsis)));
    return g_strconcat(front, ellipsis, NULL);
}

static char *keep_back(const char *text, size_t max)
{
    const size_t len = strlen(text);

    if (len <= max)
        return g_strdup(text);
    size_t at = len - (max - strlen(ellipsis));
    while (at < len && ((unsigned char)text[at] & 0xC0U) == 0x80U)
        at++;
    return g_strconcat(ellipsis, text + at, NULL);
}

char *member_name_clean(const char *raw, guint number)
{
    g_autofree char *presentable = make_presentable(raw != NULL ? raw : "");
    const char *relative = presentable + strspn(presentable, "/");

    if (*relative == '\0')
        return g_strdup_printf("member-%u", number);
    g_auto(GStrv) parts = g_strsplit(relative, "/", -1);
    for (char **part = parts; *part != NULL; part++)
        if (g_str_equal(*part, ".."))
            memset(*part, '_', 2);
    g_autofree char *joined = g_strjoinv("/", parts);
    return keep_front(joined, MEMBER_NAME_MAX_BYTES);
}

char *member_path_join(const char *under, const char *name)
{
    g_autofree char *joined = under != NULL ? g_strconcat(under, "/", name, NULL) : g_strdup(name);

    return keep_back(joined, MEMBER_PATH_MAX_BYTES);
}

typedef struct Suffix {
    const char *packed, *unpacked;
} Suffix;

static const Suffix suffixes[] = {
    {".gz", ""},
    {".gzip", ""},
    {".zst", ""},
    {".zstd", ""},
    {".xz", ""},
    {".lzma", ""},
    {".lz", ""},
    {".lz4", ""},
    {".bz2", ""},
    {".bz", ""},
    {".z", ""},
    {".tgz", ".tar"},
    {".tzst", ".tar"},
    {".txz", ".tar"},
    {".tbz", ".tar"},
    {".tbz2", ".tar"},
    {".taz", ".tar"},
    {".svgz", ".svg"},
};

char *member_name_unpacked(const char *packed_path)
{
    g_autofree char *whole = member_name_clean(packed_path, 1);
    const char *slash = strrchr(whole, '/');
    const char *base = slash != NULL && slash[1] != '\0' ? slash + 1 : whole;
    const size_t len = strlen(base);

    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        const size_t suffix_len = strlen(suffixes[i].packed);
        if (len <= suffix_len || g_ascii_strcasecmp(base + len - suffix_len, suffixes[i].packed) != 0)
            continue;
        g_autofree char *stem = g_strndup(base, len - suffix_len);
        return g_strconcat(stem, suffixes[i].unpacked, NULL);
    }
    return g_strdup(base);
}
