#include "detect/class_scan.h"
#include "detect/byte_class.h"
#include "detect/fast_target.h"

enum { STRIP_BLOCKS = 64 };

/* Masks moved towards lower bits, with what follows in the next block. */
static ALWAYS_INLINE uint64_t ahead(uint64_t mask, uint64_t next, unsigned count)
{
    return count == 0 ? mask : mask >> count | next << (64 - count);
}

typedef struct Emitter {
    ClassPlaceHandler handler;
    void *data;
    const uint8_t *text; /* of the block */
    size_t at;           /* where the block is */
    uint64_t valid;      /* bits of the block that are asked for */
    uint64_t hot;        /* where the hot plan holds */
} Emitter;

static ALWAYS_INLINE void emit(const Emitter *emitter, uint64_t mask, ClassKind kind)
{
    for (mask &= emitter->valid; mask != 0; mask &= mask - 1) {
        unsigned at = (unsigned)__builtin_ctzll(mask);
        ClassPlace place = {.kind = kind, .is_hot = (emitter->hot >> at & 1) != 0, .at = emitter->at + at};
        emitter->handler(emitter->data, &place);
    }
}

/* Ones from bit at on, going on into the next block; at most 63. */
static ALWAYS_INLINE uint32_t run_length(uint64_t mask, uint64_t next, unsigned at)
{
    uint64_t gap = ~ahead(mask, next, at);

    return gap == 0 ? FIRST_RUN_MAX : MIN((uint32_t)__builtin_ctzll(gap), (uint32_t)FIRST_RUN_MAX);
}

static ALWAYS_INLINE bool bit_ahead(uint64_t mask, uint64_t next, unsigned at)
{
    return ((at < 64 ? mask >> at : at < 128 ? next >> (at - 64) : 0) & 1) != 0;
}

/* Whether a group of digits and what follows it, at places of the block, begin as some form does. */
static ALWAYS_INLINE bool number_fits(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, const Emitter *emitter, unsigned at)
{
    unsigned digits = run_length(now->digit, next->digit, at);
    unsigned end = at + digits;

    if (digits > FORM_MAX_DIGITS || bit_ahead(now->word, next->word, end))
        return false;
    if ((plan->bare_lengths >> digits & 1) != 0)
        return true;
    unsigned separator = plan->separator_numbers[emitter->text[end]];
    if (separator == 0)
        return false;
    unsigned second =
        end + 1 < 64 ? run_length(now->digit, next->digit, end + 1) : run_length(next->digit, 0, end - 63);
    if (second == 0)
        return false;
    /* At the end of the next block the second group may go on: that is for the exact check to see. */
    return end + 1 + second >= 128 || ((*plan->seconds)[separator - 1][digits] >> second & 1) != 0;
}

/* "1.234": the boundary rules refuse what goes on to the left with a dot. */
static bool follows_decimal_point(const Emitter *emitter, unsigned at)
{
    return emitter->at + at >= 2 && emitter->text[(int)at - 1] == '.' && byte_is_digit(emitter->text[(int)at - 2]);
}

static ALWAYS_INLINE void emit_numbers(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t starts, const Emitter *emitter)
{
    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        if (number_fits(plan, now, next, emitter, at) && !follows_decimal_point(emitter, at)) {
            ClassPlace place = {.kind = CLASS_DIGITS, .is_hot = (emitter->hot >> at & 1) != 0, .at = emitter->at + at};
            emitter->handler(emitter->data, &place);
        }
    }
}

static ALWAYS_INLINE bool begins_with(const uint8_t *text, const char *start)
{
    for (; *start != '\0'; start++, text++) {
        uint8_t wanted = *start == 'U' ? BYTE_UPPER : *start == 'D' ? BYTE_DIGIT : BYTE_UPPER | BYTE_DIGIT;
        if ((BYTE_CLASS[*text] & wanted) == 0)
            return false;
    }
    return true;
}

/* Of a mask of starts, those that the text begins with. */
static ALWAYS_INLINE uint32_t starts_at(const ClassPlan *plan, uint32_t starts, const uint8_t *text)
{
    uint32_t out = 0;

    for (; starts != 0; starts &= starts - 1) {
        uint32_t start = (uint32_t)__builtin_ctz(starts);
        out |= begins_with(text, plan->starts[start]) ? UINT32_C(1) << start : 0;
    }
    return out;
}

/* 1 + RunNext; 0: another. A table instead of branches: what follows a word is hard to predict. */
static const uint8_t NEXT_OF[256] = {
    [' '] = NEXT_SPACE + 1,
    ['-'] = NEXT_DASH + 1,
    ['.'] = NEXT_DOT + 1,
    ['/'] = NEXT_SLASH + 1,
    ['+'] = NEXT_PLUS + 1,
    [':'] = NEXT_COLON + 1,
};

static inline RunNext next_of(uint8_t byte)
{
    return NEXT_OF[byte] != 0 ? (RunNext)(NEXT_OF[byte] - 1) : NEXT_OTHER;
}

static ALWAYS_INLINE RunKind run_kind(const ClassMasks *now, const ClassMasks *next, unsigned at, uint32_t length)
{
    uint64_t all = (UINT64_C(1) << length) - 1, digits = ahead(now->digit, next->digit, at) & all;

    if (digits == all)
        return RUN_DIGITS;
    return digits == 0 ? RUN_LETTERS : RUN_ANY;
}

/* Without the second word. */
static ALWAYS_INLINE WordRun word_run(
    const ClassMasks *now, const ClassMasks *next, const Emitter *emitter, unsigned at)
{
    uint32_t length = run_length(now->word, next->word, at);

    return (WordRun){
        .length = length, .kind = run_kind(now, next, at, length), .next = next_of(emitter->text[at + length])};
}

static ALWAYS_INLINE void add_second(const ClassMasks *now, const ClassMasks *next, unsigned at, WordRun *run)
{
    unsigned second = at + run->length + 1;

    run->has_second = run->next != NEXT_OTHER && run->length < RUN_SHORT;
    if (!run->has_second)
        return;
    uint32_t length = second < CLASS_BLOCK ? run_length(now->word, next->word, second)
                                           : run_length(next->word, 0, second - CLASS_BLOCK);
    run->second = MIN(length, (uint32_t)RUN_SHORT - 1);
}

/* Behind the first word stands a dot. */
static ALWAYS_INLINE bool is_quad(const uint8_t *text, uint32_t first)
{
    enum { DIGITS_MAX = 3, NUMBERS = 4 };
    const uint8_t *at = text + first;

    if (first > DIGITS_MAX)
        return false;
    for (int number = 1; number < NUMBERS; number++) {
        unsigned digits = 0;
        if (*at++ != '.')
            return false;
        while (digits <= DIGITS_MAX && byte_is_digit(at[digits]))
            digits++;
        if (digits == 0 || digits > DIGITS_MAX)
            return false;
        at += digits;
    }
    return !byte_is_word(*at);
}

/* The words decide most places before any start is compared. */
static ALWAYS_INLINE void emit_upper(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t starts, const Emitter *emitter)
{
    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        WordRun run = word_run(now, next, emitter, at);
        uint32_t left = plan->starts_by_run[run.kind][run.next][run.length];
        if (left == 0)
            continue;
        add_second(now, next, at, &run);
        if (run.has_second)
            left &= plan->starts_by_second[run.next][run.length][run.second];
        if (follows_decimal_point(emitter, at) && byte_is_digit(emitter->text[at]))
            left &= plan->starts_in_numbers;
        run.is_quad =
            left != 0 && run.kind == RUN_DIGITS && run.next == NEXT_DOT && is_quad(emitter->text + at, run.length);
        if (run.is_quad)
            left &= plan->quad_starts;
        if (left == 0)
            continue;
        ClassPlace place = {.kind = CLASS_UPPER,
            .starts = starts_at(plan, left, emitter->text + at),
            .run = run,
            .is_hot = (emitter->hot >> at & 1) != 0,
            .at = emitter->at + at};
        if (place.starts != 0)
            emitter->handler(emitter->data, &place);
    }
}

/* Of a mask of places where words begin, those whose length some rule asks for. */
static ALWAYS_INLINE void emit_words(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t starts, const Emitter *emitter)
{
    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        WordRun run = word_run(now, next, emitter, at);
        if ((plan->word_runs >> run.length & 1) == 0)
            continue;
        add_second(now, next, at, &run);
        run.is_quad = run.kind == RUN_DIGITS && run.next == NEXT_DOT && is_quad(emitter->text + at, run.length);
        ClassPlace place = {
            .kind = CLASS_WORD, .run = run, .is_hot = (emitter->hot >> at & 1) != 0, .at = emitter->at + at};
        emitter->handler(emitter->data, &place);
    }
}

/* Of a mask of places where words begin, those of LONG_WORD_MIN characters or more: runs of 2, 4, 8 and 16 of them, and
 * 8 more behind 18. */
static ALWAYS_INLINE uint64_t long_words(const ClassMasks *now, const ClassMasks *next, uint64_t starts)
{
    _Static_assert(LONG_WORD_MIN == 26, "long_words() looks for 26");
    uint64_t runs = now->word, later = next->word;

    for (unsigned length = 1; length <= 4; length *= 2) {
        runs &= ahead(runs, later, length);
        later &= later >> length;
    }
    return starts & runs & ahead(runs, later, 8) & ahead(runs, later, 16) & ahead(runs, later, 18);
}

/* Of a mask of colons, those where an address of groups may begin: "::", or COLONS_MIN of them within COLONS_WITHIN. */
static ALWAYS_INLINE uint64_t group_colons(const ClassMasks *now, const ClassMasks *next, uint64_t starts)
{
    const uint64_t within = (UINT64_C(1) << COLONS_WITHIN) - 1;
    uint64_t out = 0;

    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        uint64_t colons = ahead(now->colon, next->colon, at) & within;
        if ((colons & colons >> 1) != 0 || __builtin_popcountll(colons) >= COLONS_MIN)
            out |= UINT64_C(1) << at;
    }
    return out;
}

/* before: bit i says that a word character stands before byte i. where: bits of the block at which the plan holds. */
static ALWAYS_INLINE void scan_runs(const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next,
    uint64_t before, uint64_t where, const Emitter *emitter)
{
    uint64_t capitals = now->upper | now->digit;
    uint64_t starts = capitals & ~before & where;

    if (starts == 0)
        return;
    emit_numbers(plan, now, next, starts & now->digit, emitter);
    if (plan->start_count > 0)
        emit_upper(plan, now, next, starts & ahead(capitals, next->upper | next->digit, 1), emitter);
}

static ALWAYS_INLINE void scan_block(
    const ClassPlans *plans, const ClassMasks *now, const ClassMasks *next, uint64_t before, const Emitter *emitter)
{
    const ClassPlan *cold = plans->cold, *hot = plans->hot;
    uint64_t in_zone = emitter->hot & emitter->valid;

    uint64_t elsewhere = ~in_zone;

    if (now->at != 0)
        emit(emitter,
            now->at & ahead(now->word, next->word, 1) & ((cold->wants_at & elsewhere) | (hot->wants_at & in_zone)),
            CLASS_AT);
    if (now->plus != 0)
        emit(emitter,
            now->plus & ~before & ahead(now->digit, next->digit, 1) &
                ((cold->wants_plus & elsewhere) | (hot->wants_plus & in_zone)),
            CLASS_PLUS);
    if (now->colon != 0)
        emit(emitter,
            group_colons(now, next,
                now->colon & ahead(now->word | now->colon, next->word | next->colon, 1) &
                    ((cold->wants_colon & elsewhere) | (hot->wants_colon & in_zone))),
            CLASS_COLON);
    scan_runs(cold, now, next, before, emitter->valid & elsewhere, emitter);
    if (cold->word_runs != 0) {
        uint64_t words = now->word & ~before & emitter->valid & elsewhere;
        bool is_short = (cold->word_runs & ((UINT64_C(1) << LONG_WORD_MIN) - 1)) != 0;
        emit_words(cold, now, next, is_short ? words : long_words(now, next, words), emitter);
    }
    if (in_zone == 0)
        return;
    if (hot->word_runs != 0)
        emit_words(hot, now, next, now->word & ~before & in_zone, emitter);
    scan_runs(hot, now, next, before, in_zone, emitter);
}

static ALWAYS_INLINE void scan(const ClassPlans *plans, const ClassText *text, ClassPlaceHandler handler, void *data)
{
    ClassMasks masks[STRIP_BLOCKS + 1];
    uint64_t carried = text->from > 0 && byte_is_word(text->data[text->from - 1]);

    for (size_t strip = text->from; strip < text->to; strip += (size_t)STRIP_BLOCKS * CLASS_BLOCK) {
        size_t blocks = MIN((text->to - strip + CLASS_BLOCK - 1) / CLASS_BLOCK, (size_t)STRIP_BLOCKS);
        plans->cold->fill(text->data + strip, blocks + 1, masks);
        for (size_t i = 0; i < blocks; i++) {
            size_t at = strip + i * CLASS_BLOCK;
            size_t left = text->to - at;
            const Emitter emitter = {.handler = handler,
                .data = data,
                .text = text->data + at,
                .at = at,
                .hot = text->hot[(at - text->from) / CLASS_BLOCK],
                .valid = left >= CLASS_BLOCK ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1};
            scan_block(plans, &masks[i], &masks[i + 1], masks[i].word << 1 | carried, &emitter);
            carried = masks[i].word >> 63;
        }
    }
}

FAST_TARGET static void scan_fast(const ClassPlans *plans, const ClassText *text, ClassPlaceHandler handler, void *data)
{
    scan(plans, text, handler, data);
}

void class_scan(const ClassPlans *plans, const ClassText *text, ClassPlaceHandler handler, void *data)
{
    if (plans->cold->fill == class_mask_fill_portable() || !fast_target_is_here())
        scan(plans, text, handler, data);
    else
        scan_fast(plans, text, handler, data);
}
