/* Where a position of the UTF-8 text is: line, column, and offset in the bytes of the object. Moves forward only, so
 * that each byte is counted once, whatever the length of lines. */
#pragma once

#include "base/text.h"
#include "detect/keywords.h"

typedef struct PlaceCursor {
    TextEncoding encoding;
    uint64_t position; /* in the UTF-8 text of the run */
    uint64_t offset;   /* in the bytes of the member */
    uint64_t line, column;
} PlaceCursor;

void place_begin(PlaceCursor *cursor, TextEncoding encoding, uint64_t first_offset);

/* The view must hold everything from the cursor's position to the wanted one; going back is ignored. */
void place_advance(PlaceCursor *cursor, const TextView *view, uint64_t position);
