"""Hostile texts of the size of objects: time grows as they do, memory not at all. (tests/unit/detect/test_hostile.c has
the same texts, smaller.) HOSTILE_MB (50) is the size, for all of them; a gigabyte of a few of each kind."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("TRAWL", ROOT / "build" / "trawl")).resolve().parent / "bench" / "bench_hostile"
SIZE = int(float(os.environ.get("HOSTILE_MB", "50")) * 1e6)
LINE = re.compile(r" *([0-9.]+) MB/s +([0-9.]+) times +([0-9-]+) KB more  (.+)")


def check(size, *texts):
    done = subprocess.run([PROGRAM, ROOT / "rules", str(size), *texts], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True, check=True, timeout=3600)
    rows = [LINE.fullmatch(line).groups() for line in done.stdout.splitlines()]
    print(done.stdout)
    # Four times the text; twice that is what other work on the same cores may add.
    slow = [row for row in rows if float(row[1]) > 8 or float(row[0]) < 0.5]
    fat = [row for row in rows if int(row[2]) > 8192]
    assert len(rows) >= max(len(texts), 1) and not slow and not fat


def test_time_is_linear_and_memory_flat_for_every_hostile_text():
    check(SIZE)


@pytest.mark.parametrize("text", ["noise", "JSON arrays", "XML elements that nobody closes", "addresses that never"])
def test_a_gigabyte_takes_no_more_memory_than_a_quarter_of_it(text):
    check(1000 * 1000 * 1000, text)
