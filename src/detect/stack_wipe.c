#include "detect/stack_wipe.h"

#include <stdint.h>
#include <string.h>

/* Not on the stack that AddressSanitizer makes up for a call. */
__attribute__((noinline, no_sanitize_address)) void stack_wipe(void)
{
    uint8_t left[STACK_WIPED];

    explicit_bzero(left, sizeof left);
}
