#pragma once

#include <stddef.h>
#include <stdint.h>

/* A piece of a long text: data[0] stands at position base of it. */
typedef struct TextView {
    const uint8_t *data;
    uint64_t base;
    size_t len;
} TextView;
