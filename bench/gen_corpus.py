#!/usr/bin/env python3
"""A directory of mixed text, the same bytes on every machine: logs, CSV, JSON, source code, prose, base64,
random bytes.

    gen_corpus.py DIR MEGABYTES

About one line in forty holds a value that a detector looks for, and many more look like one: numbers, times, ids,
addresses of machines. That density is high for real buckets, and meant to be.
"""
import base64
import json
import pathlib
import random
import sys

WORDS = ("the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which "
         "one you were all her she there would their we him been has when who will no more if out so up said what its about "
         "than into them can only other time new some could these two may first then do any like my now over such our man me "
         "even most made after also did many off before must well back through years much where your way down should because "
         "long each just those people how too little state good very make world still see own work men day get here old life "
         "both between being under three never know same last another while us might great go come since against right").split()
IDENTIFIERS = "buffer length index status request response handler config session table column value result error".split()
HOSTS = ["northwind-mail.net", "fabrikam-post.org", "contoso-office.com"]


def luhn(body):
    """The digits with their check digit."""
    total = sum(d if i % 2 else (d * 2 - 9 if d > 4 else d * 2) for i, d in enumerate(map(int, reversed(body))))
    return body + str(-total % 10)


def planted(rng):
    kind = rng.randrange(5)
    if kind == 0:
        return f"{rng.choice(WORDS)}.{rng.choice(WORDS)}{rng.randrange(1000)}@{rng.choice(HOSTS)}"
    if kind == 1:
        return "card " + luhn("4539" + f"{rng.randrange(10 ** 11):011d}")
    if kind == 2:
        return f"SSN {rng.randrange(100, 665):03d}-{rng.randrange(10, 99):02d}-{rng.randrange(1000, 9999):04d}"
    if kind == 3:
        return f"phone +1 212 555 {rng.randrange(100, 199):04d}"
    body = f"{rng.randrange(10 ** 18):018d}"
    check = 98 - int(body + "131400") % 97
    return f"IBAN DE{check:02d}{body}"


def value(rng):
    return planted(rng) if rng.randrange(40) == 0 else rng.choice(WORDS)


def log_line(rng):
    return (f"2025-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:"
            f"{rng.randrange(60):02d}.{rng.randrange(1000):03d}Z INFO [{rng.randrange(1, 65536)}] 10.{rng.randrange(256)}."
            f"{rng.randrange(256)}.{rng.randrange(256)} GET /api/v1/{rng.choice(WORDS)}/{rng.randrange(10 ** 7)} 200 "
            f"{rng.randrange(10 ** 5)} {rng.randrange(900)}ms user={value(rng)} trace={rng.getrandbits(128):032x}")


def csv_line(rng):
    return (f"{rng.randrange(10 ** 8)},{value(rng)},{rng.randrange(10 ** 6) / 100:.2f},{rng.choice(WORDS)},"
            f"{rng.randrange(1950, 2026)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d},{rng.randrange(10 ** 9)},"
            f"{rng.choice(WORDS)} {rng.choice(WORDS)}")


def json_line(rng):
    return json.dumps({"id": f"{rng.getrandbits(64):016x}", "at": 1700000000000 + rng.randrange(10 ** 10),
                       "name": value(rng), "score": round(rng.random(), 6), "tags": [rng.choice(WORDS) for _ in range(3)],
                       "count": rng.randrange(10 ** 6), "ok": rng.random() < 0.9})


def source_line(rng):
    a, b, c = (rng.choice(IDENTIFIERS) for _ in range(3))
    return rng.choice([
        f"    if ({a}->{b} != {rng.randrange(256)}) return {c}_check({a}, {b});",
        f"static int {a}_{b}(const struct {c} *{c}, unsigned {a});",
        f"    for (size_t i = 0; i < {a}_{b}; i++) {c}[i] = {a}[i] ^ 0x{rng.getrandbits(32):08x};",
        f"    /* {value(rng)} {rng.choice(WORDS)} {rng.choice(WORDS)} {rng.choice(WORDS)} */",
        "}",
    ])


def prose_line(rng):
    return " ".join(value(rng) if rng.randrange(12) == 0 else rng.choice(WORDS) for _ in range(14)).capitalize() + "."


def base64_line(rng):
    return base64.b64encode(rng.randbytes(57)).decode()


def random_line(rng):
    """No byte 0xff: the benchmark of reading looks for one."""
    return rng.randbytes(80).replace(b"\xff", b"\xfe")


KINDS = [("log", log_line), ("csv", csv_line), ("jsonl", json_line), ("c", source_line), ("txt", prose_line),
         ("b64", base64_line), ("bin", random_line)]
FILE_BYTES = 4 << 20


def block(make_line, rng, size):
    lines, length = [], 0
    while length < size:
        line = make_line(rng)
        lines.append(line if isinstance(line, bytes) else line.encode())
        length += len(line) + 1
    return b"\n".join(lines) + b"\n"


def main(folder, megabytes):
    """Each file is its own bytes, none a copy: a cache of matches would otherwise flatter. What an earlier version of
    this program made does not stay."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {f"{number:04d}.{KINDS[number % len(KINDS)][0]}": number
             for number in range(max(1, megabytes * (1 << 20) // FILE_BYTES))}
    for path in folder.iterdir():
        if path.name not in kinds:
            path.unlink()
    for name, number in kinds.items():
        if not (folder / name).exists():
            (folder / name).write_bytes(block(KINDS[number % len(KINDS)][1], random.Random(number), FILE_BYTES))


def dense(size):
    """A CSV file with a card in every line."""
    rng = random.Random(1)
    lines = ["id,customer,card_number,expires,amount"]
    while len(lines) * 45 < size:
        lines.append(f"{len(lines)},{rng.choice(WORDS)} {rng.choice(WORDS)},{luhn('4539' + format(rng.randrange(10 ** 11), '011d'))},"
                     f"{rng.randrange(1, 13):02d}/{rng.randrange(26, 32)},{rng.randrange(10 ** 5) / 100:.2f}")
    return ("\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: gen_corpus.py DIR MEGABYTES")
    main(sys.argv[1], int(sys.argv[2]))
