/* Runs of base64 and hexadecimal: their texts, and the lines they are broken into. */
#include "detect_testing.h"

#include <string.h>

typedef struct RunCase {
    const char *what, *text, *matches;
} RunCase;

/* Encoded by Python's base64 and codecs; places by the definitions of the encodings. */
static const RunCase cases[] = {
    {"UTF-16 of Java in base64",
        "x="
        "AG0AeQAgAGMAYQBzAGUAIABpAHMAIAAxADIAMwAtADQANQAtADYANwA4ADkALAAgAHMAbwAgAGkAdAAgAGkAcwAsACAAYQBuAGQAIAB0AGgAZQ"
        "ByAGUAIABpAHMAIABtAG8AcgBl",
        "id.case 31+30 1:32 medium 123-45-6789\n"},
    {"UTF-16 of Java with its mark in base64",
        "x=/"
        "v8AbQB5ACAAYwBhAHMAZQAgAGkAcwAgADEAMgAzAC0ANAA1AC0ANgA3ADgAOQAsACAAcwBvACAAaQB0ACAAaQBzACwAIABhAG4AZAAgAHQAaAB"
        "lAHIAZQAgAGkAcwAgAG0AbwByAGU=",
        "id.case 34+30 1:35 medium 123-45-6789\n"},
    {"UTF-16 of Java in hexadecimal",
        "0x006d0079002000630061007300650020006900730020003100320033002d00340035002d0036003700380039002c00200073006f0020"
        "00690074002000690073002c00200061006e00640020007400680065007200650020006900730020006d006f00720065",
        "id.case 46+44 1:47 medium 123-45-6789\n"},
    {"UTF-16 of Java with its mark in hexadecimal",
        "x: "
        "feff006d0079002000630061007300650020006900730020003100320033002d00340035002d0036003700380039002c00200073006f00"
        "2000690074002000690073002c00200061006e00640020007400680065007200650020006900730020006d006f00720065",
        "id.case 51+44 1:52 medium 123-45-6789\n"},
    {"UTF-16 of Java with other letters",
        "x: "
        "AEYA/"
        "AByACAgrAAgAG0AeQAgAGMAYQBzAGUAIABpAHMAIAAxADIAMwAtADQANQAtADYANwA4ADkALAAgAHMAbwAgAGkAdAAgAGkAcwAsACAAYQBuAGQ"
        "AIAB0AGgAZQByAGUAIABpAHMAIABtAG8AcgBl",
        "id.case 48+30 1:49 medium 123-45-6789\n"},
    {"base32", "x: NV4SAY3BONSSA2LTEAYTEMZNGQ2S2NRXHA4SYIDTN4QGS5BANFZSYIDBNZSCA5DIMVZGKIDJOMQG233SMU======",
        "id.case 20+19 1:21 medium 123-45-6789\n"},
    {"base32 in lower case without its end",
        "x: nv4say3bonssa2lteaytemzngq2s2nrxha4syidtn4qgs5banfzsyidbnzsca5dimvzgkidjomqg233smu",
        "id.case 20+19 1:21 medium 123-45-6789\n"},
    {"hexadecimal with dashes, as .NET prints bytes",
        "x: "
        "6D-79-20-63-61-73-65-20-69-73-20-31-32-33-2D-34-35-2D-36-37-38-39-2C-20-73-6F-20-69-74-20-69-73-2C-20-61-6E-"
        "64-20-74-68-65-72-65-20-69-73-20-6D-6F-72-65",
        "id.case 36+32 1:37 medium 123-45-6789\n"},
    {"hexadecimal of PostgreSQL",
        "1\t\\\\x6d792063617365206973203132332d34352d363738392c20736f2069742069732c20616e64207468657265206973206d6f7265"
        "\n",
        "id.case 27+22 1:28 medium 123-45-6789\n"},
    {"base64 in lines of JSON",
        "{\"a\":\"VGhlIGNvbnRlbnQgb2YgdGhpcyBmaWxlIGlzICBteSBjYXNlIGlzIDEyMy00\\nNS02Nzg5LCBhbmQgbm8gbW9yZS4=\"}",
        "id.case 59+17 1:60 medium 123-45-6789\n"},
    {"base64 in lines of JSON with CRLF",
        "{\"a\":"
        "\"VGhlIGNvbnRlbnQgb2YgdGhpcyBmaWxlIGlzIGtlcHQgaW4gbGluZSBteSBjYXNlIGlzIDEyMy00\\r\\nNS02Nzg5LCBhbmQgbm8gbW9yZS"
        "4=\"}",
        "id.case 75+19 1:76 medium 123-45-6789\n"},
    {"base64 in lines of YAML",
        "a: |\n    VGhlIGNvbnRlbnQgb2YgdGhpcyBmaWxlIGlzIGtlcCBteSBjYXNlIGlzIDEyMy00\n    "
        "NS02Nzg5LCBhbmQgbm8gbW9yZS4=\nb: 1\n",
        "id.case 66+20 2:62 medium 123-45-6789\n"},
    {"base64 in lines of a file with tabs",
        "\tVGhlIGNvbnRlbnQgb2YgdGhpcyBmaWxlIGlzIGtlcHQgaW4gbCBteSBjYXNlIGlzIDEyMy00\r\n\tNS02Nzg5LCBhbmQgbm8gbW9yZS4="
        "\nb: 1\n",
        "id.case 66+18 1:67 medium 123-45-6789\n"},
    {"base64 in lines of LDIF",
        "a:: VGhlIGNvbnRlbnQgb2YgdGhpcyBmaWxlIGlzIGtlcHQgaW4gbGkgbXkgY2FzZSBpcyAxMjMtND\n "
        "UtNjc4OSwgYW5kIG5vIG1vcmUu\nb: 1\n",
        "id.case 70+18 1:71 medium 123-45-6789\n"},
    {"hexadecimal in lines of YAML",
        "a: >\n  54686520636f6e74656e74206f6620746869732066696c65206973206b657074\n  "
        "20696e206c696e65733b20696e2069742c206d79206361736520697320313233\n  "
        "2d34352d363738392c20616e6420697420697320637574207468657265207768\n  "
        "6572652061206c696e6520656e64732e205468657265206973206d6f72652e\n",
        "id.case 132+25 3:61 medium 123-45-6789\n"},
};

static void test_values_in_every_kind_of_run_are_found(void)
{
    g_autoptr(RuleSet) rules = testing_rules(TESTING_RULES);

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        testing_check_cuts(rules, cases[i].what, cases[i].text, cases[i].matches);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_set_nonfatal_assertions();
    g_test_add_func("/detect/runs/values-in-every-kind-of-run-are-found", test_values_in_every_kind_of_run_are_found);
    return g_test_run();
}
