#include "api/states_tags.h"

#include "workflow/activities.h"
#include "workflow/machines.h"

#include <string.h>

enum { TAGS_MAX = 50, KEY_CHARS_MAX = 128, VALUE_CHARS_MAX = 256 };

static bool is_tag_text(const char *text, glong most)
{
    if (g_utf8_strlen(text, -1) > most)
        return false;
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        if (!g_unichar_isalnum(c) && !g_unichar_isspace(c) && (c >= 128 || strchr("_.:/=+-@", (int)c) == NULL))
            return false;
    }
    return true;
}

static bool add_tag(StatesCall *call, json_t *tags, const json_t *tag, GError **error)
{
    const char *key = json_string_value(json_object_get(tag, "key"));
    const json_t *given = json_object_get(tag, "value");
    const char *value = given == NULL || json_is_null(given) ? "" : json_string_value(given);

    if (key == NULL || value == NULL)
        return states_refuse(call, error, "SerializationException", "member 'tags': expected texts key and value");
    if (*key == '\0' || !is_tag_text(key, KEY_CHARS_MAX) || !is_tag_text(value, VALUE_CHARS_MAX) ||
        g_ascii_strncasecmp(key, "aws:", strlen("aws:")) == 0)
        return states_refuse(call, error, "ValidationException",
            "Invalid tag: expected a key of 1 to %d characters that does not begin with aws:, a value of at most %d, "
            "and only letters, digits, white space and _ . : / = + - @",
            KEY_CHARS_MAX, VALUE_CHARS_MAX);
    (void)json_object_set_new(tags, key, json_string(value));
    return true;
}

/* Adds the call's tags to these. */
static bool add_tags(StatesCall *call, json_t *tags, const char *arn, GError **error)
{
    const json_t *list = json_object_get(call->params, "tags");

    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(add_tag(call, tags, json_array_get(list, i), error));
    if (json_object_size(tags) <= TAGS_MAX)
        return true;
    call->resource_name = g_strdup(arn);
    return states_refuse(call, error, "TooManyTags", "More than %d tags", TAGS_MAX);
}

static char *text_of(const json_t *tags)
{
    char *text = json_dumps(tags, JSON_COMPACT | JSON_SORT_KEYS);
    char *owned = g_strdup(text);

    free(text);
    return owned;
}

bool states_tags_new(StatesCall *call, char **ret_tags, GError **error)
{
    json_t *tags = json_object();
    const bool is_good = add_tags(call, tags, NULL, error);

    if (is_good)
        *ret_tags = text_of(tags);
    json_decref(tags);
    return is_good;
}

static bool is_activity(const char *arn)
{
    return strstr(arn, ":activity:") != NULL;
}

static bool find_activity_tags(DbTx *tx, const char *arn, json_t **ret_tags, bool *ret_found, GError **error)
{
    g_auto(Activity) activity = {0};

    TRY(activity_find(tx, arn, &activity, ret_found, error));
    *ret_tags = *ret_found ? json_loads(activity.tags, 0, NULL) : NULL;
    return true;
}

static bool find_machine_tags(DbTx *tx, const char *arn, json_t **ret_tags, bool *ret_found, GError **error)
{
    g_auto(StateMachine) machine = {0};

    TRY(machine_find(tx, arn, &machine, ret_found, error));
    *ret_tags = *ret_found ? json_loads(machine.tags, 0, NULL) : NULL;
    return true;
}

static bool find_tags(StatesCall *call, DbTx *tx, const char *arn, json_t **ret_tags, GError **error)
{
    bool is_found = false;

    TRY((is_activity(arn) ? find_activity_tags : find_machine_tags)(tx, arn, ret_tags, &is_found, error));
    if (is_found)
        return true;
    call->resource_name = g_strdup(arn);
    return states_refuse(call, error, "ResourceNotFound", "Resource not found: '%s'", arn);
}

static bool remove_tags(StatesCall *call, json_t *tags, G_GNUC_UNUSED const char *arn, GError **error)
{
    const json_t *keys = json_object_get(call->params, "tagKeys");

    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *key = json_string_value(json_array_get(keys, i));
        if (key == NULL)
            return states_refuse(call, error, "SerializationException", "member 'tagKeys': expected texts");
        (void)json_object_del(tags, key);
    }
    return true;
}

typedef bool (*TagChange)(StatesCall *call, json_t *tags, const char *arn, GError **error);

static bool change_tags(StatesCall *call, const char *member, TagChange change, json_t **ret_answer, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL;
    json_t *tags = NULL;

    TRY(states_arn(call, "resourceArn", NULL, &arn, error));
    if (!json_is_array(json_object_get(call->params, member)))
        return states_refuse(call, error, "ValidationException",
            "1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null",
            member);
    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(find_tags(call, tx, arn, &tags, error));
    const bool is_changed = change(call, tags, arn, error);
    g_autofree char *text = text_of(tags);
    json_decref(tags);
    TRY(is_changed);
    TRY((is_activity(arn) ? activity_set_tags : machine_set_tags)(tx, arn, text, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_answer = json_object();
    return true;
}

bool states_tag_resource(StatesCall *call, json_t **ret_answer, GError **error)
{
    return change_tags(call, "tags", add_tags, ret_answer, error);
}

bool states_untag_resource(StatesCall *call, json_t **ret_answer, GError **error)
{
    return change_tags(call, "tagKeys", remove_tags, ret_answer, error);
}

bool states_list_tags(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL, *key = NULL;
    json_t *tags = NULL, *value = NULL, *list = NULL;

    TRY(states_arn(call, "resourceArn", NULL, &arn, error));
    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(find_tags(call, tx, arn, &tags, error));
    list = json_array();
    json_object_foreach(tags, key, value)(void)
        json_array_append_new(list, json_pack("{s:s, s:O}", "key", key, "value", value));
    json_decref(tags);
    *ret_answer = json_pack("{s:o}", "tags", list);
    return true;
}
