#include "worker/scan_object.h"

#include "worker/inline_ignore.h"

#include <string.h>

struct ObjectScanner {
    RuleSet *rules;
    FingerprintKey key;
    ScanOptions options;
    Extractor *extractor;
    Detector *detector;
    InlineIgnore *inline_ignore; /* NULL: comments are not heeded */
};

/* One object under way. */
typedef struct Scan {
    ObjectScanner *scanner;
    const ByteReader *reader;
    FindingSet *findings;
    const char *name;        /* the object's key */
    char *member;            /* of the current run */
    bool is_source_broken;   /* the reader failed, not what it delivered */
    bool is_detector_broken; /* our own trouble */
} Scan;

bool object_scanner_new(
    RuleSet *rules, const FingerprintKey *key, const ScanOptions *options, ObjectScanner **ret_scanner, GError **error)
{
    g_autoptr(ObjectScanner) scanner = g_new0(ObjectScanner, 1);

    scanner->rules = rule_set_ref(rules);
    scanner->key = *key;
    scanner->options = *options;
    scanner->extractor = extractor_new();
    TRY(detector_new(rules, &scanner->detector, error));
    if (options->has_inline_ignore)
        scanner->inline_ignore = inline_ignore_new();
    *ret_scanner = g_steal_pointer(&scanner);
    return true;
}

void object_scanner_free(ObjectScanner *scanner)
{
    if (scanner == NULL)
        return;
    extractor_free(scanner->extractor);
    detector_free(scanner->detector);
    inline_ignore_free(scanner->inline_ignore);
    rule_set_unref(scanner->rules);
    explicit_bzero(&scanner->key, sizeof scanner->key);
    g_free(scanner);
}

void scan_result_clear(ScanResult *result)
{
    finding_set_free(result->findings);
    g_free(result->message);
    *result = (ScanResult){0};
}

static bool read_source(void *data, uint8_t *buffer, size_t capacity, size_t *ret_len, GError **error)
{
    Scan *scan = data;

    scan->is_source_broken = !byte_reader_read(scan->reader, buffer, capacity, ret_len, error);
    return !scan->is_source_broken;
}

static void keep_match(void *data, const Match *match)
{
    const Scan *scan = data;
    const InlineIgnore *ignore = scan->scanner->inline_ignore;
    SuppressCause cause = {.reason = SUPPRESSED_INLINE};

    if (ignore != NULL && inline_ignore_covers(ignore, match, &cause.line))
        finding_set_add_suppressed(scan->findings, match, scan->member, &cause);
    else
        finding_set_add(scan->findings, match, scan->member);
}

static void keep_suppressed(void *data, const Match *match)
{
    const Scan *scan = data;
    SuppressCause cause = {.reason = SUPPRESSED_TEST_VALUE};

    if (finding_set_keeps_suppressed(scan->findings, match->rule, cause.reason))
        cause.field = match_sample_cause(match, &cause.why);
    finding_set_add_suppressed(scan->findings, match, scan->member, &cause);
}

static bool detect_text(void *data, const char *utf8, size_t len, GError **error)
{
    const Scan *scan = data;

    return detector_feed(scan->scanner->detector, utf8, len, error);
}

static bool begin_run(void *data, const TextRun *run, GError **error)
{
    Scan *scan = data;

    g_free(scan->member);
    scan->member = g_strdup(run->member);
    if (scan->scanner->inline_ignore != NULL)
        inline_ignore_begin(scan->scanner->inline_ignore, detect_text, scan);
    const DetectorOptions options = {.min_tier = scan->scanner->options.min_tier,
        .handler = keep_match,
        .suppressed_handler = keep_suppressed,
        .path = scan->member != NULL ? scan->member : scan->name,
        .data = scan};
    scan->is_detector_broken =
        !detector_begin(scan->scanner->detector, &options, run->encoding, run->first_offset, error);
    return !scan->is_detector_broken;
}

static bool feed_run(void *data, const char *utf8, size_t len, GError **error)
{
    Scan *scan = data;
    InlineIgnore *ignore = scan->scanner->inline_ignore;

    scan->is_detector_broken =
        !(ignore != NULL ? inline_ignore_feed(ignore, utf8, len, error) : detect_text(scan, utf8, len, error));
    return !scan->is_detector_broken;
}

static bool end_run(void *data, GError **error)
{
    Scan *scan = data;
    InlineIgnore *ignore = scan->scanner->inline_ignore;

    scan->is_detector_broken =
        (ignore != NULL && !inline_ignore_end(ignore, error)) || !detector_end(scan->scanner->detector, error);
    return !scan->is_detector_broken;
}

static bool may_be_the_store(ErrorKind kind)
{
    return kind == ERROR_UNAVAILABLE || kind == ERROR_BUSY || kind == ERROR_CREDENTIALS || kind == ERROR_CANCELLED ||
           kind == ERROR_TIMEOUT;
}

void scan_result_from_error(const GError *error, ScanResult *ret_result)
{
    *ret_result = (ScanResult){
        .outcome = may_be_the_store(error_kind(error)) ? SCAN_RETRY : SCAN_FAILED,
        .kind = error_kind(error),
        .message = g_strdup(error->message),
    };
}

/* A rule may have missed something: that is not the same as nothing being there. */
static void judge_overruns(const Scan *scan, ScanResult *result)
{
    const Rule *rule = NULL;
    uint64_t overruns = detector_take_overruns(scan->scanner->detector, &rule);

    if (overruns == 0 || result->outcome != SCAN_READ)
        return;
    result->outcome = SCAN_SKIPPED;
    result->kind = ERROR_RULE_LIMIT;
    result->message = g_strdup_printf(
        "the pattern of rule %s needs too much effort (%" G_GUINT64_FORMAT " places not searched)", rule->id, overruns);
}

static void judge_cuts(const Scan *scan, ScanResult *result)
{
    if (detector_take_cuts(scan->scanner->detector) == 0 || result->outcome != SCAN_READ)
        return;
    result->outcome = SCAN_SKIPPED;
    result->kind = ERROR_UNPACK_LIMIT;
    result->message = g_strdup("compressed text in the text unpacks to more than 16 times its size: not read whole");
}

static void judge(const Scan *scan, const ExtractReport *report, const GError *error, ScanResult *ret_result)
{
    *ret_result = (ScanResult){.outcome = SCAN_READ};
    if (error != NULL && scan->is_source_broken) {
        scan_result_from_error(error, ret_result);
    } else if (error != NULL) {
        ret_result->outcome = SCAN_FAILED;
        ret_result->kind = error_kind(error);
        ret_result->message = g_strdup(error->message);
    } else if (report->unread > 0) {
        ret_result->outcome = SCAN_SKIPPED;
        ret_result->kind = report->unread_kind;
        ret_result->message = report->unread == 1 ? g_strdup(report->unread_reason)
                                                  : g_strdup_printf("%s and %" G_GUINT32_FORMAT " more",
                                                        report->unread_reason, report->unread - 1);
    }
    judge_overruns(scan, ret_result);
    judge_cuts(scan, ret_result);
}

bool scan_object(
    ObjectScanner *scanner, const char *name, const ByteReader *reader, ScanResult *ret_result, GError **error)
{
    g_autoptr(FindingSet) findings = finding_set_new(&scanner->key, scanner->options.max_values);
    g_auto(ExtractReport) report = {0};
    g_autoptr(GError) read_error = NULL;
    Scan scan = {.scanner = scanner, .reader = reader, .findings = findings, .name = name};
    const ByteReader source = {.read = read_source, .data = &scan};
    const TextSink sink = {.begin = begin_run, .text = feed_run, .end = end_run, .data = &scan};

    const Rule *unused = NULL;
    (void)detector_take_overruns(scanner->detector, &unused); /* of an object that was given up */
    (void)detector_take_cuts(scanner->detector);
    finding_set_suppress(findings, scanner->options.suppressor, name);
    const bool is_read =
        extract_object(scanner->extractor, name, &source, &scanner->options.limits, &sink, &report, &read_error);
    detector_abandon(scanner->detector); /* of a text that was not read to its end */
    g_free(scan.member);
    if (!is_read && (scan.is_detector_broken || error_is(read_error, ERROR_INTERNAL))) {
        g_propagate_error(error, g_steal_pointer(&read_error));
        return false;
    }
    judge(&scan, &report, read_error, ret_result);
    ret_result->suppressed = finding_set_suppressed(findings);
    ret_result->findings = g_steal_pointer(&findings);
    ret_result->bytes = report.stored_bytes;
    return true;
}
