/* Runs of base64, base64url and hexadecimal. Pure functions of bounded spans. */
#pragma once

#include "detect/encoded/decoded.h"

/* Hexadecimal if it is nothing else, or base64. False: what comes out is no text. The run may be broken into lines; it
 * has at most ENCODED_SPAN_MAX bytes. */
bool decode_run(Bytes run, Decoded *out);

/* Whether the beginning of the run may be text: most runs are none, and a few characters tell. */
bool run_may_be_text(Bytes run);
