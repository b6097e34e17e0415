/* What was taken off a text before it is looked at. */
#pragma once

#include "detect/rule_internal.h"

typedef struct EncodedLayers {
    uint32_t depth;   /* so often it was decoded */
    bool is_unpacked; /* it was compressed: what is compressed in it stays so */
} EncodedLayers;

/* detector.c: a detector of such text. */
FALLIBLE bool detector_new_inner(RuleSet *rules, const EncodedLayers *layers, Detector **ret_detector, GError **error);
