/* Addresses of machines: IPv6, MAC, UUID. */
#include "detect/validators/validators_internal.h"

#include <arpa/inet.h>
#include <string.h>

static bool is_all(const uint8_t *bytes, size_t len, uint8_t wanted)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != wanted)
            return false;
    return true;
}

/* RFC 4291, 3849, 4193: addresses that point at nobody. */
static bool ipv6_is_nobodys(const uint8_t *bytes)
{
    static const uint8_t documentation[4] = {0x20, 0x01, 0x0d, 0xb8};

    return is_all(bytes, 10, 0) || bytes[0] == 0xff || (bytes[0] & 0xfe) == 0xfc ||
           (bytes[0] == 0xfe && bytes[1] >= 0x80) || memcmp(bytes, documentation, 4) == 0;
}

/* RFC 4291, section 2.2. "::" between words is also an operator of several languages, and a few short groups may be
 * anything: with less than three groups the tier is low. */
static Verdict ipv6_verdict(Bytes value)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    size_t groups = 0;

    const uint8_t *zone = memchr(value.data, '%', value.len);
    size_t len = zone != NULL ? (size_t)(zone - value.data) : value.len;
    if (len >= sizeof text)
        return VERDICT_REJECT;
    memcpy(text, value.data, len);
    text[len] = '\0';
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return VERDICT_REJECT;
    for (size_t i = 0; i < len; i++)
        groups += g_ascii_isxdigit(text[i]) && (i == 0 || text[i - 1] == ':') ? 1 : 0;
    return groups < 3 || ipv6_is_nobodys(bytes) ? VERDICT_LOW : VERDICT_PASS;
}

/* A part of something longer is none: ":::" or "::ffff:192.168.1". */
Verdict validate_ipv6(const Surroundings *surroundings)
{
    Bytes before = surroundings->before, after = surroundings->after;

    if (before.len > 0 && before.data[before.len - 1] == ':' && surroundings->value.data[0] == ':')
        return VERDICT_REJECT;
    if (after.len > 0 && after.data[0] == ':')
        return VERDICT_REJECT;
    if (after.len > 1 && after.data[0] == '.' && g_ascii_isdigit(after.data[1]))
        return VERDICT_REJECT;
    return ipv6_verdict(surroundings->value);
}

/* 00:11:22:33:44:55, 08:00:2b:01:02:03: what people write for any address. */
static bool is_sequence(const uint8_t bytes[6])
{
    size_t equal_steps = 0;
    bool is_counting = false;

    for (size_t i = 2; i < 6; i++) {
        uint8_t step = (uint8_t)(bytes[i] - bytes[i - 1]);
        bool is_equal = step == (uint8_t)(bytes[i - 1] - bytes[i - 2]);
        equal_steps += is_equal ? 1 : 0;
        is_counting = is_counting || (is_equal && step == 1);
    }
    return is_counting || equal_steps == 4;
}

/* Whether one more octet stands there: fingerprints of keys are written like that, too. */
static bool is_octet_behind(Bytes after)
{
    return after.len >= 3 && (after.data[0] == ':' || after.data[0] == '-') && g_ascii_isxdigit((char)after.data[1]) &&
           g_ascii_isxdigit((char)after.data[2]);
}

static bool is_octet_before(Bytes before)
{
    const uint8_t *end = before.data + before.len;

    return before.len >= 3 && (end[-1] == ':' || end[-1] == '-') && g_ascii_isxdigit((char)end[-2]) &&
           g_ascii_isxdigit((char)end[-3]) && (before.len == 3 || !g_ascii_isalnum((char)end[-4]));
}

/* IEEE 802: six octets; neither broadcast nor zero. RFC 7042's documentation ranges are nobody's. */
Verdict validate_mac(const Surroundings *surroundings)
{
    const Bytes value = surroundings->value;
    static const uint8_t documentation[][3] = {{0x00, 0x00, 0x5e}, {0x01, 0x00, 0x5e}, {0x33, 0x33, 0x00}};
    uint8_t bytes[6] = {0};
    size_t digits = 0;

    for (size_t i = 0; i < value.len; i++) {
        int digit = g_ascii_xdigit_value((char)value.data[i]);
        if (digit < 0)
            continue;
        if (digits == 12)
            return VERDICT_REJECT;
        bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | digit);
        digits++;
    }
    if (is_octet_behind(surroundings->after) || is_octet_before(surroundings->before))
        return VERDICT_REJECT;
    if (digits != 12 || is_all(bytes, 6, 0xff) || is_all(bytes, 6, 0))
        return VERDICT_REJECT;
    for (size_t i = 0; i < G_N_ELEMENTS(documentation); i++)
        if (memcmp(bytes, documentation[i], 3) == 0)
            return VERDICT_LOW;
    /* IEEE 802: an address of a group, and one that no maker gave to a device. */
    bool is_nobodys = (bytes[0] & 3) != 0;
    return is_nobodys || is_sequence(bytes) ? VERDICT_LOW : VERDICT_PASS;
}

/* RFC 9562: not the nil or the max UUID, nor one of a few repeated digits. */
Verdict validate_uuid(Bytes value)
{
    return value.len == 36 && distinct_count(value) > 4 ? VERDICT_PASS : VERDICT_REJECT;
}

/* Text may say that it is no number. */
static bool is_within(double degrees, double limit)
{
    return degrees >= -limit && degrees <= limit;
}

/* Degrees of latitude and longitude, each with at least three decimals. */
static Verdict gps_verdict(Bytes value)
{
    double degrees[2];
    size_t count = 0;
    char text[64];

    if (value.len >= sizeof text)
        return VERDICT_REJECT;
    memcpy(text, value.data, value.len);
    text[value.len] = '\0';
    for (char *at = text; *at != '\0' && count < 2;) {
        char *end = at;
        degrees[count] = g_ascii_strtod(at, &end);
        if (end == at) {
            at++;
            continue;
        }
        count++;
        at = end;
    }
    bool is_place =
        count == 2 ? is_within(degrees[0], 90) && is_within(degrees[1], 180) : count == 1 && is_within(degrees[0], 180);
    if (!is_place)
        return VERDICT_REJECT;
    /* "1.000000, 2.000000": counted, not measured. */
    bool is_whole = count == 2 && degrees[0] == (int)degrees[0] && degrees[1] == (int)degrees[1];
    return degrees[0] == 0 || (count == 2 && degrees[1] == 0) || is_whole ? VERDICT_REJECT : VERDICT_PASS;
}

/* `<latitude><minutes>52.560001</minutes>`: parts of one that is written otherwise. */
static bool is_part_of_degree(Bytes field)
{
    return field.len >= 6 && (g_ascii_strncasecmp((const char *)field.data, "minute", 6) == 0 ||
                                 g_ascii_strncasecmp((const char *)field.data, "second", 6) == 0);
}

/* "stop_lat", "shape_pt_lon": a timetable's stops, and the lines on its map. */
static bool is_of_timetable(Bytes field)
{
    static const char *const begins[] = {"stop_", "shape_", "station_", "airport_"};

    for (size_t i = 0; i < G_N_ELEMENTS(begins); i++)
        if (field.len > strlen(begins[i]) &&
            g_ascii_strncasecmp((const char *)field.data, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

/* "max_latitude: 70.0922932", "northeast": the bounds of a country or a map, or what stands beside them. */
static bool is_of_area(const Surroundings *surroundings)
{
    static const char *const words[] = {"max_l", "min_l", "northeast", "southwest"};
    Bytes before = surroundings->before, after = surroundings->after;
    bool is_found = false;

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        size_t len = strlen(words[i]);
        is_found = is_found || (before.len > 0 && memmem(before.data, before.len, words[i], len) != NULL) ||
                   (after.len > 0 && memmem(after.data, after.len, words[i], len) != NULL);
    }
    return is_found;
}

/* "[3.9807, -5.0073, 1.6953]": one number more. */
static bool is_in_list(Bytes after)
{
    size_t at = 2;

    if (after.len < 5 || after.data[0] != ',' || after.data[1] != ' ')
        return false;
    at += after.data[at] == '-' ? 1 : 0;
    while (at < after.len && g_ascii_isdigit(after.data[at]))
        at++;
    return at + 1 < after.len && after.data[at] == '.' && g_ascii_isdigit(after.data[at + 1]);
}

Verdict validate_gps(const Surroundings *surroundings)
{
    if (is_part_of_degree(surroundings->field))
        return VERDICT_REJECT;
    if (is_vertex(surroundings) || is_in_list(surroundings->after) || is_of_area(surroundings) ||
        is_of_timetable(surroundings->field) || is_of_map(surroundings->before))
        return MIN(gps_verdict(surroundings->value), VERDICT_LOW);
    return outside_publication(surroundings, gps_verdict(surroundings->value));
}
