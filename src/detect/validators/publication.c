/* What tells values of documents that are written for everybody: manuals, translations, listings of programs, tables of
 * codes, prose. */
#include "detect/validators/validators_internal.h"
#include "detect/validators/word_search.h"

#include <string.h>

/* What a path ends with. */
typedef struct Ending {
    const char *text;
    size_t len;
} Ending;

#define ENDING(text)                                                                                                   \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

/* Formats of manuals, of translated messages, of packages' papers, and of languages in which programs are written but
 * no data is kept. */
static const Ending endings[] = {ENDING(".rst"), ENDING(".rst.gz"), ENDING(".rst.txt"), ENDING(".texi"),
    ENDING(".texinfo"), ENDING(".info"), ENDING(".info.gz"), ENDING(".pod"), ENDING(".po"), ENDING(".pot"),
    ENDING(".c"), ENDING(".h"), ENDING(".cc"), ENDING(".cpp"), ENDING(".hpp"), ENDING(".go"), ENDING(".el"),
    ENDING(".el.gz"), ENDING(".rs"), ENDING(".pas"), ENDING(".pp"), ENDING(".inc"), ENDING(".s"), ENDING(".S"),
    ENDING(".asm"), ENDING(".f90"), ENDING(".hs"), ENDING(".ml"), ENDING("/NEWS"), ENDING("/NEWS.gz"),
    ENDING("/HISTORY"), ENDING("/HISTORY.gz"), ENDING("/CHANGES"), ENDING("/CHANGES.gz"), ENDING("/AUTHORS"),
    ENDING("/AUTHORS.gz"), ENDING("/THANKS"), ENDING("/CREDITS"), ENDING("/copyright"), ENDING("/package.json"),
    ENDING(".pom"), ENDING("/PKG-INFO"), ENDING("/METADATA")};

static bool has_ending(const char *path, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        const Ending *ending = &endings[i];
        if (len > ending->len && memcmp(path + len - ending->len, ending->text, ending->len) == 0)
            return true;
    }
    return false;
}

bool path_is_public(const char *path)
{
    static const char *const parts[] = {"/man/", "/locale/", "/locales/", "/i18n/", "/cldr/", "/l10n/", "/lang/",
        "/languages/", "/localization/", "/translations/", "/strings/", "LocalStrings", "messages_", "changelog"};
    static WordSearch search = WORD_SEARCH(parts);

    if (path == NULL)
        return false;
    size_t len = strlen(path);
    if (has_ending(path, len))
        return true;
    return word_search_any(&search, (Bytes){.data = (const uint8_t *)path, .len = len});
}

/* Classes that Pygments, DocBook, highlight.js, Prism and their like give to the words of a program that they print. */
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
    if (len > 5 && (memcmp(name, "hljs-", 5) == 0 || memcmp(name, "token ", 6) == 0))
        return true;
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

/* "For example, ", "such as <code>", "e.g. ": right before the value. */
static bool is_told_as_example(Bytes before)
{
    static const char *const words[] = {"xample", "e.g", "such as"};
    static const char tag[] = "<code>";

    if (before.len > sizeof tag && memcmp(before.data + before.len - (sizeof tag - 1), tag, sizeof tag - 1) == 0)
        before.len -= sizeof tag - 1;
    while (before.len > 0 && is_one_of(before.data[before.len - 1], " :,.(\"'`"))
        before.len--;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t len = strlen(words[i]);
        if (before.len > len && memcmp(before.data + before.len - len, words[i], len) == 0)
            return true;
    }
    return false;
}

Verdict outside_publication(const Surroundings *surroundings, Verdict verdict)
{
    if (verdict <= VERDICT_LOW)
        return verdict;
    bool is_public =
        surroundings->is_public || is_in_listing(surroundings->before) || is_told_as_example(surroundings->before);
    return is_public ? VERDICT_LOW : verdict;
}

/* The length of an ISO 639 or 3166 code ("CU", "CU-05", "cat") that begins at `text`; 0: it is none. */
static size_t iso_code_length(Bytes text)
{
    enum { LETTERS_MIN = 2, LETTERS_MAX = 3, PART_MAX = 3 };
    size_t letters = 0, part = 0;

    while (letters < text.len && g_ascii_isalpha(text.data[letters]))
        letters++;
    if (letters < LETTERS_MIN || letters > LETTERS_MAX)
        return 0;
    if (letters == text.len || text.data[letters] != '-')
        return letters;
    while (letters + 1 + part < text.len && g_ascii_isalnum(text.data[letters + 1 + part]))
        part++;
    return part > 0 && part <= PART_MAX ? letters + 1 + part : 0;
}

/* Behind the key, its sign and quotes: `": "`, `="`. */
static bool is_code_behind(Bytes text)
{
    size_t at = 0;

    while (at < text.len && is_one_of(text.data[at], "\":= "))
        at++;
    size_t len = iso_code_length((Bytes){text.data + at, text.len - at});
    return at > 1 && len > 0 && at + len < text.len && text.data[at + len] == '"';
}

bool is_beside_code(Bytes before)
{
    enum { NEAR = 128 };
    static const char *const keys[] = {"\"code", " code", "\tcode", "\ncode", "\"alpha_2", "\"alpha_3"};
    static WordSearch search = WORD_SEARCH(keys);
    size_t near = MIN(before.len, (size_t)NEAR);
    const uint8_t *end = before.data + before.len;
    bool may_be = near > 0 && memchr(end - near, '"', near) != NULL &&
                  word_search_any(&search, (Bytes){.data = end - near, .len = near});

    for (size_t i = 0; may_be && i < G_N_ELEMENTS(keys); i++) {
        const uint8_t *key = memmem(end - near, near, keys[i], strlen(keys[i]));
        const uint8_t *behind = key != NULL ? key + strlen(keys[i]) : NULL;
        if (behind != NULL && is_code_behind((Bytes){behind, (size_t)(end - behind)}))
            return true;
    }
    return false;
}

static bool is_among(Bytes text, const char *first, const char *last, size_t at)
{
    return at + 3 <= text.len && memcmp(text.data + at, first, 3) >= 0 && memcmp(text.data + at, last, 3) <= 0;
}

/* Where the name ends: before "です", or a mark of punctuation. Characters have three bytes. */
static size_t japanese_name_length(Bytes value)
{
    static const char copula[] = "です";

    for (size_t at = 0; at + 3 <= value.len; at += 3)
        if (is_among(value, "、", "。", at) ||
            (at + sizeof copula - 1 <= value.len && memcmp(value.data + at, copula, sizeof copula - 1) == 0))
            return at;
    return value.len;
}

/* Letters of another script behind their words for a name. Behind the particle は stands a sentence as often: a name
 * in it is written without hiragana, and in katakana alone it is another's word. */
Verdict validate_script_name(const Surroundings *surroundings)
{
    static const char particle[] = "は";
    Bytes value = surroundings->value, before = surroundings->before;
    size_t kanji = 0;

    while (before.len > 0 && is_one_of(before.data[before.len - 1], " \"'"))
        before.len--;
    if (before.len < 3 || memcmp(before.data + before.len - 3, particle, 3) != 0)
        return outside_publication(surroundings, VERDICT_PASS);
    value.len = japanese_name_length(value);
    for (size_t at = 0; at + 3 <= value.len; at += 3) {
        if (is_among(value, "ぁ", "ん", at))
            return VERDICT_REJECT;
        kanji += is_among(value, "一", "龥", at) ? 1 : 0;
    }
    if (value.len == 0)
        return VERDICT_REJECT;
    return kanji > 0 ? outside_publication(surroundings, VERDICT_PASS) : VERDICT_LOW;
}
