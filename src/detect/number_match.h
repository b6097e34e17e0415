/* Numbers: reading the groups of digits at a place, comparing them with forms, boundaries. No regex. */
#pragma once

#include "detect/class_match.h"

/* at: index in the view, of the first digit of a run. */
void number_match(const ClassRun *run, size_t at);
