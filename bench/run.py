#!/usr/bin/env python3
"""Figures, side by side, in one run: nothing here passes or fails by time.

    run.py --build DIR [--only PART]...     PART: detection, directory, objects, big, keys, hostile

detection  MB/s of the matcher on each kind of text and on all, beside what it is built on and what others use; what
           confirming costs by rule; start-up (detection.py; --docs FILE also writes it into its part of FILE)
directory  MB/s of the whole scan path on a directory of mixed text, beside the matcher alone on the same bytes and rules,
           and beside ripgrep with the same patterns at the best of several flags
objects    small objects a second from an S3 server on loopback
big        peak memory on one object of nothing but distinct addresses
keys       peak memory on a bucket of very many keys
hostile    the slowest of the texts that are made to be slow, and how their time grows (hostile.c)

ripgrep takes minutes for what the others do in a second, so it gets a slice of the same bytes, equal parts of each file.

Environment: BENCH_DETECT_MB (28), BENCH_SLICE_KB (512) and BENCH_STARTS (20) for detection; BENCH_MB (192) size of the
directory, BENCH_RIPGREP_MB (3) size of ripgrep's slice, BENCH_RUNS (3),
BENCH_OBJECTS (100000), BENCH_BIG_BYTES (5 GiB), BENCH_KEYS (1000000), BENCH_HOSTILE_MB (8), BENCH_DIR (where the directory is kept).
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from detection import bench_detection
from patterns import export_patterns
from process import Run

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
CORES = len(os.sched_getaffinity(0))
# The server does not look at signatures; trawl wants to make some.
KEYS = {"AWS_ACCESS_KEY_ID": "EXAMPLE0ACCESS0KEY00", "AWS_SECRET_ACCESS_KEY": "example/secret" + "0" * 26}


class Bench:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="trawl-bench-"))
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(self.scratch), "LC_ALL": "C.UTF-8", **KEYS}

    def scan(self, *args):
        """One scan into a store of its own."""
        store = self.scratch / "store"
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir()
        run = Run([self.build / "trawl", "scan", "--quiet", "--format", "csv", "--store", f"sqlite:{store}/t.db", *args],
                  self.env)
        if run.status not in (0, 1):
            sys.exit(f"trawl scan ended with status {run.status}: {run.err}")
        return run

    def close(self):
        shutil.rmtree(self.scratch, ignore_errors=True)


def median_of(make_run):
    runs = [make_run() for _ in range(RUNS)]
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


# ---- the parts ----

def row(name, megabytes, run, note=""):
    print(f"  {name:<44} {megabytes / run.seconds:9.1f} MB/s  {run.seconds:8.2f} s, {run.cpu:.2f} s of CPU  {note}",
          flush=True)
    return megabytes / run.seconds


def matcher_rate(bench, files):
    """The line of bench_matcher that is about all files together."""
    done = subprocess.run([bench.build / "bench" / "bench_matcher", ROOT / "rules", *files], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, check=True,
                          env={**bench.env, "BENCH_RUNS": str(RUNS), "BENCH_WAYS": "trawl"})
    return float(done.stdout.splitlines()[-1].split()[2])


def slice_of(files, folder, size):
    """Whole lines from the start of each file, about size bytes together; returns their megabytes."""
    folder.mkdir()
    for path in files:
        text = path.read_bytes()[:size // len(files)]
        (folder / path.name).write_bytes(text[:text.rfind(b"\n") + 1])
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def best_ripgrep(patterns, corpus, threads):
    """The fastest of the flag sets that matter: Unicode off, mapped or not."""
    runs = {}
    for flags in (("--no-unicode", "-a"), ("--no-unicode", "-a", "--mmap"), ("--no-unicode", "-a", "--no-mmap")):
        command = ["rg", "--count-matches", "--no-config", "--no-ignore", *flags, "-j", threads, "-f", patterns, corpus]
        first = Run(command)
        if first.status not in (0, 1):
            sys.exit(f"{' '.join(map(str, command))} ended with status {first.status}: {first.err}")
        runs[flags] = first
    flags = min(runs, key=lambda key: runs[key].seconds)
    return runs[flags], " ".join(flags)


def bench_directory(bench):
    megabytes = int(os.environ.get("BENCH_MB", "192"))
    corpus = pathlib.Path(os.environ.get("BENCH_DIR", bench.build / f"corpus-{megabytes}")).resolve()
    subprocess.run([sys.executable, ROOT / "bench" / "gen_corpus.py", corpus, str(megabytes)], check=True)
    files = sorted(path for path in corpus.iterdir() if path.is_file())
    size = sum(path.stat().st_size for path in files) / 1e6
    patterns = bench.scratch / "patterns.txt"
    count, refused = export_patterns(patterns, bench.scratch / "probe.txt")
    print(f"directory: {len(files)} files, {size:.0f} MB of mixed text, {RUNS} runs each, medians; {CORES} cores")
    bench.scan(corpus)  # reads the files into the page cache and compiles the rules into the cache
    one = row("trawl scan, 1 scan thread", size, median_of(lambda: bench.scan("--threads", 1, corpus)))
    all_cores = row(f"trawl scan, {CORES} scan threads", size, median_of(lambda: bench.scan(corpus)))
    alone = matcher_rate(bench, files)
    print(f"  {'matcher alone, 1 thread, from memory':<44} {alone:9.1f} MB/s")
    slice_folder = bench.scratch / "slice"
    slice_size = slice_of(files, slice_folder, int(os.environ.get("BENCH_RIPGREP_MB", "3")) * 1000000)
    rg_one, flags = best_ripgrep(patterns, slice_folder, 1)
    rg_one_rate = row(f"ripgrep, {count} patterns, 1 thread, a slice", slice_size, rg_one, flags)
    rg_all, flags = best_ripgrep(patterns, slice_folder, CORES)
    rg_all_rate = row(f"ripgrep, {count} patterns, {CORES} threads, a slice", slice_size, rg_all, flags)
    if refused:
        print(f"  ripgrep does not take the patterns of: {', '.join(refused)}")
    print(f"  ratio: scan / matcher alone, 1 thread           {one / alone:8.2f}   (aim: 0.67 or more)")
    print(f"  ratio: scan / ripgrep, 1 thread                 {one / rg_one_rate:8.1f}   (aim: 10 or more)")
    print(f"  ratio: scan / ripgrep, {CORES} threads                {all_cores / rg_all_rate:8.1f}")


class Simulator:
    """s3sim, for the length of a with block: its URL."""

    def __init__(self, bench, *args):
        self.command = [str(bench.build / "bench" / "s3sim"), *map(str, args)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def bench_objects(bench):
    count = int(os.environ.get("BENCH_OBJECTS", "100000"))
    with Simulator(bench, "--keys", count) as url:
        run = median_of(lambda: bench.scan("--endpoint", url, "s3://sim"))
    print(f"objects: {count} objects of about 512 bytes from S3 on loopback (the server shares the {CORES} cores)")
    print(f"  {count / run.seconds:9.0f} objects/s  {run.seconds:8.2f} s  peak {run.peak / 2**20:.0f} MiB", flush=True)


def bench_big(bench):
    size = int(os.environ.get("BENCH_BIG_BYTES", str(5 << 30)))
    with Simulator(bench, "--big", size) as url:
        run = bench.scan("--endpoint", url, "s3://sim")
    print(f"big: one object of {size / 2**30:.2f} GiB, {size // 40} distinct addresses")
    print(f"  {size / 1e6 / run.seconds:9.1f} MB/s  {run.seconds:8.2f} s  peak {run.peak / 2**20:.0f} MiB"
          "   (aim: under 200 MiB)", flush=True)


def bench_keys(bench):
    count = int(os.environ.get("BENCH_KEYS", "1000000"))
    with Simulator(bench, "--keys", count, "--body", 128) as url:
        run = bench.scan("--endpoint", url, "s3://sim")
    print(f"keys: a bucket of {count} keys")
    print(f"  {count / run.seconds:9.0f} objects/s  {run.seconds:8.2f} s  peak {run.peak / 2**20:.0f} MiB"
          "   (aim: under 200 MiB)", flush=True)


def bench_hostile(bench):
    megabytes = int(os.environ.get("BENCH_HOSTILE_MB", "8"))
    done = subprocess.run([bench.build / "bench" / "bench_hostile", ROOT / "rules", str(megabytes * 10**6)],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True, env=bench.env)
    lines = sorted(done.stdout.splitlines(), key=lambda line: float(line.split()[0]))
    print(f"hostile: {len(lines)} texts of {megabytes} MB each, one core; the times are those of four times the text")
    for line in [*lines[:5], max(lines, key=lambda line: float(line.split()[2]))]:
        print(f"  {line}", flush=True)


PARTS = {"detection": bench_detection, "directory": bench_directory, "objects": bench_objects, "big": bench_big, "keys": bench_keys,
         "hostile": bench_hostile}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--docs", type=pathlib.Path)
    options = parser.parse_args()
    bench = Bench(options.build)
    bench.docs = options.docs
    try:
        for name in options.only or PARTS:
            PARTS[name](bench)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
