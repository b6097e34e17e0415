#!/usr/bin/python3
"""False alarms of the rules in ordinary text, per megabyte, by detector and tier, at the default tier.

    accuracy_clean.py --build BUILD [--rules DIR] [--text DIR] [--show N] [DIR ...]

The text is what Debian ships: the packages of accuracy_clean_packages.txt, fetched with apt-get into --text (once) and
unpacked there, not installed; so every machine reads the same text. Where they cannot be fetched, what is installed is read
instead. With DIR, those directories are read. It is not free of addresses, telephones and people, so those detectors count true
finds too; what matters is the rest: secrets, and personal data apart from e-mail and IP addresses.

Exits with 1 when less than 500 MB were read: the figures are then of little worth.
"""
import argparse
import collections
import glob
import os
import shutil
import subprocess
import sys
import tempfile

INSTALLED = ["/usr/share", "/usr/include", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share/perl",
             "/usr/lib/node_modules", "/usr/lib/x86_64-linux-gnu/perl", "/usr/src", "/usr/lib/go", "/etc"]
NOT_TEXT = (".png", ".jpg", ".gif", ".so", ".pyc", ".mo", ".ttf", ".otf", ".woff", ".woff2", ".xz", ".bz2", ".zip",
            ".jar", ".a", ".o", ".svgz", ".ico", ".webp", ".db", ".cache", ".dat", ".bin", ".whl", ".deb")
# What ordinary text truly holds.
TRUE_FINDS = ("pii.email", "pii.ip_address")
ENOUGH_BYTES = 500_000_000


def packages():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "accuracy_clean_packages.txt")
    with open(path, encoding="utf-8") as lines:
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def fetch(package, into):
    """Unpacks the package under into/PACKAGE. False, with what apt-get said, if it cannot be had."""
    target = os.path.join(into, package)
    if os.path.isdir(target):
        return True
    with tempfile.TemporaryDirectory(dir=into) as folder:
        os.chmod(folder, 0o755)  # apt-get fetches as another user
        run = subprocess.run(["apt-get", "-qq", "download", package], cwd=folder, capture_output=True, text=True,
                             check=False)
        found = glob.glob(os.path.join(folder, "*.deb"))
        if run.returncode != 0 or not found:
            print(f"{package}: not fetched: {(run.stderr.strip() or 'no answer').splitlines()[-1]}", file=sys.stderr)
            return False
        half_done = os.path.join(folder, "text")
        subprocess.run(["dpkg-deb", "-x", found[0], half_done], check=True)
        os.rename(half_done, target)
    return True


def debian_text(into):
    """The directories to read, and whether all packages are there."""
    os.makedirs(into, exist_ok=True)
    if shutil.which("apt-get") is None:
        print("no apt-get on this machine: reading what is installed", file=sys.stderr)
        return INSTALLED, False
    missing = [package for package in packages() if not fetch(package, into)]
    if missing:
        print(f"{len(missing)} packages are missing (offline, or `apt-get update` is due): reading what is installed too",
              file=sys.stderr)
    return [into] + (INSTALLED if missing else []), not missing


def files(directories, limit):
    total, seen = 0, set()
    for directory in directories:
        for folder, names, entries in os.walk(directory):
            names.sort()
            for entry in sorted(entries):
                path = os.path.join(folder, entry)
                if entry.endswith(NOT_TEXT) or os.path.islink(path) or not os.path.isfile(path):
                    continue
                info = os.stat(path)
                if (info.st_dev, info.st_ino) in seen or "\n" in path:
                    continue
                seen.add((info.st_dev, info.st_ino))
                yield path
                total += info.st_size * (4 if entry.endswith(".gz") else 1)
                if total > limit:
                    return


def scan(build, rules, paths, show):
    with tempfile.NamedTemporaryFile("w", suffix=".list", encoding="utf-8", errors="surrogateescape") as listing:
        listing.writelines(path + "\n" for path in paths)
        listing.flush()
        run = subprocess.run([os.path.join(build, "bench", "accuracy_clean"), rules, listing.name, str(show)],
                             capture_output=True, check=False)
    if run.returncode != 0:
        sys.exit(run.stderr.decode(errors="replace").strip())
    return run.stdout.decode(errors="replace").splitlines()


def table(title, tallies, megabytes):
    print(f"{title:42} {'TIER':10} {'MATCHES':>8} {'PER MB':>9}")
    for (name, tier), count in sorted(tallies.items(), key=lambda item: (-item[1], item[0])):
        print(f"{name:42} {tier:10} {count:8} {count / megabytes:9.5f}")
    print()


def one_in(count, megabytes):
    return f"{count} ({'none' if count == 0 else f'one in {megabytes / count:.1f} MB'})"


def report(lines):
    """Prints the figures; the bytes that were read."""
    read = 0
    by_detector, by_rule = collections.Counter(), collections.Counter()
    for line in lines:
        words = line.split(" ")
        if words[0] == "show":
            print(line)
        elif words[0] == "bytes":
            read = int(words[1])
        elif words[0] == "match":
            by_rule[(words[1], words[3])] += int(words[4])
            by_detector[(words[2], words[3])] += int(words[4])
    megabytes = max(read / 1e6, 1e-9)
    table("RULE", by_rule, megabytes)
    table("DETECTOR", by_detector, megabytes)
    secrets = sum(count for (detector, _), count in by_detector.items() if detector.startswith("sec."))
    alarms = sum(count for (detector, _), count in by_detector.items() if detector not in TRUE_FINDS)
    print(f"{megabytes:.0f} MB read; {sum(by_detector.values())} matches")
    print(f"secrets: {one_in(secrets, megabytes)}")
    print(f"all apart from {', '.join(TRUE_FINDS)}: {one_in(alarms, megabytes)}")
    return read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rules", default="rules")
    parser.add_argument("--text", help="where the packages are unpacked and kept (BUILD/accuracy-text)")
    parser.add_argument("--megabytes", type=int, default=4000, help="about how much is read at most")
    parser.add_argument("--show", type=int, default=0, help="print so many matches of each rule")
    parser.add_argument("directories", nargs="*")
    args = parser.parse_args()

    directories = args.directories or debian_text(args.text or os.path.join(args.build, "accuracy-text"))[0]
    read = report(scan(args.build, args.rules, files(directories, args.megabytes * 1_000_000), args.show))
    if read < ENOUGH_BYTES and not args.directories:
        sys.exit(f"only {read / 1e6:.0f} MB of text on this machine, {ENOUGH_BYTES // 1_000_000} are wanted:"
                 " run it where Debian's packages can be fetched")


if __name__ == "__main__":
    main()
