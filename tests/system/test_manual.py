"""What the manual shows is what happens: its report, its rule files and its requests, as they stand there."""
import json
import pathlib
import re
import shutil

from conftest import FAKE_ENV, ROOT, Server

JOB = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def blocks(name, language):
    """The fenced blocks of a file of the manual."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / name).read_text("utf-8"), re.M | re.S)
    return [text for written, text in found if written == language]


def test_the_report_of_the_readme_is_the_one_that_is_printed(trawl, tmp_path):
    shown = blocks("README.md", "")[0]
    folder = pathlib.Path(re.match(r"file://(\S+)", shown)[1])
    source = tmp_path / folder.relative_to("/")
    shutil.copytree(ROOT / "examples" / "bucket" / folder.name, source)
    printed = trawl.run("scan", "--quiet", source, status=1).out
    assert JOB.sub("JOB", printed.replace(str(source), str(folder))) == JOB.sub("JOB", shown)


def test_the_rule_of_the_manual_is_accepted_and_its_faults_are_told_as_shown(trawl, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    rule = blocks("docs/rules.md", "yaml")[0]
    (own / "own.yaml").write_text(rule)
    assert "examples hold" in trawl.run("rules", "lint", own, status=0).out
    faults = blocks("docs/rules.md", "")[0].splitlines()
    wrong = re.sub(r"engine: class\n(?:.*\n)*?    canonical: digits\n", r"engine: literal\n    pattern: '(?<=x)[0-9]+'\n", rule)
    (own / "own.yaml").write_text(wrong.replace("validator: card", "distance: 301").replace("acme.card", "own.badge"))
    told = trawl.run("rules", "lint", own, status=2).err.removeprefix("trawl rules: ").splitlines()

    def texts(lines):
        return {re.sub(r"^.*own\.yaml:\d+: ", "", line) for line in lines}

    assert texts(faults) <= texts(told)


def test_the_allow_list_of_the_manual_is_taken_by_its_own_key_only(trawl, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("nothing\n")
    shown = next(block for block in blocks("docs/rules.md", "yaml") if "allow:" in block)
    allow = tmp_path / "allow.yaml"
    allow.write_text(shown)
    err = trawl.run("scan", "--quiet", "--allow", allow, tmp_path / "data", status=2).err
    key = re.search(r"expected ([0-9a-f]{16}), the key of the store", err)[1]
    allow.write_text(re.sub(r"(?<=fingerprint_key: )\w+", f"'{key}'", shown))
    trawl.run("scan", "--quiet", "--allow", allow, tmp_path / "data", status=0)


def test_the_custom_rule_of_the_manual_is_made_and_refused_as_shown(trawl):
    manual = (ROOT / "docs/api.md").read_text("utf-8")
    body = json.loads(re.search(r"curl --json '(\{\"id\":\"acme\.badge\".*?\})' http", manual, re.S)[1])
    server = Server(trawl, env=FAKE_ENV)
    made = server.request("POST", "/rules", json=body)
    assert made.status_code == 201 and made.json()["version"] == 1
    assert server.request("POST", "/rules", json=body).status_code == 200
    refused = server.request("POST", "/rules", json={**body, "id": "acme.other", "distance": 301, "pattern": "(?<=x)E"})
    shown = json.loads("[" + re.search(r'`"errors":\[(.*?)\]`', manual)[1].replace("…", "") + "]")
    assert refused.status_code == 400
    for each, told in zip(shown, refused.json()["errors"], strict=True):
        assert told["field"] == each["field"] and told["message"].startswith(each["message"])
    assert server.request("DELETE", "/rules/acme.badge").json() == {"id": "acme.badge", "deleted": True}
    assert server.request("DELETE", "/rules/fin.iban").status_code == 403
    assert server.stop() == 0
