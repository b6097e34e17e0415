/* Matches in encoded text: spans are decoded and looked at by a detector of their own; what it finds stands in the text
 * where the encoded bytes are. Encoded text in encoded text is looked at once more, no deeper. Work and memory are
 * bounded: a span has a greatest length, and a text only so many spans for its size. What is compressed is unpacked
 * beside (packed_scan.h). */
#pragma once

#include "detect/encoded/encoded_layers.h"
#include "detect/encoded/encoded_spans.h"
#include "detect/judge.h"

enum { ENCODED_DEPTH_MAX = 2, ENCODED_LAG = 2 * ENCODED_SPAN_MAX };

typedef struct EncodedScan EncodedScan;

/* layers: of the text that is looked at. */
EncodedScan *encoded_scan_new(RuleSet *rules, const EncodedLayers *layers);
void encoded_scan_free(EncodedScan *scan);

void encoded_scan_begin(EncodedScan *scan, const DetectorOptions *options);

/* Adds what is found in the part of the view that is new. */
FALLIBLE bool encoded_scan_feed(
    EncodedScan *scan, const TextView *view, EncodedStep step, GArray *pending, GError **error);

/* Wipes what was decoded of a text that is over or given up. */
void encoded_scan_end(EncodedScan *scan);

/* Matches that start before this position are all known. */
uint64_t encoded_scan_horizon(const EncodedScan *scan);
/* Wipes the decoded values of matches that start before the position. */
void encoded_scan_forget(EncodedScan *scan, uint64_t position);

/* As detector_take_cuts(). */
uint64_t encoded_scan_take_cuts(EncodedScan *scan);
/* As detector_take_overruns(), of what was decoded. */
uint64_t encoded_scan_take_overruns(EncodedScan *scan, const Rule **ret_rule);
