/* What stands between a label and its value and says nothing: the blanks and dots that fill a form's line, the end of
 * the line when the value stands below its label, the tags of a page ("</th><td>"), an attribute ('name="ssn"
 * value="'). It takes no distance. A new row of a table ends it. */
#pragma once

#include "detect/text_view.h"

enum {
    GAP_MAX = 96,            /* bytes looked at */
    GAP_PUNCTUATION_MAX = 6, /* bytes: what is not longer is punctuation, and takes distance before a value */
};

/* Indices in the view's data. Where a gap ends that begins at an index (all that may be one, if the view ends in it),
 * and where one begins that ends there. */
size_t gap_end(const TextView *view, size_t at);
size_t gap_start(const TextView *view, size_t at);

/* Where the gap ends that stands before a value and began before or at an index, be it in a tag or an attribute; the
 * index if there is none. */
size_t gap_end_around(const TextView *view, size_t at);
