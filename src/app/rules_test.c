#include "app/rules_test.h"

#include "app/report.h"
#include "base/text.h"
#include "extract/extract.h"
#include "findings/findings.h"

#include <string.h>

enum { FILE_BYTES_MAX = 64 << 20 };

/* A line of the answer: a match, or all values that a rule refused for one reason. */
typedef struct Row {
    uint64_t line, column, count;
    guint member; /* index of its name */
    const Rule *rule;
    char *verdict; /* owned */
} Row;

typedef struct Testing {
    const RulesTest *test;
    Detector *detector;
    DetectorOptions options;
    char *bytes; /* the file, of which so many were read */
    gsize len, read;
    GString *text;       /* of the member that is being read */
    GPtrArray *members;  /* names; NULL: the file itself */
    GArray *rows;        /* Row */
    GHashTable *refused; /* rule index and reason → index of the row + 1 */
    uint64_t far_values; /* that have no more than the shape of a rule; not told one by one */
    GHashTable *far_rules;
} Testing;

static void row_clear(gpointer data)
{
    g_free(((Row *)data)->verdict);
}

static void testing_init(Testing *testing, const RulesTest *test)
{
    *testing = (Testing){.test = test,
        .text = g_string_new(NULL),
        .members = g_ptr_array_new_with_free_func(g_free),
        .rows = g_array_new(FALSE, FALSE, sizeof(Row)),
        .refused = g_hash_table_new(NULL, NULL),
        .far_rules = g_hash_table_new(NULL, NULL)};
    g_array_set_clear_func(testing->rows, row_clear);
}

static void testing_clear(Testing *testing)
{
    detector_free(testing->detector);
    g_free(testing->bytes);
    g_string_free(testing->text, TRUE);
    g_ptr_array_unref(testing->members);
    g_array_unref(testing->rows);
    g_hash_table_unref(testing->refused);
    g_hash_table_unref(testing->far_rules);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Testing, testing_clear)

static bool is_wanted(const Testing *testing, const Rule *rule)
{
    const char *wanted = testing->test->rule;

    return wanted == NULL || g_str_equal(rule->id, wanted) || g_str_equal(rule->detector, wanted);
}

static void add_match(Testing *testing, const Match *match, char *take_verdict)
{
    const Row row = {.line = match->line,
        .column = match->column,
        .count = 1,
        .member = testing->members->len - 1,
        .rule = match->rule,
        .verdict = take_verdict};

    g_array_append_val(testing->rows, row);
}

static void note_match(void *data, const Match *match)
{
    Testing *testing = data;
    GString *verdict = g_string_new("match");

    if (!is_wanted(testing, match->rule)) {
        g_string_free(verdict, TRUE);
        return;
    }
    g_autofree char *masked = finding_mask(match->rule->mask, match->text);
    g_string_append_printf(verdict, ", tier %s: %s", tier_name(match->tier), masked);
    for (size_t i = 0; i < MATCH_ALSO_MAX && match->also[i] != NULL; i++)
        g_string_append_printf(verdict, "%s%s", i == 0 ? "; gave way to it: " : " ", match->also[i]);
    add_match(testing, match, g_string_free(verdict, FALSE));
}

static void note_suppressed(void *data, const Match *match)
{
    Testing *testing = data;

    const char *word = NULL;

    if (!is_wanted(testing, match->rule))
        return;
    const char *field = match_sample_cause(match, &word);
    add_match(testing, match,
        g_strdup_printf("suppressed: a published test value or a placeholder (%s%s%s of the rule)", field,
            word != NULL ? ": " : "", word != NULL ? word : ""));
}

static char *verdict_of(const Refusal *refusal)
{
    if (refusal->reason == REFUSED_LOW_TIER)
        return g_strdup_printf("no match: below --min-tier, it is of tier %s", tier_name(refusal->tier));
    return g_strdup_printf("no match: %s", refusal_reason_text(refusal->reason));
}

static void note_refusal(void *data, const Refusal *refusal)
{
    Testing *testing = data;
    const guint key = refusal->rule->index * 8 + (guint)refusal->reason;

    if (!is_wanted(testing, refusal->rule))
        return;
    if (testing->test->rule == NULL && !testing->test->is_all && !refusal->is_near) {
        testing->far_values++;
        (void)g_hash_table_add(testing->far_rules, GUINT_TO_POINTER(refusal->rule->index));
        return;
    }
    const guint known = GPOINTER_TO_UINT(g_hash_table_lookup(testing->refused, GUINT_TO_POINTER(key)));
    if (known > 0) {
        g_array_index(testing->rows, Row, known - 1).count++;
        return;
    }
    Row row = {.member = testing->members->len - 1, .rule = refusal->rule, .count = 1, .verdict = verdict_of(refusal)};
    const TextPlace place = text_place(testing->text->str, testing->text->len, refusal->position);
    row.line = place.line;
    row.column = place.column;
    g_array_append_val(testing->rows, row);
    g_hash_table_insert(testing->refused, GUINT_TO_POINTER(key), GUINT_TO_POINTER(testing->rows->len));
}

static gint compare_rows(gconstpointer left_data, gconstpointer right_data)
{
    const Row *left = left_data, *right = right_data;

    if (left->member != right->member)
        return left->member < right->member ? -1 : 1;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    if (left->column != right->column)
        return left->column < right->column ? -1 : 1;
    return strcmp(left->rule->id, right->rule->id);
}

static void print_rows(const Testing *testing)
{
    g_array_sort(testing->rows, compare_rows);
    for (guint i = 0; i < testing->rows->len; i++) {
        const Row *row = &g_array_index(testing->rows, Row, i);
        const char *name = g_ptr_array_index(testing->members, row->member);
        g_autofree char *member = name != NULL ? report_printable(name) : NULL;
        if (member != NULL)
            (void)printf("%s:", member);
        (void)printf(
            "%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT "\t%s\t%s", row->line, row->column, row->rule->id, row->verdict);
        if (row->count > 1)
            (void)printf(" (and %" G_GUINT64_FORMAT " more)", row->count - 1);
        (void)fputc('\n', stdout);
    }
    if (testing->far_values > 0)
        (void)printf("no more than the shape of a rule: %" G_GUINT64_FORMAT
                     " times, of %u rules (--all tells why not, --rule ID of one)\n",
            testing->far_values, g_hash_table_size(testing->far_rules));
    else if (testing->rows->len == 0)
        (void)puts("nothing has the shape of a rule");
}

/* ---- the file, as a scan reads it ---- */

static bool read_bytes(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    Testing *testing = data;
    size_t len = MIN(capacity, testing->len - testing->read);

    (void)error;
    memcpy(buffer, testing->bytes + testing->read, len);
    testing->read += len;
    *ret_len = len;
    return true;
}

static bool begin_member(void *data, const TextRun *run, GError **error)
{
    Testing *testing = data;

    g_ptr_array_add(testing->members, g_strdup(run->member));
    g_string_truncate(testing->text, 0);
    testing->options.path = run->member != NULL ? run->member : testing->test->path;
    return detector_begin(testing->detector, &testing->options, run->encoding, run->first_offset, error);
}

static bool feed_member(void *data, const char *utf8, size_t len, GError **error)
{
    Testing *testing = data;

    g_string_append_len(testing->text, utf8, (gssize)len);
    return detector_feed(testing->detector, utf8, len, error);
}

static bool end_member(void *data, GError **error)
{
    Testing *testing = data;

    return detector_end(testing->detector, error);
}

static bool detect_all(Testing *testing, GError **error)
{
    g_autoptr(Extractor) extractor = extractor_new();
    g_auto(ExtractReport) report = {0};
    ExtractLimits limits = EXTRACT_LIMITS_DEFAULT;
    const ByteReader reader = {.read = read_bytes, .data = testing};
    const TextSink sink = {.begin = begin_member, .text = feed_member, .end = end_member, .data = testing};

    limits.max_expanded_bytes = FILE_BYTES_MAX;
    TRY(extract_object(extractor, testing->test->path, &reader, &limits, &sink, &report, error));
    if (report.unread > 0)
        (void)fprintf(stderr, "trawl: not all of it was read: %s\n", report.unread_reason);
    if (detector_take_cuts(testing->detector) > 0)
        (void)fprintf(
            stderr, "trawl: not all of it was read: compressed text in it unpacks to more than 16 times its size\n");
    return true;
}

static bool read_options(const RulesTest *test, Testing *testing, GError **error)
{
    testing->options = (DetectorOptions){.min_tier = TIER_MEDIUM,
        .handler = note_match,
        .suppressed_handler = note_suppressed,
        .refusal_handler = note_refusal,
        .data = testing};
    if (test->min_tier != NULL && !tier_from_name(test->min_tier, &testing->options.min_tier))
        return fail(error, ERROR_INVALID, "--min-tier '%s': expected low, medium, high or validated", test->min_tier);
    return true;
}

static bool knows_rule(const RuleSet *rules, const char *name)
{
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        const Rule *rule = rule_set_rule(rules, i);
        if (g_str_equal(rule->id, name) || g_str_equal(rule->detector, name))
            return true;
    }
    return false;
}

bool rules_test_run(const RulesTest *test, RuleSet *rules, GError **error)
{
    g_auto(Testing) testing = {0};
    g_autoptr(GError) problem = NULL;

    testing_init(&testing, test);
    TRY(read_options(test, &testing, error));
    if (test->rule != NULL && !knows_rule(rules, test->rule))
        return fail(error, ERROR_NOT_FOUND, "--rule '%s': expected the id of a rule or a detector", test->rule);
    const char *path = g_str_equal(test->path, "-") ? "/dev/stdin" : test->path;
    if (!g_file_get_contents(path, &testing.bytes, &testing.len, &problem))
        return fail(error, ERROR_IO, "%s", problem->message);
    if (testing.len > FILE_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "%s: expected a file of at most %d bytes", test->path, FILE_BYTES_MAX);
    TRY(detector_new(rules, &testing.detector, error));
    TRY(detect_all(&testing, error));
    print_rows(&testing);
    return true;
}
