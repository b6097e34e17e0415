#include "detect/class_scan.h"

#include <string.h>

enum { STRIP_BLOCKS = 64, BARE_RUN_SEEN = 16 /* longer runs are told apart later */ };

static bool plan_add_start(ClassPlan *plan, const char *start, GError **error)
{
    for (uint32_t i = 0; i < plan->start_count; i++) {
        if (strcmp(plan->starts[i], start) == 0)
            return true;
    }
    if (plan->start_count == CLASS_MAX_STARTS)
        return fail(error, ERROR_INVALID, "expected at most %d different 'start's in all rules", CLASS_MAX_STARTS);
    plan->starts[plan->start_count++] = start;
    return true;
}

bool class_plan_init(ClassPlan *ret_plan, const RuleSet *rules, GError **error)
{
    const char *separators = form_table_separators(rules->forms);
    size_t count = strlen(separators);
    ClassPlan plan = {
        .fill = class_mask_fill_best(),
        .shortest_bare = form_table_shortest_bare(rules->forms),
        .first_groups = form_table_first_groups(rules->forms),
    };

    if (count > CLASS_MAX_SEPARATORS)
        return fail(
            error, ERROR_INVALID, "expected at most %d different separators in all rules", CLASS_MAX_SEPARATORS);
    for (size_t i = 0; i < CLASS_MAX_SEPARATORS; i++)
        plan.separators.bytes[i] = (uint8_t)(i < count ? separators[i] : separators[0]);
    for (uint32_t i = 0; i < rule_set_size(rules); i++) {
        const CompiledRule *rule = rule_at(rules, i);
        plan.wants_at = plan.wants_at || rule->shape == SHAPE_AT;
        plan.wants_plus = plan.wants_plus || rule->shape == SHAPE_PLUS;
        if (rule->shape == SHAPE_UPPER)
            TRY(plan_add_start(&plan, rule->start, error));
    }
    *ret_plan = plan;
    return true;
}

/* Masks moved towards lower bits, with what follows in the next block. */
static inline uint64_t ahead(uint64_t mask, uint64_t next, unsigned count)
{
    return count == 0 ? mask : mask >> count | next << (64 - count);
}

/* Starts of digit runs that are long enough for a bare number, or that are a first group followed by a separator and
 * another digit. */
static uint64_t number_starts(const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t before)
{
    uint64_t run = now->digit & ~before; /* starts of runs of at least `length` digits */
    uint32_t bare = MIN(plan->shortest_bare, (uint32_t)BARE_RUN_SEEN);
    uint64_t found = 0;

    for (uint32_t length = 1; run != 0; length++) {
        if (length == bare)
            found |= run;
        if ((plan->first_groups >> length & 1) != 0)
            found |= run & ahead(now->separator, next->separator, length) & ahead(now->digit, next->digit, length + 1);
        if (length >= bare && plan->first_groups >> length <= 1)
            break;
        run &= ahead(now->digit, next->digit, length);
        if (length == 30)
            break;
    }
    return found;
}

static uint64_t start_class(const ClassMasks *now, const ClassMasks *next, char class, unsigned count)
{
    uint64_t upper = ahead(now->upper, next->upper, count), digit = ahead(now->digit, next->digit, count);

    return class == 'U' ? upper : class == 'D' ? digit : upper | digit;
}

static uint64_t upper_starts(const char *start, const ClassMasks *now, const ClassMasks *next, uint64_t before)
{
    uint64_t found = ~before;

    for (unsigned i = 0; start[i] != '\0' && found != 0; i++)
        found &= start_class(now, next, start[i], i);
    return found;
}

typedef struct Emitter {
    ClassPlaceHandler handler;
    void *data;
    size_t at;      /* of the block */
    uint64_t valid; /* bits of the block that are asked for */
} Emitter;

static void emit(const Emitter *emitter, uint64_t mask, ClassKind kind, uint32_t start)
{
    for (mask &= emitter->valid; mask != 0; mask &= mask - 1) {
        ClassPlace place = {.kind = kind, .start = start, .at = emitter->at + (size_t)__builtin_ctzll(mask)};
        emitter->handler(emitter->data, &place);
    }
}

/* before: bit i says that a word character stands before byte i. */
static void scan_block(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t before, const Emitter *emitter)
{
    uint64_t numbers = number_starts(plan, now, next, before);

    if (numbers != 0)
        emit(emitter, numbers, CLASS_DIGITS, 0);
    if (plan->wants_at && now->at != 0)
        emit(emitter, now->at & ahead(now->word, next->word, 1), CLASS_AT, 0);
    if (plan->wants_plus && now->plus != 0)
        emit(emitter, now->plus & ~before & ahead(now->digit, next->digit, 1), CLASS_PLUS, 0);
    if (((now->upper | now->digit) & ~before) == 0)
        return;
    for (uint32_t i = 0; i < plan->start_count; i++)
        emit(emitter, upper_starts(plan->starts[i], now, next, before), CLASS_UPPER, i);
}

static inline bool is_word(uint8_t byte)
{
    return g_ascii_isalnum((char)byte) || byte == '_';
}

void class_scan(const ClassPlan *plan, const ClassText *text, ClassPlaceHandler handler, void *data)
{
    ClassMasks masks[STRIP_BLOCKS + 1];
    uint64_t carried = text->from > 0 && is_word(text->data[text->from - 1]);

    for (size_t strip = text->from; strip < text->to; strip += (size_t)STRIP_BLOCKS * CLASS_BLOCK) {
        size_t blocks = MIN((text->to - strip + CLASS_BLOCK - 1) / CLASS_BLOCK, (size_t)STRIP_BLOCKS);
        plan->fill(text->data + strip, blocks + 1, &plan->separators, masks);
        for (size_t i = 0; i < blocks; i++) {
            size_t at = strip + i * CLASS_BLOCK;
            size_t left = text->to - at;
            const Emitter emitter = {.handler = handler,
                .data = data,
                .at = at,
                .valid = left >= CLASS_BLOCK ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1};
            scan_block(plan, &masks[i], &masks[i + 1], masks[i].word << 1 | carried, &emitter);
            carried = masks[i].word >> 63;
        }
    }
}
