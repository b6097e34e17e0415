/* YAML in block style, as far as paths need it: keys by their indentation. */
#pragma once

#include "detect/structure/path.h"

typedef struct YamlScan {
    Path *path;
    uint64_t line;   /* where the line that is being read begins */
    bool is_read;    /* its key is known, or it has none */
    uint32_t scalar; /* inside a block scalar: its key's indentation + 1; 0: not */
} YamlScan;

void yaml_scan_init(YamlScan *scan, Path *path);
/* [from, to) of the view; pieces follow one another. */
void yaml_scan_feed(YamlScan *scan, const TextView *view, uint64_t from, uint64_t to);

/* Whether a line is one that YAML has: a key and its value, an item, nothing, a comment. */
typedef enum YamlLine { YAML_OTHER, YAML_KEY, YAML_ITEM, YAML_EMPTY } YamlLine;
YamlLine yaml_line_kind(Bytes text);
