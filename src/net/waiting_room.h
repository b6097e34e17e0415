/* Inside net/: requests that wait for their answer without a thread. Each is a suspended connection; it is resumed, and
 * its handler called again, when somebody wakes them all, when its own time has come, or when the server stops. */
#pragma once

#include "base/error.h"
#include "microhttpd_late.h"

typedef struct WaitingRoom WaitingRoom;

/* max: connections that may wait at once. */
WaitingRoom *waiting_room_new(uint32_t max);
void waiting_room_free(WaitingRoom *room); /* after waiting_room_close() */

/* How often they were woken; taken before looking for an answer, so that none is missed. */
uint64_t waiting_room_seen(WaitingRoom *room);

typedef enum WaitingResult {
    WAITING_SUSPENDED, /* the connection is; the handler is called again */
    WAITING_OVER,      /* woken meanwhile: to be asked again at once */
    WAITING_REFUSED,   /* no room, or closed: to be answered now */
} WaitingResult;

/* From a handler of a connection that can be suspended. */
WaitingResult waiting_room_enter(WaitingRoom *room, struct MHD_Connection *connection, uint64_t seen, int64_t wait_ms);

/* From a handler that has a thread of its own: waits in it. Never WAITING_SUSPENDED. */
WaitingResult waiting_room_sit(WaitingRoom *room, uint64_t seen, int64_t wait_ms);

void waiting_room_wake(WaitingRoom *room);

/* Lets everybody out and nobody in. */
void waiting_room_close(WaitingRoom *room);
