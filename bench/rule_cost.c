/* bench_rule_cost RULES_DIR FILE…: what confirming costs, rule by rule: how often the engines came to the rule, how
 * often its pattern was searched for and found, how many values were judged and how many were taken, and how long that
 * took. BENCH_TOP sets how many rules are printed (20; 0: all).
 *
 * The program is linked with --wrap for the two functions that every confirmation goes through, so that the engine as
 * it is used carries no counters. The clock's own cost is measured and taken off. */
#include "detect/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PIECE_BYTES = 256 * 1024, CLOCK_TRIES = 100000, TOP_DEFAULT = 20 };

typedef struct Cost {
    uint32_t rule;
    uint64_t searches, found, judged, taken;
    uint64_t search_ns, judge_ns;
} Cost;

/* By rule, while scanning; one thread. The wrapped functions have no other way to it. */
static GArray *costs;

bool __real_regex_search(RegexScratch *scratch, const CompiledRule *rule, const TextView *text,
    const SearchWindow *window, RegexMatch *ret_match);
bool __wrap_regex_search(RegexScratch *scratch, const CompiledRule *rule, const TextView *text,
    const SearchWindow *window, RegexMatch *ret_match);
bool __real_judge_value(Judge *judge, const TextView *text, const Candidate *candidate);
bool __wrap_judge_value(Judge *judge, const TextView *text, const Candidate *candidate);

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static Cost *cost_of(const CompiledRule *rule)
{
    return &g_array_index(costs, Cost, rule->rule.index);
}

bool __wrap_regex_search(RegexScratch *scratch, const CompiledRule *rule, const TextView *text,
    const SearchWindow *window, RegexMatch *ret_match)
{
    uint64_t start = now_ns();
    bool is_found = __real_regex_search(scratch, rule, text, window, ret_match);
    Cost *cost = cost_of(rule);

    cost->search_ns += now_ns() - start;
    cost->searches++;
    cost->found += is_found;
    return is_found;
}

bool __wrap_judge_value(Judge *judge, const TextView *text, const Candidate *candidate)
{
    uint64_t start = now_ns();
    bool is_taken = __real_judge_value(judge, text, candidate);
    Cost *cost = cost_of(candidate->rule);

    cost->judge_ns += now_ns() - start;
    cost->judged++;
    cost->taken += is_taken;
    return is_taken;
}

static double clock_cost_ns(void)
{
    uint64_t start = now_ns();

    for (int i = 0; i < CLOCK_TRIES; i++)
        (void)now_ns();
    return (double)(now_ns() - start) / CLOCK_TRIES;
}

/* Between the two readings lies one clock's cost. */
static double net_ns(uint64_t ns, uint64_t calls, double clock_ns)
{
    return MAX((double)ns - (double)calls * clock_ns, 0);
}

static void ignore_match(void *data, const Match *match)
{
    uint64_t *matches = data;

    (void)match;
    (*matches)++;
}

static bool scan_file(Detector *detector, const char *path, uint64_t *bytes, uint64_t *matches, GError **error)
{
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = ignore_match, .data = matches};
    g_autofree char *text = NULL;
    gsize len = 0;

    TRY(g_file_get_contents(path, &text, &len, error));
    *bytes += len;
    TRY(detector_begin(detector, &options, TEXT_UTF8, 0, error));
    for (size_t at = 0; at < len; at += PIECE_BYTES)
        TRY(detector_feed(detector, text + at, MIN(len - at, (size_t)PIECE_BYTES), error));
    return detector_end(detector, error);
}

static double total_ns(const Cost *cost, double clock_ns)
{
    return net_ns(cost->search_ns, cost->searches, clock_ns) + net_ns(cost->judge_ns, cost->judged, clock_ns);
}

static gint by_time(gconstpointer a, gconstpointer b, gpointer clock_ns)
{
    double left = total_ns(a, *(const double *)clock_ns), right = total_ns(b, *(const double *)clock_ns);

    return (left < right) - (left > right);
}

static double each(double total, uint64_t count)
{
    return count > 0 ? total / (double)count : 0;
}

static void print_cost(const char *name, const Cost *cost, double clock_ns, double megabytes)
{
    double search = net_ns(cost->search_ns, cost->searches, clock_ns);
    double judge = net_ns(cost->judge_ns, cost->judged, clock_ns);

    printf("%-34s %9.3f %9.0f %9.0f %7.0f %9.0f %9.0f %7.0f\n", name, (search + judge) / 1e6 / megabytes,
        (double)cost->searches / megabytes, (double)cost->found / megabytes, each(search, cost->searches),
        (double)cost->judged / megabytes, (double)cost->taken / megabytes, each(judge, cost->judged));
}

static void print_costs(const RuleSet *rules, uint64_t bytes)
{
    const char *top = g_getenv("BENCH_TOP");
    guint wanted = top != NULL ? (guint)g_ascii_strtoull(top, NULL, 10) : TOP_DEFAULT;
    double clock_ns = clock_cost_ns(), megabytes = (double)bytes / 1e6;
    Cost all = {0};

    g_array_sort_with_data(costs, by_time, &clock_ns);
    printf("%-34s %9s %9s %9s %7s %9s %9s %7s\n", "# a megabyte of text", "ms", "searches", "found", "ns each",
        "judged", "taken", "ns each");
    for (guint i = 0; i < costs->len; i++) {
        const Cost *cost = &g_array_index(costs, Cost, i);
        if (i < wanted || wanted == 0)
            print_cost(rule_set_rule(rules, cost->rule)->id, cost, clock_ns, megabytes);
        all.searches += cost->searches;
        all.found += cost->found;
        all.judged += cost->judged;
        all.taken += cost->taken;
        all.search_ns += cost->search_ns;
        all.judge_ns += cost->judge_ns;
    }
    print_cost("all rules", &all, clock_ns, megabytes);
}

static bool bench_main(int argc, char **argv, GError **error)
{
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(Detector) detector = NULL;
    uint64_t bytes = 0, matches = 0;

    if (argc < 3)
        return fail(error, ERROR_INVALID, "usage: bench_rule_cost RULES_DIR FILE...");
    const char *const directories[] = {argv[1], NULL};
    TRY(rule_set_load(directories, g_getenv("BENCH_CACHE"), &rules, error));
    TRY(detector_new(rules, &detector, error));
    costs = g_array_new(FALSE, TRUE, sizeof(Cost));
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        const Cost none = {.rule = i};
        g_array_append_val(costs, none);
    }
    for (char **path = argv + 2; *path != NULL; path++)
        TRY(scan_file(detector, *path, &bytes, &matches, error));
    print_costs(rules, MAX(bytes, 1));
    g_array_unref(costs);
    return true;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (bench_main(argc, argv, &error))
        return 0;
    fprintf(stderr, "bench_rule_cost: %s\n", error->message);
    return 2;
}
