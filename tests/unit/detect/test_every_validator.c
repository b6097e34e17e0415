/* What holds for each validator, whatever it is for. */
#include "validator_testing.h"

#include <string.h>

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

/* Of what validators look for. A rule of one's own may hand over any part of it. */
static const char *const fragments[] = {"key=\"a\" value=\"secret1\"", "value=\"", "-pw Xk9!fLq2",
    "password is Summer2024!", "coffee-tiger83", "'V?dfgpy@QZmH'", "cvv [123, 124, 125]", "\"a\": 1, \"b\": [2, 3]",
    "::1/128 exp 12/2027", "2027-12", "Jun 2027, card", "1 Main St, Springfield, IL 62704-1234", "30 MAY 2024",
    "zip(94105) WHERE zip = '94105'", "_ga=GA1.2.34567; sid=abcdef", "$name=$value", "input:focus{border:1px",
    "i:id:Pass:Outputable:203", "p->getInput()", "passwd($ARGV[1]", "node-modules-x-00000000000000000000000000000000",
    "PSA_ALG_CBC_PKCS7", "{{GENDER:$2|\xe7\x94\xa8", "https://a:b@host/x?token=1", "call 408-957-2550, 24 hours",
    "+44 20 7946 0958", "GB82 WEST 1234 5698 7654 32", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.x",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "Basic dXNlcjpwYXNz", "arn:aws:iam::123456789012:user/x", "2001:db8::1",
    "192.0.2.1", "00:1A:2B:3C:4D:5E", "John von Neumann-Smith", "==--\"\"''``", "  \t\r\n", "%(x)s ${y} <z>",
    "user:{SSHA}abc", "1EG4-TE5-MK73", ".", "\xc3", "\xe2\x80\x91"};

/* On the heap, nothing behind it: what reads on is caught by AddressSanitizer. */
static Bytes copy_of(const char *text, size_t len, uint8_t **ret_own)
{
    *ret_own = g_malloc(MAX(len, (size_t)1));
    memcpy(*ret_own, text, len);
    return (Bytes){.data = len > 0 ? *ret_own : *ret_own + 1, .len = len};
}

static void check_part(const char *text, size_t from, size_t to)
{
    g_autofree uint8_t *before = NULL, *value = NULL, *after = NULL, *field = NULL;
    const Surroundings alone = {.before = copy_of(text, from, &before),
        .value = copy_of(text + from, to - from, &value),
        .after = copy_of(text + to, strlen(text + to), &after)};
    Surroundings in_field = alone;

    in_field.field = copy_of("password", strlen("password"), &field);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        Validator validator = validator_find(names[i]);
        ContextValidator in_context = context_validator_find(names[i]);
        g_assert_cmpint(validator != NULL ? validator(alone.value) : in_context(&alone), <=, VERDICT_SAMPLE);
        if (in_context != NULL)
            g_assert_cmpint(in_context(&in_field), <=, VERDICT_SAMPLE);
    }
}

static void test_validators_survive_any_part_of_what_they_look_for(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(fragments); i++) {
        size_t len = strlen(fragments[i]);
        for (size_t at = 0; at < len; at++) {
            check_part(fragments[i], at, len);
            check_part(fragments[i], 0, at + 1);
        }
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
    g_test_add_func("/detect/every-validator/validators-survive-any-part-of-what-they-look-for",
        test_validators_survive_any_part_of_what_they_look_for);
    g_test_add_func("/detect/every-validator/validators-that-doubt-bare-numbers-never-believe-one",
        test_validators_that_doubt_bare_numbers_never_believe_one);
    g_test_add_func(
        "/detect/every-validator/there-is-no-validator-of-another-name", test_there_is_no_validator_of_another_name);
    return g_test_run();
}
