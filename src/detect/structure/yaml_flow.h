/* YAML in brackets: {key: value, "key": [a, b]}, over as many lines as it takes. */
#pragma once

#include "detect/structure/byte_set.h"
#include "detect/structure/path.h"

typedef struct YamlFlow {
    Path *path;
    ByteSet marks;
    bool is_open;
    bool is_comment;
    uint8_t quote;   /* inside a quoted text: its quote; 0: not */
    uint32_t indent; /* of what holds it: lines that begin no deeper are outside */
    uint32_t base;   /* levels of the path outside */
    uint64_t at;     /* what was fed ends here */
    uint64_t escaped;
    uint64_t token;                    /* where the key or value that is being read begins */
    uint64_t string_start, string_end; /* the last quoted text, if it stands in this token; else 0 */
} YamlFlow;

void yaml_flow_init(YamlFlow *flow, Path *path);
/* Its first bracket stands at the position; the node that holds there is its own. */
void yaml_flow_open(YamlFlow *flow, uint64_t position, uint32_t indent);
/* Bytes up to the position, which is at most the end of the view. */
void yaml_flow_feed(YamlFlow *flow, const TextView *view, uint64_t to);
