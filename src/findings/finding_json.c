#include "findings/finding_json.h"

#include <string.h>

enum { FINDING_ID_CHARS = 32 };

static json_t *valid_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    return json_string(valid);
}

/* The same for the same value in the same object, in any job: bucket, key, detector and fingerprint, each with its NUL.
 */
static json_t *finding_id(const StoredFinding *finding)
{
    const char *const parts[] = {finding->bucket, finding->key, finding->detector, finding->fingerprint};
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *part = parts[i] != NULL ? parts[i] : "";
        g_checksum_update(sum, (const guchar *)part, (gssize)strlen(part) + 1);
    }
    return json_stringn(g_checksum_get_string(sum), FINDING_ID_CHARS);
}

/* Each detector that gave way at any of the places, once. */
static json_t *also_of(const json_t *locations)
{
    json_t *all = json_array();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const json_t *location = NULL, *detector = NULL;
    size_t i = 0, j = 0;

    json_array_foreach(locations, i, location)
    {
        json_array_foreach(json_object_get(location, "also"), j, detector)
        {
            if (g_hash_table_add(seen, (gpointer)json_string_value(detector)))
                (void)json_array_append(all, (json_t *)detector);
        }
    }
    return all;
}

static json_t *compliance_of(const StoredFinding *finding)
{
    g_auto(GStrv) tags = g_strsplit(finding->compliance, ",", -1);
    json_t *all = json_array();

    for (char **tag = tags; *tag != NULL; tag++)
        (void)json_array_append_new(all, valid_text(*tag));
    return all;
}

json_t *finding_json(const StoredFinding *finding)
{
    json_t *object = json_object();
    json_t *locations = json_loads(finding->locations, 0, NULL);
    bool has_fingerprint = finding->fingerprint != NULL && finding->fingerprint[0] != '\0';

    (void)json_object_set_new(object, "id", finding_id(finding));
    (void)json_object_set_new(object, "job_id", valid_text(finding->job_id));
    (void)json_object_set_new(object, "bucket", valid_text(finding->bucket));
    (void)json_object_set_new(object, "key", valid_text(finding->key));
    (void)json_object_set_new(object, "detector", valid_text(finding->detector));
    (void)json_object_set_new(object, "category", valid_text(finding->category));
    (void)json_object_set_new(object, "severity", valid_text(finding->severity));
    (void)json_object_set_new(object, "tier", valid_text(finding->tier));
    (void)json_object_set_new(object, "compliance", compliance_of(finding));
    (void)json_object_set_new(object, "count", json_integer((json_int_t)finding->count));
    (void)json_object_set_new(object, "masked", valid_text(finding->masked));
    (void)json_object_set_new(object, "fingerprint", has_fingerprint ? valid_text(finding->fingerprint) : json_null());
    (void)json_object_set_new(object, "truncated", json_boolean(finding->is_truncated));
    (void)json_object_set_new(object, "also", also_of(locations));
    (void)json_object_set_new(object, "locations", locations != NULL ? locations : json_array());
    return object;
}

json_t *suppression_json(const StoredSuppression *suppression)
{
    json_t *object = json_object();
    json_t *locations = json_loads(suppression->locations, 0, NULL);

    (void)json_object_set_new(object, "job_id", valid_text(suppression->job_id));
    (void)json_object_set_new(object, "key", valid_text(suppression->key));
    (void)json_object_set_new(object, "detector", valid_text(suppression->detector));
    (void)json_object_set_new(object, "reason", valid_text(suppression->reason));
    (void)json_object_set_new(object, "count", json_integer((json_int_t)suppression->count));
    (void)json_object_set_new(object, "locations", locations != NULL ? locations : json_array());
    return object;
}
