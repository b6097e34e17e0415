/* Where in a tree (JSON, YAML, XML) a piece of text stands, as a log: from this position on, that place.
 *
 * A place is a node and, apart from it, which items of lists it is in: so the records of a list share their nodes, and
 * there are no more nodes than different paths. The log covers the detector's window and is cut when the window moves
 * on, so it is bounded by the window. */
#pragma once

#include "detect/structure/field_names.h"

enum { PATH_DEPTH = 64 }; /* what lies deeper counts as being at this depth */

/* A label names the value of the node above it, and is no part of the path: the header of a column, the name beside a
 * value. */
typedef enum PathKind { PATH_MEMBER, PATH_ATTRIBUTE, PATH_LABEL } PathKind;

enum { PATH_KEY_MAX = 40 }; /* bytes of a key by which its node is told */

typedef struct PathNode {
    const uint64_t *rules;     /* bit set: those that demand a keyword of this node or one above; NULL: none */
    uint32_t parent;           /* less than its own index; 0: the root, which is its own parent */
    uint32_t name;             /* 0: an item of a list, or the root */
    uint32_t next;             /* the node of the key that came behind this one's the last time; 0: none is known */
    bool has_keywords;         /* of this node or one above */
    uint8_t kind;              /* PathKind */
    uint8_t role;              /* FieldRole of the name */
    uint8_t key_len;           /* 0: none */
    uint8_t key[PATH_KEY_MAX]; /* as it is written, zeros behind it */
} PathNode;

/* An item of a list. */
typedef struct PathItem {
    uint32_t above;   /* the item around it, less than its own index; 0: none */
    uint32_t ordinal; /* from 1 */
} PathItem;

/* A node, and the innermost item: each node without a name has one, and so on outwards. One number, for a processor
 * waits where it reads at once what it wrote as two. */
typedef struct PathPlace {
    uint64_t bits;
} PathPlace;

static inline PathPlace path_place(uint32_t node, uint32_t item)
{
    return (PathPlace){.bits = (uint64_t)item << 32 | node};
}

static inline uint32_t place_node(PathPlace place)
{
    return (uint32_t)place.bits;
}

static inline uint32_t place_item(PathPlace place)
{
    return (uint32_t)(place.bits >> 32);
}

typedef struct PathMark {
    uint64_t from;
    PathPlace place;
} PathMark;

/* A level of the tree that is open. */
typedef struct PathLevel {
    PathPlace place;  /* the container itself */
    uint32_t element; /* the node of its items; 0: not known */
    uint32_t detail;  /* what the format needs: indentation, kind of brackets */
    uint32_t count;   /* elements so far */
} PathLevel;

enum { PATH_RECENT = 256 };

typedef struct Path {
    FieldNames *names;
    PathNode *nodes; /* index 0 is the root */
    PathItem *items; /* index 0 is unused */
    PathMark *marks; /* positions rise */
    uint32_t node_count, node_room, item_count, item_room, mark_count, mark_room;
    uint32_t found;                /* index of the mark that was found last, unless marks were forgotten */
    uint32_t members[PATH_RECENT]; /* nodes that path_member() gave, by hash; each may be another by now */
    uint32_t recent[PATH_RECENT];  /* likewise items */
    uint32_t open;                 /* the node of a tag that is not at its end: a scanner's, kept with the levels */
    uint32_t last_key;             /* the node of the last key that path_key() saw */
    PathLevel levels[PATH_DEPTH];
    bool has_labels;        /* some node is one */
    uint32_t depth, deeper; /* levels in use; further ones that are only counted */
} Path;

void path_init(Path *path, FieldNames *names);
void path_clear(Path *path);
void path_reset(Path *path);

/* path_mark() where there is room for another mark no more. */
void path_make_room(Path *path);

/* From position on, this place holds. */
static inline void path_mark(Path *path, uint64_t position, PathPlace place)
{
    if (path->mark_count > 0) {
        PathMark *last = &path->marks[path->mark_count - 1];
        bool is_same = last->place.bits == place.bits;
        if (last->from == position)
            last->place = place;
        if (last->from == position || is_same)
            return;
    }
    if (path->mark_count == path->mark_room)
        path_make_room(path);
    path->marks[path->mark_count++] = (PathMark){.from = position, .place = place};
}

/* The place that the last mark begins. */
static inline PathPlace path_last_place(const Path *path)
{
    return path->mark_count > 0 ? path->marks[path->mark_count - 1].place : (PathPlace){0};
}

/* The node of this name below another; 0 is the name of the items of a list. */
uint32_t path_member(Path *path, uint32_t parent, uint32_t name);
/* Likewise of an attribute. */
uint32_t path_attribute(Path *path, uint32_t parent, uint32_t name);
/* Likewise of a label; 0 gives the node itself. */
uint32_t path_label(Path *path, uint32_t node, uint32_t name);
/* The node, or the one above if it is a label. */
static inline uint32_t path_without_label(const Path *path, uint32_t node)
{
    return path->nodes[node].kind == PATH_LABEL ? path->nodes[node].parent : node;
}
/* The node of a key, which stands in a view that goes on for 8 bytes. Keys mostly come in the same order again and
 * again, which costs less than to look each up. */
uint32_t path_key(Path *path, uint32_t parent, Bytes key);
/* An item of a list below another; 0: below none. */
uint32_t path_item(Path *path, uint32_t above, uint32_t ordinal);
/* The next item of a level that is a list. */
PathPlace path_next_element(Path *path, PathLevel *level);

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

/* The place of the innermost open level. */
static inline PathPlace path_top_place(const Path *path)
{
    return path->depth > 0 ? path->levels[path->depth - 1].place : (PathPlace){0};
}

/* The mark that holds at the position; NULL if there is none. */
const PathMark *path_find(Path *path, uint64_t position);
static inline const PathNode *path_node(const Path *path, uint32_t node)
{
    return &path->nodes[node];
}

/* Forgets what only held before the position. */
void path_forget(Path *path, uint64_t position);
