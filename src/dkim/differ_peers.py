# SPDX-License-Identifier: BSD-2-Clause
"""The peers of differ_dkim.py, and the rules by which they are known to differ from Assay.

A peer signs (a list of fields for a list of jobs) and verifies (for each message the selectors of the signatures that
pass). A rule is the paragraph that decides, and a test whether it speaks about this difference.
"""
import base64
import functools
import importlib.util
import random
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import differ_mail

HERE = Path(__file__).resolve().parent
KEYS = HERE / "cases" / "keys"
NOW = 1795435200

spec = importlib.util.spec_from_file_location("make_cases", HERE.parents[1] / "tools" / "make-cases" / "dkim.py")
make_cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make_cases)


# -- keys ----------------------------------------------------------------------------------------------------

@functools.cache
def public(key, form):
    """p= of a key."""
    return make_cases.public_key(KEYS / f"{key}.pem", form == "pkcs1").decode()


@functools.cache
def private(key):
    """A private key as dkimpy reads it: PKCS#1, or the seed of Ed25519."""
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
        self.dkim = importlib.import_module("dkim")
        self.dkim.time = Clock
        importlib.import_module("nacl.signing") # without it dkimpy knows no Ed25519

    def sign(self, jobs, _place):
        """A field for each job."""
        return [self.sign_one(*job) for job in jobs]

    def sign_one(self, mail, signature):
        """One field."""
        signer = self.dkim.DKIM(mail.raw(), signature_algorithm=signature.algorithm.encode())
        signer.should_not_sign = set()
        header, body = signature.canons.split("/")
        return signer.sign(signature.selector.encode(), signature.domain.encode(), private(signature.key),
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
                verifier = self.dkim.DKIM(mail.raw())
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
        done = subprocess.run([*self.command, Path(place) / "records", str(NOW - 60)], input=text.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        answers = done.stdout.decode().split("\n")[:-1]
        if len(answers) != len(jobs):
            said = done.stderr.decode(errors="replace")[-2000:]
            sys.exit(f"{self.command[-1]} answered {len(answers)} of {len(jobs)} jobs: {said}")
        return answers

    def sign(self, jobs, place):
        """A field for each job."""
        records = Path(place) / "records"
        records.write_text("")
        words = []
        for mail, signature in jobs:
            file, key = Path(place) / f"{mail.number}.eml", KEYS / f"{signature.key}.pem"
            file.write_bytes(mail.raw())
            there = [line.partition(b":")[0].strip().lower().decode() for line in mail.fields]
            over = sorted({name for name in signature.names if signature.names.count(name) > there.count(name)})
            names = sorted(set(signature.names))
            words.append(["sign", file, signature.selector, signature.domain, key, signature.algorithm,
                          signature.canons, ":".join(names), ":".join(over), "l" if signature.length else "-"])
        values = [bytes.fromhex(answer) for answer in self.talk(words, place)]
        return [value and b"DKIM-Signature: " + re.sub(rb"\r?\n", b"\r\n", value.strip()) + b"\r\n" for value in values]

    def verify(self, mails, place):
        """Selectors that pass, for each message."""
        jobs = [["verify", Path(place) / f"{mail.number}.eml"] for mail in mails]
        return [set(answer.split()) for answer in self.talk(jobs, place)]


class Assay:
    """`assay sign`. It copies the message unchanged; that it verifies, too, is what the peers are compared with."""

    def __init__(self, program):
        self.program = program

    def sign(self, jobs, place):
        """A field for each job."""
        (Path(place) / "now.case").write_text(f"[envelope]\nnow = {NOW - 60}\n")
        return [self.sign_one(mail, signature, Path(place) / f"{mail.number}.eml") for mail, signature in jobs]

    def sign_one(self, mail, signature, file):
        """One field, or None: it signs no From of several domains, and no field that changes on the way."""
        file.write_bytes(mail.raw())
        key = f"{signature.selector}:{signature.domain}" + (":ed25519" if signature.key == "ed" else "")
        table = f"* key={key} canonicalization={signature.canons} fields={':'.join(signature.names)}"
        done = subprocess.run([self.program, "sign", "--key", KEYS / f"{signature.key}.pem", "--selector", signature.selector,
                               "--domain", signature.domain, "--no-check", "--world", file.parent / "now.case",
                               "-o", f"sign.table={table}", file],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode not in (0, 1, 64) or (done.returncode == 0) != done.stdout.endswith(mail.raw()):
            sys.exit(f"assay sign: {done.returncode}, {table}: {done.stderr.decode(errors='replace')}")
        return done.stdout[:-len(mail.raw())] if done.returncode == 0 else None


class Own:
    """Our own signer, for what the others do not write. It does not verify."""

    def sign(self, jobs, _place):
        """A field for each job."""
        return [self.sign_one(*job) for job in jobs]

    def sign_one(self, mail, signature):
        """One field."""
        body = make_cases.canonical_body(signature.canons.split("/")[1].encode(), mail.body)
        line = differ_mail.template(random.Random(signature.selector), signature, len(body))
        signed = make_cases.sign_message(line + mail.raw(), KEYS)
        return signed[:len(signed) - len(mail.raw())]


def maildkim(_place):
    """Mail::DKIM, when Perl has it."""
    subprocess.run(["perl", "-MMail::DKIM::Verifier", "-MNet::DNS", "-e1"], capture_output=True, check=True)
    return Program(["perl", HERE / "peer_maildkim.pl"])


def opendkim(place):
    """libopendkim, when its program can be compiled."""
    binary = Path(place) / "peer_opendkim"
    subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-o", binary, HERE / "peer_opendkim.c", "-lopendkim"],
                   capture_output=True, check=True)
    return Program([binary])


def start(place, program):
    """(the peers that can be had, by name; why the others cannot). `program`: assay."""
    peers, missing = {"own": Own(), "assay": Assay(program)}, []
    for name, package, make in (("dkimpy", "python3-dkim", lambda _: Dkimpy()),
                                ("maildkim", "libmail-dkim-perl", maildkim),
                                ("opendkim", "libopendkim-dev", opendkim)):
        try:
            peers[name] = make(place)
        except (ImportError, OSError, subprocess.CalledProcessError):
            missing.append(f"no {name}, {package} of Debian")
    return peers, missing


# -- rules ---------------------------------------------------------------------------------------------------

@dataclass
class Difference:
    """A signature on which a peer differs."""
    peer: str # or "signer": it was signed, and nobody touched it
    mail: object
    signature: object
    result: str # ours
    reason: str
    passes: bool # with the peer
    judged: dict # our results of all signatures of the message: by selector, the empty one for those without

    @functools.cached_property
    def tags(self):
        """The tags of the signature as it arrived."""
        own = re.compile(rb"[;:]\s*s\s*=\s*" + self.signature.selector.encode() + rb"\s*(;|$)")
        return make_cases.tags_of(next((line for line in self.mail.fields if own.search(line)), b""))

    def body_is(self, canon, ends=(b"",)):
        """The body does not end in CRLF but in one of these, and is signed in this canonical form."""
        return (bool(self.mail.body) and not self.mail.body.endswith(b"\r\n") and self.mail.body.endswith(ends)
                and make_cases.canons_of(self.tags)[1].decode() == canon)

    def count_of(self, name):
        """How many fields have this name."""
        return [line.partition(b":")[0].strip().lower().decode("latin-1") for line in self.mail.fields].count(name)

    def is_odd(self, pattern):
        """What is unusual about the signature."""
        return re.fullmatch(pattern, self.signature.odd) is not None

    def has_odd(self, odd):
        """Some signature of the message, this one or another, is unusual in this way."""
        return any(signature.odd == odd for signature in self.mail.signatures)

    def key_is(self, pattern):
        """What happened to its key."""
        return re.fullmatch(pattern, self.mail.key_harm.get(self.signature.selector, "")) is not None

    def is_ours(self, reason=None):
        """It passes with us only; or: it does not, and this is why."""
        return self.result == "pass" if reason is None else not self.result == "pass" and reason in self.reason


@dataclass(frozen=True)
class Rule:
    """Why a peer differs: who, the paragraph that decides, what it says, and whether this is such a difference."""
    peers: tuple
    paragraph: str
    claim: str
    test: object


D, M, O, S = "dkimpy", "maildkim", "opendkim", "signer"
NO_LIST = "tag with a control octet|tag of a digit|empty tag|no tag|two semicolons at the end"
RULES = [
    Rule((D, S), "RFC 6376 3.4.4", "blanks at the end of a body without CRLF are at the end of a line",
         lambda d: d.body_is("relaxed", (b" ", b"\t"))),
    Rule((O, S), "RFC 6376 3.4.4", "a body that does not end in CRLF is given one, relaxed",
         lambda d: d.body_is("relaxed")),
    Rule((M, O, S), "RFC 6376 3.4.3", "a body that does not end in CRLF is given one, simple",
         lambda d: d.body_is("simple")),
    Rule((S,), "RFC 6376 3.4.1", "libopendkim does not verify its own Ed25519 signatures over simple headers either",
         lambda d: d.signature.signer == O and d.signature.key == "ed" and d.signature.canons.startswith("simple")),
    Rule((M,), "RFC 8463 5", "Ed25519 is verified", lambda d: d.is_ours() and d.signature.key == "ed"),
    Rule((M, O), "RFC 6376 3.6.1", "a key may be a bare RSAPublicKey",
         lambda d: d.is_ours() and d.signature.form == "pkcs1"),
    Rule((D, M, O), "RFC 6376 8.2", "a receiver need not accept what l= leaves out",
         lambda d: d.is_ours("good, but l=")),

    # the signature
    Rule((D, M, O), "RFC 6376 3.2", "a list of tags is what the grammar says",
         lambda d: not d.is_ours() and d.is_odd(NO_LIST)),
    Rule((M, O), "RFC 6376 3.2", "a signature with a tag twice is void",
         lambda d: not d.is_ours() and ("a tag stands twice" in d.reason or d.is_odd("unknown tag twice"))),
    Rule((M, O), "RFC 6376 3.2", "values have case", lambda d: not d.is_ours() and d.is_odd("[ac] in capitals")),
    Rule((D,), "RFC 6376 3.2", "white space may follow the last semicolon",
         lambda d: d.is_ours() and d.is_odd("blanks at the end")),
    Rule((O,), "RFC 6376 3.2", "octets above 127 may stand in a value",
         lambda d: d.is_ours() and d.has_odd("tag with an octet above 127")),
    Rule((O,), "RFC 6376 6.1", "a signature that is malformed takes nothing from the others",
         lambda d: d.is_ours() and any(result in ("neutral", "permerror") for result, _ in d.judged.values())),
    Rule((M,), "RFC 6376 3.5", "v= is required", lambda d: d.is_ours("v= is missing")),
    Rule((D, M, O), "RFC 6376 3.5", "d= does not end in a dot", lambda d: d.is_ours("d= is not a domain name")),
    Rule((D, M), "RFC 6376 6.1.1", "From is in h=", lambda d: d.is_ours("From is not signed")),
    Rule((D, M, O), "RFC 6376 3.7", "DKIM-Signature in h= is never the signature itself",
         lambda d: d.is_ours() and d.is_odd("h with dkim-signature")),
    Rule((D, M), "RFC 6376 2.11", "white space in i= means nothing", lambda d: d.is_ours() and d.is_odd("i folded")),
    Rule((M, O), "RFC 6376 3.5", "l= has digits", lambda d: d.is_ours("l= is not a number")),
    Rule((D, M), "RFC 6376 3.5", "l= is not more than the body has",
         lambda d: d.is_ours("l= is more than the body has")),
    Rule((M,), "RFC 6376 3.5", "t= has digits", lambda d: d.is_ours("t= is not a number")),
    Rule((D,), "RFC 6376 3.5", "x= is after t=", lambda d: d.is_ours("x= is not after t=")),
    Rule((D, O), "RFC 6376 3.5", "t= may be as good as infinite, and in the future",
         lambda d: d.is_ours() and d.has_odd("t infinite")),
    Rule((D,), "RFC 6376 5.4.2", "a From on top that h= does not name is not signed",
         lambda d: d.is_ours() and d.count_of("from") > d.tags.get(b"h", b"").lower().count(b"from")),
    Rule((D,), "RFC 6376 3.5", "methods in q= that are not known are ignored",
         lambda d: d.is_ours() and d.is_odd("q others")),
    Rule((O,), "RFC 6376 3.5", "the method dns has its option txt", lambda d: d.is_ours("q= names no way")),

    # the key record
    Rule((D, M, O), "RFC 6376 3.6.1", "v= is the first tag of a key record", lambda d: d.key_is("v last")),
    Rule((M, O), "RFC 6376 3.2", "a key record with a tag twice is void",
         lambda d: d.is_ours("stands twice") and d.key_is("tag twice")),
    Rule((D,), "RFC 6376 6.1.2", "h= of the key names the hash", lambda d: d.is_ours("the key does not allow sha256")),
    Rule((M,), "RFC 6376 3.2", "an empty list names nothing", lambda d: not d.is_ours() and d.key_is("[hs] empty")),
    Rule((D,), "RFC 6376 3.6.1", "s= of the key is a list",
         lambda d: d.is_ours() and d.key_is("s others|s with blanks")),
    Rule((M,), "RFC 6376 3.6.1", "lists in a key record may have blanks",
         lambda d: d.is_ours() and d.key_is("[sh] with blanks")),
    Rule((O,), "RFC 6376 3.6.1", "without k= a key is RSA",
         lambda d: d.is_ours("p= is not an RSA key") and d.key_is("k missing")),
    Rule((M,), "RFC 6376 C.2", "g= of a key means nothing any more", lambda d: d.is_ours() and d.key_is("g")),
    Rule((D, O), "RFC 6376 3.6.1", "p= is base64",
         lambda d: d.is_ours("p= is not base64") and d.key_is("p not base64")),
]


def find_rule(difference):
    """The first rule that explains a difference, or None."""
    return next((rule for rule in RULES if difference.peer in rule.peers and rule.test(difference)), None)
