/* A stored finding or suppression as JSON: the one shape that the API and the reports share. */
#pragma once

#include "findings/findings.h"

#include <jansson.h>

/* A new reference: id (of the value in its object: the same in every job), job_id, bucket, key, detector, category,
 * severity, tier, compliance (tags), count, masked, fingerprint (null in an aggregate), truncated, also (detectors that
 * gave way), locations. */
json_t *finding_json(const StoredFinding *finding);

/* Likewise of what is not reported: job_id, key, detector, reason, count, locations. */
json_t *suppression_json(const StoredSuppression *suppression);
