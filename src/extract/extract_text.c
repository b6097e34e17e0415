#include "extract/decode.h"
#include "extract/extraction.h"
#include "extract/utf8.h"

#include <string.h>

static bool hand_on(Extraction *extraction, const char *utf8, size_t len, GError **error)
{
    extraction->report->expanded_bytes += len;
    return len == 0 || extraction->sink->text(extraction->sink->data, utf8, len, error);
}

/* Keeps the end of a run's bytes, without moving them for every small piece. */
static void keep_tail(Extractor *extractor, const uint8_t *data, size_t len)
{
    const size_t kept = MIN(len, (size_t)ZIP_END_MAX_BYTES);

    if (extractor->tail_len + kept > EXTRACT_TAIL_BYTES) { /* so it holds more than half of that */
        memmove(extractor->tail, extractor->tail + extractor->tail_len - ZIP_END_MAX_BYTES, ZIP_END_MAX_BYTES);
        extractor->tail_len = ZIP_END_MAX_BYTES;
    }
    if (kept > 0)
        memcpy(extractor->tail + extractor->tail_len, data + len - kept, kept);
    extractor->tail_len += kept;
}

static void take(Extraction *extraction, Source *source, size_t len)
{
    keep_tail(extraction->extractor, source_pending(source).data, len);
    source_consume(source, len);
}

/* UTF-8 goes to the sink out of the source's own buffer. */
static bool pass_utf8(Extraction *extraction, Source *source, GError **error)
{
    const Bytes pending = source_pending(source);
    const size_t len = source->is_at_end ? pending.len : utf8_whole_length(pending.data, pending.len);

    TRY(hand_on(extraction, (const char *)pending.data, len, error));
    take(extraction, source, len);
    return true;
}

static bool pass_decoded(Extraction *extraction, Source *source, TextEncoding encoding, GError **error)
{
    const DecodeEnd end = source->is_at_end ? DECODE_AT_END : DECODE_MORE_FOLLOWS;
    char *decoded = extraction->extractor->decoded;
    size_t used = 0;

    do {
        const Bytes pending = source_pending(source);
        size_t len = 0;
        used = decode_piece(encoding, pending.data, pending.len, end, decoded, &len);
        TRY(hand_on(extraction, decoded, len, error));
        take(extraction, source, used);
    } while (used > 0);
    return true;
}

static bool pass_all(Extraction *extraction, Source *source, TextEncoding encoding, GError **error)
{
    bool is_over = false;

    while (!is_over) {
        is_over = source->is_at_end; /* before the bytes, since the end also changes how they are read */
        if (encoding == TEXT_UTF8)
            TRY(pass_utf8(extraction, source, error));
        else
            TRY(pass_decoded(extraction, source, encoding, error));
        if (!is_over)
            source_fill(source, source_pending(source).len + 1);
    }
    return true;
}

bool extract_text(
    Extraction *extraction, const Place *place, Source *source, TextEncoding encoding, size_t bom_bytes, GError **error)
{
    const TextSink *sink = extraction->sink;

    extraction->extractor->tail_len = 0;
    source_consume(source, bom_bytes);
    const TextRun run = {.member = place->member, .encoding = encoding, .first_offset = source->offset};
    TRY(sink->begin(sink->data, &run, error));
    TRY(pass_all(extraction, source, encoding, error));
    return sink->end(sink->data, error);
}
