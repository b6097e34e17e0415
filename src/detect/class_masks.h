/* Character classes of text, 64 bytes at a time, as bit masks: bit i is byte i. */
#pragma once

#include "detect/fast_target.h"

#include <stddef.h>
#include <stdint.h>

enum { CLASS_BLOCK = 64 };

typedef struct ClassMasks {
    uint64_t digit, upper, word, at, plus, colon, underscore, high; /* word: A-Z a-z 0-9 _; high: not ASCII */
} ClassMasks;

/* Reads blocks * 64 bytes. */
typedef void (*ClassMaskFill)(const uint8_t *text, size_t blocks, ClassMasks *ret_masks);

/* The fastest that this processor has. */
ClassMaskFill class_mask_fill_best(void);
/* What this one would use: it must have what that takes. */
ClassMaskFill class_mask_fill_for(Processor processor);
ClassMaskFill class_mask_fill_portable(void);
