"""Numbers of states, right and nearly right: our rules and python-stdnum, which knows them independently, agree."""
import collections
import importlib
import random
import re
import subprocess

from conftest import PROGRAM, ROOT

EACH, FEW = 40, 6  # right ones and wrong ones of a kind; where right ones are rare these are enough

# A kind of number: the module of stdnum, what begins the ids of our rules, a word for it, right numbers to change, and
# which of them (letters and digits, without signs between) are not compared, as stdnum knows less or more of them.
Kind = collections.namedtuple("Kind", "module rules word seeds skipped")


def kind(text, *seeds, skipped="$^"):
    return Kind(*text.split(" ", 2), seeds, skipped)


def vat(module, *seeds, skipped="$^"):
    return Kind(module, "id.eu_vat", "VAT number", seeds, skipped)


KINDS = [
    kind("us.ssn id.us_ssn SSN", "536-22-8145"),
    # Since 2011 the groups 50 to 65 are issued, too (IRS Publication 4757).
    kind("us.itin id.us_itin ITIN", "912-90-3456", skipped="^...(5|6[0-5])"),
    kind("us.ein id.us_ein EIN", "91-1144442"),
    kind("gb.utr id.uk_utr UTR", "1955839661"),
    kind("gb.nhs phi.uk_nhs NHS number", "943 476 5870"),
    kind("ca.sin id.ca_sin SIN", "130-692-544", skipped="^[08]"),  # of the tax office, and of businesses
    kind("au.tfn id.au_tfn TFN", "876 543 210"),
    kind("au.abn id.au_abn_acn ABN", "51 824 753 556"),
    kind("au.acn id.au_abn_acn ACN", "004 085 616"),
    kind("in_.aadhaar id.in_aadhaar Aadhaar", "4987 3216 5402"),
    kind("in_.pan id.in_pan PAN", "ACUPA7085R"),
    kind("in_.gstin id.in_gstin GSTIN", "27AAPFU0939F1ZV"),
    kind("de.idnr id.de_tax_id Steuer-ID", "36 574 261 809", "26954371827", skipped=r"(.)\1\1"),  # three in a row are not issued
    kind("fr.nir id.fr_nir NIR", "2 95 10 99 126 111 93", "253072B07300470", "295109912611193",
         skipped="^[^12]|^...(00|1[3-9]|[2-9])"),  # sex, month
    kind("es.nif id.es_nif NIF", "54362315K", "X2482300W", "A13585625", "J99216582", "Q0801175A", "M1234567L",
         skipped="^[A-Z]00"),  # no province
    # Days end at 71, women's 31st.
    kind("it.codicefiscale id.it_codice_fiscale codice fiscale", "RCCMNL83S18D969H", "MRTMTT25D09F205Z",
         skipped="^.{9}[89]"),
    kind("it.iva id.it_partita_iva Partita IVA", "00743110157", "61265200586"),
    kind("nl.bsn id.nl_bsn BSN", "111222333"),
    # Who is not born yet has no number: stdnum asks the clock. It takes any month.
    kind("be.nn id.be_nrn rijksregisternummer", "85.07.30-033.28", "17073003384",
         skipped="^(2[1-9]|[34])|^..(1[3-9]|3[3-9]|5[3-9]|[6-9])|^.{4}(3[2-9]|[4-9])"),
    kind("pl.pesel id.pl_pesel PESEL", "44051401359", "02070803628"),
    # Numbers of organisations look like those of persons, but for the month; 60 is added to the day of some persons.
    kind("se.personnummer id.nordic_se personnummer", "880320-0016", "811228-9874",
         skipped="^..[2-9]|^.{4}(3[2-9]|[4-9])"),
    kind("se.orgnr id.nordic_se organisationsnummer", "556248-0342", skipped="^..[01]"),
    kind("fi.hetu id.nordic_fi hetu", "131052-308T", "131052A308T", skipped="^.{6}[B-FU-Y]"),  # signs since 2023
    kind("no.fodselsnummer id.nordic_no fødselsnummer", "151086 95088", "20099465639"),
    # Of the numbers that begin with 4 only 45 is issued.
    kind("pt.nif id.pt_nif NIF", "501964843", skipped="^4"),
    kind("ie.pps id.ie_pps PPS", "6433435F", "6433435FT", "6433435FW", skipped="[A-Z][B-I]$"),
    kind("ch.ssn id.ch_ahv AHV", "756.9217.0769.85"),
    kind("br.cpf id.br_cpf CPF", "390.533.447-05"),
    kind("br.cnpj id.br_cnpj CNPJ", "16.727.230/0001-97"),
    kind("mx.curp id.mx_curp CURP", "BOXW310820HNERXN09"),
    kind("cl.rut id.cl_rut RUT", "12.531.909-2", "76086428-5"),
    kind("ar.cuit id.ar_cuit CUIT", "20-05536168-2", skipped="^2[56]"),
    kind("co.nit id.co_nit NIT", "213.123.432-1"),
    kind("pe.ruc id.pe_ruc RUC", "20512333797"),
    kind("ec.ci id.ec_ruc cedula", "171430710-3"),
    kind("sg.uen id.sg_uen UEN", "00192200M", "197401143C", "S16FC0121D"),
    kind("tr.tckimlik id.tr_tckn TC Kimlik No", "17291716060"),
    kind("za.idnr id.za_id RSA ID", "7503305044089"),
    kind("il.idnr id.il_id Israeli ID", "39337423", "307860676"),
    vat("at.uid", "ATU13585627"),
    vat("be.vat", "BE403019261", "BE0428759497", skipped="(00|9[89])$"),
    vat("bg.vat", "BG175074752", "BG7523169263", "BG6101057509"),
    vat("cy.vat", "CY10259033P"),
    # stdnum takes 20 off the month as often as it can, and nine digits for the years from 1880 on.
    vat("cz.dic", "CZ25123891", "CZ7103192745", "CZ640903926",
        skipped="^CZ(?!6).{9}$|^CZ..(1[3-9]|20|3[3-9]|4.|6[3-9]|70|8[3-9]|9.).{6}$"),
    vat("de.vat", "DE136695976"),
    vat("dk.cvr", "DK13585628"),
    vat("ee.kmkr", "EE100931558"),
    vat("es.nif", "ES54362315K", "ESX2482300W", "ESA13585625", skipped="^ES[A-Z]00"),
    vat("fi.alv", "FI20774740"),
    vat("fr.tva", "FR40303265045", "FR23334175221", "FRK7399859412"),
    vat("gr.vat", "EL094259216", "GR023456780"),
    vat("hr.oib", "HR33392005961"),
    vat("hu.anum", "HU12892312"),
    vat("ie.vat", "IE6433435F", "IE6433435OA", "IE8D79739I", skipped="[A-Z][J-Z]$"),
    vat("it.iva", "IT00743110157"),
    vat("lt.pvm", "LT119511515", "LT100001919017"),
    vat("lu.tva", "LU15027442"),
    vat("lv.pvn", "LV40003521600", "LV16117519997"),
    vat("mt.vat", "MT11679112"),
    vat("nl.btw", "NL004495445B01", "NL123456789B13"),
    vat("pl.nip", "PL8567346215"),
    vat("pt.nif", "PT501964843"),
    vat("ro.cf", "RO18547290", "RO1630615123457"),
    vat("se.vat", "SE123456789701"),
    vat("si.ddv", "SI50223054"),
    vat("sk.dph", "SK2022749619"),
    vat("gb.vat", "GB980780684", "GB242338087388"),
]


def changed(chance, number, is_vat):
    """A digit or a few of the number changed, now and then a letter; not the country of a VAT number."""
    characters = list(number)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at = chance.randrange(2 if is_vat else 0, len(characters))
        if characters[at].isdigit():
            characters[at] = chance.choice("0123456789")
        elif characters[at].isalpha():
            characters[at] = chance.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return "".join(characters)


def numbers(kind_of):
    """Right and wrong numbers of a kind: EACH of both, as far as they turn up."""
    module = importlib.import_module("stdnum." + kind_of.module)
    chance = random.Random(kind_of.module)
    known = list(kind_of.seeds)
    found = {seed: True for seed in known}
    counts = collections.Counter()
    for tries in range(400 * EACH):
        if min(counts[True] * 3, counts[False]) >= EACH or (tries > 30 * EACH and counts[True] >= FEW):
            break
        number = changed(chance, chance.choice(known), kind_of.rules == "id.eu_vat")
        plain = "".join(filter(str.isalnum, number))
        is_right = module.is_valid(number)
        if number in found or counts[is_right] == EACH or is_sample(plain) or re.search(kind_of.skipped, plain):
            continue
        found[number] = is_right
        counts[is_right] += 1
        if is_right:
            known.append(number)
    return list(found.items())


def is_sample(number):
    """Those that repeat or count are refused or only counted, whatever their check digit says."""
    digits = "".join(filter(str.isdigit, number))
    steps = {(int(b) - int(a)) % 10 for a, b in zip(digits, digits[1:])}
    return steps <= {0} or steps <= {1} or steps <= {9}


def findings(texts, folder):
    """For each text the rule, tier, start and end of what was found."""
    path = folder / "texts"
    path.write_text("".join(text.encode().hex() + "\n" for text in texts))
    program = PROGRAM.parent / "bench" / "accuracy"
    lines = subprocess.run([program, ROOT / "rules", path], capture_output=True, text=True, check=True).stdout
    found = [[] for _ in texts]
    for line in lines.splitlines():
        number, _detector, tier, start, length, _state, rule = line.split(" ", 6)
        found[int(number)].append((rule, tier, int(start), int(start) + int(length)))
    return found


def disagreements(kind_of, cases, found):
    for (number, is_right), (text, matches) in zip(cases, found):
        place = (len(kind_of.word.encode()) + 1, len(text.encode()))
        tiers = {tier for rule, tier, *at in matches if rule.startswith(kind_of.rules) and tuple(at) == place}
        if bool(tiers - {"low"}) != is_right:
            yield f"{kind_of.module}: {number}: stdnum says {is_right}, found at {tiers or 'no tier'}"


def test_near_valid_numbers_are_judged_as_python_stdnum_does(tmp_path):
    cases = {kind_of: numbers(kind_of) for kind_of in KINDS}
    texts = [f"{kind_of.word} {number}" for kind_of in KINDS for number, _ in cases[kind_of]]
    found = list(zip(texts, findings(texts, tmp_path)))
    wrong, at = [], 0
    for kind_of in KINDS:
        few = [is_right for _, is_right in cases[kind_of]]
        assert few.count(True) >= FEW and few.count(False) >= EACH // 2, kind_of.module
        wrong += disagreements(kind_of, cases[kind_of], found[at:at + len(few)])
        at += len(few)
    assert not wrong, "\n".join(wrong)
