#include "detect/word_sieve.h"

WordSieve *word_sieve_new(size_t rule_words)
{
    WordSieve *sieve = g_new0(WordSieve, 1);

    sieve->words = rule_words;
    sieve->by_run = g_new0(uint64_t, (size_t)RUN_KINDS * NEXT_COUNT * (FIRST_RUN_MAX + 1) * rule_words);
    sieve->not_by_second = g_new0(uint64_t, (size_t)NEXT_OTHER * RUN_SHORT * RUN_SHORT * rule_words);
    sieve->by_first = g_new0(uint64_t, 256 * rule_words);
    sieve->not_by_quad = g_new0(uint64_t, rule_words);
    return sieve;
}

void word_sieve_free(WordSieve *sieve)
{
    if (sieve == NULL)
        return;
    g_free(sieve->by_run);
    g_free(sieve->not_by_second);
    g_free(sieve->by_first);
    g_free(sieve->not_by_quad);
    g_free(sieve);
}

/* To the sets of a table, for each bit, counted from a row on. */
static void add_to_rows(const WordSieve *sieve, uint64_t *table, size_t row, uint64_t bits, uint32_t rule)
{
    for (; bits != 0; bits &= bits - 1)
        table[(row + (size_t)__builtin_ctzll(bits)) * sieve->words + rule / 64] |= UINT64_C(1) << (rule % 64);
}

void word_sieve_add(WordSieve *sieve, uint32_t rule, const FirstRuns *runs, const uint8_t *first_bytes)
{
    for (size_t i = 0; i < (size_t)RUN_KINDS * NEXT_COUNT; i++)
        add_to_rows(sieve, sieve->by_run, i * (FIRST_RUN_MAX + 1), runs->lengths[i / NEXT_COUNT][i % NEXT_COUNT], rule);
    for (size_t i = 0; i < (size_t)NEXT_OTHER * RUN_SHORT; i++) {
        unsigned next = i / RUN_SHORT, length = i % RUN_SHORT;
        if ((runs->lengths[RUN_ANY][next] >> length & 1) != 0) /* by_run has none of the others */
            add_to_rows(sieve, sieve->not_by_second, i * RUN_SHORT, (uint16_t)~runs->seconds[next][length], rule);
    }
    for (size_t i = 0; i < 32; i++)
        add_to_rows(sieve, sieve->by_first, 8 * i, first_bytes == NULL ? UINT8_MAX : first_bytes[i], rule);
    add_to_rows(sieve, sieve->not_by_quad, 0, runs->takes_quads ? 0 : 1, rule);
}

void word_groups_add(GArray *groups, uint32_t rule)
{
    WordGroup *last = groups->len == 0 ? NULL : &g_array_index(groups, WordGroup, groups->len - 1);

    if (last == NULL || last->at != rule / 64) {
        const WordGroup group = {.at = rule / 64};
        g_array_append_val(groups, group);
        last = &g_array_index(groups, WordGroup, groups->len - 1);
    }
    last->rules |= UINT64_C(1) << (rule % 64);
}
