/* Whether a number or code in the text is only a part of something longer. */
#pragma once

#include "detect/keywords.h"

/* What is behind or before an index of the view goes on there: a letter or digit, "1.234", a UUID, "2023-". separator
 * is the number's own, of which one more with a digit counts as well; 0: it has none. */
bool boundary_goes_on_before(const TextView *text, size_t start, uint8_t separator);
bool boundary_goes_on_after(const TextView *text, size_t end, uint8_t separator);
