/* What holds for each validator, whatever it is for. */
#include "validator_testing.h"

static const char *const names[] = {
#define VALIDATOR(name)         #name,
#define CONTEXT_VALIDATOR(name) #name,
#include "detect/validators/validators.def"
#undef CONTEXT_VALIDATOR
#undef VALIDATOR
};

/* Deterministic noise: whatever bytes come, a validator answers and stays inside them. */
static void test_validators_survive_any_bytes(void)
{
    static const char alphabet[] = "0123456789ABYZaz-._@:;=%^$ {}/+\\\n\x80\xff";
    g_autoptr(GRand) noise = g_rand_new_with_seed(20251109);

    for (size_t i = 0; i < 200 * G_N_ELEMENTS(names); i++) {
        size_t len = 1 + (size_t)g_rand_int_range(noise, 0, 96);
        g_autofree uint8_t *bytes = g_malloc(len);
        for (size_t at = 0; at < len; at++)
            bytes[at] = (uint8_t)alphabet[g_rand_int_range(noise, 0, sizeof(alphabet) - 1)];
        Verdict verdict = judge_alone(names[i % G_N_ELEMENTS(names)], (Bytes){.data = bytes, .len = len});
        g_assert_cmpint(verdict, >=, VERDICT_REJECT);
        g_assert_cmpint(verdict, <=, VERDICT_SAMPLE);
    }
}

/* The engine does not ask them about such a number where no keyword stands: all lengths that rules give them. */
static void test_validators_that_doubt_bare_numbers_never_believe_one(void)
{
    g_autoptr(GRand) noise = g_rand_new_with_seed(20261122);
    unsigned doubters = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!validator_doubts_bare(names[i]))
            continue;
        doubters++;
        for (unsigned tries = 0; tries < 20000; tries++) {
            char digits[16];
            size_t len = 9 + tries % 7;
            for (size_t at = 0; at < len; at++)
                digits[at] = (char)('0' + g_rand_int_range(noise, 0, 10));
            Verdict verdict = judge_alone(names[i], (Bytes){.data = (const uint8_t *)digits, .len = len});
            g_assert_cmpint(verdict, <=, VERDICT_WEAK);
        }
    }
    g_assert_cmpuint(doubters, >, 0);
    g_assert_false(validator_doubts_bare("card"));
}

static void test_there_is_no_validator_of_another_name(void)
{
    g_assert_null(validator_find("credit"));
    g_assert_null(validator_find(""));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/every-validator/validators-survive-any-bytes", test_validators_survive_any_bytes);
    g_test_add_func("/detect/every-validator/validators-that-doubt-bare-numbers-never-believe-one",
        test_validators_that_doubt_bare_numbers_never_believe_one);
    g_test_add_func(
        "/detect/every-validator/there-is-no-validator-of-another-name", test_there_is_no_validator_of_another_name);
    return g_test_run();
}
