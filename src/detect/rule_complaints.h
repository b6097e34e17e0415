/* What is wrong with the fields of a rule, while it is checked. One thread. */
#pragma once

#include "base/error.h"

/* OF_SEVERAL: with what a field says, or does not say, beside others. */
typedef enum ComplaintScope { COMPLAINT_OF_FIELD, COMPLAINT_OF_SEVERAL } ComplaintScope;

typedef struct RuleComplaint {
    GError *reason; /* owned; its place has the field */
    ComplaintScope scope;
} RuleComplaint;

typedef struct Complaints {
    GError *first; /* owned by whoever has this */
    GArray *all;   /* RuleComplaint; NULL: only the first counts */
} Complaints;

/* An array for all of them, which clears them. */
GArray *rule_complaints_new(void);

/* All of these return false. */
bool rule_complain(Complaints *complaints, GError *take_reason, ComplaintScope scope);
/* With the field by itself. */
bool rule_wrong(Complaints *complaints, const char *field, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* With the field beside what others say. */
bool rule_wrong_beside(Complaints *complaints, const char *field, const char *format, ...) G_GNUC_PRINTF(3, 4);
