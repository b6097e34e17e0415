#include "detect/structure/sql_head.h"

#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

void sql_head_init(SqlHead *head, FieldNames *names)
{
    *head = (SqlHead){.names = names};
}

void sql_head_clear(SqlHead *head)
{
    g_free(head->tables);
}

void sql_head_reset(SqlHead *head)
{
    for (uint32_t i = 0; head->tables != NULL && i < SQL_TABLES_MAX; i++)
        head->tables[i].hash = 0;
    head->next_table = 0;
}

static bool is_word_byte(uint8_t byte)
{
    return g_ascii_isalnum(byte) || byte == '_' || byte == '$' || byte >= 0x80;
}

SqlVerb sql_head_verb(Bytes text, size_t *ret_end)
{
    static const struct {
        const char *word;
        SqlVerb verb;
    } verbs[] = {{"insert", SQL_INSERT}, {"replace", SQL_INSERT}, {"create", SQL_CREATE}, {"copy", SQL_COPY}};

    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        size_t len = strlen(verbs[i].word);
        if (text.len > len && g_ascii_isspace(text.data[len]) &&
            g_ascii_strncasecmp((const char *)text.data, verbs[i].word, len) == 0) {
            *ret_end = len;
            return verbs[i].verb;
        }
    }
    return SQL_OTHER;
}

void sql_head_begin(SqlHead *head, SqlVerb verb)
{
    head->verb = verb;
    head->part = verb == SQL_COPY ? SQL_NAME : SQL_VERBS;
    head->columns.count = 0;
    head->depth = 0;
    head->escapes = SQL_DOUBTFUL;
    head->delimiter = '\t';
    head->quote = head->before = 0;
    head->comment = COMMENT_NONE;
    head->len = 0;
}

/* ---- tables ---- */

static void keep_table(SqlHead *head)
{
    if (head->tables == NULL)
        head->tables = g_new0(SqlTable, SQL_TABLES_MAX);
    head->tables[head->next_table] = (SqlTable){.hash = head->table, .columns = head->columns};
    head->next_table = (head->next_table + 1) % SQL_TABLES_MAX;
}

/* The columns of the newest table of the name, if the statement lists none. */
static bool recall_table(SqlHead *head)
{
    for (uint32_t back = 1; head->tables != NULL && back <= SQL_TABLES_MAX; back++) {
        const SqlTable *table = &head->tables[(head->next_table + SQL_TABLES_MAX - back) % SQL_TABLES_MAX];
        if (table->hash == head->table) {
            head->columns = table->columns;
            return true;
        }
    }
    return false;
}

/* Of the last part of the name, whatever its case. */
static uint64_t table_hash(const SqlHead *head)
{
    uint8_t lower[SQL_WORD_MAX];

    for (uint32_t i = 0; i < head->len; i++)
        lower[i] = (uint8_t)g_ascii_tolower(head->word[i]);
    uint64_t hash = XXH3_64bits(lower, head->len);
    return hash != 0 ? hash : 1;
}

/* ---- words ---- */

static bool is_word(const SqlHead *head, const char *word)
{
    return strlen(word) == head->len && g_ascii_strncasecmp((const char *)head->word, word, head->len) == 0;
}

static bool is_one_of(const SqlHead *head, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is_word(head, *words))
            return true;
    }
    return false;
}

static SqlNext see_name(SqlHead *head, uint8_t quote)
{
    static const char *const skipped[] = {"if", "not", "exists", "only", NULL};

    if (quote == 0 && is_one_of(head, skipped))
        return SQL_GO_ON;
    head->table = table_hash(head);
    head->part = SQL_AFTER;
    return SQL_GO_ON;
}

/* What stands between the verb and the name. */
static SqlNext see_verb(SqlHead *head, uint8_t quote)
{
    static const char *const insert[] = {
        "ignore", "low_priority", "delayed", "high_priority", "or", "replace", "abort", "fail", "rollback", NULL};
    static const char *const create[] = {
        "or", "replace", "global", "local", "temp", "temporary", "unlogged", "external", "foreign", "cached", NULL};

    if (quote != 0 && head->verb == SQL_INSERT) /* some leave INTO out */
        return see_name(head, quote);
    if (is_word(head, head->verb == SQL_INSERT ? "into" : "table")) {
        head->part = SQL_NAME;
        return SQL_GO_ON;
    }
    return is_one_of(head, head->verb == SQL_INSERT ? insert : create) ? SQL_GO_ON : SQL_NONE;
}

static SqlNext see_behind(SqlHead *head)
{
    static const char *const allowed[] = {"overriding", "system", "user", NULL};

    if (head->verb == SQL_INSERT && (is_word(head, "values") || is_word(head, "value"))) {
        head->part = SQL_VALUES;
        return SQL_GO_ON;
    }
    if (head->verb == SQL_COPY && is_word(head, "stdin")) {
        head->part = SQL_OPTIONS;
        return SQL_GO_ON;
    }
    if (head->verb == SQL_COPY)
        return is_word(head, "from") ? SQL_GO_ON : SQL_NONE;
    return is_one_of(head, allowed) ? SQL_GO_ON : SQL_NONE;
}

static bool is_constraint(const SqlHead *head)
{
    static const char *const words[] = {"primary", "key", "unique", "constraint", "foreign", "check", "index",
        "fulltext", "spatial", "exclude", "like", "period", NULL};

    return head->verb == SQL_CREATE && is_one_of(head, words);
}

static SqlNext see_column(SqlHead *head, uint8_t quote)
{
    if (!head->expects_name || head->depth != 1)
        return SQL_GO_ON;
    head->expects_name = false;
    if (quote == 0 && is_word(head, "select"))
        return SQL_NONE;
    if ((quote == 0 && is_constraint(head)) || head->columns.count == SQL_COLUMNS_MAX)
        return SQL_GO_ON;
    const Bytes name = {.data = head->word, .len = head->len};
    head->columns.names[head->columns.count++] = field_names_intern(head->names, name);
    return SQL_GO_ON;
}

/* quote: that of the name; 0: none. */
static SqlNext see_word(SqlHead *head, uint8_t quote)
{
    switch (head->part) {
    case SQL_VERBS:
        return see_verb(head, quote);
    case SQL_NAME:
        return see_name(head, quote);
    case SQL_AFTER:
    case SQL_BEHIND:
        return head->verb != SQL_CREATE ? see_behind(head) : SQL_NONE;
    case SQL_COLUMNS:
        return see_column(head, quote);
    case SQL_VALUES:
        return SQL_NONE;
    case SQL_OPTIONS:
        if (is_word(head, "csv"))
            head->delimiter = ',';
        else if (quote == '\'' && head->len == 1 && head->word[0] > ' ' && head->word[0] < 0x80)
            head->delimiter = head->word[0];
        return SQL_GO_ON;
    case SQL_REST:
        return SQL_GO_ON;
    }
    return SQL_NONE;
}

bool sql_is_setup(Bytes line)
{
    static const char *const words[] = {
        "pragma", "begin", "set", "drop", "use", "lock", "alter", "start", "select", NULL};
    size_t len = 0;

    while (len < line.len && g_ascii_isalpha(line.data[len]))
        len++;
    for (const char *const *word = words; *word != NULL; word++) {
        if (strlen(*word) == len && g_ascii_strncasecmp((const char *)line.data, *word, len) == 0)
            return memchr(line.data, ';', line.len) != NULL;
    }
    return false;
}

/* ---- signs ---- */

static SqlNext close_bracket(SqlHead *head)
{
    if (--head->depth > 0)
        return SQL_GO_ON;
    head->part = head->verb == SQL_CREATE ? SQL_REST : SQL_BEHIND;
    if (head->verb == SQL_CREATE)
        keep_table(head);
    return head->columns.count > 0 ? SQL_GO_ON : SQL_NONE;
}

static SqlNext see_in_columns(SqlHead *head, uint8_t byte)
{
    if (byte == ')')
        return close_bracket(head);
    if (byte == '(')
        head->depth++;
    head->expects_name = head->expects_name || (byte == ',' && head->depth == 1);
    return byte == ';' ? SQL_NONE : SQL_GO_ON;
}

static SqlNext see_sign(SqlHead *head, uint8_t byte)
{
    if (head->part == SQL_COLUMNS)
        return see_in_columns(head, byte);
    if (head->part == SQL_OPTIONS)
        return SQL_GO_ON;
    if (head->part == SQL_REST)
        return byte == ';' ? SQL_ENDS : SQL_GO_ON;
    if (head->part == SQL_AFTER && byte == '.') {
        head->part = SQL_NAME;
        return SQL_GO_ON;
    }
    if (head->part == SQL_VALUES && byte == '(')
        return head->columns.count > 0 || recall_table(head) ? SQL_ROW_BEGINS : SQL_NONE;
    if (head->part != SQL_AFTER || byte != '(')
        return SQL_NONE;
    head->part = SQL_COLUMNS;
    head->depth = 1;
    head->expects_name = true;
    return SQL_GO_ON;
}

static SqlNext end_word(SqlHead *head, uint8_t quote)
{
    SqlNext next = head->len > 0 ? see_word(head, quote) : SQL_GO_ON;

    head->len = 0;
    return next;
}

static SqlNext open_quote(SqlHead *head, uint8_t byte)
{
    head->quote = byte == '[' ? ']' : byte;
    if (byte == '`')
        head->escapes = SQL_BACKSLASH;
    else if (byte != '\'' && head->escapes == SQL_DOUBTFUL)
        head->escapes = SQL_DOUBLED;
    return SQL_GO_ON;
}

static SqlNext end_line(SqlHead *head)
{
    if (head->part == SQL_REST)
        return SQL_ENDS;
    if (head->part != SQL_OPTIONS)
        return SQL_GO_ON;
    return head->columns.count > 0 || recall_table(head) ? SQL_ROWS_BEGIN : SQL_NONE;
}

static SqlNext see_plain(SqlHead *head, uint8_t byte)
{
    uint8_t before = head->before;

    if (is_word_byte(byte)) {
        if (head->len < SQL_WORD_MAX)
            head->word[head->len++] = byte;
        return SQL_GO_ON;
    }
    SqlNext next = end_word(head, 0);
    if (next != SQL_GO_ON)
        return next;
    if (byte == '\n')
        return end_line(head);
    if (byte == '`' || byte == '"' || byte == '\'' || byte == '[')
        return open_quote(head, byte);
    if ((before == '-' && byte == '-') || (before == '/' && byte == '*')) {
        head->comment = byte == '-' ? COMMENT_LINE : COMMENT_BLOCK;
        return SQL_GO_ON;
    }
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '-' || byte == '/' || byte == '\\'
               ? SQL_GO_ON
               : see_sign(head, byte);
}

SqlNext sql_head_see(SqlHead *head, uint8_t byte)
{
    SqlNext next = SQL_GO_ON;

    if (head->comment != COMMENT_NONE) {
        bool is_over = head->comment == COMMENT_LINE ? byte == '\n' : head->before == '*' && byte == '/';
        head->comment = is_over ? COMMENT_NONE : head->comment;
        next = is_over && byte == '\n' ? end_line(head) : SQL_GO_ON;
    } else if (head->quote == 0) {
        next = see_plain(head, byte);
    } else if (byte == head->quote) {
        uint8_t quote = head->quote;
        bool is_escaped = head->len > 0 && head->word[head->len - 1] == '\\'; /* in a string of a program */
        head->len -= is_escaped ? 1 : 0;
        head->quote = 0;
        next = end_word(head, quote);
    } else if (head->len < SQL_WORD_MAX) {
        head->word[head->len++] = byte;
    }
    head->before = byte;
    return next;
}
