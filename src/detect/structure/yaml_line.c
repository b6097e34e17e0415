#include "detect/structure/yaml_line.h"
#include "detect/byte_class.h"

#include <string.h>

enum { KEY_MAX = 128 };

static size_t skip_spaces(Bytes text, size_t at)
{
    while (at < text.len && text.data[at] == ' ')
        at++;
    return at;
}

static bool is_line_end(uint8_t byte)
{
    return byte == '\n' || byte == '\r';
}

/* Apart from letters, digits and the underscore. */
static const bool in_keys[256] = {[' '] = true,
    ['-'] = true,
    ['.'] = true,
    ['/'] = true,
    ['$'] = true,
    ['@'] = true,
    ['{'] = true,
    ['}'] = true,
    ['<'] = true,
    ['+'] = true,
    ['*'] = true,
    [0x80 ... 0xFF] = true};

static bool is_key_byte(uint8_t byte)
{
    return byte_is_word(byte) || in_keys[byte];
}

/* A colon ends a key only before a space or the line's end. */
static bool ends_key(Bytes text, size_t colon)
{
    return colon + 1 >= text.len || text.data[colon + 1] == ' ' || is_line_end(text.data[colon + 1]);
}

/* "!!str", "&name" */
static size_t skip_properties(Bytes text, size_t at)
{
    at = skip_spaces(text, at);
    while (at < text.len && (text.data[at] == '!' || text.data[at] == '&')) {
        while (at < text.len && text.data[at] != ' ' && !is_line_end(text.data[at]))
            at++;
        at = skip_spaces(text, at);
    }
    return at;
}

/* "{{" and "{%" belong to a template. */
static bool is_flow(Bytes text, size_t at)
{
    bool is_template = at + 1 < text.len && text.data[at] == '{' && strchr("{%", text.data[at + 1]) != NULL;

    return (text.data[at] == '{' || text.data[at] == '[') && !is_template;
}

static void read_value(Bytes text, YamlLine *line)
{
    size_t at = line->at = skip_properties(text, line->after);

    line->is_whole = at < text.len && (text.data[at] != '{' || at + 1 < text.len);
    if (at == text.len)
        return;
    if (is_line_end(text.data[at]) || text.data[at] == '#')
        line->value = YAML_NONE;
    else if (text.data[at] == '|' || text.data[at] == '>')
        line->value = YAML_SCALAR;
    else if (is_flow(text, at))
        line->value = YAML_FLOW;
}

/* False: it is not known whether there is one. */
static bool read_key(Bytes text, size_t at, YamlLine *line)
{
    uint8_t quote = at < text.len && (text.data[at] == '"' || text.data[at] == '\'') ? text.data[at] : 0;
    size_t start = quote != 0 ? at + 1 : at, end = start;

    while (end < text.len && end - start < KEY_MAX && text.data[end] != '\0' &&
           (quote != 0 ? text.data[end] != quote && text.data[end] != '\n' : is_key_byte(text.data[end])))
        end++;
    size_t colon = quote != 0 && end < text.len && text.data[end] == quote ? end + 1 : end;
    if (colon < text.len && text.data[colon] == ':' && end > start && ends_key(text, colon)) {
        line->key = (Bytes){.data = text.data + start, .len = end - start};
        line->is_quoted = quote != 0;
        line->after = colon + 1;
    }
    return colon + 1 < text.len || (colon < text.len && text.data[colon] != ':') || end - start == KEY_MAX;
}

static size_t read_dashes(Bytes text, size_t at, YamlLine *line)
{
    while (at + 1 < text.len && text.data[at] == '-' && (text.data[at + 1] == ' ' || is_line_end(text.data[at + 1]))) {
        if (line->dash_count < YAML_DASHES_MAX)
            line->dashes[line->dash_count++] = (uint32_t)at;
        at = skip_spaces(text, at + 1);
    }
    return at;
}

static bool is_nothing(Bytes text, size_t at)
{
    bool is_template = at + 1 < text.len && text.data[at] == '{' && strchr("{%", text.data[at + 1]) != NULL;

    return is_line_end(text.data[at]) || text.data[at] == '#' || is_template;
}

YamlLine yaml_line_read(Bytes text)
{
    YamlLine line = {0};
    size_t first = skip_spaces(text, 0), at = read_dashes(text, first, &line);

    line.first = (uint32_t)first;
    line.indent = (uint32_t)at;
    line.after = at;
    if (at < text.len && line.dash_count == 0 && is_nothing(text, at)) {
        line.is_blank = true;
        line.is_whole = true;
        return line;
    }
    bool is_known = at < text.len && (is_flow(text, at) || read_key(text, at, &line));
    read_value(text, &line);
    line.is_whole = line.is_whole && is_known;
    return line;
}

/* ---- is it YAML? ---- */

enum { LINES_SEEN = 40, KEYS_MIN = 3 };

typedef struct YamlCensus {
    unsigned keys, items, others;
    unsigned nested;      /* keys with something below or inside */
    bool is_said;         /* "---" stands before all else */
    uint32_t scalar;      /* as in YamlScan */
    int brackets;         /* open in flow style */
    uint32_t flow_indent; /* lines no deeper than this are outside again */
    bool is_open;         /* the last key had no value */
    uint32_t open_indent;
} YamlCensus;

/* Behind the quoted text that begins here; at, if none does. An apostrophe inside a word is no quote. */
static size_t skip_quoted(Bytes line, size_t at)
{
    uint8_t quote = line.data[at];
    bool begins = (quote == '"' || quote == '\'') && (at == 0 || byte_is_one_of(line.data[at - 1], " {[,:"));
    const uint8_t *end = begins ? memchr(line.data + at + 1, quote, line.len - at - 1) : NULL;

    return end != NULL ? (size_t)(end - line.data) : at;
}

static int brackets_of(Bytes line)
{
    int open = 0;

    for (size_t i = 0; i < line.len; i++) {
        i = skip_quoted(line, i);
        open += line.data[i] == '{' || line.data[i] == '[' ? 1 : 0;
        open -= line.data[i] == '}' || line.data[i] == ']' ? 1 : 0;
    }
    return open;
}

/* Inside a block scalar, or brackets that go on over lines: it says nothing. */
static bool is_inside(YamlCensus *census, Bytes text, const YamlLine *line)
{
    if (census->scalar != 0 && line->first >= census->scalar)
        return true;
    census->scalar = 0;
    bool closes = line->first < text.len && (text.data[line->first] == ']' || text.data[line->first] == '}');
    if (census->brackets > 0 && (line->first > census->flow_indent || closes)) {
        census->brackets += brackets_of(text);
        return true;
    }
    census->brackets = 0;
    return false;
}

static void count_kind(YamlCensus *census, const YamlLine *line)
{
    bool has_key = line->key.len > 0 && (line->is_quoted || memchr(line->key.data, ' ', line->key.len) == NULL);

    if (census->is_open &&
        (line->dash_count > 0 ? line->first >= census->open_indent : has_key && line->first > census->open_indent))
        census->nested++;
    census->is_open = has_key && line->value == YAML_NONE;
    census->open_indent = line->indent;
    if (has_key)
        census->keys++;
    else if (line->dash_count > 0)
        census->items++;
    else
        census->others++;
    if (line->value == YAML_SCALAR || line->value == YAML_FLOW)
        census->nested += has_key ? 1 : 0;
}

static void count_line(YamlCensus *census, Bytes text)
{
    const YamlLine line = yaml_line_read(text);
    bool is_marker = text.len >= 3 && (memcmp(text.data, "---", 3) == 0 || memcmp(text.data, "...", 3) == 0);

    if (is_marker && census->keys + census->items + census->others == 0)
        census->is_said = text.data[0] == '-';
    if (line.is_blank || is_marker || text.data[0] == '%' || is_inside(census, text, &line))
        return;
    count_kind(census, &line);
    if (line.value == YAML_SCALAR && (line.key.len > 0 || line.dash_count > 0))
        census->scalar = (line.key.len > 0 ? line.indent : line.first) + 1;
    if (line.value == YAML_FLOW) {
        census->brackets = brackets_of((Bytes){.data = text.data + line.at, .len = text.len - line.at});
        census->flow_indent = line.key.len > 0 ? line.indent : line.first;
    }
}

bool yaml_head_tell(Bytes text)
{
    YamlCensus census = {0};

    for (size_t at = 0; at < text.len && census.keys + census.items + census.others < LINES_SEEN;) {
        const uint8_t *newline = memchr(text.data + at, '\n', text.len - at);
        size_t end = newline != NULL ? (size_t)(newline - text.data) + 1 : text.len;
        count_line(&census, (Bytes){.data = text.data + at, .len = end - at});
        at = end;
    }
    bool is_enough = census.keys >= (census.is_said ? 1U : (unsigned)KEYS_MIN);
    bool is_clear = census.nested > 0 && census.others == 0;
    return (is_enough || is_clear) && census.others * 5 <= census.keys + census.items + census.others;
}
