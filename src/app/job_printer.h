/* Jobs on standard output, in each format: a list of them, or one with all that is known. */
#pragma once

#include "app/command.h"
#include "jobs/jobs.h"

#include <jansson.h>

typedef struct JobPrinter {
    OutputFormat format;
    uint64_t rows;
} JobPrinter;

/* begin, then each job (a JobVisitor; data is the JobPrinter), then end. */
void job_printer_begin(const JobPrinter *printer);
FALLIBLE bool job_printer_job(void *data, const JobStatus *status, GError **error);
void job_printer_end(const JobPrinter *printer);

/* One job alone; as a table with lines for what a row has no place for. */
void job_print_one(const JobStatus *status, OutputFormat format);

/* What every list of rows shares: [, a row a line, ]; or rows alone. rows: before this one. */
void print_json_row(const json_t *row, OutputFormat format, uint64_t rows);

/* A quoted field of CSV with what follows it; escaped where a terminal would obey it. */
void print_csv_text(const char *text, const char *separator);
