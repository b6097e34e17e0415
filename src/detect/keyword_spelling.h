/* How else a keyword may be written where the folding of text does not reach: its letters of Greek, Cyrillic and the
 * like in capitals. */
#pragma once

#include <glib.h>

/* UTF-8. First the keyword itself; then, as far as they differ once ASCII and Latin-1 are folded: all in capitals, the
 * first letter a capital, each word's first letter a capital. Freed with g_strfreev(). */
char **keyword_spellings(const char *keyword);
