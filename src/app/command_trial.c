/* The process in which an object of a page that was abandoned again and again is tried before a worker scans it: what
 * src/worker/trial.h talks to. Not for people: it reads objects from its standard input. */
#include "app/command.h"
#include "app/trial_command.h"
#include "findings/findings.h"
#include "worker/scan_object.h"
#include "worker/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NAME_BYTES_MAX = 1 << 20, CPU_GRACE_S = 60 };
#define MEMORY_BYTES (UINT64_C(4) << 30)

typedef struct TrialCommandOptions {
    char **rules;
    char *min_tier;
    int max_values;
    gint64 limits[TRIAL_LIMITS];
} TrialCommandOptions;

static void trial_options_clear(TrialCommandOptions *options)
{
    g_strfreev(options->rules);
    g_free(options->min_tier);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TrialCommandOptions, trial_options_clear)

/* One object as it arrives. */
typedef struct Incoming {
    uint32_t piece_left;
    bool is_over, is_broken;
} Incoming;

static bool read_all(void *data, size_t len)
{
    uint8_t *at = data;

    while (len > 0) {
        ssize_t got = read(STDIN_FILENO, at, len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        at += got;
        len -= (size_t)got;
    }
    return true;
}

static bool next_piece(Incoming *incoming, GError **error)
{
    uint32_t len = 0;

    if (!read_all(&len, sizeof len) || len == TRIAL_BROKEN) {
        incoming->is_over = incoming->is_broken = true;
        return fail(error, ERROR_CANCELLED, "the object was broken off");
    }
    incoming->piece_left = len;
    incoming->is_over = len == TRIAL_END;
    return true;
}

static bool read_incoming(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    Incoming *incoming = data;

    *ret_len = 0;
    if (incoming->piece_left == 0 && !incoming->is_over)
        TRY(next_piece(incoming, error));
    if (incoming->is_over)
        return true;
    ssize_t got = read(STDIN_FILENO, buffer, MIN(capacity, (size_t)incoming->piece_left));
    if (got <= 0) {
        incoming->is_over = incoming->is_broken = true;
        return fail(error, ERROR_CANCELLED, "the object was broken off");
    }
    incoming->piece_left -= (uint32_t)got;
    *ret_len = (size_t)got;
    return true;
}

/* What the scan did not want to see is read all the same: the next object stands behind it. */
static bool drain(Incoming *incoming)
{
    uint8_t buffer[4096];
    size_t len = 1;
    g_autoptr(GError) error = NULL;

    while (!incoming->is_over && len > 0)
        if (!read_incoming(incoming, buffer, sizeof buffer, &len, &error))
            break;
    return !incoming->is_broken;
}

static void limit_cpu(int64_t max_ms)
{
    struct rusage usage = {0};
    struct rlimit limit = {0};

    (void)getrusage(RUSAGE_SELF, &usage);
    (void)getrlimit(RLIMIT_CPU, &limit);
    limit.rlim_cur = (rlim_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + max_ms / 1000 + CPU_GRACE_S);
    (void)setrlimit(RLIMIT_CPU, &limit);
}

/* The sanitizers reserve more address space than there is memory. */
static void limit_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    struct rlimit limit = {.rlim_cur = MEMORY_BYTES, .rlim_max = MEMORY_BYTES};

    (void)setrlimit(RLIMIT_AS, &limit);
#endif
}

/* Where memory is short, we go first; and we do not outlive who asked. */
static void be_the_first_to_go(void)
{
    static const char most[] = "1000";
    struct rlimit no_core = {0};
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setrlimit(RLIMIT_CORE, &no_core);
    if (fd < 0)
        return;
    if (write(fd, most, sizeof most - 1) < 0)
        (void)0;
    (void)close(fd);
}

/* False at the end of all objects. */
static bool scan_next(ObjectScanner *scanner, int64_t max_ms, bool *ret_is_broken, GError **error)
{
    static const uint8_t answer = 1;
    uint32_t len = 0;
    Incoming incoming = {0};
    const ByteReader reader = {.read = read_incoming, .data = &incoming};
    g_auto(ScanResult) result = {0};

    *ret_is_broken = true;
    if (!read_all(&len, sizeof len) || len > NAME_BYTES_MAX)
        return true;
    g_autofree char *name = g_malloc0((gsize)len + 1);
    if (!read_all(name, len))
        return true;
    limit_cpu(max_ms);
    TRY(scan_object(scanner, name, &reader, &result, error));
    *ret_is_broken = !drain(&incoming) || write(STDIN_FILENO, &answer, 1) != 1;
    return true;
}

static bool serve_objects(const TrialCommandOptions *options, GError **error)
{
    g_autofree char *cache = command_cache_directory();
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(ObjectScanner) scanner = NULL;
    const FingerprintKey no_key = {0}; /* what is found is thrown away */
    ScanOptions scan = {.max_values = (uint32_t)MAX(options->max_values, 1)};
    bool is_broken = false;

    trial_limits_from_numbers(options->limits, &scan.limits);
    if (options->min_tier == NULL || !tier_from_name(options->min_tier, &scan.min_tier))
        return fail(error, ERROR_INVALID, "--min-tier: expected a tier");
    TRY(rule_set_load((const char *const *)options->rules, cache, &rules, error));
    TRY(object_scanner_new(rules, &no_key, &scan, &scanner, error));
    while (!is_broken)
        TRY(scan_next(scanner, scan.limits.max_ms, &is_broken, error));
    return true;
}

int command_trial(const Command *command, int argc, char **argv)
{
    g_auto(TrialCommandOptions) options = {0};
    g_autoptr(GError) error = NULL;
    const GOptionEntry entries[] = {
        {"rules", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.rules, "Directory of rule files", "DIR"},
        {"min-tier", 0, 0, G_OPTION_ARG_STRING, &options.min_tier, "low, medium, high or validated", "TIER"},
        {"max-values", 0, 0, G_OPTION_ARG_INT, &options.max_values, "Distinct values kept", "N"},
        {"max-bytes", 0, 0, G_OPTION_ARG_INT64, &options.limits[0], "Limits of an object", "N"},
        {"max-expanded", 0, 0, G_OPTION_ARG_INT64, &options.limits[1], "", "N"},
        {"max-ratio", 0, 0, G_OPTION_ARG_INT64, &options.limits[2], "", "N"},
        {"max-depth", 0, 0, G_OPTION_ARG_INT64, &options.limits[3], "", "N"},
        {"max-members", 0, 0, G_OPTION_ARG_INT64, &options.limits[4], "", "N"},
        {"max-ms", 0, 0, G_OPTION_ARG_INT64, &options.limits[5], "", "N"},
        G_OPTION_ENTRY_NULL,
    };

    be_the_first_to_go();
    if (!command_parse(command, entries, "", "", &argc, &argv, &error))
        return command_fail(command, error);
    limit_memory();
    if (!serve_objects(&options, &error))
        return command_fail(command, error);
    return EXIT_CLEAN;
}
