/* Validators copy what they look at into variables of their own: digits without separators, words in lower case. A
 * hundred of them would have to wipe these, and compilers spill what they like; so the stack is wiped behind them. */
#pragma once

enum { STACK_WIPED = 32 * 1024 }; /* bytes: a scan of a text needs about a fourth */

/* Overwrites what functions left on the stack that were called from here and have returned. */
void stack_wipe(void);
