#include "detect/structure/path_show.h"

#include <string.h>

enum { PATH_SHOWN = 400 }; /* bytes */

static bool is_simple(const FieldName *name)
{
    for (size_t i = 0; i < name->len; i++) {
        if (!g_ascii_isalnum(name->text[i]) && strchr("_-*", name->text[i]) == NULL)
            return false;
    }
    return name->len > 0;
}

static void show_json_name(GString *text, const FieldName *name)
{
    if (is_simple(name)) {
        g_string_append_printf(text, ".%.*s", (int)name->len, name->text);
        return;
    }
    g_string_append(text, "['");
    for (size_t i = 0; i < name->len; i++) {
        if (name->text[i] == '\'' || name->text[i] == '\\')
            g_string_append_c(text, '\\');
        g_string_append_c(text, name->text[i]);
    }
    g_string_append(text, "']");
}

/* A node, and its number if it is an item of a list. */
typedef struct ShownNode {
    uint32_t node, ordinal;
} ShownNode;

static void show_node(const Path *path, PathStyle style, GString *text, ShownNode shown)
{
    const PathNode *node = path_node(path, shown.node);
    const FieldName *name = field_names_at(path->names, node->name);

    if (style == PATH_OF_ELEMENTS && node->name == 0) /* between attributes */
        return;
    if (style == PATH_OF_ELEMENTS)
        g_string_append_printf(text, "/%s%.*s", node->kind == PATH_ATTRIBUTE ? "@" : "", (int)name->len, name->text);
    else if (node->name != 0)
        show_json_name(text, name);
    else
        g_string_append_printf(text, "[%u]", shown.ordinal - 1);
}

const char *path_show(const Path *path, PathPlace place, PathStyle style, GString *text)
{
    ShownNode chain[2 * PATH_DEPTH + 2];
    guint length = 0;
    uint32_t item = place_item(place);

    for (uint32_t node = path_without_label(path, place_node(place)); node != 0 && length < G_N_ELEMENTS(chain);
         node = path_without_label(path, path_node(path, node)->parent)) {
        bool is_item = path_node(path, node)->name == 0;
        chain[length++] = (ShownNode){.node = node, .ordinal = is_item ? path->items[item].ordinal : 0};
        item = is_item ? path->items[item].above : item;
    }
    if (length == 0)
        return NULL;
    g_string_assign(text, style == PATH_OF_ELEMENTS ? "" : "$");
    while (length > 0 && text->len < PATH_SHOWN)
        show_node(path, style, text, chain[--length]);
    if (length > 0)
        g_string_append(text, "…");
    return text->str;
}
