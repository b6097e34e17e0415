/* S3's answers: the first byte says how they arrive in pieces, the rest is the XML. */
#include "aws/s3_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(S3Xml) xml = s3_xml_new(5);
    g_auto(S3ListResult) result = {0};
    S3ErrorAnswer answer = {0};
    size_t step = size > 0 ? (size_t)data[0] + 1 : 1;

    for (size_t at = 1; at < size; at += step) {
        if (!s3_xml_feed(xml, data + at, MIN(step, size - at), NULL))
            return 0;
    }
    if (!s3_xml_finish(xml, NULL) || s3_xml_error(xml, &answer) || !s3_xml_listing(xml, &result, NULL))
        return 0;
    for (guint i = 0; i < result.entries->len; i++) {
        const S3ListEntry *entry = &g_array_index(result.entries, S3ListEntry, i);
        g_assert(entry->key_len > 0 && entry->key[entry->key_len] == '\0' && entry->etag != NULL);
    }
    return 0;
}
