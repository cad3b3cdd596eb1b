# SPDX-License-Identifier: BSD-2-Clause
"""Mail that goes out: what assayd signs is verified, as it leaves Postfix, by dkimpy, Mail::DKIM, libopendkim and ourselves."""
import time
from dataclasses import dataclass
from pathlib import Path

import differ_peers

from postfix_lab import has, message, same, test, token, wait_for

CONF = """
authserv_id = mx.example.org
log.format = json
milter "out" { listen = unix:%(dir)s/out.sock  mode = 0666 }
key "rsa" { selector = s2026  file = %(dir)s/s2026.pem }
key "ed" { selector = e2026  file = %(dir)s/e2026.pem  algorithm = ed25519 }
key "other" { selector = unpublished  file = %(dir)s/s2026.pem }
sign "out.example" { key = rsa, ed  profile = strict }
sign "bücher.example" { key = rsa, ed }
sign "simple.example" { key = rsa, ed  canonicalization = simple/simple }
sign "early.example" { key = other }
"""

MASTER = "wide unix - - n - - smtp -o smtp_line_length_limit=0\n"


def names(lab):
    """The public keys."""
    lab.records = {selector: lab.key(selector, algorithm)[1]
                   for selector, algorithm in (("s2026", "rsa"), ("e2026", "ed25519"))}
    return {f"{selector}._domainkey.{domain}": [record] for selector, record in lab.records.items()
            for domain in ("out.example", "xn--bcher-kva.example", "simple.example")}


def set_up(lab):
    """assayd. \\return ports of Postfix"""
    lab.assayd(CONF, "out")
    milter = {"smtpd_milters": f"unix:{lab.dir}/out.sock"}
    return {"out": milter, "wide": {**milter, "content_filter": f"wide:[127.0.0.1]:{lab.sink.port}"}}


# -- messages ------------------------------------------------------------------------------------------------------

@dataclass
class Case:
    """A message that is odd in some way."""
    about: str
    subject: bytes = b"Subject: plain\r\n"
    body: bytes = b"Hello.\r\n"
    fields: bytes = b""
    options: tuple = ()
    chunk: bool = False  # sent by BDAT, which needs no line end at its end
    author: str = ""     # in place of the ones of the two domains


CASES = (
    Case("plain"),
    Case("blanks at the front and at the end of values", b"Subject:   three  \t and \t  \r\n"),
    Case("blanks at the front and at the end of body lines", body=b"  two\r\n\ttab \t\r\n \r\nend  \r\n"),
    Case("no blank behind the colon", b"Subject:tight\r\n", fields=b"Cc:x@example.net\r\nReply-To:a@out.example\r\n"),
    Case("a blank before the colon", b"Subject : wide\r\n"),
    Case("an empty value", b"Subject:\r\n", fields=b"Cc: \r\n"),
    Case("odd folds", b"Subject: a\r\n\tb\r\n        c\r\n  d \r\n"),
    Case("a fold at once", b"Subject:\r\n below\r\n"),
    Case("a fold of nothing but blanks", b"Subject: a\r\n \r\n \t\r\n b\r\n"),
    Case("8-bit octets", "Subject: Grüße\r\n".encode("latin-1"), bytes(range(160, 256)) + b"\r\n", options=("BODY=8BITMIME",)),
    Case("lone dots", body=b".\r\n..\r\n...\r\n. \r\n.a\r\n\r\n.\r\n"),
    Case("lines of 998 octets", body=(b"x" * 998 + b"\r\n") * 3),
    Case("a long field", b"Subject: " + b"word " * 190 + b"\r\n"),
    Case("a field of 50,000 octets", b"Subject: x\r\n" + b" " + b"y" * 900 + b"\r\n" + (b"\t" + b"z" * 900 + b"\r\n") * 54),
    Case("mixed line ends", body=b"a\nb\r\nc\n\r\nd\r\n\n\ne\n"),
    Case("bare CR", body=b"a\rb\r\n\rc\r\n\r\r\n"),
    Case("CR before the line end", body=b"a\r\r\nb\r\n"),
    Case("no body", body=b""),
    Case("a body of line ends", body=b"\r\n\r\n\r\n"),
    Case("line ends behind the body", body=b"text\r\n\r\n\r\n"),
    Case("no line end at the end", body=b"text without end", chunk=True),
    Case("no line end, and blanks", body=b"text \t ", chunk=True),
    Case("a line with From", body=b"From here\r\n>From there\r\n"),
    Case("a field twice", fields=b"Comments: one\r\nComments: two\r\nReceived: from a by b; Sun, 29 Nov 2026 09:00:00 +0000\r\n"),
    Case("SMTPUTF8", "Subject: Grüße aus Zürich\r\n".encode(), "日本\r\n".encode(), options=("SMTPUTF8", "BODY=8BITMIME"),
         author="Jörg <jörg@bücher.example>", fields="Cc: zoë@bücher.example\r\n".encode()),
    Case("20,000 lines", body=b"line\r\n" * 20000),
)
DOMAINS = {"relaxed": "out.example", "simple": "simple.example"}
BOTH = {"s2026", "e2026"}


def chunk(smtp, data):
    """Send a message by BDAT."""
    smtp.sock.sendall(b"BDAT %d LAST\r\n" % len(data) + data)
    return smtp.getreply()


def send(lab, case, author, service="out"):
    """Send a message from this host. \\return its word"""
    word = token()
    data = message(author, word, case.fields, case.body).replace(f"Subject: {word}\r\n".encode(), case.subject)
    with lab.session(service, None) as smtp:
        smtp.ehlo("pc.out.example")
        same(smtp.mail(author.split("<")[-1].split(",")[0].rstrip(">"), case.options)[0], 250, case.about)
        same(smtp.rcpt("bob@example.net")[0], 250)
        same((chunk(smtp, data) if case.chunk else smtp.data(data))[0], 250, case.about)
    return word


@dataclass
class Arrived:
    """A message as the peers of differ_dkim.py take it."""
    number: int
    data: bytes
    records: dict

    @property
    def fields(self):
        """Lines of the header."""
        return self.data.partition(b"\r\n\r\n")[0].split(b"\r\n")

    def raw(self):
        """All octets."""
        return self.data


def start_peers(lab):
    """Whoever can be had but our own, by name, started once; their clock is the real one."""
    if not hasattr(lab, "peers"):
        differ_peers.NOW = int(time.time()) + 120
        place = Path(lab.folder("peers"))
        lab.peers, missing = differ_peers.start(place, f"{lab.build}/assay")
        lab.peers = {name: peer for name, peer in lab.peers.items() if name in ("dkimpy", "maildkim", "opendkim")}
        for why in missing:
            print(f"# {why}")
        texts = {selector: "".join(record[4:].strip('"').split('" "')) for selector, record in lab.records.items()}
        (place / "records").write_text("".join(f"{selector}\t{text}\n" for selector, text in texts.items()), encoding="ascii")
        lab.texts = {selector: text.encode() for selector, text in texts.items()}
    return lab.peers


def peers_say(lab, mails):
    """{peer: [selectors that pass, for each message]}"""
    peers, place = start_peers(lab), f"{lab.dir}/peers"
    arrived = [Arrived(i, mail.data, lab.texts) for i, mail in enumerate(mails)]
    for mail in arrived:
        Path(f"{place}/{mail.number}.eml").write_bytes(mail.data)
    return {name: peer.verify(arrived, place) for name, peer in peers.items()}


def own_say(lab, mails):
    """The selectors that pass with us, for each message."""
    return [{check["properties"]["header.s"] for check in found["checks"]
             if check["method"] == "dkim" and check["result"] == "pass"} for found in lab.verify_all([mail.data for mail in mails])]


def wanted_of(name):
    """What a peer has to pass: Mail::DKIM of Debian 12 verifies no Ed25519."""
    return {"s2026"} if name == "maildkim" else BOTH


# -- tests ---------------------------------------------------------------------------------------------------------

def verified(lab, canon):
    """Send all cases signed in that canonical form; everybody has to pass what arrives."""
    words = [send(lab, case, case.author or f"Ann <ann@{DOMAINS[canon]}>") for case in CASES]
    mails = [lab.got(word) for word in words]
    wrong = [f"assay: {case.about}: {got}" for case, got in zip(CASES, own_say(lab, mails)) if got != BOTH]
    for name, passing in peers_say(lab, mails).items():
        wrong += [f"{name}: {case.about}: {got}" for case, got in zip(CASES, passing)
                  if got != wanted_of(name)]
    same(wrong, [], canon)


@test
def all_odd_messages_signed_relaxed_verify_everywhere(lab):
    verified(lab, "relaxed")


@test
def all_odd_messages_signed_simple_verify_everywhere(lab):
    verified(lab, "simple")


@test
def what_is_changed_on_the_way_verifies_nowhere(lab):
    mail = lab.got(send(lab, CASES[0], "Ann <ann@out.example>"))
    for old, new in ((b"Hello.", b"Hallo."), (b"Subject: plain", b"Subject: other"), (b"From: Ann", b"From: Eve"),
                     (b"From: Ann", b"From: eve@out.example\r\nFrom: Ann"),
                     (b"Subject: plain", b"Subject: two\r\nSubject: plain")):
        changed = type(mail)(mail.sender, mail.recipients, mail.data.replace(old, new))
        assert changed.data != mail.data
        same(own_say(lab, [changed]), [set()], new)
        same({name: got for name, got in peers_say(lab, [changed]).items() if name != "dkimpy" or new.count(b"From") < 2},
             {name: [set()] for name in start_peers(lab) if name != "dkimpy" or new.count(b"From") < 2}, new)


@test
def postfix_shows_the_filter_what_it_sends(lab):
    for about, piece in (("a blank before the colon", b"\r\nSubject: wide\r\n"),
                         ("no blank behind the colon", b"\r\nSubject:tight\r\n"),
                         ("bare CR", b"a b\r\n c\r\n"), ("mixed line ends", b"a\r\nb\r\nc\r\n\r\nd\r\n\r\n\r\ne\r\n"),
                         ("no line end at the end", b"text without end\r\n"),
                         ("blanks at the front and at the end of values", b"\r\nSubject:   three  \t and \t  \r\n")):
        mail = lab.got(send(lab, next(case for case in CASES if case.about == about), "Ann <ann@simple.example>"))
        assert piece in mail.data, f"{about}: {mail.data[-400:]}"


@test
def a_line_over_998_octets_is_broken_by_postfix_unless_it_is_told_not_to(lab):
    case = Case("a long line", body=b"x" * 3000 + b"\r\n")
    broken, whole = (lab.got(send(lab, case, "Ann <ann@out.example>", service)) for service in ("out", "wide"))
    has(broken.body, b"x\r\n x")
    same((whole.body, own_say(lab, [broken, whole])), (case.body, [set(), BOTH]))
    for name, passing in peers_say(lab, [whole]).items():
        same(passing[0], wanted_of(name), name)


@test
def both_keys_sign_and_say_so(lab):
    word = send(lab, CASES[0], "Ann <ann@out.example>")
    mail, event = lab.got(word), lab.event(word, "out")
    assert mail.data.startswith(b"DKIM-Signature: v=1; a="), mail.header
    same(len(mail.all("DKIM-Signature")), 2)
    same((event["direction"], event["keys"]), ("out", "s2026._domainkey.out.example e2026._domainkey.out.example"))


@test
def nobody_is_signed_for_who_is_not_ours_or_whose_key_is_not_published(lab):
    for author, reason in (("x@elsewhere.example", "no entry of sign.table matches"), ("x@early.example", "no key is published"),
                           ("x@sub.out.example", "no entry of sign.table matches"),
                           ("a@out.example, b@elsewhere.example", "several domains")):
        word = send(lab, CASES[0], author)
        same(lab.got(word).all("DKIM-Signature"), [], author)
        wait_for("the event", lambda w=word: lab.events(w, "out"))
        has(lab.event(word, "out")["reason"], reason)
