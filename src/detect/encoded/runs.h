/* Runs of base64, base64url and hexadecimal. Pure functions of bounded spans. */
#pragma once

#include "detect/encoded/decoded.h"

enum { RUN_MIN = 32 }; /* characters that a run has at least */

/* Hexadecimal if it is nothing else, or base64. False: what comes out is no text, neither UTF-8 nor UTF-16. The run may
 * be broken into lines; it has at most ENCODED_SPAN_MAX bytes. */
bool decode_run(Bytes run, Decoded *out);

/* Whether the beginning of the run may be text: most runs are none, and a few characters tell. */
bool run_may_be_text(Bytes run);

/* Where behind `at` encoded text may begin as well, since what stands before may be something else: behind "/", "-" or
 * "_", which base64 has too, "0x", and the end of an escape. The run's length: nowhere. */
size_t run_next_start(Bytes run, size_t at);
