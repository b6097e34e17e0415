/* What stands in text that programs write for programs: lists of checksums, blocks of base64, outlines of places, logs
 * of requests. */
#include "detect/validators/validators_internal.h"
#include "detect/validators/word_search.h"

#include <string.h>

enum { CHECKSUM_DIGITS_MIN = 32, BLOCK_LINE_MIN = 60, BLOCK_RUN_MIN = 40 };

static size_t line_start(Bytes before)
{
    const uint8_t *newline = before.len > 0 ? memrchr(before.data, '\n', before.len) : NULL;

    return newline != NULL ? (size_t)(newline - before.data) + 1 : 0;
}

static bool is_path_byte(uint8_t byte)
{
    return g_ascii_isalnum(byte) || is_one_of(byte, "./_-") || byte >= 0x80;
}

/* "  usr/bin/env", " *usr/bin/env", " 1024 package.dsc": what follows a checksum in the files of md5sum and of Debian.
 */
static bool is_file_behind(Bytes after)
{
    size_t at = 2;

    if (after.len < 4 || after.data[0] != ' ')
        return false;
    if (after.data[1] == ' ' || after.data[1] == '*')
        return is_path_byte(after.data[2]);
    if (!g_ascii_isdigit(after.data[1]))
        return false;
    while (at < after.len && g_ascii_isdigit(after.data[at]))
        at++;
    return at + 1 < after.len && after.data[at] == ' ' && is_path_byte(after.data[at + 1]);
}

/* "MD5 (file) = ", "SHA2-256(file)= ": what precedes one in the files of BSD and of openssl. */
static bool is_file_before(Bytes line)
{
    static const char *const signs[] = {") = ", ")= "};
    bool is_assigned = false;

    for (size_t i = 0; i < G_N_ELEMENTS(signs); i++) {
        size_t len = strlen(signs[i]);
        is_assigned = is_assigned || (line.len > len && memcmp(line.data + line.len - len, signs[i], len) == 0);
    }
    return is_assigned && (memcmp(line.data, "MD5", 3) == 0 || memcmp(line.data, "SHA", 3) == 0);
}

bool is_in_checksum_list(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;

    if (surroundings->value.len < CHECKSUM_DIGITS_MIN || !mix_of(surroundings->value).is_hex)
        return false;
    size_t start = line_start(before);
    Bytes line = {before.data + start, before.len - start};
    while (line.len > 0 && line.data[0] == ' ')
        line = (Bytes){line.data + 1, line.len - 1};
    return line.len == 0 ? is_file_behind(surroundings->after) : is_file_before(line);
}

static bool is_base64_byte(uint8_t byte)
{
    return g_ascii_isalnum(byte) || byte == '+' || byte == '/';
}

static size_t base64_run_before(Bytes text)
{
    size_t len = 0;

    while (len < text.len && is_base64_byte(text.data[text.len - 1 - len]))
        len++;
    return len;
}

/* "SHA256:" as ssh writes fingerprints, "data:image/png;base64,". */
static bool is_said_to_be_base64(Bytes before)
{
    static const char *const words[] = {"SHA256:", "base64,", "h1:"};

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t len = strlen(words[i]);
        if (before.len >= len && memcmp(before.data + before.len - len, words[i], len) == 0)
            return true;
    }
    return false;
}

bool is_in_base64_block(const Surroundings *surroundings)
{
    Bytes before = surroundings->before;
    size_t end = before.len;

    if (base64_run_before(before) >= BLOCK_RUN_MIN || is_said_to_be_base64(before))
        return true;
    while (end > 0 && is_one_of(before.data[end - 1], " \t\r\n"))
        end--;
    bool is_on_line_of_its_own = end < before.len && memchr(before.data + end, '\n', before.len - end) != NULL;
    return is_on_line_of_its_own && base64_run_before((Bytes){before.data, end}) >= BLOCK_LINE_MIN;
}

bool is_in_path_of_address(Bytes before)
{
    size_t at = before.len;

    while (at > 0 && !g_ascii_isspace(before.data[at - 1]) && !is_one_of(before.data[at - 1], "\"'<>=?&@"))
        at--;
    return before.len - at > 3 && memmem(before.data + at, before.len - at, "://", 3) != NULL;
}

bool is_of_map(Bytes before)
{
    static const char *const tags[] = {"<node ", "<bounds ", "<center ", "<tag "};
    const uint8_t *tag = before.len > 0 ? memrchr(before.data, '<', before.len) : NULL;
    size_t len = tag != NULL ? (size_t)(before.data + before.len - tag) : 0;

    for (size_t i = 0; i < G_N_ELEMENTS(tags); i++)
        if (len > strlen(tags[i]) && memcmp(tag, tags[i], strlen(tags[i])) == 0)
            return true;
    return false;
}

bool is_in_hexdump(Bytes before)
{
    enum { OCTETS = 4, OCTET_LEN = 3 };
    size_t at = before.len;

    while (at > 0 && is_one_of(before.data[at - 1], " |"))
        at--;
    if (at == before.len || at + 1 < OCTETS * OCTET_LEN)
        return false;
    for (size_t i = 0; i < OCTETS; i++, at -= OCTET_LEN) {
        bool is_octet = g_ascii_isxdigit(before.data[at - 1]) && g_ascii_isxdigit(before.data[at - 2]);
        if (!is_octet || (i + 1 < OCTETS && before.data[at - 3] != ' '))
            return false;
    }
    return true;
}

/* The last byte that is no blank, 0: there is none; *at moves before it. */
static uint8_t visible_before(Bytes text, size_t *at)
{
    while (*at > 0 && g_ascii_isspace(text.data[*at - 1]))
        (*at)--;
    return *at > 0 ? text.data[--(*at)] : 0;
}

static uint8_t visible_behind(Bytes text, size_t *at)
{
    while (*at < text.len && g_ascii_isspace(text.data[*at]))
        (*at)++;
    return *at < text.len ? text.data[(*at)++] : 0;
}

/* "-87.77,41.87,0 -87.78,41.88,0": latitude, longitude and height of one place behind the other. */
static bool is_in_line_of_places(Bytes before, Bytes after)
{
    size_t at = 1, end = before.len;

    while (after.len > at && after.data[0] == ',' && (g_ascii_isdigit(after.data[at]) || after.data[at] == '.'))
        at++;
    size_t first = at;
    while (at > 1 && at < after.len && g_ascii_isspace(after.data[at]))
        at++;
    if (at > first && at < after.len && (g_ascii_isdigit(after.data[at]) || after.data[at] == '-'))
        return true;
    end -= end > 0 && before.data[end - 1] == '-' ? 1 : 0;
    first = end;
    while (end > 0 && g_ascii_isspace(before.data[end - 1]))
        end--;
    size_t digits = 0;
    while (digits < end && (g_ascii_isdigit(before.data[end - 1 - digits]) || before.data[end - 1 - digits] == '.'))
        digits++;
    return end < first && digits > 0 && digits < end && before.data[end - 1 - digits] == ',';
}

bool is_vertex(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;
    size_t at = before.len;
    uint8_t mark = visible_before(before, &at);

    if (mark == '-')
        mark = visible_before(before, &at);
    uint8_t comma = visible_before(before, &at), bracket = visible_before(before, &at);
    if (mark == '[' && comma == ',' && bracket == ']')
        return true;
    if (is_in_line_of_places(before, after))
        return true;
    at = 0;
    mark = visible_behind(after, &at);
    comma = visible_behind(after, &at);
    bracket = visible_behind(after, &at);
    return mark == ']' && comma == ',' && bracket == '[';
}

/* "/phone?id=084309020", "&page=4": a parameter of an address that is called otherwise than the thing looked for. */
static bool is_parameter_of_address(Bytes before)
{
    static const char *const names[] = {"id", "page", "offset", "ts", "t", "v", "size", "limit", "width", "height"};
    size_t end = before.len;

    if (end < 3 || before.data[end - 1] != '=')
        return false;
    size_t start = end - 1;
    while (start > 0 && (g_ascii_isalpha(before.data[start - 1]) || before.data[start - 1] == '_'))
        start--;
    if (start == 0 || !is_one_of(before.data[start - 1], "?&"))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        size_t len = strlen(names[i]);
        if (end - 1 - start == len && memcmp(before.data + start, names[i], len) == 0)
            return true;
    }
    return false;
}

bool is_in_request(const Surroundings *surroundings)
{
    static const char protocol[] = "HTTP/";
    static const char *const protocols[] = {protocol};
    static WordSearch search = WORD_SEARCH_EXACT(protocols);
    enum { PROTOCOL_LEN = 24 };
    Bytes before = surroundings->before, after = surroundings->after;
    size_t near = MIN(before.len, (size_t)PROTOCOL_LEN);

    if (is_parameter_of_address(before) ||
        word_search_any(&search, (Bytes){.data = before.data + before.len - near, .len = near}))
        return true;
    return after.len > sizeof protocol && after.data[0] == ' ' &&
           memcmp(after.data + 1, protocol, sizeof protocol - 1) == 0;
}

static size_t digits_before(Bytes text, size_t end)
{
    size_t len = 0;

    while (len < end && g_ascii_isdigit(text.data[end - 1 - len]))
        len++;
    return len;
}

bool is_in_fraction(const Surroundings *surroundings)
{
    enum { DATE_DIGITS = 4 };
    Bytes before = surroundings->before, after = surroundings->after;
    size_t len = 1;

    if (before.len > 1 && before.data[before.len - 1] == '/')
        return digits_before(before, before.len - 1) > DATE_DIGITS;
    while (len < after.len && g_ascii_isdigit(after.data[len]))
        len++;
    return after.len > 0 && after.data[0] == '/' && len - 1 > DATE_DIGITS;
}

bool has_minus(Bytes before)
{
    const uint8_t *end = before.data + before.len;

    if (before.len < 3 || end[-1] != '-')
        return false;
    return is_one_of(end[-2], ",[") || (end[-2] == ' ' && is_one_of(end[-3], ":,["));
}

bool has_slashes(Bytes value)
{
    const uint8_t *slash = memchr(value.data, '/', value.len);

    return slash != NULL && memrchr(value.data, '/', value.len) != slash;
}

bool is_on_chromosome(Bytes before)
{
    size_t at = before.len;

    if (at < 5 || before.data[at - 1] != ',')
        return false;
    for (at--; at > 0 && g_ascii_isalnum(before.data[at - 1]); at--)
        ;
    return before.len - at > 4 && memcmp(before.data + at, "chr", 3) == 0;
}

bool is_year_first(Bytes value)
{
    const char *text = (const char *)value.data;

    return value.len >= 11 && text[5] == '-' && text[8] == '-' && digits_all(text, 1, 4) && digits_all(text, 6, 2) &&
           digits_all(text, 9, 2) &&
           date_is_real(digits_value(text, 1, 4), digits_value(text, 6, 2), digits_value(text, 9, 2));
}
