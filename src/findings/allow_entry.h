/* Inside findings/: one entry of an allow list. All its conditions must hold. */
#pragma once

#include "findings/allow_list.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

typedef struct AllowEntry {
    char *fingerprint;    /* NULL: any value */
    pcre2_code *value;    /* likewise */
    GPatternSpec *path;   /* NULL: any path */
    GPtrArray *detectors; /* char *: ids of detectors or rules; NULL: all */
    const char *file;     /* where it stands: a text of the list */
    uint64_t line;
    char *why; /* its reason; NULL: none is given */
} AllowEntry;

void allow_entry_clear(AllowEntry *entry);

/* A text as long as the list lives. */
const char *allow_list_name(AllowList *list, const char *file);

/* Takes the entry's contents. */
void allow_list_add(AllowList *list, AllowEntry *take_entry);
