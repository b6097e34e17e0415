#include "detect/demanded.h"
#include "detect/keyword_fold.h"

#include <string.h>

enum { STEM_DIGITS = 16, PLAIN_MIN = 3 };

typedef struct FoldedPart {
    char text[KEYWORD_MAX_BYTES];
    uint32_t len;
} FoldedPart;

typedef struct DemandedPhrase {
    FoldedPart parts[KEYWORD_MAX_WORDS];
    uint32_t distance;     /* the greatest of its rules */
    uint32_t count, found; /* found: index of the part that Hyperscan looks for */
    uint64_t *rules;
} DemandedPhrase;

typedef struct DemandedWord {
    FoldedPart part;
    char *pattern;
    GPtrArray *phrases; /* DemandedPhrase */
} DemandedWord;

struct Demanded {
    size_t rule_words;
    GPtrArray *words;
};

static void phrase_free(gpointer data)
{
    DemandedPhrase *phrase = data;

    g_free(phrase->rules);
    g_free(phrase);
}

static void word_free(gpointer data)
{
    DemandedWord *word = data;

    g_free(word->pattern);
    g_ptr_array_unref(word->phrases);
    g_free(word);
}

Demanded *demanded_new(size_t rule_words)
{
    Demanded *demanded = g_new0(Demanded, 1);

    demanded->rule_words = rule_words;
    demanded->words = g_ptr_array_new_with_free_func(word_free);
    return demanded;
}

void demanded_free(Demanded *demanded)
{
    if (demanded == NULL)
        return;
    g_ptr_array_unref(demanded->words);
    g_free(demanded);
}

/* Splits the keyword; found becomes the longest part. */
static void phrase_read(DemandedPhrase *phrase, const char *keyword)
{
    const uint8_t *cursor = (const uint8_t *)keyword;

    while (*cursor != '\0' && phrase->count < KEYWORD_MAX_WORDS) {
        FoldedPart *part = &phrase->parts[phrase->count];
        uint8_t before = 0;
        for (; keyword_is_word_byte(*cursor) && part->len < KEYWORD_MAX_BYTES; cursor++) {
            part->text[part->len++] = (char)keyword_lower(before, *cursor);
            before = *cursor;
        }
        if (part->len == 0) {
            cursor++;
            continue;
        }
        if (part->len > phrase->parts[phrase->found].len)
            phrase->found = phrase->count;
        phrase->count++;
    }
}

static void append_folded(GString *pattern, const FoldedPart *part, uint32_t from)
{
    for (uint32_t i = from; i < part->len; i++) {
        uint8_t byte = (uint8_t)part->text[i];
        bool is_latin = i > 0 && (uint8_t)part->text[i - 1] == 0xC3 && byte >= 0xA0 && byte != 0xB7 && byte <= 0xBE;
        const char both_cases[] = {'[', g_ascii_toupper((char)byte), (char)byte, ']'};
        if (g_ascii_isalpha((char)byte))
            g_string_append_len(pattern, both_cases, sizeof both_cases);
        else if (is_latin)
            g_string_append_printf(pattern, "[\\x%02x\\x%02x]", byte - 0x20U, byte);
        else if (byte >= 0x80)
            g_string_append_printf(pattern, "\\x%02x", byte);
        else
            g_string_append_c(pattern, (char)byte);
    }
}

/* A word begins behind what is no letter, or with a capital ("cardPan"); it does not go on with a small letter. For
 * words that are not short Hyperscan is faster without being told so. */
static char *make_pattern(const FoldedPart *part)
{
    GString *pattern = g_string_new(NULL);

    if (part->len >= PLAIN_MIN) {
        append_folded(pattern, part, 0);
        return g_string_free(pattern, FALSE);
    }
    g_string_append(pattern, "(?:^|[^A-Za-z])");
    append_folded(pattern, part, 0);
    g_string_append(pattern, "(?:[^a-z]|$)");
    if (g_ascii_isalpha(part->text[0])) {
        g_string_append_printf(pattern, "|[A-Za-z]%c", g_ascii_toupper(part->text[0]));
        append_folded(pattern, part, 1);
        g_string_append(pattern, "(?:[^a-z]|$)");
    }
    return g_string_free(pattern, FALSE);
}

static bool is_same_part(const FoldedPart *a, const FoldedPart *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

static DemandedWord *word_of(Demanded *demanded, const FoldedPart *part)
{
    for (guint i = 0; i < demanded->words->len; i++) {
        DemandedWord *word = g_ptr_array_index(demanded->words, i);
        if (is_same_part(&word->part, part))
            return word;
    }
    DemandedWord *word = g_new0(DemandedWord, 1);
    word->part = *part;
    word->pattern = make_pattern(part);
    word->phrases = g_ptr_array_new_with_free_func(phrase_free);
    g_ptr_array_add(demanded->words, word);
    return word;
}

static bool is_same_phrase(const DemandedPhrase *a, const DemandedPhrase *b)
{
    bool is_same = a->count == b->count;

    for (uint32_t i = 0; is_same && i < a->count; i++)
        is_same = is_same_part(&a->parts[i], &b->parts[i]);
    return is_same;
}

void demanded_add(Demanded *demanded, const char *keyword, uint32_t rule, uint32_t distance)
{
    DemandedPhrase *phrase = g_new0(DemandedPhrase, 1);

    phrase_read(phrase, keyword);
    DemandedWord *word = word_of(demanded, &phrase->parts[phrase->found]);
    for (guint i = 0; i < word->phrases->len; i++) {
        DemandedPhrase *known = g_ptr_array_index(word->phrases, i);
        if (is_same_phrase(known, phrase)) {
            known->distance = MAX(known->distance, distance);
            known->rules[rule / 64] |= UINT64_C(1) << (rule % 64);
            phrase_free(phrase);
            return;
        }
    }
    phrase->distance = distance;
    phrase->rules = g_new0(uint64_t, demanded->rule_words);
    phrase->rules[rule / 64] |= UINT64_C(1) << (rule % 64);
    g_ptr_array_add(word->phrases, phrase);
}

uint32_t demanded_word_count(const Demanded *demanded)
{
    return demanded->words->len;
}

const char *demanded_word_pattern(const Demanded *demanded, uint32_t word)
{
    return ((const DemandedWord *)g_ptr_array_index(demanded->words, word))->pattern;
}

/* Whether the part stands at the index; what lies outside the view may be anything. */
static bool stands_at(const FoldedPart *part, const TextView *text, size_t at)
{
    for (uint32_t i = 0; i < part->len && at + i < text->len; i++) {
        uint8_t before = at + i > 0 ? text->data[at + i - 1] : 0;
        if (keyword_lower(before, text->data[at + i]) != (uint8_t)part->text[i])
            return false;
    }
    return true;
}

static bool are_parts_before(const DemandedPhrase *phrase, const TextView *text, size_t start)
{
    for (uint32_t i = phrase->found; i > 0; i--) {
        const FoldedPart *part = &phrase->parts[i - 1];
        size_t gap = 0, digits = 0;
        while (gap < start && gap < KEYWORD_PHRASE_GAP && !keyword_is_word_byte(text->data[start - 1 - gap]))
            gap++;
        start -= gap;
        while (digits < start && digits < STEM_DIGITS && g_ascii_isdigit((char)text->data[start - 1 - digits]))
            digits++;
        bool ends_in_digit = g_ascii_isdigit(part->text[part->len - 1]);
        start -= ends_in_digit ? 0 : digits;
        if (start < part->len)
            return text->base > 0;
        start -= part->len;
        if (!stands_at(part, text, start))
            return false;
    }
    return true;
}

/* end: behind the part that was found; becomes the end of the phrase. */
static bool are_parts_behind(const DemandedPhrase *phrase, const TextView *text, size_t *end)
{
    for (uint32_t i = phrase->found + 1; i < phrase->count; i++) {
        size_t gap = 0;
        while (
            *end < text->len && g_ascii_isdigit((char)text->data[*end]) && !g_ascii_isdigit(phrase->parts[i].text[0]))
            ++*end;
        while (*end < text->len && gap++ < KEYWORD_PHRASE_GAP && !keyword_is_word_byte(text->data[*end]))
            ++*end;
        if (!stands_at(&phrase->parts[i], text, *end))
            return false;
        *end += phrase->parts[i].len;
    }
    return true;
}

/* Whether a word may be the text between; see make_pattern(). */
static bool is_whole(const TextView *text, size_t start, size_t end)
{
    bool begins =
        start == 0 || !g_ascii_isalpha((char)text->data[start - 1]) || !g_ascii_islower((char)text->data[start]);

    return begins && (end >= text->len || !g_ascii_islower((char)text->data[end]));
}

void demanded_visit(
    const Demanded *demanded, uint32_t index, const TextView *text, uint64_t end, DemandedVisitor visitor, void *data)
{
    const DemandedWord *word = g_ptr_array_index(demanded->words, index);
    size_t at = (size_t)(end - text->base);

    if (at < word->part.len || !stands_at(&word->part, text, at - word->part.len))
        at--;
    size_t start = at >= word->part.len ? at - word->part.len : 0;
    if (!is_whole(text, start, at))
        return;
    for (guint i = 0; i < word->phrases->len; i++) {
        const DemandedPhrase *phrase = g_ptr_array_index(word->phrases, i);
        size_t phrase_end = at;
        if (phrase->count > 1 &&
            !(are_parts_before(phrase, text, start) && are_parts_behind(phrase, text, &phrase_end)))
            continue;
        const DemandedKeyword keyword = {
            .end = text->base + phrase_end, .distance = phrase->distance, .rules = phrase->rules};
        visitor(data, &keyword);
    }
}
