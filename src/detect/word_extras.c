/* Whole runs in camelCase, words without the digits behind them, and what follows either: few, so each is looked at for
 * itself. */
#include "detect/byte_class.h"
#include "detect/keyword_fold.h"
#include "detect/word_split_state.h"

static void add_extra(WordSplitter *splitter, const WordPlace *place)
{
    size_t at = splitter->extra_count++;
    uint64_t end = place->start + place->len;

    for (; at > 0 && splitter->extras[at - 1].start + splitter->extras[at - 1].len > end; at--)
        splitter->extras[at] = splitter->extras[at - 1];
    splitter->extras[at] = *place;
}

void word_extras_add_behind(WordSplitter *splitter, const Strip *strip, uint64_t end)
{
    const uint8_t *text = strip->text + (end - strip->position);
    uint32_t start = 0, len = 1;

    while (start < KEYWORD_PHRASE_GAP && !keyword_is_word_byte(text[start]))
        start++;
    if (!keyword_is_word_byte(text[start]))
        return;
    while (len < WORD_MAX_BYTES && keyword_is_word_byte(text[start + len]) && !byte_is_edge(text + start + len))
        len++;
    add_extra(splitter, &(WordPlace){.start = end + start, .len = len, .stem = len, .is_end = true});
}

static void add_camel_run(WordSplitter *splitter, const Strip *strip, uint64_t start, uint64_t end)
{
    uint32_t len = (uint32_t)(end - start);
    uint64_t hash = vocabulary_hash(vocabulary_prefix(strip->text + (start - strip->position), len), len);

    if (vocabulary_may_end(splitter->sketch, hash))
        add_extra(splitter, &(WordPlace){.start = start, .len = len, .stem = len, .is_end = true});
    if (vocabulary_sketch_has(splitter->sketch->firsts, hash))
        word_extras_add_behind(splitter, strip, end);
}

void word_extras_add_runs(
    WordSplitter *splitter, const Strip *strip, uint64_t at, uint64_t edges, const uint64_t words[3])
{
    uint64_t handled = splitter->camel_end > at ? splitter->camel_end - at : 0;

    edges &= handled < CLASS_BLOCK ? ~below((unsigned)handled) : 0;
    while (edges != 0) {
        unsigned edge = (unsigned)__builtin_ctzll(edges);
        uint64_t gaps = ~words[1] & below(edge);
        uint64_t start = words[0] >> 63 != 0 ? splitter->run : at;
        if (gaps != 0)
            start = at + CLASS_BLOCK - (unsigned)__builtin_clzll(gaps);
        uint64_t behind = ~bits_from(words[1], words[2], edge);
        unsigned len = behind != 0 ? (unsigned)__builtin_ctzll(behind) : CLASS_BLOCK;
        splitter->camel_end = at + edge + len;
        if (splitter->camel_end - start <= WORD_MAX_BYTES)
            add_camel_run(splitter, strip, start, splitter->camel_end);
        edges &= edge + len < CLASS_BLOCK ? ~below(edge + len) : 0;
    }
}

void word_extras_add_stems(WordSplitter *splitter, const Strip *strip, uint64_t at, uint64_t ends, uint64_t starts)
{
    for (; ends != 0; ends &= ends - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(ends);
        uint64_t before = starts & below(bit);
        uint64_t start = before != 0 ? at + 63 - (unsigned)__builtin_clzll(before) : splitter->part;
        uint64_t len = at + bit - start, stem = len;
        if (len > WORD_MAX_BYTES)
            continue;
        while (stem > 0 && byte_is_digit(strip->text[start + stem - 1 - strip->position]))
            stem--;
        if (stem < WORD_STEM_MIN)
            continue;
        const WordPlace place = {.start = start, .len = (uint32_t)len, .stem = (uint32_t)stem, .is_end = true};
        uint64_t hash = vocabulary_hash(vocabulary_prefix(strip->text + (start - strip->position), stem), stem);
        if (vocabulary_may_end(splitter->sketch, hash))
            add_extra(splitter, &place);
        if (vocabulary_sketch_has(splitter->sketch->firsts, hash))
            word_extras_add_behind(splitter, strip, start + len);
    }
}

size_t word_extras_hand_over(WordSplitter *splitter, size_t from, uint64_t end)
{
    for (; from < splitter->extra_count; from++) {
        const WordPlace *extra = &splitter->extras[from];
        if (extra->start + extra->len >= end)
            break;
        splitter->handler(splitter->data, extra);
    }
    return from;
}
