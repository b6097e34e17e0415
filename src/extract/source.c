#include "extract/source.h"

#include <string.h>

void source_fill(Source *source, size_t wanted)
{
    if (source->end - source->start >= wanted)
        return;
    if (source->start > 0) {
        memmove(source->buffer, source->buffer + source->start, source->end - source->start);
        source->end -= source->start;
        source->start = 0;
    }
    while (source->end < wanted && !source->is_at_end) {
        size_t got = 0;
        const size_t room = SOURCE_BUFFER_BYTES - source->end;
        const bool is_read =
            byte_reader_read(source->reader, source->buffer + source->end, room, &got, &source->failure);
        source->end += is_read ? got : 0;
        source->is_at_end = !is_read || got == 0;
    }
}
