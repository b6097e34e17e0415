/* Any bytes as the files that say what is not reported: an allow list (YAML) and a baseline (JSON lines). Refused with
 * a reason, or asked about a value without a crash. */
#include "findings/allow_list.h"
#include "findings/baseline.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const FingerprintKey test_key = {.id = "24105e47abdd0bf6"};
static const Rule rule = {.id = "acme.part", .detector = "acme.part", .name = "n", .category = "personal"};

static RuleSet *no_rules(void)
{
    static const char text[] = "rules: [{id: acme.part, name: n, description: d, category: personal, severity: low,"
                               " mask: all, engine: literal, pattern: 'PART-[0-9]{4}',"
                               " examples: {match: [PART-1234], no_match: [x]}}]";
    const char *const nowhere[] = {NULL};
    const RuleText added = {.name = "rules", .text = text};
    g_autoptr(GError) error = NULL;
    RuleSet *rules = NULL;

    if (!rule_set_load_with(nowhere, &added, NULL, &rules, &error))
        g_error("%s", error->message);
    return rules;
}

static void ask_allow_list(const char *path, const RuleSet *rules)
{
    static const char value[] = "PART-1234";
    const Bytes bytes = {.data = (const uint8_t *)value, .len = strlen(value)};
    const Match match = {.rule = &rule, .tier = TIER_HIGH, .text = bytes, .canonical = bytes, .length = bytes.len};
    const SuppressorQuery query = {.match = &match, .key = "dir/a.txt", .member = "m", .fingerprint = "00"};
    g_autoptr(AllowList) list = allow_list_new();
    SuppressCause cause = {0};
    g_autoptr(GError) error = NULL;

    if (allow_list_read(list, path, rules, &test_key, &error))
        (void)allow_list_covers(list, &query, &cause);
    else
        g_assert_nonnull(error);
}

static void ask_baseline(const char *path)
{
    const BaselineEntry entry = {.key = "dir/a.txt", .detector = "acme.part", .fingerprint = "00"};
    g_autoptr(Baseline) baseline = NULL;
    uint64_t line = 0;
    g_autoptr(GError) error = NULL;

    if (baseline_read(path, &test_key, &baseline, &error))
        (void)baseline_find(baseline, &entry, &line);
    else
        g_assert_nonnull(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static RuleSet *rules = NULL;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (rules == NULL)
        rules = no_rules();
    g_assert_cmpint(write(fd, data, size), ==, (ssize_t)size);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    ask_allow_list(path, rules);
    ask_baseline(path);
    (void)close(fd);
    return 0;
}
