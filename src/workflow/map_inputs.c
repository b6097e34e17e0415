#include "workflow/map_inputs.h"

#include <string.h>

/* ---- what it iterates over ---- */

bool map_find_items(const Visit *visit, const json_t *input, json_t **ret_items, TaskError *ret_error)
{
    const char *path = json_string_value(json_object_get(visit->state, "ItemsPath"));
    AslScope scope = visit_scope(visit, input);

    if (path == NULL)
        path = "$";
    if (asl_path_find(path, &scope, ret_items) != JSON_PATH_FOUND) {
        g_autofree char *shown = asl_json_text(input);
        const char *name = strrchr(path, '.');
        return asl_fail(ret_error, ASL_PATH_CONFLICT, "Unable to apply step \"%s\" to input %s",
            name != NULL ? name + 1 : path, shown);
    }
    if (json_is_array(*ret_items))
        return true;
    g_clear_pointer(ret_items, json_decref);
    return asl_fail(ret_error, ASL_RUNTIME, "Reference path \"%s\" must point to array.", path);
}

/* ItemSelector, or Parameters in older machines, for one item. */
static bool select_item(
    Visit *visit, const json_t *input, const json_t *item, size_t index, json_t **ret_value, TaskError *ret_error)
{
    const json_t *selector = json_object_get(visit->state, "ItemSelector");
    AslScope scope = visit_scope(visit, input);

    if (selector == NULL)
        selector = json_object_get(visit->state, "Parameters");
    if (selector == NULL) {
        *ret_value = json_incref((json_t *)item);
        return true;
    }
    json_object_set_new(
        visit->context, "Map", json_pack("{s:{s:I, s:O}}", "Item", "Index", (json_int_t)index, "Value", item));
    return asl_fill_template(selector, &scope, ret_value, ret_error);
}

bool map_select_items(Visit *visit, const json_t *input, const json_t *items, json_t **ret_inputs, TaskError *ret_error)
{
    g_autoptr(JsonRef) inputs = json_array();
    g_autoptr(JsonRef) outer = json_incref(json_object_get(visit->context, "Map"));

    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *value = NULL;
        TRY(select_item(visit, input, json_array_get(items, i), i, &value, ret_error));
        json_array_append_new(inputs, value);
    }
    if (outer != NULL)
        json_object_set(visit->context, "Map", outer);
    *ret_inputs = g_steal_pointer(&inputs);
    return true;
}

/* ---- numbers that may come from a path ---- */

static bool read_number(
    const json_t *holder, const char *name, const AslScope *scope, double *ret_value, TaskError *ret_error)
{
    g_autoptr(JsonRef) value = NULL;

    TRY(asl_field_value(holder, name, scope, &value, ret_error));
    if (value == NULL)
        return true;
    int64_t number = 0;
    bool is_whole = asl_whole_number(value, &number);
    bool is_percentage = g_str_equal(name, "ToleratedFailurePercentage");
    *ret_value = is_whole ? (double)number : json_number_value(value);
    if (is_whole || (is_percentage && json_is_number(value)))
        return true;
    g_autofree char *path_name = g_strconcat(name, "Path", NULL);
    g_autofree char *shown = json_is_string(value) ? g_strdup(json_string_value(value)) : asl_json_text(value);
    return asl_fail(ret_error, ASL_RUNTIME, "The %s field refers to value \"%s\" which is not a valid %s: %s",
        path_name, shown, is_percentage ? "float" : "integer", json_string_value(json_object_get(holder, path_name)));
}

bool map_read_tolerance(const Visit *visit, const AslScope *scope, FanOut *fan_out, TaskError *ret_error)
{
    double count = -1, percentage = -1, concurrency = 0;
    bool has_count = json_object_get(visit->state, "ToleratedFailureCount") != NULL ||
                     json_object_get(visit->state, "ToleratedFailureCountPath") != NULL;
    bool has_percentage = json_object_get(visit->state, "ToleratedFailurePercentage") != NULL ||
                          json_object_get(visit->state, "ToleratedFailurePercentagePath") != NULL;

    TRY(read_number(visit->state, "ToleratedFailureCount", scope, &count, ret_error));
    TRY(read_number(visit->state, "ToleratedFailurePercentage", scope, &percentage, ret_error));
    TRY(read_number(visit->state, "MaxConcurrency", scope, &concurrency, ret_error));
    if (has_count && count < 0)
        return asl_fail(ret_error, ASL_RUNTIME, "ToleratedFailureCount cannot be negative.");
    if (has_percentage && (percentage < 0 || percentage > 100))
        return asl_fail(ret_error, ASL_RUNTIME, "ToleratedFailurePercentage must be between 0 and 100.");
    if (concurrency < 0)
        return asl_fail(ret_error, ASL_RUNTIME, "MaxConcurrency cannot be negative.");
    fan_out->tolerated_count = has_count ? (int64_t)MIN(count, (double)G_MAXINT32) : -1;
    fan_out->tolerated_percentage = has_percentage ? percentage : -1;
    if (concurrency >= 1 && concurrency < MAP_CONCURRENCY_MAX)
        fan_out->concurrency = (int64_t)concurrency;
    return true;
}

/* ---- batches ---- */

typedef struct BatchLimits {
    double items, bytes;
} BatchLimits;

static bool is_batch_full(const json_t *batch, const json_t *next, const BatchLimits *limits)
{
    if (limits->items > 0 && (double)json_array_size(batch) >= limits->items)
        return true;
    if (limits->bytes <= 0 || json_array_size(batch) == 0)
        return false;
    g_autofree char *text = asl_json_text(batch);
    g_autofree char *more = asl_json_text(next);
    return (double)strlen(text) + (double)strlen(more) + 1 > limits->bytes;
}

static json_t *batch_input(const json_t *common, json_t *items)
{
    json_t *input = json_object();

    if (common != NULL)
        json_object_set(input, "BatchInput", (json_t *)common);
    json_object_set(input, "Items", items);
    return input;
}

bool map_batch_items(Visit *visit, const json_t *input, json_t **inputs, TaskError *ret_error)
{
    const json_t *batcher = json_object_get(visit->state, "ItemBatcher");
    AslScope scope = visit_scope(visit, input);
    g_autoptr(JsonRef) common = NULL;
    BatchLimits limits = {0};

    if (batcher == NULL)
        return true;
    TRY(read_number(batcher, "MaxItemsPerBatch", &scope, &limits.items, ret_error));
    TRY(read_number(batcher, "MaxInputBytesPerBatch", &scope, &limits.bytes, ret_error));
    if (json_object_get(batcher, "BatchInput") != NULL)
        TRY(asl_fill_template(json_object_get(batcher, "BatchInput"), &scope, &common, ret_error));
    json_t *batches = json_array();
    json_t *batch = NULL;
    for (size_t i = 0; i < json_array_size(*inputs); i++) {
        const json_t *next = json_array_get(*inputs, i);
        if (batch == NULL || is_batch_full(batch, next, &limits)) {
            json_decref(batch);
            batch = json_array();
            json_array_append_new(batches, batch_input(common, batch));
        }
        json_array_append(batch, (json_t *)next);
    }
    json_decref(batch);
    json_decref(*inputs);
    *inputs = batches;
    return true;
}
