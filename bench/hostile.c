/* What hostile texts cost at any size, on one core with all rules: MB/s, how many times the time four times the text
 * takes, and by how much memory grew over the whole of it.
 *
 * usage: bench_hostile RULES BYTES [TEXT...] tells of the texts whose names begin so, of all without;
 *        bench_hostile RULES BYTES --rules of the example of each rule, repeated */
#include "detect/rule_examples.h"
#include "hostile_texts.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static long peak_kb(void)
{
    struct rusage usage = {0};

    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void tell(Detector *detector, const HostileText *text, uint64_t bytes)
{
    double quarter = hostile_seconds(detector, text, TIER_MEDIUM, bytes / 4);
    long before_kb = peak_kb();
    double whole = hostile_seconds(detector, text, TIER_MEDIUM, bytes);

    printf("%8.2f MB/s  %5.2f times  %6ld KB more  %s\n", (double)bytes / 1e6 / whole, whole / quarter,
        peak_kb() - before_kb, text->what);
    (void)fflush(stdout);
}

static bool is_asked_for(const char *what, char **names)
{
    for (char **name = names; *name != NULL; name++)
        if (g_str_has_prefix(what, *name))
            return true;
    return *names == NULL;
}

typedef struct EachRule {
    Detector *detector;
    uint64_t bytes;
    const Rule *last;
} EachRule;

static void tell_example(void *data, const RuleExample *example)
{
    EachRule *each = data;

    if (example->kind != EXAMPLE_MATCH || example->rule == each->last)
        return;
    each->last = example->rule;
    g_autofree char *piece = g_strconcat(example->text, " ", NULL);
    const HostileText text = {.what = example->rule->id, .before = "", .piece = piece};
    tell(each->detector, &text, each->bytes);
}

int main(int argc, char **argv)
{
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: bench_hostile RULES BYTES [TEXT...|--rules]\n");
        return 2;
    }
    const char *const directories[] = {argv[1], NULL};
    const uint64_t bytes = g_ascii_strtoull(argv[2], NULL, 10);
    if (!rule_set_load(directories, NULL, &rules, &error) || !detector_new(rules, &detector, &error))
        g_error("%s", error->message);
    if (g_strcmp0(argv[3], "--rules") == 0) {
        EachRule each = {.detector = detector, .bytes = bytes};
        rule_set_visit_examples(rules, tell_example, &each);
        return 0;
    }
    for (size_t i = 0; i < hostile_text_count; i++)
        if (is_asked_for(hostile_texts[i].what, argv + 3))
            tell(detector, &hostile_texts[i], bytes);
    return 0;
}
