/* A job as JSON, in the words of GET /jobs/{id}: the one shape that the API, the reports and `trawl jobs` share. */
#pragma once

#include "jobs/jobs.h"

#include <jansson.h>

/* A new reference. Absent members (no execution, not cached) are left out; eta_seconds is null when unknown. */
json_t *job_status_json(const JobStatus *status);

/* A JSON string; bytes that are not UTF-8 become U+FFFD; NULL becomes null. */
json_t *job_json_text(const char *text);
