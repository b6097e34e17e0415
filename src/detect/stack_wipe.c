#include "detect/stack_wipe.h"

#include <stdint.h>
#include <string.h>

__attribute__((noinline)) void stack_wipe(void)
{
    uint8_t left[STACK_WIPED];

    explicit_bzero(left, sizeof left);
}
