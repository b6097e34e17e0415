/* Character classes of text, 64 bytes at a time, as bit masks: bit i is byte i. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { CLASS_BLOCK = 64, CLASS_MAX_SEPARATORS = 8 };

typedef struct ClassMasks {
    uint64_t digit, upper, word, at, plus, separator;
} ClassMasks;

/* Characters that may stand between groups of digits; unused places repeat a used one. */
typedef struct ClassSeparators {
    uint8_t bytes[CLASS_MAX_SEPARATORS];
} ClassSeparators;

/* Reads blocks * 64 bytes. */
typedef void (*ClassMaskFill)(
    const uint8_t *text, size_t blocks, const ClassSeparators *separators, ClassMasks *ret_masks);

/* The fastest that this processor has. */
ClassMaskFill class_mask_fill_best(void);
ClassMaskFill class_mask_fill_portable(void);
