/* Names of people. */
#include "detect/validators/person_names.h"
#include "detect/validators/validators_internal.h"

#include <string.h>

enum { WORD_MAX = 40, WORDS_COUNTED = 6 };

/* What is known of the words of a name, without initials and particles ("van", "de"). */
typedef struct NameWords {
    size_t count, given, ambiguous, surnames, ordinary, capitals;
    size_t only_surnames; /* of surnames, those that are no given names */
    bool begins_given;    /* the first is a given name, of whatever kind */
    bool has_lower;       /* a word in lower case that is no particle */
} NameWords;

static bool is_particle(const char *word)
{
    static const char particles[] = " af al ap av bin da dal das de del della delle den der di do dos du e el i ibn la "
                                    "las le les lo los te ten ter und van vom von y zu zum zur ";

    return sorted_words_have(particles, sizeof particles - 1, word);
}

/* The word in lower case; false if it is too long or no text. */
static bool word_lower(Bytes word, char ret_lower[WORD_MAX + 1])
{
    size_t out = 0;

    for (size_t at = 0; at < word.len;) {
        const char *text = (const char *)word.data + at;
        gunichar c = g_utf8_get_char_validated(text, (gssize)(word.len - at));
        if (c >= 0x110000 || out + 6 > WORD_MAX)
            return false;
        out += (size_t)g_unichar_to_utf8(g_unichar_tolower(c), ret_lower + out);
        at += (size_t)(g_utf8_next_char(text) - text);
    }
    ret_lower[out] = '\0';
    return out > 0;
}

/* "Jean-Pierre" is known by its first half. */
static void first_half(char *word)
{
    char *hyphen = strchr(word, '-');

    if (hyphen != NULL)
        *hyphen = '\0';
}

static void note_word(Bytes word, NameWords *words)
{
    char lower[WORD_MAX + 1];
    Mix mix = mix_of(word);

    if (word.len < 2 || !word_lower(word, lower) || is_particle(lower))
        return;
    words->has_lower |= g_unichar_islower(g_utf8_get_char_validated((const char *)word.data, (gssize)word.len));
    words->capitals += mix.lower == 0 && word.len > 2;
    words->count++;
    bool is_surname = surname_is_known(lower), is_ordinary = !is_surname && word_is_ordinary(lower);
    if (!is_surname)
        first_half(lower);
    bool is_given = given_name_is_known(lower), is_ambiguous = !is_given && given_name_is_ambiguous(lower);
    words->given += is_given;
    words->ambiguous += is_ambiguous;
    /* "Mark", "Will" at its beginning. */
    words->ordinary += is_ordinary && !(is_ambiguous && words->count == 1);
    words->surnames += is_surname;
    words->only_surnames += is_surname && !is_given && !is_ambiguous;
    words->begins_given |= words->count == 1 && (is_given || is_ambiguous);
}

static bool ends_word(uint8_t byte)
{
    return byte == ' ' || byte == ',' || byte == '.';
}

/* "Kim Sipes, Branch Manager": behind two words a comma ends the name. */
static bool is_over(Bytes value, size_t at, const NameWords *words)
{
    return words->count >= WORDS_COUNTED || (words->count > 1 && at > 0 && value.data[at - 1] == ',');
}

static NameWords name_words(Bytes value)
{
    NameWords words = {0};

    for (size_t at = 0; at < value.len && !is_over(value, at, &words);) {
        size_t start = at;
        while (at < value.len && !ends_word(value.data[at]))
            at++;
        note_word((Bytes){.data = value.data + start, .len = at - start}, &words);
        do
            at++;
        while (at < value.len && ends_word(value.data[at]) && value.data[at - 1] != ',');
    }
    return words;
}

/* A known surname beside a known given name, or beside one that may be a word. */
static bool is_full(const NameWords *words)
{
    bool has_both = words->given + words->ambiguous > 0 && words->only_surnames > 0;

    return has_both || words->given > 1 || (words->given > 0 && words->surnames > 1);
}

/* A known given name. */
static bool is_known(const NameWords *words)
{
    return words->given > 0 || is_full(words) || (words->ambiguous > 1 && words->surnames > 0);
}

static bool is_possible(const NameWords *words)
{
    return words->count > 0 && words->ordinary == 0 && words->capitals == 0 && !words->has_lower;
}

static bool is_written_as_name(Bytes value)
{
    return value.len >= 2 && mix_of(value).digits == 0;
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

    for (size_t i = 0; field.data != NULL && i < G_N_ELEMENTS(things); i++)
        if (memmem(field.data, field.len, things[i], strlen(things[i])) != NULL)
            return true;
    return false;
}

/* Whether the letters stand somewhere in the text, in any case. */
static bool contains(Bytes text, const char *letters)
{
    size_t len = strlen(letters);
    uint8_t first = (uint8_t)letters[0], capital = (uint8_t)g_ascii_toupper(letters[0]);

    for (size_t i = 0; i + len <= text.len; i++) {
        bool may_be = text.data[i] == first || text.data[i] == capital;
        if (may_be && g_ascii_strncasecmp((const char *)text.data + i, letters, len) == 0)
            return true;
    }
    return false;
}

static bool contains_any(Bytes text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (contains(text, words[i]))
            return true;
    return false;
}

/* "first_name", "Nachname", "nom", "apellidos", "cardholder", and the Turkish "ad". */
static bool names_a_person(Bytes field)
{
    static const char *const words[] = {"name", "nom", "apellido", "holder", "patient", "person", "naam", "namn",
        "navn", "prenom", "prénom", "imi", "nazwisko", "jmen", "meno", "nimi", "soyad", "nume", "név"};

    return contains_any(field, words, G_N_ELEMENTS(words)) || (field.len <= 3 && contains(field, "ad"));
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

    while (end > 0 && (is_quote(before.data[end - 1]) || g_ascii_isspace(before.data[end - 1])))
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
    enum { NEAR = 80 };
    static const char *const words[] = {"author", "othercredit", "copyright", "maintainer", "editor>"};

    Bytes before = surroundings->before;
    size_t near = MIN(before.len, (size_t)NEAR);

    return contains_any((Bytes){.data = before.data + before.len - near, .len = near}, words, G_N_ELEMENTS(words));
}

/* `surname: Kowalski`: a label of two words, or one that cannot be anything else's name. */
static bool is_labelled(Bytes before)
{
    static const char *const words[] = {"first", "last", "full", "given", "family", "middle", "maiden", "patient",
        "customer", "employee", "contact", "surname", "vorname", "nachname", "familienname", "apellido", "nombre",
        "nom", "cognome", "holder", "forename", "legal", "naam", "namn", "navn", "etunimi", "sukunimi", "imi",
        "nazwisko", "jméno", "sobrenome", "apelido", "prenom", "prénom"};

    return contains_any(label_of(before), words, G_N_ELEMENTS(words));
}

/* "my name is": the words that led here stand right before the value. */
static bool is_after_name(Bytes before)
{
    enum { NEAR = 24 };
    size_t near = MIN(before.len, (size_t)NEAR);
    static const char *const words[] = {"name", "nom", "apellido", "holder", "prénom", "naam", "navn", "namn"};

    return contains_any((Bytes){.data = before.data + before.len - near, .len = near}, words, G_N_ELEMENTS(words));
}

/* In a field that is called so, whatever is written as a name is one, but for what forms and programs put there. */
static Verdict labelled_verdict(Bytes value)
{
    NameWords words = name_words(value);

    if (!is_written_as_name(value) || words.count == 0 || words.has_lower)
        return VERDICT_REJECT;
    if (is_known(&words))
        return VERDICT_PASS;
    return words.ordinary == 0 || words.surnames > words.ordinary ? VERDICT_PASS : VERDICT_REJECT;
}

/* `WHERE firstname = 'Joe'`, `user_lastname == "Doe"`: an example of a language, not a record. */
static bool is_of_program(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;

    return !is_in_field(surroundings) && before.len > 3 && is_quote(before.data[before.len - 1]) &&
           before.data[before.len - 2] == ' ' && before.data[before.len - 3] == '=';
}

/* Behind a label that says so anything that may be a name is one; in prose an unknown word behind "name is" may name
 * anything, and what stands somewhere inside of an element is not its value. */
Verdict validate_person_name(const Surroundings *surroundings)
{
    Verdict verdict = labelled_verdict(surroundings->value);
    NameWords words = name_words(surroundings->value);

    if (verdict == VERDICT_REJECT || names_a_thing(surroundings->field))
        return VERDICT_REJECT;
    if (is_author(surroundings))
        return VERDICT_LOW;
    bool is_value = surroundings->field.len > 0 && names_a_person(surroundings->field) && begins_value(surroundings);
    if (is_value || is_labelled(surroundings->before))
        return is_of_program(surroundings) ? VERDICT_LOW : VERDICT_PASS;
    return is_full(&words) && is_after_name(surroundings->before) ? VERDICT_PASS : VERDICT_LOW;
}

/* "Leone Sierra Leone": made of names, and one of none. */
static bool names_a_country(Bytes value)
{
    return contains(value, "sierra") && contains(value, "leon");
}

/* Where something is often a name: behind "name:", "Dear", "From:". One that is known, or what may be one. */
static Verdict likely_verdict(Bytes value, const NameWords *name)
{
    NameWords words = *name;

    if (!is_written_as_name(value) || words.has_lower || names_a_country(value))
        return VERDICT_REJECT;
    if (is_known(&words) && words.ordinary == 0)
        return VERDICT_PASS;
    return is_possible(&words) && words.count > 1 ? VERDICT_LOW : VERDICT_REJECT;
}

/* "patient:", "customer=": nothing but people are called so. */
static bool is_of_interest(Bytes before)
{
    static const char *const words[] = {"patient", "customer", "client", "employee", "applicant", "borrower",
        "passenger", "spouse", "student", "guest", "insured", "physician", "tenant", "payee", "taxpayer", "resident",
        "kunde", "pacient", "emergency", "beneficiary", "guardian", "titular", "kontoinhaber", "attn", "bill to",
        "ship to", "sold to", "recipient"};

    return contains_any(label_of(before), words, G_N_ELEMENTS(words));
}

/* "contact:", "author=": those who made something, and say so. */
static bool is_for_all(Bytes before)
{
    static const char *const words[] = {"contact", "author", "signed", "review", "report", "assignee", "owner", "user"};

    return contains_any(label_of(before), words, G_N_ELEMENTS(words));
}

/* Whether nothing of the value's cell, member or element is left behind it. */
static bool ends_value(const Surroundings *surroundings)
{
    Bytes after = surroundings->after;

    return after.len == 0 || strchr("\"'`,;|\t\r\n<}])", after.data[0]) != NULL;
}

/* `Name: John Smith` on a line of its own: a form that somebody filled in. */
static bool is_line_of_form(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after, label = label_of(before);
    bool is_name = label.len == 4 && g_ascii_strncasecmp((const char *)label.data, "name", 4) == 0;
    bool begins_line = is_name && (label.data == before.data || label.data[-1] == '\n');

    return begins_line && (after.len == 0 || after.data[0] == '\n' || after.data[0] == '\r') &&
           !is_quote(before.data[before.len - 1]);
}

/* "name:", "contact=": in running text and in programs they name authors, and things, as often; a record is of
 * somebody. */
Verdict validate_likely_full_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);
    Verdict verdict = likely_verdict(surroundings->value, &words);

    if (verdict != VERDICT_PASS || is_of_interest(surroundings->before))
        return verdict;
    bool is_record = is_in_field(surroundings) && begins_value(surroundings) && ends_value(surroundings);
    bool is_sure = is_full(&words) && (is_record || is_line_of_form(surroundings)) &&
                   !is_for_all(surroundings->before) && !is_author(surroundings);
    return is_sure ? VERDICT_PASS : VERDICT_LOW;
}

/* A column or an element that is called "name". */
Verdict validate_name_field(const Surroundings *surroundings)
{
    if (names_a_thing(surroundings->field) || !begins_value(surroundings))
        return VERDICT_REJECT;
    return validate_likely_full_name(surroundings);
}

/* In a letter's first and last line, or before an address of mail. A given name alone says little of anybody. */
Verdict validate_likely_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);
    Verdict verdict = likely_verdict(surroundings->value, &words);

    return is_author(surroundings) || words.count < 2 ? MIN(verdict, VERDICT_LOW) : verdict;
}

/* Behind a title. */
Verdict validate_titled_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);

    if (!is_written_as_name(surroundings->value) || !(words.begins_given || words.surnames > 0 || is_possible(&words)))
        return VERDICT_REJECT;
    if (is_author(surroundings))
        return VERDICT_LOW;
    return is_known(&words) && words.count > 1 && words.ordinary == 0 ? VERDICT_PASS : VERDICT_WEAK;
}

/* "Charles de Gaulle International Airport": the word behind it says what it is the name of. */
static bool names_something_else(Bytes after)
{
    char lower[WORD_MAX + 1];
    size_t end = 1;

    if (after.len < 3 || after.data[0] != ' ' || !g_ascii_isupper(after.data[1]))
        return false;
    while (end < after.len && g_ascii_isalpha(after.data[end]))
        end++;
    return word_lower((Bytes){.data = after.data + 1, .len = end - 1}, lower) && word_is_ordinary(lower);
}

/* In plain text nothing but a known given name tells names from other capitalised words. */
Verdict validate_known_person_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);

    if (!is_written_as_name(surroundings->value) || words.count < 2 || !words.begins_given || words.ordinary > 0)
        return VERDICT_REJECT;
    return is_known(&words) && !names_something_else(surroundings->after) ? VERDICT_PASS : VERDICT_REJECT;
}
