#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `assay check` finds at the domains of test_check_lab.py, and what other programs say of the same domains: spfquery of
libspf2, ldns-dane, danetool of GnuTLS, posttls-finger of Postfix, swaks.

    differ_owner.py [--table]

All stand in one network of their own with the usual ports and a validating resolver. Each peer speaks of what it can speak
of; it has to agree with the finding, but for RULES. Prints a table and what differs, then `N passed, N failed`; skipped (77)
where a peer, a namespace or a server is missing.
"""
import collections
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import test_check_lab as owner  # noqa: E402

lab = owner.lab
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
PEERS = {"spfquery": "spfquery", "ldns-dane": "ldnsutils", "danetool": "gnutls-bin", "posttls-finger": "postfix", "swaks": "swaks"}
FOREIGN = "192.0.2.77"

# What is known to differ, and who is right: by peer, ours and theirs.
USAGES = "it takes usages 0 and 1 for any service; a mail server that sends cannot use them (RFC 7672 3.1.3)"
INVALID = "libspf2's own word for a record it cannot read: it is permerror (RFC 7208 4.6)"
RULES = {("ldns-dane", "unusable", "match"): USAGES, ("danetool", "unusable", "match"): USAGES,
         ("spfquery, MX", "permerror", "(invalid)"): INVALID, ("spfquery, foreign", "permerror", "(invalid)"): INVALID}

Said = collections.namedtuple("Said", "domain peer ours theirs raw")


def enter_namespace():
    """Run this program again where the network and the resolver's configuration are its own."""
    if os.environ.get("ASSAY_LAB_INSIDE"):
        return
    flags = ["-n", "-m"] if os.geteuid() == 0 else ["-rn", "-m"]
    probe = subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False)
    if probe.returncode:
        owner.skip("no namespace: " + probe.stderr.decode().strip())
    os.execvpe("unshare", ["unshare", *flags, sys.executable, *sys.argv], {**os.environ, "ASSAY_LAB_INSIDE": "1"})


def put_over(path, text, folder):
    """Show a text in the place of a file, in this namespace only."""
    source = Path(folder) / ("over-" + Path(path).name)
    source.write_text(text, encoding="ascii")
    done = subprocess.run(["mount", "--bind", source, os.path.realpath(path)], capture_output=True, check=False)
    if done.returncode:
        owner.skip(f"{path} cannot be replaced: " + done.stderr.decode().strip())


class Run:
    """Where programs run: some leave files behind."""

    folder = None


def run(*words):
    """What a program says, on both of its outputs, and its status."""
    try:
        done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=60, check=False, env={**os.environ, "PATH": PATH}, cwd=Run.folder)
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode(errors="replace")
    return done.returncode, done.stdout.decode(errors="replace")


class Page:
    """What assay check found at one domain."""

    def __init__(self, page):
        self.page = page
        self.hits = {f["id"] for f in page["findings"] if f["outcome"] in ("error", "warning", "notice")}

    def spf(self, foreign):
        """What its findings mean for a client: one of its MX hosts, whose term stands first in each record, or one nobody named."""
        if self.hits & {"SPF-MULTIPLE", "SPF-SYNTAX"}:
            return "permerror"
        if "SPF-MISSING" in self.hits:
            return "none"
        if not foreign:
            return "pass"
        words = {"SPF-LOOKUPS": "permerror", "SPF-PASS-ALL": "pass", "SPF-NEUTRAL": "neutral"}
        return next((word for finding, word in words.items() if finding in self.hits), "fail")

    def dane(self):
        """What a sender with DANE makes of the MX host."""
        for ids, word in (({"MX-UNREACHABLE"}, "unreachable"), ({"DANE-MISSING", "DANE-UNSIGNED"}, "none"),
                          ({"DANE-UNUSABLE"}, "unusable"), ({"DANE-NO-STARTTLS"}, "no-tls"), ({"DANE-MISMATCH"}, "mismatch")):
            if ids & self.hits:
                return word
        return "match"


def tls_of(page):
    """What a sender that demands a certificate for the host's name makes of it; None where the report does not say."""
    finding = next((f for f in page.page["findings"] if f["id"] == "MTASTS-MX-FAILS"), None)
    if "MX-UNREACHABLE" in page.hits:
        return "unreachable"
    if "DANE-NO-STARTTLS" in page.hits:
        return "no-tls"
    if not finding or finding["outcome"] == "unknown":
        return None
    return "verified" if finding["outcome"] == "pass" else "untrusted"


# -- peers --------------------------------------------------------------------------------------------------------

def by_assay_spf(domain, address):
    """`assay spf` for one client: it decides as a receiver does, and has to agree with the findings too."""
    status, text = run(owner.ASSAY, "spf", "--json", "--resolver", "127.0.0.1@53", "--ip", address, "--from", "x@" + domain.name,
                       "--helo", "h.invalid")
    try:
        return json.loads(text.splitlines()[-1])["checks"][0]["result"], text
    except (ValueError, KeyError, IndexError):
        return f"status {status}", text


def by_spfquery(domain, address):
    """libspf2 names its result on a line of its own, behind its errors."""
    _, text = run("spfquery", "-ip", address, "-sender", "x@" + domain.name, "-helo", "h.invalid")
    lines = text.rpartition("EndError\n")[2].splitlines()
    return (lines or ["?"])[0].strip(), text


def by_ldns(domain):
    """ldns-dane speaks no SMTP: it is given the chain that the server shows."""
    status, text = run("ldns-dane", "-4", "-r", "127.0.0.1", "-f", domain.ca, "-c", domain.chain, "verify", domain.smtp["host"], "25")
    if re.search("no TLSA|insecure|does not exist", text, re.I):
        return "none", text
    return ("match" if status == 0 else "mismatch"), text


def by_danetool(domain):
    """danetool speaks SMTP, and asks libunbound."""
    _, text = run("danetool", "--check", domain.smtp["host"], "--proto", "tcp", "--port", "25", "--starttls-proto", "smtp", "--local-dns")
    for words, said in (("Connection refused", "unreachable"), ("No DANE data were found", "none"), ("No DNSSEC signature", "none"),
                        ("error receiving '220 '", "no-tls"), ("Certificate matches", "match"), ("Verification failed", "mismatch")):
        if words in text:
            return said, text
    return "?", text


def by_postfix(domain, level):
    """posttls-finger looks for the MX hosts itself. Without usable TLSA records its level dane is its level secure."""
    _, text = run("posttls-finger", "-t", "5", "-T", "5", "-l", level, "-F", domain.ca, "-o", "inet_protocols=ipv4", "-L",
                  "summary,untrusted,verbose", domain.name)
    if "Connection refused" in text:
        return "unreachable", text
    if re.search("^posttls-finger: < 250", text, re.M) and "STARTTLS" not in text:
        return "no-tls", text
    if level == "dane" and "DNSSEC-signed TLSA record" not in text:
        return ("unusable" if "unsupported TLSA" in text else "none"), text
    if level == "dane":
        return ("match" if "Matched DANE" in text else "mismatch"), text
    found = re.search(r"(Verified|Trusted|Untrusted|Anonymous) TLS connection established", text)
    return (found[1].lower() if found else "?"), text


def by_swaks(domain):
    """swaks tells whether the chain is good; it does not compare the name."""
    _, text = run("swaks", "--to", "x@" + domain.name, "--server", domain.mx_address, "--port", "25", "--quit-after", "TLS", "--tls",
                  "--tls-verify", "--tls-ca-path", domain.ca, "--timeout", "5s", "--helo", "h.invalid")
    for words, said in (("Connection refused", "unreachable"), ("Host did not advertise STARTTLS", "no-tls"),
                        ("TLS startup failed", "untrusted"), ("TLS started with cipher", "verified")):
        if words in text:
            return said, text
    return "?", text


def ask_all(domain, page):
    """Every peer about one domain."""
    said = []

    def note(peer, ours, answer):
        said.append(Said(domain.name.split(".")[0], peer, ours, *answer))

    for name, ask in (("assay spf", by_assay_spf), ("spfquery", by_spfquery)):
        note(name + ", MX", page.spf(False), ask(domain, domain.mx_address))
        note(name + ", foreign", page.spf(True), ask(domain, FOREIGN))
    ours = page.dane()
    if ours not in ("unreachable", "no-tls"):
        note("ldns-dane", ours, by_ldns(domain))
    note("danetool", ours, by_danetool(domain))
    note("posttls-finger dane", ours, by_postfix(domain, "dane"))
    ours = tls_of(page)
    if ours:
        note("posttls-finger secure", ours, by_postfix(domain, "secure"))
        note("swaks", ours, by_swaks(domain))
    return said


# -- the report ---------------------------------------------------------------------------------------------------

def report(said, table):
    """The table, what differs, and the sum."""
    passed = failed = 0
    columns = list(dict.fromkeys(s.peer for s in said))
    if table:
        print("domain".ljust(22) + " ".join(c.ljust(21) for c in columns))
        for domain in dict.fromkeys(s.domain for s in said):
            cells = {s.peer: s.theirs if s.theirs == s.ours else f"{s.theirs} (ours {s.ours})" for s in said if s.domain == domain}
            print(domain.ljust(22) + " ".join(cells.get(c, "-").ljust(21) for c in columns))
    for peer in columns:
        of = [s for s in said if s.peer == peer]
        same = [s for s in of if s.ours == s.theirs]
        print(f"# {peer.ljust(22)} {len(same)} of {len(of)} domains the same")
    for s in said:
        rule = RULES.get((s.peer, s.ours, s.theirs))
        ok = s.ours == s.theirs or rule is not None
        passed, failed = passed + ok, failed + (not ok)
        if s.ours != s.theirs:
            print(f"{'#' if ok else 'not ok -'} {s.domain}: {s.peer} says {s.theirs}, we say {s.ours}" + (f": {rule}" if rule else ""))
        if not ok:
            print("#   " + s.raw[-1500:].replace("\n", "\n#   "))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def main():
    missing = [f"{p} of Debian's {d}" for p, d in PEERS.items() if not shutil.which(p, path=PATH)]
    if missing:
        owner.skip("missing: " + ", ".join(missing))
    enter_namespace()
    owner.set_up_loopback()
    with tempfile.TemporaryDirectory(prefix="assay-peers.") as folder:
        Run.folder = folder
        domains = owner.make_domains(folder)
        try:
            with lab.Lab({**owner.describe(copy.deepcopy(domains)), "usual_ports": True}) as world:
                put_over("/etc/resolv.conf", "nameserver 127.0.0.1\noptions edns0 trust-ad\n", folder)
                put_over("/usr/share/dns/root.key", Path(world.where["trust_anchor"]).read_text(encoding="ascii"), folder)
                pages = owner.check(world.where, [d.name for d in domains])
                for d in domains:
                    d.chain, d.ca = world.servers[d.smtp["host"]], world.where["ca_file"]
                with ThreadPoolExecutor(4) as pool:
                    said = [s for of in pool.map(lambda d: ask_all(d, Page(pages[d.name])), domains) for s in of]
        except lab.Missing as why:
            owner.skip(str(why))
        finally:
            for path in ("/usr/share/dns/root.key", "/etc/resolv.conf"):
                subprocess.run(["umount", path], capture_output=True, check=False)
    return report(said, "--table" in sys.argv[1:] or not sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
