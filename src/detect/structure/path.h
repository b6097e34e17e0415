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

/* path_mark() where there is room for another mark no more. */
void path_make_room(Path *path);

/* From position on, this node holds. */
static inline void path_mark(Path *path, uint64_t position, uint32_t node)
{
    guint len = path->marks->len;
    PathMark *marks = (PathMark *)(void *)path->marks->data;

    if (len > 0 && marks[len - 1].from == position)
        marks[len - 1].node = node;
    if (len > 0 && (marks[len - 1].from == position || marks[len - 1].node == node))
        return;
    if (len == path->room) {
        path_make_room(path);
        marks = (PathMark *)(void *)path->marks->data;
    }
    path->marks->len = len + 1;
    marks[len] = (PathMark){.from = position, .node = node};
}

/* A new node below parent; returns its index. name: 0 for none; ordinal: 0 for none. */
uint32_t path_child(Path *path, uint32_t parent, uint32_t name, uint32_t ordinal);
/* Likewise, or the one that was there before. */
uint32_t path_member(Path *path, uint32_t parent, uint32_t name, uint32_t ordinal);

static inline void path_push(Path *path, PathLevel level)
{
    if (path->depth == PATH_DEPTH)
        path->deeper++;
    else
        path->levels[path->depth++] = level;
}

static inline void path_pop(Path *path)
{
    if (path->deeper > 0)
        path->deeper--;
    else if (path->depth > 0)
        path->depth--;
}

/* The innermost open level; NULL at the root. */
static inline PathLevel *path_top(Path *path)
{
    return path->depth > 0 ? &path->levels[path->depth - 1] : NULL;
}

/* The node of the innermost open level. */
static inline uint32_t path_top_node(Path *path)
{
    return path->depth > 0 ? path->levels[path->depth - 1].node : 0;
}

/* The mark that holds at the position; NULL if there is none. */
const PathMark *path_find(Path *path, uint64_t position);
static inline const PathNode *path_node(const Path *path, uint32_t node)
{
    return &g_array_index(path->nodes, PathNode, node);
}

/* Forgets what only held before the position. */
void path_forget(Path *path, uint64_t position);
