/* Finding values by a compiled path, and putting one where a reference path leads. */
#include "workflow/asl/json_path_internal.h"

/* One evaluation: what was found so far, borrowed, and what may still be visited. */
typedef struct Search {
    const json_t *whole;
    GPtrArray *found;
    uint32_t *visits; /* counts down */
} Search;

static bool visit(const Search *search)
{
    if (*search->visits == 0)
        return false;
    (*search->visits)--;
    return true;
}

static void keep(Search *search, const json_t *value)
{
    if (value != NULL && visit(search))
        g_ptr_array_add(search->found, (gpointer)value);
}

static const json_t *element(const json_t *array, int64_t index)
{
    int64_t size = (int64_t)json_array_size(array);
    int64_t at = index < 0 ? size + index : index;

    return at >= 0 && at < size ? json_array_get(array, (size_t)at) : NULL;
}

static void keep_all(Search *search, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        keep(search, json_array_get(value, i));
    const char *name = NULL;
    json_t *member = NULL;
    json_object_foreach((json_t *)value, name, member) keep(search, member);
}

static void keep_slice(Search *search, const Step *step, const json_t *value)
{
    int64_t size = (int64_t)json_array_size(value);
    int64_t from = step->has_from ? step->from : 0;
    int64_t to = step->has_to ? step->to : size;

    from = CLAMP(from < 0 ? size + from : from, 0, size);
    to = CLAMP(to < 0 ? size + to : to, 0, size);
    for (int64_t i = from; i < to; i++)
        keep(search, json_array_get(value, (size_t)i));
}

static void keep_accepted(Search *search, const Step *step, const json_t *value)
{
    if (json_is_object(value) && json_filter_accepts(step->filter, value, search->whole, search->visits))
        keep(search, value);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *candidate = json_array_get(value, i);
        if (visit(search) && json_filter_accepts(step->filter, candidate, search->whole, search->visits))
            keep(search, candidate);
    }
}

static void apply_here(Search *search, const Step *step, const json_t *value)
{
    switch (step->kind) {
    case STEP_NAMES:
        for (guint i = 0; i < step->names->len; i++)
            keep(search, json_object_get(value, g_ptr_array_index(step->names, i)));
        return;
    case STEP_INDEXES:
        for (guint i = 0; i < step->indexes->len; i++)
            keep(search, element(value, g_array_index(step->indexes, int64_t, i)));
        return;
    case STEP_SLICE:
        keep_slice(search, step, value);
        return;
    case STEP_WILDCARD:
        keep_all(search, value);
        return;
    case STEP_FILTER:
        keep_accepted(search, step, value);
        return;
    }
}

static void apply_below(Search *search, const Step *step, const json_t *value)
{
    const char *name = NULL;
    json_t *member = NULL;

    if (!visit(search))
        return;
    apply_here(search, step, value);
    for (size_t i = 0; i < json_array_size(value); i++)
        apply_below(search, step, json_array_get(value, i));
    json_object_foreach((json_t *)value, name, member) apply_below(search, step, member);
}

static GPtrArray *apply_step(const Step *step, const GPtrArray *values, const json_t *whole, uint32_t *visits)
{
    Search search = {.whole = whole, .found = g_ptr_array_new(), .visits = visits};

    for (guint i = 0; i < values->len; i++) {
        const json_t *value = g_ptr_array_index(values, i);
        if (step->is_descent)
            apply_below(&search, step, value);
        else
            apply_here(&search, step, value);
    }
    return search.found;
}

static json_t *collect(const GPtrArray *values)
{
    json_t *array = json_array();

    for (guint i = 0; i < values->len; i++)
        json_array_append(array, g_ptr_array_index(values, i));
    return array;
}

/* Why a definite path found nothing in the one value before its last step. */
static JsonPathResult why_nothing(const JsonPath *path, guint step_no, const json_t *before)
{
    const Step *step = g_ptr_array_index(path->steps, step_no);
    bool is_last = step_no + 1 == path->steps->len;

    return is_last && step->kind == STEP_INDEXES && json_is_array(before) ? JSON_PATH_PAST_END : JSON_PATH_NOTHING;
}

JsonPathResult json_path_find_within(
    const JsonPath *path, const json_t *root, const json_t *whole, uint32_t *visits, json_t **ret_value)
{
    bool is_definite = json_path_is_definite(path);
    g_autoptr(GPtrArray) values = g_ptr_array_new();

    g_ptr_array_add(values, (gpointer)root);
    for (guint i = 0; i < path->steps->len; i++) {
        g_autoptr(GPtrArray) next = apply_step(g_ptr_array_index(path->steps, i), values, whole, visits);
        if (*visits == 0)
            return JSON_PATH_TOO_MUCH;
        if (is_definite && next->len == 0)
            return why_nothing(path, i, g_ptr_array_index(values, 0));
        g_ptr_array_unref(values);
        values = g_steal_pointer(&next);
    }
    *ret_value = is_definite ? json_incref(g_ptr_array_index(values, 0)) : collect(values);
    return JSON_PATH_FOUND;
}

JsonPathResult json_path_find(const JsonPath *path, const json_t *root, const json_t *whole, json_t **ret_value)
{
    uint32_t visits = JSON_PATH_VISITS_MAX;

    return json_path_find_within(path, root, whole, &visits, ret_value);
}

static json_t *put_step(const JsonPath *path, guint step_no, const json_t *node, json_t *value);

static json_t *put_member(const JsonPath *path, guint step_no, const json_t *node, json_t *value)
{
    const Step *step = g_ptr_array_index(path->steps, step_no);
    const char *name = g_ptr_array_index(step->names, 0);

    if (node != NULL && !json_is_object(node))
        return NULL;
    json_t *member = put_step(path, step_no + 1, json_object_get(node, name), value);
    if (member == NULL)
        return NULL;
    json_t *copy = node != NULL ? json_copy((json_t *)node) : json_object();
    json_object_set_new(copy, name, member);
    return copy;
}

static json_t *put_element(const JsonPath *path, guint step_no, const json_t *node, json_t *value)
{
    const Step *step = g_ptr_array_index(path->steps, step_no);
    int64_t index = g_array_index(step->indexes, int64_t, 0);
    const json_t *old = json_is_array(node) ? element(node, index) : NULL;

    if (old == NULL)
        return NULL;
    json_t *changed = put_step(path, step_no + 1, old, value);
    if (changed == NULL)
        return NULL;
    json_t *copy = json_copy((json_t *)node);
    json_array_set_new(copy, (size_t)index, changed);
    return copy;
}

static json_t *put_step(const JsonPath *path, guint step_no, const json_t *node, json_t *value)
{
    if (step_no == path->steps->len)
        return json_incref(value);
    const Step *step = g_ptr_array_index(path->steps, step_no);
    return step->kind == STEP_NAMES ? put_member(path, step_no, node, value) : put_element(path, step_no, node, value);
}

json_t *json_path_put(const JsonPath *path, const json_t *root, json_t *take_value)
{
    json_t *result = json_path_is_reference(path) ? put_step(path, 0, root, take_value) : NULL;

    json_decref(take_value);
    return result;
}
