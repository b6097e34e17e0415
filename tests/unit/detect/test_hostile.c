/* Hostile texts against all rules that come with the program: four times the text may cost about four times the work,
 * and no text much more than its bytes are worth. CPU time, with generous bounds.
 *
 * usage: test_hostile RULES [BYTES [rules]]. With BYTES it tells MB/s for texts of that size; with `rules` it does so
 * for the examples of each rule, repeated. */
#include "detect/rule_examples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SHORT = 64 * 1024, RUNS = 8 };

#ifdef __SANITIZE_ADDRESS__
#define RATE_MIN 0.02
#else
#define RATE_MIN 0.5 /* MB/s: the slowest text here is twenty times as fast on an idle machine */
#endif

/* before, then the piece as often as fits. */
typedef struct HostileText {
    const char *what, *before, *piece;
} HostileText;

static const HostileText texts[] = {
    {"ordinary", "", "2024-03-01 10:15:02 INFO request served in 12 ms by worker-7, see the log for more of it\n"},
    {"one letter", "", "a"},
    {"digits", "", "1234567890"},
    {"zeros", "", "0"},
    {"dashes", "", "-"},
    {"at signs", "", "@"},
    {"at signs between letters", "", "a@"},
    {"dots", "", "a.a.a."},
    {"domains without an end", "x@", "a."},
    {"long local parts", "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@1 "},
    {"groups of digits", "", "4242 "},
    {"groups with dashes", "", "123-45-"},
    {"dotted numbers", "", "1.2.3."},
    {"colons", "", "a:b:"},
    {"hexadecimal groups", "", "fe80:"},
    {"pluses", "", "+44 20 7946 "},
    {"capitals", "", "AB12CD34"},
    {"capitals and spaces", "", "GB82 WEST "},
    {"empty lines", "", "\n"},
    {"spaces", "", " "},
    {"NUL bytes", "", "\1\2\3"},
    {"lines of CR", "", "x\r"},
    {"assignments", "", "key="},
    {"assignments of nothing", "", "password=\n"},
    {"assignments of quotes", "", "secret=\"\" "},
    {"assignments in assignments", "", "api_key=token="},
    {"a value without an end", "api_key = ", "a1B2c3D4"},
    {"keywords", "", "card ssn passport iban password "},
    {"keywords and numbers", "", "ssn 123456789,"},
    {"keywords in one word", "", "cardSsnPassportIban"},
    {"card numbers", "", "4242 4242 4242 4242 "},
    {"quotes", "", "\""},
    {"quotes that do not close", "", "\"a,"},
    {"cells", "", "a,b,"},
    {"rows of one cell", "a,b\n", "1,2\n"},
    {"a table of many columns", "name,ssn\n", ","},
    {"JSON arrays", "", "["},
    {"JSON objects", "", "{\"a\":"},
    {"JSON keys", "{", "\"ssn\":1,"},
    {"JSON strings", "[", "\"\\\\\\\"\","},
    {"XML elements", "", "<a>"},
    {"XML attributes", "<a ", "b='c' "},
    {"XML comments", "", "<!--"},
    {"XML that closes", "", "</a>"},
    {"YAML lists", "", "- "},
    {"YAML keys", "", "a: "},
    {"YAML lines", "", "a:\n  b:\n"},
    {"base64 of one letter", "", "QUFB"},
    {"base64 of base64", "", "UVVGQg=="},
    {"base64 of base64 without an end", "", "VVZWR1Fr"},
    {"base64 of numbers", "", "NDI0MiA0MjQyIDQyNDIgNDI0Mg"},
    {"lines of base64", "", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\n"},
    {"hexadecimal of text", "", "6162636465666768"},
    {"mail escapes", "", "=3D"},
    {"mail lines", "", "a=\n"},
    {"URL escapes", "", "%40"},
    {"URL escapes of percent", "", "%25"},
    {"JSON escapes", "", "\\u0040"},
    {"entities", "", "&#64;"},
    {"entities by name", "", "&quot;"},
    {"entities without an end", "", "&amp"},
    {"begin marks", "", "-----BEGIN RSA PRIVATE KEY-----\n"},
    {"a key without an end", "-----BEGIN RSA PRIVATE KEY-----\n", "MIIEpAIBAAKCAQEA"},
    {"tokens of three parts", "", "eyJhbGciOiJIUzI1NiJ9."},
    {"addresses of the web", "", "http://a:b@"},
    {"prefixes of tokens", "", "AKIA ghp_ sk_live_ xoxb- glpat- AIza "},
    {"half characters", "", "\xC3"},
    {"no break spaces", "", "\xC2\xA0"},
};

/* A piece that no other text has: seeded, so that it is the same each time. */
static char *random_text(size_t len)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(11);
    char *text = g_malloc(len + 1);

    for (size_t i = 0; i < len; i++)
        text[i] = (char)g_rand_int_range(random, 1, 256);
    text[len] = '\0';
    return text;
}

static char *repeated(const HostileText *text, size_t len)
{
    GString *all = g_string_new(text->before);

    while (all->len < len)
        g_string_append(all, text->piece);
    return g_string_free(all, FALSE);
}

static void ignore_match(void *data, const Match *match)
{
    (void)data;
    (void)match;
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds_for(Detector *detector, const char *text, size_t len)
{
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = ignore_match};
    g_autoptr(GError) error = NULL;
    double start = cpu_seconds();

    g_assert_true(detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    g_assert_true(detector_feed(detector, text, len, &error));
    g_assert_true(detector_end(detector, &error));
    return cpu_seconds() - start;
}

/* The best of so many runs as it takes: a busy machine makes one run slow, a slow rule all of them. */
static void check_growth(Detector *detector, const char *what, const char *text)
{
    double once = 1e9, more = 1e9;

    for (int i = 0; i < RUNS && (more > 12 * once + 0.005 || 4 * SHORT / 1e6 / more < RATE_MIN); i++) {
        once = MIN(once, seconds_for(detector, text, SHORT));
        more = MIN(more, seconds_for(detector, text, 4 * (size_t)SHORT));
    }
    if (more > 12 * once + 0.005)
        g_test_fail_printf("%s: %.1f times the time for 4 times the text", what, more / once);
    if (4 * SHORT / 1e6 / more < RATE_MIN)
        g_test_fail_printf("%s: %.2f MB/s", what, 4 * SHORT / 1e6 / more);
}

static RuleSet *rules;

static void test_no_text_makes_any_rule_slow(void)
{
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = repeated(&texts[i], 4 * (size_t)SHORT);
        check_growth(detector, texts[i].what, text);
    }
    g_autofree char *noise = random_text(4 * (size_t)SHORT);
    check_growth(detector, "noise", noise);
}

static void tell(Detector *detector, const char *what, const char *text, size_t len)
{
    double quarter = seconds_for(detector, text, len / 4), whole = seconds_for(detector, text, len);

    printf("%8.2f MB/s  %5.2f times for 4 times  %s\n", (double)len / 1e6 / whole, whole / quarter, what);
    (void)fflush(stdout);
}

typedef struct EachRule {
    Detector *detector;
    size_t len;
    const Rule *last;
} EachRule;

static void tell_example(void *data, const RuleExample *example)
{
    EachRule *each = data;

    if (example->kind != EXAMPLE_MATCH || example->rule == each->last)
        return;
    each->last = example->rule;
    g_autofree char *piece = g_strconcat(example->text, " ", NULL);
    g_autofree char *text = repeated(&(HostileText){.before = "", .piece = piece}, each->len);
    tell(each->detector, example->rule->id, text, each->len);
}

static void tell_all(size_t len, const char *which)
{
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_true(detector_new(rules, &detector, &error));
    if (g_strcmp0(which, "rules") == 0) {
        EachRule each = {.detector = detector, .len = len};
        rule_set_visit_examples(rules, tell_example, &each);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *text = repeated(&texts[i], len);
        tell(detector, texts[i].what, text, len);
    }
    g_autofree char *noise = random_text(len);
    tell(detector, "noise", noise, len);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    const char *const directories[] = {argc > 1 ? argv[1] : "rules", NULL};
    if (!rule_set_load(directories, NULL, &rules, &error))
        g_error("%s", error->message);
    if (argc > 2) {
        tell_all((size_t)g_ascii_strtoull(argv[2], NULL, 10), argc > 3 ? argv[3] : NULL);
        rule_set_unref(rules);
        return 0;
    }
    g_test_add_func("/detect/hostile/no-text-makes-any-rule-slow", test_no_text_makes_any_rule_slow);
    int status = g_test_run();
    rule_set_unref(rules);
    return status;
}
