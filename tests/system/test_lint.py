"""Each check of `make lint` can fail: a small bad sample for each, and a good one that passes."""
import pathlib
import shutil
import subprocess

import pytest

from conftest import ROOT

CHECK = ROOT / "scripts" / "check-source.py"

ARCHITECTURE = """\
| room | its job | may include | libraries |
|---|---|---|---|
| `base/` | words | nothing | |
| `net/` | wires | base | curl |
| `app/` | all | everything | |

## The life of one object

""" + "".join(f"{number}. `src/net/wire.c:step_{number}` does.\n" for number in range(1, 9)) + "\n## More\n"

WIRE = ('#include "base/word.h"\n#include <curl/curl.h>\n\n/* strcpy( and goto in a comment are no fault */\n'
        + "".join(f"int step_{number}(void)\n{{\n    return {number};\n}}\n" for number in range(1, 9)))


@pytest.fixture
def tree(tmp_path):
    """A little project in which nothing is wrong."""
    for room in ("base", "net", "app"):
        (tmp_path / "src" / room).mkdir(parents=True)
    for folder in ("tests", "bench", "scripts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "ARCHITECTURE.md").write_text(ARCHITECTURE)
    (tmp_path / "src" / "base" / "word.h").write_text("#pragma once\n")
    (tmp_path / "src" / "net" / "wire.c").write_text(WIRE)
    return tmp_path


def check(tree, *names):
    done = subprocess.run(["/usr/bin/python3", str(CHECK), "--root", str(tree), *names], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def test_a_good_tree_passes_every_check(tree):
    assert check(tree) == (0, "")


# Assembled so that this file does not hold what it looks for.
BAD = [
    ("rooms", "src/base/bad.c", '#include "net/wire.h"\n', "may not include net/"),
    ("rooms", "src/base/bad.h", "#include <curl/curl.h>\n", "may not use the library curl"),
    ("rooms", "src/base/bad.c", '#include "curl_late.h"\n', "may not use the library curl"),
    ("rooms", "src/net/bad.c", '#include "app/main.h"\n', "may not include app/"),
    ("rooms", "src/app/bad.c", '#include "net/wire_internal.h"\n', "leaves its folder"),
    ("rooms", "src/cellar/bad.c", "int x;\n", "no room cellar/"),
    ("banned", "src/net/bad.c", "void f(char *a) { str" + "cpy(a, a); }\n", "banned: strcpy"),
    ("banned", "tests/bad.c", "int f(void) { return ra" + "nd(); }\n", "banned: rand"),
    ("banned", "src/net/bad.c", "void f(void) { go" + "to end; end:; }\n", "goto"),
    ("banned", "src/net/bad.h", "void f(int a, bool is_x);\n", "boolean parameter"),
    ("lengths", "src/net/bad.c", "int x;\n" * 801, "801 lines"),
    ("words", "docs.md", "see /ro" + "ot/notes\n", "does not belong"),
    ("words", "src/net/bad.c", "/* TO" + "DO: later */\n", "does not belong"),
    ("words", "docs.md", "as issue" + " #12 says\n", "does not belong"),
]


@pytest.mark.parametrize("name, path, text, words", BAD)
def test_each_check_notices_what_it_is_for(tree, name, path, text, words):
    (tree / path).parent.mkdir(exist_ok=True)
    (tree / path).write_text(text)
    status, out = check(tree, name)
    assert status == 1 and words in out and path in out
    others = [other for other in ("rooms", "banned", "lengths", "life", "words") if other != name]
    if name != "rooms" or "cellar" not in path:
        assert check(tree, *others)[0] == 0


@pytest.mark.parametrize("old, new, words", [
    ("src/net/wire.c:step_3", "src/net/wire.c:step_99", "no function step_99"),
    ("src/net/wire.c:step_3", "src/net/gone.c:step_3", "no file src/net/gone.c"),
    ("## The life of one object", "## Something else", "missing"),
    ("8. `src/net/wire.c:step_8` does.\n", "", "7 steps"),
])
def test_the_life_of_one_object_must_name_functions_that_exist(tree, old, new, words):
    document = tree / "ARCHITECTURE.md"
    document.write_text(ARCHITECTURE.replace(old, new))
    status, out = check(tree, "life")
    assert status == 1 and words in out


def test_a_call_is_no_definition(tree):
    """A step is found where its function is defined, not where it is only declared or called."""
    (tree / "src" / "net" / "wire.c").write_text(WIRE.replace("int step_3(void)\n{\n    return 3;\n}", "int step_3(void);"))
    assert check(tree, "life")[0] == 1


@pytest.mark.parametrize("text, words", [
    ("int f( int a ){return a;}\n", "clang-format"),
])
def test_clang_format_notices_bad_layout(tmp_path, text, words):
    shutil.copy(ROOT / ".clang-format", tmp_path)
    (tmp_path / "bad.c").write_text(text)
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", str(tmp_path / "bad.c")], stderr=subprocess.PIPE,
                          text=True, check=False)
    assert done.returncode == 1 and words in done.stderr


def nested(depth):
    inner = "".join("    " * level + f"if (a > {level}) {{\n" for level in range(1, depth + 1))
    return f"int f(int a);\nint f(int a)\n{{\n{inner}a++;\n{'}' * depth}\n    return a;\n}}\n"


@pytest.mark.parametrize("text, words", [
    (nested(6), "cognitive"),
    ("int f(int a);\nint f(int a)\n{\n" + "    a++;\n" * 70 + "    return a;\n}\n", "function-size"),
    ("int f(int *a);\nint f(int *a)\n{\n    if (a == 0)\n        return *a;\n    return 0;\n}\n", "NullDereference"),
    ("#include <stdlib.h>\nint f(const char *a);\nint f(const char *a)\n{\n    return at" + "oi(a);\n}\n", "err34"),
    ("int f(void);\nint f(void)\n{\n    return 0;\n}\n", None),
])
def test_clang_tidy_notices_what_we_ask_of_it(tmp_path, text, words):
    shutil.copy(ROOT / ".clang-tidy", tmp_path)
    path = tmp_path / "sample.c"
    path.write_text(text)
    done = subprocess.run(["clang-tidy", "--quiet", str(path), "--", "-std=gnu17"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if words is None:
        assert done.returncode == 0, done.stdout
    else:
        assert done.returncode != 0 and words in done.stdout, done.stdout + done.stderr


def test_every_script_of_the_project_is_executable_and_begins_with_its_interpreter():
    for path in [ROOT / ".ci" / "run", *pathlib.Path(ROOT / "scripts").iterdir()]:
        if path.is_file() and path.suffix == "":
            assert path.stat().st_mode & 0o111, path
            assert path.read_text().startswith("#!"), path
