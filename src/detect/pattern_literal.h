/* What every match of a pattern contains. */
#pragma once

/* The longest text that every match of the pattern holds as it is (up to case, where the pattern does not mind), as a
 * pattern of its own; NULL if none has at least min characters. Free with g_free. Never wrong, but it does not see
 * everything: alternatives, classes and optional parts tell it nothing. */
char *pattern_literal(const char *pattern, unsigned min);
