"""Detection's figures: what the matcher makes of each kind of text beside what it is built on and what others use."""
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

import gen_corpus
from patterns import export_patterns, write_twice
from process import Run, median

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUNS = int(os.environ.get("BENCH_RUNS", "3"))
MEGABYTES = int(os.environ.get("BENCH_DETECT_MB", "28"))
SLICE_BYTES = int(os.environ.get("BENCH_SLICE_KB", "512")) << 10
STARTS = int(os.environ.get("BENCH_STARTS", "20"))
DENSE_BYTES = 4 << 20
BEGIN, END = "<!-- detection: written by bench/run.py --only detection --docs -->", "<!-- detection: end -->"


def machine():
    """The kind of machine, no more."""
    flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8") if platform.system() == "Linux" else ""
    vectors = next((name for name in ("avx512vbmi", "avx512bw", "avx2", "ssse3") if f" {name} " in flags), "")
    return f"{len(os.sched_getaffinity(0))} cores {platform.machine()} {vectors}".strip()


class Lines(list):
    """Prints what is added, and keeps it for the manual."""

    def say(self, text=""):
        print(text, flush=True)
        self.append(text)


# ---- one matcher run: {file name: {column: number}} ----

def matcher(bench, rules, files, ways=None, runs=RUNS):
    env = {**bench.env, "BENCH_RUNS": str(runs), "BENCH_CACHE": str(bench.cache)}
    if ways:
        env["BENCH_WAYS"] = ",".join(ways)
    done = subprocess.run([bench.build / "bench" / "bench_matcher", rules, *files], stdin=subprocess.DEVNULL, env=env,
                          stdout=subprocess.PIPE, text=True, check=True)
    head, *lines = done.stdout.splitlines()
    columns = head.replace("# MB/s", "name").split()
    return {line.split()[0]: dict(zip(columns[1:], map(float, line.split()[1:]))) for line in lines}


# ---- the others: MB a second of CPU time, start-up taken off ----

def net_rate(make_run, path, empty, times):
    """Runs on the text and on an empty file take turns. None if it fails, which is not what 1, "found", says."""
    seconds = []
    for _ in range(times):
        run, start = make_run(path), make_run(empty)
        if run.status not in (0, 1) or start.status not in (0, 1):
            return None
        seconds.append(run.cpu - start.cpu)
    return path.stat().st_size / 1e6 / max(median(seconds), 1e-3)


# It gets a slice and one run, since it takes minutes for what the others do in a second, but no smaller one: it builds
# its automaton as it goes. With Unicode it is slower still.
RIPGREP_FLAGS = ("--no-unicode",), ("--no-unicode", "--mmap"), ("--no-unicode", "--no-mmap")


def ripgrep(patterns, path, flags):
    """Every match is asked for, as trawl is: without, a line's first match ends the work on it."""
    return Run(["rg", "--no-config", "--no-ignore", "--count-matches", "-a", "-j", 1, *flags, "-f", patterns, path])


def best_flags(patterns, sample):
    return min(RIPGREP_FLAGS, key=lambda flags: ripgrep(patterns, sample, flags).cpu)


def install_secretlint(bench):
    """Its folder; None where npm or the registry is not at hand."""
    folder = bench.build / "bench-secretlint"
    program = folder / "node_modules" / ".bin" / "secretlint"
    folder.mkdir(exist_ok=True)
    lock = "package-lock.json"
    if not program.exists() or (folder / lock).read_bytes() != (ROOT / "bench" / "secretlint" / lock).read_bytes():
        if shutil.which("npm") is None:
            return None
        for name in ("package.json", lock):
            shutil.copy(ROOT / "bench" / "secretlint" / name, folder)
        done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            return None
    (folder / "rc.json").write_text(json.dumps({"rules": [{"id": "@secretlint/secretlint-rule-preset-recommend"}]}))
    return folder


def secretlint(folder, path):
    return Run([folder / "node_modules" / ".bin" / "secretlint", "--secretlintrc", folder / "rc.json", "--format", "compact", path],
               cwd=folder)


# ---- the parts of the table ----

def number(value, form="8.0f"):
    return format(value, form) if value else " " * (int(form.split(".", maxsplit=1)[0]) - 1) + "-"


def others_of(bench, patterns, flags, linter, path):
    """(ripgrep, secretlint) on the beginning of the file, and on the file."""
    empty, slice_path = bench.scratch / "empty.txt", bench.scratch / f"slice{path.suffix}"
    empty.write_bytes(b"")
    slice_path.write_bytes(path.read_bytes()[:SLICE_BYTES])
    rg = net_rate(lambda text: ripgrep(patterns, text, flags), slice_path, empty, 1)
    if linter is None or path.suffix == ".bin":  # it reads no binary file
        return rg, None
    local, nothing = linter / f"text{path.suffix}", linter / "empty.txt"
    shutil.copy(path, local)
    nothing.write_bytes(b"\n")
    return rg, net_rate(lambda text: secretlint(linter, text.name), local, nothing, RUNS)


def together(rates):
    """Of equal parts."""
    known = [rate for rate in rates if rate]
    return len(known) / sum(1 / rate for rate in known) if known else None


def show_texts(bench, lines, files, dense):
    patterns = bench.scratch / "patterns.txt"
    count, refused = export_patterns(patterns, bench.scratch / "probe.txt")
    linter = install_secretlint(bench)
    sample = bench.scratch / "sample.txt"
    sample.write_bytes(files[1].read_bytes()[:SLICE_BYTES // 8])
    flags = best_flags(patterns, sample)
    own = matcher(bench, ROOT / "rules", files)
    mixed = own["all"]
    own[dense.name] = matcher(bench, ROOT / "rules", [dense])["all"]
    others = {path.name: others_of(bench, patterns, flags, linter, path) for path in [*files, dense]}
    others["mixed"] = tuple(together([others[path.name][i] for path in files]) for i in range(2))
    lines.say(f"{'MB/s of CPU time, one core':<26}{'trawl':>8}{'literal':>9}{'single':>8}{'ripgrep':>9}{'secretlint':>12}"
              f"{'memchr':>9}   trawl / literal single ripgrep secretlint")
    for name, figures in [*((path.name, own[path.name]) for path in files), ("mixed", mixed), (dense.name, own[dense.name])]:
        rg, lint = others[name]
        trawl = figures["trawl"]
        label = {"mixed": "all of these", dense.name: "dense: cards in CSV"}.get(name, pathlib.Path(name).suffix[1:])
        lines.say(f"{label:<26}{trawl:8.0f}{figures['literal']:9.0f}{figures['single']:8.1f}{number(rg, '9.2f')}"
                  f"{number(lint, '12.2f')}{figures['memchr']:9.0f}   {trawl / figures['literal']:15.2f}"
                  f"{trawl / figures['single']:7.1f}{number(rg and trawl / rg)}{number(lint and trawl / lint, '11.0f')}")
    lines.say(f"dense / mixed {own[dense.name]['trawl'] / mixed['trawl']:.2f} (aim: 0.5 or more)")
    lines.say(f"ripgrep: {count} patterns, {' '.join(flags) or 'no flags'} --count-matches, the first {SLICE_BYTES >> 10} KiB of each"
              + (f"; it does not take {', '.join(refused)}" if refused else ""))
    if linter is None:
        lines.say("secretlint: not measured, npm could not install it")


def show_twice(bench, lines, files):
    """Both sets take turns, so that what else the machine does hits both."""
    folder = bench.scratch / "twice"
    count = write_twice(folder)
    rates = {"once": [], "twice": []}
    for _ in range(RUNS):
        for name, rules in (("once", ROOT / "rules"), ("twice", folder)):
            rates[name].append(matcher(bench, rules, files, ways=["trawl"], runs=1)["all"]["trawl"])
    ratio = median([twice / once for once, twice in zip(rates["once"], rates["twice"])])
    lines.say(f"twice the rules ({count}): {median(rates['once']):.0f} -> {median(rates['twice']):.0f} MB/s, "
              f"costs {100 * (1 / ratio - 1):.0f}% more time (aim: at most 20%)")


def show_costs(bench, lines, files):
    done = subprocess.run([bench.build / "bench" / "bench_rule_cost", ROOT / "rules", *files], stdin=subprocess.DEVNULL,
                          env={**bench.env, "BENCH_CACHE": str(bench.cache)}, stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        lines.say(line)


def show_starts(bench, lines):
    folder = bench.scratch / "tiny"
    folder.mkdir(exist_ok=True)
    (folder / "a.txt").write_text("hello\n")
    store = bench.scratch / "starts.db"
    trawl = bench.build / "trawl"
    cache = bench.scratch / "start-cache"
    env = {**bench.env, "XDG_CACHE_HOME": str(cache)}
    commands = {"trawl --version": ["--version"], "trawl jobs list": ["jobs", "list", "--store", f"sqlite:{store}"],
                "trawl rules list": ["rules", "list"],
                "trawl scan, one tiny file": ["scan", "--quiet", "--store", f"sqlite:{store}", folder]}
    cold = []
    for _ in range(RUNS):
        shutil.rmtree(cache, ignore_errors=True)
        cold.append(Run([trawl, *commands["trawl rules list"]], env))
    if Run([trawl, *commands["trawl scan, one tiny file"]], env).status != 0:
        sys.exit("trawl scan of a tiny file failed")
    runs = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            runs[name].append(Run([trawl, *command], env))
    lines.say(f"{'start-up, ms':<44}{'by the clock':>14}{'of CPU':>9}")
    for name, done in [*runs.items(), ("trawl rules list, nothing cached", cold)]:
        lines.say(f"{name:<44}{1000 * median([run.seconds for run in done]):14.0f}{1000 * median([run.cpu for run in done]):9.0f}")


def write_docs(path, lines):
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n```\n" + "\n".join(lines) + f"\n```\n{END}{after}", encoding="utf-8")


def bench_detection(bench):
    corpus = bench.build / f"corpus-{MEGABYTES}"
    gen_corpus.main(corpus, MEGABYTES)
    dense = bench.scratch / "dense.csv"
    dense.write_bytes(gen_corpus.dense(DENSE_BYTES))
    bench.cache = bench.build / "bench-cache"
    bench.cache.mkdir(exist_ok=True)
    files = sorted(corpus.iterdir())
    lines = Lines()
    lines.say(f"detection: {sum(path.stat().st_size for path in files) / 1e6:.0f} MB of mixed text, {RUNS} runs, medians; "
              f"{machine()}")
    show_texts(bench, lines, files, dense)
    show_twice(bench, lines, files)
    lines.say()
    show_costs(bench, lines, files)
    lines.say()
    show_starts(bench, lines)
    if bench.docs:
        write_docs(bench.docs, lines)
