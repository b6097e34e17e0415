/* The bytes that digits of base64 or hexadecimal are written for, one digit at a time. */
#pragma once

#include "detect/encoded/base64.h"

#include <stdbool.h>
#include <stdint.h>

/* Bits of a layer that are no byte yet. */
typedef struct Layer {
    uint32_t bits;
    unsigned count;
} Layer;

/* Takes a digit of so many bits. Whether a byte is complete. */
static inline bool push_digit(Layer *layer, unsigned width, int value, uint8_t *ret_byte)
{
    layer->bits = layer->bits << width | (uint32_t)value;
    layer->count += width;
    if (layer->count < 8)
        return false;
    layer->count -= 8;
    *ret_byte = (uint8_t)(layer->bits >> layer->count);
    return true;
}

static inline bool push_hex(Layer *layer, uint8_t digit, uint8_t *ret_byte)
{
    return push_digit(layer, 4, hex_value(digit), ret_byte);
}

static inline bool push_base64(Layer *layer, uint8_t digit, uint8_t *ret_byte)
{
    int value = base64_value(digit);

    return value >= 0 && push_digit(layer, 6, value, ret_byte);
}
