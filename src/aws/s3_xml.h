/* S3's XML answers, read as they arrive: a listing, or an error.
 *
 * Bounded whatever is fed: depth, length of every text, number of entries; a DOCTYPE is refused. */
#pragma once

#include "aws/s3.h"

typedef struct S3Xml S3Xml;

/* Borrowed from the reader; "" for what is absent. */
typedef struct S3ErrorAnswer {
    const char *code;
    const char *message;
    const char *region;
} S3ErrorAnswer;

S3Xml *s3_xml_new(uint32_t max_keys);
void s3_xml_free(S3Xml *xml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Xml, s3_xml_free)

/* PROTOCOL: not XML, or beyond the bounds. */
FALLIBLE bool s3_xml_feed(S3Xml *xml, const void *data, size_t len, GError **error);

/* After everything was fed. TRUNCATED: the document stops in the middle. */
FALLIBLE bool s3_xml_finish(S3Xml *xml, GError **error);

/* After _finish: an <Error> document fills *ret_answer and returns true. */
bool s3_xml_error(const S3Xml *xml, S3ErrorAnswer *ret_answer);

/* After _finish. PROTOCOL: no ListBucketResult, or an entry that makes no sense. */
FALLIBLE bool s3_xml_listing(S3Xml *xml, S3ListResult *ret_result, GError **error);
