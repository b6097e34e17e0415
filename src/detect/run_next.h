/* What stands behind a word, by its first byte. */
#pragma once

#include "detect/first_runs.h"

/* What differs from NEXT_OTHER. A table instead of branches: what follows a word is hard to predict. */
static const uint8_t NEXT_OF[256] = {
    [' '] = NEXT_SPACE ^ NEXT_OTHER,
    ['-'] = NEXT_DASH ^ NEXT_OTHER,
    ['.'] = NEXT_DOT ^ NEXT_OTHER,
    ['/'] = NEXT_SLASH ^ NEXT_OTHER,
    ['+'] = NEXT_PLUS ^ NEXT_OTHER,
    [':'] = NEXT_COLON ^ NEXT_OTHER,
};

static inline RunNext next_of(uint8_t byte)
{
    return (RunNext)(NEXT_OF[byte] ^ NEXT_OTHER);
}
