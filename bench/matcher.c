/* bench_matcher RULES_DIR FILE…: how fast the detector alone is, one thread, from memory.
 *
 * Prints for each file, and for all of them one after another, the median MB/s (of CPU time) of several runs and the
 * matches found. BENCH_RUNS sets the number of runs (5), BENCH_RULES=1 also prints matches by rule. */
#include "detect/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PIECE_BYTES = 256 * 1024, MAX_RUNS = 101 };

typedef struct Bench {
    RuleSet *rules;
    Detector *detector;
    uint64_t *counts; /* by rule, of the last run */
    uint64_t matches;
    int runs;
} Bench;

static void count_match(void *data, const Match *match)
{
    Bench *bench = data;

    bench->counts[match->rule->index]++;
    bench->matches++;
}

/* Of this thread: other programs on the machine do not count. */
static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run_once(Bench *bench, const char *text, size_t len, double *ret_seconds, GError **error)
{
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = count_match, .data = bench};
    double start = cpu_seconds();

    bench->matches = 0;
    TRY(detector_begin(bench->detector, &options, TEXT_UTF8, 0, error));
    for (size_t at = 0; at < len; at += PIECE_BYTES)
        TRY(detector_feed(bench->detector, text + at, MIN(len - at, (size_t)PIECE_BYTES), error));
    TRY(detector_end(bench->detector, error));
    *ret_seconds = cpu_seconds() - start;
    return true;
}

static int number_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static bool measure(Bench *bench, const char *name, const char *text, size_t len, GError **error)
{
    double seconds[MAX_RUNS];

    for (int i = 0; i < bench->runs; i++)
        TRY(run_once(bench, text, len, &seconds[i], error));
    qsort(seconds, (size_t)bench->runs, sizeof *seconds, number_order);
    printf("%-32s %8.1f MB  %7.0f MB/s  %9" G_GUINT64_FORMAT " matches\n", name, (double)len / 1e6,
        (double)len / 1e6 / MAX(seconds[bench->runs / 2], 1e-9), bench->matches);
    return true;
}

static void print_counts(const Bench *bench)
{
    for (uint32_t i = 0; i < rule_set_size(bench->rules); i++) {
        if (bench->counts[i] > 0)
            printf("    %-32s %10" G_GUINT64_FORMAT "\n", rule_set_rule(bench->rules, i)->id,
                bench->counts[i] / (uint64_t)bench->runs);
    }
}

static bool bench_files(Bench *bench, char **paths, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);

    for (char **path = paths; *path != NULL; path++) {
        g_autofree char *contents = NULL;
        g_autofree char *name = g_path_get_basename(*path);
        gsize len = 0;
        TRY(g_file_get_contents(*path, &contents, &len, error));
        g_string_append_len(all, contents, (gssize)len);
        TRY(measure(bench, name, contents, len, error));
    }
    for (uint32_t i = 0; i < rule_set_size(bench->rules); i++)
        bench->counts[i] = 0;
    TRY(measure(bench, "all", all->str, all->len, error));
    if (g_getenv("BENCH_RULES") != NULL)
        print_counts(bench);
    return true;
}

static bool bench_main(int argc, char **argv, GError **error)
{
    const char *runs = g_getenv("BENCH_RUNS");
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(Detector) detector = NULL;

    if (argc < 3)
        return fail(error, ERROR_INVALID, "usage: bench_matcher RULES_DIR FILE...");
    const char *directories[] = {argv[1], NULL};
    TRY(rule_set_load(directories, NULL, &rules, error));
    TRY(detector_new(rules, &detector, error));
    g_autofree uint64_t *counts = g_new0(uint64_t, rule_set_size(rules));
    Bench bench = {.rules = rules, .detector = detector, .counts = counts, .runs = 5};
    if (runs != NULL)
        bench.runs = (int)CLAMP(g_ascii_strtoll(runs, NULL, 10), 1, MAX_RUNS);
    return bench_files(&bench, argv + 2, error);
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (bench_main(argc, argv, &error))
        return 0;
    fprintf(stderr, "bench_matcher: %s\n", error->message);
    return 2;
}
