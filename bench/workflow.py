#!/usr/bin/python3
"""The workflow engine beside the store's own rate of commits, in one run, on PostgreSQL and SQLite.

    workflow.py --build DIR

The limit is how many transactions a second the store takes when each of them writes one small row, by as many threads as
the engine is given. A transition is a state that was entered; "tasks" is the loop of a listing (Task, Choice, ten rounds
an execution, the function takes no time), each task a step of its own in the store; "passes" are 20 Pass states, which
need no task between them. Starting is StartExecution as a job or a client makes it, with its history event, its status
event and its row in the index. Everything is measured in turns, BENCH_RUNS times, and the median is shown.

idle is `trawl serve` on a store with BENCH_WAITING executions that wait for an hour: its processor time by the clock.
wake is as many executions that all wake up in the same second: until the last one has ended.

Environment: BENCH_EXECUTIONS (500), BENCH_WAITING (5000), BENCH_RUNS (3), BENCH_SECONDS (2), BENCH_IDLE_SECONDS (10).
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "system"))
from postgres import Postgres  # noqa: E402

EXECUTIONS = int(os.environ.get("BENCH_EXECUTIONS", "500"))
WAITING = int(os.environ.get("BENCH_WAITING", "5000"))
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
IDLE_SECONDS = int(os.environ.get("BENCH_IDLE_SECONDS", "10"))
THREADS = 8  # as `trawl serve` has them
# As a server is run: commits reach the disk.
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "512MB",
            "max_wal_size": "4GB"}
TICKS = os.sysconf("SC_CLK_TCK")


class Engine:
    """One store, and the program that drives the engine on it."""

    def __init__(self, build, name, fresh):
        self.build, self.name, self.fresh = build, name, fresh

    def run(self, *words):
        done = subprocess.run([self.build / "bench" / "bench_workflow", self.name, *map(str, words)],
                              stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"bench_workflow {' '.join(map(str, words))}: exit status {done.returncode}")
        return json.loads(done.stdout)

    def measure(self):
        figures = {"limit 1": [], "limit": [], "commit p50": [], "commit p99": [], "starts": [], "starts p50": [], "starts p99": [], "tasks": [],
                   "passes": []}
        for _ in range(RUNS):
            self.fresh()
            alone = self.run("commits", 1, SECONDS)
            figures["limit 1"].append(alone["commits_per_second"])
            figures["commit p50"].append(alone["p50_ms"])
            figures["commit p99"].append(alone["p99_ms"])
            figures["limit"].append(self.run("commits", THREADS, SECONDS)["commits_per_second"])
            figures["tasks"].append(self.run("run", "tasks", THREADS, EXECUTIONS)["transitions_per_second"])
            figures["passes"].append(self.run("run", "passes", THREADS, EXECUTIONS)["transitions_per_second"])
            started = self.run("start", 1, EXECUTIONS)
            figures["starts p50"].append(started["p50_ms"])
            figures["starts p99"].append(started["p99_ms"])
            self.fresh()
            figures["starts"].append(self.run("start", THREADS, 4 * EXECUTIONS)["starts_per_second"])
        return {name: statistics.median(values) for name, values in figures.items()}

    def measure_crowd(self):
        self.fresh()
        self.run("start", THREADS, WAITING)
        self.run("settle", THREADS)
        idle = self.idle_cpu()
        self.fresh()
        woken = self.run("wake", THREADS, WAITING)
        return {"idle": idle, "wake": woken["seconds"] - woken["wait_seconds"]}

    def idle_cpu(self):
        """Part of one core that a server takes that has nothing to do."""
        with tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
            environment = {**os.environ, "TRAWL_STORE": self.name}
            server = subprocess.Popen(
                [self.build / "trawl", "serve", "--listen", "127.0.0.1:0", "--fingerprint-key-file", f"{folder}/key"],
                env=environment, stderr=subprocess.PIPE, text=True)
            try:
                while "listening" not in server.stderr.readline():
                    if server.poll() is not None:
                        raise SystemExit("trawl serve did not start")
                time.sleep(3)
                before = cpu_seconds(server.pid)
                time.sleep(IDLE_SECONDS)
                return (cpu_seconds(server.pid) - before) / IDLE_SECONDS
            finally:
                server.terminate()
                server.wait()


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def fresh_database(server, name):
    def make():
        connection = psycopg2.connect(server.uri())
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
    return make


def fresh_file(path):
    def make():
        for ending in ("", "-wal", "-shm", ".key"):
            pathlib.Path(f"{path}{ending}").unlink(missing_ok=True)
    return make


def show(postgres, sqlite):
    print(f"\n{'':<46} {'PostgreSQL':>14} {'SQLite':>14}")

    def line(name, value, unit=",.0f"):
        print(f"  {name:<44} {value(postgres):>14{unit}} {value(sqlite):>14{unit}}", flush=True)

    line("limit, commits/s, 1 thread", lambda f: f["limit 1"])
    line(f"limit, commits/s, {THREADS} threads", lambda f: f["limit"])
    line(f"executions started/s, {THREADS} threads", lambda f: f["starts"])
    line("  as a part of the limit", lambda f: f["starts"] / f["limit"], ".2f")
    line("a commit alone, p50 ms", lambda f: f["commit p50"], ",.3f")
    line("a commit alone, p99 ms", lambda f: f["commit p99"], ",.3f")
    line("start latency, p50 ms", lambda f: f["starts p50"], ",.3f")
    line("start latency, p99 ms", lambda f: f["starts p99"], ",.3f")
    line("transitions/s, tasks", lambda f: f["tasks"])
    line("  as a part of the limit", lambda f: f["tasks"] / f["limit"], ".2f")
    line("transitions/s, passes", lambda f: f["passes"])
    line(f"{WAITING:,} waiting: idle, % of a core", lambda f: f["idle"] * 100, ".2f")
    line(f"{WAITING:,} woken at once: seconds to the end", lambda f: f["wake"], ".2f")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    build = parser.parse_args().build.resolve()
    print(f"workflow: {EXECUTIONS:,} executions, {THREADS} threads, {len(os.sched_getaffinity(0))} cores, "
          f"load average {os.getloadavg()[0]:.1f}")
    server = Postgres(SETTINGS).start()
    try:
        engine = Engine(build, server.uri("workflow"), fresh_database(server, "workflow"))
        postgres = {**engine.measure(), **engine.measure_crowd()}
    finally:
        server.stop()
    with tempfile.TemporaryDirectory(prefix="trawl-bench-") as folder:
        path = pathlib.Path(folder) / "store.db"
        engine = Engine(build, str(path), fresh_file(path))
        sqlite = {**engine.measure(), **engine.measure_crowd()}
    show(postgres, sqlite)


if __name__ == "__main__":
    main()
