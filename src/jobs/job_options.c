#include "jobs/job_options.h"

#include <jansson.h>
#include <stddef.h>
#include <string.h>

enum { CONCURRENCY_MAX = 10000 };

typedef json_t JsonValue;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonValue, json_decref)

static const char *const addressing_names[] = {
    [JOB_ADDRESSING_AUTO] = "auto",
    [JOB_ADDRESSING_PATH] = "path",
    [JOB_ADDRESSING_VIRTUAL] = "virtual",
};

/* Each option: its name, and how a member of JobOptions is read from JSON and written to it (NULL: not given). */
typedef struct OptionKind {
    const char *expected;
    bool (*read)(void *member, const json_t *value);
    json_t *(*write)(const void *member);
} OptionKind;

static bool read_text(void *member, const json_t *value)
{
    const char *text = json_string_value(value);

    if (text == NULL || *text == '\0')
        return false;
    *(char **)member = g_strdup(text);
    return true;
}

static json_t *write_text(const void *member)
{
    const char *text = *(char *const *)member;

    return text != NULL ? json_string(text) : NULL;
}

static bool read_flag(void *member, const json_t *value)
{
    *(bool *)member = json_is_true(value);
    return json_is_boolean(value);
}

static json_t *write_flag(const void *member)
{
    return *(const bool *)member ? json_true() : NULL;
}

static bool read_addressing(void *member, const json_t *value)
{
    for (size_t i = 0; i < G_N_ELEMENTS(addressing_names); i++)
        if (g_strcmp0(json_string_value(value), addressing_names[i]) == 0) {
            *(JobAddressing *)member = (JobAddressing)i;
            return true;
        }
    return false;
}

static json_t *write_addressing(const void *member)
{
    JobAddressing addressing = *(const JobAddressing *)member;

    return addressing != JOB_ADDRESSING_AUTO ? json_string(addressing_names[addressing]) : NULL;
}

static bool read_texts(void *member, const json_t *value)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const char *text = json_string_value(json_array_get(value, i));
        if (text == NULL)
            return false;
        g_ptr_array_add(texts, g_strdup(text));
    }
    g_ptr_array_add(texts, NULL);
    *(GStrv *)member = (GStrv)g_ptr_array_free(g_steal_pointer(&texts), FALSE);
    return true;
}

static json_t *write_texts(const void *member)
{
    GStrv texts = *(GStrv const *)member;

    if (texts == NULL || texts[0] == NULL)
        return NULL;
    json_t *array = json_array();
    for (size_t i = 0; texts[i] != NULL; i++)
        json_array_append_new(array, json_string(texts[i]));
    return array;
}

static bool read_bytes(void *member, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *(uint64_t *)member = (uint64_t)json_integer_value(value);
    return true;
}

static json_t *write_bytes(const void *member)
{
    uint64_t bytes = *(const uint64_t *)member;

    return bytes > 0 ? json_integer((json_int_t)bytes) : NULL;
}

static bool read_count(void *member, const json_t *value)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || json_integer_value(value) > CONCURRENCY_MAX)
        return false;
    *(uint32_t *)member = (uint32_t)json_integer_value(value);
    return true;
}

static json_t *write_count(const void *member)
{
    uint32_t count = *(const uint32_t *)member;

    return count > 0 ? json_integer(count) : NULL;
}

static const OptionKind kind_text = {"a string that is not empty", read_text, write_text};
static const OptionKind kind_flag = {"true or false", read_flag, write_flag};
static const OptionKind kind_addressing = {"auto, path or virtual", read_addressing, write_addressing};
static const OptionKind kind_texts = {"an array of strings", read_texts, write_texts};
static const OptionKind kind_bytes = {"a number of bytes", read_bytes, write_bytes};
static const OptionKind kind_count = {"a number from 0 to 10000", read_count, write_count};

static const struct {
    const char *name;
    const OptionKind *kind;
    size_t offset;
} known_options[] = {
    {"addressing", &kind_addressing, offsetof(JobOptions, addressing)},
    {"anonymous", &kind_flag, offsetof(JobOptions, is_anonymous)},
    {"concurrency", &kind_count, offsetof(JobOptions, concurrency)},
    {"endpoint", &kind_text, offsetof(JobOptions, endpoint)},
    {"exclude", &kind_texts, offsetof(JobOptions, exclude)},
    {"include", &kind_texts, offsetof(JobOptions, include)},
    {"max_object_bytes", &kind_bytes, offsetof(JobOptions, max_object_bytes)},
    {"profile", &kind_text, offsetof(JobOptions, profile)},
    {"region", &kind_text, offsetof(JobOptions, region)},
    {"request_payer", &kind_text, offsetof(JobOptions, request_payer)},
};

void job_options_clear(JobOptions *options)
{
    g_free(options->endpoint);
    g_free(options->region);
    g_free(options->profile);
    g_strfreev(options->include);
    g_strfreev(options->exclude);
    g_free(options->request_payer);
    *options = (JobOptions){0};
}

static bool parse_option(const char *name, const json_t *value, JobOptions *options, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(known_options); i++) {
        const OptionKind *kind = known_options[i].kind;
        if (!g_str_equal(name, known_options[i].name))
            continue;
        if (!kind->read((char *)options + known_options[i].offset, value))
            return fail(error, ERROR_INVALID, "option '%s': expected %s", name, kind->expected);
        return true;
    }
    return fail(error, ERROR_INVALID, "unknown option '%.64s'", name);
}

bool job_options_parse(const char *json, JobOptions *ret_options, GError **error)
{
    g_auto(JobOptions) options = {0};
    json_error_t problem;
    const char *name = NULL;
    json_t *value = NULL;

    g_autoptr(JsonValue) object =
        json_loads(json == NULL || *json == '\0' ? "{}" : json, JSON_REJECT_DUPLICATES, &problem);
    if (object == NULL)
        return fail(error, ERROR_INVALID, "options: line %d, column %d: not valid JSON", problem.line, problem.column);
    if (!json_is_object(object))
        return fail(error, ERROR_INVALID, "options: expected a JSON object");
    json_object_foreach(object, name, value) TRY(parse_option(name, value, &options, error));
    *ret_options = options;
    options = (JobOptions){0};
    return true;
}

char *job_options_format(const JobOptions *options)
{
    g_autoptr(JsonValue) object = json_object();

    for (size_t i = 0; i < G_N_ELEMENTS(known_options); i++) {
        json_t *value = known_options[i].kind->write((const char *)options + known_options[i].offset);
        if (value != NULL)
            json_object_set_new(object, known_options[i].name, value);
    }
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    char *owned = g_strdup(text);
    free(text);
    return owned;
}
