/* What the sieves of class_starts.c need of a plan. */
#include "detect/class_scan.h"
#include "detect/run_next.h"

static void fill_code_runs(const ClassPlan *plan, ClassSieve *sieve)
{
    for (unsigned kind = 0; kind < RUN_KINDS; kind++) {
        for (unsigned next = 0; next < NEXT_COUNT; next++) {
            for (unsigned length = 0; length <= FIRST_RUN_MAX; length++)
                sieve->codes[kind][length] |= plan->starts_by_run[kind][next][length] != 0 ? 1U << next : 0;
        }
    }
}

static void add_row(const FormRow *row, unsigned first, uint8_t separator, ClassSieve *sieve)
{
    enum { LONGEST = 15 };

    for (uint64_t left = row->pairs | row->seconds; left != 0; left &= left - 1) {
        unsigned second = (unsigned)__builtin_ctzll(left);
        sieve->firsts[first] |= separator;
        sieve->pairs[MIN(first, LONGEST) << 4 | MIN(second, LONGEST)] |= separator;
    }
}

static void fill_number_runs(const ClassPlan *plan, ClassSieve *sieve)
{
    for (unsigned length = 0; length <= FIRST_RUN_MAX; length++)
        sieve->bare[length] = plan->bare_lengths >> length & 1;
    for (unsigned separator = 0; separator < FORM_MAX_SEPARATORS; separator++) {
        for (unsigned first = 0; first <= FORM_MAX_DIGITS; first++)
            add_row(&plan->forms->rows[separator + 1][first], first, (uint8_t)(1U << separator), sieve);
    }
}

void class_plan_finish(ClassPlan *plan, Processor processor)
{
    ClassSieve *sieve = &plan->sieve;

    plan->processor = processor;
    plan->fill = class_mask_fill_for(processor);
    plan->narrow = class_sieving(processor);
    *sieve = (ClassSieve){.codes_in_number = plan->starts_in_numbers != 0 ? ~UINT64_C(0) : 0};
    fill_code_runs(plan, sieve);
    fill_number_runs(plan, sieve);
    for (unsigned byte = 0; byte < sizeof sieve->next; byte++) {
        sieve->next[byte] = (uint8_t)(1U << next_of((uint8_t)byte));
        sieve->separators[byte] =
            plan->separator_numbers[byte] == 0 ? 0 : (uint8_t)(1U << (plan->separator_numbers[byte] - 1));
    }
}
