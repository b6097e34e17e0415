/* People's names and the places where they live. */
#include "base/clock.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

/* Given names that are common in several languages, in lower case between spaces. Facts gathered by hand; words that
 * are far more often something else (May, Will, Mark as a verb) are left out. */
static const char given_names[] =
    " aaron abdul abdullah abigail abraham adam aditya adrian agnieszka ahmad ahmed aiden aisha akira alan "
    "albert alberto alejandra alejandro aleksandr alessandro alessia alex alexander alexandra alexei alexis "
    "alfred ali alice alicia alison allen amanda amara amber amelia amina amit amy ana anders andre andrea "
    "andreas andrew andrzej andré angel angela anil anita anjali anke ann anna anne annette annie anthony "
    "antoine anton antonio antónio april arjun arthur ashley astrid audrey aurora austin ava ayse barbara "
    "beatrice ben benjamin bernard bernd beth bettina betty bill bjorn björn bob bonnie boris brandon brenda "
    "brian bruce bryan camille carl carla carlos carmen carol caroline catherine cathy cecilia cecilie charles "
    "charlotte cheryl chiara chidi chinedu chloe chris christian christina christine christopher claire clara "
    "claudia claus colin connor craig cynthia dan daniel daniela danielle david dawn dean deborah debra deepak "
    "denise dennis derek detlef diana diane diego dieter dmitri dmitry dominic don donald donna doris dorothy "
    "doug douglas dylan eduardo edward elaine eleanor elena elias elif elisabeth elizabeth ella ellen emil emily "
    "emma emre enrique eric erik erika ernst ethan eugene eva evan evelyn fabio fatima fatma federica felix "
    "fernando finn fiona florian frances francesca francesco francis francisco francois frank franz françois "
    "fred frederick freja freya gabriel gabriela gareth gary george georgia gerald gerhard gina giorgio giovanni "
    "giulia giuseppe gloria gordon grace graham greg gregory guillaume gustav günther hannah hans hao harold "
    "harriet harry haruto hassan heather hector heidi heike heinz helen helena helga henri henrik henry herbert "
    "hiroshi holger holly howard hugo hui huong hussein hélène ian ibrahim igor ingrid irene irina isaac isabel "
    "isabella isabelle istvan ivan jack jackson jacob jacqueline jacques jaime jake james jamie jan jane janet "
    "janice jason javier jean jeff jeffrey jennifer jenny jens jeremy jerry jesse jessica jesús jian jihoon jim "
    "jing joan joanna joe joel johan johann johanna john johnny jon jonathan jorge jose josef joseph joshua josé "
    "joão juan juana judith judy julia julian julie jurgen justin jörg jürgen kai karen karin karl karthik "
    "katarzyna kate katherine kathleen kathryn katie katrin kavita keiko keith kelly ken kenji kenneth kevin "
    "khalid kim klaus krzysztof kurt kwame kyle lakshmi lara larry lars laszlo laura lauren lawrence layla lea "
    "leah leo leon leonard leslie liam lily linda linh lisa logan lorenzo louis louise luc luca lucas lucia lucy "
    "lucía luigi luis luisa lukas luke lydia madison magdalena magnus mahmoud manuel marc marcel marco marcus "
    "marek margaret maria marie marilyn mario marion marta martha martin martina mary maría massimo matteo "
    "matthew matthias maurice max meera megan mehmet mei melanie melissa mia michael michel michelle miguel "
    "mikael mike mikhail mila ming minh minji minjun mohamed mohammed monica monika muhammad murat mustafa nadia "
    "nancy naoko naomi natalia natalie natasha nathan neha neil ngozi nicholas nick nicola nicolas nicole nigel "
    "nikolai nils nina noah nora norman oksana olena olga oliver olivia omar oscar oskar otto pablo pamela paola "
    "paolo patricia patrick paul paula pauline pavel pawel pedro peggy peter petra philip philippe phillip "
    "phyllis pierre piotr pooja priya rachel rafael rahul rainer raj rajesh ralph ramesh ramon randy raul ravi "
    "raymond rebecca regina renate rené renée ricardo richard rita robert roberto robin roger rohan rohit roland "
    "ronald rosa rosemary ross roy ruben russell ruth ryan sabine sally sam samantha samuel sandra sanjay sara "
    "sarah satoshi scott sean sebastian sergei sergio sharon shaun sheila shirley sigrid silvia simon simone "
    "sipho sofia sofía sonia soojin sophia sophie soren stefan stefanie stella stephan stephanie stephen steve "
    "steven stuart sue sunil sunita suresh susan susanne suzanne sven svetlana sylvia takashi tanya tara tariq "
    "tatiana ted teresa tereza terry thabo thanh theodor theodore theresa thomas tim timothy tina tobias todd "
    "tom tomas tomasz tony tracy travis tunde tyler ulrich ursula ute uwe valentina valerie vanessa vera "
    "veronica victor victoria vijay vikram vincent vincenzo virginia vladimir walter wanda wayne wei wendy "
    "werner wilhelm william wolfgang xavier xiao yasmin ying yoko yolanda youssef yuki yuri yusuf yvonne zachary "
    "zainab zoe zoltan zoë ";

static bool given_name_is_known(const uint8_t *word, size_t len)
{
    char spaced[28];

    if (len < 2 || len > sizeof spaced - 3)
        return false;
    spaced[0] = ' ';
    for (size_t i = 0; i < len; i++)
        spaced[1 + i] = g_ascii_tolower((char)word[i]);
    memcpy(spaced + 1 + len, " ", 2);
    return strstr(given_names, spaced) != NULL;
}

/* One to four capitalised words. The first should be a known given name; where a field says that it is a name, any
 * will do unless it is all capitals or holds a digit. */
static Verdict name_verdict(Bytes value)
{
    size_t first_len = 0;
    Mix mix = mix_of(value);

    if (value.len < 2 || mix.digits > 0 || mix.lower == 0)
        return VERDICT_REJECT;
    /* "Jean-Pierre" is known by its first half. */
    while (first_len < value.len && value.data[first_len] != ' ' && value.data[first_len] != '-')
        first_len++;
    return given_name_is_known(value.data, first_len) ? VERDICT_PASS : VERDICT_WEAK;
}

static bool is_quote(uint8_t byte)
{
    return byte == '"' || byte == '\'';
}

/* "serviceFullName", "company_full_name": fields for the names of other things. */
static bool names_a_thing(Bytes field)
{
    static const char *const things[] = {
        "ervice", "roduct", "ompany", "ackage", "ile", "ost", "omain", "lass", "odule"};

    for (size_t i = 0; field.len > 0 && i < G_N_ELEMENTS(things); i++)
        if (memmem(field.data, field.len, things[i], strlen(things[i])) != NULL)
            return true;
    return false;
}

/* Whether the letters stand somewhere in the text, in any case. */
static bool contains(Bytes text, const char *letters)
{
    size_t len = strlen(letters);

    for (size_t i = 0; i + len <= text.len; i++)
        if (g_ascii_strncasecmp((const char *)text.data + i, letters, len) == 0)
            return true;
    return false;
}

static bool contains_any(Bytes text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (contains(text, words[i]))
            return true;
    return false;
}

/* "first_name", "Nachname", "nom", "apellidos", "cardholder". */
static bool names_a_person(Bytes field)
{
    static const char *const words[] = {"name", "nom", "apellido", "holder", "patient", "person"};

    return contains_any(field, words, G_N_ELEMENTS(words));
}

/* A cell of a table begins straight behind the sign that parts cells. */
static bool begins_cell(Bytes before)
{
    size_t at = before.len;

    if (at > 0 && is_quote(before.data[at - 1]))
        at--;
    if (at < 2)
        return true;
    bool is_indent = before.data[at - 1] == '\t' && strchr("\t\r\n", before.data[at - 2]) != NULL;
    return strchr(",;|\t\n", before.data[at - 1]) != NULL && !is_indent;
}

/* Where a cell begins, or an element or a member whose name stands right before it. */
static bool begins_value(const Surroundings *surroundings)
{
    enum { NEAR = 96 };
    Bytes before = surroundings->before, field = surroundings->field;
    size_t at = before.len, near = MIN(before.len, (size_t)NEAR);

    if (begins_cell(before))
        return true;
    while (at > 0 && (is_quote(before.data[at - 1]) || g_ascii_isspace(before.data[at - 1])))
        at--;
    return at > 0 && strchr(":=>,[-", before.data[at - 1]) != NULL &&
           memmem(before.data + before.len - near, near, field.data, field.len) != NULL;
}

static bool is_label_byte(uint8_t byte)
{
    return g_ascii_isalpha(byte) || byte == '_' || byte == '-' || byte == ' ' || byte >= 0x80;
}

/* The words that stand before the sign: "patient name" of `patient name: `. Empty if there is no sign. */
static Bytes label_of(Bytes before)
{
    size_t end = before.len;

    while (end > 0 && (is_quote(before.data[end - 1]) || before.data[end - 1] == ' '))
        end--;
    if (end == 0 || strchr(":=", before.data[end - 1]) == NULL)
        return (Bytes){.len = 0};
    while (end > 0 && (strchr(":= ", before.data[end - 1]) != NULL || is_quote(before.data[end - 1])))
        end--;
    size_t start = end;
    while (start > 0 && is_label_byte(before.data[start - 1]))
        start--;
    return (Bytes){.data = before.data + start, .len = end - start};
}

/* Those who wrote a document, or are thanked in it, are named to be known. */
static bool is_author(const Surroundings *surroundings)
{
    static const char *const words[] = {"author", "othercredit", "copyright", "maintainer", "editor>"};

    return contains_any(surroundings->before, words, G_N_ELEMENTS(words));
}

/* `surname: Kowalski`: a label of two words, or one that cannot be anything else's name. */
static bool is_labelled(Bytes before)
{
    static const char *const words[] = {"first", "last", "full", "given", "family", "middle", "maiden", "patient",
        "customer", "employee", "contact", "surname", "vorname", "nachname", "familienname", "apellido", "nombre",
        "nom", "cognome", "holder"};

    return contains_any(label_of(before), words, G_N_ELEMENTS(words));
}

/* "my name is": the words that led here stand right before the value. */
static bool is_after_name(Bytes before)
{
    enum { NEAR = 24 };
    size_t near = MIN(before.len, (size_t)NEAR);
    static const char *const words[] = {"name", "nom", "apellido", "holder", "prénom"};

    return contains_any((Bytes){.data = before.data + before.len - near, .len = near}, words, G_N_ELEMENTS(words));
}

/* In a field that is called so, whatever is written as a name is one; in prose an unknown word behind "name is" may
 * name anything, and what stands somewhere inside of an element is not its value. */
Verdict validate_person_name(const Surroundings *surroundings)
{
    Verdict verdict = name_verdict(surroundings->value);

    if (verdict == VERDICT_REJECT || names_a_thing(surroundings->field))
        return VERDICT_REJECT;
    if (is_author(surroundings))
        return VERDICT_LOW;
    bool is_value = surroundings->field.len > 0 && names_a_person(surroundings->field) && begins_value(surroundings);
    if (is_value || is_labelled(surroundings->before))
        return VERDICT_PASS;
    return verdict == VERDICT_PASS && is_after_name(surroundings->before) ? VERDICT_PASS : VERDICT_LOW;
}

/* Behind a title. */
Verdict validate_titled_name(const Surroundings *surroundings)
{
    Verdict verdict = name_verdict(surroundings->value);

    return verdict == VERDICT_PASS && !is_author(surroundings) ? VERDICT_PASS : MIN(verdict, VERDICT_LOW);
}

/* In plain text nothing but a known given name tells names from other capitalised words. */
Verdict validate_known_person_name(Bytes value)
{
    return name_verdict(value) == VERDICT_PASS ? VERDICT_PASS : VERDICT_REJECT;
}

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

/* A card's expiry: month, and a year from ten years ago to twenty from now. */
Verdict validate_card_expiry(Bytes value)
{
    char digits[8];
    size_t len = 0;
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(clock_now_ms() / 1000);
    uint32_t this_year = (uint32_t)g_date_time_get_year(now);
    bool has_word = g_ascii_isalpha(value.data[0]);

    for (size_t i = 0; i < value.len && len < sizeof digits; i++)
        if (g_ascii_isdigit(value.data[i]))
            digits[len++] = (char)value.data[i];
    size_t month_len = has_word ? 0 : len == 4 || len == 6 ? 2 : 1;
    uint32_t month = has_word ? 1 : digits_value(digits, 0, month_len);
    size_t year_len = len - month_len;
    if (len < month_len + 2 || (year_len != 2 && year_len != 4))
        return VERDICT_REJECT;
    uint32_t year = digits_value(digits, month_len, year_len) + (year_len == 2 ? 2000 : 0);
    bool is_near = year + 10 >= this_year && year <= this_year + 20;
    return month >= 1 && month <= 12 && is_near ? VERDICT_PASS : VERDICT_REJECT;
}

/* Sort code and account number of the United Kingdom: dates and one repeated digit are refused. */
Verdict validate_uk_account(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || (digits.len != 14 && digits.len != 6 && digits.len != 8))
        return VERDICT_REJECT;
    return digits_one_repeated(digits.text, digits.len) ? VERDICT_REJECT : VERDICT_PASS;
}

/* National phone numbers: 8 to 12 digits, a trunk prefix or an area code in front. */
static Verdict phone_national_verdict(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits.len < 8 || digits.len > 14)
        return VERDICT_REJECT;
    if (digits_one_repeated(digits.text + 2, digits.len - 2))
        return VERDICT_REJECT;
    return VERDICT_PASS;
}

Verdict validate_phone_national(const Surroundings *surroundings)
{
    return outside_row(surroundings, phone_national_verdict(surroundings->value));
}

/* In one piece a national number is told by its prefix: a trunk 0, an area code, a mobile prefix of China. */
Verdict validate_phone_bare(Bytes value)
{
    Alnum digits;

    if (!digits_read(value, &digits) || digits_one_repeated(digits.text + 1, digits.len - 1))
        return VERDICT_REJECT;
    return phone_national_verdict(value);
}

/* Cookies that only count visitors are of no interest; a value that only names what would stand there is none. */
Verdict validate_cookie(Bytes value)
{
    static const char *const analytics[] = {"_ga", "_gid", "_gat", "__utm", "_fbp", "_hj", "_pk_"};
    const uint8_t *equals = memchr(value.data, '=', value.len);

    if (equals == NULL || distinct_count((Bytes){equals + 1, (size_t)(value.data + value.len - equals - 1)}) < 5)
        return VERDICT_REJECT;
    if (memchr(value.data, ';', value.len) != NULL)
        return VERDICT_PASS;
    for (size_t i = 0; i < G_N_ELEMENTS(analytics); i++)
        if (value.len > strlen(analytics[i]) && memcmp(value.data, analytics[i], strlen(analytics[i])) == 0)
            return VERDICT_LOW;
    return VERDICT_PASS;
}

/* Deutsche Post gives out 01001 to 99998; the shape tells all about other countries' codes. */
Verdict validate_postcode(Bytes value)
{
    if (value.len != 5 || mix_of(value).digits != 5)
        return VERDICT_PASS;
    uint32_t code = digits_value((const char *)value.data, 0, 5);
    return code >= 1001 && code <= 99998 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Plates and licences are written in capitals; in lower case the shapes fit too many words and names. */
Verdict validate_plate(Bytes value)
{
    return mix_of(value).lower > 0 ? VERDICT_LOW : VERDICT_PASS;
}

Verdict validate_licence_number(Bytes value)
{
    /* Washington's have twelve characters and may hold few digits. */
    bool is_washington = value.len == 12 && mix_of(value).digits >= 2 && mix_of(value).upper >= 6;
    if (!is_washington && validate_record_number(value) == VERDICT_REJECT)
        return VERDICT_REJECT;
    return validate_plate(value);
}
