/* A queue in memory, for tests of what claims pages. What is finished counts at queue_settle(). Any thread. */
#pragma once

#include "queue/queue.h"

Queue *queue_memory_open(void);

typedef struct MemoryPage {
    JobId job_id;
    const char *bucket, *options;
    const char *runner; /* NULL: none */
    uint32_t shard, page_no;
    const GArray *objects; /* ObjectEntry; copied */
} MemoryPage;

/* Pages are handed out in the order in which they came. */
void queue_memory_add(Queue *queue, const MemoryPage *page);
