#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run public test suites: tools/conformance.py SUITES ASSAY WORK

Each test becomes a case (assay-case(5)) below WORK, and ASSAY judges it:

    spf/rfc7208-tests.yml                    the SPF suite: RFC 7208
    arc/arc-draft-validation-tests.yml       the ARC suite, validation: RFC 8617
    arc/arc-draft-sign-tests.yml             the ARC suite, sealing: RFC 8617 5.1
    rfc-examples/dmarc-treewalk.json         examples of the tree walk: RFC 9989 4.10
    rfc-examples/*.eml, dns.json             signed messages of RFC 6376 A.2 and RFC 8463 A.3
    (none)                                   records and addresses of RFC 7208 A

Nothing of the suites is kept but in WORK.
"""
import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

NOW = "2018-06-11T12:00:00Z"
HOSTNAME = "mx.receiver.example"
TYPES = ("A", "AAAA", "MX", "TXT", "SPF", "PTR")
TOTALS = re.compile(r"^(\d+) passed, (\d+) failed", re.M)


# -- writing cases -------------------------------------------------------------------------------------------

def owner(name):
    """A domain name as [dns] takes it: octets that mean something else there are escaped."""
    text = "".join(c if re.match(r"[A-Za-z0-9_.*-]", c) else f"\\{ord(c):03}" for c in str(name).rstrip("."))
    return (text or "") + "."


def strings(value):
    """TXT data: quoted character-strings of at most 255 octets. A character stands for an octet."""
    parts = [str(part) for part in (value if isinstance(value, list) else [value])]
    pieces = [part[i:i + 255] for part in parts for i in range(0, max(len(part), 1), 255)] or [""]
    return " ".join('"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\{ord(c):03}" for c in piece) + '"'
                    for piece in pieces)


def record(name, rrtype, value):
    """One line of [dns]."""
    if rrtype == "MX":
        data = f"{value[0]} {owner(value[1])}"
    elif rrtype in ("TXT", "SPF"):
        data = strings(value)
    elif rrtype in ("PTR", "CNAME"):
        data = owner(value)
    else:
        data = str(value)
    return f"{owner(name)} 300 IN {rrtype} {data}"


def envelope(**fields):
    """[envelope]; `from` is a word of Python, so it is from_."""
    known = {"now": NOW, "hostname": HOSTNAME, **fields}
    return ["[envelope]"] + [f"{key.rstrip('_')} = {value}" for key, value in known.items() if value is not None]


def write_case(path, world, cases):
    """A file: the world, then cases as (name, ref, lines behind [case])."""
    lines = ["[dns]", *world, ""]
    for name, ref, rest in cases:
        lines += ["[case]", f"name = {name}", *([f"ref = {ref}"] if ref else []), "", *rest, ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="latin-1")
    return path


# -- SPF -----------------------------------------------------------------------------------------------------

def spf_world(zonedata):
    """[dns] of a scenario. A record of type SPF answers TXT too, unless the name has TXT (TXT: NONE is none)."""
    lines = []
    for name, entries in zonedata.items():
        given = [(rrtype, value) for entry in entries if isinstance(entry, dict) for rrtype, value in entry.items()]
        if "TXT" not in [rrtype for rrtype, _ in given]:
            given += [("TXT", value) for rrtype, value in given if rrtype == "SPF"]
        given = [(rrtype, value) for rrtype, value in given if value != "NONE"]
        lines += [record(name, rrtype, value) for rrtype, value in given]
        if "TIMEOUT" in entries: # what the name does not answer, it does not answer in time
            has = {rrtype for rrtype, _ in given}
            lines += [f"{owner(name)} IN {rrtype} TIMEOUT" for rrtype in TYPES if rrtype not in has]
        elif not given:
            lines.append(f"{owner(name)} IN ANY NODATA")
    return lines


def spf_expect(test):
    """[expect] of an SPF test."""
    result = test["result"]
    lines = ["[expect]", "spf = " + " | ".join(result if isinstance(result, list) else [result])]
    if "explanation" in test:
        lines.append("spf.exp = " + ("" if test["explanation"] == "DEFAULT" else test["explanation"]))
    return lines


def spf_ref(spec):
    """The section a test names: 4.6.4/1 is a paragraph of 4.6.4."""
    first = spec[0] if isinstance(spec, list) else spec
    return f"RFC 7208 {str(first).split('/')[0]}"


def convert_spf(suites, work):
    """One file a scenario. Returns (files, tests)."""
    path = suites / "spf/rfc7208-tests.yml"
    files, count = [], 0
    for number, scenario in enumerate(yaml.safe_load_all(path.read_text(encoding="utf-8")), 1):
        cases = []
        for name, test in scenario["tests"].items():
            lines = envelope(ip=test["host"], helo=test["helo"], from_=test["mailfrom"] or "<>")
            cases.append((f"rfc7208/{name}", spf_ref(test["spec"]), lines + spf_expect(test)))
        files.append(write_case(work / f"spf/{number:02}.case", spf_world(scenario["zonedata"]), cases))
        count += len(cases)
    return files, count


# -- ARC -----------------------------------------------------------------------------------------------------

class Pairs(list):
    """A YAML mapping with all its keys, those given twice too."""


class PairLoader(yaml.SafeLoader):
    """Reads mappings as Pairs."""


PairLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG,
                           lambda loader, node: Pairs(loader.construct_pairs(node, deep=True)))


def arc_case(name, test, work):
    """One ARC test. No expected state means that the last seal says cv=fail: so does the chain (RFC 8617 5.2)."""
    message = work / f"arc/{name}.eml"
    message.parent.mkdir(parents=True, exist_ok=True)
    message.write_bytes(test["message"].encode("utf-8").replace(b"\n", b"\r\n"))
    state = str(test["cv"] or "Fail").lower()
    lines = envelope() + ["[message]", f"file = {message.name}", "[expect]", f"arc = {state}"]
    return f"arc/{name}", "RFC 8617 5.2", lines


def convert_arc(suites, work):
    """One file a scenario. Returns (files, tests)."""
    path = suites / "arc/arc-draft-validation-tests.yml"
    files, names = [], []
    for number, pairs in enumerate(yaml.load_all(path.read_text(encoding="utf-8"), Loader=PairLoader), 1):
        scenario, cases = dict(pairs), []
        for name, test in scenario["tests"]:
            names.append(name)
            unique = name if names.count(name) == 1 else f"{name}-{names.count(name)}"
            cases.append(arc_case(unique, dict(test), work))
        world = [record(name, "TXT", value) for name, value in scenario["txt-records"]]
        files.append(write_case(work / f"arc/{number:02}.case", world, cases))
    return files, len(names)


def unfolded(value):
    """A field of the suite with b= in one piece: so it was when the suite sealed it."""
    tags = " ".join(value.split()).split("; ")
    return "; ".join(tag.replace(" ", "") if tag.startswith("b=") else tag for tag in tags)


def seal_case(name, test, scenario, work):
    """One sealing test: the three fields, octet for octet but for folding; without them, no seal."""
    file = work / f"seal/{name}.eml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(test["message"].encode("utf-8").replace(b"\n", b"\r\n"))
    key = f"{scenario['sel']}:{scenario['domain']}"
    lines = envelope(now=test["t"], hostname=test["srv-id"])
    lines += ["[policy]", f"seal.key = {key}", f"seal.fields = {test['sig-headers']}", "seal.results = found",
              "seal.tags = sorted"]
    lines += ["[sign]", f"{scenario['sel']}._domainkey.{scenario['domain']} rsa"]
    lines += [f"| {line}" for line in scenario["privatekey"].strip().split("\n")]
    lines += ["[message]", f"file = {file.name}", "[expect]"]
    fields = [(field, test[tag]) for field, tag in (("ARC-Authentication-Results", "AAR"), ("ARC-Message-Signature", "AMS"),
                                                    ("ARC-Seal", "AS"))]
    if not any(value.strip() for _, value in fields):
        return f"seal/{name}", "RFC 8617 5.1", lines + ["seal = skipped"]
    lines += ["seal = sealed"] + [f"edit = insert {field}: {unfolded(value)}" for field, value in fields]
    return f"seal/{name}", "RFC 8617 5.1", lines


def convert_seal(suites, work):
    """One file a scenario. Returns (files, tests)."""
    path = suites / "arc/arc-draft-sign-tests.yml"
    files, count = [], 0
    for number, scenario in enumerate(yaml.safe_load_all(path.read_text(encoding="utf-8")), 1):
        cases = [seal_case(name, test, scenario, work) for name, test in scenario["tests"].items()]
        world = [record(name, "TXT", value) for name, value in scenario["txt-records"].items()]
        files.append(write_case(work / f"seal/{number:02}.case", world, cases))
        count += len(cases)
    return files, count


# -- DMARC tree walk -----------------------------------------------------------------------------------------

def message(author):
    """A message by someone at a domain."""
    return ["[message]", f"| From: Someone <someone@{author}>", "| Subject: a walk", "| Date: Mon, 11 Jun 2018 12:00:00 +0000",
            "|", "| text"]


def ancestors(name):
    """_dmarc of a name and of all above it."""
    labels = name.split(".")
    return ["_dmarc." + ".".join(labels[i:]) for i in range(len(labels))]


def walk_case(vector):
    """The questions of one tree walk, and no other."""
    lines = envelope() + message(vector["start"]) + ["[expect]"]
    lines += [f"asked = TXT {name}" for name in vector["queries"]]
    lines += [f"not_asked = TXT {name}" for name in ancestors(vector["start"]) if name not in vector["queries"]]
    if "org" in vector:
        lines.append(f"dmarc.org = {vector['org']}")
    return [(vector["id"], "RFC 9989 4.10", lines)]


def org_case(vector):
    """The organizational domain of a name."""
    lines = envelope() + message(vector["start"]) + ["[expect]", f"dmarc.org = {vector['org']}"]
    return [(vector["id"], "RFC 9989 4.10.2", lines)]


def alignment_cases(vector):
    """Whether a domain that SPF passes is aligned; that of the signature is tried in the place of SPF's."""
    cases = []
    for method in ("spf", "dkim"):
        lines = envelope(ip="192.0.2.1", helo="mail.relay.example", from_=f"bounce@{vector[method]}")
        lines += message(vector["author"]) + ["[expect]", "spf = pass",
                                              f"dmarc = {'pass' if vector[f'{method}_aligned'] else 'fail'}"]
        cases.append((f"{vector['id']}-{method}", "RFC 9989 4.4", lines))
    return cases


def convert_walk(suites, work):
    """One file a vector. Returns (files, vectors)."""
    path = suites / "rfc-examples/dmarc-treewalk.json"
    groups, files = json.loads(path.read_text()), []
    for group, convert in (("query_sequences", walk_case), ("org_domain", org_case), ("alignment", alignment_cases)):
        for vector in groups[group]:
            world = [record(name, "TXT", value) for name, value in vector["zone"].items()]
            world += [record(vector[m], "TXT", "v=spf1 ip4:192.0.2.1 -all") for m in ("spf", "dkim") if m in vector]
            files.append(write_case(work / f"walk/{group}-{vector['id']}.case", world, convert(vector)))
    return files, len(files)


# -- examples of the RFCs ------------------------------------------------------------------------------------

APPENDIX_A = """
example.com. MX 10 mail-a.example.com.
example.com. MX 20 mail-b.example.com.
example.com. A 192.0.2.10
example.com. A 192.0.2.11
amy.example.com. A 192.0.2.65
bob.example.com. A 192.0.2.66
mail-a.example.com. A 192.0.2.129
mail-b.example.com. A 192.0.2.130
www.example.com. CNAME example.com.
example.org. MX 10 mail-c.example.org.
mail-c.example.org. A 192.0.2.140
10.2.0.192.in-addr.arpa. PTR example.com.
11.2.0.192.in-addr.arpa. PTR example.com.
65.2.0.192.in-addr.arpa. PTR amy.example.com.
66.2.0.192.in-addr.arpa. PTR bob.example.com.
129.2.0.192.in-addr.arpa. PTR mail-a.example.com.
130.2.0.192.in-addr.arpa. PTR mail-b.example.com.
140.2.0.192.in-addr.arpa. PTR mail-c.example.org.
4.0.0.10.in-addr.arpa. PTR bob.example.com.
""".split("\n")[1:-1]

HOSTS = "192.0.2.10 192.0.2.11 192.0.2.65 192.0.2.66 192.0.2.129 192.0.2.130 192.0.2.140 10.0.0.4".split()

# The record of example.com, and which of HOSTS pass (RFC 7208 A.1).
SIMPLE = [
    ("v=spf1 +all", HOSTS),
    ("v=spf1 a -all", ["192.0.2.10", "192.0.2.11"]),
    ("v=spf1 a:example.org -all", []),
    ("v=spf1 mx -all", ["192.0.2.129", "192.0.2.130"]),
    ("v=spf1 mx:example.org -all", ["192.0.2.140"]),
    ("v=spf1 mx mx:example.org -all", ["192.0.2.129", "192.0.2.130", "192.0.2.140"]),
    ("v=spf1 mx/30 mx:example.org/30 -all", ["192.0.2.129", "192.0.2.130", "192.0.2.140"]),
    ("v=spf1 ptr -all", ["192.0.2.10", "192.0.2.11", "192.0.2.65", "192.0.2.66", "192.0.2.129", "192.0.2.130"]),
    ("v=spf1 ip4:192.0.2.128/28 -all", ["192.0.2.129", "192.0.2.130", "192.0.2.140"]),
]

# Further records, then (sender, client, result) (RFC 7208 A.2, A.3, A.4).
RELATED = [
    ("A.2", {"example.com": "v=spf1 mx -all", "example.net": "v=spf1 ip4:198.51.100.7 -all",
             "example.org": "v=spf1 include:example.com include:example.net -all",
             "la.example.org": "v=spf1 redirect=example.org", "sf.example.org": "v=spf1 redirect=example.org"},
     [("a@example.org", "192.0.2.129", "pass"), ("a@example.org", "198.51.100.7", "pass"),
      ("a@example.org", "192.0.2.140", "fail"), ("a@la.example.org", "192.0.2.130", "pass"),
      ("a@sf.example.org", "192.0.2.65", "fail")]),
    ("A.3", {"example.com": "v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all",
             "mobile-users._spf.example.com": "v=spf1 exists:%{l1r+}.%{d}",
             "remote-users._spf.example.com": "v=spf1 exists:%{ir}.%{l1r+}.%{d}"},
     [("mary@example.com", "203.0.113.9", "pass"), ("fred@example.com", "203.0.113.9", "pass"),
      ("fred-list@example.com", "203.0.113.9", "fail"), ("joel@example.com", "192.168.15.15", "pass"),
      ("joel@example.com", "192.168.15.16", "pass"), ("joel@example.com", "192.168.15.17", "fail"),
      ("anyone@example.com", "192.0.2.129", "pass"), ("anyone@example.com", "192.168.15.15", "fail")]),
    ("A.4", {"example.com": "v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all",
             "ip4._spf.example.com": "v=spf1 -ip4:192.0.2.0/24 +all",
             "ptr._spf.example.com": "v=spf1 -ptr:example.com +all"},
     [("a@example.com", "192.0.2.65", "pass"), ("a@example.com", "192.0.2.140", "fail"),
      ("a@example.com", "10.0.0.4", "fail")]),
]

DNSBL = [f"{name}._spf.example.com. A 127.0.0.2" for name in (
    "mary.mobile-users", "fred.mobile-users", "15.15.168.192.joel.remote-users", "16.15.168.192.joel.remote-users")]


def sender_case(section, name, sender, client, result):
    """check_host with one sender and one client."""
    assert ipaddress.ip_address(client)
    lines = envelope(ip=client, helo="mail.example.com", from_=sender) + ["[expect]", f"spf = {result}"]
    return name, f"RFC 7208 {section}", lines


def convert_appendix_a(work):
    """RFC 7208 A."""
    files, count = [], 0
    for number, (text, passing) in enumerate(SIMPLE, 1):
        cases = [sender_case("A.1", f"rfc7208-A.1/{number}-{host}", "amy@example.com", host,
                             "pass" if host in passing else "fail") for host in HOSTS]
        world = APPENDIX_A + [record("example.com", "TXT", text)]
        files.append(write_case(work / f"examples/rfc7208-A.1-{number}.case", world, cases))
        count += len(cases)
    for section, records, checks in RELATED:
        cases = [sender_case(section, f"rfc7208-{section}/{number}", *check) for number, check in enumerate(checks, 1)]
        world = APPENDIX_A + DNSBL + [record(name, "TXT", text) for name, text in records.items()]
        files.append(write_case(work / f"examples/rfc7208-{section}.case", world, cases))
        count += len(cases)
    return files, count


def convert_signed(suites, work):
    """The signed messages of RFC 6376 A.2 and RFC 8463 A.3."""
    folder, files = suites / "rfc-examples", []
    keys = json.loads((folder / "dns.json").read_text())
    world = [record(name, "TXT", value) for name, value in keys.items()]
    for file, section, signatures in (
            ("rfc6376-A.2-signed.eml", "RFC 6376 A.2", ["pass d=example.com s=brisbane"]),
            ("rfc8463-A.3-signed.eml", "RFC 8463 A.3", ["pass d=football.example.com s=brisbane",
                                                        "pass d=football.example.com s=test"])):
        copy = work / "examples" / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((folder / file).read_bytes())
        lines = envelope() + ["[message]", f"file = {file}", "[expect]"] + [f"dkim = {s}" for s in signatures]
        files.append(write_case(copy.with_suffix(".case"), world, [(copy.stem, section, lines)]))
    return files, len(files)


def convert_examples(suites, work):
    """All examples. Returns (files, examples)."""
    (signed, n), (related, m) = convert_signed(suites, work), convert_appendix_a(work)
    return signed + related, n + m


# -- judging -------------------------------------------------------------------------------------------------

def passed_in(assay, files):
    """(cases that passed, output) of the command over files."""
    done = subprocess.run([assay, "case", *files], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)
    totals = TOTALS.findall(done.stdout)
    return (int(totals[-1][0]) if totals else 0), done.stdout


def judge(assay, files, by_file):
    """How many passed, and what is to be said of the others. By file: a file passes when all its cases do."""
    if not by_file:
        return passed_in(assay, files)
    passed, said = 0, []
    for file in files:
        _, output = passed_in(assay, [file])
        totals = TOTALS.findall(output)
        good = bool(totals) and totals[-1][1] == "0" and totals[-1][0] != "0"
        passed += good
        said += [] if good else [output]
    return passed, "".join(said)


SUITES = [("SPF", "spf/rfc7208-tests.yml", convert_spf, False),
          ("ARC validation", "arc/arc-draft-validation-tests.yml", convert_arc, False),
          ("ARC sealing", "arc/arc-draft-sign-tests.yml", convert_seal, False),
          ("tree walk", "rfc-examples/dmarc-treewalk.json", convert_walk, True),
          ("RFC examples", "rfc-examples/dns.json", convert_examples, False)]


def main(args):
    if len(args) != 3:
        sys.exit(__doc__)
    suites, assay, work = Path(args[0]), Path(args[1]).resolve(), Path(args[2])
    failed = 0
    for name, file, convert, by_file in SUITES:
        if not (suites / file).exists():
            print(f"{name} skipped: there is no {suites / file}")
            continue
        files, count = convert(suites, work)
        passed, output = judge(assay, files, by_file)
        if passed != count:
            failed += 1
            print(output, end="" if output.endswith("\n") else "\n")
        print(f"{name} {passed}/{count}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
