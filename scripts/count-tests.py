#!/usr/bin/env python3
"""Sums what the test runners wrote into a folder (JUnit XML; Meson's JSON beside it) and prints one line.

Fails when a test failed, when a result file has no tests, or when a test program died without failing a test.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

BAD = {"FAIL", "ERROR", "TIMEOUT", "UNEXPECTEDPASS", "INTERRUPT"}


# Meson copies what a test prints as it is; XML 1.0 has no place for these.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(path):
    """(passed, failed, skipped, names of failed) of one JUnit file."""
    passed, skipped, failed = 0, 0, []
    text = NOT_XML.sub("?", path.read_text(encoding="utf-8", errors="replace"))
    for case in ElementTree.fromstring(text.encode()).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(f"{case.get('classname')} {case.get('name')}")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, skipped, failed


def programs_that_failed(path):
    """Names of Meson tests (whole programs) that did not end well: a crash may leave no failed case behind."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    tests = [json.loads(line) for line in lines if line.strip()]
    return [test["name"] for test in tests if test["result"] in BAD]


def main(folder):
    total_passed = total_failed = total_skipped = 0
    empty = []
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        passed, skipped, failed = junit(path)
        died = programs_that_failed(path.with_suffix(".json"))
        failed += died[len(failed):]
        for name in failed:
            print(f"FAILED {path.stem}: {name}")
        print(f"{path.stem}: {passed} passed, {len(failed)} failed, {skipped} skipped")
        if not passed:
            empty.append(path.stem)
        total_passed += passed
        total_failed += len(failed)
        total_skipped += skipped
    for name in empty:
        print(f"FAILED {name}: no test passed")
    if total_skipped:
        print(f"{total_skipped} skipped")
    total_failed += len(empty)
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not total_passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
