/* Helpers of the engine's tests: rules from text, texts in pieces, matches as lines. */
#pragma once

#include "detect/detect.h"

/* The rules that the engine's tests share; one of each engine and shape. */
extern const char *const TESTING_RULES;

/* Writes each text to a file of its own ("a.yaml", "b.yaml" …) in a new temporary directory. NULL ends texts. */
char *testing_rules_dir(const char *const *texts);
void testing_remove_dir(char *take_path);

/* Asserts that the text loads. */
RuleSet *testing_rules(const char *text);

typedef struct Scan {
    TextEncoding encoding;
    uint64_t first_offset;
    Tier min_tier;
    size_t piece; /* 0: all at once */
    size_t cut;   /* a further cut at this byte */
} Scan;

/* "rule offset+length line:column tier text\n" for each match, in the order handed over. Free with g_free. */
char *testing_scan(RuleSet *rules, const Scan *scan, const char *text, size_t len);
/* At once, from tier medium. */
char *testing_find(RuleSet *rules, const char *text);
/* Fails unless each way to cut the text in two gives these matches; what: the text's name in messages. */
void testing_check_cuts(RuleSet *rules, const char *what, const char *text, const char *matches);

/* What the handler, whose data is a GString, writes of the matches of a text that is cut there, from tier medium. */
char *testing_write(RuleSet *rules, MatchHandler handler, const char *text, size_t cut);
