/* What a scan leaves on the stack of its thread: nothing of what it found. */
#include "detect/detect.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

enum {
    STACK_BYTES = 512 * 1024,
    FAR_BEHIND = 100 * 1024
}; /* far behind a value it is confirmed before the text ends */

/* A value, and what its validators may have copied of it. */
typedef struct StackCase {
    const char *text, *copies[3];
} StackCase;

static const StackCase cases[] = {
    {"card number: 4929-3813-3266-4295\n", {"4929-3813-3266-4295", "4929381332664295"}},
    {"NPI: 1234567893\n", {"1234567893", "808401234567893"}},
    {"Medicare beneficiary: 1EG4-TE5-MK73\n", {"1EG4-TE5-MK73", "1EG4TE5MK73"}},
    {"host 2a02:0898:0052:0010:aaaa:0004:5566:7788\n", {"2a02:0898:0052:0010:aaaa:0004:5566:7788"}},
    {"national id: 11010519491231002X\n", {"11010519491231002X"}},
    {"first name: Wilhelmina, last name: Oppenheimer\n", {"Wilhelmina", "wilhelmina", "oppenheimer"}},
    {"address: 1600 Blackthorn Avenue, Springfield, IL 62701\n", {"Blackthorn", "blackthorn"}},
    {"password: Zq7#vRt9!mKw2\n", {"Zq7#vRt9!mKw2", "zq7#vrt9!mkw2"}},
};

/* How a text comes to its end. */
typedef enum StackEnd { STACK_ENDS, STACK_IS_ABANDONED, STACK_NEXT_BEGINS } StackEnd;

typedef struct StackScan {
    RuleSet *rules;
    const char *text;
    StackEnd end;
    unsigned matches;
} StackScan;

static void count_match(void *data, G_GNUC_UNUSED const Match *match)
{
    StackScan *scan = data;

    scan->matches++;
}

static void *scan_text(void *data)
{
    StackScan *scan = data;
    const DetectorOptions options = {.min_tier = TIER_LOW, .handler = count_match, .data = scan};
    g_autoptr(Detector) detector = NULL;
    g_autoptr(GError) error = NULL;

    g_autofree char *behind = g_strnfill(FAR_BEHIND, '\n');
    bool is_read = detector_new(scan->rules, &detector, &error) &&
                   detector_begin(detector, &options, TEXT_UTF8, 0, &error) &&
                   detector_feed(detector, scan->text, strlen(scan->text), &error) &&
                   (scan->end == STACK_ENDS || detector_feed(detector, behind, FAR_BEHIND, &error)) &&
                   (scan->end != STACK_ENDS || detector_end(detector, &error)) &&
                   (scan->end != STACK_NEXT_BEGINS || detector_begin(detector, &options, TEXT_UTF8, 0, &error));
    if (scan->end == STACK_IS_ABANDONED)
        detector_abandon(detector);
    g_assert_no_error(error);
    g_assert_true(is_read);
    return NULL;
}

/* On a stack that stays when the thread is gone. */
static unsigned scan_on(uint8_t *stack, StackEnd end, RuleSet *rules, const char *text)
{
    StackScan scan = {.rules = rules, .text = text, .end = end};
    pthread_attr_t attributes;
    pthread_t thread;

    g_assert_cmpint(pthread_attr_init(&attributes), ==, 0);
    g_assert_cmpint(pthread_attr_setstack(&attributes, stack, STACK_BYTES), ==, 0);
    g_assert_cmpint(pthread_create(&thread, &attributes, scan_text, &scan), ==, 0);
    g_assert_cmpint(pthread_join(thread, NULL), ==, 0);
    (void)pthread_attr_destroy(&attributes);
    return scan.matches;
}

static void look_at_stacks(RuleSet *rules, StackEnd end)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint8_t *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        g_assert_true(stack != MAP_FAILED);
        if (scan_on(stack, end, rules, cases[i].text) == 0)
            g_test_fail_printf("nothing found: %s", cases[i].text);
        for (size_t j = 0; j < G_N_ELEMENTS(cases[i].copies) && cases[i].copies[j] != NULL; j++) {
            const char *copy = cases[i].copies[j];
            const uint8_t *found = memmem(stack, STACK_BYTES, copy, strlen(copy));
            if (found != NULL)
                g_test_fail_printf("%s: %td bytes deep", copy, stack + STACK_BYTES - found);
        }
        (void)munmap(stack, STACK_BYTES);
    }
}

static void test_no_value_stays_on_the_stack(gconstpointer data)
{
    look_at_stacks((RuleSet *)(uintptr_t)data, STACK_ENDS);
}

static void test_no_value_of_a_text_that_is_given_up_stays_on_the_stack(gconstpointer data)
{
    look_at_stacks((RuleSet *)(uintptr_t)data, STACK_IS_ABANDONED);
    look_at_stacks((RuleSet *)(uintptr_t)data, STACK_NEXT_BEGINS);
}

int main(int argc, char **argv)
{
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(GError) error = NULL;

    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    const char *const directories[] = {argv[1], NULL};
    g_assert_cmpint(g_mkdir_with_parents(argv[2], 0700), ==, 0);
    bool is_loaded = rule_set_load(directories, argv[2], &rules, &error);
    g_assert_no_error(error);
    g_assert_true(is_loaded);
    g_test_add_data_func("/detect/stack/no-value-stays-on-the-stack", rules, test_no_value_stays_on_the_stack);
    g_test_add_data_func("/detect/stack/no-value-of-a-text-that-is-given-up-stays-on-the-stack", rules,
        test_no_value_of_a_text_that_is_given_up_stays_on_the_stack);
    return g_test_run();
}
