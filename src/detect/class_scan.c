#include "detect/class_scan.h"
#include "detect/byte_class.h"
#include "detect/fast_target.h"
#include "detect/run_next.h"

enum { STRIP_BLOCKS = 64 };

/* Masks moved towards lower bits, with what follows in the next block. */
static ALWAYS_INLINE uint64_t ahead(uint64_t mask, uint64_t next, unsigned count)
{
    return mask >> count | next << 1 << (63 - count);
}

typedef struct Emitter {
    ClassPlaceHandler handler;
    void *data;
    const uint8_t *text; /* of the block */
    size_t at;           /* where the block is */
    uint64_t valid;      /* bits of the block that are asked for */
    uint64_t hot;        /* where the hot plan holds */
    const ClassGate *gate;
    ClassGateOpener open;
} Emitter;

static ALWAYS_INLINE void emit(const Emitter *emitter, uint64_t mask, ClassKind kind)
{
    for (mask &= emitter->valid; mask != 0; mask &= mask - 1) {
        unsigned at = (unsigned)__builtin_ctzll(mask);
        ClassPlace place = {.kind = kind, .is_hot = (emitter->hot >> at & 1) != 0, .at = emitter->at + at};
        emitter->handler(emitter->data, &place);
    }
}

/* Ones from bit 0 on; at most 63. */
static ALWAYS_INLINE uint32_t run_of(uint64_t mask)
{
    return (uint32_t)__builtin_ctzll(~mask | UINT64_C(1) << FIRST_RUN_MAX);
}

/* The mask behind so many bits, at most 63, and one more. */
static ALWAYS_INLINE uint64_t behind(uint64_t mask, uint32_t count)
{
    return mask >> count >> 1;
}

/* Whether groups of digits, at the first of which text is, begin as some form does. */
static ALWAYS_INLINE bool number_fits(const ClassPlan *plan, uint64_t digits, const uint8_t *text)
{
    uint32_t first = run_of(digits);
    const uint8_t *separator = text + first;

    if (byte_is_word(*separator))
        return false;
    if ((plan->bare_lengths >> first & 1) != 0)
        return true;
    const FormRow *row = &plan->forms->rows[plan->separator_numbers[*separator]][MIN(first, FORM_MAX_DIGITS + 1U)];
    uint64_t rest = behind(digits, first);
    uint32_t second = run_of(rest);
    const uint8_t *end = separator + 1 + second;
    uint64_t is_pair = row->pairs >> second & !byte_is_word(*end);
    uint64_t is_longer = row->seconds >> second & row->thirds >> run_of(behind(rest, second)) & (*end == *separator);
    return ((is_pair | is_longer) & 1) != 0;
}

/* "1.234" and "1-234": the boundary rules refuse what goes on to the left so. */
static bool is_inside_number(const Emitter *emitter, unsigned at)
{
    const uint8_t *start = emitter->text - emitter->at, *end = emitter->text + at;

    if (end - start < 2 || !byte_is_digit(*end) || !byte_is_digit(end[-2]))
        return false;
    if (end[-1] != '-')
        return end[-1] == '.';
    const uint8_t *word = end - 2;
    while (word > start && byte_is_digit(word[-1]))
        word--;
    return word == start || !byte_is_word(word[-1]);
}

static ALWAYS_INLINE void emit_numbers(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t starts, const Emitter *emitter)
{
    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        if (number_fits(plan, ahead(now->digit, next->digit, at), emitter->text + at) &&
            !is_inside_number(emitter, at)) {
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

static ALWAYS_INLINE RunKind run_kind(uint64_t digits, uint64_t capitals, uint32_t length)
{
    uint64_t all = (UINT64_C(1) << length) - 1;

    _Static_assert(RUN_ANY == 0 && RUN_DIGITS == 1 && RUN_LETTERS == 2 && RUN_LOWER == 3, "run_kind() adds them up");
    unsigned has_no_digit = (digits & all) == 0, is_lower = ((digits | capitals) & all) == 0;

    return (RunKind)(((digits & all) == all) + 2 * has_no_digit + is_lower);
}

static ALWAYS_INLINE WordRun word_run(
    const ClassMasks *now, const ClassMasks *next, const Emitter *emitter, unsigned at)
{
    uint64_t words = ahead(now->word, next->word, at);
    uint32_t length = run_of(words);
    WordRun run = {.length = length,
        .kind = run_kind(ahead(now->digit, next->digit, at), ahead(now->upper, next->upper, at), length),
        .next = next_of(emitter->text[at + length]),
        .second = MIN(run_of(behind(words, length)), RUN_SHORT - 1U)};

    run.has_second = run.next != NEXT_OTHER && length < RUN_SHORT;
    return run;
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

/* Of a mask of starts, those that a word and what follows it allow. */
static ALWAYS_INLINE uint32_t starts_of_run(const ClassPlan *plan, const WordRun *run)
{
    return plan->starts_by_run[run->kind][run->next][run->length] &
           plan->starts_by_second[run->next][MIN(run->length, (uint32_t)RUN_SHORT)][run->second];
}

/* The words decide most places before any start is compared. */
static ALWAYS_INLINE void emit_upper(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t starts, const Emitter *emitter)
{
    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        WordRun run = word_run(now, next, emitter, at);
        uint32_t left = starts_of_run(plan, &run);
        if (left == 0)
            continue;
        if (is_inside_number(emitter, at))
            left &= plan->starts_in_numbers;
        run.is_quad = run.kind == RUN_DIGITS && run.next == NEXT_DOT && is_quad(emitter->text + at, run.length);
        if (run.is_quad)
            left &= plan->quad_starts;
        ClassPlace place = {.kind = CLASS_UPPER,
            .starts = starts_at(plan, left, emitter->text + at),
            .run = run,
            .is_hot = (emitter->hot >> at & 1) != 0,
            .at = emitter->at + at};
        if (place.starts != 0)
            emitter->handler(emitter->data, &place);
    }
}

static ALWAYS_INLINE bool has_byte(const uint64_t bytes[4], uint8_t byte)
{
    return (bytes[byte / 64] >> byte % 64 & 1) != 0;
}

/* The words that are asked for at a place; NULL: all that the plan asks for. */
static ALWAYS_INLINE const WordGate *gate_at(const Emitter *emitter, unsigned at)
{
    const ClassGate *gate = emitter->gate;

    if (emitter->open == NULL || (emitter->hot >> at & 1) == 0)
        return NULL;
    if (emitter->at + at - gate->from >= gate->to - gate->from)
        emitter->open(emitter->data, emitter->at + at);
    return gate->words;
}

/* Of a mask of places where words begin, those whose length and first byte some rule asks for. Behind a byte that is
 * not ASCII a word may go on to the left, and says nothing. */
static ALWAYS_INLINE void emit_words(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t starts, const Emitter *emitter)
{
    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        const WordGate *gate = gate_at(emitter, at);
        bool is_continued = emitter->at + at > 0 && emitter->text[(int)at - 1] >= 0x80;
        if (!has_byte(gate != NULL ? gate->firsts : plan->word_firsts, emitter->text[at]) && !is_continued)
            continue;
        WordRun run = word_run(now, next, emitter, at);
        uint64_t lengths = gate != NULL && !is_continued ? gate->lengths[run.kind][run.next] : plan->word_runs;
        if ((lengths >> run.length & 1) == 0)
            continue;
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
static ALWAYS_INLINE void scan_starts(const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next,
    uint64_t before, uint64_t where, const Emitter *emitter)
{
    enum { FEW = 4 }; /* starts that are looked at sooner than sifted */
    uint64_t capitals = now->upper | now->digit, first = capitals & ~before & where;
    ClassStarts starts = {.numbers = first & now->digit};

    if (first == 0)
        return;
    if (plan->start_count > 0)
        starts.codes = first & ahead(capitals, next->upper | next->digit, 1);
    if (plan->narrow != NULL && __builtin_popcountll(starts.numbers) + __builtin_popcountll(starts.codes) > FEW)
        starts = plan->narrow(&plan->sieve, emitter->text, now, before & 1, starts);
    emit_numbers(plan, now, next, starts.numbers, emitter);
    emit_upper(plan, now, next, starts.codes, emitter);
}

static ALWAYS_INLINE void scan_block(
    const ClassPlans *plans, const ClassMasks *now, const ClassMasks *next, uint64_t before, const Emitter *emitter)
{
    const ClassPlan *cold = plans->cold, *hot = plans->hot;
    uint64_t in_zone = emitter->hot & emitter->valid, elsewhere = ~in_zone;

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
    scan_starts(cold, now, next, before, emitter->valid & elsewhere, emitter);
    if (cold->word_runs != 0) {
        uint64_t words = now->word & ~before & emitter->valid & elsewhere;
        bool is_short = (cold->word_runs & ((UINT64_C(1) << LONG_WORD_MIN) - 1)) != 0;
        emit_words(cold, now, next, is_short ? words : long_words(now, next, words), emitter);
    }
    if (in_zone == 0)
        return;
    if (hot->word_runs != 0)
        emit_words(hot, now, next, now->word & ~before & in_zone, emitter);
    scan_starts(hot, now, next, before, in_zone, emitter);
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
                .gate = text->gate,
                .open = text->open,
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
    if (plans->cold->processor == PROCESSOR_ANY)
        scan(plans, text, handler, data);
    else
        scan_fast(plans, text, handler, data);
}
