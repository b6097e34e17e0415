/* The formats of a report: one table of functions each. A report is a sequence of sections, each of rows, streamed. */
#pragma once

#include "app/report.h"
#include "jobs/jobs.h"

#include <jansson.h>

typedef enum ReportSection {
    SECTION_JOBS,
    SECTION_SUMMARY,
    SECTION_FINDINGS,
    SECTION_UNREAD,
    SECTION_EXCLUDED,
    SECTION_SUPPRESSED,   /* summed up */
    SECTION_SUPPRESSIONS, /* one by one */
} ReportSection;

typedef struct ReportFormat ReportFormat;

typedef struct Report {
    Db *db;
    const GArray *job_ids;
    const ReportFormat *format;
    FILE *stream;
    const JobId *job;         /* whose rows these are */
    uint64_t rows;            /* in this section so far */
    uint64_t findings;        /* of all jobs together */
    uint64_t suppressed;      /* places of this job that were found and not reported */
    uint64_t partly_searched; /* objects of this job that some rule's pattern was too much effort for; also skipped */
    uint64_t partly_unpacked; /* likewise, that hold compressed text which was not read whole */
    bool is_findings_only;    /* only that section, and no frame around it */
} Report;

struct ReportFormat {
    uint32_t findings_shown; /* of each job at most, in a whole report; 0: all */
    void (*begin)(Report *report);
    void (*section_begin)(Report *report, ReportSection section);
    void (*job)(Report *report, const JobStatus *status);
    void (*summary)(Report *report, const FindingSummary *summary);
    void (*finding)(Report *report, const StoredFinding *finding);
    void (*unread)(Report *report, const UnreadObject *object);
    void (*excluded)(Report *report, const char *reason, uint64_t objects, uint64_t bytes);
    void (*suppressed)(Report *report, const SuppressionSummary *summary);
    void (*suppression)(Report *report, const StoredSuppression *suppression);
    void (*section_end)(Report *report, ReportSection section);
    void (*end)(Report *report);
};

extern const ReportFormat report_format_table;
extern const ReportFormat report_format_json;
extern const ReportFormat report_format_jsonl;
extern const ReportFormat report_format_csv;

/* The columns offset to rule of a place as CSV, each with its comma. */
void report_csv_place(FILE *stream, const json_t *place);
