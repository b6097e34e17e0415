/* XML and HTML, as far as paths need it: tags, attributes, comments, CDATA. */
#pragma once

#include "detect/structure/byte_set.h"
#include "detect/structure/xml_table.h"

typedef enum XmlState { XML_TEXT, XML_TAG, XML_COMMENT, XML_CDATA, XML_SKIPPED } XmlState;

typedef struct XmlScan {
    Path *path;
    ByteSet marks;
    XmlState state;
    uint64_t held;      /* a "<" at the end of what was fed: what it begins is not known yet; 0: none */
    uint8_t quote;      /* inside an attribute's value: its quote */
    uint64_t tag_start; /* behind "<" */
    bool is_named;      /* the path.s open node is its own */
    bool is_void;       /* HTML has no closing tag for it */
    bool is_declared;   /* "<?xml": every element is closed, HTML's void ones too */
    bool is_fresh;      /* the innermost level was opened by the last tag; its content begins at: */
    uint64_t content_start;
    uint64_t text_start;  /* behind the last tag */
    uint64_t value_start; /* of the attribute whose quote is open */
    uint8_t role;         /* FieldRole of that attribute */
    uint32_t label;       /* name that an attribute of this tag gives the value of another; 0: none */
    XmlTable table;
} XmlScan;

void xml_scan_init(XmlScan *scan, Path *path);
/* [from, to) of the view; pieces follow one another. */
void xml_scan_feed(XmlScan *scan, const TextView *view, uint64_t from, uint64_t to);
