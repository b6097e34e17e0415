#include "extract/decode.h"
#include "extract/extraction.h"
#include "extract/utf8.h"

static bool hand_on(Extraction *extraction, const char *utf8, size_t len, GError **error)
{
    extraction->report->expanded_bytes += len;
    return len == 0 || extraction->sink->text(extraction->sink->data, utf8, len, error);
}

/* UTF-8 goes to the sink out of the source's own buffer. */
static bool pass_utf8(Extraction *extraction, Source *source, GError **error)
{
    const Bytes pending = source_pending(source);
    const size_t len = source->is_at_end ? pending.len : utf8_whole_length(pending.data, pending.len);

    TRY(hand_on(extraction, (const char *)pending.data, len, error));
    source_consume(source, len);
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
        source_consume(source, used);
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

    source_consume(source, bom_bytes);
    const TextRun run = {.member = place->member, .encoding = encoding, .first_offset = source->offset};
    TRY(sink->begin(sink->data, &run, error));
    TRY(pass_all(extraction, source, encoding, error));
    return sink->end(sink->data, error);
}
