#include "class_scan_testing.h"

#include <string.h>

/* After 2, 3 or 4 digits: 2 to 5 digits; only 3 if the separator is a slash; with dots three groups. */
enum { ANY_SECOND = 0x3C, SLASH_SECOND = 0x08 };
const FormRows CLASS_FORMS = {
    .rows = {[1 ... 2] = {[2 ... 4] = {.pairs = ANY_SECOND}},
        [3] = {[1 ... 3] = {.seconds = ANY_SECOND, .thirds = SLASH_SECOND}, [20] = {.pairs = UINT64_C(1) << 17}},
        [4] = {[2 ... 4] = {.pairs = SLASH_SECOND}}},
};

void class_note(GString *out, char kind, uint32_t start, size_t at)
{
    g_string_append_printf(out, "%c%u@%zu\n", kind, start, at);
}

static void note_place(void *data, const ClassPlace *place)
{
    GPtrArray *places = data;

    g_ptr_array_add(places, g_memdup2(place, sizeof *place));
}

static int place_order(gconstpointer a, gconstpointer b)
{
    static const int rank[] = {
        [CLASS_DIGITS] = 0, [CLASS_AT] = 1, [CLASS_PLUS] = 2, [CLASS_COLON] = 3, [CLASS_UPPER] = 4};
    const ClassPlace *x = *(ClassPlace *const *)a, *y = *(ClassPlace *const *)b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return rank[x->kind] - rank[y->kind];
}

/* Asks for nothing. */
static const ClassPlan NOTHING = {.forms = &CLASS_FORMS};

char *class_scan_by(const ClassPlan *asked, Processor processor, const ClassText *text, PlanUse use)
{
    static const char names[] = {[CLASS_DIGITS] = 'n',
        [CLASS_AT] = 'a',
        [CLASS_PLUS] = 'p',
        [CLASS_COLON] = 'c',
        [CLASS_UPPER] = 'u',
        [CLASS_WORD] = 'w'};
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree uint64_t *hot = g_new0(uint64_t, text->to / CLASS_BLOCK + 1);
    ClassText marked = *text;
    ClassPlan plan = *asked, nothing = NOTHING;

    class_plan_finish(&plan, processor);
    class_plan_finish(&nothing, processor);
    memset(hot, use == PLAN_IS_HOT ? 0xFF : 0, (text->to / CLASS_BLOCK + 1) * sizeof *hot);
    marked.hot = hot;
    const ClassPlans plans = {
        .cold = use == PLAN_IS_COLD ? &plan : &nothing, .hot = use == PLAN_IS_HOT ? &plan : &nothing};
    class_scan(&plans, &marked, note_place, places);
    g_ptr_array_sort(places, place_order);
    for (guint i = 0; i < places->len; i++) {
        const ClassPlace *place = g_ptr_array_index(places, i);
        for (uint32_t start = 0; start < CLASS_MAX_STARTS; start++) {
            if (place->kind == CLASS_UPPER ? (place->starts >> start & 1) != 0 : start == 0)
                class_note(out, names[place->kind], start, place->at);
        }
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
