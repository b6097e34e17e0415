#include "detect/encoded/runs.h"
#include "detect/byte_class.h"
#include "detect/encoded/base64.h"
#include "detect/encoded/run_forms.h"

#include <glib.h>
#include <string.h>

enum {
    TEXT_MIN = 12,        /* bytes; less is not worth it, and too often chance */
    HEAD = 8,             /* so many characters of a run tell of most that it is no text */
    STARTS_WITHIN = 128,  /* so many characters something else may stand before it */
    WIDE_MARK = 0xFEFF,   /* of the order of bytes: text may begin with it */
    TURNED_MARK = 0xFFFE, /* read in the other order */
};

/* What it may decode to: UTF-8, or UTF-16 with the lower or the higher byte first. */
typedef enum RunForm { RUN_NO_TEXT, RUN_TEXT, RUN_WIDE_TEXT, RUN_WIDE_TEXT_HIGH_FIRST } RunForm;

/* Text has no control characters but those of lines, and is UTF-8; its end may be cut. */
static bool is_text(const Decoded *out)
{
    const char *end = NULL;

    if (out->len < TEXT_MIN)
        return false;
    for (size_t i = 0; i < out->len; i++) {
        if (byte_is_control(out->text[i]))
            return false;
    }
    return g_utf8_validate((const char *)out->text, (gssize)out->len, &end) ||
           (const char *)out->text + out->len - end < 4;
}

static uint64_t each_byte(uint8_t byte)
{
    return byte * UINT64_C(0x0101010101010101);
}

static bool has_zero(uint64_t bytes)
{
    return ((bytes - each_byte(1)) & ~bytes & each_byte(0x80)) != 0;
}

/* The first bytes of what a run encodes, blanks behind them; the first is the lowest. */
typedef struct RunHead {
    uint64_t bytes;
    uint64_t known; /* all bits of those that are no blanks */
} RunHead;

/* Of the lowest bytes of the value, as many as count says. */
static RunHead run_head(uint64_t value, unsigned count)
{
    uint64_t blanks = each_byte(' ') >> 8 * count;

    return (RunHead){
        .bytes = __builtin_bswap64(value << (64 - 8 * count) | blanks), .known = ~UINT64_C(0) >> (64 - 8 * count)};
}

/* Most of the control characters that no text has. All bytes at once, for nothing tells beforehand which one it is. */
static bool has_control(uint64_t bytes)
{
    return has_zero(bytes & each_byte(0xF8)) || has_zero((bytes & each_byte(0xF0)) ^ each_byte(0x10));
}

/* Whether text may begin so, by where bytes of UTF-8 may stand. */
static bool begins_text(const RunHead *head)
{
    uint64_t bytes = head->bytes, high = bytes & each_byte(0x80), leading = high & bytes << 1;
    uint64_t following = high & ~leading;
    bool is_misplaced = (following & ~(high << 8)) != 0 || (leading << 8 & ~following & head->known) != 0;

    return !is_misplaced && !has_control(bytes);
}

/* UTF-16, as programs for Windows write it (the lower byte first) or Java: the first letters are those of the West.
 * upper: where the higher bytes are. */
static bool begins_wide_text(const RunHead *head, uint64_t upper, uint64_t mark)
{
    bool has_mark = (head->bytes & 0xFFFF) == mark;
    uint64_t bytes = has_mark ? (head->bytes & ~UINT64_C(0xFFFF)) | (each_byte(' ') & ~upper & 0xFFFF) : head->bytes;

    return (bytes & upper & head->known) == 0 && !has_control(bytes | (each_byte(' ') & upper));
}

static RunForm form_of(const RunHead *head)
{
    if (begins_text(head))
        return RUN_TEXT;
    if (begins_wide_text(head, UINT64_C(0xFF00FF00FF00FF00), WIDE_MARK))
        return RUN_WIDE_TEXT;
    bool is_turned = begins_wide_text(head, UINT64_C(0x00FF00FF00FF00FF), TURNED_MARK);
    return is_turned ? RUN_WIDE_TEXT_HIGH_FIRST : RUN_NO_TEXT;
}

static RunForm hex_form(Bytes run)
{
    uint64_t value = 0;
    bool is_valid = true;

    for (size_t i = 0; i < HEAD; i++) {
        is_valid &= byte_is_hex(run.data[i]);
        value = value << 4 | hex_value(run.data[i]);
    }
    const RunHead head = run_head(value, HEAD / 2);
    return is_valid ? form_of(&head) : RUN_NO_TEXT;
}

static RunForm base64_form(Bytes run)
{
    uint64_t value = 0;
    bool is_valid = true;

    for (size_t i = 0; i < HEAD; i++) {
        int digit = base64_value(run.data[i]);
        is_valid &= digit >= 0;
        value = value << 6 | (uint64_t)digit;
    }
    const RunHead head = run_head(value, HEAD * 3 / 4);
    return is_valid ? form_of(&head) : RUN_NO_TEXT;
}

/* Of those, only what begins as UTF-8 does. */
static RunSpelling spelling_of(Bytes run)
{
    uint64_t bytes = 0;
    unsigned count = 0;
    RunSpelling spelling = run_spelling(run.data, &bytes, &count);

    if (spelling == SPELLED_OTHERWISE)
        return spelling;
    const RunHead head = run_head(bytes, count);
    return begins_text(&head) ? spelling : SPELLED_OTHERWISE;
}

bool run_may_be_text(Bytes run)
{
    return run.len >= HEAD &&
           (base64_form(run) != RUN_NO_TEXT || hex_form(run) != RUN_NO_TEXT || spelling_of(run) != SPELLED_OTHERWISE);
}

/* Behind a character that is no letter of a word; behind the mark of a number, "0x", and what may be the end of an
 * escape:
 * "\n" of JSON, "\x" of PostgreSQL. */
static bool may_begin(Bytes run, size_t at)
{
    uint8_t before = run.data[at - 1];

    if (!g_ascii_isalnum(run.data[at]))
        return false;
    if (!g_ascii_isalnum(before) || (at == 1 && byte_is_one_of(before, "nrtx")))
        return true;
    return (before | 0x20) == 'x' && at >= 2 && run.data[at - 2] == '0';
}

size_t run_next_start(Bytes run, size_t at)
{
    size_t limit = run.len >= RUN_MIN ? MIN(run.len - RUN_MIN + 1, (size_t)STARTS_WITHIN) : 0;

    while (++at < limit) {
        if (may_begin(run, at))
            return at;
    }
    return run.len;
}

/* How many characters there belong to the end of a line, or the beginning of the next; both of "\\n" in JSON. */
static size_t break_length(Bytes run, size_t at)
{
    uint8_t byte = run.data[at];

    if (byte == '\\')
        return 2;
    return byte == '\n' || byte == '\r' || byte == ' ' || byte == '\t' ? 1 : 0;
}

/* Pairs of digits, but for the breaks of lines; a piece of a long run may end within one. */
static bool is_hex(Bytes text)
{
    size_t digits = 0;

    for (size_t i = 0; i < text.len;) {
        size_t skipped = byte_is_hex(text.data[i]) ? 0 : break_length(text, i);
        if (skipped == 0 && !byte_is_hex(text.data[i]))
            return false;
        digits += skipped == 0 ? 1 : 0;
        i += skipped + (skipped == 0 ? 1 : 0);
    }
    return digits % 2 == 0 || text.len > ENCODED_SPAN_MAX / 2;
}

static void put_hex(Bytes run, Decoded *out)
{
    size_t digits = 0, first = 0;
    unsigned value = 0;

    out->len = 0;
    for (size_t i = 0; i < run.len; i++) {
        if (!byte_is_hex(run.data[i])) {
            i += break_length(run, i) - 1;
            continue;
        }
        value = value << 4 | hex_value(run.data[i]);
        if (digits++ % 2 == 0)
            first = i;
        else
            decoded_add(out, (uint8_t)value, decoded_from(first));
    }
    decoded_end(out, run.len);
}

static void put_base64(Bytes run, Decoded *out)
{
    uint32_t bits = 0;
    unsigned count = 0;

    out->len = 0;
    for (size_t i = 0, last = 0; i < run.len && run.data[i] != '='; i++) {
        int value = base64_value(run.data[i]);
        if (value < 0) { /* the break of a line */
            i += run.data[i] == '\\' ? 1 : 0;
            continue;
        }
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            const DecodedFrom from = {.index = (uint16_t)last, .is_shared = count != 4};
            decoded_add(out, (uint8_t)(bits >> count), from);
        }
        last = i;
    }
    decoded_end(out, run.len);
}

static void put_character(Decoded *out, uint32_t unit, DecodedFrom from)
{
    if (unit < 0x80) {
        decoded_add(out, (uint8_t)unit, from);
    } else if (unit < 0x800) {
        decoded_add(out, (uint8_t)(0xC0 | unit >> 6), from);
        decoded_add(out, (uint8_t)(0x80 | (unit & 0x3F)), from);
    } else { /* takes more room than it has here, and no rule looks for any */
        decoded_add(out, '?', from);
    }
}

/* From UTF-16 to UTF-8, which is not longer here: in its place. high: which byte of a pair is the higher. False: there
 * is half a pair of characters. */
static bool narrow(Decoded *out, size_t high)
{
    size_t len = out->len, end = out->from[len].index;
    bool is_in_pair = false;

    out->len = 0;
    for (size_t i = 0; i + 1 < len; i += 2) {
        uint32_t unit = out->text[i + 1 - high] | (uint32_t)out->text[i + high] << 8;
        bool is_second = unit >= 0xDC00 && unit < 0xE000;
        if (is_second != is_in_pair)
            return false;
        is_in_pair = unit >= 0xD800 && unit < 0xDC00;
        if (i > 0 || unit != WIDE_MARK)
            put_character(out, unit, out->from[i]);
    }
    decoded_end(out, end);
    return true;
}

static bool decode_spelled(Bytes run, Decoded *out)
{
    switch (run.len >= HEAD ? spelling_of(run) : SPELLED_OTHERWISE) {
    case SPELLED_OTHERWISE:
        return false;
    case SPELLED_DASHED:
        return run_put_dashed(run, out) && is_text(out);
    case SPELLED_BASE32:
        return run_put_base32(run, out) && is_text(out);
    }
    return false;
}

bool decode_run(Bytes run, Decoded *out)
{
    RunForm form = run.len >= HEAD ? hex_form(run) : RUN_NO_TEXT;
    bool has_only_hex = form != RUN_NO_TEXT && is_hex(run);

    if (!has_only_hex && decode_spelled(run, out))
        return true;
    out->width = 0;
    if (!has_only_hex) {
        form = run.len >= HEAD ? base64_form(run) : RUN_NO_TEXT;
        if (form == RUN_NO_TEXT || is_hex(run))
            return false;
    }
    if (has_only_hex)
        put_hex(run, out);
    else
        put_base64(run, out);
    return (form == RUN_TEXT || narrow(out, form == RUN_WIDE_TEXT ? 1 : 0)) && is_text(out);
}
