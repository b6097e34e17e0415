#include "detect/lint/rule_lint.h"

#include <string.h>

typedef struct OwnedFault {
    RuleFault told;
    char *file, *rule, *field, *what, *entry;
    uint64_t seen; /* how many before it */
} OwnedFault;

struct RuleFaults {
    GArray *kept; /* OwnedFault */
    uint64_t total;
};

static void owned_fault_clear(gpointer data)
{
    OwnedFault *fault = data;

    g_free(fault->file);
    g_free(fault->rule);
    g_free(fault->field);
    g_free(fault->what);
    g_free(fault->entry);
}

RuleFaults *rule_faults_new(void)
{
    RuleFaults *faults = g_new0(RuleFaults, 1);

    faults->kept = g_array_new(FALSE, FALSE, sizeof(OwnedFault));
    g_array_set_clear_func(faults->kept, owned_fault_clear);
    return faults;
}

void rule_faults_free(RuleFaults *faults)
{
    if (faults == NULL)
        return;
    g_array_unref(faults->kept);
    g_free(faults);
}

void rule_faults_add(RuleFaults *faults, const RuleFault *fault)
{
    OwnedFault owned = {.file = g_strdup(fault->file),
        .rule = g_strdup(fault->rule),
        .field = g_strdup(fault->field),
        .what = g_strdup(fault->what),
        .entry = g_strdup(fault->entry)};

    owned.seen = faults->total;
    owned.told = *fault;
    owned.told.file = owned.file;
    owned.told.rule = owned.rule;
    owned.told.field = owned.field;
    owned.told.what = owned.what;
    owned.told.entry = owned.entry;
    faults->total++;
    if (faults->kept->len < RULE_FAULTS_MAX)
        g_array_append_val(faults->kept, owned);
    else
        owned_fault_clear(&owned);
}

void rule_faults_add_error(RuleFaults *faults, const RuleFault *about, const GError *reason)
{
    const ErrorPlace place = error_place(reason);
    RuleFault fault = *about;

    fault.what = error_what(reason);
    fault.line = place.line;
    fault.field = place.field;
    rule_faults_add(faults, &fault);
}

uint64_t rule_faults_total(const RuleFaults *faults)
{
    return faults->total;
}

uint32_t rule_faults_kept(const RuleFaults *faults)
{
    return faults->kept->len;
}

const RuleFault *rule_faults_at(const RuleFaults *faults, uint32_t index)
{
    return &g_array_index(faults->kept, OwnedFault, index).told;
}

void rule_faults_set_line(RuleFaults *faults, uint32_t index, unsigned line)
{
    g_array_index(faults->kept, OwnedFault, index).told.line = line;
}

static int fault_order(gconstpointer left, gconstpointer right)
{
    const OwnedFault *x = left, *y = right;
    int by_file = g_strcmp0(x->file, y->file);

    if (by_file != 0)
        return by_file;
    if (x->told.line != y->told.line)
        return x->told.line < y->told.line ? -1 : 1;
    return (x->seen > y->seen) - (x->seen < y->seen);
}

void rule_faults_sort(RuleFaults *faults)
{
    g_array_sort(faults->kept, fault_order);
}

char *rule_faults_text(const RuleFaults *faults)
{
    GString *text = g_string_new(NULL);

    for (uint32_t i = 0; i < rule_faults_kept(faults); i++) {
        const RuleFault *fault = rule_faults_at(faults, i);
        g_string_append(text, i > 0 ? "\n" : "");
        if (fault->file != NULL)
            g_string_append(text, fault->file);
        if (fault->line > 0)
            g_string_append_printf(text, ":%u", fault->line);
        if (fault->rule != NULL)
            g_string_append_printf(text, ": rule %s", fault->rule);
        if (fault->field != NULL)
            g_string_append_printf(text, ": %s", fault->field);
        g_string_append_printf(text, "%s%s", fault->file != NULL ? ": " : "", fault->what);
    }
    if (faults->total > faults->kept->len)
        g_string_append_printf(text, "\nand %" G_GUINT64_FORMAT " more", faults->total - faults->kept->len);
    return g_string_free(text, FALSE);
}
