/* What the files of the structure share: what is known of a text. */
#pragma once

#include "detect/structure/embedded.h"
#include "detect/structure/json.h"
#include "detect/structure/structure.h"
#include "detect/structure/table.h"
#include "detect/structure/xml.h"
#include "detect/structure/yaml.h"

typedef enum StructureKind {
    STRUCTURE_PLAIN,
    STRUCTURE_TABLE,
    STRUCTURE_JSON,
    STRUCTURE_JSON_LINES, /* lines of text with JSON in them */
    STRUCTURE_YAML,
    STRUCTURE_XML
} StructureKind;

/* Whether the labels of a place name a value: one that fills its field, and is none of an attribute beside. */
typedef enum StructureLabels { LABELS_UNKNOWN, LABELS_COUNT, LABELS_IGNORED } StructureLabels;

struct Structure {
    StructureKind kind;
    bool is_told; /* kind is known */
    uint64_t fed;
    const RuleSet *rules;
    FieldNames *names;
    Path path;
    TableScan table;
    EmbeddedScan embedded; /* of plain text */
    JsonScan json;
    size_t json_start; /* before it stands nothing but comments */
    YamlScan yaml;
    XmlScan xml;
    Span found_of; /* the value of the last question about a path, and its answer */
    PathPlace found;
    Span found_field;            /* likewise about a column: the cell, as far as is known */
    const FieldName *found_name; /* of the column; NULL: it has none */
    const TableCell *found_cell; /* of a table */
    StructureLabels labels;      /* likewise: whether labels concern it */
    bool is_found;
    GString *shown_path;
};

/* JSON, YAML, XML. */
static inline bool structure_is_tree(const Structure *structure)
{
    return structure->kind != STRUCTURE_PLAIN && structure->kind != STRUCTURE_TABLE;
}
