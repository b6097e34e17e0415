"""What comes to a terminal: no key may write to it, and the command that goes on with a job goes on alike."""
import os
import pty
import signal
import time

import pytest

from conftest import email


def run_on_terminal(trawl, *args):
    """Everything that the program writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    process = trawl.popen(*args, env={"TERM": "xterm"}, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    process.wait(60)
    return shown


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_no_format_lets_a_key_write_to_the_terminal(trawl, tmp_path, form):
    folder = tmp_path / "files"
    folder.mkdir()
    for number, name in enumerate(["a\x1b[2Jb.txt", "c\x07.txt", "d\u009b31m.txt", "e\u202egnp.txt"]):
        (folder / name).write_text(f"contact: {email(number)}\n")
    shown = run_on_terminal(trawl, "scan", "--quiet", "--format", form, folder)
    assert shown.count(b"pii.email") >= 4
    for hostile in (b"\x1b", b"\x07", "\u009b".encode(), "\u202e".encode()):
        assert hostile not in shown
    job = trawl.job_ids()[0]
    assert b"\x1b" not in run_on_terminal(trawl, "findings", job, "--format", form)


def test_the_printed_command_goes_on_with_the_same_limits(trawl, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(3000):
        (folder / f"{number:04d}.txt").write_text("\n".join(email(number * 20 + i) for i in range(20)))
    process = trawl.popen("scan", "--min-tier", "low", "--max-values", "7", "--threads", "1", folder)
    for _ in range(500):
        if trawl.store.exists() and process.poll() is None:
            try:
                if trawl.job_ids():
                    break
            except Exception:  # the tables are not there yet
                pass
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 2, err
    command = next(line for line in err.splitlines() if "--resume" in line)
    assert "--min-tier 'low'" in command and "--max-values 7" in command and "--threads 1" in command
    assert "--max-depth" not in command and "--rules" not in command
