/* A line of YAML, as far as its structure goes: indentation, dashes, a key, and how its value begins. */
#pragma once

#include "base/bytes.h"

#include <stdbool.h>

enum { YAML_DASHES_MAX = 4 };

typedef enum YamlValue {
    YAML_PLAIN,  /* or nothing that is known */
    YAML_NONE,   /* nothing, or a comment: what it is stands below */
    YAML_SCALAR, /* "|" or ">": the deeper lines that follow are text */
    YAML_FLOW,   /* "{" or "[" */
} YamlValue;

typedef struct YamlLine {
    uint32_t first;                   /* column of the first character, from 0 */
    uint32_t indent;                  /* of the key or the value, behind dashes */
    uint32_t dashes[YAML_DASHES_MAX]; /* their columns */
    uint32_t dash_count;
    Bytes key;      /* empty: none */
    bool is_quoted; /* the key stood in quotes */
    size_t after;   /* index behind the key's colon, or behind the dashes */
    size_t at;      /* index of the value's first character, behind a tag or an anchor */
    YamlValue value;
    bool is_blank; /* nothing, a comment, a template's statement */
    bool is_whole; /* more text could not change what is known */
} YamlLine;

/* text: from the line's beginning on; it may end before the line does, or go on behind it. */
YamlLine yaml_line_read(Bytes text);

/* Whether a text begins as YAML does; only whole lines of it are looked at. */
bool yaml_head_tell(Bytes text);
