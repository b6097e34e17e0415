#!/usr/bin/python3
"""scripts/embed-sql.py refuses what it does not understand, and embeds the rest. TAP. argv[1]: the script."""
import hashlib
import os
import subprocess
import sys
import tempfile

SCRIPT = sys.argv[1]

REFUSED = [
    ("an unknown directive", "-- :name a\n-- :speed fast\nSELECT 1;", "unknown directive ':speed'"),
    ("a directive without a word", "-- :\nSELECT 1;", "unknown directive"),
    ("an unknown dialect", "-- :name a\n-- :dialect oracle\nSELECT 1;", "':dialect oracle'"),
    ("a dialect that is late", "-- :name a\nSELECT 1;\n-- :dialect sqlite\n", "belongs on the line after ':name'"),
    ("a dialect without a name", "-- :dialect sqlite\nSELECT 1;", "belongs on the line after ':name'"),
    ("a missing dialect", "-- :name a\n-- :dialect sqlite\nSELECT 1;", "'a' lacks a text for postgres"),
    ("a name that is there twice", "-- :name a\nSELECT 1;\n-- :name a\nSELECT 2;", "'a' is there twice"),
    ("an override that is there twice", "-- :name a\nSELECT 1;\n-- :name a\n-- :dialect sqlite\nSELECT 2;\n"
     "-- :name a\n-- :dialect sqlite\nSELECT 3;", "'a' is there twice"),
    ("a name in capitals", "-- :name A\nSELECT 1;", "':name A'"),
    ("a statement without text", "-- :name a\n-- a comment\n", "'a' is empty"),
    ("two statements under one name", "-- :name a\nSELECT 1; SELECT 2;", "more than one statement"),
    ("SQL before the first name", "SELECT 1;", "before the first"),
    ("a gap in the parameters", "-- :name a\nSELECT $1, $3;", "without a gap"),
    ("the other kind of parameters", "-- :name a\nSELECT ?;", "parameters are $1"),
    ("no statement at all", "-- nothing\n", "no statement at all"),
]


def run(folder, files):
    paths = []
    for name, text in files:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        paths.append(path)
    return subprocess.run([sys.executable, SCRIPT, folder, *paths], capture_output=True, text=True, check=False)


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def refuses(sql, message):
    with tempfile.TemporaryDirectory() as folder:
        result = run(folder, [("a.sql", sql)])
        return result.returncode != 0 and message in result.stderr and not os.path.exists(f"{folder}/sql_names.h")


def refuses_migrations(names, message):
    with tempfile.TemporaryDirectory() as folder:
        files = [("a.sql", "-- :name a\nSELECT 1;")] + [(f"migrations/{name}", "SELECT 1;") for name in names]
        result = run(folder, files)
        return result.returncode != 0 and message in result.stderr


def embeds():
    up = "CREATE TABLE t (a TEXT DEFAULT 'x\"y\\z??/');\n"
    with tempfile.TemporaryDirectory() as folder:
        result = run(folder, [
            ("a.sql", "-- :name one\nSELECT ';', $1;\n-- :name two\nSELECT 2;\n-- :name two\n-- :dialect postgres\nSELECT 3"),
            ("migrations/sqlite/0001_first.up.sql", up), ("migrations/sqlite/0001_first.down.sql", "DROP TABLE t;")])
        texts, names = read(folder, "sql_text.c"), read(folder, "sql_names.h")
        return (result.returncode == 0 and names.index("SQL_ONE,") < names.index("SQL_TWO,")
                and "SELECT ';', $1\\n" in texts and "SELECT 2\\n" in texts and "SELECT 3\\n" in texts
                and hashlib.sha256(up.encode()).hexdigest() in read(folder, "migrations.c"))


def main():
    tests = [(f"{name} is refused", lambda sql=sql, message=message: refuses(sql, message))
             for name, sql, message in REFUSED]
    tests += [
        ("a gap in the migrations is refused", lambda: refuses_migrations(
            ["sqlite/0002_b.up.sql", "sqlite/0002_b.down.sql"], "migration 1")),
        ("a migration without a way back is refused", lambda: refuses_migrations(
            ["sqlite/0001_a.up.sql"], "migration 1")),
        ("two migrations with one number are refused", lambda: refuses_migrations(
            ["sqlite/0001_a.up.sql", "sqlite/0001_b.up.sql"], "number 1 is taken")),
        ("a misnamed migration is refused", lambda: refuses_migrations(["sqlite/first.sql"], "expected migrations/")),
        ("statements and migrations are embedded", embeds),
    ]
    print(f"1..{len(tests)}")
    for number, (name, test) in enumerate(tests, 1):
        print("ok" if test() else "not ok", number, name)


main()
