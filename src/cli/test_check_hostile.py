#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay check` of domains whose servers are hostile: each check ends in time, memory stays flat, nothing private is reached,
and what could not be told is unknown with its cause, never a pass.

    test_check_hostile.py [NAME...]     only domains whose name contains one of these; --show prints what was found

A network of its own with public addresses and the usual ports; at private addresses of it stand listeners that count who
comes. Prints TAP, then `N passed, N failed`; skipped (77) where no network namespace or no server can be had.
"""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import test_check_lab as owner  # noqa: E402

lab, ASSAY = owner.lab, owner.ASSAY
SANITIZED = "__asan" in subprocess.run(["nm", "-D", ASSAY], capture_output=True, text=True, check=False).stdout
DOMAIN_SECONDS = 62  # --deadline of a domain, and a little
RSS_MORE_KB = 24 << 10  # over the check of the plain domain
SHOWN_MAX = 400 << 10  # octets of a report for people
HIT = ("error", "warning", "notice")
PRIVATE = {"127.0.0.1": socket.AF_INET, "10.0.0.1": socket.AF_INET, "169.254.169.254": socket.AF_INET, "fd00::1": socket.AF_INET6}


class Domain:
    """A sound domain, to be spoiled."""

    def __init__(self, name, key):
        self.name = name
        self.records = {
            "a": "@ A 193.0.2.250", "mx": "@ MX 10 mx", "spf": '@ TXT "v=spf1 mx -all"', "dkim": "s1._domainkey TXT " + key,
            "dmarc": f'_dmarc TXT "v=DMARC1; p=reject; rua=mailto:reports@{name}"', "sts": '_mta-sts TXT "v=STSv1; id=1"',
            "tlsrpt": f'_smtp._tls TXT "v=TLSRPTv1; rua=mailto:reports@{name}"'}
        self.policy = f"version: STSv1\r\nmode: enforce\r\nmx: mx.{name}\r\nmax_age: 604800\r\n"
        self.https, self.smtp, self.answer, self.paths = {}, {}, {}, {}

    def bimi(self, logo, more=""):
        """A BIMI record."""
        self.records["bimi"] = f'default._bimi TXT "v=BIMI1; l={logo};{more}"'


DOMAINS = {}  # name: (what is done to the sound domain, what has to be found, seconds at most)


def hostile(seconds=DOMAIN_SECONDS, **findings):
    """Register one. Findings: ID=outcome or (outcome, words that the text has), _ for -; outcome "hit" is any severity."""
    def note(function):
        expected = {k.replace("_", "-"): v if isinstance(v, tuple) else (v, "") for k, v in findings.items()}
        DOMAINS[function.__name__.replace("_", "-")] = (function, expected, seconds)
        return function
    return note


# -- the web ------------------------------------------------------------------------------------------------------

@hostile(5, MTASTS_FETCH="pass", MTASTS_MX_FAILS="pass", TLS_OLD="pass")
def sound(d):
    pass


def web(name, seconds, answer=None, server=None, **findings):
    """A policy host that does this."""
    def spoil(d):
        d.answer = answer or {}
        d.https = server or {}
    spoil.__name__ = name
    hostile(seconds, **findings)(spoil)


web("endless_body", 10, {"behaviour": "endless"}, MTASTS_FETCH=("hit", "65536"), MTASTS_MODE="none")
web("slow_body", 25, {"behaviour": "slow"}, MTASTS_FETCH="unknown")
web("early_close", 10, {"behaviour": "early-close"}, MTASTS_FETCH="unknown")
web("gzip_bomb", 10, {"behaviour": "gzip-bomb"}, MTASTS_POLICY_SYNTAX="hit", MTASTS_MODE="none")  # nobody asked for gzip
web("huge_headers", 10, {"behaviour": "huge-headers"}, MTASTS_FETCH=("unknown", "header of the answer"))
web("endless_headers", 10, {"behaviour": "endless-headers"}, MTASTS_FETCH=("unknown", "header of the answer"))
web("silent_answer", 25, {"behaviour": "silent"}, MTASTS_FETCH="unknown")
web("no_http", 10, {"behaviour": "garbage"}, MTASTS_FETCH="unknown")
web("silent_host", 25, None, {"behaviour": "silent"}, MTASTS_FETCH="unknown")
web("closing_host", 10, None, {"behaviour": "close"}, MTASTS_FETCH=("hit", "the server ended the connection"))
web("no_tls_host", 10, None, {"behaviour": "garbage"}, MTASTS_FETCH=("hit", "handshake failed: wrong version number"))
web("thousand_certificates_host", 10, None, {"certificate": {"copies": 1000}}, MTASTS_FETCH=("hit", "excessive message size"))
web("redirect_inside", 10, {"status": 301, "headers": {"Location": "http://169.254.169.254/latest/meta-data/"}}, MTASTS_REDIRECT="hit")
web("redirect_https_inside", 10, {"status": 302, "headers": {"Location": "https://169.254.169.254/"}}, MTASTS_REDIRECT="hit")
web("bodies_of_nul", 10, {"body": "version: STSv1\0\r\nmode: enforce\x1b[2J\r\nmx: \0\r\nmax_age: 1\r\n"}, MTASTS_POLICY_SYNTAX="hit")


# -- inside -------------------------------------------------------------------------------------------------------

def inside(name, *records):
    """A policy host at an address that is nobody's business."""
    def spoil(d):
        d.https = {"dns": False}
        d.records.update({f"i{i}": r for i, r in enumerate(records)})
    spoil.__name__ = "policy_" + name
    hostile(10, MTASTS_FETCH=("unknown", "is not a public one"))(spoil)


inside("loopback", "mta-sts A 127.0.0.1")
inside("ten", "mta-sts A 10.0.0.1")
inside("metadata", "mta-sts A 169.254.169.254")
inside("unique_local", "mta-sts AAAA fd00::1")
inside("mapped", "mta-sts AAAA ::ffff:127.0.0.1")
inside("sixtofour", "mta-sts AAAA 2002:7f00:1::")
inside("nat64", "mta-sts AAAA 64:ff9b::7f00:1")
inside("alias", "mta-sts CNAME in", "in A 127.0.0.1")
inside("zero", "mta-sts A 0.0.0.0")


def mail_inside(name, *records):
    """An MX host at such an address."""
    def spoil(d):
        d.smtp = {"dns": False}
        d.records.update({f"i{i}": r for i, r in enumerate(records)})
    spoil.__name__ = "mx_" + name
    hostile(10, MX_NO_ADDRESS="hit")(spoil)


mail_inside("loopback", "mx A 127.0.0.1")
mail_inside("ten", "mx A 10.0.0.1")
mail_inside("unique_local", "mx AAAA fd00::1")
mail_inside("mapped", "mx AAAA ::ffff:127.0.0.1")


@hostile(10, MTASTS_FETCH="pass")
def reports_inside(d):
    d.records["dmarc"] = '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:r@in.%s"' % d.name
    d.records["in"], d.records["in2"] = "in MX 10 deep.in", "deep.in A 127.0.0.1"
    d.records["tlsrpt"] = '_smtp._tls TXT "v=TLSRPTv1; rua=https://127.0.0.1/report,https://169.254.169.254/"'


@hostile(10, BIMI_URI="hit", BIMI_FETCH="none")
def logo_inside(d):
    d.bimi("https://127.0.0.1/logo.svg")


@hostile(10, BIMI_FETCH=("unknown", "127.0.0.1 is not a public one"))
def logo_named_inside(d):
    d.records["in"] = "in A 127.0.0.1"
    d.bimi(f"https://in.{d.name}/logo.svg", f" a=https://in.{d.name}/mark.pem")


@hostile(10, BIMI_FETCH=("unknown", "names a port"))
def logo_port(d):
    d.bimi(f"https://mta-sts.{d.name}:22/logo.svg")


@hostile(10, BIMI_URI="hit", BIMI_FETCH="none")
def logo_password(d):
    d.bimi(f"https://user:password@mta-sts.{d.name}/logo.svg")


@hostile(10, BIMI_FETCH=("hit", "302"))
def logo_redirect(d):
    d.paths["/logo.svg"] = {"status": 302, "headers": {"Location": "http://169.254.169.254/latest"}}
    d.bimi(f"https://mta-sts.{d.name}/logo.svg")


@hostile(10, BIMI_FETCH=("hit", "more than 1048576 octets"))
def logo_bomb(d):
    d.paths["/logo.svg"] = {"behaviour": "gzip-bomb", "type": "image/svg+xml"}
    d.bimi(f"https://mta-sts.{d.name}/logo.svg")


@hostile(10, BIMI_FETCH=("unknown", "over 1048576 octets"))
def logo_endless(d):
    d.paths["/logo.svg"] = d.paths["/mark.pem"] = {"behaviour": "endless", "type": "image/svg+xml"}
    d.bimi(f"https://mta-sts.{d.name}/logo.svg", f" a=https://mta-sts.{d.name}/mark.pem")


# -- the DNS ------------------------------------------------------------------------------------------------------

def long_text(start, octets):
    """A TXT record of so many octets."""
    text = start + "x" * (octets - len(start))
    return " ".join(f'"{text[i:i + 250]}"' for i in range(0, len(text), 250))


@hostile(10, SPF_MISSING=("unknown", "TOOBIG"), DKIM_KEY_MISSING=("unknown", "TOOBIG"), DMARC_MISSING=("unknown", "TOOBIG"), MTASTS_MISSING=("unknown", "TOOBIG"),
         TLSRPT_MISSING=("unknown", "TOOBIG"), BIMI_MULTIPLE=("unknown", "TOOBIG"), DMARC_WORLDS_ORG=("unknown", "TOOBIG"))
def huge_texts(d):
    for key, name, start in (("spf", "@", "v=spf1 "), ("dmarc", "_dmarc", "v=DMARC1; p=reject; x="), ("sts", "_mta-sts", "v=STSv1; id="),
                             ("tlsrpt", "_smtp._tls", "v=TLSRPTv1; rua="), ("bimi", "default._bimi", "v=BIMI1; l="),
                             ("dkim", "s1._domainkey", "v=DKIM1; p=")):
        d.records[key] = f"{name} TXT {long_text(start, 60000)}"


@hostile(10, SPF_MISSING="pass", SPF_SIZE="hit", DKIM_KEY_MULTIPLE=("hit", "1001"), DNS_STRAY_TXT="hit")
def thousand_texts(d):
    for name in ("@", "_dmarc", "_mta-sts", "_smtp._tls", "default._bimi", "s1._domainkey"):
        d.records.update({f"{name}{i}": f'{name} TXT "number {i:04}, nothing to see"' for i in range(1000)})


@hostile(30, SPF_MX_LIMIT="hit", MTASTS_MX_UNLISTED="hit")
def many_hosts(d):
    d.records.update({f"mx{i}": f"@ MX {i} h{i}" for i in range(300)})
    d.records.update({f"h{i}": f"h{i} A 193.0.2.{1 + i % 200}" for i in range(300)})


@hostile(10, MX_BAD_NAME="hit", SPF_MISSING="pass")
def odd_names(d):
    d.records.update({"o1": "@ MX 20 a\\000b", "o2": "@ MX 30 \\027[2Jx", "o3": "@ MX 40 <script>alert\\(1\\)</script>", "o4": "@ MX 50 \\255\\200",
                      "o5": '@ MX 60 a\\"b', "o6": "@ MX 70 x\\.y", "o7": "@ MX 80 ."})


@hostile(30, SPF_LOOP="hit", SPF_LOOKUPS="none")
def nested_includes(d):
    d.records["spf"] = f'@ TXT "v=spf1 include:i0.{d.name} -all"'
    d.records.update({f"i{i}": f'i{i} TXT "v=spf1 include:i{(i + 1) % 40}.{d.name} include:i{(i * 7) % 40}.{d.name} -all"' for i in range(40)})


@hostile(30, DNS_CNAME_GONE=("hit", "leads back to itself"), DMARC_MISSING="unknown", MTASTS_MISSING="unknown",
         BIMI_MULTIPLE=("unknown", "organizational domain is not known"))
def alias_circle(d):
    for name in ("_dmarc", "_mta-sts", "_smtp._tls"):
        d.records = {k: v for k, v in d.records.items() if not v.startswith(name + " ")}
        d.records[name] = f"{name} CNAME r1"
    d.records["r1"], d.records["r2"] = "r1 CNAME r2", "r2 CNAME r1"


# -- mail ---------------------------------------------------------------------------------------------------------

def mail(name, seconds, server, **findings):
    """An MX host that does this."""
    def spoil(d):
        d.smtp = server
    spoil.__name__ = "mail_" + name
    hostile(seconds, **findings)(spoil)


UNKNOWN = {"MTASTS_MX_FAILS": "unknown", "TLS_NO_STARTTLS": "unknown"}
for what, limit in (("endless-greeting", 10), ("endless-line", 10), ("slow", 62), ("silent", 62), ("close", 10), ("ehlo-421", 10)):
    mail(what.replace("-", "_"), limit, {"behaviour": what}, **UNKNOWN)
FAILS = {"MTASTS_MX_FAILS": "hit"}
for what, limit, finds in (("starttls-garbage", 10, FAILS), ("starttls-silent", 62, UNKNOWN), ("starttls-close", 10, FAILS),
                           ("starttls-plain", 10, FAILS), ("starttls-454", 10, FAILS)):
    mail(what.replace("-", "_"), limit, {"behaviour": what}, **finds)
mail("thousand_certificates", 15, {"certificate": {"copies": 1000}}, MTASTS_MX_FAILS=("hit", "excessive message size"))
mail("sixty_certificates", 15, {"certificate": {"copies": 60}}, MTASTS_MX_FAILS="pass")
mail("control_octets", 10, {"behaviour": "greeting", "greeting": "220 \0\x1b[2J\x07 <script>alert(1)</script>"})
mail("bad_greeting", 10, {"behaviour": "greeting", "greeting": ["999 what", "x" * 3000]}, **UNKNOWN)


# -- the lab ------------------------------------------------------------------------------------------------------

class Canaries:
    """Listeners at addresses that no check may reach."""

    def __init__(self):
        self.seen = []
        self.sockets = []
        for words in (["link", "set", "lo", "up"], ["addr", "add", "10.0.0.1/32", "dev", "lo"],
                      ["addr", "add", "169.254.169.254/32", "dev", "lo"], ["-6", "addr", "add", "fd00::1/128", "dev", "lo"]):
            subprocess.run(["ip", *words], capture_output=True, check=False)
        for address, family in PRIVATE.items():
            for port in (22, 25, 80, 443):
                self.listen(address, port, family)

    def listen(self, address, port, family):
        s = socket.socket(family)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((address, port))
        s.listen(16)
        self.sockets.append(s)
        threading.Thread(target=self.watch, args=(s, address, port), daemon=True).start()

    def watch(self, s, address, port):
        while True:
            connection, _ = s.accept()
            self.seen.append(f"{address}:{port}")
            connection.close()


def describe(domains):
    """The description of all domains for the lab."""
    zones, https, smtp = {}, [], []
    for d in domains:
        zones[d.name] = {"records": list(d.records.values())}
        paths = {"/.well-known/mta-sts.txt": {"body": d.policy, **d.answer}, **d.paths}
        https.append({"host": "mta-sts." + d.name, "paths": paths, **d.https})
        smtp.append({"host": "mx." + d.name, **d.smtp})
    return {"zones": zones, "https": https, "smtp": smtp, "public": True}


class Run:
    """One domain, checked: what came, how long it took, and how much memory."""

    def __init__(self, where, name, folder):
        out = Path(folder) / (name + ".json")
        err = Path(folder) / (name + ".err")
        words = [ASSAY, "check", "--resolver", where["resolver"], "--selector", "s1", "--trust-anchor", where["trust_anchor"], "--ca-file",
                 where["ca_file"], name + ".example"]
        begun = time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            child = subprocess.Popen([*words, "--jsonl"], stdout=stdout, stderr=stderr)
            self.rss, usage = self.watch(child)
        self.seconds, self.cpu = time.monotonic() - begun, usage.ru_utime + usage.ru_stime
        self.code = os.waitstatus_to_exitcode(self.status)
        self.stderr = err.read_text(errors="replace")
        self.octets = out.read_bytes()
        try:
            self.page = json.loads(self.octets)
        except ValueError:
            self.page = {"findings": []}
        self.shown = b"" if self.seconds > 5 else subprocess.run([*words, "-v"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                                                 timeout=120, check=False).stdout

    def watch(self, child):
        """Until it ends. ru_maxrss would be this program's own, which it was forked from. \\return its most, and its times"""
        most, end = 0, time.monotonic() + 120
        while True:
            try:
                found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{child.pid}/status").read_text(encoding="ascii"))
                most = max(most, int(found[1]) if found else 0)
            except OSError:
                pass
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                child.returncode = self.status = status
                return most, usage
            if time.monotonic() > end:
                child.kill()
            time.sleep(0.005)

    def outcome(self, finding):
        """The worst outcome of a finding, and what is said."""
        of = [f for f in self.page["findings"] if f["id"] == finding]
        of.sort(key=lambda f: ("error", "warning", "notice", "unknown", "pass").index(f["outcome"]))
        return (of[0]["outcome"], json.dumps(of[0], ensure_ascii=False)) if of else ("none", "")


def show(name, run):
    """What was found, but for passes."""
    print(f"# {name}: {run.seconds:.1f} s, {run.cpu:.2f} s CPU, {run.rss} KB, status {run.code}, {len(run.octets)} and {len(run.shown)} octets")
    for f in run.page["findings"]:
        if f["outcome"] != "pass":
            print(f"#    {f['id']} {f['outcome']} {f['subject']}: {f.get('reason')} {str(f.get('text'))[:230]} {str(f.get('cause', ''))[:150]}")


def problems(name, run, plain):
    """What is wrong with the answer about one domain."""
    _, expected, seconds = DOMAINS[name]
    found = []
    if run.code not in (0, 1, 75) or not run.page["findings"] or "Sanitizer" in run.stderr or "runtime error" in run.stderr:
        found.append(f"status {run.code}: {run.stderr[-2000:]}")
    if run.seconds > seconds * (2 if SANITIZED else 1):
        found.append(f"it took {run.seconds:.1f} s, not {seconds}")
    if not SANITIZED and run.rss > plain.rss + RSS_MORE_KB:
        found.append(f"it took {run.rss} KB, the sound domain {plain.rss} KB")
    if re.search(rb"[\0-\x09\x0b-\x1f\x7f]", run.octets + run.shown):
        found.append("control octets are printed")
    if len(run.shown) > SHOWN_MAX:
        found.append(f"the report has {len(run.shown)} octets")
    for finding, (wanted, words) in expected.items():
        outcome, text = run.outcome(finding)
        if (outcome not in HIT if wanted == "hit" else outcome != wanted) or not re.search(words, text):
            found.append(f"{finding} is {outcome}, not {wanted} {words}: {text[:600]}")
    return found


def main():
    wanted = [w for w in sys.argv[1:] if not w.startswith("-")]
    owner.enter_namespace()
    tap = owner.Tap()
    names = [n for n in DOMAINS if n == "sound" or not wanted or any(w in n for w in wanted)]
    with tempfile.TemporaryDirectory(prefix="assay-hostile.") as folder:
        key = owner.key_record(2048, folder)
        domains = []
        for name in names:
            d = Domain(name + ".example", key)
            DOMAINS[name][0](d)
            domains.append(d)
        try:
            with lab.Lab(describe(domains)) as world:
                canaries = Canaries()
                with ThreadPoolExecutor(8) as pool:
                    runs = dict(zip(names, pool.map(lambda n: Run(world.where, n, folder), names)))
        except lab.Missing as why:
            owner.skip(str(why))
    for name, run in runs.items():
        if "--show" in sys.argv:
            show(name, run)
        found = problems(name, run, runs["sound"])
        tap.tell(not found, f"{name}: {run.seconds:.1f} s, {run.rss >> 10} MB", "\n".join(found))
    tap.tell(not canaries.seen, "nobody came to a private address", str(sorted(set(canaries.seen))))
    print(f"{tap.passed} passed, {tap.failed} failed")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
