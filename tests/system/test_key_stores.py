"""Files that are key stores: told by their first bytes, locked or not, as they are and in an archive."""
import subprocess
import zipfile

import pytest

# First bytes as the formats' makers print them: OpenJDK's JavaKeyStore and JceKeyStore, KeePass' file format, the PRIVATEKEYBLOB
# of [MS-DSSHELP]'s relatives in the Windows SDK (wincrypt.h: type 7, version 2, CALG_RSA_SIGN 0x2400, magic RSA2).
STORES = {
    "a.jks": bytes.fromhex("FEEDFEED 00000002 00000001 00000001 0004 6D696E65"),
    "old.jks": bytes.fromhex("FEEDFEED 00000001 00000001 00000001 0004 6D696E65"),
    "a.jceks": bytes.fromhex("CECECECE 00000002 00000001 00000001 0004 6D696E65"),
    "a.kdbx": bytes.fromhex("03D9A29A 67FB4BB5 01000300 02100031"),
    "a.kdb": bytes.fromhex("03D9A29A 65FB4BB5 03000000 04000300"),
    "a.snk": bytes.fromhex("07020000 00240000 52534132 00040000 01000100"),
}
OTHERS = {
    "Program.class": bytes.fromhex("CAFEBABE 00000034 00000001"),
    "public.snk": bytes.fromhex("06020000 00240000 52534131 00040000 01000100"),
    "later.jks": bytes.fromhex("FEEDFEED 00000003 00000001"),
    "macho": bytes.fromhex("FEEDFACE 00000007 00000003"),
}
FILLING = bytes(range(256)) * 4


def detectors(report):
    return {each["key"]: (each["detector"], each["locations"][0]["offset"]) for each in report["findings"]}


def openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)


def test_a_key_store_is_found_by_its_first_bytes_and_its_likes_are_not(trawl, tmp_path):
    folder = tmp_path / "stores"
    folder.mkdir()
    for name, head in {**STORES, **OTHERS}.items():
        (folder / name).write_bytes(head + FILLING)
    assert detectors(trawl.scan(folder, status=1).json()) == {name: ("sec.keystore_binary", 0) for name in STORES}


def test_a_key_store_in_an_archive_is_found(trawl, tmp_path):
    with zipfile.ZipFile(tmp_path / "backup.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conf/a.kdbx", STORES["a.kdbx"] + FILLING)
    finding, = trawl.scan(tmp_path / "backup.zip", status=1).json()["findings"]
    assert finding["detector"] == "sec.keystore_binary"
    assert finding["locations"][0]["member"] == "conf/a.kdbx"


@pytest.mark.parametrize("options", [[], ["-legacy"]])
def test_what_openssl_exports_is_found_but_not_its_certificates_alone(trawl, tmp_path, options):
    work, folder = tmp_path / "work", tmp_path / "stores"
    work.mkdir()
    folder.mkdir()
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=a", "-keyout", work / "key", "-out", work / "certificate")
    openssl("pkcs12", "-export", *options, "-inkey", work / "key", "-in", work / "certificate", "-passout",
        "pass:made up", "-out", folder / "a.p12")
    openssl("crl2pkcs7", "-nocrl", "-certfile", work / "certificate", "-outform", "DER", "-out", folder / "chain.p7b")
    assert detectors(trawl.scan(folder, status=1).json()) == {"a.p12": ("sec.keystore_binary", 0)}
