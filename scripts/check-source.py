#!/usr/bin/env python3
"""The walls of the house, checked: what clang-format and clang-tidy do not know about this project.

    check-source.py [--root DIR] [CHECK...]

CHECK: rooms, banned, lengths, life, words; all of them without one. Each fault is one line, file:line: what is wrong.
Exit status 1 if there is any. The room table and the life of one object are read from ARCHITECTURE.md, so that what
people read there is what holds.
"""
import argparse
import pathlib
import re
import subprocess
import sys

MAX_LINES = 800
LIFE_MIN_STEPS = 8

BANNED = ("strcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atoll gets rand srand random localtime gmtime"
          " system popen alloca").split()
BANNED_CALL = re.compile(r"(?<![\w.>])(?:" + "|".join(BANNED) + r")\s*\(")
GOTO = re.compile(r"\bgoto\b")
BOOL_PARAMETER = re.compile(r"[(,]\s*(?:const\s+)?bool\s+\w+\s*(?=[,)])")

# A library's header, and the name that ARCHITECTURE.md gives the library.
LIBRARIES = {
    "curl/": "curl", "microhttpd.h": "microhttpd", "sqlite3.h": "sqlite3", "libpq-fe.h": "libpq",
    "hs": "hyperscan", "pcre2.h": "pcre2",
    "archive": "archive", "magic.h": "magic", "expat.h": "expat", "jansson.h": "jansson", "cyaml/": "cyaml",
    "yaml.h": "yaml",
    "xxhash.h": "xxhash", "zlib.h": "zlib", "yajl/": "yajl", "gio/": "gio",
}

# Spelt with character classes so that this file does not accuse itself.
FORBIDDEN_WORDS = re.compile(
    r"/w[o]rk/|/f[a]rm/|/r[o]ot/|/h[o]me/[a-z]|\.\./sh[a]red|\.\./\.l[i]brary|\b[Ii]ssue #?[0-9]+\b"
    r"|\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|\bnot impl[e]mented\b|\bunimpl[e]mented\b")
TEXT_ENDINGS = {".c", ".h", ".def", ".py", ".sh", ".sql", ".md", ".build", ".txt", ".json", ".yml", ".toml", ""}


def without_comments(text):
    """C with comments and literals blanked, lines kept."""
    def blank(match):
        found = match.group(0)
        return re.sub(r"[^\n]", " ", found) if found[0] == "/" else '""' if found[0] == '"' else "' '"
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text, flags=re.S)


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def sources(root, *folders, endings=(".c", ".h")):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in endings and path.is_file():
                yield path


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def room_table(root):
    """{room: (rooms it may include, libraries it may include)} from the table of ARCHITECTURE.md."""
    table = {}
    for line in read(root / "ARCHITECTURE.md").splitlines():
        row = [cell.strip() for cell in line.strip().strip("|").split("|")]
        match = re.fullmatch(r"`(\w+)/`", row[0]) if len(row) >= 4 else None
        if match:
            table[match.group(1)] = (set(re.findall(r"\w+", row[2])), set(re.findall(r"[\w-]+", row[3])))
    if "everything" in {word for rooms, _ in table.values() for word in rooms}:
        for rooms, _ in table.values():
            if "everything" in rooms:
                rooms.update(table)
    return table


def check_rooms(root):
    """Every #include is one that the room table allows."""
    table = room_table(root)
    if not table:
        yield f"{root / 'ARCHITECTURE.md'}:1: no room table found"
        return
    for path in sources(root, "src", endings=(".c", ".h", ".def")):
        room = path.relative_to(root / "src").parts[0]
        if room not in table:
            yield f"{path}:1: the room table of ARCHITECTURE.md has no room {room}/"
            continue
        rooms, libraries = table[room]
        for number, line in enumerate(read(path).splitlines(), 1):
            ours = re.match(r'\s*#\s*include\s+"(\w+)/', line)
            theirs = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
            if ours and ours.group(1) != room and ours.group(1) not in rooms:
                yield f"{path}:{number}: {room}/ may not include {ours.group(1)}/"
            internal = re.match(r'\s*#\s*include\s+"(\w+)/\w+_internal\.h"', line)
            if internal and internal.group(1) != room:
                yield f"{path}:{number}: an internal header of {internal.group(1)}/ leaves its folder"
            late = re.match(r'\s*#\s*include\s+"(\w+)_late\.h"', line)
            if late and late.group(1) not in libraries:
                yield f"{path}:{number}: {room}/ may not use the library {late.group(1)}"
            if theirs:
                name = next((name for header, name in LIBRARIES.items() if is_header_of(theirs.group(1), header)), None)
                if name and name not in libraries:
                    yield f"{path}:{number}: {room}/ may not use the library {name}"


def is_header_of(included, header):
    if header.endswith("/"):
        return included.startswith(header)
    if header.endswith(".h"):
        return included == header
    return included == header + ".h" or re.fullmatch(rf"{header}(_\w+)?\.h|{header}/.+", included) is not None


def check_banned(root):
    """No banned call, no goto, no boolean parameter."""
    for path in sources(root, "src", "tests", "bench"):
        code = without_comments(read(path))
        for match in BANNED_CALL.finditer(code):
            yield f"{path}:{line_of(code, match.start())}: banned: {match.group(0).rstrip('( ')}"
        for match in GOTO.finditer(code):
            yield f"{path}:{line_of(code, match.start())}: goto"
        for match in BOOL_PARAMETER.finditer(code):
            if "src" in path.relative_to(root).parts[0]:
                yield f"{path}:{line_of(code, match.start())}: a boolean parameter: use an enum"


def check_lengths(root):
    """No file over MAX_LINES lines."""
    for path in sources(root, "src", "tests", "bench", "scripts", endings=(".c", ".h", ".py", ".sql", ".def")):
        lines = read(path).count("\n")
        if lines > MAX_LINES:
            yield f"{path}:{lines}: {lines} lines; {MAX_LINES} is the limit"


def check_life(root):
    """Each step of the life of one object is a function that is really there."""
    document = root / "ARCHITECTURE.md"
    text = read(document)
    start = text.find("## The life of one object")
    if start < 0:
        yield f"{document}:1: the life of one object is missing"
        return
    end = text.find("\n## ", start + 1)
    section = text[start:end if end > 0 else len(text)]
    steps = list(re.finditer(r"`(src/[\w/]+\.[ch]):(\w+)`", section))
    if len(steps) < LIFE_MIN_STEPS:
        yield f"{document}:{line_of(text, start)}: {len(steps)} steps; expected at least {LIFE_MIN_STEPS}"
    for step in steps:
        path, function = root / step.group(1), step.group(2)
        place = f"{document}:{line_of(text, start + step.start())}"
        if not path.is_file():
            yield f"{place}: no file {step.group(1)}"
        elif not re.search(rf"^[A-Za-z_][^;{{}}#]*\b{function}\s*\([^;]*?\)\s*\{{", without_comments(read(path)), re.M):
            yield f"{place}: {step.group(1)} defines no function {function}"


def tracked(root):
    done = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode == 0 and done.stdout:
        return [root / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in root.rglob("*") if path.is_file()]


def check_words(root):
    """Nothing that belongs to one machine, and no mark of unfinished work."""
    for path in tracked(root):
        top = path.relative_to(root).parts[0]
        if top in ("rules", "examples", "LICENSE") or path.suffix not in TEXT_ENDINGS or not path.is_file():
            continue
        if "corpus" in path.parts or "cases" in path.parts:
            continue
        for number, line in enumerate(read(path).splitlines(), 1):
            match = FORBIDDEN_WORDS.search(line)
            if match:
                yield f"{path}:{number}: does not belong here: {match.group(0)}"


CHECKS = {"rooms": check_rooms, "banned": check_banned, "lengths": check_lengths, "life": check_life, "words": check_words}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[1])
    parser.add_argument("checks", nargs="*", choices=[[], *CHECKS])
    options = parser.parse_args()
    faults = [fault for name in options.checks or CHECKS for fault in CHECKS[name](options.root)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
