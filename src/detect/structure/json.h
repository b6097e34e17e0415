/* JSON (also one text a line), as far as paths need it: brackets, keys, strings. Damage is survived: a string that a
 * line break cuts ends there, and the tree begins anew. */
#pragma once

#include "detect/structure/byte_set.h"
#include "detect/structure/json_labels.h"

typedef struct JsonScan {
    Path *path;
    ByteSets marks;
    JsonLabels labels;
    bool ends_with_line; /* each line begins anew: JSON stands in lines of other text */
    bool is_in_string;
    bool may_be_key;                   /* the last string is whole, and nothing stood behind it */
    uint64_t escapes_end;              /* behind the last escape's backslash */
    uint64_t string_start, string_end; /* the last string: inside its quotes */
} JsonScan;

void json_scan_init(JsonScan *scan, Path *path);
/* [from, to) of the view; pieces follow one another. */
void json_scan_feed(JsonScan *scan, const TextView *view, uint64_t from, uint64_t to);
