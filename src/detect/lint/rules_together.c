/* Rules beside one another. */
#include "detect/lint/read_rules.h"

static void complain_of_name(const Lint *lint, ReadRule *rule, const char *field, const char *what)
{
    rule->is_fine = false;
    rule_faults_add(lint->faults,
        &(RuleFault){.file = rule->file, .nth = rule->nth, .rule = rule->raw->id, .field = field, .what = what});
}

/* All that pair and beats may name. */
static void look_at_ids(const Lint *lint, GHashTable *names)
{
    g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < lint->rules->len; i++) {
        ReadRule *rule = read_rule_at(lint, i);
        if (lacks(rule, "id"))
            continue;
        const ReadRule *other = g_hash_table_lookup(ids, rule->raw->id);
        if (other != NULL) {
            g_autofree char *what = g_strdup_printf("there is another rule with this id in %s", other->file);
            complain_of_name(lint, rule, "id", what);
        } else {
            (void)g_hash_table_insert(ids, rule->raw->id, rule);
        }
        (void)g_hash_table_add(names, rule->raw->id);
        if (rule->raw->detector != NULL)
            (void)g_hash_table_add(names, rule->raw->detector);
    }
}

static void look_at_names(
    const Lint *lint, ReadRule *rule, const char *field, char *const *given, unsigned count, GHashTable *names)
{
    for (unsigned i = 0; i < count; i++) {
        if (g_hash_table_contains(names, given[i]))
            continue;
        g_autofree char *what = g_strdup_printf("there is no rule or detector '%s'", given[i]);
        complain_of_name(lint, rule, field, what);
    }
}

void lint_links(const Lint *lint)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

    look_at_ids(lint, names);
    for (guint i = 0; !lint->has_unknown_rules && i < lint->rules->len; i++) {
        ReadRule *rule = read_rule_at(lint, i);
        look_at_names(lint, rule, "pair", rule->raw->pair, rule->raw->pair_count, names);
        look_at_names(lint, rule, "beats", rule->raw->beats, rule->raw->beats_count, names);
    }
}

static void note_names(const Lint *lint, GHashTable *names)
{
    for (guint i = 0; i < lint->rules->len; i++) {
        const ReadRule *rule = read_rule_at(lint, i);
        if (!rule->is_fine)
            continue;
        (void)g_hash_table_add(names, rule->raw->id);
        if (rule->raw->detector != NULL)
            (void)g_hash_table_add(names, rule->raw->detector);
    }
}

static bool all_known(GHashTable *names, char *const *given, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!g_hash_table_contains(names, given[i]))
            return false;
    return true;
}

/* Drops rules which name others that are not fine. Whether there were any. */
static bool drop_lonely(const Lint *lint)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    bool is_any = false;

    note_names(lint, names);
    for (guint i = 0; i < lint->rules->len; i++) {
        ReadRule *rule = read_rule_at(lint, i);
        if (!rule->is_fine || (all_known(names, rule->raw->pair, rule->raw->pair_count) &&
                                  all_known(names, rule->raw->beats, rule->raw->beats_count)))
            continue;
        rule->is_fine = false;
        is_any = true;
    }
    return is_any;
}

void lint_examples(const Lint *lint)
{
    g_autoptr(GArray) checked = g_array_new(FALSE, FALSE, sizeof(CheckedRule));
    g_autoptr(GError) ignored = NULL; /* they do not fit together: the refusal says so */
    g_autoptr(RuleSet) rules = NULL;

    while (drop_lonely(lint))
        ;
    for (guint i = 0; i < lint->rules->len; i++) {
        const ReadRule *rule = read_rule_at(lint, i);
        const CheckedRule one = {.where = rule->file, .raw = rule->raw, .facts = rule->facts};
        if (rule->is_fine && !lacks(rule, "id"))
            g_array_append_val(checked, one);
    }
    bool is_run = checked->len > 0 &&
                  rule_set_of((const CheckedRule *)(void *)checked->data, checked->len, &rules, &ignored) &&
                  rule_set_find_example_faults(rules, NULL, lint->faults, &ignored);
    (void)is_run;
}
