/* accuracy RULES_DIR FILE…: what the rules find in sample texts, one line a match.
 *
 * Each line of a FILE is one text as hexadecimal digits. Prints, for each match at any tier:
 *     text number, detector, tier, offset, length, "found" or "suppressed", rule
 * and nothing of the text. ACCURACY_CACHE names a directory for the compiled rules. bench/accuracy.py makes the texts
 * and judges the lines. */
#include "detect/detect.h"

#include <stdio.h>
#include <string.h>

static void print_line(const unsigned *text, const Match *match, const char *state)
{
    (void)printf("%u %s %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s %s\n", *text, match->rule->detector,
        tier_name(match->tier), match->offset, match->length, state, match->rule->id);
}

static void print_found(void *data, const Match *match)
{
    print_line(data, match, "found");
}

static void print_suppressed(void *data, const Match *match)
{
    print_line(data, match, "suppressed");
}

/* Turns the digits into bytes in place. */
static bool read_hex(char *line, size_t *ret_len)
{
    size_t len = strlen(line) / 2;

    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(line[2 * i]);
        int low = g_ascii_xdigit_value(line[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        line[i] = (char)(high * 16 + low);
    }
    *ret_len = len;
    return true;
}

static bool look(Detector *detector, unsigned number, char *line, GError **error)
{
    const DetectorOptions options = {
        .min_tier = TIER_LOW, .handler = print_found, .suppressed_handler = print_suppressed, .data = &number};
    size_t len = 0;

    if (!read_hex(line, &len))
        return fail(error, ERROR_INVALID, "text %u: expected hexadecimal digits", number);
    TRY(detector_begin(detector, &options, TEXT_UTF8, 0, error));
    TRY(detector_feed(detector, line, len, error));
    return detector_end(detector, error);
}

static bool look_at_lines(Detector *detector, char *lines, unsigned *number, GError **error)
{
    while (*lines != '\0') {
        char *end = strchr(lines, '\n');
        if (end != NULL)
            *end = '\0';
        TRY(look(detector, (*number)++, lines, error));
        if (end == NULL)
            break;
        lines = end + 1;
    }
    return true;
}

static bool run(char **argv, GError **error)
{
    const char *directories[] = {argv[1], NULL};
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(Detector) detector = NULL;
    unsigned number = 0;

    TRY(rule_set_load(directories, g_getenv("ACCURACY_CACHE"), &rules, error));
    TRY(detector_new(rules, &detector, error));
    for (size_t i = 2; argv[i] != NULL; i++) {
        g_autofree char *lines = NULL;
        gsize len = 0;
        if (!g_file_get_contents(argv[i], &lines, &len, NULL))
            return fail(error, ERROR_INVALID, "%s: cannot be read", argv[i]);
        TRY(look_at_lines(detector, lines, &number, error));
    }
    return true;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;

    if (argc < 3) {
        (void)fprintf(stderr, "usage: accuracy RULES_DIR FILE...\n");
        return 2;
    }
    if (!run(argv, &error)) {
        (void)fprintf(stderr, "accuracy: %s\n", error->message);
        return 1;
    }
    return 0;
}
