/* What the tests of the vectorised scan share: a plan run over a text, its places as lines. */
#pragma once

#include "detect/class_scan.h"

extern const FormRows CLASS_FORMS;

static inline bool is_word_byte(uint8_t c)
{
    return g_ascii_isalnum((char)c) || c == '_';
}

/* A line: "w0@17\n". */
void class_note(GString *out, char kind, uint32_t start, size_t at);

typedef enum PlanUse { PLAN_IS_COLD, PLAN_IS_HOT } PlanUse;

/* Runs the plan everywhere, either as the cold one or as the hot one. Its places in order, as class_note() writes them.
 * Free with g_free. */
char *class_scan_by(const ClassPlan *asked, Processor processor, const ClassText *text, PlanUse use);
