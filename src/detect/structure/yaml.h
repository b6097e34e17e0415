/* YAML as far as paths need it: keys by their indentation, items, and collections in brackets. */
#pragma once

#include "detect/structure/yaml_flow.h"

typedef struct YamlScan {
    Path *path;
    uint64_t line;   /* where the line that is being read begins */
    bool is_read;    /* its key is known, or it has none */
    uint32_t scalar; /* inside a block scalar: lines at this column or behind are text; 0: not */
    YamlFlow flow;
} YamlScan;

void yaml_scan_init(YamlScan *scan, Path *path);
/* [from, to) of the view; pieces follow one another. */
void yaml_scan_feed(YamlScan *scan, const TextView *view, uint64_t from, uint64_t to);
/* The text ends with the view: so does its last line. */
void yaml_scan_finish(YamlScan *scan, const TextView *view);
