#include "findings/finding_spool.h"

#include "base/clock.h"
#include "findings/finding_row.h"
#include "findings/locations.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The packed findings of one object; in the file from offset, or, behind what was flushed, in memory. */
typedef struct SpoolEntry {
    uint32_t ordinal, rows, suppressions;
    uint64_t offset, len;
} SpoolEntry;

struct FindingSpool {
    RuleSet *rules;
    size_t memory_bytes;
    GArray *entries;    /* SpoolEntry */
    GByteArray *memory; /* bytes from offset flushed on */
    uint64_t flushed, rows;
    int fd; /* -1: no file yet */
};

/* What stands before the three texts of a packed finding; each text is followed by NUL. */
typedef struct PackedHead {
    uint64_t count;
    uint32_t rule_index, masked_len, fingerprint_len, locations_len;
    uint8_t tier, severity, is_truncated, reason; /* reason: of a suppression */
} PackedHead;

FindingSpool *finding_spool_new(RuleSet *rules, size_t memory_bytes)
{
    FindingSpool *spool = g_new0(FindingSpool, 1);

    spool->rules = rule_set_ref(rules);
    spool->memory_bytes = memory_bytes;
    spool->entries = g_array_new(FALSE, FALSE, sizeof(SpoolEntry));
    spool->memory = g_byte_array_new();
    spool->fd = -1;
    return spool;
}

void finding_spool_free(FindingSpool *spool)
{
    if (spool == NULL)
        return;
    rule_set_unref(spool->rules);
    g_array_unref(spool->entries);
    g_byte_array_unref(spool->memory);
    if (spool->fd >= 0)
        (void)close(spool->fd);
    g_free(spool);
}

uint64_t finding_spool_size(const FindingSpool *spool)
{
    return spool->rows;
}

static void pack_text(GByteArray *bytes, const char *text, uint32_t len)
{
    g_byte_array_append(bytes, (const guint8 *)text, len + 1);
}

static void pack_finding(GByteArray *bytes, const FindingSet *set, const Finding *finding)
{
    g_autofree char *locations = locations_json(finding->locations);
    PackedHead head;

    memset(&head, 0, sizeof head); /* padding too: it goes into the file */
    head.count = finding->count;
    head.rule_index = finding->rule->index;
    head.masked_len = (uint32_t)strlen(finding->masked);
    head.fingerprint_len = (uint32_t)strlen(finding->fingerprint);
    head.locations_len = (uint32_t)strlen(locations);
    head.tier = (uint8_t)finding->tier;
    head.severity = (uint8_t)finding_set_severity(set, finding);
    head.is_truncated = finding->is_truncated;
    g_byte_array_append(bytes, (const guint8 *)&head, sizeof head);
    pack_text(bytes, finding->masked, head.masked_len);
    pack_text(bytes, finding->fingerprint, head.fingerprint_len);
    pack_text(bytes, locations, head.locations_len);
}

static bool io_failed(const char *what, GError **error)
{
    ErrorKind kind = errno == ENOSPC || errno == EDQUOT ? ERROR_NO_SPACE : ERROR_IO;

    return fail(error, kind, "temporary file for findings in %s: %s: %s", g_get_tmp_dir(), what, g_strerror(errno));
}

/* A file without a name: it is gone when it is closed, however the process ends. */
static bool open_file(FindingSpool *spool, GError **error)
{
    if (spool->fd >= 0)
        return true;
    spool->fd = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd >= 0)
        return true;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "trawl-findings.XXXXXX", NULL);
    spool->fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (spool->fd < 0)
        return io_failed("cannot be made", error);
    (void)unlink(path);
    return true;
}

static bool flush(FindingSpool *spool, GError **error)
{
    size_t done = 0;

    TRY(open_file(spool, error));
    while (done < spool->memory->len) {
        ssize_t written =
            pwrite(spool->fd, spool->memory->data + done, spool->memory->len - done, (off_t)(spool->flushed + done));
        if (written < 0 && errno != EINTR)
            return io_failed("cannot be written", error);
        done += written > 0 ? (size_t)written : 0;
    }
    spool->flushed += spool->memory->len;
    g_byte_array_set_size(spool->memory, 0);
    return true;
}

/* As a finding with places only. */
static void pack_suppression(GByteArray *bytes, const Suppression *suppression)
{
    g_autofree char *locations = locations_json(suppression->locations);
    PackedHead head;

    memset(&head, 0, sizeof head);
    head.count = suppression->count;
    head.rule_index = suppression->rule->index;
    head.locations_len = (uint32_t)strlen(locations);
    head.reason = (uint8_t)suppression->reason;
    g_byte_array_append(bytes, (const guint8 *)&head, sizeof head);
    pack_text(bytes, locations, head.locations_len);
}

static bool flush_if_full(FindingSpool *spool, GError **error)
{
    return spool->memory->len <= spool->memory_bytes || flush(spool, error);
}

bool finding_spool_add(FindingSpool *spool, uint32_t ordinal, const FindingSet *set, GError **error)
{
    SpoolEntry entry = {.ordinal = ordinal,
        .rows = (uint32_t)finding_set_size(set),
        .suppressions = (uint32_t)finding_set_suppression_count(set),
        .offset = spool->flushed + spool->memory->len};

    for (size_t i = 0; i < entry.rows; i++) {
        pack_finding(spool->memory, set, finding_set_at(set, i));
        TRY(flush_if_full(spool, error));
    }
    for (size_t i = 0; i < entry.suppressions; i++) { /* they are no findings: behind them, and counted apart */
        pack_suppression(spool->memory, finding_set_suppression_at(set, i));
        TRY(flush_if_full(spool, error));
    }
    if (spool->flushed > entry.offset)
        TRY(flush(spool, error)); /* an object lies in the file or in memory, never in both */
    entry.len = spool->flushed + spool->memory->len - entry.offset;
    g_array_append_val(spool->entries, entry);
    spool->rows += entry.rows;
    return true;
}

static bool read_entry(const FindingSpool *spool, const SpoolEntry *entry, GByteArray *bytes, GError **error)
{
    g_byte_array_set_size(bytes, (guint)entry->len);
    if (entry->offset >= spool->flushed) {
        memcpy(bytes->data, spool->memory->data + (entry->offset - spool->flushed), entry->len);
        return true;
    }
    for (size_t done = 0; done < entry->len;) {
        ssize_t got = pread(spool->fd, bytes->data + done, entry->len - done, (off_t)(entry->offset + done));
        if (got == 0)
            return fail(error, ERROR_IO, "temporary file for findings: shorter than it was written");
        if (got < 0 && errno != EINTR)
            return io_failed("cannot be read", error);
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool store_suppressions(const FindingSpool *spool, DbTx *tx, const SpoolEntry *entry, const FindingPlace *place,
    const char *packed, GError **error)
{
    for (uint32_t i = 0; i < entry->suppressions; i++) {
        PackedHead head;
        memcpy(&head, packed, sizeof head);
        packed += sizeof head;
        const SuppressionRow row = {.detector = rule_set_rule(spool->rules, head.rule_index)->detector,
            .reason = (SuppressReason)head.reason,
            .count = head.count,
            .locations = packed};
        TRY(suppression_row_store(tx, &row, place, error));
        packed += head.locations_len + 1;
    }
    return true;
}

static bool store_entry(FindingSpool *spool, DbTx *tx, const SpoolEntry *entry, const FindingPlace *place,
    GByteArray *bytes, GError **error)
{
    int64_t now_ms = clock_now_ms();
    const char *at = NULL;

    TRY(read_entry(spool, entry, bytes, error));
    at = (const char *)bytes->data;
    for (uint32_t i = 0; i < entry->rows; i++) {
        PackedHead head;
        memcpy(&head, at, sizeof head);
        at += sizeof head;
        const FindingRow row = {
            .rule = rule_set_rule(spool->rules, head.rule_index),
            .severity = (Severity)head.severity,
            .tier = (Tier)head.tier,
            .count = head.count,
            .is_truncated = head.is_truncated != 0,
            .masked = at,
            .fingerprint = at + head.masked_len + 1,
            .locations = at + head.masked_len + 1 + head.fingerprint_len + 1,
        };
        TRY(finding_row_store(tx, &row, place, now_ms, error));
        at = row.locations + head.locations_len + 1;
    }
    return store_suppressions(spool, tx, entry, place, at, error);
}

static gint compare_entries(gconstpointer a, gconstpointer b)
{
    const SpoolEntry *left = a, *right = b;

    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

bool finding_spool_store(
    FindingSpool *spool, DbTx *tx, const FindingPlace *page, FindingKeyOf key_of, const void *data, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    g_array_sort(spool->entries, compare_entries);
    for (guint i = 0; i < spool->entries->len; i++) {
        const SpoolEntry *entry = &g_array_index(spool->entries, SpoolEntry, i);
        FindingPlace place = *page;
        place.ordinal = entry->ordinal;
        place.key = key_of(data, entry->ordinal);
        TRY(store_entry(spool, tx, entry, &place, bytes, error));
    }
    return true;
}
