#include "rulebook/rulebook.h"

#include "base/clock.h"
#include "rulebook/custom_rule.h"

#include <string.h>

enum { SETS_KEPT = 16, JOBS_KEPT = 1000, RETIRED_MS = 3600 * 1000 };

struct Rulebook {
    Db *db;
    char **directories;
    char *cache_dir;
    RuleSet *installed;
    GMutex mutex;
    struct {
        GHashTable *sets; /* set id → RuleSet */
        GHashTable *jobs; /* job id → set id: a job's never changes */
    } locked;
};

Rulebook *rulebook_new(const RulebookOptions *options)
{
    Rulebook *book = g_new0(Rulebook, 1);

    book->db = options->db;
    book->directories = g_strdupv((char **)(uintptr_t)options->directories);
    book->cache_dir = g_strdup(options->cache_dir);
    book->installed = rule_set_ref(options->installed);
    g_mutex_init(&book->mutex);
    book->locked.sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)rule_set_unref);
    book->locked.jobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return book;
}

void rulebook_free(Rulebook *book)
{
    if (book == NULL)
        return;
    g_hash_table_unref(book->locked.sets);
    g_hash_table_unref(book->locked.jobs);
    g_mutex_clear(&book->mutex);
    rule_set_unref(book->installed);
    g_strfreev(book->directories);
    g_free(book->cache_dir);
    g_free(book);
}

RuleSet *rulebook_installed(const Rulebook *book)
{
    return book->installed;
}

void custom_rule_clear(CustomRule *rule)
{
    g_free(rule->id);
    g_free(rule->document);
    *rule = (CustomRule){0};
}

static bool is_installed(const Rulebook *book, const char *id)
{
    for (uint32_t i = 0; i < rule_set_size(book->installed); i++) {
        const Rule *rule = rule_set_rule(book->installed, i);
        if (strcmp(rule->id, id) == 0 || strcmp(rule->detector, id) == 0)
            return true;
    }
    return false;
}

static CustomRule rule_of(const DbRows *rows)
{
    return (CustomRule){
        .id = g_strdup(db_rows_text(rows, 0)),
        .version = db_rows_int(rows, 1),
        .created_ms = db_rows_int(rows, 2),
        .updated_ms = db_rows_int(rows, 3),
        .document = g_strdup(db_rows_text(rows, 4)),
    };
}

static bool find_rule(DbTx *tx, const char *id, CustomRule *ret_rule, bool *ret_found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_CUSTOM_RULE_FIND, &rows, error, db_text(id)));
    TRY(db_rows_next(rows, ret_found, error));
    if (*ret_found)
        *ret_rule = rule_of(rows);
    return true;
}

static bool list_rules(DbTx *tx, GArray **ret_rules, GError **error)
{
    g_autoptr(GArray) rules = g_array_new(FALSE, FALSE, sizeof(CustomRule));
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    g_array_set_clear_func(rules, (GDestroyNotify)custom_rule_clear);
    TRY(db_query(tx, SQL_CUSTOM_RULES_LIST, NULL, 0, &rows, error));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        CustomRule rule = rule_of(rows);
        g_array_append_val(rules, rule);
        TRY(db_rows_next(rows, &has_row, error));
    }
    *ret_rules = g_steal_pointer(&rules);
    return true;
}

/* ---- changes ---- */

/* From now on this is the set of new jobs. */
static bool choose_set(DbTx *tx, const char *document, GError **error)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, document, -1);
    const char *set_id = *document != '\0' ? sum : "";
    int64_t now_ms = clock_now_ms();

    if (*document != '\0')
        TRY(DB_EXEC(tx, SQL_CUSTOM_SET_KEEP, NULL, error, db_text(set_id), db_text(document)));
    TRY(DB_EXEC(tx, SQL_CUSTOM_SET_RETIRE, NULL, error, db_text(set_id), db_int(now_ms)));
    TRY(DB_EXEC(tx, SQL_CUSTOM_SETS_DROP, NULL, error, db_int(now_ms - RETIRED_MS)));
    return DB_EXEC(tx, SQL_CUSTOM_SET_CHOOSE, NULL, error, db_text(set_id));
}

static bool commit_change(DbTx *take_tx, GError **error)
{
    g_autoptr(DbTx) tx = take_tx;
    g_autoptr(GArray) rules = NULL;
    g_autoptr(GPtrArray) documents = g_ptr_array_new();

    TRY(list_rules(tx, &rules, error));
    if (rules->len > CUSTOM_RULES_MAX)
        return fail(error, ERROR_CONFLICT, "there are %d custom rules: expected no more", CUSTOM_RULES_MAX);
    for (guint i = 0; i < rules->len; i++)
        g_ptr_array_add(documents, g_array_index(rules, CustomRule, i).document);
    g_ptr_array_add(documents, NULL);
    g_autofree char *text = rules->len > 0 ? custom_rules_text((const char *const *)documents->pdata) : g_strdup("");
    if (strlen(text) > CUSTOM_RULES_BYTES_MAX)
        return fail(error, ERROR_TOO_LARGE, "the custom rules are %zu bytes together: expected no more than %d",
            strlen(text), CUSTOM_RULES_BYTES_MAX);
    TRY(choose_set(tx, text, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static bool begin_change(Rulebook *book, DbTx **ret_tx, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(book->db, DB_WRITE, &tx, error));
    TRY(db_exec(tx, SQL_CUSTOM_RULES_LOCK, NULL, 0, NULL, error));
    *ret_tx = g_steal_pointer(&tx);
    return true;
}

static bool replace_rule(DbTx *tx, const CustomRule *old, const CustomRuleText *text, GError **error)
{
    int64_t changed = 0;

    if (text->version == 0)
        return fail(error, ERROR_CONFLICT,
            "there is a rule %s already; expected its version %" G_GINT64_FORMAT " in field 'version' to replace it",
            text->id, old->version);
    TRY(DB_EXEC(tx, SQL_CUSTOM_RULE_UPDATE, &changed, error, db_text(text->id), db_text(text->document),
        db_int(clock_now_ms()), db_int(text->version)));
    if (changed != 1)
        return fail(error, ERROR_CONFLICT, "rule %s is of version %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT,
            text->id, old->version, text->version);
    return true;
}

static bool create_rule(DbTx *tx, const CustomRuleText *text, GError **error)
{
    if (text->version != 0)
        return fail(error, ERROR_CONFLICT, "there is no rule %s of version %" G_GINT64_FORMAT " to replace", text->id,
            text->version);
    return DB_EXEC(
        tx, SQL_CUSTOM_RULE_INSERT, NULL, error, db_text(text->id), db_text(text->document), db_int(clock_now_ms()));
}

/* What is asked for a second time, since its answer was lost, has been done already. */
static bool is_done(const CustomRule *old, const CustomRuleText *text)
{
    bool is_version = text->version == 0 || text->version == old->version || text->version == old->version - 1;

    return is_version && strcmp(old->document, text->document) == 0;
}

static bool keep_rule(DbTx *take_tx, const CustomRuleText *text, RulebookChange *ret_change, GError **error)
{
    g_autoptr(DbTx) tx = take_tx;
    g_auto(CustomRule) old = {0};
    bool is_there = false;

    TRY(find_rule(tx, text->id, &old, &is_there, error));
    *ret_change = RULEBOOK_UNCHANGED;
    if (is_there && is_done(&old, text))
        return true;
    *ret_change = is_there ? RULEBOOK_REPLACED : RULEBOOK_CREATED;
    TRY(is_there ? replace_rule(tx, &old, text, error) : create_rule(tx, text, error));
    return commit_change(g_steal_pointer(&tx), error);
}

bool rulebook_put(Rulebook *book, const json_t *given, CustomRule *ret_rule, RulebookChange *ret_change, GError **error)
{
    g_auto(CustomRuleText) text = {0};
    DbTx *tx = NULL;

    TRY(custom_rule_read(given, &text, error));
    if (is_installed(book, text.id))
        return fail(
            error, ERROR_CONFLICT, "field 'id': rule %s comes with the installation; expected another id", text.id);
    TRY(begin_change(book, &tx, error));
    TRY(keep_rule(tx, &text, ret_change, error));
    return rulebook_find(book, text.id, ret_rule, error);
}

bool rulebook_delete(Rulebook *book, const char *id, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    int64_t changed = 0;

    TRY(begin_change(book, &tx, error));
    TRY(DB_EXEC(tx, SQL_CUSTOM_RULE_DELETE, &changed, error, db_text(id)));
    if (changed == 0 && is_installed(book, id))
        return fail(error, ERROR_FORBIDDEN, "rule %s comes with the installation and stays", id);
    if (changed == 0)
        return fail(error, ERROR_NOT_FOUND, "no rule %.100s", id);
    return commit_change(g_steal_pointer(&tx), error);
}

bool rulebook_find(Rulebook *book, const char *id, CustomRule *ret_rule, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    bool is_there = false;

    TRY(db_begin(book->db, DB_READ, &tx, error));
    TRY(find_rule(tx, id, ret_rule, &is_there, error));
    return is_there || fail(error, ERROR_NOT_FOUND, "no rule %.100s", id);
}

bool rulebook_list(Rulebook *book, GArray **ret_rules, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(book->db, DB_READ, &tx, error));
    return list_rules(tx, ret_rules, error);
}

/* ---- compiled ---- */

/* The one text of the row; "" without one. */
static bool read_text(DbTx *tx, DbStatement statement, const char *parameter, char **ret_text, GError **error)
{
    const DbValue value = db_text(parameter);
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(db_query(tx, statement, &value, parameter != NULL ? 1 : 0, &rows, error));
    TRY(db_rows_next(rows, &has_row, error));
    *ret_text = g_strdup(has_row ? db_rows_text(rows, 0) : "");
    return true;
}

static RuleSet *known_set(Rulebook *book, const char *set_id)
{
    g_mutex_lock(&book->mutex);
    RuleSet *rules = g_hash_table_lookup(book->locked.sets, set_id);
    if (rules != NULL)
        rule_set_ref(rules);
    g_mutex_unlock(&book->mutex);
    return rules;
}

/* Both tables are small; when one is full it is begun anew. */
static void remember_set(Rulebook *book, const char *set_id, RuleSet *rules)
{
    g_mutex_lock(&book->mutex);
    if (g_hash_table_size(book->locked.sets) >= SETS_KEPT)
        g_hash_table_remove_all(book->locked.sets);
    g_hash_table_replace(book->locked.sets, g_strdup(set_id), rule_set_ref(rules));
    g_mutex_unlock(&book->mutex);
}

static char *known_set_of_job(Rulebook *book, const JobId *id)
{
    g_mutex_lock(&book->mutex);
    char *set_id = g_strdup(g_hash_table_lookup(book->locked.jobs, id->text));
    g_mutex_unlock(&book->mutex);
    return set_id;
}

static void remember_set_of_job(Rulebook *book, const JobId *id, const char *set_id)
{
    g_mutex_lock(&book->mutex);
    if (g_hash_table_size(book->locked.jobs) >= JOBS_KEPT)
        g_hash_table_remove_all(book->locked.jobs);
    g_hash_table_replace(book->locked.jobs, g_strdup(id->text), g_strdup(set_id));
    g_mutex_unlock(&book->mutex);
}

static bool load_set(Rulebook *book, const char *set_id, RuleSet **ret_rules, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autoptr(RuleSet) rules = NULL;
    g_autofree char *document = NULL;

    TRY(db_begin(book->db, DB_READ, &tx, error));
    TRY(read_text(tx, SQL_CUSTOM_SET_READ, set_id, &document, error));
    g_clear_pointer(&tx, db_tx_free);
    if (*document == '\0')
        return fail(error, ERROR_NOT_FOUND, "no set of custom rules %s", set_id);
    const RuleText added = {.name = "custom rules", .text = document};
    TRY(rule_set_load_with((const char *const *)book->directories, &added, book->cache_dir, &rules, error));
    remember_set(book, set_id, rules);
    *ret_rules = g_steal_pointer(&rules);
    return true;
}

static bool rules_of_set(Rulebook *book, const char *set_id, RuleSet **ret_rules, GError **error)
{
    RuleSet *rules = *set_id != '\0' ? known_set(book, set_id) : rule_set_ref(book->installed);

    if (rules == NULL)
        return load_set(book, set_id, ret_rules, error);
    *ret_rules = rules;
    return true;
}

bool rulebook_rules(Rulebook *book, RuleSet **ret_rules, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autofree char *set_id = NULL;

    TRY(db_begin(book->db, DB_READ, &tx, error));
    TRY(read_text(tx, SQL_CUSTOM_SET_NOW, NULL, &set_id, error));
    g_clear_pointer(&tx, db_tx_free);
    return rules_of_set(book, set_id, ret_rules, error);
}

bool rulebook_rules_of_job(Rulebook *book, const JobId *id, RuleSet **ret_rules, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    g_autofree char *set_id = known_set_of_job(book, id);

    if (set_id == NULL) {
        TRY(db_begin(book->db, DB_READ, &tx, error));
        TRY(read_text(tx, SQL_CUSTOM_SET_OF_JOB, id->text, &set_id, error));
        g_clear_pointer(&tx, db_tx_free);
        remember_set_of_job(book, id, set_id);
    }
    return rules_of_set(book, set_id, ret_rules, error);
}
