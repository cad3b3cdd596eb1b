# SPDX-License-Identifier: BSD-2-Clause
"""The peers of differ_dkim.py, and the rules by which they are known to differ from Assay.

A peer signs (a list of fields for a list of jobs) and verifies (for each message the selectors of the signatures that
pass). A rule is the paragraph that decides, and a test whether it speaks about this difference.
"""
import base64
import functools
import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import dkim

HERE = Path(__file__).resolve().parent
KEYS = HERE / "cases" / "keys"
NOW = 1795435200
PEERS = ("dkimpy", "maildkim", "opendkim")

spec = importlib.util.spec_from_file_location("make_cases", HERE.parents[1] / "tools" / "make-cases" / "dkim.py")
make_cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_cases)


# -- keys ----------------------------------------------------------------------------------------------------

@functools.cache
def public(key, form):
    """p= of a key."""
    return make_cases.public_key(KEYS / f"{key}.pem", form == "pkcs1").decode()


@functools.cache
def traditional(key):
    """A private key as all signers read it: PKCS#1, or the seed of Ed25519."""
    if key == "ed":
        return base64.b64encode(make_cases.openssl("pkey", "-in", KEYS / "ed.pem", "-outform", "DER")[-32:])
    return make_cases.openssl("rsa", "-in", KEYS / f"{key}.pem", "-traditional")


def record(signature):
    """The key record of a signature."""
    kind = "ed25519" if signature.key == "ed" else "rsa"
    return f"v=DKIM1; k={kind}; p={public(signature.key, signature.form)}"


def strings(text):
    """A text as strings of a TXT record in [dns]."""
    return " ".join(f'"{text[i:i + 250]}"' for i in range(0, max(len(text), 1), 250))


# -- peers ---------------------------------------------------------------------------------------------------

class Clock:
    """The time that dkimpy sees."""
    time = staticmethod(lambda: NOW - 60)


class Dkimpy:
    """dkimpy, in this process."""

    def __init__(self):
        dkim.time = Clock

    def sign(self, jobs, _place):
        """A field for each job."""
        return [self.sign_one(*job) for job in jobs]

    def sign_one(self, mail, signature):
        """One field."""
        signer = dkim.DKIM(mail.raw(), signature_algorithm=signature.algorithm.encode())
        signer.should_not_sign = set()
        header, body = signature.canons.split("/")
        return signer.sign(signature.selector.encode(), signature.domain.encode(), traditional(signature.key),
                           canonicalize=(header.encode(), body.encode()), length=signature.length,
                           include_headers=[name.encode() for name in signature.names])

    def verify(self, mails, _place):
        """Selectors that pass, for each message."""
        return [self.verify_one(mail) for mail in mails]

    def verify_one(self, mail):
        """Those of one message."""
        passing = set()
        for nth in range(sum(line[:15].lower() == b"dkim-signature:" for line in mail.fields)):
            try:
                verifier = dkim.DKIM(mail.raw())
                if verifier.verify(nth, lambda name, timeout: mail.records.get(name.decode().split("._domainkey.")[0])):
                    passing.add(verifier.selector.decode())
            except Exception: # pylint: disable=broad-except; dkimpy raises whatever its parts do
                pass
        return passing


class Program:
    """A peer that is a program; peer_opendkim.c says how it is talked to."""

    def __init__(self, command):
        self.command = command

    def talk(self, jobs, place):
        """The answers to jobs, each a list of words."""
        text = "".join("\t".join(map(str, job)) + "\n" for job in jobs)
        done = subprocess.run([*self.command, Path(place) / "records"], input=text.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        answers = done.stdout.decode().split("\n")[:-1]
        if len(answers) != len(jobs):
            sys.exit(f"{self.command[-1]} answered {len(answers)} of {len(jobs)} jobs: {done.stderr.decode(errors='replace')}")
        return answers

    def sign(self, jobs, place):
        """A field for each job."""
        records = Path(place) / "records"
        records.write_text("")
        words = []
        for mail, signature in jobs:
            file, key = Path(place) / f"{mail.number}.eml", Path(place) / f"{signature.key}.pem"
            file.write_bytes(mail.raw())
            if not key.exists():
                key.write_bytes(traditional(signature.key))
            there = [line.partition(b":")[0].strip().lower().decode() for line in mail.fields]
            over = sorted({name for name in signature.names if signature.names.count(name) > there.count(name)})
            names = sorted(set(signature.names))
            words.append(["sign", file, signature.selector, signature.domain, key, signature.algorithm, signature.canons,
                          ":".join(names), ":".join(over), "l" if signature.length else "-"])
        values = [bytes.fromhex(answer) for answer in self.talk(words, place)]
        return [b"DKIM-Signature: " + re.sub(rb"\r?\n", b"\r\n", value.strip()) + b"\r\n" for value in values if value]

    def verify(self, mails, place):
        """Selectors that pass, for each message."""
        return [set(answer.split()) for answer in self.talk([["verify", Path(place) / f"{mail.number}.eml"] for mail in mails], place)]


class Own:
    """Our own signer, for what the others do not write. It does not verify."""

    def sign(self, jobs, _place):
        """A field for each job."""
        return [self.sign_one(*job) for job in jobs]

    def sign_one(self, mail, signature):
        """One field."""
        import random
        import differ_mail
        body = make_cases.canonical_body(signature.canons.split("/")[1].encode(), mail.body)
        line = differ_mail.template(random.Random(signature.selector), signature, len(body))
        signed = make_cases.sign_message(line + mail.raw(), KEYS)
        return signed[:len(signed) - len(mail.raw())]


def start(place):
    """All peers that can be had; without any, the test is skipped."""
    binary = Path(place) / "peer_opendkim"
    subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-o", binary, HERE / "peer_opendkim.c", "-lopendkim"], check=True)
    return {"dkimpy": Dkimpy(), "maildkim": Program([HERE / "peer_maildkim.pl"]), "opendkim": Program([binary]), "own": Own()}


# -- rules ---------------------------------------------------------------------------------------------------

@dataclass(frozen=True)
class Rule:
    """Why a peer differs: who, the paragraph that decides, what it says, and whether this is such a difference."""
    peers: tuple
    paragraph: str
    claim: str
    test: object


RULES = []


def find_rule(peer, mail, signature, result, reason, passes):
    """The first rule that explains a difference, or None."""
    for rule in RULES:
        if peer in rule.peers and rule.test(mail, signature, result, reason, passes):
            return rule
    return None
