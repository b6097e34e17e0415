/* Matches in compressed text that stands encoded in a text. It is looked at in windows; a match is placed where the
 * characters stand that were being read when it came out. Work is bounded by the length of what is encoded. */
#pragma once

#include "detect/encoded/encoded_layers.h"
#include "detect/encoded/encoded_spans.h"
#include "detect/judge.h"

typedef struct PackedScan PackedScan;

typedef enum MatchFate { MATCH_REPORTED, MATCH_SUPPRESSED } MatchFate;

/* What is found, and where. It is called with the scan's data. */
typedef void (*PackedHandler)(void *data, const Match *match, MatchFate fate, const Span *place);

/* layers: of the text that is looked at. */
PackedScan *packed_scan_new(RuleSet *rules, const EncodedLayers *layers, PackedHandler handler, void *data);
void packed_scan_free(PackedScan *scan);

void packed_scan_begin(PackedScan *scan, const DetectorOptions *options);
/* Wipes what came out of a run that is not read to its end. */
void packed_scan_end(PackedScan *scan);

typedef enum PackedGuess { PACKED_BY_MARK, PACKED_BY_CHANCE } PackedGuess; /* CHANCE: deflate, which has no mark */

/* Whether compressed text begins in the run, which is in the view up to its end or for ENCODED_SPAN_MAX characters; if
 * so it is open, and is to be fed. */
bool packed_scan_open(PackedScan *scan, const TextView *view, const EncodedSpan *run, PackedGuess guess);
bool packed_scan_is_open(const PackedScan *scan);

/* Looks at what of it is in the view. */
FALLIBLE bool packed_scan_feed(PackedScan *scan, const TextView *view, EncodedStep step, GError **error);

/* How far the text was read. */
uint64_t packed_scan_position(const PackedScan *scan);
/* Matches that start before this position are all known; if it is open. */
uint64_t packed_scan_horizon(const PackedScan *scan);

/* As detector_take_cuts(). */
uint64_t packed_scan_take_cuts(PackedScan *scan);

/* As detector_take_overruns(), of what was unpacked. */
uint64_t packed_scan_take_overruns(PackedScan *scan, const Rule **ret_rule);
