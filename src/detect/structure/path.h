/* Where in a tree (JSON, YAML, XML) a piece of text stands, as a log: from this position on, that node.
 *
 * The log covers the detector's window and is cut when the window moves on, so it is bounded by the window. */
#pragma once

#include "detect/structure/field_names.h"

enum { PATH_DEPTH = 64 }; /* what lies deeper counts as being at this depth */

typedef struct PathNode {
    uint32_t parent;                 /* 0: the root, which is its own parent */
    uint32_t name;                   /* 0: none */
    uint32_t ordinal;                /* of an array's element, from 1; 0: none */
    bool has_keywords, is_attribute; /* keywords: of this node or one above */
    const uint64_t *rules;           /* bit set: those that demand a keyword of this node or one above; NULL: none */
} PathNode;

typedef struct PathMark {
    uint64_t from;
    uint32_t node;
} PathMark;

/* A level of the tree that is open. */
typedef struct PathLevel {
    uint32_t node;   /* the container itself */
    uint32_t detail; /* what the format needs: indentation, kind of brackets */
    uint32_t count;  /* elements so far */
} PathLevel;

enum { PATH_MEMBERS = 256 };

typedef struct Path {
    FieldNames *names;
    GArray *nodes;                  /* PathNode; index 0 is the root */
    GArray *marks;                  /* PathMark, positions rise */
    guint room;                     /* for so many marks is room in it */
    guint recent;                   /* index of the mark that was found last, unless marks were forgotten */
    uint32_t members[PATH_MEMBERS]; /* nodes that path_member() gave, by hash; each may be another by now */
    uint32_t open;                  /* the node of a tag that is not at its end: a scanner's, kept with the levels */
    PathLevel levels[PATH_DEPTH];
    uint32_t depth, deeper; /* levels in use; further ones that are only counted */
} Path;

void path_init(Path *path, FieldNames *names);
void path_clear(Path *path);
void path_reset(Path *path);

/* From position on, this node holds. */
void path_mark(Path *path, uint64_t position, uint32_t node);
/* A new node below parent; returns its index. name: 0 for none; ordinal: 0 for none. */
uint32_t path_child(Path *path, uint32_t parent, uint32_t name, uint32_t ordinal);
/* The node of that name below parent, a new one or one that was there before. */
uint32_t path_member(Path *path, uint32_t parent, uint32_t name);
void path_push(Path *path, PathLevel level);
void path_pop(Path *path);
/* The innermost open level; NULL at the root. */
PathLevel *path_top(Path *path);
/* The node of the innermost open level. */
uint32_t path_top_node(Path *path);

/* The mark that holds at the position; NULL if there is none. */
const PathMark *path_find(Path *path, uint64_t position);
static inline const PathNode *path_node(const Path *path, uint32_t node)
{
    return &g_array_index(path->nodes, PathNode, node);
}

/* Forgets what only held before the position. */
void path_forget(Path *path, uint64_t position);
