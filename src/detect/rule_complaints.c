#include "detect/rule_complaints.h"

#include <stdarg.h>

static void complaint_clear(gpointer data)
{
    RuleComplaint *complaint = data;

    g_error_free(complaint->reason);
}

GArray *rule_complaints_new(void)
{
    GArray *complaints = g_array_new(FALSE, FALSE, sizeof(RuleComplaint));

    g_array_set_clear_func(complaints, complaint_clear);
    return complaints;
}

bool rule_complain(Complaints *complaints, GError *take_reason, ComplaintScope scope)
{
    if (complaints->first == NULL)
        complaints->first = g_error_copy(take_reason);
    if (complaints->all != NULL) {
        const RuleComplaint complaint = {.reason = take_reason, .scope = scope};
        g_array_append_val(complaints->all, complaint);
    } else {
        g_error_free(take_reason);
    }
    return false;
}

static GError *reason_of(const char *field, const char *format, va_list args) G_GNUC_PRINTF(2, 0);

static GError *reason_of(const char *field, const char *format, va_list args)
{
    g_autofree char *what = g_strdup_vprintf(format, args);
    GError *reason = NULL;

    (void)fail_at(&reason, &(ErrorPlace){.field = field}, "%s", what);
    return reason;
}

bool rule_wrong(Complaints *complaints, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    GError *reason = reason_of(field, format, args);
    va_end(args);
    return rule_complain(complaints, reason, COMPLAINT_OF_FIELD);
}

bool rule_wrong_beside(Complaints *complaints, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    GError *reason = reason_of(field, format, args);
    va_end(args);
    return rule_complain(complaints, reason, COMPLAINT_OF_SEVERAL);
}
