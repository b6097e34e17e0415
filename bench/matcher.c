/* bench_matcher RULES_DIR FILE…: how fast the detector is beside what it is built on, one thread, from memory.
 *
 * A line for each file, and one for all of them: MB/s (of CPU time, the median of several runs, the ways taking turns)
 * of
 *   trawl    the detector with all rules: everything that is found is confirmed
 *   literal  its database of literals alone: hits are counted
 *   single   one Hyperscan database that holds every rule's pattern: hits are counted
 *   memchr   looking for a byte that no text holds: what reading costs
 * the matches found, and trawl's ratio to each way. BENCH_RUNS sets the number of runs (5), BENCH_RULES=1 also prints
 * matches by rule, BENCH_WAYS=trawl,literal takes some ways only, BENCH_CACHE names a directory for databases. */
#include "single_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE_BYTES = 256 * 1024, MAX_RUNS = 101, NO_TEXT_BYTE = 0xff };

typedef enum WayId { WAY_TRAWL, WAY_LITERAL, WAY_SINGLE, WAY_MEMCHR, WAY_COUNT } WayId;

/* A Hyperscan database at work. */
typedef struct Searcher {
    hs_database_t *db;
    hs_scratch_t *scratch;
    hs_stream_t *stream;
} Searcher;

typedef struct Bench {
    RuleSet *rules;
    Detector *detector;
    Searcher literal, single;
    uint64_t *counts; /* by rule, of the last measurement */
    uint64_t matches; /* of the last run */
    bool is_wanted[WAY_COUNT];
    int runs;
} Bench;

static void count_match(void *data, const Match *match)
{
    Bench *bench = data;

    bench->counts[match->rule->index]++;
    bench->matches++;
}

static int count_hit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *data)
{
    Bench *bench = data;

    (void)id;
    (void)from;
    (void)to;
    (void)flags;
    bench->matches++;
    return 0;
}

static bool run_trawl(Bench *bench, const char *text, size_t len, GError **error)
{
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = count_match, .data = bench};

    TRY(detector_begin(bench->detector, &options, TEXT_UTF8, 0, error));
    for (size_t at = 0; at < len; at += PIECE_BYTES)
        TRY(detector_feed(bench->detector, text + at, MIN(len - at, (size_t)PIECE_BYTES), error));
    return detector_end(bench->detector, error);
}

static bool run_searcher(Bench *bench, const Searcher *searcher, const char *text, size_t len, GError **error)
{
    hs_error_t code = hs_reset_stream(searcher->stream, 0, NULL, NULL, NULL);

    for (size_t at = 0; at < len && code == HS_SUCCESS; at += PIECE_BYTES)
        code = hs_scan_stream(searcher->stream, text + at, (unsigned)MIN(len - at, (size_t)PIECE_BYTES), 0,
            searcher->scratch, count_hit, bench);
    return code == HS_SUCCESS || fail(error, ERROR_INTERNAL, "Hyperscan failed with code %d", (int)code);
}

static bool run_literal(Bench *bench, const char *text, size_t len, GError **error)
{
    return run_searcher(bench, &bench->literal, text, len, error);
}

static bool run_single(Bench *bench, const char *text, size_t len, GError **error)
{
    return run_searcher(bench, &bench->single, text, len, error);
}

static bool run_memchr(Bench *bench, const char *text, size_t len, G_GNUC_UNUSED GError **error)
{
    bench->matches += memchr(text, NO_TEXT_BYTE, len) != NULL;
    return true;
}

typedef struct Way {
    const char *name;
    bool (*run)(Bench *bench, const char *text, size_t len, GError **error);
} Way;

static const Way WAYS[WAY_COUNT] = {
    [WAY_TRAWL] = {"trawl", run_trawl},
    [WAY_LITERAL] = {"literal", run_literal},
    [WAY_SINGLE] = {"single", run_single},
    [WAY_MEMCHR] = {"memchr", run_memchr},
};

/* Of this thread: other programs on the machine do not count. */
static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int number_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *numbers, int count)
{
    qsort(numbers, (size_t)count, sizeof *numbers, number_order);
    return numbers[count / 2];
}

static void print_line(const Bench *bench, const char *name, size_t len, const double *rates, uint64_t matches)
{
    printf("%-24s %8.1f", name, (double)len / 1e6);
    for (int way = 0; way < WAY_COUNT; way++)
        printf(" %8.0f", rates[way]);
    printf(" %9" G_GUINT64_FORMAT, matches);
    for (int way = 1; way < WAY_COUNT; way++)
        printf(" %8.2f", bench->is_wanted[way] && rates[way] > 0 ? rates[WAY_TRAWL] / rates[way] : 0);
    printf("\n");
    (void)fflush(stdout);
}

static bool measure(Bench *bench, const char *name, const char *text, size_t len, GError **error)
{
    double seconds[WAY_COUNT][MAX_RUNS] = {0}, rates[WAY_COUNT] = {0};
    uint64_t matches = 0;

    for (int i = 0; i < bench->runs; i++) {
        for (int way = 0; way < WAY_COUNT; way++) {
            if (!bench->is_wanted[way])
                continue;
            bench->matches = 0;
            double start = cpu_seconds();
            TRY(WAYS[way].run(bench, text, len, error));
            seconds[way][i] = cpu_seconds() - start;
            matches = way == WAY_TRAWL ? bench->matches : matches;
        }
    }
    for (int way = 0; way < WAY_COUNT; way++)
        rates[way] = bench->is_wanted[way] ? (double)len / 1e6 / MAX(median(seconds[way], bench->runs), 1e-9) : 0;
    print_line(bench, name, len, rates, matches);
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

    printf("%-24s %8s", "# MB/s", "MB");
    for (int way = 0; way < WAY_COUNT; way++)
        printf(" %8s", WAYS[way].name);
    printf(" %9s", "matches");
    for (int way = 1; way < WAY_COUNT; way++)
        printf("  /%-7s", WAYS[way].name);
    printf("\n");
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

static bool searcher_init(Searcher *searcher, hs_database_t *db, GError **error)
{
    searcher->db = db;
    hs_error_t code = hs_alloc_scratch(db, &searcher->scratch);
    if (code == HS_SUCCESS)
        code = hs_open_stream(db, 0, &searcher->stream);
    return code == HS_SUCCESS || fail(error, ERROR_INTERNAL, "Hyperscan failed with code %d", (int)code);
}

static bool bench_open(Bench *bench, const char *directory, GError **error)
{
    const char *cache = g_getenv("BENCH_CACHE");
    const char *const directories[] = {directory, NULL};
    hs_database_t *single = NULL;

    TRY(rule_set_load(directories, cache, &bench->rules, error));
    TRY(detector_new(bench->rules, &bench->detector, error));
    bench->counts = g_new0(uint64_t, rule_set_size(bench->rules));
    if (bench->rules->literals == NULL)
        return fail(error, ERROR_INVALID, "expected rules of engine literal");
    TRY(searcher_init(&bench->literal, bench->rules->literals, error));
    if (!bench->is_wanted[WAY_SINGLE])
        return true;
    TRY(single_db_build(bench->rules, cache, &single, error));
    return searcher_init(&bench->single, single, error);
}

static bool bench_main(int argc, char **argv, GError **error)
{
    const char *runs = g_getenv("BENCH_RUNS"), *ways = g_getenv("BENCH_WAYS");
    g_auto(GStrv) wanted = ways != NULL ? g_strsplit(ways, ",", -1) : NULL;
    Bench bench = {.runs = 5};

    if (argc < 3)
        return fail(error, ERROR_INVALID, "usage: bench_matcher RULES_DIR FILE...");
    for (int way = 0; way < WAY_COUNT; way++)
        bench.is_wanted[way] = wanted == NULL || g_strv_contains((const char *const *)wanted, WAYS[way].name);
    if (runs != NULL)
        bench.runs = (int)CLAMP(g_ascii_strtoll(runs, NULL, 10), 1, MAX_RUNS);
    TRY(bench_open(&bench, argv[1], error));
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
