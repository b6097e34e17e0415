#include "detect/structure/cell_log.h"

enum { STEPS = 8 }; /* so many marks behind the last answer are looked at before the search begins anew */

void cell_log_init(CellLog *log, const FieldNames *names)
{
    *log = (CellLog){.names = names, .marks = g_array_new(FALSE, FALSE, sizeof(CellMark))};
}

void cell_log_clear(CellLog *log)
{
    g_array_unref(log->marks);
}

void cell_log_reset(CellLog *log)
{
    g_array_set_size(log->marks, 0);
    log->recent = 0;
}

static const CellMark *mark_at(const CellLog *log, guint index)
{
    return &g_array_index(log->marks, CellMark, index);
}

void cell_log_add(CellLog *log, CellMark mark)
{
    guint count = log->marks->len;

    if (count > 0 && mark_at(log, count - 1)->position >= mark.position) {
        mark.position = mark_at(log, count - 1)->position;
        g_array_index(log->marks, CellMark, count - 1) = mark;
        return;
    }
    g_array_append_val(log->marks, mark);
}

void cell_log_drop_from(CellLog *log, uint64_t position)
{
    guint count = log->marks->len;

    while (count > 0 && mark_at(log, count - 1)->position >= position)
        count--;
    g_array_set_size(log->marks, count);
    log->recent = MIN(log->recent, MAX(count, 1) - 1);
}

static bool begins_until(const CellLog *log, guint index, uint64_t position)
{
    return index < log->marks->len && mark_at(log, index)->position <= position;
}

/* Index of the first mark behind the position. */
static guint marks_until(CellLog *log, uint64_t position)
{
    guint low = 0, high = log->marks->len;

    for (guint steps = 0, at = log->recent; steps < STEPS && begins_until(log, at, position); steps++, at++) {
        if (!begins_until(log, at + 1, position))
            return at + 1;
    }
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (begins_until(log, middle, position))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const CellMark *cell_log_find(CellLog *log, uint64_t position)
{
    guint behind = log->marks->len > 0 ? marks_until(log, position) : 0;

    if (behind == 0)
        return NULL;
    log->recent = behind - 1;
    return mark_at(log, behind - 1);
}

uint64_t cell_log_end(const CellLog *log, const CellMark *mark)
{
    const CellMark *next = mark + 1;

    return next < mark_at(log, 0) + log->marks->len ? next->position : UINT64_MAX;
}

void cell_log_forget(CellLog *log, uint64_t position)
{
    guint behind = log->marks->len > 0 ? marks_until(log, position) : 0;

    if (behind > 1)
        g_array_remove_range(log->marks, 0, behind - 1);
    log->recent = 0;
}

void cell_log_add_zones(CellLog *log, const Zone *stretch, GArray *zones)
{
    if (log->marks->len == 0)
        return;
    guint behind = marks_until(log, stretch->from);
    for (guint i = MAX(behind, 1) - 1; i < log->marks->len && mark_at(log, i)->position < stretch->to; i++) {
        const CellMark *mark = mark_at(log, i);
        const Zone zone = {.from = MAX(mark->position, stretch->from),
            .to = i + 1 < log->marks->len ? MIN(mark_at(log, i + 1)->position, stretch->to) : stretch->to,
            .rules = mark->name != 0 ? field_names_at(log->names, mark->name)->rules : NULL};
        if (zone.rules != NULL && zone.from < zone.to)
            g_array_append_val(zones, zone);
    }
}
