#include "detect/regex_effort.h"

#include <string.h>

enum { PLACES_MAX = 32, PART_MAX = 3, REPEATS = 32 };

/* A match of a rule that is tried at one place only begins there; a pattern that is searched for may begin anywhere. */
static SearchWindow window_of(const CompiledRule *rule, const TextView *text, uint64_t start)
{
    return (SearchWindow){
        .from = start, .last = rule_is_anchored(rule->raw) ? start : text->len, .end = text->len, .is_text_end = true};
}

static bool find_start(RegexScratch *scratch, const CompiledRule *rule, const TextView *example, uint64_t *ret_start)
{
    RegexMatch match;

    for (uint64_t start = 0; start < example->len; start++) {
        const SearchWindow window = window_of(rule, example, start);
        if (regex_search(scratch, rule, example, &window, &match)) {
            *ret_start = match.whole.start;
            return true;
        }
    }
    return false;
}

/* The example up to the part, the part again and again, what breaks off; and the example, as most patterns are only
 * tried where what they end with stands. */
static void write_pumped(GString *out, const char *example, size_t at, size_t part)
{
    g_string_truncate(out, 0);
    g_string_append_len(out, example, (gssize)at);
    for (int i = 0; i < REPEATS; i++)
        g_string_append_len(out, example + at, (gssize)part);
    g_string_append_c(out, '!');
    g_string_append(out, example);
}

static TextView view_of(const char *text, size_t len)
{
    return (TextView){.data = (const uint8_t *)text, .len = len};
}

bool regex_is_too_much_effort(RegexScratch *scratch, const CompiledRule *rule, const char *example)
{
    g_autoptr(GString) pumped = g_string_new(NULL);
    size_t len = strlen(example);
    const TextView whole = view_of(example, len);
    const CompiledRule *unused = NULL;
    uint64_t start = 0;
    RegexMatch match;

    (void)regex_scratch_take_overruns(scratch, &unused);
    if (!find_start(scratch, rule, &whole, &start))
        return false;
    for (size_t at = start; at < MIN(len, start + PLACES_MAX); at++) {
        for (size_t part = 1; part <= MIN(PART_MAX, len - at); part++) {
            write_pumped(pumped, example, at, part);
            const TextView text = view_of(pumped->str, pumped->len);
            const SearchWindow window = window_of(rule, &text, start);
            (void)regex_search(scratch, rule, &text, &window, &match);
            if (regex_scratch_take_overruns(scratch, &unused) > 0)
                return true;
        }
    }
    return false;
}
