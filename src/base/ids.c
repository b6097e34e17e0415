#include "base/ids.h"

#include <string.h>

JobId job_id_new(void)
{
    JobId id = {{0}};
    g_autofree char *text = g_uuid_string_random();

    g_strlcpy(id.text, text, sizeof id.text);
    return id;
}

bool job_id_parse(const char *text, JobId *ret_id, GError **error)
{
    JobId id = {{0}};

    if (text == NULL || strlen(text) != sizeof id.text - 1 || !g_uuid_string_is_valid(text))
        return fail(error, ERROR_INVALID,
            "job id '%.64s': expected a UUID such as 0b9d6c2e-5f1a-4c3e-9d61-7a2f4be0c9aa", text != NULL ? text : "");
    g_autofree char *folded = g_ascii_strdown(text, -1);
    g_strlcpy(id.text, folded, sizeof id.text);
    *ret_id = id;
    return true;
}
