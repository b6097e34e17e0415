#include "detect/class_scan.h"
#include "detect/byte_class.h"
#include "detect/first_runs.h"

enum { STRIP_BLOCKS = 64 };

/* Masks moved towards lower bits, with what follows in the next block. */
static inline uint64_t ahead(uint64_t mask, uint64_t next, unsigned count)
{
    return count == 0 ? mask : mask >> count | next << (64 - count);
}

/* The classes of the characters 0 … START_MAX - 1 places further on, for each place of a block. */
typedef struct StartMasks {
    uint64_t upper[START_MAX], digit[START_MAX];
} StartMasks;

static void start_masks_fill(StartMasks *masks, const ClassMasks *now, const ClassMasks *next)
{
    for (unsigned i = 0; i < START_MAX; i++) {
        masks->upper[i] = ahead(now->upper, next->upper, i);
        masks->digit[i] = ahead(now->digit, next->digit, i);
    }
}

static uint64_t upper_starts(const char *start, const StartMasks *masks, uint64_t before)
{
    uint64_t found = ~before;

    for (unsigned i = 0; start[i] != '\0' && found != 0; i++) {
        uint64_t wanted = start[i] == 'D' ? 0 : masks->upper[i];
        if (start[i] != 'U')
            wanted |= masks->digit[i];
        found &= wanted;
    }
    return found;
}

typedef struct Emitter {
    ClassPlaceHandler handler;
    void *data;
    size_t at;      /* of the block */
    uint64_t valid; /* bits of the block that are asked for */
} Emitter;

static void emit(const Emitter *emitter, uint64_t mask, ClassKind kind)
{
    for (mask &= emitter->valid; mask != 0; mask &= mask - 1) {
        ClassPlace place = {.kind = kind, .at = emitter->at + (size_t)__builtin_ctzll(mask)};
        emitter->handler(emitter->data, &place);
    }
}

/* Ones from bit at on, going on into the next block; at most 63. */
static uint32_t run_length(uint64_t mask, uint64_t next, unsigned at)
{
    uint64_t gap = ~ahead(mask, next, at);

    return gap == 0 ? FIRST_RUN_MAX : MIN((uint32_t)__builtin_ctzll(gap), (uint32_t)FIRST_RUN_MAX);
}

static inline bool bit_ahead(uint64_t mask, uint64_t next, unsigned at)
{
    return ((at < 64 ? mask >> at : at < 128 ? next >> (at - 64) : 0) & 1) != 0;
}

/* Digit runs as long as a bare number, or as a first group that a separator and another digit follow. A run of 63 or
 * more is none; what runs on beyond the next block is looked at later. */
static void emit_numbers(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t before, const Emitter *emitter)
{
    uint64_t starts = now->digit & ~before & emitter->valid;

    for (; starts != 0; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctzll(starts);
        unsigned digits = run_length(now->digit, next->digit, at);
        bool fits =
            (plan->bare_lengths >> digits & 1) != 0 ||
            ((plan->first_groups >> digits & 1) != 0 && bit_ahead(now->separator, next->separator, at + digits) &&
                bit_ahead(now->digit, next->digit, at + digits + 1));
        if (fits) {
            ClassPlace place = {.kind = CLASS_DIGITS, .at = emitter->at + at};
            emitter->handler(emitter->data, &place);
        }
    }
}

static void emit_upper(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t before, const Emitter *emitter)
{
    StartMasks masks;

    start_masks_fill(&masks, now, next);
    for (uint32_t i = 0; i < plan->start_count; i++) {
        uint64_t found = upper_starts(plan->starts[i], &masks, before) & emitter->valid;
        for (; found != 0; found &= found - 1) {
            unsigned at = (unsigned)__builtin_ctzll(found);
            ClassPlace place = {
                .kind = CLASS_UPPER, .start = i, .run = run_length(now->word, next->word, at), .at = emitter->at + at};
            if ((plan->start_runs[i] >> place.run & 1) != 0)
                emitter->handler(emitter->data, &place);
        }
    }
}

/* before: bit i says that a word character stands before byte i. */
static void scan_block(
    const ClassPlan *plan, const ClassMasks *now, const ClassMasks *next, uint64_t before, const Emitter *emitter)
{
    if ((now->digit & ~before) != 0)
        emit_numbers(plan, now, next, before, emitter);
    if (plan->wants_at && now->at != 0)
        emit(emitter, now->at & ahead(now->word, next->word, 1), CLASS_AT);
    if (plan->wants_plus && now->plus != 0)
        emit(emitter, now->plus & ~before & ahead(now->digit, next->digit, 1), CLASS_PLUS);
    if (plan->start_count > 0 && ((now->upper | now->digit) & ~before) != 0)
        emit_upper(plan, now, next, before, emitter);
}

void class_scan(const ClassPlan *plan, const ClassText *text, ClassPlaceHandler handler, void *data)
{
    ClassMasks masks[STRIP_BLOCKS + 1];
    uint64_t carried = text->from > 0 && byte_is_word(text->data[text->from - 1]);

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
