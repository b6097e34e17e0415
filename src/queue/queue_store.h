/* The queue that is the store itself: pages are claimed and finished where they live. */
#pragma once

#include "queue/queue.h"

/* db is borrowed and outlives the queue. */
Queue *queue_store_open(Db *db);
