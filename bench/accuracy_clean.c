/* accuracy_clean RULES_DIR LIST [SHOW]: what the rules find at the default tier in files that hold nothing to find.
 *
 * LIST names one file a line; gzip is read through, files with a NUL byte in their first block are passed over. Prints
 *     "bytes" and how many were read, then "match", rule, detector, tier and count
 * and, with SHOW, that many matches of each rule with the file and what stands before them: for public text only. */
#include "detect/detect.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { PIECE_BYTES = 256 * 1024, FILE_MAX_BYTES = 32 * 1024 * 1024, TIERS = TIER_VALIDATED + 1 };

typedef struct Clean {
    Detector *detector;
    uint64_t (*counts)[TIERS];
    uint64_t bytes;
    uint64_t show;
    const char *path;
} Clean;

static void count_match(void *data, const Match *match)
{
    Clean *clean = data;
    uint64_t *count = &clean->counts[match->rule->index][match->tier];

    (*count)++;
    if (*count <= clean->show)
        (void)printf("show %s %s %s:%" G_GUINT64_FORMAT " %.*s\n", match->rule->id, tier_name(match->tier), clean->path,
            match->line, (int)MIN(match->text.len, (size_t)120), (const char *)match->text.data);
}

/* What is not UTF-8 is told apart nowhere here: other bytes become a replacement of the same length. */
static void make_ascii(char *text, int len)
{
    if (g_utf8_validate_len(text, (gsize)len, NULL))
        return;
    for (int i = 0; i < len; i++)
        text[i] = (text[i] & 0x80) != 0 ? '?' : text[i];
}

static bool feed_file(Clean *clean, gzFile file, char *piece, GError **error)
{
    uint64_t total = 0;

    for (int len = gzread(file, piece, PIECE_BYTES); len > 0; len = gzread(file, piece, PIECE_BYTES)) {
        if (total > FILE_MAX_BYTES || (total == 0 && memchr(piece, '\0', (size_t)len) != NULL))
            break;
        make_ascii(piece, len);
        TRY(detector_feed(clean->detector, piece, (size_t)len, error));
        total += (uint64_t)len;
    }
    clean->bytes += total;
    return true;
}

static bool scan_file(Clean *clean, const char *path, char *piece, GError **error)
{
    const DetectorOptions options = {.min_tier = TIER_MEDIUM, .handler = count_match, .path = path, .data = clean};
    gzFile file = gzopen(path, "rb");

    if (file == NULL)
        return true;
    clean->path = path;
    bool is_done = detector_begin(clean->detector, &options, TEXT_UTF8, 0, error) &&
                   feed_file(clean, file, piece, error) && detector_end(clean->detector, error);
    (void)gzclose(file);
    return is_done;
}

static void print_counts(const Clean *clean, const RuleSet *rules)
{
    (void)printf("bytes %" G_GUINT64_FORMAT "\n", clean->bytes);
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        const Rule *rule = rule_set_rule(rules, i);
        for (int tier = TIER_LOW; tier < TIERS; tier++)
            if (clean->counts[i][tier] > 0)
                (void)printf("match %s %s %s %" G_GUINT64_FORMAT "\n", rule->id, rule->detector, tier_name((Tier)tier),
                    clean->counts[i][tier]);
    }
}

static bool run(char **argv, GError **error)
{
    const char *directories[] = {argv[1], NULL};
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(Detector) detector = NULL;
    g_autofree char *list = NULL;
    g_autofree char *piece = g_malloc(PIECE_BYTES);

    TRY(rule_set_load(directories, g_getenv("ACCURACY_CACHE"), &rules, error));
    TRY(detector_new(rules, &detector, error));
    if (!g_file_get_contents(argv[2], &list, NULL, NULL))
        return fail(error, ERROR_INVALID, "%s: cannot be read", argv[2]);
    g_autofree void *counts = g_malloc0_n(rule_set_size(rules), sizeof(uint64_t[TIERS]));
    Clean clean = {.detector = detector, .counts = counts};
    clean.show = argv[3] != NULL ? g_ascii_strtoull(argv[3], NULL, 10) : 0;
    g_auto(GStrv) paths = g_strsplit(list, "\n", -1);
    for (size_t i = 0; paths[i] != NULL && paths[i][0] != '\0'; i++)
        TRY(scan_file(&clean, paths[i], piece, error));
    print_counts(&clean, rules);
    return true;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: accuracy_clean RULES_DIR LIST [SHOW]\n");
        return 2;
    }
    if (!run(argv, &error)) {
        (void)fprintf(stderr, "accuracy_clean: %s\n", error->message);
        return 1;
    }
    return 0;
}
