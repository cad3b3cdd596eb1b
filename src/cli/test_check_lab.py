#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay check` against a small Internet of its own: real zones, policy hosts and mail servers in a network namespace.

The good domain scores 100. Every other domain is the good one with one defect, and each defect changes exactly its own
findings. Prints TAP, then `N passed, N failed`; skipped (77) where no network namespace or no server can be had.
"""
import copy
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools/lab"))
import lab  # noqa: E402

ASSAY = Path(os.environ.get("ASSAY_BUILD", TOP / "build")).resolve() / "assay"
GOOD = {"BIMI-MISSING"}  # a notice; a mark certificate is more than a test of transport needs
NEXT_KEY = "ab" * 32


def skip(why):
    """Say why there is nothing to run on."""
    print(f"skipped: {why}")
    sys.exit(77)


def enter_namespace():
    """Run this program again in a network of its own, whose loopback has documentation addresses."""
    if os.environ.get("ASSAY_LAB_INSIDE"):
        return
    if not shutil.which("ip"):
        skip("ip is missing")
    flags = ["-n"] if os.geteuid() == 0 else ["-rn"]
    probe = subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False)
    if probe.returncode:
        skip("no network namespace: " + probe.stderr.decode().strip())
    env = {**os.environ, "ASSAY_LAB_INSIDE": "1"}
    os.execvpe("unshare", ["unshare", *flags, sys.executable, *sys.argv], env)


def set_up_loopback():
    """Addresses that look like the Internet's."""
    for words in (["link", "set", "lo", "up"], ["addr", "add", "198.51.100.1/24", "dev", "lo"],
                  ["addr", "add", "203.0.113.1/24", "dev", "lo"], ["-6", "addr", "add", "2001:db8::1/64", "dev", "lo"],
                  ["route", "add", "local", "198.51.100.0/24", "dev", "lo"],
                  ["route", "add", "local", "203.0.113.0/24", "dev", "lo"],
                  ["-6", "route", "add", "local", "2001:db8::/64", "dev", "lo"]):
        subprocess.run(["ip", *words], capture_output=True, check=False)


# -- domains ------------------------------------------------------------------------------------------------------

def key_record(bits, folder):
    """A DKIM key record."""
    path = Path(folder) / f"key{bits}.pem"
    if not path.exists():
        subprocess.run(["openssl", "genrsa", "-out", path, str(bits)], check=True, capture_output=True)
    der = subprocess.run(["openssl", "rsa", "-in", path, "-pubout", "-outform", "PEM"], check=True, capture_output=True)
    text = "v=DKIM1; k=rsa; p=" + "".join(der.stdout.decode().splitlines()[1:-1])
    return " ".join(f'"{text[i:i + 250]}"' for i in range(0, len(text), 250))


class Domain:
    """The good domain, to be spoiled: records by a name, an HTTPS server, an SMTP server."""

    def __init__(self, number, name, key):
        self.name, self.number = name, number
        self.signed = True
        self.words = []  # options of assay check
        self.mx_address, self.web_address = f"198.51.100.{number}", f"203.0.113.{number}"
        self.records = {
            "a": "@ A " + self.web_address, "mx": "@ MX 10 mx", "mx6": f"mx AAAA 2001:db8::{number:x}",
            "spf": '@ TXT "v=spf1 mx -all"', "dkim": "s1._domainkey TXT " + key,
            "dmarc": f'_dmarc TXT "v=DMARC1; p=reject; rua=mailto:reports@{name}"',
            "sts": '_mta-sts TXT "v=STSv1; id=20261129"',
            "tlsrpt": f'_smtp._tls TXT "v=TLSRPTv1; rua=mailto:reports@{name}"',
            "tlsa": f"_25._tcp.mx TLSA 3 1 1 {{spki256:mx.{name}}}", "tlsa2": f"_25._tcp.mx TLSA 3 1 1 {NEXT_KEY}"}
        self.policy = ["version: STSv1", "mode: enforce", f"mx: mx.{name}", "max_age: 604800"]
        self.https = {"host": f"mta-sts.{name}", "address": self.web_address, "certificate": "good"}
        self.answer = {}
        self.smtp = {"host": f"mx.{name}", "address": self.mx_address, "certificate": "good"}
        self.ptr = [(self.mx_address, f"mx.{name}"), (f"2001:db8::{number:x}", f"mx.{name}")]

    def dmarc(self, tags):
        """Another DMARC record."""
        self.records["dmarc"] = f'_dmarc TXT "v=DMARC1; {tags}; rua=mailto:reports@{self.name}"'


# Each: what is done to the good domain, and the findings that come; those that go stand behind a minus.
DEFECTS = {}


def defect(*findings):
    """Register a spoiler; its name is that of the domain."""
    def note(function):
        DEFECTS[function.__name__.replace("_", "-")] = (function, findings)
        return function
    return note


@defect("SPF-MISSING")
def no_spf(d):
    del d.records["spf"]


@defect("SPF-MULTIPLE")
def two_spf(d):
    d.records["spf2"] = '@ TXT "v=spf1 -all"'


@defect("SPF-SYNTAX")
def bad_spf(d):
    d.records["spf"] = '@ TXT "v=spf1 ipv4:192.0.2.1 mx -all"'


@defect("SPF-PASS-ALL")
def open_spf(d):
    d.records["spf"] = '@ TXT "v=spf1 mx +all"'


@defect("SPF-NEUTRAL")
def vague_spf(d):
    d.records["spf"] = '@ TXT "v=spf1 mx ?all"'


@defect("SPF-LOOKUPS")
def many_lookups(d):
    text = "v=spf1 mx " + " ".join(f"a:h{i}.{d.name}" for i in range(10)) + " -all"
    d.records["spf"] = f'@ TXT "{text[:200]}" "{text[200:]}"'
    for i in range(10):
        d.records[f"h{i}"] = f"h{i} A 203.0.113.{200 + i}"
        d.records[f"h6{i}"] = f"h{i} AAAA 2001:db8::f{i}"


@defect("SPF-REACH")
def wide_spf(d):
    d.records["spf"] = '@ TXT "v=spf1 mx ip4:20.0.0.0/14 -all"'


@defect("DMARC-MISSING")
def no_dmarc(d):
    del d.records["dmarc"]


@defect("DMARC-P-NONE", "DMARC-NP-WEAK")
def watching(d):
    d.dmarc("p=none")


@defect("DMARC-SP-WEAK", "DMARC-NP-WEAK")
def open_below(d):
    d.dmarc("p=reject; sp=none")


@defect("DMARC-PCT")
def some(d):
    d.dmarc("p=reject; pct=50")


@defect("DMARC-NO-RUA")
def no_rua(d):
    d.records["dmarc"] = '_dmarc TXT "v=DMARC1; p=reject"'


@defect("DMARC-RUA-EXTERNAL")
def foreign_rua(d):
    d.records["dmarc"] = '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:r@good.example"'


@defect("DKIM-KEY-MISSING")
def no_key(d):
    del d.records["dkim"]


@defect("DKIM-KEY-SHORT")
def short_key(d):
    d.records["dkim"] = "s1._domainkey TXT " + d.short_key


@defect("DKIM-TESTING")
def testing_key(d):
    d.records["dkim"] = d.records["dkim"].replace("k=rsa;", "k=rsa; t=y;")


@defect("MTASTS-MISSING")
def no_sts(d):
    del d.records["sts"]
    d.answer = {"status": 404}


@defect("MTASTS-NO-TXT")
def no_sts_record(d):
    del d.records["sts"]


@defect("MTASTS-FETCH")
def no_policy(d):
    d.answer = {"status": 404}


@defect("MTASTS-REDIRECT")
def moved_policy(d):
    d.answer = {"status": 301, "headers": {"Location": "https://elsewhere.example/"}}


@defect("MTASTS-CERT")
def expired_policy_host(d):
    d.https["certificate"] = "expired"


@defect("MTASTS-CERT")
def other_policy_host(d):
    d.https["certificate"] = "wrong-name"


@defect("MTASTS-CERT")
def unknown_policy_host(d):
    d.https["certificate"] = "other-ca"


@defect("MTASTS-CONTENT-TYPE")
def html_policy(d):
    d.answer = {"type": "text/html"}


@defect("MTASTS-POLICY-SYNTAX")
def broken_policy(d):
    d.policy[1] = "mode: maybe"


@defect("MTASTS-MODE")
def testing_policy(d):
    d.policy[1] = "mode: testing"


@defect("MTASTS-MX-UNLISTED", "MTASTS-MX-STALE")
def unlisted_host(d):
    d.policy[2] = f"mx: mx2.{d.name}"


@defect("MTASTS-MAX-AGE-SHORT")
def short_policy(d):
    d.policy[3] = "max_age: 86400"


@defect("MTASTS-FETCH")
def endless_policy(d):
    d.answer = {"behaviour": "endless"}


@defect("TLSRPT-MISSING")
def no_tlsrpt(d):
    del d.records["tlsrpt"]


@defect("DANE-MISSING")
def no_tlsa(d):
    del d.records["tlsa"], d.records["tlsa2"]


@defect("DANE-ROLLOVER")
def one_key(d):
    del d.records["tlsa2"]


@defect("DANE-MISMATCH")
def other_key(d):
    d.records["tlsa"] = "_25._tcp.mx TLSA 3 1 1 " + "cd" * 32


@defect("DANE-UNUSABLE")
def pkix_usage(d):
    d.records["tlsa"] = d.records["tlsa"].replace("3 1 1", "1 1 1")
    del d.records["tlsa2"]


@defect("DNS-UNSIGNED", "DANE-UNSIGNED")
def unsigned(d):
    d.signed = False


@defect("DANE-NO-STARTTLS", "MTASTS-MX-FAILS")
def clear(d):
    d.smtp["behaviour"] = "no-starttls"


@defect("MTASTS-MX-FAILS")
def expired_mx(d):
    d.smtp["certificate"] = "expired"


@defect("MTASTS-MX-FAILS")
def private_mx(d):
    d.smtp["certificate"] = "self-signed"


@defect("MX-PTR")
def no_ptr(d):
    d.ptr = []


@defect("MX-IPV6")
def no_ipv6(d):
    del d.records["mx6"]
    d.ptr = d.ptr[:1]


@defect("MX-UNREACHABLE")
def refused(d):
    d.smtp["behaviour"] = "refused"


@defect("MX-CNAME")
def alias(d):
    d.records["mx"] = "@ MX 10 alias"
    d.records["alias"] = "alias CNAME mx"
    d.records["tlsa"] = d.records["tlsa"].replace("_25._tcp.mx", "_25._tcp.mx")
    d.policy[2] = f"mx: alias.{d.name}"
    d.smtp["certificate"] = {"names": [f"mx.{d.name}", f"alias.{d.name}"]}


@defect("DNS-STRAY-TXT")
def stray(d):
    d.records["stray"] = '_dmarc TXT "hello"'


# -- the lab ------------------------------------------------------------------------------------------------------

def reverse(address):
    """The zone and the owner of a PTR record."""
    import ipaddress
    name = ipaddress.ip_address(address).reverse_pointer
    cut = 1 if "." in address else 24
    labels = name.split(".")
    return ".".join(labels[cut:]), ".".join(labels[:cut])


def describe(domains):
    """The description of all domains for the lab."""
    zones, https, smtp = {}, [], []
    for d in domains:
        zones[d.name] = {"signed": d.signed, "records": list(d.records.values())}
        path = {"body": "\r\n".join(d.policy) + "\r\n", **d.answer}
        https.append({**d.https, "paths": {"/.well-known/mta-sts.txt": path}})
        smtp.append(d.smtp)
        for address, name in d.ptr:
            zone, owner = reverse(address)
            zones.setdefault(zone, {"records": []})["records"].append(f"{owner} PTR {name}.")
    return {"zones": zones, "https": https, "smtp": smtp}


def make_domains(folder):
    """The good domain and all others."""
    key, short = key_record(2048, folder), key_record(1024, folder)
    domains = [Domain(10, "good.example", key)]
    for number, (name, (spoil, _)) in enumerate(DEFECTS.items(), 11):
        d = Domain(number, f"{name}.example", key)
        d.short_key = short
        spoil(d)
        domains.append(d)
    return domains


def check(where, names):
    """What assay check says of the domains, by name."""
    done = subprocess.run([ASSAY, "check", "--jsonl", "--resolver", where["resolver"], "--selector", "s1",
                           "--trust-anchor", where["trust_anchor"], "--ca-file", where["ca_file"], "--allow-private",
                           "--smtp-port", str(where["smtp_port"]), "--https-port", str(where["https_port"]), *names],
                          capture_output=True, timeout=300, check=False)
    if done.returncode not in (0, 1, 75):
        print(done.stderr.decode(), file=sys.stderr)
    return {json.loads(line)["domain"]: json.loads(line) for line in done.stdout.decode().splitlines()}


def hits(page):
    """Ids of what hit."""
    return {f["id"] for f in page["findings"] if f["outcome"] in ("error", "warning", "notice")}


class Tap:
    """Tests as they are told."""

    def __init__(self):
        self.passed = self.failed = 0

    def tell(self, ok, name, why=""):
        self.passed += bool(ok)
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.passed + self.failed} - {name}")
        if not ok:
            print("# " + why.replace("\n", "\n# "))


def main():
    enter_namespace()
    set_up_loopback()
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="assay-lab.") as folder:
        domains = make_domains(folder)
        try:
            with lab.Lab(describe(copy.deepcopy(domains))) as world:
                pages = check(world.where, [d.name for d in domains])
        except lab.Missing as why:
            skip(str(why))
    good = pages.get("good.example", {"findings": [], "score": {}})
    whole = {"score": 100, "low": 100, "high": 100, "confidence": 100, "grade": "A"}
    tap.tell(whole.items() <= good["score"].items(), "the good domain scores 100, and nothing is unknown", json.dumps(good["score"]))
    tap.tell(hits(good) == GOOD, "the good domain has nothing to mend",
             "\n".join(f'{f["id"]} {f["outcome"]} {f["subject"]}: {f["text"]}' for f in good["findings"]
                       if f["outcome"] not in ("pass",) and f["id"] not in GOOD))
    for name, (_, findings) in DEFECTS.items():
        page = pages.get(f"{name}.example", {"findings": []})
        come, wanted = hits(page) - GOOD, set(findings)
        detail = "\n".join(f'{f["id"]} {f["outcome"]} {f["subject"]}: {f["text"]}' for f in page["findings"]
                           if f["outcome"] != "pass" and f["id"] in come ^ wanted)
        tap.tell(come == wanted, f"{name} changes exactly {', '.join(findings)}",
                 f"wanted: {sorted(wanted)}\ngot:    {sorted(come)}\n{detail}")
    print(f"{tap.passed} passed, {tap.failed} failed")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
