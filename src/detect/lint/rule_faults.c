#include "detect/lint/rule_lint.h"

#include <string.h>

typedef struct OwnedFault {
    RuleFault told;
    char *file, *rule, *field, *what;
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
        .what = g_strdup(fault->what)};

    owned.seen = faults->total;
    owned.told = *fault;
    owned.told.file = owned.file;
    owned.told.rule = owned.rule;
    owned.told.field = owned.field;
    owned.told.what = owned.what;
    faults->total++;
    if (faults->kept->len < RULE_FAULTS_MAX)
        g_array_append_val(faults->kept, owned);
    else
        owned_fault_clear(&owned);
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
    int by_file = strcmp(x->file, y->file);

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
        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", fault->file);
        if (fault->line > 0)
            g_string_append_printf(text, ":%u", fault->line);
        if (fault->rule != NULL)
            g_string_append_printf(text, ": rule %s", fault->rule);
        if (fault->field != NULL)
            g_string_append_printf(text, ": %s", fault->field);
        g_string_append_printf(text, ": %s", fault->what);
    }
    if (faults->total > faults->kept->len)
        g_string_append_printf(text, "\nand %" G_GUINT64_FORMAT " more", faults->total - faults->kept->len);
    return g_string_free(text, FALSE);
}

/* ---- from a message ---- */

/* Behind the prefix, or NULL. */
static const char *behind(const char *text, const char *prefix)
{
    return g_str_has_prefix(text, prefix) ? text + strlen(prefix) : NULL;
}

/* ":12:3" of a place. */
static const char *read_line(const char *at, unsigned *ret_line)
{
    char *end = NULL;
    guint64 line = at[0] == ':' && g_ascii_isdigit(at[1]) ? g_ascii_strtoull(at + 1, &end, 10) : 0;

    if (end == NULL)
        return at;
    *ret_line = (unsigned)line;
    return *end == ':' && g_ascii_isdigit(end[1]) ? end + 1 + strspn(end + 1, "0123456789") : end;
}

static char *read_rule(const char **at)
{
    const char *id = behind(*at, "rule "), *end = id != NULL ? strstr(id, ": ") : NULL;

    if (end == NULL || memchr(id, ' ', (size_t)(end - id)) != NULL)
        return NULL;
    *at = end + 2;
    return g_strndup(id, (gsize)(end - id));
}

static char *read_field(const char **at)
{
    size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz_");
    char *field = g_strndup(*at, len);

    if (g_str_has_prefix(*at + len, ": ") && rule_has_field(field)) {
        *at += len + 2;
        return field;
    }
    g_free(field);
    return NULL;
}

void rule_faults_add_message(RuleFaults *faults, const char *file, unsigned nth, const char *message)
{
    unsigned line = 0;

    g_assert(message != NULL);
    const char *at = behind(message, file);
    at = at != NULL ? read_line(at, &line) : message;
    const char *rest = at != message ? behind(at, ": ") : message;
    if (rest == NULL) { /* another file's, say */
        rest = message;
        line = 0;
    }
    g_autofree char *rule = read_rule(&rest);
    g_autofree char *field = read_field(&rest);
    rule_faults_add(
        faults, &(RuleFault){.file = file, .line = line, .rule = rule, .field = field, .what = rest, .nth = nth});
}
