/* The options of a job, kept as JSON beside it. Credentials are no options: they come from the environment or a profile
 * of whoever runs the job, so that the store never holds them. */
#pragma once

#include "base/error.h"

#include <stdint.h>

typedef enum JobAddressing { JOB_ADDRESSING_AUTO, JOB_ADDRESSING_PATH, JOB_ADDRESSING_VIRTUAL } JobAddressing;

/* All owned; NULL or 0: not given. */
typedef struct JobOptions {
    char *endpoint; /* URL */
    char *region;
    JobAddressing addressing;
    char *profile;
    bool is_anonymous; /* unsigned requests */
    GStrv include, exclude;
    uint64_t max_object_bytes;
    uint32_t concurrency;
    char *request_payer;
} JobOptions;

void job_options_clear(JobOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobOptions, job_options_clear)

/* {endpoint, region, addressing: auto|path|virtual, profile, anonymous, include: [], exclude: [], max_object_bytes,
 * concurrency, request_payer}, all optional; NULL or "" is {}. INVALID names the option that is unknown or of a wrong
 * type. */
FALLIBLE bool job_options_parse(const char *json, JobOptions *ret_options, GError **error);

/* The same as JSON text with sorted names, only what is given; owned by the caller. */
char *job_options_format(const JobOptions *options);
