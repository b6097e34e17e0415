#include "findings/finding_json.h"

static json_t *valid_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    return json_string(valid);
}

json_t *finding_json(const StoredFinding *finding)
{
    json_t *object = json_object();
    json_t *locations = json_loads(finding->locations, 0, NULL);
    bool has_fingerprint = finding->fingerprint != NULL && finding->fingerprint[0] != '\0';

    (void)json_object_set_new(object, "job_id", valid_text(finding->job_id));
    (void)json_object_set_new(object, "bucket", valid_text(finding->bucket));
    (void)json_object_set_new(object, "key", valid_text(finding->key));
    (void)json_object_set_new(object, "detector", valid_text(finding->detector));
    (void)json_object_set_new(object, "category", valid_text(finding->category));
    (void)json_object_set_new(object, "severity", valid_text(finding->severity));
    (void)json_object_set_new(object, "tier", valid_text(finding->tier));
    (void)json_object_set_new(object, "count", json_integer((json_int_t)finding->count));
    (void)json_object_set_new(object, "masked", valid_text(finding->masked));
    (void)json_object_set_new(object, "fingerprint", has_fingerprint ? valid_text(finding->fingerprint) : json_null());
    (void)json_object_set_new(object, "truncated", json_boolean(finding->is_truncated));
    (void)json_object_set_new(object, "locations", locations != NULL ? locations : json_array());
    return object;
}
