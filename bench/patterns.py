"""The rules as others take them: their patterns for ripgrep, and twice as many of them for trawl itself."""
import json
import pathlib
import re

import yaml

from process import Run

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_rules():
    return [rule for file in sorted((ROOT / "rules").glob("*.yaml"))
            for rule in yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)["rules"]]


# ---- for ripgrep ----

def digit_form(form, separators):
    """One form of a rule of digits ("4-4-4-4", "13..19") as a regular expression."""
    between = "[" + separators.replace("-", "") + ("-" if "-" in separators else "") + "]"
    groups = []
    for group in form.split("-"):
        low, _, high = group.partition("..")
        groups.append(rf"\d{{{low},{high}}}" if high else rf"\d{{{low}}}")
    return rf"\b{between.join(groups)}\b"


def rule_pattern(rule):
    if "pattern" not in rule:
        return "|".join(digit_form(form, rule.get("separators", "-")) for form in rule["forms"])
    # ripgrep joins all patterns into one, where a group's name may stand once only.
    pattern = re.sub(r"\(\?P?<[a-z]\w*>", "(?:", rule["pattern"])
    flags = "i" if rule.get("caseless") else ""
    # Extended syntax holds line breaks; the pattern file has one pattern a line.
    if pattern.startswith("(?x)") or "\n" in pattern:
        flags, pattern = flags + "x", re.sub(r"\s*\n\s*", " ", pattern.replace("(?x)", ""))
    return f"(?{flags}:{pattern})" if flags else pattern


def takes(patterns, probe):
    return Run(["rg", "--no-unicode", "-c", *(part for pattern in patterns for part in ("-e", pattern)), probe]).status in (0, 1)


def export_patterns(path, probe):
    """Writes the patterns that ripgrep understands; returns how many, and the ids of those it does not."""
    group_size = 16
    good, refused = [], []
    probe.write_text("x\n")
    known = [(rule["id"], rule_pattern(rule)) for rule in load_rules()]
    for start in range(0, len(known), group_size):
        group = known[start:start + group_size]
        is_whole = takes([pattern for _, pattern in group], probe)
        for entry in group:
            (good if is_whole or takes([entry[1]], probe) else refused).append(entry)
    path.write_text("".join(pattern + "\n" for _, pattern in good))
    return len(good), [name for name, _ in refused]


# ---- twice the rules ----

LETTERS = {a: b for cycle in ("aeiou", "tnsrhldcmfpgwbvkxjqzy") for a, b in zip(cycle, cycle[1:] + cycle[0])}
LETTERS.update({a.upper(): b.upper() for a, b in LETTERS.items()})
# What of a pattern is no literal text: classes, escapes, counts, the heads of groups.
SYNTAX = re.compile(r"\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\\x[0-9a-fA-F]{2}|\\.|\{[\d,]+\}|\(\?P?<\w+>|\(\?[a-z]*[:)]",
                    re.S)


def other_letters(text):
    return "".join(LETTERS.get(c, c) for c in text)


def other_pattern(pattern):
    """The same pattern with other letters in its literals."""
    out, at = [], 0
    for match in SYNTAX.finditer(pattern):
        out += [other_letters(pattern[at:match.start()]), match.group(0)]
        at = match.end()
    return "".join(out) + other_letters(pattern[at:])


def other_rule(rule):
    """A rule of its own: other ids, literals and keywords, so that nothing is shared with the first."""
    other = dict(rule)
    for key in ("id", "detector"):
        if key in rule:
            other[key] = rule[key] + "_2"
    for key in ("pair", "beats"):
        if key in rule:
            other[key] = [name + "_2" for name in rule[key]]
    for key in ("pattern", "prefilter"):
        if key in rule:
            other[key] = other_pattern(rule[key])
    for key in ("keywords", "field_keywords", "veto"):
        if key in rule:
            other[key] = [other_letters(str(word)) for word in rule[key]]
    return other


def write_twice(folder):
    """A directory with every rule and its double; returns how many there are. JSON is YAML, too."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = load_rules()
    for name, half in (("a", rules), ("b", [other_rule(rule) for rule in rules])):
        for start in range(0, len(half), 1000):
            text = json.dumps({"rules": half[start:start + 1000]}, ensure_ascii=False)
            # YAML refuses these as they are.
            text = re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found.group()):04x}", text)
            (folder / f"{name}{start}.yaml").write_text(text, encoding="utf-8")
    return 2 * len(rules)
