/* The literal engine on one text run: Hyperscan says where a rule may match, PCRE2 confirms in a window around. */
#pragma once

#include "detect/judge.h"

typedef struct LiteralScan LiteralScan;

FALLIBLE bool literal_scan_new(const RuleSet *rules, LiteralScan **ret_scan, GError **error);
void literal_scan_free(LiteralScan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiteralScan, literal_scan_free)

FALLIBLE bool literal_scan_begin(LiteralScan *scan, GError **error);
/* The next piece of the run: what the view holds from the position on. */
FALLIBLE bool literal_scan_feed(LiteralScan *scan, const TextView *view, uint64_t from, GError **error);

/* The run is over: hits that depend on its end come now. */
FALLIBLE bool literal_scan_finish(LiteralScan *scan, GError **error);

typedef struct LiteralConfirm {
    Judge *judge;
    RegexScratch *regex;
    const TextView *text;
    bool is_last; /* the text ends with the view */
} LiteralConfirm;

/* Judges what has enough text behind it. The rest waits. */
void literal_scan_confirm(LiteralScan *scan, const LiteralConfirm *confirm);

/* Matches that start before this position are all known, if the run was fed up to fed. */
uint64_t literal_scan_horizon(const LiteralScan *scan, uint64_t fed);

/* How far back the horizon may lie behind fed. */
size_t literal_scan_lag(const RuleSet *rules);

/* Characters in windows that PCRE2 was asked to search: for tests of linear time. */
uint64_t literal_scan_work(const LiteralScan *scan);
