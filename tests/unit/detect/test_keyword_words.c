/* Which keywords are found, compared with a plain reading of the rules for words: byte by byte, with the whole text at
 * hand. */
#include "detect/keywords.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 3, RUN_MAX = 63, GAP_MAX = 4, BLOB_LEAST = 12, QUIET_LETTERS = 4, STEM_LEAST = 2 };

typedef struct Phrase {
    const char *words[WORDS_MAX]; /* in lower case */
    size_t count;
} Phrase;

static const Phrase phrases[] = {
    {{"pan"}, 1},
    {{"card"}, 1},
    {{"credit", "card"}, 2},
    {{"github"}, 1},
    {{"github", "token"}, 2},
    {{"user", "id"}, 2},
    {{"cvv2"}, 1},
    {{"plan", "b"}, 2},
    {{"p", "i"}, 2},
    {{"n", "i", "f"}, 3},
    {{"e", "mail"}, 2},
    {{"card", "user", "id"}, 3},
    {{"customerrelationship"}, 1},
    {{"icd", "10"}, 2},
    {{"icd", "10", "cm"}, 3},
    {{"code", "icd", "9"}, 3},
    {{"7", "mail"}, 2},
    {{"7", "user", "mail"}, 3},
    {{"xray", "tube"}, 2},
    {{"3com", "switch"}, 2},
};

/* Bytes of a text. */
typedef struct Span {
    size_t start, end;
} Span;

static bool is_word_byte(char byte)
{
    return g_ascii_isalnum(byte) || (guchar)byte >= 0x80;
}

static bool is_edge(const char *text, size_t at)
{
    if (at == 0 || !g_ascii_isupper(text[at]))
        return false;
    return g_ascii_islower(text[at - 1]) || g_ascii_isdigit(text[at - 1]) ||
           (g_ascii_isupper(text[at - 1]) && g_ascii_islower(text[at + 1]));
}

static Span run_at(const char *text, size_t at)
{
    Span run = {.start = at, .end = at};

    while (run.start > 0 && is_word_byte(text[run.start - 1]))
        run.start--;
    while (is_word_byte(text[run.end]))
        run.end++;
    return run;
}

static size_t edges_in(const char *text, Span run)
{
    size_t edges = 0;

    for (size_t i = run.start + 1; i < run.end; i++)
        edges += is_edge(text, i) ? 1 : 0;
    return edges;
}

/* More changes than one in four bytes, and fewer places where four small letters stand than one in sixteen. */
static bool is_blob(const char *text, Span run)
{
    size_t changes = edges_in(text, run), quiet = 0, len = run.end - run.start;

    if (len < BLOB_LEAST || changes == 0)
        return false;
    for (size_t i = run.start; i < run.end; i++) {
        changes += g_ascii_isdigit(text[i]) && (i == run.start || !g_ascii_isdigit(text[i - 1])) ? 1 : 0;
        size_t small = 0;
        while (small < QUIET_LETTERS && i + small < run.end && g_ascii_islower(text[i + small]))
            small++;
        quiet += small == QUIET_LETTERS ? 1 : 0;
    }
    return changes * 4 > len && quiet * 16 < len;
}

static bool has_words(const char *text, Span run)
{
    return run.end - run.start <= RUN_MAX && !is_blob(text, run);
}

static bool is_known(const char *word)
{
    for (size_t i = 0; i < G_N_ELEMENTS(phrases); i++) {
        for (size_t j = 0; j < phrases[i].count; j++) {
            if (strcmp(phrases[i].words[j], word) == 0)
                return true;
        }
    }
    return false;
}

/* The word in lower case; without the digits behind it, if it is only known so. */
static char *word_of(const char *text, Span part)
{
    g_autofree char *word = g_ascii_strdown(text + part.start, (gssize)(part.end - part.start));
    size_t stem = strlen(word);

    while (stem > 0 && g_ascii_isdigit(word[stem - 1]))
        stem--;
    if (!is_known(word) && stem >= STEM_LEAST)
        word[stem] = '\0';
    return g_steal_pointer(&word);
}

static bool is_whole(const char *text, Span run, const char *word)
{
    return run.end - run.start == strlen(word) && g_ascii_strncasecmp(text + run.start, word, strlen(word)) == 0;
}

/* Whether the phrase's first words stand before; then where they begin. */
static bool words_precede(const char *text, const Phrase *phrase, size_t left, size_t *start)
{
    Span part = {.end = *start};

    if (left == 0)
        return true;
    while (part.end > 0 && *start - part.end < GAP_MAX && !is_word_byte(text[part.end - 1]))
        part.end--;
    if (part.end == 0 || !is_word_byte(text[part.end - 1]))
        return false;
    Span run = run_at(text, part.end - 1);
    if (!has_words(text, run))
        return false;
    part.start = part.end - 1;
    while (part.start > run.start && !is_edge(text, part.start))
        part.start--;
    g_autofree char *word = word_of(text, part);
    run.end = part.end;
    bool is_part = strcmp(word, phrase->words[left - 1]) == 0;
    if (!is_part && (edges_in(text, run) == 0 || !is_whole(text, run, phrase->words[left - 1])))
        return false;
    *start = is_part ? part.start : run.start;
    return words_precede(text, phrase, left - 1, start);
}

static void add_phrases(const char *text, Span part, const char *word, GPtrArray *found)
{
    for (size_t i = 0; i < G_N_ELEMENTS(phrases); i++) {
        size_t start = part.start;
        if (strcmp(phrases[i].words[phrases[i].count - 1], word) == 0 &&
            words_precede(text, &phrases[i], phrases[i].count - 1, &start))
            g_ptr_array_add(found, g_strdup_printf("%06zu-%06zu:%zu", start, part.end, i));
    }
}

static void add_run(const char *text, Span run, GPtrArray *found)
{
    if (!has_words(text, run))
        return;
    for (size_t start = run.start, end = start + 1; end <= run.end; end++) {
        if (end < run.end && !is_edge(text, end))
            continue;
        g_autofree char *word = word_of(text, (Span){.start = start, .end = end});
        add_phrases(text, (Span){.start = start, .end = end}, word, found);
        start = end;
    }
    if (edges_in(text, run) > 0) {
        g_autofree char *whole = g_ascii_strdown(text + run.start, (gssize)(run.end - run.start));
        add_phrases(text, run, whole, found);
    }
}

static gint order(gconstpointer left, gconstpointer right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* One line a keyword, in order, each once. */
static char *joined(GPtrArray *found)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    g_ptr_array_sort(found, order);
    for (guint i = 0; i < found->len; i++) {
        const char *line = g_ptr_array_index(found, i);
        if (i == 0 || strcmp(line, g_ptr_array_index(found, i - 1)) != 0)
            g_string_append_printf(lines, "%s\n", line);
    }
    return g_string_free(g_steal_pointer(&lines), FALSE);
}

static char *expected(const char *text)
{
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    for (size_t at = 0; text[at] != '\0'; at++) {
        if (!is_word_byte(text[at]))
            continue;
        Span run = run_at(text, at);
        add_run(text, run, found);
        at = run.end - 1;
    }
    return joined(found);
}

static Vocabulary *vocabulary(void)
{
    Vocabulary *words = vocabulary_new(1);

    for (size_t i = 0; i < G_N_ELEMENTS(phrases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree const char **keyword = g_new0(const char *, WORDS_MAX + 1);
        memcpy(keyword, phrases[i].words, sizeof phrases[i].words);
        g_autofree char *text = g_strjoinv(" ", (char **)keyword);
        g_assert_true(vocabulary_add(words, 0, text, &error));
    }
    return words;
}

static char *actual(const Vocabulary *words, const char *text, Processor processor)
{
    const TextView view = {.data = (const uint8_t *)text, .len = strlen(text)};
    g_autoptr(KeywordTracker) tracker = keyword_tracker_new_for(words, processor);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);

    keyword_tracker_feed(tracker, &view, KEYWORD_LAST);
    const GArray *hits = keyword_tracker_hits(tracker);
    for (guint i = 0; i < hits->len; i++) {
        const KeywordHit *hit = &g_array_index(hits, KeywordHit, i);
        g_ptr_array_add(found, g_strdup_printf("%06zu-%06zu:%u", (size_t)hit->start, (size_t)hit->end, hit->phrase));
    }
    return joined(found);
}

static void check(const Vocabulary *words, const char *text)
{
    g_autofree char *want = expected(text);

    for (Processor processor = PROCESSOR_ANY; processor <= processor_best(); processor++) {
        g_autofree char *have = actual(words, text, processor);
        if (strcmp(want, have) != 0)
            g_test_fail_printf("'%s', processor %d: expected\n%sgot\n%s", text, (int)processor, want, have);
    }
}

/* Names that begin calmly and become choppy, or the other way round, and what is behind them. */
static const char *const names[] = {
    "customerRelationshipAccountV2S3IAMEC2UserIDPan",
    "customerRelationshipS3V2B4K9X2PanS3V2B4K9X2",
    "S3V2B4K9X2IAMEC2customerRelationshipaccountCard",
    "q83vEjRWeJCrze8BI0VniavNq83vEjRWeJCrze8Credit card",
    "q83vEjRWeJCrze8BI0VniavN credit card",
    "creditCardNumberOfTheUserWhoHasGitHubTokenS3V2B4K9X2S3V2B4Pan",
    "aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB1cD2eF3gH4iJ5kL6mN7oPan8q card",
    "gitHubToken, GitHubTokens; GitHubToken: xGitHubToken, githubToken",
    "XRayTube, xRayTube; XrayTube: xrayTube, 3ComSwitch; 3comSwitch: 3Com Switch, 33ComSwitch",
    "customerRelationship2 CustomerRelationship2 credit2 card2 p. i. P   I n.I.F. GitHub token",
};

static void test_words_of_a_name_do_not_depend_on_where_it_stands(void)
{
    g_autoptr(Vocabulary) words = vocabulary();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        for (int offset = 0; offset < 130; offset++) {
            g_autofree char *text = g_strdup_printf("%*s%s.", offset, "", names[i]);
            check(words, text);
        }
    }
}

/* What texts are made of: mostly words of keywords and what may stand within a word or end it. */
static const char *const pieces[] = {"pan", "Pan", "PAN", "card", "Card", "credit", "Credit", "CREDIT", "git", "Hub",
    "token", "Token", "user", "User", "id", "ID", "Id", "cvv2", "plan", "b", "p", "i", "n", "f", "e", "mail", "E", "x",
    "V2", "S3", "q8", "vE", "jR", "k", "K9", "customer", "Relationship", "number", "icd", "ICD", "10", "9", "cm", "CM",
    "code", "7", "2026", "\xC3\xA4", " ", " ", " ", "  ", "    ", "     ", "_", "-", ".", ":\"", "/", "+", "\n"};

static char *text_of(GRand *random, gint len)
{
    g_autoptr(GString) text = g_string_new(NULL);

    while (text->len < (gsize)len)
        g_string_append(text, pieces[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(pieces))]);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_texts_of_words_and_parts_of_them_are_read_by_the_rules(void)
{
    enum { TEXTS = 3000, LONGEST = 1500, SEED = 11 };
    g_autoptr(Vocabulary) words = vocabulary();
    GRand *random = g_rand_new_with_seed(SEED);

    for (int i = 0; i < TEXTS; i++) {
        g_autofree char *text = text_of(random, g_rand_int_range(random, 0, LONGEST));
        check(words, text);
    }
    g_rand_free(random);
}

static void test_base64_has_no_words_but_short_ones(void)
{
    enum { TEXTS = 300, BYTES = 400, SEED = 12 };
    g_autoptr(Vocabulary) words = vocabulary();
    GRand *random = g_rand_new_with_seed(SEED);

    for (int i = 0; i < TEXTS; i++) {
        guchar bytes[BYTES];
        for (size_t j = 0; j < BYTES; j++)
            bytes[j] = (guchar)g_rand_int_range(random, 0, 256);
        g_autofree char *text = g_base64_encode(bytes, BYTES);
        check(words, text);
    }
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/keyword-words/words-of-a-name-do-not-depend-on-where-it-stands",
        test_words_of_a_name_do_not_depend_on_where_it_stands);
    g_test_add_func("/detect/keyword-words/texts-of-words-and-parts-of-them-are-read-by-the-rules",
        test_texts_of_words_and_parts_of_them_are_read_by_the_rules);
    g_test_add_func(
        "/detect/keyword-words/base64-has-no-words-but-short-ones", test_base64_has_no_words_but_short_ones);
    return g_test_run();
}
