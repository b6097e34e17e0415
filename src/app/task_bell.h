/* Wakes the workers of activities that wait at the HTTP server whenever one of them can have a task. */
#pragma once

#include "net/http_server.h"
#include "store/db_wake.h"

typedef struct TaskBell TaskBell;

/* Both are borrowed. */
TaskBell *task_bell_start(DbWake *wake, HttpServer *server);
/* Before either of them is closed. NULL is fine. */
void task_bell_stop(TaskBell *bell);
