/* The execution index that is the store itself. */
#pragma once

#include "index/execution_index.h"
#include "store/db.h"

/* db is borrowed and outlives the index. */
ExecutionIndex *index_store_open(Db *db);
