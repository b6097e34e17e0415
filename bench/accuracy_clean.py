#!/usr/bin/python3
"""False alarms of the rules in ordinary text, per megabyte, by detector and tier, at the default tier.

    accuracy_clean.py --build BUILD [--rules DIR] [--megabytes N] [--show N] [DIR ...]

The text is what Debian ships: documentation, manuals, licences, locales, changelogs, headers, Python and other
programs, JSON and XML data. It is not free of addresses, telephones and people, so those detectors count true finds
too; what matters is the rest: secrets, and personal data apart from e-mail and IP addresses.
"""
import argparse
import collections
import os
import subprocess
import sys
import tempfile

DIRECTORIES = ["/usr/share", "/usr/include", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share/perl",
               "/usr/lib/node_modules", "/usr/lib/x86_64-linux-gnu/perl", "/usr/src", "/usr/lib/go", "/etc"]
NOT_TEXT = (".png", ".jpg", ".gif", ".so", ".pyc", ".mo", ".ttf", ".otf", ".woff", ".woff2", ".xz", ".bz2", ".zip",
            ".jar", ".a", ".o", ".svgz", ".ico", ".webp", ".db", ".cache", ".dat", ".bin", ".whl")
# What ordinary text truly holds.
TRUE_FINDS = ("pii.email", "pii.ip_address", "sec.url_credentials")


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


def report(lines):
    read, tallies = 0, collections.Counter()
    for line in lines:
        words = line.split(" ")
        if words[0] == "show":
            print(line)
        elif words[0] == "bytes":
            read = int(words[1])
        elif words[0] == "match":
            tallies[(words[2], words[1], words[3])] += int(words[4])
    megabytes = max(read / 1e6, 1e-9)
    print(f"{'DETECTOR':28} {'RULE':34} {'TIER':10} {'MATCHES':>8} {'PER MB':>8}")
    for (detector, rule, tier), count in sorted(tallies.items(), key=lambda item: -item[1]):
        print(f"{detector:28} {rule:34} {tier:10} {count:8} {count / megabytes:8.4f}")
    alarms = sum(count for (detector, _, _), count in tallies.items() if detector not in TRUE_FINDS)
    print(f"\n{read / 1e6:.0f} MB read; {sum(tallies.values())} matches, {alarms} of them apart from"
          f" {', '.join(TRUE_FINDS)}: one in {megabytes / max(alarms, 1):.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--rules", default="rules")
    parser.add_argument("--megabytes", type=int, default=1000, help="about how much is read at most")
    parser.add_argument("--show", type=int, default=0, help="print so many matches of each rule and tier")
    parser.add_argument("directories", nargs="*", default=DIRECTORIES)
    args = parser.parse_args()
    report(scan(args.build, args.rules, files(args.directories, args.megabytes * 1_000_000), args.show))


if __name__ == "__main__":
    main()
