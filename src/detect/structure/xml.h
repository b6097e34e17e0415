/* XML and HTML, as far as paths need it: tags, attributes, comments, CDATA. */
#pragma once

#include "detect/structure/byte_set.h"
#include "detect/structure/path.h"

typedef enum XmlState { XML_TEXT, XML_TAG, XML_COMMENT, XML_CDATA, XML_SKIPPED } XmlState;

typedef struct XmlScan {
    Path *path;
    ByteSet marks;
    XmlState state;
    uint8_t quote;      /* inside an attribute's value: its quote */
    uint64_t tag_start; /* behind "<" */
    bool is_named;      /* the path.s open node is its own */
    bool is_void;       /* HTML has no closing tag for it */
    bool is_declared;   /* "<?xml": every element is closed, HTML's void ones too */
    bool is_fresh;      /* the innermost level was opened by the last tag; its content begins at: */
    uint64_t content_start;
} XmlScan;

void xml_scan_init(XmlScan *scan, Path *path);
/* [from, to) of the view; pieces follow one another. */
void xml_scan_feed(XmlScan *scan, const TextView *view, uint64_t from, uint64_t to);
