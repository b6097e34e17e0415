/* The structure around a value: the column of a table, the path in JSON, YAML or XML.
 *
 * Told by the text itself at its beginning, then followed from there on in the steps in which the detector's window
 * moves, so what it says does not depend on how the text was cut. What is none of these, or ends being well formed, is
 * plain text. Memory is bounded by the window. One thread. */
#pragma once

#include "detect/regex_search.h"
#include "detect/structure/field_names.h"
#include "detect/zones.h"

typedef struct Structure Structure;

Structure *structure_new(const RuleSet *rules);
void structure_free(Structure *structure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Structure, structure_free)

/* Another text begins. */
void structure_reset(Structure *structure);

typedef enum StructureStep { STRUCTURE_MORE, STRUCTURE_LAST } StructureStep; /* LAST: the text ends with the view */

/* The view grew; the first time it must hold the text's beginning. */
void structure_feed(Structure *structure, const TextView *view, StructureStep step);
/* Nothing before this position will be asked for. */
void structure_forget(Structure *structure, uint64_t position);

/* A value that is asked about, and the text that it stands in. */
typedef struct StructureValue {
    const TextView *text;
    Span span;
} StructureValue;

/* Whether a name around the value holds a keyword of the vocabulary's group: the column's, or any in the path. The name
 * that a label gives counts only for a value that fills its field. */
bool structure_has_keyword(Structure *structure, const StructureValue *value, uint32_t group);
/* Likewise, of the innermost name only. */
bool structure_field_has_keyword(Structure *structure, const StructureValue *value, uint32_t group);
/* The innermost name as it may be shown; empty if there is none. Valid until the next feed. */
Bytes structure_field(Structure *structure, const StructureValue *value);
/* Whether the name of the value's field stands apart from it, as those of columns do, and nothing but the value, its
 * quotes and blanks stand in the field. */
bool structure_fills_cell(Structure *structure, const StructureValue *value);
/* Whether it is the cell of a document's table, which may be of anything: HTML. */
bool structure_is_of_document(Structure *structure, const StructureValue *value);
/* Where another key or element begins behind the position: keywords there tell of that one; 0: none is known. */
uint64_t structure_field_end(Structure *structure, uint64_t position);
/* Keywords in the text before this position do not concern a value at position: they belong to another record. */
uint64_t structure_barrier(Structure *structure, uint64_t position);

/* Adds to an array of Zone each stretch in [from, to) that has a name around it which holds a keyword that rules of
 * engine class demand: the rules of all such names together. They rise and do not overlap. */
void structure_add_hot(Structure *structure, uint64_t from, uint64_t to, GArray *zones);

/* Where a value is, for people. */
typedef struct StructurePlace {
    uint64_t row, cell; /* if all the text is a table, from 1, the header is row 1; 0: it is none */
    const char *column; /* the column's name; NULL: none */
    const char *path;   /* "$.patient.ssn", "/patients/patient/@ssn"; NULL: none */
} StructurePlace;

/* Strings are valid until the next call. */
void structure_describe(Structure *structure, uint64_t position, StructurePlace *ret_place);
