/* Objects and statistics as JSON: the shapes that the API and `trawl jobs` share. */
#pragma once

#include "jobs/jobs.h"

#include <jansson.h>

/* A new reference. error_code and error_message are there for objects that were not read; key_escaped is true where the
 * key is percent-escaped, and else left out. */
json_t *job_object_json(const JobObject *object);

/* A new reference. */
json_t *jobs_statistics_json(const JobsStatistics *statistics);
