#include "workflow/asl/graph.h"

#include <glib.h>
#include <stdbool.h>

/* States are numbered, since names may hold anything. */
typedef struct Graph {
    GString *text;
    unsigned next_node, next_group;
} Graph;

typedef struct Scope {
    GHashTable *nodes; /* state name -> node number + 1 */
    unsigned start, end;
    unsigned indent;
} Scope;

static void add_line(Graph *graph, unsigned indent, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void add_line(Graph *graph, unsigned indent, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_string_append_printf(graph->text, "%*s", (int)(indent * 4), "");
    g_string_append_vprintf(graph->text, format, args);
    g_string_append_c(graph->text, '\n');
    va_end(args);
}

/* Mermaid takes entities in quoted labels. */
static char *label_of(const char *text)
{
    GString *label = g_string_new(NULL);

    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c < 0x20 || c == '"' || c == '#' || c == '<' || c == '>' || c == '&' || c == '`')
            g_string_append_printf(label, "#%u;", c);
        else
            g_string_append_unichar(label, c);
    }
    return g_string_free(label, FALSE);
}

static unsigned node_of(const Scope *scope, const char *name)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(scope->nodes, name != NULL ? name : "")) - 1;
}

static const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void add_node(Graph *graph, const Scope *scope, const char *name, const json_t *state)
{
    const char *type = text_of(state, "Type");
    g_autofree char *label = label_of(name);
    unsigned node = node_of(scope, name);

    if (g_strcmp0(type, "Choice") == 0)
        add_line(graph, scope->indent, "s%u{\"%s\"}", node, label);
    else if (g_strcmp0(type, "Succeed") == 0 || g_strcmp0(type, "Fail") == 0)
        add_line(graph, scope->indent, "s%u([\"%s<br/>%s\"])", node, label, type);
    else
        add_line(graph, scope->indent, "s%u[\"%s<br/>%s\"]", node, label, type != NULL ? type : "");
}

static void add_edge(Graph *graph, const Scope *scope, unsigned from, const char *to, const char *note)
{
    if (to == NULL)
        return;
    if (note == NULL) {
        add_line(graph, scope->indent, "s%u --> s%u", from, node_of(scope, to));
        return;
    }
    g_autofree char *label = label_of(note);
    add_line(graph, scope->indent, "s%u -->|\"%s\"| s%u", from, label, node_of(scope, to));
}

static void add_rule_edges(Graph *graph, const Scope *scope, unsigned node, const json_t *state)
{
    const json_t *rules = json_object_get(state, "Choices");

    for (size_t i = 0; i < json_array_size(rules); i++) {
        const json_t *rule = json_array_get(rules, i);
        const char *comment = text_of(rule, "Comment");
        const char *variable = text_of(rule, "Variable");
        add_edge(graph, scope, node, text_of(rule, "Next"), comment != NULL ? comment : variable);
    }
    add_edge(graph, scope, node, text_of(state, "Default"), "default");
}

static void add_catch_edges(Graph *graph, const Scope *scope, unsigned node, const json_t *state)
{
    const json_t *catchers = json_object_get(state, "Catch");

    for (size_t i = 0; i < json_array_size(catchers); i++) {
        const json_t *catcher = json_array_get(catchers, i);
        const json_t *names = json_object_get(catcher, "ErrorEquals");
        g_autoptr(GString) list = g_string_new(NULL);
        for (size_t n = 0; n < json_array_size(names); n++)
            g_string_append_printf(list, "%s%s", n > 0 ? ", " : "", json_string_value(json_array_get(names, n)));
        add_edge(graph, scope, node, text_of(catcher, "Next"), list->str);
    }
}

static void add_edges(Graph *graph, const Scope *scope, const char *name, const json_t *state)
{
    unsigned node = node_of(scope, name);
    const char *type = text_of(state, "Type");
    bool is_end =
        json_is_true(json_object_get(state, "End")) || g_strcmp0(type, "Succeed") == 0 || g_strcmp0(type, "Fail") == 0;

    add_rule_edges(graph, scope, node, state);
    add_edge(graph, scope, node, text_of(state, "Next"), NULL);
    add_catch_edges(graph, scope, node, state);
    if (is_end)
        add_line(graph, scope->indent, "s%u --> s%u", node, scope->end);
}

static void add_machine(Graph *graph, const json_t *machine, unsigned indent, const char *title, unsigned owner);

static void add_inner(Graph *graph, const Scope *scope, const char *name, const json_t *state)
{
    const json_t *branches = json_object_get(state, "Branches");
    const json_t *processor = json_object_get(state, "ItemProcessor");

    if (processor == NULL)
        processor = json_object_get(state, "Iterator");
    for (size_t i = 0; i < json_array_size(branches); i++) {
        g_autofree char *title = g_strdup_printf("%s, branch %zu", name, i);
        add_machine(graph, json_array_get(branches, i), scope->indent, title, node_of(scope, name));
    }
    if (processor != NULL) {
        g_autofree char *title = g_strdup_printf("%s, each item", name);
        add_machine(graph, processor, scope->indent, title, node_of(scope, name));
    }
}

static void add_states(Graph *graph, const json_t *machine, Scope *scope)
{
    const json_t *states = json_object_get(machine, "States");
    const char *name = NULL;
    json_t *state = NULL;

    json_object_foreach((json_t *)states, name, state)
        g_hash_table_insert(scope->nodes, (gpointer)name, GUINT_TO_POINTER(graph->next_node++ + 1));
    add_line(graph, scope->indent, "s%u((\" \"))", scope->start);
    json_object_foreach((json_t *)states, name, state) add_node(graph, scope, name, state);
    add_line(graph, scope->indent, "s%u(((\" \")))", scope->end);
    add_edge(graph, scope, scope->start, text_of(machine, "StartAt"), NULL);
    json_object_foreach((json_t *)states, name, state) add_edges(graph, scope, name, state);
}

/* title: of a machine inside a state, which becomes a box; NULL for the whole. owner: the node of that state. */
static void add_machine(Graph *graph, const json_t *machine, unsigned indent, const char *title, unsigned owner)
{
    g_autoptr(GHashTable) nodes = g_hash_table_new(g_str_hash, g_str_equal);
    Scope scope = {.nodes = nodes, .indent = indent + 1};
    const char *name = NULL;
    json_t *state = NULL;
    unsigned group = graph->next_group++;

    scope.start = graph->next_node++;
    scope.end = graph->next_node++;
    if (title != NULL) {
        g_autofree char *label = label_of(title);
        add_line(graph, indent, "subgraph g%u[\"%s\"]", group, label);
    }
    add_states(graph, machine, &scope);
    json_object_foreach(json_object_get(machine, "States"), name, state) add_inner(graph, &scope, name, state);
    if (title != NULL) {
        add_line(graph, indent, "end");
        add_line(graph, indent, "s%u -.- g%u", owner, group);
    }
}

char *asl_graph(const json_t *definition)
{
    Graph graph = {.text = g_string_new("flowchart TD\n")};

    add_machine(&graph, definition, 0, NULL, 0);
    return g_string_free(graph.text, FALSE);
}
