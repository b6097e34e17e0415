/* Statements of SQL that name the columns of what follows: CREATE TABLE, INSERT INTO, COPY. Read byte by byte. */
#pragma once

#include "detect/structure/field_names.h"

enum { SQL_COLUMNS_MAX = 256, SQL_TABLES_MAX = 64, SQL_WORD_MAX = 128 };

typedef enum SqlVerb { SQL_OTHER, SQL_CREATE, SQL_INSERT, SQL_COPY } SqlVerb;

/* Names of columns; those behind the last that is kept have none. */
typedef struct SqlColumns {
    uint32_t count;
    uint32_t names[SQL_COLUMNS_MAX];
} SqlColumns;

/* A table that a statement made. */
typedef struct SqlTable {
    uint64_t hash; /* of its name; 0: none */
    SqlColumns columns;
} SqlTable;

typedef enum SqlPart {
    SQL_VERBS,   /* before the table's name */
    SQL_NAME,    /* the name, or the part of it behind a dot */
    SQL_AFTER,   /* behind the name */
    SQL_COLUMNS, /* in the list of columns */
    SQL_BEHIND,  /* behind it */
    SQL_VALUES,  /* a row begins with the next bracket */
    SQL_OPTIONS, /* rows begin on the next line */
    SQL_REST,    /* of a statement that was understood: up to its end */
} SqlPart;

/* What ends a string beside its quote. */
typedef enum SqlEscapes { SQL_DOUBLED, SQL_DOUBTFUL, SQL_BACKSLASH } SqlEscapes;

typedef struct SqlHead {
    FieldNames *names;
    SqlTable *tables; /* SQL_TABLES_MAX; NULL before the first */
    uint32_t next_table;
    SqlVerb verb;
    SqlPart part;
    uint64_t table; /* hash of the name */
    SqlColumns columns;
    uint32_t depth;        /* of brackets */
    bool expects_name;     /* the next word of the list is a column */
    SqlEscapes escapes;    /* what the quotes of names tell */
    uint8_t delimiter;     /* of the rows of COPY */
    uint8_t quote, before; /* the quote that is open, the byte before; 0: none */
    enum { COMMENT_NONE, COMMENT_LINE, COMMENT_BLOCK } comment;
    uint32_t len;
    uint8_t word[SQL_WORD_MAX];
} SqlHead;

void sql_head_init(SqlHead *head, FieldNames *names);
void sql_head_clear(SqlHead *head);
/* Another text begins. */
void sql_head_reset(SqlHead *head);

/* Which statement a line begins with; text may go on behind the line. SQL_OTHER: none that is known here. */
SqlVerb sql_head_verb(Bytes text, size_t *ret_end);
/* Whether a line is another statement, one with which dumps begin. */
bool sql_is_setup(Bytes line);
void sql_head_begin(SqlHead *head, SqlVerb verb);

typedef enum SqlNext {
    SQL_GO_ON,
    SQL_ENDS,       /* the statement was understood and is over */
    SQL_NONE,       /* none of those that are known here */
    SQL_ROW_BEGINS, /* this byte is the bracket of the first row of INSERT */
    SQL_ROWS_BEGIN, /* the rows of COPY begin behind this byte */
} SqlNext;

SqlNext sql_head_see(SqlHead *head, uint8_t byte);
