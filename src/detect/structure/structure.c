#include "detect/structure/json_head.h"
#include "detect/structure/structure_internal.h"
#include "detect/structure/yaml_line.h"

#include <string.h>

Structure *structure_new(const RuleSet *rules)
{
    Structure *structure = g_new0(Structure, 1);

    structure->rules = rules;
    structure->names = field_names_new(rules);
    path_init(&structure->path, structure->names);
    table_scan_init(&structure->table);
    embedded_scan_init(&structure->embedded, structure->names);
    structure->shown_path = g_string_new(NULL);
    return structure;
}

void structure_free(Structure *structure)
{
    if (structure == NULL)
        return;
    path_clear(&structure->path);
    table_scan_clear(&structure->table);
    embedded_scan_clear(&structure->embedded);
    field_names_free(structure->names);
    g_string_free(structure->shown_path, TRUE);
    g_free(structure);
}

void structure_reset(Structure *structure)
{
    structure->kind = STRUCTURE_PLAIN;
    structure->is_told = structure->is_found = false;
    structure->fed = 0;
    structure->json_start = 0;
    field_names_reset(structure->names);
    path_reset(&structure->path);
    embedded_scan_reset(&structure->embedded);
}

/* ---- which kind ---- */

static size_t skip_space(Bytes text, size_t at)
{
    while (at < text.len && g_ascii_isspace(text.data[at]))
        at++;
    return at;
}

/* "<?php" and "<?=" begin programs: what looks like a tag in those is hardly ever closed. */
static bool is_xml(Bytes text)
{
    static const char declaration[] = "?xml";
    size_t at = skip_space(text, 0);

    if (at + 1 >= text.len || text.data[at] != '<')
        return false;
    at++;
    if (text.data[at] == '?')
        return text.len - at >= strlen(declaration) &&
               g_ascii_strncasecmp((const char *)text.data + at, declaration, strlen(declaration)) == 0;
    return g_ascii_isalpha(text.data[at]) || text.data[at] == '!';
}

/* The text without a last line that may go on. */
static Bytes whole_lines(Bytes text, StructureStep step)
{
    const uint8_t *newline = step == STRUCTURE_MORE ? memrchr(text.data, '\n', text.len) : NULL;

    return (Bytes){.data = text.data, .len = newline != NULL ? (size_t)(newline - text.data) + 1 : text.len};
}

static StructureKind tell(Structure *structure, const TextView *view, StructureStep step)
{
    const Bytes text = {.data = view->data, .len = view->len};
    const TableHead head = {.text = text, .is_whole = step == STRUCTURE_LAST};

    if (json_head_tell(text, &structure->json_start))
        return STRUCTURE_JSON;
    if (is_xml(text))
        return STRUCTURE_XML;
    if (embedded_begins(text))
        return STRUCTURE_PLAIN;
    if (table_scan_begin(&structure->table, &head, structure->names))
        return STRUCTURE_TABLE;
    const Bytes lines = whole_lines(text, step);
    if (yaml_head_tell(lines))
        return STRUCTURE_YAML;
    return json_head_has_lines(lines) ? STRUCTURE_JSON_LINES : STRUCTURE_PLAIN;
}

static void begin(Structure *structure)
{
    switch (structure->kind) {
    case STRUCTURE_PLAIN:
    case STRUCTURE_TABLE:
        return;
    case STRUCTURE_JSON:
    case STRUCTURE_JSON_LINES:
        json_scan_init(&structure->json, &structure->path);
        structure->json.ends_with_line = structure->kind == STRUCTURE_JSON_LINES;
        return;
    case STRUCTURE_YAML:
        yaml_scan_init(&structure->yaml, &structure->path);
        return;
    case STRUCTURE_XML:
        xml_scan_init(&structure->xml, &structure->path);
        return;
    }
}

void structure_feed(Structure *structure, const TextView *view, StructureStep step)
{
    uint64_t to = view->base + view->len, from = structure->fed;

    if (!structure->is_told) {
        structure->kind = tell(structure, view, step);
        structure->is_told = true;
        begin(structure);
    }
    structure->is_found = false;
    structure->fed = to;
    switch (structure->kind) {
    case STRUCTURE_PLAIN:
        embedded_scan_feed(&structure->embedded, view, to, step == STRUCTURE_LAST ? EMBEDDED_LAST : EMBEDDED_MORE);
        return;
    case STRUCTURE_TABLE:
        table_scan_feed(&structure->table, view, to);
        return;
    case STRUCTURE_JSON:
    case STRUCTURE_JSON_LINES:
        json_scan_feed(&structure->json, view, MAX(from, (uint64_t)structure->json_start), to);
        return;
    case STRUCTURE_YAML:
        yaml_scan_feed(&structure->yaml, view, from, to);
        if (step == STRUCTURE_LAST)
            yaml_scan_finish(&structure->yaml, view);
        return;
    case STRUCTURE_XML:
        xml_scan_feed(&structure->xml, view, from, to);
        return;
    }
}

void structure_forget(Structure *structure, uint64_t position)
{
    structure->is_found = false;
    if (structure->kind == STRUCTURE_TABLE)
        table_scan_forget(&structure->table, position);
    else if (structure->kind == STRUCTURE_PLAIN)
        cell_log_forget(&structure->embedded.log, position);
    else
        path_forget(&structure->path, position);
}

/* A zone for each stretch with the same rules, however deep and however often the path changes. */
static void add_marks(Structure *structure, uint64_t from, uint64_t to, GArray *zones)
{
    const Path *path = &structure->path;
    const PathMark *mark = path_find(&structure->path, from), *end = path->marks + path->mark_count;
    Zone zone = {.from = from};

    for (mark = mark != NULL ? mark : path->marks; mark < end && mark->from < to; mark++) {
        const uint64_t *rules = path_node(path, place_node(mark->place))->rules;
        if (rules == zone.rules)
            continue;
        zone.to = mark->from;
        if (zone.rules != NULL)
            g_array_append_val(zones, zone);
        zone = (Zone){.from = MAX(zone.to, from), .rules = rules};
    }
    zone.to = to;
    if (zone.rules != NULL)
        g_array_append_val(zones, zone);
}

void structure_add_hot(Structure *structure, uint64_t from, uint64_t to, GArray *zones)
{
    const Zone all = {.from = from, .to = to};

    if (structure->kind == STRUCTURE_TABLE)
        table_scan_add_zones(&structure->table, &all, zones);
    if (structure->kind == STRUCTURE_PLAIN)
        cell_log_add_zones(&structure->embedded.log, &all, zones);
    if (structure_is_tree(structure))
        add_marks(structure, from, to, zones);
}
