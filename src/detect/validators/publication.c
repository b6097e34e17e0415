/* What tells values of documents that are written for everybody: manuals, translations, listings of programs. */
#include "detect/validators/validators_internal.h"

#include <string.h>

static bool has_ending(const char *path, const char *const *endings, size_t count)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < count; i++) {
        size_t ending = strlen(endings[i]);
        if (len > ending && memcmp(path + len - ending, endings[i], ending) == 0)
            return true;
    }
    return false;
}

/* Formats of manuals, of translated messages, and of languages in which programs are written but no data is kept. */
static bool is_published(const char *path)
{
    static const char *const endings[] = {".rst", ".rst.gz", ".rst.txt", ".texi", ".texinfo", ".info", ".info.gz",
        ".pod", ".po", ".pot", ".c", ".h", ".cc", ".cpp", ".hpp", ".go", ".el", ".el.gz", ".rs"};
    static const char *const directories[] = {"/man/", "/locale/", "/locales/", "/i18n/", "/cldr/"};

    if (path == NULL)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(directories); i++)
        if (strstr(path, directories[i]) != NULL)
            return true;
    return has_ending(path, endings, G_N_ELEMENTS(endings));
}

/* Classes that Pygments, DocBook and their like give to the words of a program that they print. */
static bool is_class_of_listing(Bytes tag)
{
    static const char *const classes[] = {"go", "gp", "s", "s1", "s2", "sd", "se", "sh", "c", "c1", "cm", "mi", "mf",
        "mh", "n", "p", "k", "string", "number", "comment", "identifier"};
    static const char begins[] = "<span class=\"";
    size_t begins_len = sizeof begins - 1;

    if (tag.len <= begins_len || memcmp(tag.data, begins, begins_len) != 0)
        return false;
    const uint8_t *name = tag.data + begins_len, *quote = memchr(name, '"', tag.len - begins_len);
    size_t len = quote != NULL ? (size_t)(quote - name) : 0;
    for (size_t i = 0; quote != NULL && i < G_N_ELEMENTS(classes); i++)
        if (len == strlen(classes[i]) && memcmp(name, classes[i], len) == 0)
            return true;
    return false;
}

/* The innermost element that is open is one of a listing. */
static bool is_in_listing(Bytes before)
{
    const uint8_t *tag = before.len > 0 ? memrchr(before.data, '<', before.len) : NULL;

    return tag != NULL && is_class_of_listing((Bytes){tag, (size_t)(before.data + before.len - tag)});
}

Verdict outside_publication(const Surroundings *surroundings, Verdict verdict)
{
    if (verdict <= VERDICT_LOW)
        return verdict;
    return is_published(surroundings->path) || is_in_listing(surroundings->before) ? VERDICT_LOW : verdict;
}
