/* Masks of a block beside what each of its bytes is: the processor's own way is the one that is tried. */
#include "detect/structure/byte_set.h"

#include <glib.h>
#include <string.h>

static const char *const sets[] = {
    "a", "%\\&?", "0123456789ABCDEFabcdef", "\n\r\t\x7F", "\xA0", "\xD9\xDB\xE2\xEF", "\x80\x8F\x90\xC2\xFF"};

/* Every byte at every place of a block, in an order that repeats nothing within one. */
static uint8_t byte_at(unsigned block, unsigned i)
{
    return (uint8_t)(block * 7 + i * 37);
}

static void test_a_mask_has_the_members_only(void)
{
    for (size_t set = 0; set < G_N_ELEMENTS(sets); set++) {
        ByteSet wanted;
        byte_set_init(&wanted, sets[set]);
        for (unsigned block = 0; block < 256; block++) {
            uint8_t text[BYTE_SET_BLOCK];
            uint64_t expected = 0;
            for (unsigned i = 0; i < BYTE_SET_BLOCK; i++) {
                text[i] = byte_at(block, i);
                expected |= (uint64_t)(text[i] != 0 && strchr(sets[set], text[i]) != NULL) << i;
            }
            g_assert_cmphex(byte_set_mask(&wanted, text, sizeof text), ==, expected);
            g_assert_cmphex(byte_set_mask(&wanted, text, 5), ==, expected & 0x1F);
        }
    }
}

static void test_several_sets_are_those_alone(void)
{
    const char *const members[BYTE_SETS] = {sets[0], sets[1], sets[2], sets[3]};
    ByteSets together;

    byte_sets_init(&together, members);
    for (unsigned block = 0; block < 256; block++) {
        uint8_t text[BYTE_SET_BLOCK];
        uint64_t masks[BYTE_SETS];
        for (unsigned i = 0; i < BYTE_SET_BLOCK; i++)
            text[i] = byte_at(block, i);
        byte_sets_masks(&together, text, sizeof text, masks);
        for (unsigned set = 0; set < BYTE_SETS; set++) {
            ByteSet alone;
            byte_set_init(&alone, members[set]);
            g_assert_cmphex(masks[set], ==, byte_set_mask(&alone, text, sizeof text));
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/byte-set/a-mask-has-the-members-only", test_a_mask_has_the_members_only);
    g_test_add_func("/detect/byte-set/several-sets-are-those-alone", test_several_sets_are_those_alone);
    return g_test_run();
}
