/* Values that are what they seem in one place and something else in another: what stands around them tells. */
#include "around_testing.h"
#include "base/clock.h"

static void test_one_of_many_numbers_is_part_of_what_they_are_together(void)
{
    static const Around cases[] = {
        {"card", "", "4929 3813 3266 4295", "", VERDICT_PROVED, NULL, NULL},
        {"card", "(6660 6669) ", "4929 3813 3266 4295", "))", VERDICT_LOW, NULL, NULL},
        {"card", "(\"irc\" 6669 ", "4929 3813 3266 4295", "))", VERDICT_LOW, NULL, NULL},
        {"card", "points=\"", "3675 3600 8700 3600", "\"", VERDICT_WEAK, NULL, NULL},
        {"card", "", "2680 0028 2681 0029", ";0", VERDICT_WEAK, NULL, NULL},
        {"card", "id ", "4929381332664295", ",", VERDICT_PASS, NULL, NULL},
        {"card", "ieee754(", "4929381332664295", ",-47)", VERDICT_WEAK, NULL, NULL},
        {"card", "id ", "4929381332664295", ",", VERDICT_PASS, NULL, "order_total_card"},
        {"card", "id ", "4929381332664295", ",", VERDICT_PASS, NULL, "order_that_is_named_at_great_length"},
        {"card", "id ", "4929381332664295", ",", VERDICT_REJECT, NULL, "Tracking Number"},
        {"card", "id ", "4929 3813 3266 4295", ",", VERDICT_PROVED, NULL, "order"},
        {"card", "x = -", "4929381332664295", "", VERDICT_PASS, NULL, NULL},
        {"card", "S(-", "4929381332664295", ")", VERDICT_WEAK, NULL, NULL},
        {"card", "+ ", "4929381332664295", "*t**12", VERDICT_WEAK, NULL, NULL},
        {"sin", "", "250 235 215", "", VERDICT_WEAK, NULL, NULL},
        {"ssn", "", "718 16 1503", "", VERDICT_PASS, NULL, NULL},
        {"ssn", "f f 718 ", "718 16 1503", " 1505", VERDICT_LOW, NULL, NULL},
        {"card_expiry_field", "expires: ", "2026-11", "", VERDICT_PASS, NULL, NULL},
        {"card_expiry_field", "expires: ", "2026-11", "-30T17", VERDICT_REJECT, NULL, NULL},
        {"postcode", "easy-zip\t0.0.4\t", "20883", "\t", VERDICT_LOW, NULL, NULL},
        {"postcode", "easy-zip\t0.0.4\t", "20883", "\t", VERDICT_LOW, NULL, "size"},
        {"postcode", "Main\t4\t", "20883", "\t", VERDICT_PASS, NULL, "zip_code"},
        {"postcode", "easy-zip\t", "20883", "\t", VERDICT_PASS, NULL, NULL},
        {"driving_licence_intl", "us-west-2:", "123456789012", ":license", VERDICT_REJECT, NULL, NULL},
        {"driving_licence_intl", "licence:", "123456789012", "", VERDICT_PASS, NULL, NULL},
        {"sin", "(22 ", "171 567 738", ")", VERDICT_LOW, NULL, NULL},
        {"sin", "(SIN ", "171 567 738", ")", VERDICT_PASS, NULL, NULL},
        {"sin", "(", "171 567 738", ")", VERDICT_PASS, NULL, NULL},
        {"cl_rut", "rut 0 002 @ ", "02604760", " v 0000", VERDICT_LOW, NULL, NULL},
        {"cl_rut", "rut ", "02604760", " v", VERDICT_WEAK, NULL, NULL},
        {"record_number", "permit 0 001 @ ", "06549661", " n", VERDICT_LOW, NULL, NULL},
        {"record_number", "permit ", "06549661", " n", VERDICT_PASS, NULL, NULL},
        {"licence_number", "license number n 1 1 ", "06425808", "", VERDICT_LOW, NULL, NULL},
        {"licence_number", "license number ", "06425808", "", VERDICT_PASS, NULL, NULL},
    };

    check_around(cases, G_N_ELEMENTS(cases));
}

static void test_what_serves_everybody_is_nobodys(void)
{
    static const Around cases[] = {
        {"nanp", "call ", "408-957-2550", " now", VERDICT_PASS, NULL, NULL},
        {"nanp", "call ", "408-957-2550", ", 24 hours a day", VERDICT_LOW, NULL, NULL},
        {"nanp", "call ", "408-957-2550", "\nopen 24 hours a day", VERDICT_PASS, NULL, NULL},
        {"nanp", "phone ", "800-555-0132", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "English: ", "+49 89 4366 5544", ", Monday-Friday", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "call ", "+1 800-555-0132", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "call ", "+855 912 34567", "", VERDICT_PASS, NULL, NULL},
        {"phone_intl", "call ", "+49 89 4366 5544", "", VERDICT_PASS, NULL, NULL},
        {"postcode", "zip ", "65535", "", VERDICT_REJECT, NULL, NULL},
        {"postcode", "zip ", "65536", "", VERDICT_REJECT, NULL, NULL},
        {"postcode", "zip ", "65534", "", VERDICT_PASS, NULL, NULL},
        {"gps", "coordinates: ", "5.000000, 23.000000", "", VERDICT_REJECT, NULL, NULL},
        {"gps", "coordinates: ", "5.000000, 23.000001", "", VERDICT_PASS, NULL, NULL},
        {"gps", "coordinates: ", "nan, 23.000001", "", VERDICT_REJECT, NULL, NULL},
        {"birth_date", "urls with Django ", "3.2.25", " documentation", VERDICT_LOW, NULL, NULL},
        {"birth_date", "born ", "30.2.1985", "", VERDICT_REJECT, NULL, NULL},
        {"birth_date", "birth day (eg: ", "2002-02-01", ")", VERDICT_LOW, NULL, NULL},
        {"birth_date", "birth day (e.g. ", "2002-02-01", ")", VERDICT_LOW, NULL, NULL},
        {"birth_date", "birth day (", "2002-02-01", ")", VERDICT_PASS, NULL, NULL},
        {"birth_date", "born 1970, today is ", "2002-02-01", ")", VERDICT_LOW, NULL, NULL},
        {"birth_date", "her birthday is ", "2002-02-01", ")", VERDICT_PASS, NULL, NULL},
        {"birth_date", "born on Wed ", "May 13 11", ":49", VERDICT_REJECT, NULL, NULL},
        {"birth_date", "born on Wed ", "May 13 11", ", at", VERDICT_PASS, NULL, NULL},
        {"phone_intl", "a number such as ", "+49 89 4366 5544", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "For example, <code>", "+49 89 4366 5544", "", VERDICT_LOW, NULL, NULL},
        {"phone_intl", "bob@example.com ", "+49 89 4366 5544", "", VERDICT_PASS, NULL, NULL},
        {"birth_date", "the leg ", "2002-02-01", ")", VERDICT_PASS, NULL, NULL},
    };

    clock_freeze_ms(1762682400000); /* 2025-11-09 */
    check_around(cases, G_N_ELEMENTS(cases));
    clock_freeze_ms(-1);
}

/* The same number in a letter and in what everybody reads. */
static void test_what_stands_in_manuals_sources_and_listings_is_of_tier_low(void)
{
#define PHONE(before, verdict, path)                                                                                   \
    {                                                                                                                  \
        "nanp", before, "415-555-0132", "", verdict, path, NULL                                                        \
    }
    static const Around cases[] = {
        PHONE("phone ", VERDICT_PASS, NULL),
        PHONE("phone ", VERDICT_PASS, "mail/letter.txt"),
        PHONE("phone ", VERDICT_LOW, "docs/manual.rst"),
        PHONE("phone ", VERDICT_LOW, "share/man/man4/initrd.4.gz"),
        PHONE("phone ", VERDICT_LOW, "i18n/locales/de_AT"),
        PHONE("phone ", VERDICT_LOW, "main.c"),
        PHONE("phone ", VERDICT_PASS, ".c"),
        PHONE("phone ", VERDICT_PASS, "list.csv"),
        PHONE("<span class=\"s1\">phone ", VERDICT_LOW, "page.html"),
        PHONE("<span class=\"hljs-number\">", VERDICT_LOW, "page.html"),
        PHONE("phone ", VERDICT_LOW, "share/doc/a/changelog.gz"),
        PHONE("phone ", VERDICT_LOW, "share/doc/a/NEWS.gz"),
        PHONE("phone ", VERDICT_PASS, "newsletter/list.txt"),
        PHONE("<span class=\"number\">", VERDICT_LOW, "page.html"),
        PHONE("<span class=\"phone\">", VERDICT_PASS, "page.html"),
        PHONE("<span class=\"s1\">phone</span> ", VERDICT_PASS, "page.html"),
        PHONE("<span class=\"s1", VERDICT_PASS, "page.html"),
    };
#undef PHONE

    check_around(cases, G_N_ELEMENTS(cases));
}

/* `<latitude><minutes>52.560001</minutes>` */
static void test_minutes_of_a_degree_are_no_place(void)
{
    static const Around cases[] = {
        {"gps", "", "52.560001", "", VERDICT_PASS, NULL, NULL},
        {"gps", "", "52.560001", "", VERDICT_PASS, NULL, "latitude"},
        {"gps", "", "52.560001", "", VERDICT_REJECT, NULL, "minutes"},
        {"gps", "", "52.560001", "", VERDICT_REJECT, NULL, "seconds"},
    };

    check_around(cases, G_N_ELEMENTS(cases));
}

/* What stands for names in tables of codes, in programs and in sentences. */
static void test_a_word_is_no_name_where_others_stand(void)
{
    static const Around cases[] = {
        {"likely_full_name", "\"name\": \"", "Santiago Rodriguez", "\"", VERDICT_PASS, NULL, "name"},
        {"likely_full_name", "\"code\": \"DO-26\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_LOW, NULL,
            "name"},
        {"likely_full_name", "\"code\": \"C1026\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_PASS, NULL,
            "name"},
        {"likely_full_name", " code=\"DO-26\" name=\"", "Santiago Rodriguez", "\"", VERDICT_LOW, NULL, "name"},
        {"likely_full_name", "\"alpha_3\": \"sjk\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_LOW, NULL,
            "name"},
        {"likely_full_name", "\"code\": \"DO-2600\", \"name\": \"", "Santiago Rodriguez", "\"", VERDICT_PASS, NULL,
            "name"},
        {"person_name", "full name: ", "QueueFull", "", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "DosLoadModule", "(", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "NSString", "", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "KeyName", "", VERDICT_LOW, NULL, NULL},
        {"person_name", "full name: ", "LaToya", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "KOWALCZYK", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "MacDonald", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "FitzGerald", "", VERDICT_PASS, NULL, NULL},
        {"person_name", "full name: ", "Instead", "", VERDICT_REJECT, NULL, NULL},
        {"script_name", "氏名: ", "山田 太郎", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前: ", "やまだ たろう", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前は", "山田太郎です", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前は", "山田太郎、年齢は", "", VERDICT_PASS, NULL, NULL},
        {"script_name", "名前は", "登録されるすべて", "", VERDICT_REJECT, NULL, NULL},
        {"script_name", "名前は", "、すべての自己参", "", VERDICT_REJECT, NULL, NULL},
        {"script_name", "名前は", "アルファベット、", "", VERDICT_LOW, NULL, NULL},
        {"in_pan", "PAN ", "HIMAX8279D", " panels", VERDICT_PASS, NULL, NULL},
        {"in_pan", "FOR BOE ", "HIMAX8279D", " PANELS", VERDICT_WEAK, NULL, NULL},
        {"es_nif_loose", "DNI ", "54362315K", "", VERDICT_PASS, NULL, NULL},
        {"es_nif_loose", "download/", "54362315K", ".pdf", VERDICT_LOW, NULL, NULL},
        {"card_cvv", "\"href\": [212, 250], \"z\": 7, \"a\": 212, \"b\": 212, \"c\": 1, \"d\": 2, \"cid\": ", "212",
            ", ", VERDICT_REJECT, NULL, "cid"},
        {"card_cvv", "\"a\": 212, \"b\": \"x\", \"c\": 1, \"d\": 2, \"e\": 2, \"f\": 3, \"cid\": ", "212", ", ",
            VERDICT_PASS, NULL, "cid"},
        {"postcode", "zip = '", "94105", "'", VERDICT_PASS, NULL, NULL},
        {"postcode", "WHERE zip = '", "94105", "'", VERDICT_LOW, NULL, NULL},
        {"us_street", "address = '", "1 Main St.", "'", VERDICT_LOW, NULL, NULL},
        {"us_street", "address = '", "11 Main St.", "'", VERDICT_PASS, NULL, NULL},
        {"phone_trunk", "phone ", "0123456789", "", VERDICT_LOW, NULL, NULL},
        {"phone_trunk", "phone ", "0133456798", "", VERDICT_PASS, NULL, NULL},
    };

    check_around(cases, G_N_ELEMENTS(cases));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/detect/surroundings/one-of-many-numbers-is-part-of-what-they-are-together",
        test_one_of_many_numbers_is_part_of_what_they_are_together);
    g_test_add_func("/detect/surroundings/what-serves-everybody-is-nobodys", test_what_serves_everybody_is_nobodys);
    g_test_add_func("/detect/surroundings/what-stands-in-manuals-sources-and-listings-is-of-tier-low",
        test_what_stands_in_manuals_sources_and_listings_is_of_tier_low);
    g_test_add_func("/detect/surroundings/minutes-of-a-degree-are-no-place", test_minutes_of_a_degree_are_no_place);
    g_test_add_func(
        "/detect/surroundings/a-word-is-no-name-where-others-stand", test_a_word_is_no_name_where_others_stand);
    return g_test_run();
}
