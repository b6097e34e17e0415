#include "aws/s3_xml.h"

#include <string.h>

#define HEAD                                                                                                           \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
#define TAIL       "<IsTruncated>false</IsTruncated></ListBucketResult>"
#define ENTRY(key) "<Contents><Key>" key "</Key><Size>1</Size><ETag>&quot;e&quot;</ETag></Contents>"

static bool read_text(const char *text, size_t step, S3ListResult *ret_result, GError **error)
{
    g_autoptr(S3Xml) xml = s3_xml_new(1000);
    size_t len = strlen(text);

    for (size_t at = 0; at < len; at += step)
        TRY(s3_xml_feed(xml, text + at, MIN(step, len - at), error));
    TRY(s3_xml_finish(xml, error));
    return s3_xml_listing(xml, ret_result, error);
}

/* The example answer of the documentation of ListObjectsV2 ("Listing keys"), shortened. */
static void test_a_listing_is_read_whatever_its_chunks(void)
{
    static const char text[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n<Name>bucket</Name>\n<Prefix/>\n"
        "<KeyCount>205</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>\n"
        "<NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>"
        "<Contents><Key>my-image.jpg</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>"
        "<ETag>\"fba9dede5f27731c9771645a39863328\"</ETag><Size>434234</Size><StorageClass>STANDARD</StorageClass>"
        "<Owner><ID>8a69</ID></Owner><RestoreStatus><Size>9</Size></RestoreStatus></Contents>\n"
        "<CommonPrefixes><Prefix>x/</Prefix></CommonPrefixes></ListBucketResult>";

    for (size_t step = 1; step < sizeof text; step += 13) {
        g_auto(S3ListResult) result = {0};

        g_assert_true(read_text(text, step, &result, NULL));
        g_assert_true(result.is_truncated);
        g_assert_cmpstr(result.next_token, ==, "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=");
        g_assert_cmpuint(result.entries->len, ==, 1);
        const S3ListEntry *entry = &g_array_index(result.entries, S3ListEntry, 0);
        g_assert_cmpstr(entry->key, ==, "my-image.jpg");
        g_assert_cmpstr(entry->etag, ==, "fba9dede5f27731c9771645a39863328");
        g_assert_cmpuint(entry->size_bytes, ==, 434234);
        g_assert_cmpint(entry->modified_ms, ==, 1255369830000);
    }
}

static void test_keys_are_decoded_only_when_announced(void)
{
    static const struct {
        const char *text, *key;
        size_t len;
    } cases[] = {
        {HEAD "<EncodingType>url</EncodingType>" ENTRY("a+b%2Bc%20d%2f%25") TAIL, "a b+c d/%", 9},
        {HEAD ENTRY("a+b%2Bc") "<EncodingType>url</EncodingType>" TAIL, "a b+c", 5},
        {HEAD ENTRY("a+b%2Bc") TAIL, "a+b%2Bc", 7},
        {HEAD ENTRY("a&lt;&amp;&#x1F600;") TAIL, "a<&\xf0\x9f\x98\x80", 7},
        {HEAD "<EncodingType>url</EncodingType>" ENTRY("a%00b%FF") TAIL, "a\0b\xff", 4},
        {HEAD "<EncodingType>url</EncodingType>" ENTRY("%E2%82%AC") TAIL, "\xe2\x82\xac", 3},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(S3ListResult) result = {0};

        g_assert_true(read_text(cases[i].text, 1000, &result, NULL));
        const S3ListEntry *entry = &g_array_index(result.entries, S3ListEntry, 0);
        g_assert_cmpmem(entry->key, entry->key_len, cases[i].key, cases[i].len);
    }
}

static void test_a_token_counts_only_while_truncated(void)
{
    g_auto(S3ListResult) result = {0};

    g_assert_true(read_text(HEAD "<NextContinuationToken>t</NextContinuationToken>" TAIL, 1000, &result, NULL));
    g_assert_false(result.is_truncated);
    g_assert_null(result.next_token);
}

static void test_more_keys_than_asked_for_are_cut_and_said(void)
{
    g_autoptr(S3Xml) xml = s3_xml_new(2);
    g_auto(S3ListResult) result = {0};
    static const char text[] = HEAD ENTRY("a") ENTRY("b") ENTRY("c") TAIL;

    g_assert_true(s3_xml_feed(xml, text, strlen(text), NULL));
    g_assert_true(s3_xml_finish(xml, NULL));
    g_assert_true(s3_xml_listing(xml, &result, NULL));
    g_assert_cmpuint(result.entries->len, ==, 2);
    g_assert_true(result.is_truncated);
}

static void test_what_is_no_listing_is_refused(void)
{
    static const struct {
        const char *text;
        ErrorKind kind;
    } cases[] = {
        {"", ERROR_TRUNCATED},
        {HEAD ENTRY("a"), ERROR_TRUNCATED},
        {"<html><body>Log in</body></html>", ERROR_PROTOCOL},
        {"{\"json\": true}", ERROR_PROTOCOL},
        {HEAD "</ListBucketResult>", ERROR_PROTOCOL},
        {HEAD "<Contents><Size>1</Size></Contents>" TAIL, ERROR_PROTOCOL},
        {HEAD "<Contents><Key>a</Key></Contents>" TAIL, ERROR_PROTOCOL},
        {HEAD "<Contents><Key>a</Key><Size>-1</Size></Contents>" TAIL, ERROR_PROTOCOL},
        {HEAD "<Contents><Key>a</Key><Size>99999999999999999999</Size></Contents>" TAIL, ERROR_PROTOCOL},
        {HEAD "<Contents><Key>a</Key><Size>1</Size><ETag>x&#13;&#10;y</ETag></Contents>" TAIL, ERROR_PROTOCOL},
        {HEAD "<EncodingType>url</EncodingType>" ENTRY("%4") TAIL, ERROR_PROTOCOL},
        {HEAD ENTRY("\x01") TAIL, ERROR_PROTOCOL},
        {"<!DOCTYPE a [<!ENTITY b \"c\">]>" HEAD TAIL, ERROR_PROTOCOL},
        {HEAD "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>", ERROR_PROTOCOL},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(S3ListResult) result = {0};
        g_autoptr(GError) error = NULL;

        g_assert_false(read_text(cases[i].text, 1000, &result, &error));
        g_test_message("%s", error->message);
        g_assert_cmpstr(error_kind_name(error_kind(error)), ==, error_kind_name(cases[i].kind));
    }
}

static void test_a_size_beyond_any_store_is_refused(void)
{
    static const struct {
        const char *text;
        uint64_t size; /* 0: refused */
    } cases[] = {
        {HEAD "<Contents><Key>a</Key><Size>1125899906842624</Size></Contents>" TAIL, 1125899906842624},
        {HEAD "<Contents><Key>a</Key><Size>1125899906842625</Size></Contents>" TAIL, 0},
        {HEAD "<Contents><Key>a</Key><Size>9223372036854775807</Size></Contents>" TAIL, 0},
        {HEAD "<Contents><Key>a</Key><Size>18446744073709551615</Size></Contents>" TAIL, 0},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(S3ListResult) result = {0};
        g_autoptr(GError) error = NULL;

        bool is_read = read_text(cases[i].text, 1000, &result, &error);
        g_assert_cmpint(is_read, ==, cases[i].size > 0);
        if (is_read) {
            g_assert_cmpuint(g_array_index(result.entries, S3ListEntry, 0).size_bytes, ==, cases[i].size);
            continue;
        }
        g_assert_true(error_is(error, ERROR_PROTOCOL));
        g_assert_nonnull(strstr(error->message, ", expected at most 1125899906842624"));
    }
}

static void test_an_endless_text_is_refused(void)
{
    g_autoptr(S3Xml) xml = s3_xml_new(1000);
    g_autoptr(GError) error = NULL;
    g_autofree char *letters = g_strnfill(1000, 'k');
    int fed = 0;

    g_assert_true(s3_xml_feed(xml, HEAD "<Contents><Key>", strlen(HEAD "<Contents><Key>"), NULL));
    while (fed < 1000 && s3_xml_feed(xml, letters, 1000, &error))
        fed++;
    g_assert_true(error_is(error, ERROR_PROTOCOL));
    g_assert_cmpint(fed, <, 20);
}

static void test_an_error_document_is_read(void)
{
    g_autoptr(S3Xml) xml = s3_xml_new(1000);
    static const char text[] = "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>No</Message>"
                               "<Region>eu-west-1</Region><RequestId>1</RequestId></Error>";
    S3ErrorAnswer answer = {0};

    g_assert_true(s3_xml_feed(xml, text, strlen(text), NULL));
    g_assert_true(s3_xml_finish(xml, NULL));
    g_assert_true(s3_xml_error(xml, &answer));
    g_assert_cmpstr(answer.code, ==, "AccessDenied");
    g_assert_cmpstr(answer.message, ==, "No");
    g_assert_cmpstr(answer.region, ==, "eu-west-1");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/aws/s3-xml/a-listing-is-read-whatever-its-chunks", test_a_listing_is_read_whatever_its_chunks);
    g_test_add_func("/aws/s3-xml/keys-are-decoded-only-when-announced", test_keys_are_decoded_only_when_announced);
    g_test_add_func("/aws/s3-xml/a-token-counts-only-while-truncated", test_a_token_counts_only_while_truncated);
    g_test_add_func(
        "/aws/s3-xml/more-keys-than-asked-for-are-cut-and-said", test_more_keys_than_asked_for_are_cut_and_said);
    g_test_add_func("/aws/s3-xml/what-is-no-listing-is-refused", test_what_is_no_listing_is_refused);
    g_test_add_func("/aws/s3-xml/a-size-beyond-any-store-is-refused", test_a_size_beyond_any_store_is_refused);
    g_test_add_func("/aws/s3-xml/an-endless-text-is-refused", test_an_endless_text_is_refused);
    g_test_add_func("/aws/s3-xml/an-error-document-is-read", test_an_error_document_is_read);
    return g_test_run();
}
