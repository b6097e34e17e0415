#include "detect/byte_class.h"

const uint8_t BYTE_CLASS[256] = {
    ['0' ... '9'] = BYTE_DIGIT,
    ['A' ... 'F'] = BYTE_UPPER | BYTE_HEX_LETTER,
    ['G' ... 'Z'] = BYTE_UPPER,
    ['_'] = BYTE_UNDERSCORE,
    ['a' ... 'f'] = BYTE_LOWER | BYTE_HEX_LETTER,
    ['g' ... 'z'] = BYTE_LOWER,
    [0x80 ... 0xFF] = BYTE_HIGH,
};
