/* trawl rules show: what a rule, or each rule of a detector, looks for, and its examples. */
#pragma once

#include "app/report.h"
#include "detect/detect.h"

/* NOT_FOUND if no rule and no detector has this name; INVALID for a format that rules cannot be shown in (csv). */
FALLIBLE bool rules_show_run(const RuleSet *rules, const char *name, const char *format, GError **error);
