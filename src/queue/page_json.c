#include "queue/page_json.h"

#include <jansson.h>
#include <string.h>

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

/* A JSON array that is read element by element. Pages are read whenever they are claimed, and nearly all of their
 * strings are plain: a general parser would take most of a claim's time. */
typedef struct Column {
    const char *name, *at, *end;
    bool is_started;
} Column;

static bool fail_column(const Column *column, GError **error)
{
    return fail(error, ERROR_CORRUPT, "store: a page's %s are not the JSON array that they must be", column->name);
}

static bool column_init(const char *name, Bytes text, Column *ret_column, GError **error)
{
    const char *start = (const char *)text.data;
    Column column = {.name = name, .at = start, .end = start + text.len};

    if (text.len == 0 || !g_utf8_validate(start, (gssize)text.len, NULL))
        return fail_column(&column, error);
    *ret_column = column;
    return true;
}

static void skip_space(Column *column)
{
    while (column->at < column->end &&
           (*column->at == ' ' || *column->at == '\t' || *column->at == '\n' || *column->at == '\r'))
        column->at++;
}

static bool take(Column *column, char wanted)
{
    skip_space(column);
    if (column->at == column->end || *column->at != wanted)
        return false;
    column->at++;
    return true;
}

/* To the next element, or behind the array, of which nothing else may follow. */
static bool next_element(Column *column, bool *ret_has_element, GError **error)
{
    bool is_first = !column->is_started;

    column->is_started = true;
    if (is_first && !take(column, '['))
        return fail_column(column, error);
    *ret_has_element = is_first || take(column, ',');
    if (*ret_has_element && !(is_first && take(column, ']'))) {
        skip_space(column);
        return true;
    }
    if (!*ret_has_element && !take(column, ']'))
        return fail_column(column, error);
    *ret_has_element = false;
    skip_space(column);
    return column->at == column->end || fail_column(column, error);
}

static char *joined(Bytes prefix, const char *text, size_t len)
{
    char *whole = g_malloc(prefix.len + len + 1);

    if (prefix.len > 0)
        memcpy(whole, prefix.data, prefix.len);
    memcpy(whole + prefix.len, text, len);
    whole[prefix.len + len] = '\0';
    return whole;
}

/* With escapes: the general parser's. */
static bool parse_escaped(
    const Column *column, const char *start, size_t len, Bytes prefix, char **ret_text, GError **error)
{
    g_autoptr(JsonValue) value = json_loadb(start, len, JSON_DECODE_ANY, NULL);

    if (!json_is_string(value))
        return fail_column(column, error);
    *ret_text = joined(prefix, json_string_value(value), json_string_length(value));
    return true;
}

static bool parse_text(Column *column, Bytes prefix, char **ret_text, GError **error)
{
    const char *start = column->at;
    bool is_plain = true;

    if (!take(column, '"'))
        return fail_column(column, error);
    for (; column->at < column->end && *column->at != '"'; column->at++) {
        if ((guchar)*column->at >= ' ' && *column->at != '\\')
            continue;
        is_plain = false;
        if (*column->at == '\\' && column->at + 1 < column->end)
            column->at++;
    }
    if (column->at == column->end)
        return fail_column(column, error);
    column->at++;
    if (!is_plain)
        return parse_escaped(column, start, (size_t)(column->at - start), prefix, ret_text, error);
    *ret_text = joined(prefix, start + 1, (size_t)(column->at - start) - 2);
    return true;
}

static bool parse_int(Column *column, int64_t *ret_value, GError **error)
{
    bool is_negative = take(column, '-');
    const char *start = column->at;
    int64_t value = 0;

    for (; column->at < column->end && g_ascii_isdigit(*column->at); column->at++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, *column->at - '0', &value))
            return fail_column(column, error);
    if (column->at == start || (!is_negative && value == INT64_MIN))
        return fail_column(column, error);
    *ret_value = is_negative ? value : -value;
    return true;
}

static bool parse_keys(Bytes text, Bytes prefix, GArray *objects, GError **error)
{
    Column column;
    bool has_element = false;

    TRY(column_init("keys", text, &column, error));
    TRY(next_element(&column, &has_element, error));
    while (has_element) {
        ObjectEntry entry = {0};
        TRY(parse_text(&column, prefix, &entry.key, error));
        g_array_append_val(objects, entry);
        TRY(next_element(&column, &has_element, error));
    }
    return true;
}

/* One value of a column into an object. */
typedef bool (*ParseField)(Column *column, ObjectEntry *entry, GError **error);

static bool parse_size(Column *column, ObjectEntry *entry, GError **error)
{
    int64_t size = 0;

    TRY(parse_int(column, &size, error));
    entry->size_bytes = (uint64_t)size;
    return size >= 0 || fail_column(column, error);
}

static bool parse_etag(Column *column, ObjectEntry *entry, GError **error)
{
    return parse_text(column, (Bytes){0}, &entry->etag, error);
}

static bool parse_modified(Column *column, ObjectEntry *entry, GError **error)
{
    return parse_int(column, &entry->modified_ms, error);
}

static bool parse_fields(const char *name, Bytes text, GArray *objects, ParseField parse, GError **error)
{
    Column column;
    bool has_element = false;

    TRY(column_init(name, text, &column, error));
    for (guint i = 0; i < objects->len; i++) {
        TRY(next_element(&column, &has_element, error));
        if (!has_element)
            return fail(error, ERROR_CORRUPT, "store: a page has %u keys but %u %s", objects->len, i, name);
        TRY(parse(&column, &g_array_index(objects, ObjectEntry, i), error));
    }
    TRY(next_element(&column, &has_element, error));
    return !has_element || fail(error, ERROR_CORRUPT, "store: a page has more %s than keys", name);
}

static bool mark_escaped(GArray *objects, Bytes text, GError **error)
{
    Column column;
    bool has_element = false;

    if (text.len == 0)
        return true;
    TRY(column_init("escaped", text, &column, error));
    TRY(next_element(&column, &has_element, error));
    while (has_element) {
        int64_t ordinal = 0;
        TRY(parse_int(&column, &ordinal, error));
        if (ordinal < 0 || ordinal >= objects->len)
            return fail(error, ERROR_CORRUPT, "store: a page marks an object as escaped that it does not have");
        g_array_index(objects, ObjectEntry, ordinal).is_escaped = true;
        TRY(next_element(&column, &has_element, error));
    }
    return true;
}

bool page_parse(const PageColumns *columns, GArray **ret_objects, GError **error)
{
    g_autoptr(GArray) objects = object_entries_new();

    TRY(parse_keys(columns->keys, columns->key_prefix, objects, error));
    TRY(parse_fields("sizes", columns->sizes, objects, parse_size, error));
    TRY(parse_fields("etags", columns->etags, objects, parse_etag, error));
    if (columns->modified.data != NULL)
        TRY(parse_fields("modified times", columns->modified, objects, parse_modified, error));
    TRY(mark_escaped(objects, columns->escaped, error));
    *ret_objects = g_steal_pointer(&objects);
    return true;
}
