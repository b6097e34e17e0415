#include "workflow/asl/intrinsic_functions.h"

#include "base/ids.h"
#include "workflow/asl/data.h"

#include <math.h>
#include <string.h>

enum { RANGE_MAX = 1000, STRING_CHARS_MAX = 10000 };

json_t *intrinsic_problem(char **ret_problem, const char *text)
{
    *ret_problem = g_strdup(text);
    return NULL;
}

/* Numbers that are no integers are rounded to the nearest one, halves up. */
static bool integer_arg(const IntrinsicArgs *args, size_t i, json_int_t *ret_value)
{
    const json_t *value = args->values[i];

    if (json_is_integer(value)) {
        *ret_value = json_integer_value(value);
        return true;
    }
    double number = floor(json_number_value(value) + 0.5);
    if (!json_is_real(value) || fabs(number) >= 9223372036854775808.0)
        return false;
    *ret_value = (json_int_t)number;
    return true;
}

/* Arithmetic that may wrap is done without a sign. */
static json_int_t as_signed(guint64 value)
{
    return (json_int_t)value;
}

static bool is_same(const json_t *left, const json_t *right)
{
    if (json_is_number(left) && json_is_number(right))
        return json_number_value(left) == json_number_value(right);
    return json_equal(left, right);
}

static bool contains(const json_t *array, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (is_same(json_array_get(array, i), value))
            return true;
    }
    return false;
}

static json_t *run_array(const IntrinsicArgs *args, G_GNUC_UNUSED char **ret_problem)
{
    json_t *array = json_array();

    for (size_t i = 0; i < args->count; i++)
        json_array_append(array, (json_t *)args->values[i]);
    return array;
}

static json_t *run_array_partition(const IntrinsicArgs *args, char **ret_problem)
{
    json_int_t size = 0;

    if (!json_is_array(args->values[0]))
        return intrinsic_problem(ret_problem, "The first argument must be an array.");
    if (!integer_arg(args, 1, &size) || size < 1)
        return intrinsic_problem(ret_problem, "The chunk size must be a positive integer.");
    json_t *chunks = json_array();
    json_t *chunk = NULL;
    for (size_t i = 0; i < json_array_size(args->values[0]); i++) {
        if (i % (size_t)size == 0)
            json_array_append_new(chunks, chunk = json_array());
        json_array_append(chunk, json_array_get(args->values[0], i));
    }
    return chunks;
}

static json_t *run_array_contains(const IntrinsicArgs *args, char **ret_problem)
{
    if (!json_is_array(args->values[0]))
        return intrinsic_problem(ret_problem, "The first argument must be an array.");
    return json_boolean(contains(args->values[0], args->values[1]));
}

static json_t *run_array_range(const IntrinsicArgs *args, char **ret_problem)
{
    json_int_t first = 0, last = 0, step = 0;

    if (!integer_arg(args, 0, &first) || !integer_arg(args, 1, &last) || !integer_arg(args, 2, &step) || step == 0)
        return intrinsic_problem(ret_problem, "The arguments must be integers, the increment not zero.");
    json_t *range = json_array();
    if ((step > 0 && first > last) || (step < 0 && first < last))
        return range;
    guint64 distance = step > 0 ? (guint64)last - (guint64)first : (guint64)first - (guint64)last;
    guint64 stride = step > 0 ? (guint64)step : -(guint64)step;
    guint64 steps = distance / stride;
    if (steps >= RANGE_MAX) {
        json_decref(range);
        return intrinsic_problem(ret_problem, "The range must not have more than 1000 elements.");
    }
    for (guint64 i = 0; i <= steps; i++)
        json_array_append_new(range, json_integer(as_signed((guint64)first + i * (guint64)step)));
    return range;
}

static json_t *run_array_get_item(const IntrinsicArgs *args, char **ret_problem)
{
    json_int_t index = 0;

    if (!json_is_array(args->values[0]) || !integer_arg(args, 1, &index))
        return intrinsic_problem(ret_problem, "The arguments must be an array and an index.");
    if (index < 0 || (size_t)index >= json_array_size(args->values[0]))
        return intrinsic_problem(ret_problem, "The index is outside of the array.");
    return json_incref(json_array_get(args->values[0], (size_t)index));
}

static json_t *run_array_length(const IntrinsicArgs *args, char **ret_problem)
{
    if (!json_is_array(args->values[0]))
        return intrinsic_problem(ret_problem, "The argument must be an array.");
    return json_integer((json_int_t)json_array_size(args->values[0]));
}

/* The same text for values that are the same: 1 and 1.0, objects in any order. */
static char *identity(const json_t *value)
{
    if (json_is_number(value))
        return g_strdup_printf("%.17g", json_number_value(value));
    return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
}

static json_t *run_array_unique(const IntrinsicArgs *args, char **ret_problem)
{
    const json_t *array = args->values[0];

    if (!json_is_array(array))
        return intrinsic_problem(ret_problem, "The argument must be an array.");
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    json_t *unique = json_array();
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (g_hash_table_add(seen, identity(json_array_get(array, i))))
            json_array_append(unique, json_array_get(array, i));
    }
    return unique;
}

static const char *short_string(const IntrinsicArgs *args, char **ret_problem)
{
    const char *text = json_string_value(args->values[0]);

    if (text == NULL || g_utf8_strlen(text, -1) > STRING_CHARS_MAX) {
        intrinsic_problem(ret_problem, "The first argument must be a string of at most 10000 characters.");
        return NULL;
    }
    return text;
}

static json_t *run_base64_encode(const IntrinsicArgs *args, char **ret_problem)
{
    const char *text = short_string(args, ret_problem);

    if (text == NULL)
        return NULL;
    g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));
    return json_string(encoded);
}

static json_t *run_base64_decode(const IntrinsicArgs *args, char **ret_problem)
{
    const char *text = short_string(args, ret_problem);
    gsize len = 0;

    if (text == NULL)
        return NULL;
    size_t digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t padding = strspn(text + digits, "=");
    if (text[digits + padding] != '\0' || padding > 2 || digits % 4 == 1)
        return intrinsic_problem(ret_problem, "The argument is not Base64.");
    g_autofree char *padded = g_strndup(text, digits + 3); /* the library wants whole groups of four */
    for (size_t i = digits; i < digits + 3; i++)
        padded[i] = '=';
    padded[(digits + 3) / 4 * 4] = '\0';
    g_autofree guchar *decoded = g_base64_decode(padded, &len);
    if (!g_utf8_validate((const char *)decoded, (gssize)len, NULL))
        return intrinsic_problem(ret_problem, "What was encoded is not UTF-8.");
    return json_stringn((const char *)decoded, len);
}

static json_t *run_hash(const IntrinsicArgs *args, char **ret_problem)
{
    static const struct {
        const char *name;
        GChecksumType type;
    } algorithms[] = {{"MD5", G_CHECKSUM_MD5}, {"SHA-1", G_CHECKSUM_SHA1}, {"SHA-256", G_CHECKSUM_SHA256},
        {"SHA-384", G_CHECKSUM_SHA384}, {"SHA-512", G_CHECKSUM_SHA512}};
    const char *text = short_string(args, ret_problem);
    const char *wanted = json_string_value(args->values[1]);

    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        if (g_strcmp0(algorithms[i].name, wanted) != 0)
            continue;
        g_autofree char *digest = g_compute_checksum_for_string(algorithms[i].type, text, -1);
        return json_string(digest);
    }
    return intrinsic_problem(ret_problem, "The algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512.");
}

static json_t *run_json_merge(const IntrinsicArgs *args, char **ret_problem)
{
    if (!json_is_object(args->values[0]) || !json_is_object(args->values[1]))
        return intrinsic_problem(ret_problem, "The first two arguments must be objects.");
    if (!json_is_false(args->values[2]))
        return intrinsic_problem(ret_problem, "Only the shallow merge is supported: the third argument must be false.");
    json_t *merged = json_copy((json_t *)args->values[0]);
    json_object_update(merged, (json_t *)args->values[1]);
    return merged;
}

static json_t *run_json_to_string(const IntrinsicArgs *args, char **ret_problem)
{
    g_autofree char *text = asl_json_text(args->values[0]);

    return text != NULL ? json_string(text) : intrinsic_problem(ret_problem, "The argument cannot be written as JSON.");
}

static json_t *run_string_to_json(const IntrinsicArgs *args, char **ret_problem)
{
    const char *text = json_string_value(args->values[0]);

    if (text == NULL)
        return intrinsic_problem(ret_problem, "The argument must be a string.");
    if (text[strspn(text, " \t\r\n")] == '\0') /* Step Functions makes null of an empty string */
        return json_null();
    json_t *value = asl_json_parse(text);
    return value != NULL ? value : intrinsic_problem(ret_problem, "The string is not JSON.");
}

static json_t *run_math_add(const IntrinsicArgs *args, char **ret_problem)
{
    json_int_t left = 0, right = 0, sum = 0;

    if (!integer_arg(args, 0, &left) || !integer_arg(args, 1, &right) || __builtin_add_overflow(left, right, &sum))
        return intrinsic_problem(ret_problem, "The arguments must be numbers.");
    return json_integer(sum);
}

/* With a seed the answer is that of the 48-bit linear congruential generator of Java, which Step Functions uses. */
static guint64 next_bits(guint64 *state)
{
    const guint64 mask = (G_GUINT64_CONSTANT(1) << 48) - 1;

    *state = (*state * G_GUINT64_CONSTANT(0x5DEECE66D) + 0xB) & mask;
    return *state >> 16;
}

static guint64 next_long(guint64 *state)
{
    guint64 high = next_bits(state) << 32;
    gint64 low = (gint32)next_bits(state);

    return high + (guint64)low;
}

static json_int_t bounded(guint64 *state, json_int_t first, json_int_t end)
{
    guint64 width = (guint64)end - (guint64)first;
    guint64 bits = next_long(state);

    if ((width & (width - 1)) == 0)
        return as_signed((guint64)first + (bits & (width - 1)));
    guint64 value = bits >> 1;
    guint64 rest = value % width;
    while ((gint64)(value + (width - 1) - rest) < 0) {
        value = next_long(state) >> 1;
        rest = value % width;
    }
    return as_signed((guint64)first + rest);
}

static json_t *run_math_random(const IntrinsicArgs *args, char **ret_problem)
{
    json_int_t first = 0, end = 0, seed = 0;

    if (!integer_arg(args, 0, &first) || !integer_arg(args, 1, &end) ||
        (args->count == 3 && !integer_arg(args, 2, &seed)))
        return intrinsic_problem(ret_problem, "The arguments must be numbers.");
    if (first >= end || (guint64)end - (guint64)first > G_MAXINT64)
        return intrinsic_problem(ret_problem, "The start must be less than the end.");
    guint64 start = args->count == 3 ? (guint64)seed : ((guint64)g_random_int() << 32 | g_random_int());
    guint64 state = (start ^ G_GUINT64_CONSTANT(0x5DEECE66D)) & ((G_GUINT64_CONSTANT(1) << 48) - 1);
    return json_integer(bounded(&state, first, end));
}

static json_t *run_string_split(const IntrinsicArgs *args, char **ret_problem)
{
    const char *text = json_string_value(args->values[0]);
    const char *stops = json_string_value(args->values[1]);

    if (text == NULL || stops == NULL)
        return intrinsic_problem(ret_problem, "The arguments must be strings.");
    json_t *parts = json_array();
    const char *start = text;
    for (const char *at = text;; at = g_utf8_next_char(at)) {
        bool is_end = *at == '\0';
        if (!is_end && g_utf8_strchr(stops, -1, g_utf8_get_char(at)) == NULL)
            continue;
        if (at > start)
            json_array_append_new(parts, json_stringn(start, (size_t)(at - start)));
        if (is_end)
            return parts;
        start = g_utf8_next_char(at);
    }
}

static json_t *run_uuid(G_GNUC_UNUSED const IntrinsicArgs *args, G_GNUC_UNUSED char **ret_problem)
{
    JobId id = job_id_new();

    return json_string(id.text);
}

static const IntrinsicFunction functions[] = {
    {"Array", 0, SIZE_MAX, run_array},
    {"ArrayContains", 2, 2, run_array_contains},
    {"ArrayGetItem", 2, 2, run_array_get_item},
    {"ArrayLength", 1, 1, run_array_length},
    {"ArrayPartition", 2, 2, run_array_partition},
    {"ArrayRange", 3, 3, run_array_range},
    {"ArrayUnique", 1, 1, run_array_unique},
    {"Base64Decode", 1, 1, run_base64_decode},
    {"Base64Encode", 1, 1, run_base64_encode},
    {"Format", 1, SIZE_MAX, intrinsic_format},
    {"Hash", 2, 2, run_hash},
    {"JsonMerge", 3, 3, run_json_merge},
    {"JsonToString", 1, 1, run_json_to_string},
    {"MathAdd", 2, 2, run_math_add},
    {"MathRandom", 2, 3, run_math_random},
    {"StringSplit", 2, 2, run_string_split},
    {"StringToJson", 1, 1, run_string_to_json},
    {"UUID", 0, 0, run_uuid},
};

const IntrinsicFunction *intrinsic_find(const char *name, size_t len)
{
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
            return &functions[i];
    }
    return NULL;
}
