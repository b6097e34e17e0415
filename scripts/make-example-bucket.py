#!/usr/bin/env python3
"""Writes examples/bucket and examples/expected.json, always the same bytes for the same Python.

Every value that must be found is written through plant(), which counts it; the expectations are what was planted, never
what trawl said. All values are invented: their check digits are right, their bodies are runs of the alphabet.
"""

import base64
import collections
import gzip
import hashlib
import io
import json
import lzma
import pathlib
import shutil
import sys
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent / "examples"
BUCKET = ROOT / "bucket"
STAMP = (2025, 11, 8, 6, 0, 0)
STAMP_UNIX = 1762581600
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class Text:
    """The text of one object or of one member, and what was planted in it."""

    def __init__(self):
        self.parts = []
        self.planted = collections.defaultdict(collections.Counter)

    def write(self, *parts):
        """Strings as they are; (detector, value) is planted."""
        for part in parts:
            if isinstance(part, tuple):
                detector, value = part
                self.planted[detector][value] += 1
                part = value
            self.parts.append(part)

    def line(self, *parts):
        self.write(*parts, "\n")

    def encode(self, encoding="utf-8"):
        return "".join(self.parts).encode(encoding)

    def expected(self, member=None):
        rows = []
        for detector, values in sorted(self.planted.items()):
            row = {"detector": detector, "distinct": len(values), "count": sum(values.values())}
            if member is not None:
                row["member"] = member
            rows.append(row)
        return rows


# Check digits.


def luhn(body):
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return body + str(-total % 10)


def wrong(number):
    """The same with another last digit."""
    return number[:-1] + str((int(number[-1]) + 3) % 10)


def iban(country, body):
    digits = "".join(str(int(c, 36)) for c in body + country + "00")
    return f"{country}{98 - int(digits) % 97:02d}{body}"


def groups(text, size=4, separator=" "):
    return separator.join(text[i : i + size] for i in range(0, len(text), size))


def nhs(body):
    check = -sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11
    return None if check == 10 else body + str(check)


def npi(body):
    return luhn("80840" + body)[5:]


def de_tax_id(body):
    product = 10
    for digit in body:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return body + str((11 - product) % 10)


def base64url(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def run(length, start=0):
    """A run of the alphabet: nothing that anybody was ever given."""
    return "".join(ALPHABET[(start + i) % len(ALPHABET)] for i in range(length))


# People that do not exist.

FIRST = ["Ada", "Bruno", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Leo"]
LAST = ["Norden", "Okafor", "Petrov", "Quinn", "Rossi", "Sato", "Tanaka", "Ulrich", "Vega", "Weiss", "Young", "Zhang"]


def person(number):
    first, last = FIRST[number % 12], LAST[number // 12 % 12]
    return first, last, f"{first}.{last}{number}".lower() + "@mail.example.co.uk"


def card(number):
    return luhn(f"49291234{number * 7919 % 10_000_000:07d}")


def ssn(number):
    return f"{501 + number % 90:03d}-{11 + number % 80:02d}-{1001 + number * 37:04d}"


# The objects.


def app_log(day, requests):
    text = Text()
    for number in range(requests):
        first, last, email = person(number * 5)
        clock = f"2025-11-{day:02d}T06:{number // 60 % 60:02d}:{number % 60:02d}.{number * 137 % 1000:03d}Z"
        text.line(f"{clock} INFO  http request_id={hashlib.md5(clock.encode()).hexdigest()} upstream=10.0.{number % 4}.17"
                  f" GET /v2/items/{number * 7} 200 {number * 31 % 900}ms")
        if number % 10 == 3:
            text.line(f"{clock} WARN  auth login failed for user ", ("pii.email", email), " from ",
                      ("pii.ip_address", f"81.2.69.{140 + number % 7}"))
        if number % 25 == 9:
            text.line(f"{clock} DEBUG payment order {luhn(str(9_000_000_000_000_000 + number)[:-1])} card ",
                      ("fin.credit_card", groups(card(number))), " accepted")
        if number % 25 == 14:
            text.line(f"{clock} DEBUG payment card {groups(wrong(card(number)))} refused: check digit")
        if number == 41:
            text.line(f"{clock} ERROR proxy replayed header Authorization: ",
                      ("sec.http_auth_header", "Basic " + base64.b64encode(b"svc-report:Tr4il-Mix-77").decode()))
    return text


def customers_csv():
    text = Text()
    text.line("id,first,last,email,phone,ssn,pan,joined")
    for number in range(60):
        first, last, email = person(number)
        phone = f"{212 + number % 5 * 101}-555-{100 + number:04d}"
        text.write(f"{1001 + number},{first},{last},", ("pii.email", email), ",", ("pii.phone_nanp", phone), ",")
        if number % 6 == 5:
            text.write(f"000-{11 + number}-{1001 + number},")
        else:
            text.write(("id.us_ssn", ssn(number)), ",")
        pan = card(1000 + number)
        text.write(wrong(pan) if number % 4 == 3 else ("fin.credit_card", pan))
        text.line(f",2024-{1 + number % 12:02d}-{1 + number % 28:02d}")
    return text


def orders_jsonl():
    text = Text()
    for number in range(40):
        _, _, email = person(number * 3 + 1)
        account = iban("DE", f"10050000{1234567000 + number * 91:010d}")
        text.write(f'{{"order": "A-{70000 + number}", "customer": {{"email": "', ("pii.email", email), '"}, ')
        if number % 5 == 4:
            text.write(f'"iban": "{account[:2]}{int(account[2:4]) ^ 1:02d}{account[4:]}", ')
        else:
            text.write('"iban": "', ("fin.iban", account), '", ')
        text.line(f'"total": {number * 13}.{number % 100:02d}, "tracking": "{9400100000000000000000 + number}"}}')
    return text


def employees_jsonl():
    text = Text()
    for number in range(12):
        first, last, _ = person(100 + number)
        text.write('{"name": "', ("pii.person_name", f"{first} {last}"))
        text.write(f'", "badge": "{302145501 + number}", "dateOfBirth": "')
        text.write(("pii.date_of_birth", f"{1961 + number * 3}-04-{10 + number}"))
        text.write('", "ssn": "', ("id.us_ssn", ssn(100 + number).replace("-", "")))
        text.write('", "passportNumber": "', ("id.us_passport", f"A{21537864 + number * 13}"))
        text.line('"}')
    return text


def uk_payroll_txt():
    text = Text()
    text.line("Payroll, October. National insurance and licences as on file.")
    for number, prefix in enumerate(["JG", "CE", "AB", "PW"]):
        digits = f"{103759 + number * 11111:06d}"
        nino = f"{prefix} {digits[:2]} {digits[2:4]} {digits[4:]} {'ABCD'[number]}"
        text.line(f"  employee {number + 1}: NI number ", ("id.uk_nino", nino))
    text.line("  employee 5: NI number QQ 12 34 56 C (specimen)")
    text.line("  employee 6: NI number BG 10 37 59 A (prefix not allotted)")
    text.line("  driver: licence ", ("id.uk_driving_licence", "MORGA657054SM9IJ"))
    text.line("  contact ", ("pii.phone_intl", "+44 20 7946 0958"), " or ", ("pii.phone_intl", "+44 161 496 0321"))
    return text


def settings_py():
    text = Text()
    text.line('"""Settings of the shop. Never commit this file."""')
    text.line("import os")
    text.line()
    text.line('AWS_ACCESS_KEY_ID = "', ("sec.aws_access_key", "AKIAABCDEFGHIJKLMNOP"), '"')
    text.line('AWS_SECRET_ACCESS_KEY = "', ("sec.aws_secret_key", "abcdefghijklmnopqrstuvwxyz/ABCDEFGHIJ+12"), '"')
    text.line('DATABASE_URL = "', ("sec.db_connection", "postgres://shop:Tr4il-Mix-77@db.internal:5432"), '/shop"')
    text.line('STRIPE_KEY = "', ("sec.stripe", "sk_live_" + run(24)), '"')
    text.line('SMTP = {"host": "mail.internal", "password": "', ("sec.generic_password", "zx9-plum-tree"), '"}')
    text.line('SESSION_SECRET = os.environ["SESSION_SECRET"]')
    text.line('ADMIN_PASSWORD = "${ADMIN_PASSWORD}"')
    text.line('EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"')
    return text


def env_file():
    text = Text()
    text.line("# staging")
    text.line("GITHUB_TOKEN=", ("sec.github", "ghp_" + run(36)))
    text.line("GITLAB_TOKEN=", ("sec.gitlab", "glpat-" + run(20, 5)))
    text.line("NPM_TOKEN=", ("sec.npm", "npm_" + run(36, 3)))
    text.line("SLACK_BOT=", ("sec.slack", "xoxb-012345678901-0123456789012-" + run(24)))
    text.line("SENDGRID=", ("sec.email_apis", "SG." + run(22) + "." + run(43, 7)))
    text.line("MAPS=", ("sec.gcp_api_key", "AIza" + run(35)))
    text.line("OPENAI=", ("sec.openai", "sk-" + run(20) + "T3BlbkFJ" + run(20, 9)))
    text.line("CACHE_URL=", ("sec.db_connection", "redis://:q1w2e3r4t5@cache.internal:6379"), "/0")
    text.line("MIRROR=", ("sec.url_credentials", "https://deploy:Tr4il-Mix-77@git.internal"), "/mirror.git")
    text.line("DB_PASSWORD=$(cat /run/secrets/db)")
    return text


def state_json():
    key = base64.b64encode(bytes(range(64))).decode()
    token = ".".join([base64url('{"alg":"HS256","typ":"JWT"}'), base64url('{"sub":"user-0042","iat":1700000000}'),
                      base64url("0123456789abcdef0123456789abcdef")])
    text = Text()
    text.line("{")
    text.line('  "version": 4, "serial": 17, "lineage": "123e4567-e89b-12d3-a456-426614174000",')
    text.line('  "storage": "DefaultEndpointsProtocol=https;AccountName=trial;AccountKey=', ("sec.azure_storage", key),
              ';EndpointSuffix=core.windows.net",')
    text.line('  "kube": "', ("sec.jwt", token), '",')
    text.line('  "client_secret": "', ("sec.generic_api_key", "8d1f0c6a4b7e92d35fa0617c"), '",')
    text.line('  "image": "sha256:' + hashlib.sha256(b"image").hexdigest() + '"')
    text.line("}")
    return text


def private_key():
    body = base64.b64encode(bytes([0x30, 0x82, 0x04, 0xA2, 2, 1, 0]) + bytes(i % 251 for i in range(1189))).decode()
    text = Text()
    armour = "RSA PRIVATE KEY-----"
    block = f"-----BEGIN {armour}\n" + groups(body, 64, "\n") + f"\n-----END {armour}"
    # The finding ends with the words of the last line, before its dashes.
    text.line(("sec.private_key_pem", block))
    return text


def kunden_csv():
    text = Text()
    text.line("Kundennr;Name;Straße;IBAN;Steuer-ID")
    for number, name in enumerate(["Jörg Müller", "Käthe Weiß", "Aylin Groß", "René Böhm"]):
        account = iban("DE", f"37040044{53201300 + number:010d}")
        tax = de_tax_id("3657426180" if number == 0 else f"{2 + number}695437182" if number else "")
        text.line(f"{4000 + number};", ("pii.person_name", name), f";Lindenstraße {number + 1};", ("fin.iban", groups(account)), ";Steuer-ID ",
                  ("id.de_tax_id", tax))
    text.line("4009;", ("pii.person_name", "Zoë Krämer"), ";Lindenstraße 9;DE46 3704 0044 0532 0130 11;Steuer-ID 36574261890")
    return text


def leads_csv():
    text = Text()
    text.line("lead,email,phone")
    for number in range(8):
        _, _, email = person(50 + number)
        text.line(f"{number},", ("pii.email", email), ",", ("pii.phone_nanp", f"({303 + number}) 555-{142 + number:04d}"))
    text.line("8,jane.doe@example.com,(115) 555-0142")
    return text


def tokyo_txt():
    text = Text()
    text.line("顧客名簿 — 東京支店")
    for number in range(6):
        text.line(f"顧客 {number + 1}: ", ("pii.email", f"kenji{number}@mail.example.jp"), " / ",
                  ("pii.phone_intl", f"+81 3-1234-56{70 + number}"), " / カード ",
                  ("fin.credit_card", groups(luhn(f"35291234567{number:04d}"))))
    text.line("見本: 3530 1113 3330 0000")
    return text


def patients_csv():
    text = Text()
    text.line("patient,reference,provider,medicare")
    bodies = [body for body in (f"{401023213 + i * 17}" for i in range(12)) if nhs(body)]
    for number, body in enumerate(bodies[:8]):
        reference = nhs(body)
        text.line(f"{number},NHS ", ("phi.uk_nhs", f"{reference[:3]} {reference[3:6]} {reference[6:]}"), ",NPI ",
                  ("phi.us_npi", npi(f"{151234567 + number}")), ",MBI ", ("phi.us_mbi", f"{2 + number}FH7-UG3-PK{84 - number}"))
    text.line("8,NHS 401 023 2138,NPI 1512345674,MBI 2SH7-UG3-PK84")
    return text


def app_conf():
    text = Text()
    text.line("[database]")
    text.line("connection = ", ("sec.db_connection", "Server=db.internal;Database=crm;User Id=app;Password=Tr4il-Mix-77"), ";")
    text.line("[registry]")
    text.line("user = builder")
    text.line("password = ", ("sec.generic_password", "q1w2e3r4t5"))
    return text


def notes_txt():
    text = Text()
    text.line("Call the bank: account held at routing number ", ("fin.us_aba_routing", "321271178"), ".")
    text.line("Insurance wants the VIN ", ("pii.vin", "1HGCM82633A004352"), " (not 1HGCM82643A004352).")
    text.line("Codice fiscale ", ("id.it_codice_fiscale", "RSSMRA85T10A562S"), ", not RSSMRA85T10A562T.")
    text.line("SIN ", ("id.ca_sin", "130-692-544"), "; Aadhaar ", ("id.in_aadhaar", "4987 3216 5402"), "; DNI ",
              ("id.es_nif_nie_cif", "54362315K"), ".")
    text.line("DEA ", ("phi.us_dea", "BM6543210"), " wrote it; BM6543211 does not exist. ITIN ", ("id.us_itin", "912-70-4321"), ".")
    return text


def readme_md():
    """Published test values and placeholders only: nothing may be found."""
    text = Text()
    text.line("# Shop")
    text.line("Pay with 4111 1111 1111 1111 or 5555-5555-5555-4444, any date.")
    text.line("Write to support@example.com. SSN 078-05-1120 is the one from the wallet.")
    text.line("`AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE`")
    text.line("`AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY`")
    text.line("`psql postgres://user:password@localhost/shop`, `password: changeme`, `Authorization: Bearer <token>`")
    text.line("Runs on 127.0.0.1:8080 behind 192.168.0.1 since version 2.14.0.3; build 20250131, ticket 415555013277.")
    text.line("![logo](logo@2x.png) commit da39a3ee5e6b4b0d3255bfef95601890afd80709")
    return text


# Containers.


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def tarred(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(data), STAMP_UNIX, 0o644
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def octets(length):
    """Bytes that are no text and no known format."""
    blocks = (hashlib.sha256(b"firmware %d" % i).digest() for i in range(length // 32 + 1))
    return b"\x00\x01\xfe\xff\x00\x00\x9c\x02" + b"".join(blocks)[: length - 8]


def objects():
    """Yields key, bytes, expectations."""
    plain = [
        ("data/customers.csv", customers_csv()),
        ("data/orders.jsonl", orders_jsonl()),
        ("docs/README.md", readme_md()),
        ("exports/customers+leads 100%#1?.csv", leads_csv()),
        ("hr/employees.jsonl", employees_jsonl()),
        ("hr/UK payroll (Oct).txt", uk_payroll_txt()),
        ("infra/terraform.tfstate", state_json()),
        ("logs/app-2025-11-07.log", app_log(7, 240)),
        ("src/.env.staging", env_file()),
        ("src/deploy/id_rsa", private_key()),
        ("src/settings.py", settings_py()),
    ]
    for key, text in plain:
        yield key, text.encode(), text.expected()

    text = kunden_csv()
    yield "exports/Kunden Übersicht.csv", text.encode("latin-1"), text.expected()
    text = tokyo_txt()
    yield "exports/日本/顧客名簿.txt", b"\xff\xfe" + text.encode("utf-16-le"), text.expected()

    text = app_log(6, 120)
    yield "logs/app-2025-11-06.log.gz", gzip.compress(text.encode(), 9, mtime=0), text.expected("app-2025-11-06.log")

    text, leads = patients_csv(), leads_csv()
    inner = zipped([("2024/patients.csv", text.encode())])
    outer = zipped([("clinic/inner.zip", inner), ("leads.csv", leads.encode()), ("empty.txt", b"")])
    yield ("archive/reports-2024.zip", outer,
           text.expected("clinic/inner.zip/2024/patients.csv") + leads.expected("leads.csv"))

    conf, notes = app_conf(), notes_txt()
    tar = tarred([("etc/app.conf", conf.encode()), ("home/sam/notes.txt", notes.encode())])
    yield ("backup/host1.tar.xz", lzma.compress(tar, preset=6),
           conf.expected("etc/app.conf") + notes.expected("home/sam/notes.txt"))

    yield "empty/placeholder.txt", b"", []
    yield "bin/firmware.bin", octets(16384), []


def main():
    if BUCKET.exists():
        shutil.rmtree(BUCKET)
    expected, total = {}, 0
    for key, data, rows in objects():
        path = BUCKET / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        expected[key] = rows
        total += len(data)
    text = json.dumps({"objects": dict(sorted(expected.items()))}, indent=1, ensure_ascii=False)
    (ROOT / "expected.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(expected)} objects, {total} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
