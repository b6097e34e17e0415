/* JSON as text, with numbers in their shortest form: 1.1, not 1.1000000000000001. */
#include "workflow/asl/data.h"

#include <math.h>
#include <string.h>

static bool has_real(const json_t *value)
{
    const char *name = NULL;
    json_t *member = NULL;

    if (json_is_real(value))
        return true;
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (has_real(json_array_get(value, i)))
            return true;
    }
    json_object_foreach((json_t *)value, name, member)
    {
        if (has_real(member))
            return true;
    }
    return false;
}

static void append_real(GString *text, double number)
{
    char digits[40];

    for (int precision = 15; precision <= 17; precision++) {
        g_snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (g_ascii_strtod(digits, NULL) == number)
            break;
    }
    g_string_append(text, digits);
    if (strpbrk(digits, ".eEn") == NULL)
        g_string_append(text, ".0");
}

static bool append_value(GString *text, const json_t *value);

static bool append_scalar(GString *text, const json_t *value)
{
    if (json_is_real(value)) {
        append_real(text, json_real_value(value));
        return true;
    }
    char *plain = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (plain == NULL)
        return false;
    g_string_append(text, plain);
    free(plain);
    return true;
}

static bool append_array(GString *text, const json_t *array)
{
    g_string_append_c(text, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        if (!append_value(text, json_array_get(array, i)))
            return false;
    }
    g_string_append_c(text, ']');
    return true;
}

static bool append_object(GString *text, const json_t *object)
{
    const char *separator = "";
    const char *name = NULL;
    json_t *member = NULL;

    g_string_append_c(text, '{');
    json_object_foreach((json_t *)object, name, member)
    {
        json_t *quoted = json_string(name);
        g_string_append(text, separator);
        bool is_done = append_scalar(text, quoted);
        json_decref(quoted);
        g_string_append_c(text, ':');
        if (!is_done || !append_value(text, member))
            return false;
        separator = ",";
    }
    g_string_append_c(text, '}');
    return true;
}

static bool append_value(GString *text, const json_t *value)
{
    if (json_is_array(value))
        return append_array(text, value);
    return json_is_object(value) ? append_object(text, value) : append_scalar(text, value);
}

char *asl_json_text(const json_t *value)
{
    if (!has_real(value))
        return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    g_autoptr(GString) text = g_string_new(NULL);
    return append_value(text, value) ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

json_t *asl_json_parse(const char *text)
{
    return text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
}

static int count_bytes(G_GNUC_UNUSED const char *buffer, size_t size, void *data)
{
    size_t *left = data;

    if (size > *left)
        return -1;
    *left -= size;
    return 0;
}

bool asl_is_too_large(const json_t *value)
{
    size_t left = ASL_DATA_BYTES_MAX;

    return json_dump_callback(value, count_bytes, &left, JSON_ENCODE_ANY | JSON_COMPACT) != 0;
}
