/* Names of columns and keys, each kept once: which keywords they hold, and how they may be shown.
 *
 * Bounded: after a great many different names, further ones that hold no keyword share one entry. */
#pragma once

#include "detect/rule_internal.h"

enum { FIELD_NAME_SHOWN = 64 };

/* What a name says of what stands beside it. */
typedef enum FieldRole {
    FIELD_PLAIN,
    FIELD_LABEL,   /* its value is the name of the value beside it: {"name": "ssn", "value": …} */
    FIELD_KIND,    /* likewise, unless a label says better: {"type": "ssn", "value": …} */
    FIELD_VALUE,   /* the value beside such a name */
    FIELD_COLUMNS, /* a list of names of columns */
    FIELD_TABLE,   /* elements of tables, in HTML, spreadsheets and documents */
    FIELD_ROW,
    FIELD_PAIRS,     /* what holds names and values in turn */
    FIELD_CELL,      /* of a document */
    FIELD_DATA_CELL, /* of a spreadsheet */
    FIELD_HEAD_CELL,
    FIELD_INDEX, /* attributes of cells: which column it is, from 1 */
    FIELD_SPAN,  /* how many columns it fills */
} FieldRole;

typedef struct FieldName {
    uint64_t hash;
    uint64_t *groups; /* bit set of the vocabulary's groups; NULL: no keyword in it */
    uint64_t *rules;  /* bit set: rules of engine class that demand a keyword, and have one here; NULL: none */
    uint8_t role;     /* FieldRole */
    uint8_t len;
    char text[FIELD_NAME_SHOWN + 1]; /* as it may be shown, NUL at its end: valid UTF-8, no data */
} FieldName;

typedef struct FieldNames FieldNames;

FieldNames *field_names_new(const RuleSet *rules);
void field_names_free(FieldNames *names);
void field_names_reset(FieldNames *names);

/* Index of the name, from 1. */
uint32_t field_names_intern(FieldNames *names, Bytes text);
const FieldName *field_names_at(const FieldNames *names, uint32_t index);

/* Index of the name that a text is for something else, without blanks around it; 0: it holds no keyword, or is none. */
uint32_t field_names_label(FieldNames *names, Bytes text);

/* The rules of a name below others, whose rules are `above`: both, or more where they would be too many different sets.
 * Either may be NULL. Stays until the names are reset. */
const uint64_t *field_names_join(FieldNames *names, const uint64_t *above, const uint64_t *own);
