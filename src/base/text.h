/* How text was encoded in the object, so that a place in our UTF-8 can be told in the object's own bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum TextEncoding {
    TEXT_UTF8, /* also ASCII, and bytes of unknown encoding passed on as they are */
    TEXT_UTF16LE,
    TEXT_UTF16BE,
    TEXT_LATIN1,
} TextEncoding;

const char *text_encoding_name(TextEncoding encoding);

/* How many bytes the object used for this piece of UTF-8. The piece starts and ends between characters. */
uint64_t text_encoded_length(TextEncoding encoding, const char *utf8, size_t len);

/* Where an offset stands in a text: line and column from 1, the column in characters. */
typedef struct TextPlace {
    uint64_t line, column;
} TextPlace;

/* An offset behind the end is the end. */
TextPlace text_place(const char *utf8, size_t len, uint64_t offset);

/* Characters (code points) in a piece of UTF-8; a stray byte counts as one. */
uint64_t text_char_count(const char *utf8, size_t len);
