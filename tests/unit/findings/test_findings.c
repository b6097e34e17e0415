#include "findings/finding_json.h"
#include "findings/finding_row.h"
#include "findings/findings.h"
#include "findings/locations.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static const Rule card = {.id = "fin.credit_card",
    .detector = "fin.credit_card",
    .name = "Card",
    .category = "financial",
    .severity = SEVERITY_HIGH,
    .compliance = (char *const[]){"PCI", "GDPR"},
    .compliance_count = 2,
    .mask = MASK_LAST4,
    .index = 0,
    .detector_index = 0};
static const Rule email = {.id = "pii.email",
    .detector = "pii.email",
    .name = "Email",
    .category = "personal",
    .severity = SEVERITY_LOW,
    .mask = MASK_EMAIL,
    .index = 7,
    .detector_index = 7};

/* Bytes 0 to 31, and its id: the first 16 hex digits of HMAC-SHA-256 of "trawl fingerprint key id" under it. */
static const FingerprintKey test_key = {.bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                                            20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31},
    .id = "24105e47abdd0bf6"};

static Bytes bytes_of(const char *text)
{
    return (Bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

static void add(FindingSet *set, const Rule *rule, const char *text, uint64_t offset, const char *member)
{
    const Match match = {.rule = rule,
        .tier = TIER_MEDIUM,
        .text = bytes_of(text),
        .canonical = bytes_of(text),
        .offset = offset,
        .length = strlen(text),
        .line = 1 + offset / 100,
        .column = 1 + offset % 100};

    finding_set_add(set, &match, member);
}

typedef struct MaskCase {
    MaskStyle style;
    const char *text;
    const char *masked;
} MaskCase;

static const MaskCase mask_cases[] = {
    {MASK_ALL, "", "********"},
    {MASK_ALL, "short", "********"},
    {MASK_ALL, "sixteen letters.", "****************"},
    {MASK_ALL, "----------------------------------------------------------------", "********************************"},
    {MASK_LAST4, "4111111111111111", "************1111"},
    {MASK_LAST4, "4111 1111-1111 1111", "**** ****-**** 1111"},
    {MASK_LAST4, "378282246310005", "***********0005"},
    {MASK_LAST4, "987-65-4320", "***-**-*320"}, /* nine digits: three are a third */
    {MASK_LAST4, "12345678", "********"},       /* too short to show anything */
    {MASK_LAST4, "1234\n567890\x01", "********890*"},
    {MASK_LAST4, "caf\u00e9 1234567890", "**** ******7890"},
    {MASK_PREFIX, "sk_test_aaaaaaaaaaaaaaaa", "sk_t****************"},
    {MASK_PREFIX, "fifteen letters", "********"},
    {MASK_PREFIX, "ab\n\u00e9aaaaaaaaaaaaaaaa", "ab******************"},
    {MASK_EMAIL, "alice@example.com", "a***@example.com"},
    {MASK_EMAIL, "al@example.com", "****@example.com"},
    {MASK_EMAIL, "odd@quoted@example.com", "o***@example.com"},
    {MASK_EMAIL, "no address", "********"},
    {MASK_EMAIL, "bad@exa\x01mple\xFF", "b***@exa"},
};

static void test_masks_show_only_what_their_style_allows(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mask_cases); i++) {
        const MaskCase *test = &mask_cases[i];
        g_autofree char *masked = finding_mask(test->style, bytes_of(test->text));
        g_test_message("%zu", i);
        g_assert_cmpstr(masked, ==, test->masked);
    }
}

static void test_masks_of_anything_are_short_valid_text(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(3);

    for (size_t round = 0; round < 4000; round++) {
        uint8_t noise[300];
        const size_t len = (size_t)g_rand_int_range(random, 0, sizeof noise);
        for (size_t i = 0; i < len; i++)
            noise[i] = g_rand_boolean(random) ? (uint8_t)g_rand_int_range(random, 0, 256)
                                              : (uint8_t) "@a1- \n"[g_rand_int_range(random, 0, 6)];
        for (MaskStyle style = MASK_ALL; style <= MASK_EMAIL; style++) {
            g_autofree char *masked = finding_mask(style, (Bytes){.data = noise, .len = len});
            g_assert_true(g_utf8_validate(masked, -1, NULL));
            g_assert_cmpint(g_utf8_strlen(masked, -1), <=, 64);
            for (const char *at = masked; *at != '\0'; at++)
                g_assert_false(g_ascii_iscntrl(*at));
        }
    }
}

static void test_equal_values_are_one_finding(void)
{
    g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);

    add(set, &card, "4111111111111111", 500, NULL);
    add(set, &card, "5555555555554444", 20, NULL);
    add(set, &card, "4111111111111111", 900, "a.zip");
    add(set, &email, "4111111111111111", 500, NULL); /* another rule: another finding */
    g_assert_cmpuint(finding_set_size(set), ==, 3);
    const Finding *first = finding_set_at(set, 0);
    const Finding *second = finding_set_at(set, 1);
    g_assert_cmpuint(first->count, ==, 1);
    g_assert_cmpstr(first->masked, ==, "************4444");
    g_assert_cmpuint(second->count, ==, 2);
    g_assert_cmpstr(second->rule->id, ==, "fin.credit_card");
    g_assert_cmpuint(second->locations->len, ==, 2);
    g_assert_cmpstr(g_array_index(second->locations, FindingLocation, 1).member, ==, "a.zip");
    g_assert_cmpstr(finding_set_at(set, 2)->rule->id, ==, "pii.email");
}

static void test_severity_rises_with_the_places_of_the_detector_in_the_object(void)
{
    static const SeverityStep steps[] = {{20, SEVERITY_MEDIUM}, {100, SEVERITY_CRITICAL}};
    const struct {
        unsigned places, values;
        Severity severity;
    } cases[] = {
        {1, 1, SEVERITY_LOW},
        {19, 19, SEVERITY_LOW},
        {20, 1, SEVERITY_MEDIUM}, /* more than are kept of one value */
        {20, 20, SEVERITY_MEDIUM},
        {99, 3, SEVERITY_MEDIUM},
        {100, 3, SEVERITY_CRITICAL},
        {100, 50, SEVERITY_CRITICAL}, /* more values than are kept */
        {5000, 7, SEVERITY_CRITICAL},
    };
    const Rule badge = {.id = "acme.badge",
        .detector = "acme.badge",
        .category = "personal",
        .severity = SEVERITY_LOW,
        .severity_steps = steps,
        .severity_step_count = G_N_ELEMENTS(steps),
        .index = 3,
        .detector_index = 3};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);
        add(set, &email, "al@example.com", 0, NULL);
        for (unsigned j = 0; j < cases[i].places; j++) {
            g_autofree char *value = g_strdup_printf("badge-%u", j % cases[i].values);
            add(set, &badge, value, 100 + 10U * j, NULL);
        }
        g_assert_cmpint(finding_set_severity(set, finding_set_at(set, 0)), ==, SEVERITY_LOW);
        for (size_t j = 1; j < finding_set_size(set); j++)
            g_assert_cmpint(finding_set_severity(set, finding_set_at(set, j)), ==, cases[i].severity);
    }
}

/* Computed with: printf 'fin.credit_card\0004111111111111111' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…1f */
static void test_fingerprints_are_hmac_sha_256(void)
{
    g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);

    add(set, &card, "4111111111111111", 0, NULL);
    add(set, &card, "", 1, NULL);
    g_assert_cmpstr(
        finding_set_at(set, 0)->fingerprint, ==, "e83c6266f8bf1831c661165eb3217400f7f93b801ca58d4e1c79920f9d2b6a93");
    g_assert_cmpstr(
        finding_set_at(set, 1)->fingerprint, ==, "c6bb01ef9a57cfe70ee8152bb1102330431fbc3d843cf4418acc42dae794866c");
}

static void test_the_canonical_form_decides_what_is_equal(void)
{
    g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);
    const char *const forms[] = {"4111 1111 1111 1111", "4111-1111-1111-1111"};

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        const Match match = {.rule = &card,
            .tier = i == 0 ? TIER_LOW : TIER_VALIDATED,
            .text = bytes_of(forms[i]),
            .canonical = bytes_of("4111111111111111"),
            .offset = i};
        finding_set_add(set, &match, NULL);
    }
    g_assert_cmpuint(finding_set_size(set), ==, 1);
    g_assert_cmpint(finding_set_at(set, 0)->tier, ==, TIER_VALIDATED);
    g_assert_cmpstr(
        finding_set_at(set, 0)->fingerprint, ==, "e83c6266f8bf1831c661165eb3217400f7f93b801ca58d4e1c79920f9d2b6a93");
}

static void fill(FindingSet *set)
{
    for (uint64_t i = 0; i < 2500; i++) {
        g_autofree char *address = g_strdup_printf("user%" G_GUINT64_FORMAT "@example.com", i);
        add(set, &email, address, 100 * i, NULL);
    }
}

static void test_beyond_the_cap_values_are_counted_exactly(void)
{
    g_autoptr(FindingSet) set = finding_set_new(&test_key, 1000);

    fill(set);
    add(set, &email, "user0@example.com", 999999, NULL);    /* kept: counted there */
    add(set, &email, "user2000@example.com", 999999, NULL); /* not kept: counted in the aggregate */
    add(set, &card, "4111111111111111", 7, NULL);           /* another detector has its own cap */
    g_assert_cmpuint(finding_set_size(set), ==, 1002);
    uint64_t values = 0;
    uint64_t places = 0;
    const Finding *aggregate = NULL;
    for (size_t i = 0; i < finding_set_size(set); i++) {
        const Finding *finding = finding_set_at(set, i);
        if (finding->is_truncated)
            aggregate = finding;
        values += finding->rule == &email && !finding->is_truncated;
        places += finding->rule == &email ? finding->count : 0;
    }
    g_assert_cmpuint(values, ==, 1000);
    g_assert_cmpuint(places, ==, 2502);
    g_assert_nonnull(aggregate);
    g_assert_cmpuint(aggregate->count, ==, 1501);
    g_assert_cmpstr(aggregate->masked, ==, "");
    g_assert_cmpstr(aggregate->fingerprint, ==, "");
    g_assert_cmpuint(aggregate->locations->len, ==, FINDING_MAX_LOCATIONS);
}

static void test_the_first_fifteen_places_are_kept(void)
{
    g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);

    for (uint64_t i = 0; i < 40; i++)
        add(set, &card, "4111111111111111", 10 + i, NULL);
    g_assert_cmpuint(finding_set_at(set, 0)->count, ==, 40);
    g_assert_cmpuint(finding_set_at(set, 0)->locations->len, ==, 15);
    g_assert_cmpuint(g_array_index(finding_set_at(set, 0)->locations, FindingLocation, 14).offset, ==, 24);
}

static char *make_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("trawl-findings-XXXXXX", &error);

    g_assert_no_error(error);
    return folder;
}

static void test_a_key_is_made_once_and_only_for_its_owner(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "fingerprint.key", NULL);
    FingerprintKey made = {{0}, {0}};
    FingerprintKey again = {{0}, {0}};
    GStatBuf status;

    g_assert_true(fingerprint_key_load(path, &made, &error));
    g_assert_true(fingerprint_key_load(path, &again, &error));
    g_assert_cmpmem(made.bytes, sizeof made.bytes, again.bytes, sizeof again.bytes);
    g_assert_cmpstr(made.id, ==, again.id);
    g_assert_cmpuint(strlen(made.id), ==, 16);
    g_assert_cmpint(g_stat(path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
    g_assert_cmpint(g_chmod(path, 0640), ==, 0);
    g_assert_false(fingerprint_key_load(path, &again, &error));
    g_assert_error(error, TRAWL_ERROR, ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "0600"));
    g_remove(path);
    g_assert_cmpint(g_rmdir(folder), ==, 0); /* nothing is left lying about */
}

typedef struct KeyCase {
    const char *content;
    bool is_key;
} KeyCase;

static const KeyCase key_cases[] = {
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", true},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F", true},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\r\n", true},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e\n", false},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\n", false},
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n", false},
    {"", false},
};

static void test_a_key_file_holds_32_bytes_in_hex(void)
{
    g_autofree char *folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "fingerprint.key", NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(key_cases); i++) {
        g_autoptr(GError) error = NULL;
        FingerprintKey key = {{0}, {0}};
        g_test_message("%zu", i);
        g_assert_true(
            g_file_set_contents_full(path, key_cases[i].content, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
        g_assert_cmpint(fingerprint_key_load(path, &key, &error), ==, key_cases[i].is_key);
        if (key_cases[i].is_key) {
            g_assert_cmpmem(key.bytes, sizeof key.bytes, test_key.bytes, sizeof test_key.bytes);
            g_assert_cmpstr(key.id, ==, test_key.id);
        } else {
            g_assert_error(error, TRAWL_ERROR, ERROR_INVALID);
            g_assert_null(strstr(error->message, "0001020304"));
        }
    }
    g_remove(path);
    g_rmdir(folder);
}

static Db *open_store(void)
{
    g_autoptr(GError) error = NULL;
    Db *db = NULL;

    g_assert_true(db_sqlite_open(DB_SQLITE_MEMORY, &db, &error));
    g_assert_true(migrate_up(db, &error));
    return db;
}

static void test_a_store_accepts_one_key_only(void)
{
    g_autoptr(Db) db = open_store();
    g_autoptr(GError) error = NULL;
    FingerprintKey other = test_key;

    g_assert_true(fingerprint_key_check(db, &test_key, &error));
    g_assert_true(fingerprint_key_check(db, &test_key, &error));
    memcpy(other.id, "ffffffffffffffff", sizeof other.id);
    g_assert_false(fingerprint_key_check(db, &other, &error));
    g_assert_error(error, TRAWL_ERROR, ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, test_key.id));
}

static void test_a_lost_key_file_is_said_and_not_replaced(void)
{
    g_autoptr(Db) db = open_store();
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = g_dir_make_tmp("trawl-key-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(folder, "key", NULL);
    FingerprintKey key;

    g_assert_true(fingerprint_key_open(db, path, &key, &error));
    g_assert_true(fingerprint_key_open(db, path, &key, &error));
    g_assert_cmpint(g_remove(path), ==, 0);
    g_assert_false(fingerprint_key_open(db, path, &key, &error));
    g_assert_error(error, TRAWL_ERROR, ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, key.id));
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_rmdir(folder);
}

static void store_set(Db *db, const FindingSet *set, const char *key, uint32_t ordinal)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(DbTx) tx = NULL;
    const FindingPlace place = {
        .job_id = "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa", .bucket = "b", .key = key, .ordinal = ordinal};

    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(finding_set_store(tx, set, &place, &error));
    g_assert_true(db_commit(g_steal_pointer(&tx), &error));
}

static Db *open_filled_store(void)
{
    Db *db = open_store();
    g_autoptr(FindingSet) one = finding_set_new(&test_key, 1000);
    g_autoptr(FindingSet) two = finding_set_new(&test_key, 1000);

    add(one, &card, "4111111111111111", 5, "in \"quotes\"/\u6771.txt");
    fill(one);
    store_set(db, one, "a.txt", 0);
    add(two, &card, "4111111111111111", 5, NULL);
    add(two, &card, "4111111111111111", 50, NULL);
    store_set(db, two, "b.txt", 1);
    return db;
}

static bool note_finding(void *data, const StoredFinding *finding, G_GNUC_UNUSED GError **error)
{
    g_ptr_array_add(data, g_strdup_printf("%s %s %s %s %s %" G_GUINT64_FORMAT " %d %s", finding->key, finding->detector,
                              finding->category, finding->severity, finding->masked, finding->count,
                              finding->is_truncated, finding->locations));
    return true;
}

static GPtrArray *visit(Db *db, FindingQuery query)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    query.job_id = "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa";
    g_assert_true(findings_visit(db, &query, note_finding, lines, &error));
    return lines;
}

static void test_stored_findings_are_read_back(void)
{
    g_autoptr(Db) db = open_filled_store();
    g_autoptr(GPtrArray) cards = visit(db, (FindingQuery){.detector = "fin.credit_card"});

    g_assert_cmpuint(cards->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(cards, 0), ==,
        "a.txt fin.credit_card financial high ************1111 1 0 "
        "[{\"offset\":5,\"length\":16,\"line\":1,\"column\":6,\"member\":\"in \\\"quotes\\\"/\u6771.txt\"}]");
    g_assert_cmpstr(g_ptr_array_index(cards, 1), ==,
        "b.txt fin.credit_card financial high ************1111 2 0 "
        "[{\"offset\":5,\"length\":16,\"line\":1,\"column\":6,\"member\":null},"
        "{\"offset\":50,\"length\":16,\"line\":1,\"column\":51,\"member\":null}]");
}

static void test_filters_and_pages_select(void)
{
    g_autoptr(Db) db = open_filled_store();
    g_autoptr(GPtrArray) all = visit(db, (FindingQuery){0});
    g_autoptr(GPtrArray) low = visit(db, (FindingQuery){.severity = "low"});
    g_autoptr(GPtrArray) personal = visit(db, (FindingQuery){.category = "personal", .key = "b.txt"});
    g_autoptr(GPtrArray) of_b = visit(db, (FindingQuery){.key = "b.txt"});
    g_autoptr(GPtrArray) first_tag = visit(db, (FindingQuery){.compliance = "PCI"});
    g_autoptr(GPtrArray) second_tag = visit(db, (FindingQuery){.compliance = "GDPR", .sequence = FINDINGS_BY_PLACE});
    g_autoptr(GPtrArray) part_of_tag = visit(db, (FindingQuery){.compliance = "PC", .detector = "fin.credit_card"});
    g_autoptr(GPtrArray) few = visit(db, (FindingQuery){.after_id = 10, .limit = 7});

    g_assert_cmpuint(all->len, ==, 1003);
    g_assert_cmpuint(low->len, ==, 1001);
    g_assert_cmpuint(personal->len, ==, 0);
    g_assert_cmpuint(of_b->len, ==, 1);
    g_assert_cmpuint(first_tag->len, ==, 2);
    g_assert_cmpuint(second_tag->len, ==, 2);
    g_assert_cmpuint(part_of_tag->len, ==, 0);
    g_assert_cmpuint(few->len, ==, 7);
    g_assert_cmpstr(g_ptr_array_index(few, 0), ==, g_ptr_array_index(all, 10));
}

static void test_a_filter_is_one_tag(void)
{
    g_autoptr(Db) db = open_filled_store();
    g_autoptr(GError) error = NULL;
    const FindingQuery query = {.job_id = "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa", .compliance = "PCI,GDPR"};

    g_assert_false(findings_visit(db, &query, note_finding, NULL, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
}

static void test_the_summary_counts_values_places_and_objects(void)
{
    g_autoptr(Db) db = open_filled_store();
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) summaries = NULL;

    g_assert_true(findings_summary(db, "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa", &summaries, &error));
    g_assert_cmpuint(summaries->len, ==, 2);
    const FindingSummary *cards = &g_array_index(summaries, FindingSummary, 0);
    const FindingSummary *emails = &g_array_index(summaries, FindingSummary, 1);
    g_assert_cmpstr(cards->detector, ==, "fin.credit_card");
    g_assert_cmpstr(cards->severity, ==, "high");
    g_assert_cmpuint(cards->values, ==, 2);
    g_assert_cmpuint(cards->count, ==, 3);
    g_assert_cmpuint(cards->objects, ==, 2);
    g_assert_false(cards->is_truncated);
    g_assert_cmpuint(emails->values, ==, 1000);
    g_assert_cmpuint(emails->count, ==, 2500);
    g_assert_cmpuint(emails->objects, ==, 1);
    g_assert_true(emails->is_truncated);
}

static void test_rules_of_one_detector_share_findings_and_places_say_where(void)
{
    static const Rule other = {.id = "fin.card_spaced",
        .detector = "fin.credit_card",
        .category = "financial",
        .severity = SEVERITY_HIGH,
        .mask = MASK_LAST4,
        .index = 3,
        .detector_index = 0};
    g_autoptr(FindingSet) set = finding_set_new(&test_key, 10);
    const Match match = {.rule = &other,
        .tier = TIER_HIGH,
        .text = bytes_of("4111 1111 1111 1111"),
        .canonical = bytes_of("4111111111111111"),
        .offset = 90,
        .length = 19,
        .line = 4,
        .column = 2,
        .row = 4,
        .cell = 2,
        .column_name = "card \"no\"",
        .record_path = "$.a[0]",
        .also = {"id.us_ssn", "pii.phone"}};

    add(set, &card, "4111111111111111", 5, NULL);
    finding_set_add(set, &match, NULL);
    finding_set_add_suppressed(set, &match, NULL, &(SuppressCause){.reason = SUPPRESSED_TEST_VALUE});
    g_assert_cmpuint(finding_set_size(set), ==, 1);
    g_assert_cmpuint(finding_set_at(set, 0)->count, ==, 2);
    g_autofree char *locations = locations_json(finding_set_at(set, 0)->locations);
    g_assert_cmpstr(locations, ==,
        "[{\"offset\":5,\"length\":16,\"line\":1,\"column\":6,\"member\":null},"
        "{\"offset\":90,\"length\":19,\"line\":4,\"column\":2,\"member\":null,\"row\":4,\"cell\":2,"
        "\"column_name\":\"card \\\"no\\\"\",\"path\":\"$.a[0]\",\"rule\":\"fin.card_spaced\","
        "\"also\":[\"id.us_ssn\",\"pii.phone\"]}]");
}

static char *id_of(const StoredFinding *finding)
{
    json_t *object = finding_json(finding);
    char *id = g_strdup(json_string_value(json_object_get(object, "id")));

    json_decref(object);
    return id;
}

static void test_the_id_is_that_of_the_value_in_its_object(void)
{
    StoredFinding finding = {.id = 1,
        .job_id = "j",
        .bucket = "b",
        .key = "k",
        .detector = "d",
        .category = "c",
        .severity = "low",
        .tier = "low",
        .masked = "*",
        .fingerprint = "f",
        .compliance = "PCI,ISO 27001",
        .locations = "[{\"also\":[\"x\",\"y\"]},{\"also\":[\"y\"]}]"};
    g_autofree char *id = id_of(&finding);
    json_t *object = finding_json(&finding);

    /* printf 'b\0k\0d\0f\0' | sha256sum */
    g_assert_cmpstr(id, ==, "ac1094bead5f4acb55d4c08c2f4efff9");
    g_assert_cmpuint(json_array_size(json_object_get(object, "also")), ==, 2);
    const json_t *tags = json_object_get(object, "compliance");
    g_assert_cmpuint(json_array_size(tags), ==, 2);
    g_assert_cmpstr(json_string_value(json_array_get(tags, 1)), ==, "ISO 27001");
    json_decref(object);
    finding.job_id = "other";
    finding.id = 2;
    g_autofree char *again = id_of(&finding);
    g_assert_cmpstr(again, ==, id);
    finding.key = "kd";
    g_autofree char *elsewhere = id_of(&finding);
    g_assert_cmpstr(elsewhere, !=, id);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/findings/" #name, test_##name)
    TEST(masks_show_only_what_their_style_allows);
    TEST(masks_of_anything_are_short_valid_text);
    TEST(severity_rises_with_the_places_of_the_detector_in_the_object);
    TEST(equal_values_are_one_finding);
    TEST(fingerprints_are_hmac_sha_256);
    TEST(the_canonical_form_decides_what_is_equal);
    TEST(beyond_the_cap_values_are_counted_exactly);
    TEST(the_first_fifteen_places_are_kept);
    TEST(a_key_is_made_once_and_only_for_its_owner);
    TEST(a_key_file_holds_32_bytes_in_hex);
    TEST(a_store_accepts_one_key_only);
    TEST(a_lost_key_file_is_said_and_not_replaced);
    TEST(rules_of_one_detector_share_findings_and_places_say_where);
    TEST(the_id_is_that_of_the_value_in_its_object);
    TEST(stored_findings_are_read_back);
    TEST(filters_and_pages_select);
    TEST(a_filter_is_one_tag);
    TEST(the_summary_counts_values_places_and_objects);
#undef TEST
    return g_test_run();
}
