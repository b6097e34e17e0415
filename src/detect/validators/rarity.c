/* How badly words cover a text: random values have letters in an order that no language has. */
#include "detect/validators/validators_internal.h"

/* Bits of surprise, 2 to 9, of the second letter (column) after the first (row): counted over the words of the
 * documentation and the programs of Debian 12, each word weighing the square root of its number. Words have about four
 * bits a pair, letters drawn at random nearly six. */
static const char surprise[26][27] = {
    "75447758596343959343567768",
    "36553667358367469446388758",
    "37563793594468279463579979",
    "45652677388567469546577869",
    "46436568698453757334867569",
    "46553478298466369455488969",
    "47662754388564469346477877",
    "27772788397666378464587969",
    "55455559997452359544859796",
    "36663776466666357636366777",
    "36662656377565467535576868",
    "37752778297378379855569948",
    "25762889397657439857578869",
    "47433538496676479833568979",
    "66447668686442549345455889",
    "38663775497477349354588959",
    "66656666577466666556166777",
    "37552759396655379544568959",
    "58473774396567448742477969",
    "38672784298677469345597858",
    "54554668497443749333889798",
    "37571678398657468656777888",
    "27663664387664378447686787",
    "47463576487656638643667567",
    "46564667587444428534676776",
    "36662665377556477766677765",
};

typedef enum Capitals { CAPITALS_LEAD, CAPITALS_IN_RUNS } Capitals;

enum {
    WORD_LETTERS_MIN = 4,      /* shorter runs tell nothing */
    WORD_SURPRISE_TENTHS = 48, /* of bits a pair: up to this it reads like a word */
    RUN_LETTERS_RANDOM = 3,    /* mixed cases at random leave runs shorter than this on average */
    WITHOUT_DIGITS_MIN = 20,   /* shorter values of letters alone are names, however odd */
};

/* Where a run of letters ends that one capital may lead ("Password" of "getPassword"), or that is all of capitals. */
static size_t letters_end(Bytes value, size_t from, Capitals capitals)
{
    size_t at = from + 1;

    if (capitals == CAPITALS_IN_RUNS && g_ascii_isupper(value.data[from]))
        while (at < value.len && g_ascii_isupper(value.data[at]))
            at++;
    if (at == from + 1)
        while (at < value.len && g_ascii_islower(value.data[at]))
            at++;
    return at;
}

/* Runs of hexadecimal digits tell nothing either. */
static bool reads_like_a_word(Bytes value, size_t from, size_t end)
{
    size_t bits = 0, pairs = end - from - 1, beyond_hex = 0;

    if (end - from < WORD_LETTERS_MIN)
        return false;
    for (size_t i = from; i < end; i++)
        beyond_hex += g_ascii_isxdigit(value.data[i]) ? 0 : 1;
    for (size_t i = from; i < from + pairs; i++)
        bits += (size_t)(surprise[g_ascii_tolower((char)value.data[i]) - 'a']
                                 [g_ascii_tolower((char)value.data[i + 1]) - 'a'] -
                         '0');
    return beyond_hex > 0 && bits * 10 <= pairs * WORD_SURPRISE_TENTHS;
}

typedef struct Cover {
    size_t letters, runs, covered, digit_runs;
} Cover;

static Cover cover_of(Bytes value, Capitals capitals)
{
    Cover cover = {0};

    for (size_t at = 0; at < value.len;) {
        uint8_t c = value.data[at];
        if (!g_ascii_isalpha(c)) {
            cover.digit_runs += g_ascii_isdigit(c) && (at == 0 || !g_ascii_isdigit(value.data[at - 1])) ? 1 : 0;
            at++;
            continue;
        }
        size_t end = letters_end(value, at, capitals);
        cover.letters += end - at;
        cover.runs++;
        cover.covered += reads_like_a_word(value, at, end) ? end - at : 0;
        at = end;
    }
    return cover;
}

double word_cover(Bytes value)
{
    return value.len > 0 ? (double)cover_of(value, CAPITALS_LEAD).covered / (double)value.len : 0;
}

bool is_rare(Bytes value)
{
    Cover cover = cover_of(value, CAPITALS_IN_RUNS);

    if (cover.covered * 2 >= value.len)
        return false;
    if (cover.digit_runs >= 2)
        return true;
    bool is_shuffled = cover.letters < cover.runs * RUN_LETTERS_RANDOM;
    if (cover.digit_runs == 0 && value.len < WITHOUT_DIGITS_MIN)
        return false;
    return cover.covered == 0 || is_shuffled;
}

/* "FipBPmwISFVt", "hOtL_uYrxsFv": names in camelCase have longer runs of letters, and runs that read like words. */
bool is_shuffled_letters(Bytes value)
{
    enum { LEN_MIN = 10, RUN_LONG_MIN = 16, RUNS_MIN = 4, JOINTS_MAX = 2 };
    Cover cover = cover_of(value, CAPITALS_IN_RUNS);
    size_t joints = 0, run_letters = value.len < RUN_LONG_MIN ? RUN_LETTERS_RANDOM : RUN_LETTERS_RANDOM + 1;

    for (size_t i = 0; i < value.len; i++)
        joints += value.data[i] == '_' || value.data[i] == '-' ? 1 : 0;
    return joints <= JOINTS_MAX && cover.letters + joints == value.len && value.len >= LEN_MIN &&
           cover.runs >= RUNS_MIN && cover.covered * 4 < value.len && cover.letters <= cover.runs * run_letters;
}
