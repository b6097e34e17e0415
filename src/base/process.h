/* Who we are, as a name that another process on this host can check for life.
 *
 * Leases and jobs carry it, so that a process that was killed is noticed at once on its own host instead of when its
 * lease runs out. Any thread. */
#pragma once

#include "base/error.h"

/* "host/boot/pid/start": host name, first eight digits of the kernel's boot id, pid, start time in clock ticks. */
const char *process_identity(void);

typedef enum ProcessLife {
    PROCESS_ALIVE,   /* a process of this host that runs */
    PROCESS_DEAD,    /* a process of this host that does not run any more */
    PROCESS_UNKNOWN, /* another host's, or not an identity */
} ProcessLife;

ProcessLife process_life(const char *identity);

/* "host:" and the host's name: the runner of jobs that belong to a host and not to a process, since the directories
 * that they scan are there. */
const char *process_host_runner(void);
