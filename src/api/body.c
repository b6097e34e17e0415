#include "api/body.h"

bool body_object(Bytes body, json_t **ret_root, GError **error)
{
    json_error_t where;

    if (body.len == 0) {
        *ret_root = json_object();
        return true;
    }
    json_t *root = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &where);
    if (json_is_object(root)) {
        *ret_root = root;
        return true;
    }
    if (root == NULL)
        return fail(error, ERROR_INVALID, "the request body is not JSON: line %d, column %d: %s", where.line,
            where.column, where.text);
    json_decref(root);
    return fail(error, ERROR_INVALID, "the request body: expected a JSON object");
}
