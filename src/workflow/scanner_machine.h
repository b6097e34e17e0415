/* The state machine that lists buckets: deploy/asl/s3-scanner.asl.json, embedded by the build. */
#pragma once

const char *scanner_machine_definition(void);
