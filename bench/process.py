"""Running a command and knowing what it took."""
import os
import subprocess
import time


class Run:
    """Wall seconds, CPU seconds, peak memory and exit status of one command."""

    def __init__(self, command, env=None, **options):
        started = time.monotonic()
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, **options}
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, env=env, **options)
        self.err = process.stderr.read().decode(errors="replace") if process.stderr else ""
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.monotonic() - started
        process.returncode = self.status = os.waitstatus_to_exitcode(status)
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss << 10


def median(numbers):
    return sorted(numbers)[len(numbers) // 2]
