/* Names in JSON that stand apart from their values: the columns of a table in arrays, {"name": …, "value": …}.
 *
 *     [["ssn", "name"], [value, value], …]
 *     {"columns": ["ssn", {"name": "name"}], "rows": [[value, value], …]}
 *     {"name": "ssn", "value": value} and {"value": value, "name": "ssn"}
 *
 * Told of brackets and keys. What may name a value is looked at only where a value follows: few objects have one. */
#pragma once

#include "detect/regex_search.h"
#include "detect/structure/path.h"

enum { JSON_COLUMNS_MAX = 256 };

typedef struct JsonLabels {
    Path *path;
    bool expects_columns; /* the value that begins is called so */
    bool is_said;         /* of the list of names that is being read: a key says that it is one */
    uint32_t head;        /* levels open in that list; 0: none is read */
    uint32_t told;        /* of its names, so many hold a keyword */
    uint32_t depth;       /* levels open where the columns hold; 0: there are none */
    uint64_t unnamed;     /* where the last value without a name begins; 0: there is none */
    uint32_t unnamed_depth;
    bool is_naming; /* the string that begins may be the name of it */
    uint32_t count;
    uint32_t names[JSON_COLUMNS_MAX]; /* 0: none */
} JsonLabels;

void json_labels_init(JsonLabels *labels, Path *path);
/* The tree begins anew. */
void json_labels_reset(JsonLabels *labels);

/* Whether the string before a comma or the end of a container is asked for. */
static inline bool json_labels_want_string(const JsonLabels *labels)
{
    return labels->is_naming || (labels->head != 0 && labels->head == labels->path->depth);
}

/* That string, [start, end) of the view. */
void json_labels_see_string(JsonLabels *labels, const TextView *view, const Span *string);
/* It is over, or was none. */
static inline void json_labels_leave_string(JsonLabels *labels)
{
    labels->is_naming = false;
}
/* A container's level was pushed; of an object, its count is where it begins. */
void json_labels_open_array(JsonLabels *labels);
static inline void json_labels_open_object(JsonLabels *labels, uint64_t position)
{
    labels->expects_columns = false;
    if (labels->path->deeper == 0)
        path_top(labels->path)->count = (uint32_t)position;
}
/* A level ends; then it was popped. */
void json_labels_end_object(JsonLabels *labels, const TextView *view, uint64_t position);
void json_labels_close(JsonLabels *labels);
/* Behind the colon at the position: the node of a key. Returns that of the value. */
uint32_t json_labels_find(JsonLabels *labels, const TextView *view, uint32_t node, uint64_t position);
/* A name begins, behind a value of an object. */
void json_labels_expect_name(JsonLabels *labels);
static inline uint32_t json_labels_name(JsonLabels *labels, const TextView *view, uint32_t node, uint64_t position)
{
    uint8_t role = path_node(labels->path, node)->role;

    labels->expects_columns = role == FIELD_COLUMNS;
    if (role == FIELD_LABEL && labels->unnamed != 0)
        json_labels_expect_name(labels);
    return role == FIELD_VALUE ? json_labels_find(labels, view, node, position) : node;
}
/* An element of the innermost array begins. */
static inline bool json_labels_hold(const JsonLabels *labels)
{
    return labels->depth != 0 && labels->path->depth - labels->depth - 1 < 2;
}
PathPlace json_labels_element(const JsonLabels *labels, PathPlace place, const PathLevel *level);
