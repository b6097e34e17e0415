/* The forms of single escapes, behind escapes.h. Pure. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

/* What an escape stands for. */
typedef enum EscapeKind {
    ESCAPE_CHARACTER, /* a code point */
    ESCAPE_BYTE,      /* of text that was UTF-8 before */
    ESCAPE_NOTHING,   /* a line that goes on in the next */
} EscapeKind;

typedef struct Escape {
    EscapeKind kind;
    size_t len;
    int64_t value; /* -1: it is none after all */
} Escape;

/* Forms that a span is sure to have, so that each that looks like one is one. */
typedef struct SureForms {
    bool is_mail, has_octal;
} SureForms;

/* Hexadecimal digits from at on: their value; -1: others are there. */
int64_t hex_number(Bytes text, size_t at, size_t digits);

/* The text begins with a backslash: "\u0040", "\u{40}", "\U00000040", "\x40", "\x{40}", "\/", and "\100" or "\0100" if
 * octal escapes are sure or three of them stand in a row. */
Escape program_escape(Bytes text, const SureForms *sure);

/* Whether octal escapes of a text stand here, three in a row: one alone is a path or a reference of a regex. */
bool is_octal_chain(Bytes text);

/* Whether slashes with a backslash, as PHP writes them in JSON, stand here in what the values of rules may have: an
 * address with a user's name in it, or a date. The text begins with the first of them. */
bool escaped_slash_is_telling(Bytes text);
