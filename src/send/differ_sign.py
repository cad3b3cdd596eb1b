#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Messages that Assay signs and seals, read by dkimpy, Mail::DKIM and libopendkim: everything verifies, or a rule says why not.

    differ_sign.py [--messages N] [--seed S]

Headers and bodies are the random ones of differ_dkim.py, with lone dots, blanks and folding of all kinds; a part of them
is given to the signer with line ends of LF here and there, as a program may hold them, and is read with CRLF, as it is
sent. Each message is signed by RSA and Ed25519, in some canonicalization, by some choice of fields; and sealed twice.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ASSAY_BUILD") or TOP / "build")
sys.path.insert(0, str(TOP / "src" / "dkim"))

import differ_mail # pylint: disable=wrong-import-position
import differ_peers # pylint: disable=wrong-import-position

OURS = {"own", "assay"}
DOMAIN = "example.com"
CHOICES = ["profile=strict", "profile=list-friendly", "fields=From:Subject", "fields=x-mailer:From:from:To:DATE:Comments:To",
           "expire=999999999 identity=@mail.example.com", "timestamp=no"]
SHOWN = 5


class Sent:
    """A message that is sent: how it is signed, and what came of it."""

    def __init__(self, seed, number):
        self.mail, r = differ_mail.make(seed, number)
        self.mail.body = ended(r, self.mail.body)
        self.number, self.signatures = number, []
        self.canons, self.choice = r.choice(differ_mail.CANONS), r.choice(CHOICES)
        self.given = mixed(r, self.mail.raw()) if r.random() < 0.3 else self.mail.raw()
        for key, algorithm in ((r.choice(("rsa1024", "rsa2048", "rsa4096")), "rsa"), ("ed", "ed25519")):
            self.signatures.append((f"s{number}-{algorithm}", key, algorithm))

    def table(self):
        """sign.table."""
        keys = ",".join(f"{selector}:{DOMAIN}:{algorithm}" for selector, _, algorithm in self.signatures)
        return f"* key={keys} canonicalization={self.canons} {self.choice}"

    def record(self, key, algorithm):
        """The key record."""
        return f"v=DKIM1; k={algorithm}; p={differ_peers.public(key, 'spki')}"

    def case(self, place):
        """The message as a sending case."""
        file = Path(place) / f"{self.number}.given"
        file.write_bytes(self.given)
        lines = ["[case]", f"name = sign/{self.number}", "", "[envelope]", f"now = {differ_peers.NOW - 60}", "direction = out", "", "[dns]"]
        lines += [f"{selector}._domainkey.{DOMAIN}. IN TXT {differ_peers.strings(self.record(key, algorithm))}"
                  for selector, key, algorithm in self.signatures]
        lines += ["", "[policy]", f"sign.table = {self.table()}", "", "[sign]"]
        lines += [f"{selector}._domainkey.{DOMAIN} {algorithm} file = {differ_peers.KEYS / key}.pem"
                  for selector, key, algorithm in self.signatures]
        return "\n".join(lines + ["", "[message]", f"file = {file.name}", "", "[expect]", "", ""])


def ended(r, body):
    """A body as SMTP sends it: its last line has an end. Some have lines of dots in it."""
    body += b"" if body.endswith(b"\r\n") or not body else b"\r\n"
    return body + r.choice([b"", b"", b".\r\n", b"..\r\n\r\n", b".x\r\n.\r\n"])


def mixed(r, raw):
    """Some line ends without their CR."""
    pieces = raw.split(b"\r\n")
    return b"".join(piece + r.choice([b"\n", b"\r\n"]) for piece in pieces[:-1]) + pieces[-1]


def run(text, place, name):
    """What the command says of cases, one verdict each."""
    path = Path(place) / name
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([BUILD / "assay", "case", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    lines = [json.loads(line) for line in done.stdout.decode("utf-8", "surrogateescape").splitlines()]
    if not lines:
        sys.exit(done.stderr.decode(errors="replace")[-2000:])
    return lines


def inserted(verdict):
    """The fields that a verdict inserts, the topmost first."""
    return [f"{edit['name']}: {edit['value']}\r\n".encode("utf-8", "surrogateescape") for edit in reversed(verdict["edits"])
            if edit["action"] == "insert"]


# -- signing -------------------------------------------------------------------------------------------------

def sign(sent, place):
    """Sign every message; its fields go on top. Returns those that were not signed by both keys."""
    unsigned = []
    for one, verdict in zip(sent, run("".join(s.case(place) for s in sent), place, "sign.case")):
        fields = inserted(verdict)
        if len(fields) != 2:
            unsigned.append(f"message {one.number}: {verdict['reason']}, {verdict['checks']}")
        one.mail.fields[:0] = fields
        one.mail.records = {selector: one.record(key, algorithm) for selector, key, algorithm in one.signatures}
        (Path(place) / f"{one.number}.eml").write_bytes(one.mail.raw())
    return unsigned


def known(peer, algorithm):
    """Why a peer does not verify a good signature, or None."""
    if peer == "maildkim" and algorithm == "ed25519":
        return "RFC 8463 5: Mail::DKIM knows no Ed25519"
    return None


def compare(sent, peers, place, found):
    """Have the peers verify the signatures."""
    records = "".join(f"{selector}\t{text}\n" for one in sent for selector, text in one.mail.records.items())
    (Path(place) / "records").write_text(records, encoding="utf-8")
    for name in sorted(set(peers) - OURS):
        for one, passing in zip(sent, peers[name].verify([s.mail for s in sent], place)):
            for selector, _, algorithm in one.signatures:
                found.take(f"{name} {algorithm}", selector in passing, known(name, algorithm),
                           f"message {one.number}, {selector}, {one.table()}\n{one.mail.raw().decode(errors='replace')}")


class Found:
    """What was found."""

    def __init__(self):
        self.passed, self.rules, self.failed = collections.Counter(), collections.Counter(), []

    def take(self, what, good, rule, told):
        """One signature."""
        if good:
            self.passed[what] += 1
        elif rule:
            self.rules[rule] += 1
        else:
            self.failed.append(f"{what}: {told}")

    def tell(self):
        """Print it. Returns how many failed."""
        for what, count in sorted(self.passed.items()):
            print(f"  {count:5}  {what}")
        for rule, count in self.rules.items():
            print(f"  {count:5}  not, by {rule}")
        for failed in self.failed[:SHOWN]:
            print(f"\nnot explained: {failed}")
        return len(self.failed)


# -- sealing -------------------------------------------------------------------------------------------------

def seal_case(one, hop, place):
    """The message as a hop receives it."""
    file = Path(place) / f"{one.number}.{hop}.eml"
    file.write_bytes(one.mail.raw())
    key, algorithm = ("rsa2048", "rsa") # dkimpy seals and validates by RSA alone
    domain = f"hop{hop}.example.com"
    lines = ["[case]", f"name = seal/{one.number}", "", "[envelope]", f"now = {differ_peers.NOW - 60}", f"hostname = {domain}", "", "[dns]"]
    lines += [f"s._domainkey.hop{i}.example.com. IN TXT {differ_peers.strings(one.record(key, algorithm))}" for i in range(hop + 1)]
    lines += ["", "[policy]", f"seal.key = s:{domain}:{algorithm}", f"seal.fields = {random.Random(one.number).choice(['strict', 'list-friendly', 'from:subject'])}",
              "iprev.check = no", "", "[sign]", f"s._domainkey.{domain} {algorithm} file = {differ_peers.KEYS / key}.pem"]
    return "\n".join(lines + ["", "[message]", f"file = {file.name}", "", "[expect]", "", ""])


def seal(sent, place, hops):
    """Send all messages over hops that seal. Returns what was not sealed."""
    unsealed = []
    for hop in range(hops):
        for one, verdict in zip(sent, run("".join(seal_case(s, hop, place) for s in sent), place, f"seal{hop}.case")):
            fields = inserted(verdict)
            if not fields[0].startswith(b"ARC-Seal"):
                unsealed.append(f"message {one.number}: {verdict['checks'][-1]}")
            one.mail.fields[:0] = fields
    return unsealed


def validate(sent, peers, found, hops):
    """Have dkimpy validate the chains."""
    text = sent[0].record("rsa2048", "rsa").encode()
    for one in sent:
        cv, results, why = peers["dkimpy"].dkim.ARC(one.mail.raw()).verify(lambda name, timeout=5: text)
        found.take("dkimpy arc", cv == b"pass" and len(results) == hops, None,
                   f"message {one.number}: {cv} {why}\n{one.mail.raw().decode(errors='replace')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = Found()
    with tempfile.TemporaryDirectory() as place:
        peers, missing = differ_peers.start(place, BUILD / "assay")
        if not set(peers) - OURS:
            print(f"skipped: {', '.join(missing)}")
            return 77
        print("".join(f"{why}: left out\n" for why in missing), end="")
        sent = [Sent(options.seed, number) for number in range(options.messages)]
        found.failed += sign(sent, place)
        compare(sent, peers, place, found)
        if "dkimpy" in peers:
            found.failed += seal(sent, place, 2)
            validate(sent, peers, found, 2)
    failed = found.tell()
    print(f"{sum(found.passed.values()) + sum(found.rules.values())} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
