#include "queue/page_json.h"

#include <jansson.h>

typedef json_t JsonArray;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonArray, json_decref)

static bool parse_array(const char *name, Bytes text, JsonArray **ret_array, GError **error)
{
    json_error_t problem;
    g_autoptr(JsonArray) array =
        json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &problem);

    if (!json_is_array(array))
        return fail(error, ERROR_CORRUPT, "store: a page's %s are not a JSON array", name);
    *ret_array = g_steal_pointer(&array);
    return true;
}

static bool parse_column(const char *name, Bytes text, size_t len, JsonArray **ret_array, GError **error)
{
    g_autoptr(JsonArray) array = NULL;

    TRY(parse_array(name, text, &array, error));
    if (json_array_size(array) != len)
        return fail(error, ERROR_CORRUPT, "store: a page has %zu keys but %zu %s", len, json_array_size(array), name);
    *ret_array = g_steal_pointer(&array);
    return true;
}

static bool mark_escaped(GArray *objects, Bytes text, GError **error)
{
    g_autoptr(JsonArray) ordinals = NULL;

    if (text.len == 0)
        return true;
    TRY(parse_array("escaped", text, &ordinals, error));
    for (size_t i = 0; i < json_array_size(ordinals); i++) {
        json_int_t ordinal = json_integer_value(json_array_get(ordinals, i));
        if (ordinal < 0 || ordinal >= objects->len)
            return fail(error, ERROR_CORRUPT, "store: a page marks an object as escaped that it does not have");
        g_array_index(objects, ObjectEntry, ordinal).is_escaped = true;
    }
    return true;
}

static bool parse_entry(
    const json_t *key, const json_t *size, const json_t *etag, const json_t *modified, ObjectEntry *ret_entry)
{
    if (!json_is_string(key) || !json_is_integer(size) || json_integer_value(size) < 0 || !json_is_string(etag) ||
        !json_is_integer(modified))
        return false;
    *ret_entry = (ObjectEntry){.key = g_strdup(json_string_value(key)),
        .size_bytes = (uint64_t)json_integer_value(size),
        .etag = g_strdup(json_string_value(etag)),
        .modified_ms = json_integer_value(modified)};
    return true;
}

bool page_parse(const PageColumns *columns, GArray **ret_objects, GError **error)
{
    g_autoptr(JsonArray) keys = NULL;
    g_autoptr(JsonArray) sizes = NULL;
    g_autoptr(JsonArray) etags = NULL;
    g_autoptr(JsonArray) modified = NULL;
    g_autoptr(GArray) objects = object_entries_new();

    TRY(parse_array("keys", columns->keys, &keys, error));
    size_t len = json_array_size(keys);
    TRY(parse_column("sizes", columns->sizes, len, &sizes, error));
    TRY(parse_column("etags", columns->etags, len, &etags, error));
    TRY(parse_column("modified", columns->modified, len, &modified, error));
    for (size_t i = 0; i < len; i++) {
        ObjectEntry entry;
        if (!parse_entry(json_array_get(keys, i), json_array_get(sizes, i), json_array_get(etags, i),
                json_array_get(modified, i), &entry))
            return fail(error, ERROR_CORRUPT, "store: object %zu of a page has a column of a wrong type", i);
        g_array_append_val(objects, entry);
    }
    TRY(mark_escaped(objects, columns->escaped, error));
    *ret_objects = g_steal_pointer(&objects);
    return true;
}
