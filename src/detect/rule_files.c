/* The rule files of a directory. */
#include "detect/rule_internal.h"

#include <string.h>

bool is_rule_file(const char *path)
{
    return g_str_has_suffix(path, ".yaml") || g_str_has_suffix(path, ".yml");
}

static int name_order(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One without any is a mistake: nobody shall believe that rules are used which are not. */
bool rule_files_list(const char *directory, GPtrArray *paths, GError **error)
{
    g_autoptr(GError) reason = NULL;
    GDir *dir = g_dir_open(directory, 0, &reason);
    guint before = paths->len;

    if (dir == NULL)
        return fail(error, ERROR_INVALID, "rules directory %s: %s", directory, reason->message);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        if (is_rule_file(name) && name[0] != '.')
            g_ptr_array_add(paths, g_build_filename(directory, name, NULL));
    }
    g_dir_close(dir);
    g_ptr_array_sort(paths, name_order);
    return paths->len > before ||
           fail(error, ERROR_INVALID, "rules directory %s: there are no rule files in it; expected *.yaml", directory);
}
