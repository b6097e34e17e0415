/* Internal to listing/: which listed objects are left out, and why. */
#pragma once

#include "listing/listing.h"

typedef enum Exclusion {
    EXCLUSION_NONE,
    EXCLUSION_NOT_INCLUDED,
    EXCLUSION_EXCLUDED,
    EXCLUSION_TOO_LARGE,
    EXCLUSION_COUNT
} Exclusion;

/* As stored in job_excluded. */
const char *exclusion_name(Exclusion exclusion);

/* Globs are matched by characters only between begin and end, which switch the thread's character set to UTF-8. */
typedef struct FilterScope {
    void *utf8, *before; /* locale_t */
} FilterScope;

FilterScope filter_begin(void);
void filter_end(FilterScope *scope);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FilterScope, filter_end)

Exclusion listing_filter_apply(const ListingFilter *filter, const ObjectEntry *entry);
