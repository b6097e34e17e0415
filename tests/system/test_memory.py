"""Memory does not grow with the size or the number of objects. (The bench goes on to 5 GiB and a million keys.)"""
import os
import pathlib
import subprocess

import pytest

from conftest import FAKE_ENV, IS_SANITIZED, PROGRAM, email

LIMIT = 200 << 20
S3SIM = PROGRAM.parent / "bench" / "s3sim"

# A sanitizer keeps freed memory back and shadows what there is: its figures say nothing about the program's own.
plain_only = pytest.mark.skipif(IS_SANITIZED, reason="memory is measured in the plain build")


def peak_of_scan(trawl, *args):
    """Status and peak resident bytes of a scan."""
    process = trawl.popen("scan", "--quiet", "--format", "csv", *args, env=FAKE_ENV, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)
    err = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), err.decode()
    return usage.ru_maxrss << 10


@pytest.fixture
def simulated():
    """Starts s3sim; it ends when its standard input does."""
    processes = []

    def start(*args):
        process = subprocess.Popen([S3SIM, *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        return f"http://127.0.0.1:{process.stdout.readline().split()[1]}"
    yield start
    for process in processes:
        process.stdin.close()
        process.wait(30)


@plain_only
def test_an_object_of_400_mib_of_distinct_addresses_stays_under_the_limit(trawl, simulated):
    """The worst case for findings: each line is a value that was never seen before."""
    size = 400 << 20
    peak = peak_of_scan(trawl, "--endpoint", simulated("--big", size), "s3://sim")
    assert peak < LIMIT, f"{peak >> 20} MiB"
    job_id = trawl.job_ids()[0]
    rows = trawl.query("SELECT count, truncated FROM findings WHERE job_id = ?", job_id)
    # 1,000 values are kept, and one row counts all the others exactly: a line has 40 bytes.
    assert len(rows) == 1001 and sum(count for count, _ in rows) == size // 40


@plain_only
def test_a_page_full_of_objects_full_of_findings_stays_under_the_limit(trawl, tmp_path):
    """1,500 objects of 1,000 addresses each: what a page finds is held until the page is done."""
    folder = tmp_path / "many"
    folder.mkdir()
    text = "".join(f"{email(number)}\n" for number in range(1000))
    for number in range(1500):
        (folder / f"{number:04d}.txt").write_text(text.replace("person", f"p{number}."))
    peak = peak_of_scan(trawl, folder)
    assert peak < LIMIT, f"{peak >> 20} MiB"
    assert trawl.counts(trawl.job_ids()[0])["findings"] == 1500 * 1000


@plain_only
def test_fifty_thousand_objects_stay_under_the_limit(trawl, simulated):
    peak = peak_of_scan(trawl, "--endpoint", simulated("--keys", 50000), "s3://sim")
    assert peak < LIMIT, f"{peak >> 20} MiB"
    counts = trawl.counts(trawl.job_ids()[0])
    assert (counts["succeeded"], counts["findings"]) == (50000, 5000)


@plain_only
def test_one_line_of_200_mib_without_a_break_stays_under_the_limit(trawl, tmp_path):
    path = pathlib.Path(tmp_path / "files" / "long.txt")
    path.parent.mkdir()
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"1234567890abcdef" * 65536)
        file.write(f" mail {email(1)}".encode())
    assert peak_of_scan(trawl, path.parent) < LIMIT
    assert trawl.counts(trawl.job_ids()[0])["findings"] == 1
