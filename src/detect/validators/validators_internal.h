/* What the validators share, and the list of them. Only files of detect/ named validators include this. */
#pragma once

#include "detect/validators/validators.h"

/* No number that we know is longer than this many digits or letters. */
#define ALNUM_MAX 64

/* The digits or the letters and digits of a value, without separators, letters in upper case, NUL at the end. */
typedef struct Alnum {
    char text[ALNUM_MAX + 1];
    size_t len;
    bool has_separators;
} Alnum;

/* False if there are more than ALNUM_MAX of them. Anything else in the value counts as a separator. */
bool alnum_read(Bytes value, Alnum *ret_alnum);
/* Likewise, and false if there is a letter among them. */
bool digits_read(Bytes value, Alnum *ret_digits);

/* The number that text[from] … text[from + len - 1] spells; len is at most 9 and all of them are digits. */
uint32_t digits_value(const char *text, size_t from, size_t len);
bool digits_all(const char *text, size_t from, size_t len);
bool digits_one_repeated(const char *text, size_t len);
/* "12345678901", "987": each one more, or each one less, than the one before. Nobody works out the check digit of such
 * samples. */
bool digits_counting(const char *text, size_t len);

/* Check digits. All take ASCII digits. */
bool luhn_is_valid(const char *digits, size_t len);
bool verhoeff_is_valid(const char *digits, size_t len);
/* ISO/IEC 7064, MOD 11,10; the last digit is the check. */
bool iso7064_mod_11_10_is_valid(const char *digits, size_t len);
/* The sum of digit times weight over the first `len` digits. */
uint32_t digits_weighted(const char *digits, const uint8_t *weights, size_t len);

/* A day of the Gregorian calendar. */
bool date_is_real(uint32_t year, uint32_t month, uint32_t day);

/* ISO 3166-1 alpha-2, two upper-case letters. */
bool country_is_known(const char *letters);
/* A top-level domain, any case. Two-letter ones are countries; the others are those in common use. */
bool tld_is_known(const char *label, size_t len);

/* 2147483647, 4294967295, 0123456789 and their neighbours: bounds of the numbers of machines, and no telephone's. */
bool number_is_bound(Bytes value);

/* Whether the value stands in a field that has a name: a column, a key; not in an element that only sets text. */
bool is_in_field(const Surroundings *surroundings);

/* Whether an organisation is named right before, in running text: what stands there is known to everybody. */
bool is_of_organisation(const Surroundings *surroundings);

/* A telephone number of an organisation, of a service that tells its hours, free of charge, or in a publication: then
 * the verdict is at most low. */
Verdict outside_service(const Surroundings *surroundings, Verdict verdict);

/* A number written with blanks in a row of numbers (a table, a drawing's coordinates) is part of the row: then the
 * verdict is at most low. Where blanks part groups that count up or repeat, it is columns that happen to fit: then it
 * is at most weak; if it is proved, only where several do. */
Verdict outside_row(const Surroundings *surroundings, Verdict verdict);

/* What stands in a manual, a translation or a program's source (by the name of its file), or in a listing of one, is
 * there for everybody to read, and mostly an example: then the verdict is at most low. */
Verdict outside_publication(const Surroundings *surroundings, Verdict verdict);

/* `"code": "CU-05", "name": "Villa Clara"`: the code of a country, a part of one or a language stands before it: the
 * name is none of a person. */
bool is_beside_code(Bytes before);

/* Behind the name of a secret stand a call, a type, a time, or keys in a row: then the verdict is at most low. */
Verdict outside_program(const Surroundings *surroundings, Verdict verdict);

/* "0123…cdef  usr/bin/env": a line of a list of checksums. */
bool is_in_checksum_list(const Surroundings *surroundings);
/* Behind a long run of base64, or a line that is one: what looks like a token there is part of something encoded. */
bool is_in_base64_block(const Surroundings *surroundings);
/* "[…],[-80.88,26.95],[…": a point of an outline, not the place of a person or thing. */
bool is_vertex(const Surroundings *surroundings);
/* "http://docs.a.test/latest/API/…": the value is the rest of a path. */
bool is_in_path_of_address(Bytes before);
/* `<node id="1" lat="50.1`, `<tag k="name" v="`: a map's data, which has millions of them; a track is of somebody. */
bool is_of_map(Bytes before);
/* "3504: 34 35 35 39  4559": the text beside the octets of a dump. */
bool is_in_hexdump(Bytes before);
/* "GET /phone?id=084309020 HTTP/1.1" 404 383757: what the word in the path is about are not these numbers. */
bool is_in_request(const Surroundings *surroundings);
/* "7357595648/4987424375604825", "4249471492292608/190103424450275"; what has four digits and fewer is an expiry date.
 */
bool is_in_fraction(const Surroundings *surroundings);
/* "chr14,+47281641,76M": the forward strand. */
bool is_on_chromosome(Bytes before);
/* "+2013-01-04 15": a day with a sign before it. */
bool is_year_first(Bytes value);
/* "slave2/db/name/pw": a path. */
bool has_slashes(Bytes value);
/* `"seed": -6300023422931547845`, "0.5,-6300023422931547845": what has a sign is a quantity. */
bool has_minus(Bytes before);

/* `rut 0 002 @ 02604760 v`: a digit or a mark between blanks before it makes a number one of a row: then the verdict is
 * at most low. */
Verdict outside_marks(const Surroundings *surroundings, Verdict verdict);

/* Behind a dot, a line or a slash ("sp3_gdr.080814-1236") a number is part of a longer name: then the verdict is at
 * most low. */
Verdict outside_name(const Surroundings *surroundings, Verdict verdict);

/* How much of the value, from 0 to 1, is covered by words: runs of letters that read like English. */
double word_cover(Bytes value);
/* Neither words nor names cover it: what a generator of keys makes, not what people write. */
bool is_rare(Bytes value);

/* A constant or a function of a program by its form: words joined by underscores. */
bool is_program_name(Bytes value);

/* Letters of both cases, and nothing else, in an order that no name has. */
bool is_shuffled_letters(Bytes value);

/* The form of a token with a placeholder's characters: "xxxx…", zeros, "<token>". */
bool token_is_filled_in(Bytes value);

/* Where the form alone says little: what is filled in is none. */
Verdict plain_token_verdict(Bytes value);

/* Whether the value alone looks like a token that someone issued: random, no word, no number, not one thing repeated.
 */
Verdict issued_token_verdict(Bytes value);

/* The Social Security Administration's numbers: none that is not given out. */
Verdict ssn_verdict(Bytes value);

/* Letters and digits of somebody's own making: at least four digits, not one repeated. */
Verdict record_number_verdict(Bytes value);

/* ICAO Doc 9303: the digit that weights 7-3-1 give for letters, digits and "<". */
uint32_t icao_check_digit(const char *text, size_t len);
/* BIP 173 and BIP 350. */
bool bech32_is_valid(Bytes value);

/* Whether the value alone looks like a password, whatever it is called: letters, and marks or digits in number. */
Verdict strong_password_verdict(Bytes value);
/* What people write where a secret will stand: "your-token", "example". */
bool password_is_filler(Bytes value);
/* As the validator "password", and for several words at most low. */
Verdict password_or_phrase_verdict(Bytes value);

/* How many characters are of each kind. */
typedef struct Mix {
    size_t upper, lower, digits, others;
    bool is_hex;
} Mix;

Mix mix_of(Bytes value);
/* Never for NUL. Inline, since a few comparisons with marks that are known cost less than a call. */
static inline bool is_one_of(uint8_t c, const char *marks)
{
    for (; *marks != '\0'; marks++)
        if ((uint8_t)*marks == c)
            return true;
    return false;
}
/* How many different bytes there are. */
size_t distinct_count(Bytes value);

#define VALIDATOR(name)         Verdict validate_##name(Bytes value);
#define CONTEXT_VALIDATOR(name) Verdict validate_##name(const Surroundings *surroundings);
#include "detect/validators/validators.def"
#undef VALIDATOR
#undef CONTEXT_VALIDATOR
