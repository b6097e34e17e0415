/* A store in memory with one job, for what is kept of a job. */
#pragma once

#include "store/db.h"

#define JOB "0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa"

/* Asserts that it can be made. */
Db *job_store_open(void);
