#!/usr/bin/python3
"""Embeds the named statements of src/store/sql/ and the migrations into C.

    embed-sql.py OUTPUT_DIR FILE.sql...

A statement starts with `-- :name page_claim`; a `-- :dialect postgres` on the next line makes it the override for one
dialect, otherwise it serves all. `-- :rows many` says that it may give more rows than memory should hold: drivers then
fetch them bit by bit. `-- :rows binary` says that PostgreSQL is to send its columns in binary form: they may then only be
of the types that the driver can read so. Files below migrations/<dialect>/ are migrations, NNNN_name.up.sql and .down.sql.
Writes sql_names.h, sql_text.c and migrations.c. Anything not understood is an error, so that a typo fails the build
instead of a run.
"""
import hashlib
import os
import re
import sys

DIALECTS = ("sqlite", "postgres")
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
DIRECTIVE = re.compile(r"--\s*:(\S*)\s*(.*?)\s*\Z")
MIGRATION = re.compile(r"([0-9]{4})_([a-z0-9_]+)\.(up|down)\.sql\Z")
MAX_PARAMETERS = 32


class Mistake(Exception):
    pass


class Block:
    """One `-- :name` with what follows it."""

    def __init__(self, place, name):
        self.place, self.name, self.dialect, self.lines, self.rows = place, name, None, [], None

    def text(self):
        return "\n".join(self.lines).strip()


def read_directive(line, place, block):
    """Returns the block that the following lines belong to."""
    word, value = DIRECTIVE.match(line).groups()
    if word == "name":
        if not NAME.match(value):
            raise Mistake(f"{place}: ':name {value}': expected lower-case letters, digits and underscores")
        return Block(place, value)
    if word == "dialect":
        if block is None or block.text() or block.dialect:
            raise Mistake(f"{place}: ':dialect' belongs on the line after ':name'")
        if value not in DIALECTS:
            raise Mistake(f"{place}: ':dialect {value}': expected one of {', '.join(DIALECTS)}")
        block.dialect = value
        return block
    if word == "rows":
        if block is None or block.text() or value not in ("many", "binary") or block.rows:
            raise Mistake(f"{place}: one ':rows many' or ':rows binary' belongs between ':name' and the statement")
        block.rows = value
        return block
    raise Mistake(f"{place}: unknown directive ':{word}': expected :name, :dialect or :rows")


def read_blocks(path):
    blocks, block = [], None
    with open(path, encoding="utf-8") as file:
        for number, raw in enumerate(file, 1):
            line, place = raw.rstrip(), f"{path}:{number}"
            if re.match(r"--\s*:", line):
                block = read_directive(line, place, block)
                if block not in blocks:
                    blocks.append(block)
            elif line.strip().startswith("--"):
                continue
            elif block is not None:
                block.lines.append(line)
            elif line.strip():
                raise Mistake(f"{place}: SQL before the first ':name'")
    return blocks


class Statement:
    """What all dialects of one name have in common, and their texts."""

    def __init__(self):
        self.texts, self.parameters, self.rows = {}, None, set()

    def add(self, block):
        text, parameters = check_text(block)
        if block.dialect in self.texts:
            raise Mistake(f"{block.place}: '{block.name}' is there twice")
        if self.parameters not in (None, parameters):
            raise Mistake(f"{block.place}: '{block.name}' takes {parameters} parameters: expected {self.parameters}, as above")
        self.texts[block.dialect] = text
        self.parameters = parameters
        self.rows.add(block.rows)

    def text(self, dialect):
        return self.texts.get(dialect, self.texts.get(None))


def check_text(block):
    """One statement, with parameters $1 to $n without a gap; returns it without its semicolon, and n."""
    text = block.text()
    bare = re.sub(r"--[^\n]*", "", re.sub(r"'(?:[^']|'')*'", "''", text)).strip()
    if bare.endswith(";"):
        bare, text = bare[:-1], text.rstrip().rstrip(";")
    if not bare.strip():
        raise Mistake(f"{block.place}: '{block.name}' is empty")
    if ";" in bare:
        raise Mistake(f"{block.place}: '{block.name}' has more than one statement")
    used = {int(n) for n in re.findall(r"\$([0-9]+)", bare)}
    if used != set(range(1, len(used) + 1)) or len(used) > MAX_PARAMETERS:
        raise Mistake(f"{block.place}: '{block.name}' uses parameters {sorted(used)}: expected $1 to $n without a gap")
    if "?" in bare:
        raise Mistake(f"{block.place}: '{block.name}' has a '?': parameters are $1, $2, ...")
    return text, len(used)


def read_statements(paths):
    """{name: Statement} in order of appearance."""
    found = {}
    for path in paths:
        for block in read_blocks(path):
            found.setdefault(block.name, Statement()).add(block)
    for name, statement in found.items():
        missing = [dialect for dialect in DIALECTS if statement.text(dialect) is None]
        if missing:
            raise Mistake(f"'{name}' lacks a text for {', '.join(missing)}")
    return found


def read_migrations(paths):
    """{dialect: [(number, name, up, down)]}, numbered from 1 without a gap."""
    found = {d: {} for d in DIALECTS}
    for path in paths:
        dialect, match = os.path.basename(os.path.dirname(path)), MIGRATION.match(os.path.basename(path))
        if dialect not in DIALECTS or not match:
            raise Mistake(f"{path}: expected migrations/<dialect>/NNNN_name.up.sql or .down.sql")
        number, name, way = int(match[1]), match[2], match[3]
        entry = found[dialect].setdefault(number, {"name": name})
        if entry["name"] != name or way in entry:
            raise Mistake(f"{path}: number {number} is taken by '{entry['name']}'")
        with open(path, encoding="utf-8") as file:
            entry[way] = file.read()
    result = {}
    for dialect, entries in found.items():
        for place, (number, entry) in enumerate(sorted(entries.items()), 1):
            if number != place or "up" not in entry or "down" not in entry:
                raise Mistake(f"{dialect} migration {place}: expected it with .up.sql and .down.sql")
        result[dialect] = [(n, e["name"], e["up"], e["down"]) for n, e in sorted(entries.items())]
    return result


def c_string(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    return "\n        ".join(f'"{line}\\n"' for line in escaped.split("\n"))


NOTE = "/* Generated by scripts/embed-sql.py; edit src/store/sql/ or src/store/migrations/. */\n"


def write_names(statements):
    lines = [NOTE, "#pragma once\n\n", "typedef enum DbStatement {\n"]
    lines += [f"    SQL_{name.upper()},\n" for name in statements]
    lines.append("    SQL_STATEMENT_COUNT\n} DbStatement;\n")
    return "".join(lines)


def write_texts(statements):
    lines = [NOTE, '#include "store/db_ops.h"\n\n', "const char *const db_statement_names[SQL_STATEMENT_COUNT] = {\n"]
    lines += [f'    [SQL_{name.upper()}] = "{name}",\n' for name in statements]
    lines.append("};\n\nconst char *const db_statement_texts[DB_DIALECT_COUNT][SQL_STATEMENT_COUNT] = {\n")
    for dialect in DIALECTS:
        lines.append(f"    [DB_{dialect.upper()}] = {{\n")
        for name, statement in statements.items():
            lines.append(f"        [SQL_{name.upper()}] =\n        {c_string(statement.text(dialect))},\n")
        lines.append("    },\n")
    lines.append("};\n\nconst int db_statement_parameters[SQL_STATEMENT_COUNT] = {\n")
    lines += [f"    [SQL_{name.upper()}] = {statement.parameters},\n" for name, statement in statements.items()]
    lines.append("};\n")
    for rows in ("many", "binary"):
        lines.append(f"\nconst bool db_statement_gives_{rows}[SQL_STATEMENT_COUNT] = {{\n")
        lines += [f"    [SQL_{name.upper()}] = true,\n" for name, s in statements.items() if rows in s.rows]
        lines.append("};\n")
    return "".join(lines)


def write_migrations(migrations):
    lines = [NOTE, '#include "store/db_ops.h"\n\n']
    for dialect, entries in migrations.items():
        lines.append(f"static const Migration {dialect}_migrations[] = {{\n")
        for number, name, up, down in entries:
            checksum = hashlib.sha256(up.encode()).hexdigest()
            lines.append(f'    {{.number = {number}, .name = "{name}", .checksum = "{checksum}",\n')
            lines.append(f"        .up =\n        {c_string(up)},\n        .down =\n        {c_string(down)}}},\n")
        lines.append("    {0},\n};\n\n")
    lines.append("const Migration *const migrations_of_dialect[DB_DIALECT_COUNT] = {\n")
    lines += [f"    [DB_{d.upper()}] = {d}_migrations,\n" for d in migrations]
    lines.append("};\n")
    return "".join(lines)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main(arguments):
    output, paths = arguments[0], arguments[1:]
    is_migration = lambda path: "/migrations/" in os.path.abspath(path)
    statements = read_statements([p for p in paths if not is_migration(p)])
    if not statements:
        raise Mistake("no statement at all")
    migrations = read_migrations([p for p in paths if is_migration(p)])
    write(os.path.join(output, "sql_names.h"), write_names(statements))
    write(os.path.join(output, "sql_text.c"), write_texts(statements))
    write(os.path.join(output, "migrations.c"), write_migrations(migrations))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Mistake, OSError) as mistake:
        sys.exit(f"embed-sql: {mistake}")
