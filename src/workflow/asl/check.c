#include "workflow/asl/check.h"

#include "workflow/asl/choice.h"
#include "workflow/asl/intrinsic.h"
#include "workflow/asl/path.h"

#include <string.h>

enum {
    NUMBER_LIMIT = 99999999,
    VARIABLE_CHARS_MAX = 80
}; /* of seconds and attempts: what AWS accepts is less than this */

static void add_problem(AslCheck *check, const char *code, const char *format, va_list args) G_GNUC_PRINTF(3, 0);

static void add_problem(AslCheck *check, const char *code, const char *format, va_list args)
{
    AslProblem *problem = g_new(AslProblem, 1);

    *problem = (AslProblem){
        .code = code,
        .message = g_strdup_vprintf(format, args),
        .location = g_strdup(check->pointer->len > 0 ? check->pointer->str : "/"),
    };
    g_ptr_array_add(check->problems, problem);
}

void asl_problem(AslCheck *check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_problem(check, ASL_PROBLEM_SCHEMA, format, args);
    va_end(args);
}

void asl_problem_coded(AslCheck *check, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_problem(check, code, format, args);
    va_end(args);
}

/* RFC 6901: '~' and '/' are escaped. */
static void append_token(GString *pointer, const char *name)
{
    g_string_append_c(pointer, '/');
    for (const char *at = name; *at != '\0'; at++) {
        if (*at == '~')
            g_string_append(pointer, "~0");
        else if (*at == '/')
            g_string_append(pointer, "~1");
        else
            g_string_append_c(pointer, *at);
    }
}

void asl_check_member(AslCheck *check, const char *name, const json_t *value, AslCheckValue run)
{
    size_t len = check->pointer->len;

    append_token(check->pointer, name);
    run(check, value);
    g_string_truncate(check->pointer, len);
}

void asl_check_elements(AslCheck *check, const json_t *array, AslCheckValue run)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        char index[24];
        g_snprintf(index, sizeof index, "%zu", i);
        asl_check_member(check, index, json_array_get(array, i), run);
    }
}

static const AslField *find_field(const AslField *fields, const char *name)
{
    for (const AslField *field = fields; field->name != NULL; field++) {
        if (g_str_equal(field->name, name))
            return field;
    }
    return NULL;
}

static void unknown_field(AslCheck *check, G_GNUC_UNUSED const json_t *value)
{
    asl_problem(check, "Field is not supported");
}

static void check_required(AslCheck *check, const json_t *object, const AslField *fields)
{
    g_autoptr(GString) missing = g_string_new(NULL);

    for (const AslField *field = fields; field->name != NULL; field++) {
        if (field->presence == ASL_REQUIRED && json_object_get(object, field->name) == NULL)
            g_string_append_printf(missing, "%s%s", missing->len > 0 ? ", " : "", field->name);
    }
    if (missing->len > 0)
        asl_problem(check, "These fields are required: [%s]", missing->str);
}

bool asl_check_fields(AslCheck *check, const json_t *object, const AslField *fields)
{
    const char *name = NULL;
    json_t *value = NULL;

    if (!json_is_object(object)) {
        asl_problem(check, "expected an object");
        return false;
    }
    check_required(check, object, fields);
    json_object_foreach((json_t *)object, name, value)
    {
        const AslField *field = find_field(fields, name);
        asl_check_member(check, name, value, field != NULL ? field->check : unknown_field);
    }
    return true;
}

void asl_check_any(G_GNUC_UNUSED AslCheck *check, G_GNUC_UNUSED const json_t *value)
{
}

void asl_check_string(AslCheck *check, const json_t *value)
{
    if (!json_is_string(value))
        asl_problem(check, "expected a string");
}

void asl_check_boolean(AslCheck *check, const json_t *value)
{
    if (!json_is_boolean(value))
        asl_problem(check, "expected true or false");
}

void asl_check_number(AslCheck *check, const json_t *value)
{
    if (!json_is_number(value))
        asl_problem(check, "expected a number");
}

void asl_check_count(AslCheck *check, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) >= NUMBER_LIMIT)
        asl_problem(check, "expected an integer from 0 to %d", NUMBER_LIMIT - 1);
}

void asl_check_positive(AslCheck *check, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) >= NUMBER_LIMIT)
        asl_problem(check, "expected an integer from 1 to %d", NUMBER_LIMIT - 1);
}

void asl_check_timestamp(AslCheck *check, const json_t *value)
{
    int64_t time_ms = 0;

    if (!json_is_string(value) || !asl_timestamp_parse(json_string_value(value), &time_ms))
        asl_problem(check, "expected a timestamp like 2025-11-09T10:00:00Z");
}

static void check_path_kind(AslCheck *check, const json_t *value, AslPathKind kind)
{
    if (!json_is_string(value)) {
        asl_problem(check, "expected a path");
        return;
    }
    const char *problem = asl_path_problem(json_string_value(value), kind);
    if (problem != NULL)
        asl_problem(check, "'%s': %s", json_string_value(value), problem);
}

void asl_check_path(AslCheck *check, const json_t *value)
{
    check_path_kind(check, value, ASL_PATH_ANY);
}

void asl_check_reference_path(AslCheck *check, const json_t *value)
{
    check_path_kind(check, value, ASL_PATH_REFERENCE);
}

void asl_check_path_or_null(AslCheck *check, const json_t *value)
{
    if (!json_is_null(value))
        check_path_kind(check, value, ASL_PATH_ANY);
}

void asl_check_result_path(AslCheck *check, const json_t *value)
{
    if (!json_is_null(value))
        check_path_kind(check, value, ASL_PATH_RESULT);
}

void asl_check_text_path(AslCheck *check, const json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL || !asl_is_intrinsic(text)) {
        asl_check_path(check, value);
        return;
    }
    const char *problem = asl_intrinsic_problem(text);
    if (problem != NULL)
        asl_problem(check, "'%s': %s", text, problem);
}

void asl_check_assign(AslCheck *check, const json_t *value)
{
    const char *name = NULL;
    json_t *member = NULL;

    if (!json_is_object(value)) {
        asl_problem(check, "expected an object");
        return;
    }
    json_object_foreach((json_t *)value, name, member)
    {
        size_t len = strlen(name) - (g_str_has_suffix(name, ".$") ? strlen(".$") : 0);
        g_autofree char *plain = g_strndup(name, len);
        g_autofree char *path = g_strconcat("$", plain, NULL);
        bool is_name = len > 0 && g_utf8_strlen(plain, -1) <= VARIABLE_CHARS_MAX && !g_ascii_isdigit(*plain) &&
                       strpbrk(plain, ".[$") == NULL && asl_path_problem(path, ASL_PATH_ANY) == NULL;
        if (!is_name || g_str_equal(plain, "states"))
            asl_problem(check, "'%s' cannot be the name of a variable", plain);
    }
    asl_check_template(check, value);
}

void asl_check_template(AslCheck *check, const json_t *value)
{
    const char *name = NULL;
    json_t *member = NULL;

    if (json_is_array(value))
        asl_check_elements(check, value, asl_check_template);
    json_object_foreach((json_t *)value, name, member)
    {
        bool is_path = g_str_has_suffix(name, ".$");
        asl_check_member(check, name, member, is_path ? asl_check_text_path : asl_check_template);
        g_autofree char *plain = is_path ? g_strndup(name, strlen(name) - strlen(".$")) : NULL;
        if (is_path && json_object_get(value, plain) != NULL)
            asl_problem(check, "'%s' is given twice, with and without a path", plain);
    }
}

void asl_check_target(AslCheck *check, const json_t *value)
{
    if (!json_is_string(value)) {
        asl_problem(check, "expected the name of a state");
        return;
    }
    const char *name = json_string_value(value);
    if (check->states != NULL && json_object_get(check->states, name) == NULL)
        asl_problem_coded(check, ASL_PROBLEM_TARGET, "there is no state '%s'", name);
    g_hash_table_add(check->reached, (gpointer)name);
}

void asl_check_query_language(AslCheck *check, const json_t *value)
{
    const char *text = json_string_value(value);

    if (g_strcmp0(text, "JSONata") == 0)
        asl_problem(check, "JSONata is not supported, only JSONPath");
    else if (text == NULL)
        asl_problem(check, "Expected value of type [STRING]");
    else if (!g_str_equal(text, "JSONPath"))
        asl_problem(check, "Value should be one of the following: [JSONPath, JSONata]");
}

void asl_check_distributed_only(AslCheck *check, G_GNUC_UNUSED const json_t *value)
{
    asl_problem(check, "only distributed Map states have this field, and they are not supported");
}
