/* Names of people. */
#include "detect/byte_class.h"
#include "detect/validators/name_words.h"
#include "detect/validators/validators_internal.h"
#include "detect/validators/word_search.h"

#include <string.h>

static bool is_written_as_name(Bytes value)
{
    uint8_t kinds = 0;

    for (size_t i = 0; i < value.len; i++)
        kinds |= BYTE_CLASS[value.data[i]];
    return value.len >= 2 && (kinds & BYTE_DIGIT) == 0;
}

static bool is_quote(uint8_t byte)
{
    return byte == '"' || byte == '\'';
}

/* "serviceFullName", "company_full_name": fields for the names of other things. A word that is written in capitals
 * names none. */
static bool names_a_thing(Bytes field)
{
    static const char *const things[] = {
        "ervice", "roduct", "ompany", "ackage", "ile", "ost", "omain", "lass", "odule"};
    static WordSearch search = WORD_SEARCH(things);

    if (field.data == NULL || !word_search_any(&search, field))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(things); i++)
        if (memmem(field.data, field.len, things[i], strlen(things[i])) != NULL)
            return true;
    return false;
}

/* "first_name", "Nachname", "nom", "apellidos", "cardholder", and the Turkish "ad". */
static bool names_a_person(Bytes field)
{
    static const char *const words[] = {"name", "nom", "apellido", "holder", "patient", "person", "naam", "namn",
        "navn", "prenom", "prénom", "imi", "nazwisko", "jmen", "meno", "nimi", "soyad", "nume", "név"};
    static WordSearch search = WORD_SEARCH(words);

    static const char *const turkish[] = {"ad"};
    static WordSearch turkish_search = WORD_SEARCH(turkish);

    return word_search_any(&search, field) || (field.len <= 3 && word_search_any(&turkish_search, field));
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

    if (surroundings->cell != CELL_NONE || begins_cell(before))
        return true;
    while (at > 0 && (is_quote(before.data[at - 1]) || g_ascii_isspace(before.data[at - 1])))
        at--;
    return at > 0 && strchr(":=>,[-", before.data[at - 1]) != NULL &&
           (field.len == 0 || memmem(before.data + before.len - near, near, field.data, field.len) != NULL);
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
    static WordSearch search = WORD_SEARCH(words);

    Bytes before = surroundings->before;
    size_t near = MIN(before.len, (size_t)NEAR);

    return word_search_any(&search, (Bytes){.data = before.data + before.len - near, .len = near});
}

/* `surname: Kowalski`: a label of two words, or one that cannot be anything else's name. */
static bool is_labelled(Bytes before)
{
    static const char *const words[] = {"first", "last", "full", "given", "family", "middle", "maiden", "patient",
        "customer", "employee", "contact", "surname", "vorname", "nachname", "familienname", "apellido", "nombre",
        "nom", "cognome", "holder", "forename", "legal", "naam", "namn", "navn", "etunimi", "sukunimi", "imi",
        "nazwisko", "jméno", "sobrenome", "apelido", "prenom", "prénom"};
    static WordSearch search = WORD_SEARCH(words);

    return word_search_any(&search, label_of(before));
}

/* "my name is": the words that led here stand right before the value. */
static bool is_after_name(Bytes before)
{
    enum { NEAR = 24 };
    size_t near = MIN(before.len, (size_t)NEAR);
    static const char *const words[] = {"name", "nom", "apellido", "holder", "prénom", "naam", "navn", "namn"};
    static WordSearch search = WORD_SEARCH(words);

    return word_search_any(&search, (Bytes){.data = before.data + before.len - near, .len = near});
}

/* "Mac", "De", "La": a capital may follow. */
static bool is_prefix_of_name(Bytes prefix)
{
    static const char prefixes[] = " Al Ap Ben Da De Del Den Di Du El Fitz La Le Lo Mac Mc San St Ten Van Von ";
    char word[8] = " ";

    if (prefix.len + 3 > sizeof word)
        return false;
    memcpy(word + 1, prefix.data, prefix.len);
    word[prefix.len + 1] = ' ';
    word[prefix.len + 2] = '\0';
    return strstr(prefixes, word) != NULL;
}

/* "QueueFull", "NSString", "AValue", but neither "MacDonald" nor "LaToya": a word of a program. */
static bool is_of_code(Bytes value)
{
    if (memchr(value.data, ' ', value.len) != NULL)
        return false;
    for (size_t i = 2; i < value.len; i++) {
        const uint8_t *at = value.data + i;
        if (g_ascii_islower(at[-1]) && g_ascii_isupper(at[0]) && !is_prefix_of_name((Bytes){value.data, i}))
            return true;
        if (g_ascii_isupper(at[-2]) && g_ascii_isupper(at[-1]) && g_ascii_islower(at[0]))
            return true;
    }
    return false;
}

/* In a field that is called so, whatever is written as a name is one, but for what forms and programs put there. */
static Verdict labelled_verdict(Bytes value, const NameWords *words)
{
    if (!is_written_as_name(value) || words->count == 0 || words->has_lower)
        return VERDICT_REJECT;
    if (name_is_known(words))
        return VERDICT_PASS;
    return words->ordinary == 0 || words->surnames > words->ordinary ? VERDICT_PASS : VERDICT_REJECT;
}

/* `WHERE firstname = 'Joe'`, `user_lastname == "Doe"`: an example of a language, not a record. */
static bool is_of_program(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;

    return surroundings->cell == CELL_NONE && !is_in_field(surroundings) && before.len > 3 &&
           is_quote(before.data[before.len - 1]) && before.data[before.len - 2] == ' ' &&
           before.data[before.len - 3] == '=';
}

/* Behind a label that says so anything that may be a name is one; in prose an unknown word behind "name is" may name
 * anything, and what stands somewhere inside of an element is not its value. */
Verdict validate_person_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);
    Verdict verdict = labelled_verdict(surroundings->value, &words);

    if (verdict == VERDICT_REJECT || names_a_thing(surroundings->field))
        return VERDICT_REJECT;
    if (words.count == 1 && surroundings->after.len > 0 && surroundings->after.data[0] == ':') /* "URI:http:" */
        return VERDICT_REJECT;
    if (is_author(surroundings) || is_of_code(surroundings->value))
        return VERDICT_LOW;
    if (surroundings->cell == CELL_OF_DOCUMENT && !name_is_known(&words))
        return VERDICT_LOW;
    bool is_value = surroundings->field.len > 0 && names_a_person(surroundings->field) && begins_value(surroundings);
    if (is_value || is_labelled(surroundings->before))
        return is_of_program(surroundings) ? VERDICT_LOW : outside_publication(surroundings, VERDICT_PASS);
    bool is_told = name_is_full(&words) && is_after_name(surroundings->before);
    return is_told ? outside_publication(surroundings, VERDICT_PASS) : VERDICT_LOW;
}

/* "Leone Sierra Leone": made of names, and one of none. */
static bool names_a_country(Bytes value)
{
    static const char *const first[] = {"sierra"}, *const second[] = {"leon"};
    static WordSearch sierra = WORD_SEARCH(first), leone = WORD_SEARCH(second);

    return word_search_any(&sierra, value) && word_search_any(&leone, value);
}

/* Where something is often a name: behind "name:", "Dear", "From:". One that is known, or what may be one. */
static Verdict likely_verdict(Bytes value, const NameWords *name)
{
    NameWords words = *name;

    if (!is_written_as_name(value) || words.has_lower || names_a_country(value))
        return VERDICT_REJECT;
    if (name_is_known(&words) && words.ordinary == 0)
        return VERDICT_PASS;
    return name_is_possible(&words) && words.count > 1 ? VERDICT_LOW : VERDICT_REJECT;
}

/* "patient:", "customer=": nothing but people are called so. */
static bool is_of_interest(Bytes before)
{
    static const char *const words[] = {"patient", "customer", "client", "employee", "applicant", "borrower",
        "passenger", "spouse", "student", "guest", "insured", "physician", "tenant", "payee", "taxpayer", "resident",
        "kunde", "pacient", "emergency", "beneficiary", "guardian", "titular", "kontoinhaber", "attn", "bill to",
        "ship to", "sold to", "recipient", "antragsteller", "versicherungsnehmer", "sachbearbeiter", "mieter",
        "contactpersoon", "kontaktperson", "aanvrager", "rekeninghouder", "huurder", "solicitante", "asegurado",
        "inquilino", "locataire", "titulaire", "ficiaire", "destinat", "intestatario", "sottoscritto", "soyad"};
    static WordSearch search = WORD_SEARCH(words);

    return word_search_any(&search, label_of(before));
}

/* "contact:", "author=": those who made something, and say so. */
static bool is_for_all(Bytes before)
{
    static const char *const words[] = {"contact", "author", "signed", "review", "report", "assignee", "owner", "user"};
    static WordSearch search = WORD_SEARCH(words);

    return word_search_any(&search, label_of(before));
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
    if (names_a_thing(label_of(surroundings->before)))
        return VERDICT_REJECT;
    if (is_of_map(surroundings->before))
        return VERDICT_LOW;
    bool is_record = is_in_field(surroundings) && begins_value(surroundings) && ends_value(surroundings);
    bool is_sure = name_is_full(&words) && (is_record || is_line_of_form(surroundings)) &&
                   !is_for_all(surroundings->before) && !is_author(surroundings) &&
                   !is_beside_code(surroundings->before);
    return is_sure ? outside_publication(surroundings, VERDICT_PASS) : VERDICT_LOW;
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

    if (is_author(surroundings) || words.count < 2)
        return MIN(verdict, VERDICT_LOW);
    return outside_publication(surroundings, verdict);
}

/* Behind a title. */
Verdict validate_titled_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);

    if (!is_written_as_name(surroundings->value) ||
        !(words.begins_given || words.surnames > 0 || name_is_possible(&words)))
        return VERDICT_REJECT;
    if (is_author(surroundings))
        return VERDICT_LOW;
    return name_is_known(&words) && words.count > 1 && words.ordinary == 0 ? VERDICT_PASS : VERDICT_WEAK;
}

/* "J. van der Berg": behind a label or a title a word behind initials is a surname, unless it is known for something
 * else. */
Verdict validate_initials_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);

    if (!is_written_as_name(surroundings->value) || words.count == 0 || words.ordinary > 0 ||
        names_a_thing(label_of(surroundings->before)))
        return VERDICT_REJECT;
    return is_author(surroundings) ? VERDICT_LOW : outside_publication(surroundings, VERDICT_PASS);
}

/* "Charles de Gaulle International Airport": the word behind it says what it is the name of. */
static bool names_something_else(Bytes after)
{
    size_t end = 1;

    if (after.len < 3 || after.data[0] != ' ' || !g_ascii_isupper(after.data[1]))
        return false;
    while (end < after.len && g_ascii_isalpha(after.data[end]))
        end++;
    return name_word_is_ordinary((Bytes){.data = after.data + 1, .len = end - 1});
}

/* In plain text nothing but a known given name tells names from other capitalised words. */
Verdict validate_known_person_name(const Surroundings *surroundings)
{
    NameWords words = name_words(surroundings->value);

    if (!is_written_as_name(surroundings->value) || words.count < 2 || !words.begins_given || words.ordinary > 0)
        return VERDICT_REJECT;
    return name_is_known(&words) && !names_something_else(surroundings->after) ? VERDICT_PASS : VERDICT_REJECT;
}
