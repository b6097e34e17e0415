/* What a Map state iterates over, in batches or not, and how much of it may fail and run at once. */
#pragma once

#include "workflow/interpreter_internal.h"

enum { MAP_CONCURRENCY_MAX = 40 }; /* what Step Functions runs at once of an inline Map */

/* The array at ItemsPath; a new reference. */
bool map_find_items(const Visit *visit, const json_t *input, json_t **ret_items, TaskError *ret_error);
/* Of each item what ItemSelector makes of it; a new reference. */
bool map_select_items(
    Visit *visit, const json_t *input, const json_t *items, json_t **ret_inputs, TaskError *ret_error);
/* Replaces them by batches if the state has an ItemBatcher. */
bool map_batch_items(Visit *visit, const json_t *input, json_t **inputs, TaskError *ret_error);
/* Tolerated failures and concurrency. */
bool map_read_tolerance(const Visit *visit, const AslScope *scope, FanOut *fan_out, TaskError *ret_error);
