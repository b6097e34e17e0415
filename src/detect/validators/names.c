/* Names that registries hand out: countries (ISO 3166-1) and top-level domains (IANA's root zone database). */
#include "detect/validators/validators_internal.h"

#include <string.h>

/* ISO 3166-1 alpha-2, two letters each. */
static const char countries[] = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZ"
                                "BABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ"
                                "CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
                                "DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFR"
                                "GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGY"
                                "HKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP"
                                "KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLY"
                                "MAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZ"
                                "NANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPY"
                                "QARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZ"
                                "TCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZ"
                                "VAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/* Those in common use that are not countries, each between spaces. */
static const char generic_domains[] =
    " test example com org net edu gov mil int arpa info biz name pro aero coop museum mobi jobs travel tel cat asia "
    "post xxx "
    "academy accountant accountants agency app apartments art associates audio auto autos band bank bar beauty beer "
    "best "
    "bet bike bio black blog blue boutique build builders business buzz cab cafe camera camp capital cards care "
    "careers "
    "cars casa cash casino center ceo charity chat church city claims cleaning clinic cloud club coach codes coffee "
    "college community company computer consulting contractors cool country coupons courses credit dance data date "
    "dating "
    "deals delivery democrat dental design dev diamonds diet digital direct directory discount doctor dog domains "
    "education email energy engineer engineering enterprises equipment estate events exchange expert exposed express "
    "family fan fans farm fashion film finance financial fish fit fitness flights florist foundation fun fund "
    "furniture "
    "fyi gallery game games garden gift gifts gives global gold golf graphics green group guide guru health healthcare "
    "help holdings holiday homes hospital host hosting house icu immo industries ink institute insure international "
    "investments jewelry kim kitchen kiwi land law lawyer lease legal life lighting limited limo link live loan loans "
    "lol "
    "london love ltd luxury maison management market marketing mba media memorial men menu moda moe money mortgage "
    "moscow "
    "movie network news ngo ninja nyc one ong online ooo organic page paris partners parts party pet photo photography "
    "photos pictures pink pizza place plumbing plus poker press productions promo properties property pub quest racing "
    "recipes red rehab rent rentals repair report republican rest restaurant review reviews rip rocks rodeo run sale "
    "salon school science security services sexy shoes shop shopping show singles site ski soccer social software "
    "solar "
    "solutions space sport store stream studio study style supplies supply support surf surgery systems tax taxi team "
    "tech "
    "technology tennis theater tips tires today tokyo tools top tours town toys trade training tube university "
    "vacations "
    "ventures vet video villas vin vip vision vodka voyage watch webcam website wedding wiki win wine work works world "
    "wtf "
    "xyz yoga zone amsterdam bayern berlin brussels cologne hamburg koeln ruhr saarland tirol vlaanderen wales wien "
    "eus gal "
    "frl scot bzh corsica swiss africa joburg capetown durban istanbul quebec rio sydney melbourne miami vegas boston "
    "amazon apple aws azure barclays bbc bmw bosch canon cisco dell deloitte ericsson google hsbc ibm ieee intel "
    "mckinsey microsoft netflix nokia oracle pwc samsung sap sbi sky sony statefarm toyota ubs visa volvo yahoo ";

bool country_is_known(const char *letters)
{
    for (size_t i = 0; i + 1 < sizeof(countries); i += 2)
        if (countries[i] == letters[0] && countries[i + 1] == letters[1])
            return true;
    return false;
}

/* Country domains are ISO 3166-1 codes, except for these. */
static bool country_domain_is_known(const char *upper)
{
    static const char *const others[] = {"AC", "EU", "SU", "UK"};

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (strcmp(upper, others[i]) == 0)
            return true;
    return country_is_known(upper);
}

bool tld_is_known(const char *label, size_t len)
{
    char word[26];

    if (len < 2 || len > sizeof(word) - 3)
        return false;
    if (len > 4 && g_ascii_strncasecmp(label, "xn--", 4) == 0)
        return true;
    if (len == 2) {
        char upper[3] = {g_ascii_toupper(label[0]), g_ascii_toupper(label[1]), '\0'};
        return country_domain_is_known(upper);
    }
    word[0] = ' ';
    for (size_t i = 0; i < len; i++)
        word[1 + i] = g_ascii_tolower(label[i]);
    word[1 + len] = ' ';
    word[2 + len] = '\0';
    return strstr(generic_domains, word) != NULL;
}
