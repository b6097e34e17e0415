"""trawl rules: rules of one's own beside the built-in ones, checked before they are trusted; what a text makes of them."""
import base64
import csv
import gzip
import json
import re
import zipfile
from pathlib import Path

import pytest

from conftest import card

RULE = r"""
rules:
  - id: own.badge
    name: Badge
    description: Badge numbers of a company.
    category: personal
    severity: high
    mask: all
    engine: literal
    pattern: '\bBDG-\d{6}\b'
    keywords: [badge]
    keyword: required
    ignore: [BDG-000000]
    examples:
      match: [badge BDG-123456]
      no_match: [BDG-123456]
"""


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "own.yaml").write_text(RULE)
    return folder


def test_own_rules_stand_beside_the_built_in_ones(trawl, own, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text(f"badge BDG-765432\ncard number: {card(7)}\n")
    report = trawl.scan("--rules", own, tmp_path / "data", status=1).json()
    assert {each["detector"] for each in report["findings"]} == {"own.badge", "fin.credit_card"}
    report = trawl.scan("--no-default-rules", "--rules", own, tmp_path / "data", status=1).json()
    assert {each["detector"] for each in report["findings"]} == {"own.badge"}


# Can be matched in as many ways as its words can be cut; what lets it through the check is that they stand far behind.
SLOW_RULE = """rules:
  - id: own.slow
    name: Slow
    description: d
    category: secret
    severity: high
    mask: all
    engine: literal
    pattern: 'a beginning that no check of examples looks behind: (?:[a-z]+ ?)+; secret'
    examples:
      match: ['a beginning that no check of examples looks behind: foo; secret']
      no_match: [foo]
"""


def test_an_object_that_a_rule_was_too_much_effort_for_is_told_apart(trawl, own, tmp_path):
    (own / "own.yaml").write_text(SLOW_RULE)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("a beginning that no check of examples looks behind: "
                                             "abcdefghijklmnopqrstuvwxyzabcdef! secret\n")
    (tmp_path / "data" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    done = trawl.run("scan", "--no-default-rules", "--rules", own, "--quiet", tmp_path / "data", status=3)
    assert "2 objects: 0 read, 1 not understood, 0 failed;" in done.out
    assert "1 objects: read, but searched without some rules (rule_limit)" in done.out
    assert "rule own.slow needs too much effort" in done.out


def test_an_object_with_compressed_text_that_is_too_long_is_told_apart(trawl, tmp_path):
    (tmp_path / "data").mkdir()
    packed = base64.b64encode(gzip.compress(2_000_000 * b"x" + b" card number: " + card(7).encode())).decode()
    (tmp_path / "data" / "a.txt").write_text(f"packed: {packed}\n")
    done = trawl.run("scan", "--quiet", tmp_path / "data", status=3)
    assert "1 objects: 0 read, 0 not understood, 0 failed;" in done.out
    assert "1 objects: read, but for some compressed text in them (unpack_limit)" in done.out
    packed = base64.b64encode(gzip.compress(b"first\n") + gzip.compress(b"card number: " + card(7).encode())).decode()
    (tmp_path / "data" / "a.txt").write_text(f"packed: {packed}\n")
    assert "1 objects: 1 read" in trawl.run("scan", "--quiet", tmp_path / "data", status=1).out


def test_no_default_rules_needs_rules(trawl, tmp_path):
    assert "--rules" in trawl.scan("--no-default-rules", tmp_path, status=2).err


@pytest.mark.parametrize("old, new, words", [
    ("match: [badge BDG-123456]", "match: [badge BDG-12]", ["expected a match", "badge BDG-12"]),
    ("no_match: [BDG-123456]", "no_match: [badge BDG-123456]", ["expected no match"]),
    (r"\d{6}\b", r"\d{6}(?!9)", ["look-ahead at character 12"]),
    (r"\bBDG", r"(?<=x)BDG", ["look-behind at character 1 "]),
    (r"\d{6}\b", r"(\d)\1{5}", ["back-reference at character 11"]),
    (r"\d{6}\b", r"[(?=]{6}", ["expected a match", "nothing in it has the shape"]),
    ("[badge]", "[" + ",".join(f"w{i}" for i in range(51)) + "]", ["51 entries", "1 to 50"]),
    ("keyword: required", "keyword: required\n    distance: 301", ["distance", "1 to 300"]),
    ("id: own.badge", "id: fin.credit_card", ["fin.credit_card"]),
])
@pytest.mark.parametrize("command", ["lint", "scan"])
def test_a_bad_rule_is_refused_with_the_reason(trawl, own, tmp_path, command, old, new, words):
    assert old in RULE
    (own / "own.yaml").write_text(RULE.replace(old, new, 1))
    args = ("rules", "lint", own) if command == "lint" else ("scan", "--rules", own, tmp_path)
    err = trawl.run(*args, status=2).err
    assert "own.yaml" in err and all(word in err for word in words), err


@pytest.mark.parametrize("old, new, words", [
    ("[badge]", "[staff]", ["expected a match", "none of its keywords is near"]),
    ("[BDG-000000]", "[BDG-123456]", ["expected a match", "it is suppressed"]),
    ("    ignore:", "    validator: card\n    ignore:", ["expected a match", "the validator refuses it"]),
    ("    ignore:", "    min_entropy: 5\n    ignore:", ["expected a match", "below min_entropy"]),
    ("    ignore:", "    caseless: off\n    ignore:", ["own.yaml:13: ", "caseless: 'off': expected one of false, true"]),
    ("keywords: [badge]\n    keyword: required", "same_line: true", ["same_line: only beside keywords"]),
    ("engine: literal", "engine: literal\n    shape: word", ["shape: only for engine class"]),
    ("engine: literal", "engine: class\n    shape: digits\n    forms: ['9']", ["pattern: only for engine literal and"]),
    ("[badge BDG-123456]", "[]", ["examples: expected at least one entry"]),
    ("rules:", "rule:", ["own.yaml:2: ", "'rule' is not known here", "'rules:'"]),
    ("rules:", "other: 1\nrules:", ["own.yaml:2: 'other' is not known here"]),
    (RULE, "rules: 5\n", ["own.yaml:1: rules: expected a list"]),
    (RULE, "rules: []\n", ["own.yaml:1: rules: expected a list of at least one"]),
    (RULE, "- a\n", ["own.yaml:1: expected 'rules:'"]),
    (RULE, "# nothing\n", ["is empty; expected"]),
    (RULE, RULE + "---" + RULE, ["own.yaml:17: ", "one document"]),
    (r"'\bBDG-\d{6}\b'", r"[A-Z]{3}-\d{6}", ["own.yaml:10: expected YAML: "]),
    ("Badge numbers", "Badge\0numbers", ["own.yaml:5: ", "NUL"]),
    ("Badge numbers", "Badge\udcffnumbers", ["own.yaml:5: ", "UTF-8"]),
])
def test_what_is_wrong_is_told_in_words_of_the_rule_file(trawl, own, old, new, words):
    assert old in RULE
    (own / "own.yaml").write_text(RULE.replace(old, new, 1), "utf-8", "surrogateescape")
    err = trawl.run("rules", "lint", own, "--no-default-rules", status=2).err
    assert "own.yaml" in err and all(word in err for word in words), err
    assert len(err.splitlines()) == 1


BAD_RULES = """\
rules:
  - id: own.shape
    name: Shape
    description: What libcyaml would refuse.
    category: odd
    severity: high
    mask: all
    engine: literal
    pattern: 'A-[0-9]+'
    keywords: []
    distance: many
    regexp: x
    examples:
      match: [A-1]
  - id: own.meaning
    name: Meaning
    description: What only a look at the values tells.
    category: personal
    severity: high
    mask: all
    engine: literal
    pattern: '(?<=a)B-[0-9]+'
    distance: 301
    validator: nonesuch
    forms: ["9"]
    keywords: [two, "--"]
    examples:
      match: [B-1]
      no_match: [x]
  - {id: own.shape, name: Again, description: d, category: personal, severity: high, mask: all, engine: literal, pattern: 'C-1',
     pair: [own.nothing], examples: {match: [C-1], no_match: [x]}}
"""

BAD_EXAMPLES = """\
rules:
  - id: own.examples
    name: Examples
    description: Of which some do not hold.
    category: personal
    severity: high
    mask: all
    engine: literal
    pattern: 'EX-[0-9]+'
    examples:
      match: [EX-1, XE-1,
              XE-2]
      no_match:
        - EX-
        - an EX-3 after all
"""


def faults(err):
    """(file, line, rule, field) of each line, without what is wrong."""
    found = []
    for line in err.removeprefix("trawl rules: ").removeprefix("trawl scan: ").splitlines():
        place, rule, field = line.split(": ")[:3]
        file, number = place.rsplit(":", 1)
        found.append((Path(file).name, int(number), rule.removeprefix("rule "), field))
    return found


@pytest.mark.parametrize("command", ["lint", "scan"])
def test_all_that_is_wrong_with_rule_files_is_told_at_once(trawl, own, tmp_path, command):
    args = (*(("rules", "lint", own) if command == "lint" else ("scan", "--rules", own, tmp_path)), "--no-default-rules")
    (own / "own.yaml").write_text(BAD_RULES)
    (own / "syntax.yaml").write_text("rules:\n  - id: own.open\n   name: [x\n")
    err = trawl.run(*args, status=2).err
    told = [each for each in faults(err) if each[0] == "own.yaml"]
    assert told == [("own.yaml", line, "own.shape", field) for line, field in (
        (5, "category"), (10, "keywords"), (11, "distance"), (12, "'regexp' is not known here"), (14, "examples"))] + [
        ("own.yaml", line, "own.meaning", field) for line, field in (
            (22, "pattern"), (23, "distance"), (24, "validator"), (25, "forms"), (26, "keywords"))] + [
        ("own.yaml", 30, "own.shape", "id")]
    assert re.search(r"syntax.yaml:[23]: ", err.splitlines()[-1])
    (own / "syntax.yaml").unlink()
    (own / "own.yaml").write_text(BAD_RULES.split("  - id: own.meaning")[0].replace("odd", "personal").replace("[]", "[a]")
                                  .replace("many", "30").replace("    regexp: x\n", "").replace("[A-1]", "[A-1]\n      no_match: [x]")
                                  + BAD_RULES[BAD_RULES.index("  - {id"):])
    assert faults(trawl.run(*args, status=2).err) == [
        ("own.yaml", 15, "own.shape", "id"), ("own.yaml", 16, "own.shape", "pair")]
    (own / "own.yaml").write_text((own / "own.yaml").read_text().replace("{id: own.shape", "{id: own.other"))
    assert faults(trawl.run(*args, status=2).err) == [("own.yaml", 16, "own.other", "pair")]
    (own / "own.yaml").write_text(BAD_EXAMPLES)
    assert faults(trawl.run(*args, status=2).err) == [
        ("own.yaml", line, "own.examples", "examples") for line in (11, 12, 15)]


# Of each rule: what is wrong with its form, and with what it says.
BAD_BOTH = """\
rules:
  - id: own.one
    name: One
    description: A field of a wrong type beside a pattern and a word that are refused.
    category: personal
    severity: high
    mask: all
    engine: literal
    pattern: 'A(?=1)'
    keywords: ["--"]
    distance: far
    keyword: required
    examples:
      match: [A1]
      no_match: [x]
  - id: own.two
    name: Two
    description: An unknown field beside an example that does not hold.
    colour: "#red"
    category: personal
    severity: high
    mask: all
    engine: literal
    pattern: 'B-[0-9]+'
    examples:
      match: [B-1, "B-x \\"\\u00e9\\t"]
      no_match: [x]
  - id: own.three
    name: Three
    description: Nothing wrong with its form; it names one that is wrong itself.
    category: personal
    severity: high
    mask: all
    engine: literal
    pattern: 'C-[0-9]+'
    beats: [own.one]
    examples:
      match: [C-]
      no_match: [x]
  - id: own.four
    name: Four
    description: Nothing wrong with its form.
    category: personal
    severity: high
    mask: all
    engine: literal
    pattern: 'D-[0-9]+'
    beats: [own.two]
    examples:
      match: [D-1]
      no_match: [D-2]
"""


@pytest.mark.parametrize("command", ["lint", "scan"])
def test_what_is_wrong_with_the_form_of_a_rule_hides_nothing_else(trawl, own, tmp_path, command):
    args = (*(("rules", "lint", own) if command == "lint" else ("scan", "--rules", own, tmp_path)), "--no-default-rules")
    (own / "own.yaml").write_text(BAD_BOTH)
    told = faults(trawl.run(*args, status=2).err)
    assert told == [("own.yaml", 9, "own.one", "pattern"), ("own.yaml", 10, "own.one", "keywords"),
                    ("own.yaml", 11, "own.one", "distance"), ("own.yaml", 19, "own.two", "'colour' is not known here"),
                    ("own.yaml", 26, "own.two", "examples"), ("own.yaml", 51, "own.four", "examples")]


def test_beyond_twenty_faults_are_only_counted(trawl, own):
    (own / "own.yaml").write_text("rules:\n" + "".join(
        RULE.split("rules:\n")[1].replace("own.badge", f"own.badge{i}").replace("severity: ", "severity: x") for i in range(50)))
    lines = trawl.run("rules", "lint", own, "--no-default-rules", status=2).err.splitlines()
    assert len(lines) == 21 and lines[-1] == "and 30 more"


def test_lint_runs_the_examples(trawl, own):
    assert "examples hold" in trawl.run("rules", "lint", own, status=0).out
    assert "examples hold" in trawl.run("rules", "lint", status=0).out


@pytest.mark.parametrize("command", ["lint", "scan"])
def test_a_directory_without_rule_files_is_no_directory_of_rules(trawl, tmp_path, command):
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "readme.txt").write_text("rules")
    args = ("rules", "lint", tmp_path / "none") if command == "lint" else ("scan", "--rules", tmp_path / "none", tmp_path)
    err = trawl.run(*args, status=2).err
    assert f"rules directory {tmp_path / 'none'}: there are no rule files in it; expected *.yaml" in err
    assert err.count("rules directory") == 1
    (tmp_path / "none" / "own.yml").write_text(RULE)
    assert "own.badge" in trawl.run("rules", "list", "--rules", tmp_path / "none", status=0).out
    (tmp_path / "none" / "own.yml").write_text(RULE.replace("distance", "x").replace("mask: all", "mask: some"))
    assert "own.yml:8: rule own.badge: mask: 'some': expected one of" in trawl.run(*args, status=2).err


@pytest.mark.parametrize("args, option", [
    (("test", "FILE", "--format", "json"), "--format: expected only with list and show"),
    (("lint", "--format", "json"), "--format: expected only with list and show"),
    (("list", "--rule", "fin.iban"), "--rule: expected only with test"),
    (("show", "fin.iban", "--all"), "--all: expected only with test"),
    (("lint", "--min-tier", "low"), "--min-tier: expected only with test"),
])
def test_an_option_that_an_action_does_not_look_at_is_refused(trawl, args, option):
    assert option in trawl.run("rules", *args, status=2).err


def test_test_reads_standard_input(trawl, tmp_path):
    (tmp_path / "text").write_text(f"card number: {card(7)}\n")
    with open(tmp_path / "text", "rb") as text:
        out = trawl.run("rules", "test", "-", "--rule", "fin.credit_card", stdin=text, status=0).out
    assert out.startswith("1:14\tfin.credit_card\tmatch")


def test_show_tells_a_rule_with_its_examples(trawl, own):
    out = trawl.run("rules", "show", "own.badge", "--rules", own, status=0).out
    assert "Badge numbers of a company." in out and "badge BDG-123456" in out
    assert "no.such" in trawl.run("rules", "show", "no.such", status=2).err


def test_show_tells_what_a_rule_looks_for_and_what_holds_by_itself(trawl, own):
    out = trawl.run("rules", "show", "own.badge", "--rules", own, status=0).out
    told = dict(line.split(None, 1) for line in out.splitlines()[3:])
    assert told["pattern"] == r"\bBDG-\d{6}\b"
    assert told["keywords"] == "badge"
    assert told["distance"] == "30"  # as the manual says
    shown = trawl.run("rules", "show", "own.badge", "--rules", own, "--format", "json", status=0).out
    rule = json.loads(shown)["rules"][0]
    assert rule["pattern"] == r"\bBDG-\d{6}\b" and rule["keyword"] == "required"
    assert rule["ignore"] == ["BDG-000000"] and rule["distance"] == 30
    assert rule["examples"] == {"match": ["badge BDG-123456"], "no_match": ["BDG-123456"]}
    lines = trawl.run("rules", "show", "id.us_ssn", "--format", "jsonl", status=0).out.splitlines()
    assert {json.loads(line)["detector"] for line in lines} == {"id.us_ssn"}
    assert "csv" not in trawl.run("rules", "show", "own.badge", "--rules", own, "-f", "csv", status=2).out


def test_test_says_what_matches_and_why_not(trawl, own, tmp_path):
    text = tmp_path / "text"
    text.write_text(f"badge BDG-765432\nticket {40 * '~'} BDG-765433\nbadge BDG-000000\ncard 4242 4242 4242 4241\n")
    lines = trawl.run("rules", "test", text, "--rules", own, "--rule", "own.badge", status=0).out.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["1:7", "own.badge"], ["2:49", "own.badge"], ["3:7", "own.badge"]]
    assert "match, tier high" in lines[0] and "765432" not in lines[0]
    assert "keywords" in lines[1]
    assert "suppressed" in lines[2]
    out = trawl.run("rules", "test", text, "--rule", "fin.credit_card", status=0).out
    assert out == "4:6\tfin.credit_card\tno match: the validator refuses it\n"
    out = trawl.run("rules", "test", text, "--rules", own, "--rule", "own.badge", "--min-tier", "validated", status=0).out
    assert "tier high" in out and "--min-tier" in out


def test_test_tells_of_all_rules_those_that_came_near_and_counts_the_rest(trawl, tmp_path):
    text = tmp_path / "text"
    text.write_text(f"visa {card(7)[:-1]}{(int(card(7)[-1]) + 1) % 10}\nvisa {card(8)}\n")
    *lines, rest = trawl.run("rules", "test", text, status=0).out.splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["1:6", "fin.credit_card"], ["2:6", "fin.credit_card"]]
    assert lines[0].endswith("no match: the validator refuses it") and "match, tier" in lines[1]
    count, rules = re.fullmatch(r"no more than the shape of a rule: (\d+) times, of (\d+) rules \(.*\)", rest).groups()
    everything = trawl.run("rules", "test", text, "--all", status=0).out.splitlines()
    far = [line for line in everything if line not in lines]
    assert len({line.split("\t")[1] for line in far}) == int(rules) >= 2
    assert sum(1 + int((re.search(r"and (\d+) more", line) or [0, 0])[1]) for line in far) == int(count)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_list_names_the_detector_of_each_rule(trawl, own, form):
    (own / "own.yaml").write_text(RULE.replace("    name:", "    detector: own.number\n    name:"))
    out = trawl.run("rules", "list", "--rules", own, "--no-default-rules", "--format", form, status=0).out
    rule = json.loads(out)["rules"][0] if form == "json" else next(csv.DictReader(out.splitlines()))
    assert (rule["id"], rule["detector"], rule["origin"]) == ("own.badge", "own.number", "file")


def test_a_doubtful_value_among_words_is_told_the_same_reason_at_each_tier(trawl, tmp_path):
    text = tmp_path / "text"
    text.write_text("lessons 536904399\n")
    for tier in ("low", "medium"):
        out = trawl.run("rules", "test", text, "--rule", "id.us_ssn", "--min-tier", tier, status=0).out
        assert out == "1:9\tid.us_ssn\tno match: none of its keywords is near\n", tier


def test_the_manual_names_every_validator():
    root = Path(__file__).resolve().parents[2]
    known = re.findall(r"VALIDATOR\((\w+)\)", (root / "src/detect/validators/validators.def").read_text("utf-8"))
    manual = (root / "docs/rules.md").read_text("utf-8").split("## Validators")[1].split("\n## ")[0]
    assert len(known) > 100 and set(re.findall(r"`(\w+)`", manual)) == set(known)


def test_test_reads_a_file_as_a_scan_does(trawl, own, tmp_path):
    far = 60 * "."
    table = f"name,note,badge\r\nÄnn,{far},BDG-765432\r\n"
    files = {"utf16.csv": ("2:66", table.encode("utf-16")),
             "table.csv.gz": ("table.csv:2:66", gzip.compress(table.encode())),
             "record.json": ("1:91", json.dumps({"badge": {"note": far, "no": "BDG-765432"}}).encode())}
    for name, (place, content) in files.items():
        (tmp_path / name).write_bytes(content)
        out = trawl.run("rules", "test", tmp_path / name, "--rules", own, "--rule", "own.badge", status=0).out
        assert out.startswith(f"{place}\town.badge\tmatch, tier high"), (name, out)
    with zipfile.ZipFile(tmp_path / "hostile.zip", "w") as archive:
        archive.writestr("a\x1b[2Jb.txt", f"badge BDG-765432 {far}")
    out = trawl.run("rules", "test", tmp_path / "hostile.zip", "--rules", own, "--rule", "own.badge", status=0).out
    assert "own.badge\tmatch" in out and "\x1b" not in out, out
    (tmp_path / "broken.gz").write_bytes(files["table.csv.gz"][1][:30])
    assert trawl.run("rules", "test", tmp_path / "broken.gz").status != 0
