/* Patterns that backtrack too much, told before they meet a text that makes them. */
#pragma once

#include "detect/regex_search.h"

/* Whether the rule's pattern reaches its limit of effort in a text made of an example that matches: parts of it
 * repeated and then broken off. False does not say that there is no such text. */
bool regex_is_too_much_effort(RegexScratch *scratch, const CompiledRule *rule, const char *example);
