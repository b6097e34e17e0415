#include "detect/structure/printed_line.h"

#include <glib.h>
#include <string.h>

enum { RUN_MIN = 2, LINE_MIN = 4 };

typedef enum Sign { SIGN_OTHER, SIGN_BLANK, SIGN_DASH, SIGN_CROSS, SIGN_BAR } Sign;

typedef struct Symbol {
    Sign sign;
    uint32_t len;
} Symbol;

/* The lines of boxes are U+2500 to U+257F. */
static Symbol box_symbol(const uint8_t *text)
{
    static const char dashes[] = "\x80\x81\x84\x85\x88\x89", bars[] = "\x82\x83\x86\x87\x8A\x8B";
    char last = (char)text[2];

    if (text[1] == 0x94 && last != 0 && strchr(dashes, last) != NULL)
        return (Symbol){SIGN_DASH, 3};
    if (text[1] == 0x94 && last != 0 && strchr(bars, last) != NULL)
        return (Symbol){SIGN_BAR, 3};
    if (text[1] == 0x95 && (text[2] == 0x90 || text[2] == 0x91))
        return (Symbol){text[2] == 0x90 ? SIGN_DASH : SIGN_BAR, 3};
    return (Symbol){text[1] == 0x94 || text[1] == 0x95 ? SIGN_CROSS : SIGN_OTHER, 3};
}

static Symbol symbol_at(Bytes line, size_t at)
{
    uint8_t byte = line.data[at];

    if (byte == 0xE2 && line.len - at >= 3)
        return box_symbol(line.data + at);
    switch (byte) {
    case ' ':
    case '\t':
    case '\r':
        return (Symbol){SIGN_BLANK, 1};
    case '-':
    case '=':
    case ':':
        return (Symbol){SIGN_DASH, 1};
    case '+':
        return (Symbol){SIGN_CROSS, 1};
    case '|':
        return (Symbol){SIGN_BAR, 1};
    default:
        return (Symbol){SIGN_OTHER, 1};
    }
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static void trim(Bytes *text)
{
    while (text->len > 0 && is_blank(text->data[0])) {
        text->data++;
        text->len--;
    }
    while (text->len > 0 && is_blank(text->data[text->len - 1]))
        text->len--;
}

typedef struct CellList {
    PrintedCell *cells;
    uint32_t count, room;
} CellList;

static void add(CellList *list, PrintedCell cell)
{
    if (list->count < list->room)
        list->cells[list->count] = cell;
    list->count++;
}

static void add_between(CellList *list, Bytes line, size_t begin, size_t end)
{
    PrintedCell cell = {.begin = begin, .text = {.data = line.data + begin, .len = end - begin}};

    trim(&cell.text);
    add(list, cell);
}

uint32_t printed_bars(Bytes line, PrintedCell *cells, uint32_t room)
{
    CellList list = {.cells = cells, .room = room};
    Bytes inner = line;
    size_t begin = 0, bars = 0;

    trim(&inner);
    size_t first = (size_t)(inner.data - line.data), end = first + inner.len;
    for (size_t at = first; at < end;) {
        const Symbol symbol = symbol_at(line, at);
        if (symbol.sign == SIGN_BAR && (at == first || line.data[at - 1] != '\\')) {
            bars++;
            if (at > first)
                add_between(&list, line, begin, at);
            begin = at + symbol.len;
        }
        at += symbol.len;
    }
    if (begin < end && bars > 0)
        add_between(&list, line, begin, end);
    return list.count;
}

uint32_t printed_words(Bytes line, PrintedCell *cells, uint32_t room)
{
    CellList list = {.cells = cells, .room = room};
    PrintedCell cell = {0};
    uint32_t column = 0, blanks = 2;

    for (size_t at = 0; at < line.len; at++) {
        uint8_t byte = line.data[at];
        uint32_t width = printed_width(byte, column);
        if (is_blank(byte)) {
            blanks += byte == ' ' ? 1 : 2;
        } else {
            if (blanks >= 2 && cell.text.len > 0)
                add(&list, cell);
            if (blanks >= 2)
                cell = (PrintedCell){.begin = at, .text.data = line.data + at, .start = column};
            cell.text.len = (size_t)(line.data + at + 1 - cell.text.data);
            cell.end = column + width;
            blanks = 0;
        }
        column += width;
    }
    if (cell.text.len > 0)
        add(&list, cell);
    return list.count;
}

/* ---- rulers ---- */

typedef struct Ruler {
    CellList runs;
    PrintedCell run;
    uint32_t column, crosses, dashes, longest;
} Ruler;

static void end_run(Ruler *ruler)
{
    if (ruler->run.text.len > 0)
        add(&ruler->runs, ruler->run);
    ruler->longest = MAX(ruler->longest, ruler->run.end - ruler->run.start);
    ruler->run = (PrintedCell){0};
}

static void see_dash(Ruler *ruler, Bytes line, size_t at, uint32_t len)
{
    if (ruler->run.text.len == 0)
        ruler->run = (PrintedCell){.begin = at, .text.data = line.data + at, .start = ruler->column};
    ruler->run.text.len = (size_t)(line.data + at + len - ruler->run.text.data);
    ruler->run.end = ruler->column + 1;
    ruler->dashes++;
}

RulerKind printed_ruler(Bytes line, PrintedCell *runs, uint32_t room, uint32_t *ret_count)
{
    Ruler ruler = {.runs = {.cells = runs, .room = room}};

    for (size_t at = 0; at < line.len;) {
        const Symbol symbol = symbol_at(line, at);
        if (symbol.sign == SIGN_OTHER)
            return RULER_NONE;
        if (symbol.sign == SIGN_DASH)
            see_dash(&ruler, line, at, symbol.len);
        else
            end_run(&ruler);
        ruler.crosses += symbol.sign == SIGN_CROSS || symbol.sign == SIGN_BAR ? 1 : 0;
        ruler.column += symbol.sign == SIGN_BLANK ? printed_width(line.data[at], ruler.column) : 1;
        at += symbol.len;
    }
    end_run(&ruler);
    *ret_count = ruler.runs.count;
    if (ruler.longest < RUN_MIN || ruler.dashes < LINE_MIN || ruler.runs.count > room)
        return RULER_NONE;
    if (ruler.crosses > 0)
        return RULER_BARS;
    return ruler.runs.count > 1 ? RULER_RUNS : RULER_LINE;
}
