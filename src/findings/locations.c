#include "findings/locations.h"

#include <jansson.h>
#include <stdlib.h>

static void location_clear(gpointer data)
{
    FindingLocation *location = data;
    char **const texts[] = {&location->member, &location->column_name, &location->record_path, &location->rule,
        &location->also, &location->by, &location->why};

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        g_clear_pointer(texts[i], g_ref_string_release);
}

GArray *locations_new(void)
{
    GArray *locations = g_array_sized_new(FALSE, FALSE, sizeof(FindingLocation), 1);

    g_array_set_clear_func(locations, location_clear);
    return locations;
}

void location_texts_clear(LocationTexts *texts)
{
    char **const all[] = {
        &texts->member, &texts->column_name, &texts->record_path, &texts->rule, &texts->also, &texts->by, &texts->why};

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        g_clear_pointer(all[i], g_ref_string_release);
}

/* latest: one of the shared strings. */
static char *share(char **latest, const char *text)
{
    if (text == NULL)
        return NULL;
    if (*latest == NULL || !g_str_equal(*latest, text)) {
        g_clear_pointer(latest, g_ref_string_release);
        *latest = g_ref_string_new(text);
    }
    return g_ref_string_acquire(*latest);
}

static char *share_also(LocationTexts *texts, const Match *match)
{
    if (match->also[0] == NULL)
        return NULL;
    g_autofree char *text = g_strjoinv(" ", (char **)match->also);
    return share(&texts->also, text);
}

static char *share_by(LocationTexts *texts, const SuppressCause *cause)
{
    if (cause == NULL)
        return NULL;
    if (cause->field != NULL || cause->line == 0)
        return share(&texts->by, cause->field);
    g_autofree char *text = cause->file != NULL ? g_strdup_printf("%s:%" G_GUINT64_FORMAT, cause->file, cause->line)
                                                : g_strdup_printf("line %" G_GUINT64_FORMAT, cause->line);
    return share(&texts->by, text);
}

void locations_add(GArray *locations, LocationTexts *texts, const LocationSource *source)
{
    const Match *match = source->match;

    if (locations->len >= FINDING_MAX_LOCATIONS)
        return;
    const FindingLocation location = {
        .offset = match->offset,
        .length = match->length,
        .line = match->line,
        .column = match->column,
        .row = match->row,
        .cell = match->cell,
        .member = share(&texts->member, source->member),
        .column_name = share(&texts->column_name, match->column_name),
        .record_path = share(&texts->record_path, match->record_path),
        .rule = g_str_equal(match->rule->id, match->rule->detector) ? NULL : share(&texts->rule, match->rule->id),
        .also = share_also(texts, match),
        .by = share_by(texts, source->cause),
        .why = source->cause != NULL ? share(&texts->why, source->cause->why) : NULL,
    };
    g_array_append_val(locations, location);
}

static void append_text(GString *text, const char *name, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    json_t *string = json_string(valid);
    char *quoted = json_dumps(string, JSON_ENCODE_ANY);

    g_string_append_printf(text, ",\"%s\":%s", name, quoted);
    free(quoted);
    json_decref(string);
}

static void append_optional(GString *text, const char *name, const char *value)
{
    if (value != NULL)
        append_text(text, name, value);
}

/* Ids need no escaping. */
static void append_also(GString *text, const char *also)
{
    g_auto(GStrv) ids = g_strsplit(also, " ", -1);
    g_autofree char *joined = g_strjoinv("\",\"", ids);

    g_string_append_printf(text, ",\"also\":[\"%s\"]", joined);
}

/* Numbers need no escaping; only texts go through jansson. What does not apply is left out, but for the member. */
static void append_location(GString *text, const FindingLocation *location)
{
    g_string_append_printf(text,
        "{\"offset\":%" G_GUINT64_FORMAT ",\"length\":%" G_GUINT64_FORMAT ",\"line\":%" G_GUINT64_FORMAT
        ",\"column\":%" G_GUINT64_FORMAT,
        location->offset, location->length, location->line, location->column);
    if (location->member != NULL)
        append_text(text, "member", location->member);
    else
        g_string_append(text, ",\"member\":null");
    if (location->row > 0)
        g_string_append_printf(
            text, ",\"row\":%" G_GUINT64_FORMAT ",\"cell\":%" G_GUINT64_FORMAT, location->row, location->cell);
    append_optional(text, "column_name", location->column_name);
    append_optional(text, "path", location->record_path);
    append_optional(text, "rule", location->rule);
    if (location->also != NULL)
        append_also(text, location->also);
    append_optional(text, "by", location->by);
    append_optional(text, "why", location->why);
    g_string_append_c(text, '}');
}

char *locations_json(const GArray *locations)
{
    GString *text = g_string_new("[");

    for (guint i = 0; i < locations->len; i++) {
        if (i > 0)
            g_string_append_c(text, ',');
        append_location(text, &g_array_index(locations, FindingLocation, i));
    }
    g_string_append_c(text, ']');
    return g_string_free(text, FALSE);
}
