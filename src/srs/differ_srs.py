#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SRS by Assay, by Mail::SRS (Debian's libmail-srs-perl) and by postsrsd (libsrs2) over random addresses.

    differ_srs.py [--addresses N] [--seed S]

Each address goes over three forwarders and back; each SRS address also comes back changed, shortened, in another case,
and on other days. Addresses have to be the same octet for octet, and what one refuses all have to, but for RULES.
"""
import argparse
import collections
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ASSAY_BUILD") or TOP / "build")
POSTSRSD = shutil.which("postsrsd", path=os.environ.get("PATH", "") + ":/usr/sbin")
DAY = 86400
IN_ONE_FILE = 4000
SHOWN = 10
ATOM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

# What is known to differ, and is meant to.
RULES = {
    "alphabet": "postsrsd 2 writes - and _ where base64 has + and /: Assay takes both, the peers only their own",
    "long-hash": "libsrs2 looks only at as many characters as it makes itself; Assay and Mail::SRS look at all of a hash",
    "long-made": "a local part over 64 octets is made by the peers; Assay does so with overflow = long, up to 320 in all",
    "no-domain": "the hash does not cover where the domain ends: the peers give back what is no domain name",
}


class Forwarder:
    """A domain with its secrets and its taste."""

    def __init__(self, rng, domain):
        self.domain, self.separator, self.length = domain, rng.choice("=+-"), rng.choice([4, 4, 4, 6, 10])
        self.secrets = ["".join(rng.choice(ATOM) for _ in range(rng.randrange(1, 90))) for _ in range(rng.randrange(1, 4))]


Asked = collections.namedtuple("Asked", "way now forwarder address what")


# -- the three of them ----------------------------------------------------------------------------------------

def as_case(asked):
    """A question as a case."""
    f = asked.forwarder
    return "\n".join([f"[case]\n[envelope]\nnow = {asked.now}\nsrs = {asked.way}\naddress = {asked.address}",
                      f"forwarder = {f.domain}\nseparator = {f.separator}\nhash_length = {f.length}\noverflow = long",
                      "[secret]", *(f"| {secret}" for secret in f.secrets), ""])


def by_assay(questions, place):
    """What Assay makes of them: an address, or None."""
    answers = []
    for at in range(0, len(questions), IN_ONE_FILE):
        path = Path(place) / "srs.case"
        path.write_text("".join(map(as_case, questions[at:at + IN_ONE_FILE])), encoding="ascii")
        done = subprocess.run([BUILD / "assay", "case", "--json", path], capture_output=True, check=False)
        lines = [json.loads(line)["rewrite"] for line in done.stdout.decode().splitlines()]
        answers += [None if line["outcome"] == "refused" else line["address"] for line in lines]
    if len(answers) != len(questions):
        sys.exit(f"assay case answered {len(answers)} of {len(questions)}:\n{done.stderr.decode()[-2000:]}")
    return answers


def by_mailsrs(questions):
    """What Mail::SRS makes of them."""
    lines = ["\t".join([q.way, str(q.now), q.forwarder.domain, q.forwarder.separator, str(q.forwarder.length), q.address,
                        *q.forwarder.secrets]) for q in questions]
    done = subprocess.run(["perl", Path(__file__).with_name("peer_mailsrs.pl")], input="\n".join(lines) + "\n",
                          stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == 77:
        print("skipped: no Mail::SRS, libmail-srs-perl of Debian")
        sys.exit(77)
    return [None if line.startswith("! ") else line for line in done.stdout.splitlines()]


class Postsrsd:
    """postsrsd for one forwarder, which knows no other time than the present."""

    def __init__(self, forwarder, place):
        self.ports = [self.free_port() for _ in range(2)]
        secrets = Path(place) / f"{forwarder.domain}.secret"
        secrets.write_text("\n".join(forwarder.secrets) + "\n", encoding="ascii")
        self.process = subprocess.Popen(
            [POSTSRSD, f"-s{secrets}", f"-d{forwarder.domain}", f"-a{forwarder.separator}", f"-n{forwarder.length}", "-N4",
             "-l127.0.0.1", f"-f{self.ports[0]}", f"-r{self.ports[1]}", "-4"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.files = [self.connect(port) for port in self.ports]

    @staticmethod
    def free_port():
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]

    @staticmethod
    def connect(port):
        for _ in range(100):
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=20).makefile("rw", newline="\n")
            except OSError:
                time.sleep(0.05)
        sys.exit("postsrsd does not listen")

    def ask(self, asked):
        """An address, or None."""
        file = self.files[asked.way == "reverse"]
        file.write("get " + urllib.parse.quote(asked.address, safe="@") + "\n")
        file.flush()
        line = file.readline().rstrip("\n")
        return urllib.parse.unquote(line[4:]) if line.startswith("200 ") else None

    def close(self):
        for file in self.files:
            file.close()
        self.process.terminate()
        self.process.wait()


# -- addresses ------------------------------------------------------------------------------------------------

def random_address(rng):
    """An address of the kind that mail has, and now and then an odd one."""
    size = rng.choice([1, 3, 8, 8, 8, 15, 15, 30, 60])
    local = "".join(rng.choice(ATOM if rng.random() < 0.3 else ATOM[:62] + ".") for _ in range(size))
    if rng.random() < 0.03:
        local = rng.choice(["SRS0", "srs1", "SRS2=", "SRS0x=y", "SRS", "SRS1."]) + local.replace("=", "")
    domain = ".".join("".join(rng.choice(ATOM[:62]) for _ in range(rng.randrange(1, 12)))
                      for _ in range(rng.randrange(1, 4)))
    return f"{local}@{domain}"


def split_srs(address):
    """Tag with separator, hash, the rest of the local part, the domain."""
    local, domain = address.rsplit("@", 1)
    hash_, rest = local[5:].split("=", 1)
    return local[:5], hash_, rest, domain


def changes(rng, address):
    """The address changed, by the name of the change."""
    tag, hash_, rest, domain = split_srs(address)
    at, c = rng.randrange(len(rest)), rng.choice(ATOM.replace("=", ""))
    yield "octet", f"{tag}{hash_}={rest[:at]}{c}{rest[at + 1:]}@{domain}"
    at = rng.randrange(len(hash_))
    yield "hash", f"{tag}{hash_[:at]}{rng.choice(BASE64)}{hash_[at + 1:]}={rest}@{domain}"
    yield "short-hash", f"{tag}{hash_[:rng.randrange(len(hash_))]}={rest}@{domain}"
    yield "long-hash", f"{tag}{hash_}{''.join(rng.choice(BASE64) for _ in range(rng.randrange(1, 4)))}={rest}@{domain}"
    yield "separator", f"{tag[:4]}{rng.choice('=+-')}{hash_}={rest}@{domain}"
    yield "lower", address.lower()
    yield "upper", address.upper()
    yield "cut", f"{tag}{hash_}={rest[:rng.randrange(1, len(rest) + 1)]}@{domain}"
    parts = rest.split("=", 2)
    if tag[3] == "0" and len(parts[2]) > 1:  # the hash is over the parts without what stands between them
        yield "moved", f"{tag}{hash_}={parts[0]}={parts[1]}{parts[2][0]}={parts[2][1:]}@{domain}"


# -- comparing ------------------------------------------------------------------------------------------------

class Comparison:
    """Differences as they are found."""

    def __init__(self):
        self.same, self.explained, self.bare = collections.Counter(), collections.Counter(), []

    @staticmethod
    def rule(peer, asked, ours, theirs):
        """The rule that explains a difference, or None."""
        made = theirs if asked.way == "forward" else asked.address
        hash_ = split_srs(made)[1] if made and made[:3].upper() == "SRS" and "=" in made[5:] else ""
        if asked.way == "forward":
            return "long-made" if made and len(made) > 320 and ours is None else None
        if ours and theirs is None and set(hash_) & set("-_"):
            return "alphabet"
        if peer == "postsrsd" and ours is None and theirs and len(hash_) > asked.forwarder.length:
            return "long-hash"
        if ours is None and theirs and not re.fullmatch(r"[\w-]+(\.[\w-]+)*", theirs.rsplit("@", 1)[1], re.A):
            return "no-domain"
        return None

    def add(self, peer, asked, ours, theirs):
        """One answer beside another."""
        if ours == theirs:
            self.same[peer, asked.what, "refused" if ours is None else "an address"] += 1
        elif (rule := self.rule(peer, asked, ours, theirs)):
            self.explained[peer, rule] += 1
        else:
            self.bare.append((peer, asked, ours, theirs))

    def report(self):
        """Print it. \\return the exit status"""
        for (peer, what, came), n in sorted(self.same.items()):
            print(f"{peer:10} {what:12} the same: {came:10} {n:7,}")
        for (peer, rule), n in sorted(self.explained.items()):
            print(f"{peer:10} {rule}: {n:,}\n    {RULES[rule]}")
        for peer, asked, ours, theirs in self.bare[:SHOWN]:
            print(f"{peer} {asked.what} {asked.way} {asked.address} at {asked.now} by {asked.forwarder.domain} "
                  f"{asked.forwarder.secrets}\n    ours {ours}\n    theirs {theirs}")
        print(f"{sum(self.same.values()) + sum(self.explained.values())} passed, {len(self.bare)} failed")
        return 1 if self.bare or not self.same else 0


def questions_of(rng, addresses, forwarders, now, place):
    """All questions about these addresses; the way there is by Assay itself, which the peers then confirm."""
    asked, hop = [], addresses
    for i, f in enumerate(forwarders):
        ask = [Asked("forward", now, f, address, f"hop {i + 1}") for address in hop]
        hop = by_assay(ask, place)
        asked += [a for a in ask if a.address]
        made = [address for address in hop if address and address.rsplit("@", 1)[1] == f.domain]
        asked += [Asked("reverse", now, f, address, "back") for address in made]
        asked += [Asked("reverse", now, f, changed, what) for address in made for what, changed in changes(rng, address)
                  if len(changed) <= 320]
        asked += [Asked("forward", now, f, address, "again") for address in made[:50]]
        hop = made
    first = forwarders[0]
    for days in (-2, -1, 1, 20, 21, 22, 23, 50, 700, 1003, 1022, 1023, 1024, 1045, 1046):
        old = by_assay([Asked("forward", now - days * DAY, first, address, "") for address in addresses[:60]], place)
        asked += [Asked("reverse", now, first, address, "age") for address in old if address]
    return asked


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--addresses", type=int, default=300)
    parser.add_argument("--seed", type=int, default=20261129)
    args = parser.parse_args()
    rng, found, now = random.Random(args.seed), Comparison(), int(time.time())
    by_mailsrs([])
    with tempfile.TemporaryDirectory() as place:
        for group in range(0, args.addresses, 100):
            forwarders = [Forwarder(rng, f"{name}{group}.example") for name in ("One", "two", "three")]
            addresses = [random_address(rng) for _ in range(min(100, args.addresses - group))]
            asked = questions_of(rng, addresses, forwarders, now, place)
            ours = by_assay(asked, place)
            for question, mine, theirs in zip(asked, ours, by_mailsrs(asked), strict=True):
                found.add("Mail::SRS", question, mine, theirs)
            for f in forwarders if POSTSRSD else []:
                daemon = Postsrsd(f, place)
                for question, mine in zip(asked, ours):
                    if question.forwarder is f and question.what != "again":  # postsrsd says 500 Already rewritten
                        found.add("postsrsd", question, mine, daemon.ask(question))
                daemon.close()
    if not POSTSRSD:
        print("no postsrsd: compared with Mail::SRS alone")
    return found.report()


sys.exit(main())
