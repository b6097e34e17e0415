/* Where in a job's listing an object stands, as the text that clients go on with. */
#pragma once

#include "jobs/jobs.h"

/* ordinal -1: before the first object of the page. */
typedef struct ListingPlace {
    int64_t shard, page_no, ordinal;
} ListingPlace;

/* The empty text is before everything. INVALID. */
FALLIBLE bool listing_place_parse(const ObjectPosition *position, ListingPlace *ret_place, GError **error);
void listing_place_format(const ListingPlace *place, ObjectPosition *ret_position);
