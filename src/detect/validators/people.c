/* Where people live, and what they pay with. */
#include "detect/validators/validators_internal.h"
#include "detect/validators/word_search.h"

#include <string.h>

/* USPS Publication 28: the state of an address and the first three digits of its ZIP codes. */
typedef struct ZipRange {
    char state[3];
    uint16_t low, high;
} ZipRange;

static const ZipRange zip_ranges[] = {{"AL", 350, 369}, {"AK", 995, 999}, {"AZ", 850, 865}, {"AR", 716, 729},
    {"CA", 900, 961}, {"CO", 800, 816}, {"CT", 60, 69}, {"DC", 200, 205}, {"DC", 569, 569}, {"DE", 197, 199},
    {"FL", 320, 349}, {"GA", 300, 319}, {"GA", 398, 399}, {"HI", 967, 968}, {"IA", 500, 528}, {"ID", 832, 838},
    {"IL", 600, 629}, {"IN", 460, 479}, {"KS", 660, 679}, {"KY", 400, 427}, {"LA", 700, 714}, {"MA", 10, 27},
    {"MA", 55, 55}, {"MD", 206, 219}, {"ME", 39, 49}, {"MI", 480, 499}, {"MN", 550, 567}, {"MO", 630, 658},
    {"MS", 386, 397}, {"MT", 590, 599}, {"NC", 270, 289}, {"ND", 580, 588}, {"NE", 680, 693}, {"NH", 30, 38},
    {"NJ", 70, 89}, {"NM", 870, 884}, {"NV", 889, 898}, {"NY", 5, 5}, {"NY", 63, 63}, {"NY", 100, 149},
    {"OH", 430, 459}, {"OK", 730, 749}, {"OR", 970, 979}, {"PA", 150, 196}, {"PR", 6, 9}, {"RI", 28, 29},
    {"SC", 290, 299}, {"SD", 570, 577}, {"TN", 370, 385}, {"TX", 733, 733}, {"TX", 750, 799}, {"TX", 885, 885},
    {"UT", 840, 847}, {"VA", 201, 201}, {"VA", 220, 246}, {"VT", 50, 59}, {"WA", 980, 994}, {"WI", 530, 549},
    {"WV", 247, 268}, {"WY", 820, 831}};

static bool zip_fits_state(const char *state, uint32_t zip)
{
    for (size_t i = 0; i < G_N_ELEMENTS(zip_ranges); i++)
        if (strncmp(state, zip_ranges[i].state, 2) == 0 && zip >= zip_ranges[i].low && zip <= zip_ranges[i].high)
            return true;
    return false;
}

/* An address that ends with state and ZIP code: they must fit. One without them is as likely as its words. */
Verdict validate_us_address(Bytes value)
{
    const char *text = (const char *)value.data;
    size_t end = value.len;

    if (end > 10 && text[end - 5] == '-')
        end -= 5;
    if (end < 9 || !digits_all(text, end - 5, 5))
        return VERDICT_PASS;
    size_t at = end - 5;
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == ','))
        at--;
    if (at < 3 || !g_ascii_isupper(text[at - 1]) || !g_ascii_isupper(text[at - 2]))
        return VERDICT_PASS;
    return zip_fits_state(text + at - 2, digits_value(text, end - 5, 3)) ? VERDICT_PROVED : VERDICT_WEAK;
}

/* Elements that only set text: those of each length, one behind the other. */
static bool is_markup(Bytes field)
{
    static const char *const by_length[] = {NULL, "abipu", "brdddldtemh1h2h3h4litdthtrttul", "divprevar",
        "bodycodefonthtmlspan", "tabletitle", "strong", "articlesection", NULL, NULL, "blockquote"};
    const char *names = field.len < G_N_ELEMENTS(by_length) ? by_length[field.len] : NULL;
    char lower[G_N_ELEMENTS(by_length)];

    if (names == NULL)
        return false;
    for (size_t i = 0; i < field.len; i++)
        lower[i] = (char)(field.data[i] | (g_ascii_isupper(field.data[i]) ? 0x20 : 0));
    for (; *names != '\0'; names += field.len)
        if (names[0] == lower[0] && memcmp(names, lower, field.len) == 0)
            return true;
    return false;
}

bool is_in_field(const Surroundings *surroundings)
{
    return surroundings->field.len > 0 && !is_markup(surroundings->field);
}

bool is_of_organisation(const Surroundings *surroundings)
{
    static const char *const words[] = {" Inc.", " Inc,", " Corp.", "Corporation", "Foundation", " LLC", " Ltd",
        " University", "Copyright", "Initiatives", "office at", "Institute", "echnical Support", "ustomer Support",
        " products"};
    static WordSearch search = WORD_SEARCH_EXACT(words);
    enum { NEAR = 160 };
    Bytes before = surroundings->before;
    size_t near = MIN(before.len, (size_t)NEAR);

    if (before.data == NULL || is_in_field(surroundings))
        return false;
    return word_search_any(&search, (Bytes){.data = before.data + before.len - near, .len = near});
}

/* "call 408-957-2550, 24 hours a day", "(800) 888-5016": numbers of a service, which it tells to everybody. */
static bool is_of_service(const Surroundings *surroundings)
{
    static const char *const words[] = {
        "outside the U", "outside of the U", "24 hours", "24/7", "Monday", "business hours", "onday to F", "onday-F"};
    static WordSearch search = WORD_SEARCH_EXACT(words);
    static const char toll_free[] = " 800 833 844 855 866 877 888 ";
    Bytes value = surroundings->value, after = surroundings->after;
    const uint8_t *line = after.len > 0 ? memchr(after.data, '\n', after.len) : NULL;
    size_t len = line != NULL ? (size_t)(line - after.data) : after.len;
    char area[6] = "     ";
    Alnum digits;

    if (after.data != NULL && word_search_any(&search, (Bytes){.data = after.data, .len = len}))
        return true;
    if (!digits_read(value, &digits) || digits.len < 10 || !digits.has_separators)
        return false;
    bool has_country = digits.len == 11 && digits.text[0] == '1';
    memcpy(area + 1, digits.text + (has_country ? 1 : 0), 3);
    return (has_country || (digits.len == 10 && value.data[0] != '+')) && strstr(toll_free, area) != NULL;
}

Verdict outside_service(const Surroundings *surroundings, Verdict verdict)
{
    if (verdict <= VERDICT_LOW)
        return verdict;
    if (is_of_organisation(surroundings) || (!is_in_field(surroundings) && is_of_service(surroundings)) ||
        is_in_request(surroundings))
        return VERDICT_LOW;
    return outside_publication(surroundings, verdict);
}

/* What stands in textbooks, and where a minister lives. */
static bool is_sample_street(Bytes value)
{
    static const char *const samples[] = {"1 Main St", "10 Downing St", "221B Baker St", "PO Box 1866, Mountain View"};

    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++)
        if (value.len >= strlen(samples[i]) && memcmp(value.data, samples[i], strlen(samples[i])) == 0)
            return true;
    return false;
}

/* "24 Hour Drive", "5 Lane Highway", "8 Core Sq": the word behind the number is what it counts. */
static bool counts_something(Bytes value)
{
    static const char counted[] =
        " Day Days Hour Hours Minute Minutes Second Seconds Week Weeks Month Months Year Years Lane "
        "Lanes Percent Core Cores Bit Bits Step Steps Inch Volt Watt Person People Items Pages "
        "Players Monkeys Times ";
    char word[16] = " ";
    size_t at = 0, len = 1;

    while (at < value.len && g_ascii_isdigit(value.data[at]))
        at++;
    if (at == 0 || at == value.len || value.data[at++] != ' ')
        return false;
    while (at < value.len && len < sizeof word - 2 && g_ascii_isalpha(value.data[at]))
        word[len++] = (char)value.data[at++];
    word[len] = ' ';
    return len > 1 && strstr(counted, word) != NULL;
}

/* "Example Foundation, 1 Main Street": where an organisation sits is no secret. */
Verdict validate_us_street(const Surroundings *surroundings)
{
    Verdict verdict = validate_us_address(surroundings->value);
    if (counts_something(surroundings->value))
        return verdict == VERDICT_PROVED ? verdict : VERDICT_REJECT;
    if (is_sample_street(surroundings->value))
        return VERDICT_LOW;
    return is_of_organisation(surroundings) ? MIN(verdict, VERDICT_LOW) : outside_publication(surroundings, verdict);
}

/* "00000002": counted from the beginning. */
static bool has_many_zeros(Bytes value)
{
    enum { ZEROS = 5 };

    return value.len > ZEROS && memcmp(value.data, "00000", ZEROS) == 0;
}

/* "savings_account n 1 2 @ ~ 1 0 13364212" */
Verdict validate_bank_account_told(const Surroundings *surroundings)
{
    if (number_is_bound(surroundings->value) || has_many_zeros(surroundings->value))
        return VERDICT_REJECT;
    return outside_marks(surroundings, validate_bank_account(surroundings->value));
}

/* Sort code and account number of the United Kingdom: dates and one repeated digit are refused. */
Verdict validate_uk_account(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || (digits.len != 14 && digits.len != 6 && digits.len != 8))
        return VERDICT_REJECT;
    uint32_t year = digits_value(digits.text, 0, 4);
    bool is_date = digits.len == 8 && year >= 1950 && year < 2050 &&
                   date_is_real(year, digits_value(digits.text, 4, 2), digits_value(digits.text, 6, 2));
    return is_date || digits_one_repeated(digits.text, digits.len) ? VERDICT_REJECT : VERDICT_PASS;
}

/* Cookies that only count visitors are of no interest; a value that only names what would stand there is none. */
Verdict validate_cookie(Bytes value)
{
    static const char *const analytics[] = {"_ga", "_gid", "_gat", "__utm", "_fbp", "_hj", "_pk_"};
    const uint8_t *equals = memchr(value.data, '=', value.len);

    /* "$name=$value" is a program's. */
    if (equals == NULL || value.data[0] == '$' ||
        distinct_count((Bytes){equals + 1, (size_t)(value.data + value.len - equals - 1)}) < 5)
        return VERDICT_REJECT;
    if (memchr(value.data, ';', value.len) != NULL)
        return VERDICT_PASS;
    for (size_t i = 0; i < G_N_ELEMENTS(analytics); i++)
        if (value.len > strlen(analytics[i]) && memcmp(value.data, analytics[i], strlen(analytics[i])) == 0)
            return VERDICT_LOW;
    return VERDICT_PASS;
}

/* Deutsche Post gives out 01001 to 99998; the shape tells all about other countries' codes. */
static Verdict postcode_verdict(Bytes value)
{
    if (value.len != 5 || mix_of(value).digits != 5)
        return VERDICT_PASS;
    uint32_t code = digits_value((const char *)value.data, 0, 5);
    bool is_bound = code == 32767 || code == 32768 || code == 65535 || code == 65536;
    return code >= 1001 && code <= 99998 && !is_bound ? VERDICT_PASS : VERDICT_REJECT;
}

/* "zip(range(20000)", "ZipFile.read", "WHERE zip = '94105'": archives, what pairs lists, and what is asked for. */
static bool is_about_other_zip(Bytes before)
{
    static const char *const words[] = {
        "zip(", "zip file", "ZIP file", "ipFile", "ipfile", "ipEntry", "ipstream", "ipimport", "zip.", "WHERE "};
    enum { SEEN = 64 };
    size_t near = MIN(before.len, (size_t)SEEN);
    bool is_found = false;

    if (before.data == NULL)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        is_found = is_found || memmem(before.data + before.len - near, near, words[i], strlen(words[i])) != NULL;
    return is_found;
}

Verdict validate_postcode(const Surroundings *surroundings)
{
    static const char *const words[] = {"zip", "post", "plz", "cep", "cod", "kod", "psč", "irány", "pin"};
    static WordSearch search = WORD_SEARCH(words);
    Bytes before = surroundings->before;

    if (is_about_other_zip(before) || is_of_map(before))
        return VERDICT_LOW;
    bool is_colour = before.len > 0 && before.data[before.len - 1] == '#';
    if (is_colour)
        return VERDICT_REJECT;
    /* "zip-stream 2.0.1 21279": one of several numbers. */
    while (before.len > 0 && !g_ascii_isalnum(before.data[before.len - 1]) && before.data[before.len - 1] < 0x80)
        before.len--;
    bool is_among_numbers = before.len > 0 && g_ascii_isdigit(before.data[before.len - 1]);
    if (is_among_numbers && !word_search_any(&search, surroundings->field))
        return VERDICT_LOW;
    return outside_publication(surroundings, postcode_verdict(surroundings->value));
}

/* "30 MAY 2024" has the shape of a Turkish plate. */
static bool is_date(Bytes value)
{
    static const char months[] = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

    for (size_t i = 0; value.len > 9 && i < 12; i++)
        if (g_ascii_strncasecmp((const char *)value.data + 3, months + 3 * i, 3) == 0)
            return true;
    return false;
}

/* Plates and licences are written in capitals; in lower case the shapes fit too many words and names. */
Verdict validate_plate(Bytes value)
{
    if (is_date(value) || memmem(value.data, value.len, " of ", 4) != NULL ||
        (value.len > 3 && memcmp(value.data, "RFC", 3) == 0))
        return VERDICT_REJECT;
    return mix_of(value).lower > 0 ? VERDICT_LOW : VERDICT_PASS;
}

static Verdict licence_number_verdict(Bytes value)
{
    /* Washington's have twelve characters and may hold few digits. */
    bool is_washington = value.len == 12 && mix_of(value).digits >= 2 && mix_of(value).upper >= 6;
    if (!is_washington && record_number_verdict(value) == VERDICT_REJECT)
        return VERDICT_REJECT;
    return validate_plate(value);
}

Verdict validate_licence_number(const Surroundings *surroundings)
{
    return outside_marks(surroundings, licence_number_verdict(surroundings->value));
}

static bool is_blank(Bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!g_ascii_isspace(text.data[i]))
            return false;
    return true;
}

/* What fits too much to be looked for in text may still be all that a form or a caller hands over. */
Verdict validate_alone(const Surroundings *surroundings)
{
    bool is_alone = is_blank(surroundings->before) && is_blank(surroundings->after);

    return is_alone && distinct_count(surroundings->value) > 1 ? VERDICT_LOW : VERDICT_REJECT;
}
