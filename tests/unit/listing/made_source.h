/* A source that makes up its keys: any number of them, of any size, listed from anywhere without being held. */
#pragma once

#include "objects/source_ops.h"

/* Writes the index-th entry; keys must ascend with the index. */
typedef void (*MakeEntry)(uint64_t index, ObjectEntry *ret_entry);

/* A batch of 1,000 a listing; calls after each (between, may be NULL) with data. */
typedef struct MadeSource {
    ObjectSource base;
    uint64_t count;
    MakeEntry make;
    void (*after_list)(void *data, uint32_t listings);
    void *data;
    uint32_t listings, fail_listing; /* the fail_listing-th fails once with UNAVAILABLE; 0: none */
} MadeSource;

extern const ObjectSourceOps made_source_ops;
