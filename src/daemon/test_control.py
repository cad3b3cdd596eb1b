#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The control socket of the real daemon, and the commands that ask it: assay why, status, reload.

Messages are told to the daemon by a milter client of this file; names come from a private unbound. $ASSAY_BUILD is the
build's folder. A word on the command line runs only the tests with it in their names.
"""
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
sys.path.insert(1, str(TOP / "src/cli"))
import mailrig  # noqa: E402
from test_cli import valid  # noqa: E402

BUILD = Path(os.environ.get("ASSAY_BUILD", TOP / "build")).resolve()
TESTS = []


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


def same(got, want, about=""):
    """They are equal, or both are shown."""
    assert got == want, f"{about}\n  wanted: {want!r}\n  got:    {got!r}"


def has(text, *pieces):
    """All pieces stand in the text, however its lines are wrapped."""
    flat = " ".join(text.split())
    for piece in pieces:
        assert piece in flat, f"wanted: {piece!r}\n  in: {text}"


class Milter:
    """A mail server, as a milter sees it: one connection, one message after the other."""

    def __init__(self, path, client="192.0.2.7", helo="mail.shop.example"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.ask(b"O", struct.pack(">III", 6, 0x1FF, 0))
        self.macros(b"C", j="mx.example.org")
        family = b"6" if ":" in client else b"4"
        self.ask(b"C", helo.encode() + b"\0" + family + struct.pack(">H", 25) + client.encode() + b"\0")
        self.ask(b"H", helo.encode() + b"\0")

    def put(self, command, data=b""):
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def take(self, n):
        octets = b""
        while len(octets) < n:
            piece = self.socket.recv(n - len(octets))
            assert piece, "assayd closed the connection"
            octets += piece
        return octets

    def get(self):
        """One reply: its command and its data."""
        n = struct.unpack(">I", self.take(4))[0]
        octets = self.take(n)
        return octets[:1], octets[1:]

    def ask(self, command, data=b""):
        self.put(command, data)
        return self.get()

    def macros(self, stage, **values):
        pairs = "".join(f"{name if len(name) == 1 else '{' + name + '}'}\0{value}\0" for name, value in values.items())
        self.put(b"D", stage + pairs.encode())

    def send(self, queue_id, message, mail_from="", to=("b@example.org",), user=None):
        """One message. \\return what is done with it: {"edits": [...], "reply": ...}"""
        self.macros(b"M", i=queue_id, **({"auth_authen": user} if user else {}))
        self.ask(b"M", f"<{mail_from}>".encode() + b"\0")
        for address in to:
            self.macros(b"R", i=queue_id)
            self.ask(b"R", f"<{address}>".encode() + b"\0")
        header, _, body = message.partition(b"\n\n")
        for field in re.split(rb"\n(?![ \t])", header):
            name, _, value = field.partition(b":")
            self.ask(b"L", name + b"\0" + value.removeprefix(b" ") + b"\0")
        self.ask(b"N")
        self.ask(b"B", (body + b"\n").replace(b"\n", b"\r\n"))
        return self.end()

    def end(self):
        """The replies to the end of a message."""
        done = {"edits": [], "reply": None}
        self.put(b"E")
        while done["reply"] is None:
            command, data = self.get()
            if command == b"i":
                name, value = data[4:].split(b"\0")[:2]
                done["edits"].append(("insert", struct.unpack(">I", data[:4])[0], name.decode(), value.decode().strip(" ")))
            elif command == b"m":
                name, value = data[4:].split(b"\0")[:2]
                same(value, b"", "a field is changed only to be removed")
                done["edits"].append(("remove", struct.unpack(">I", data[:4])[0], name.decode(), ""))
            elif command not in (b"p", b"q", b"e"):
                done["reply"] = command.decode() + data.decode().rstrip("\0")
        return done


# -- the site ------------------------------------------------------------------------------------------------------

MESSAGE = """\
From: Al <{author}>
To: b@example.org
Subject: {subject}
Date: Sun, 29 Nov 2026 12:00:00 +0000
Message-ID: <{id}>

one line of text
"""

CONF = """
hostname = mx.example.org
authserv_id = mx.example.org
store = %(dir)s/store/assay.db
threads = 3
why.keep = 40
milter "in" {{ listen = unix:%(dir)s/in.sock }}
milter "sealing" {{ listen = unix:%(dir)s/sealing.sock  direction = in }}
milter "strict" {{ listen = unix:%(dir)s/strict.sock  direction = in }}
milter "dry" {{ listen = unix:%(dir)s/dry.sock  direction = in }}
policy "sealed" {{ when.listener = sealing  dmarc.reject = accept }}
policy "strict" {{ when.listener = strict, dry  dmarc.reject = reject  spf.fail = reject }}
policy "dry" {{ parent = strict  when.listener = dry  enforce = no }}
policy "wary" {{ when.sender = broken.example  temperror.action = defer }}
key "s1" {{ selector = s1  file = {rsa} }}
key "e1" {{ selector = e1  file = {ed}  algorithm = ed25519 }}
key "gone" {{ selector = gone  domain = lost.example  file = {rsa} }}
sign "shop.example" {{ key = s1, e1 }}
sign "lost.example" {{ key = gone }}
sign "boss@user.example" {{ key = s1  user = boss }}
forwarder "university" {{ client = 192.0.2.99  note = "alumni mail" }}
"""


class Site:
    """assayd with its names and keys, and a client for each of its milters."""

    def __init__(self, rig):
        self.rig = rig
        rsa, rsa_record = rig.key("rsa")
        ed, ed_record = rig.key("ed", "ed25519")
        rig.folder("store")
        rig.resolver({
            "shop.example": ['TXT "v=spf1 ip4:192.0.2.7 -all"'],
            "_dmarc.shop.example": ['TXT "v=DMARC1; p=reject"'],
            "s1._domainkey.shop.example": [rsa_record],
            "e1._domainkey.shop.example": [ed_record],
            "s1._domainkey.user.example": [rsa_record],
            "mail.shop.example": ["A 192.0.2.7"],
            "7.2.0.192.in-addr.arpa": ["PTR mail.shop.example."],
            "_dmarc.news.example": ['TXT "v=DMARC1; p=quarantine"'],
        }, refused=["broken.example"])
        self.conf = CONF.format(rsa=rsa, ed=ed)
        rig.assayd(self.conf)

    def milter(self, name="in", **client):
        return Milter(f"{self.rig.dir}/{name}.sock", **client)

    @property
    def control(self):
        return f"{self.rig.dir}/assayd.control"

    def assay(self, *words, status=None):
        """Run assay with these words. \\return its output"""
        done = subprocess.run([BUILD / "assay", *words], capture_output=True, text=True, check=False, timeout=120,
                              env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "COLUMNS": "120",
                                   **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")}})
        if status is not None:
            same(done.returncode, status, f"{words}\n{done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def ask(self, *words, status=None):
        """Run a command that asks the daemon."""
        return self.assay(words[0], "--control", self.control, *words[1:], status=status)

    def raw(self, octets):
        """Send octets to the control socket. \\return what comes until it is closed, or silent for a while"""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(2)
            s.connect(self.control)
            got = b""
            try:
                s.sendall(octets)
                while piece := s.recv(65536):
                    got += piece
            except (TimeoutError, ConnectionError):
                pass
            return got


def message(subject="Hello", author="al@shop.example", number=1):
    """A message, and its Message-ID."""
    name = f"{number}.{subject.replace(' ', '.')}@mail.example"
    return MESSAGE.format(author=author, subject=subject, id=name).encode(), name


# -- a verdict of the daemon is the verdict of its case ---------------------------------------------------------------

def edits_of(value):
    """The edits of a line of JSON as the milter is told them."""
    return [(e["action"], e["index"], e["name"], e.get("value", "").replace("\r\n", "\n")) for e in value["edits"]]


def replay(site, queue_id, done, folder):
    """The case of a message gives what the mail server was told, and so does the case run as a case."""
    kept = Path(folder) / f"{queue_id}.case"
    out, err = site.ask("why", "--json", "--record", kept, queue_id)
    same(err, "", queue_id)
    value = valid(out, "why")
    valid(out)
    what = value["disposition"]
    if what["action"] in ("reject", "defer"):
        same(done["reply"].replace("\r\n", "\n"), f"y{what['code']} {what['enhanced']} {what['text']}", queue_id)
        same(done["edits"], [], queue_id)
    else:
        same(done["reply"], "d" if what["action"] == "discard" else "c", queue_id)
        same(edits_of(value), done["edits"], queue_id)
    inserted = [v for action, _, name, v in done["edits"] if action == "insert" and name == "Authentication-Results"]
    for text in inserted:
        same(value["authentication_results"].replace("\r\n", "\n"), text, queue_id)
    case, _ = site.assay("case", "--strict", "--json", kept, status=0)
    same(json.loads(case)["checks"], value["checks"], queue_id)
    return value


@test
def a_verdict_of_the_daemon_is_that_of_its_case(site):
    """Inbound by several policies, dry, overridden, deferred and remembered, outbound signed and not."""
    good, forged = message("pass")[0], message("forged")[0]
    utf8 = MESSAGE.format(author="al@shop.example", subject="Grüße 📧", id="u@mail.example").encode()
    lists = b"Authentication-Results: mx.example.org; dkim=pass header.d=bank.example\n" + message("forged field")[0]
    spy = {"client": "198.51.100.9", "helo": "spy.example"}
    rows = [
        # queue id, milter, client, message, envelope, action, what else the case says
        ("P1", "in", {}, good, {"mail_from": "al@shop.example"}, "accept", {}),
        ("P2", "in", spy, forged, {"mail_from": "al@shop.example"}, None, {}),
        ("P3", "strict", spy, forged, {"mail_from": "al@shop.example"}, "reject", {}),
        ("P4", "dry", spy, forged, {"mail_from": "al@shop.example"}, "accept", {"would": "reject"}),
        ("P5", "sealing", spy, forged, {"mail_from": "al@shop.example"}, "accept", {}),
        ("P6", "in", {"client": "192.0.2.99", "helo": "uni.example"}, forged, {"mail_from": "al@shop.example"}, "accept",
         {"override": "forwarder"}),
        ("P7", "in", spy, message("broken", "x@broken.example")[0], {"mail_from": "x@broken.example"}, "defer", {}),
        ("P8", "in", spy, message("broken", "x@broken.example", 2)[0], {"mail_from": "x@broken.example"}, "defer", {}),
        ("P9", "in", {}, utf8, {"mail_from": "al@shop.example", "to": ("b@example.org", "c@example.org")}, "accept", {}),
        ("P10", "in", {}, lists, {"mail_from": ""}, None, {}),
        ("P11", "in", {"client": "2001:db8::9", "helo": "x"}, message("news", "n@news.example")[0], {}, None, {}),
        ("P12", "in", {"client": "127.0.0.1", "helo": "localhost"}, good, {"mail_from": "al@shop.example"}, "accept", {}),
        ("P13", "in", {"client": "127.0.0.1", "helo": "localhost"}, utf8, {"mail_from": "al@shop.example"}, "accept", {}),
        ("P14", "in", {"client": "127.0.0.1", "helo": "x"}, message("lost", "a@lost.example")[0], {}, "accept", {}),
        ("P15", "in", spy, message("boss", "boss@user.example")[0], {"user": "boss"}, "accept", {}),
        ("P16", "in", spy, message("clerk", "boss@user.example")[0], {"user": "clerk"}, "accept", {}),
        ("P17", "in", spy, b"Subject: nobody\n\nx\n", {}, None, {}),
    ]
    folder = site.rig.folder("cases")
    for queue_id, name, client, octets, envelope, action, more in rows:
        done = site.milter(name, **client).send(queue_id, octets, **envelope)
        value = replay(site, queue_id, done, folder)
        if action:
            same(value["disposition"]["action"], action, queue_id)
        for key, want in more.items():
            same(value["disposition"].get(key), want, f"{queue_id} {key}")
    signed = json.loads(site.ask("why", "--json", "P12")[0])
    same([(c["result"], c["properties"]["header.s"]) for c in signed["checks"]], [("signed", "s1"), ("signed", "e1")])
    assert re.search(r"^\[recall\]", (Path(folder) / "P8.case").read_text(), re.M), "the second one remembers the first"


@test
def sealed_mail_replays_too(site):
    """With a seal block, the seal is made of the same signature."""
    rig = site.rig
    rig.assayd(site.conf.replace("sealing", "sealing2").replace("/in.sock", "/in2.sock").replace("/strict", "/strict2")
               .replace("/dry", "/dry2").replace("/store/assay.db", "/store/second.db")
               + 'seal { key = s1  domain = shop.example }\n', name="second")
    other = Site.__new__(Site)
    other.rig, other.conf = rig, ""
    done = Milter(f"{rig.dir}/in2.sock").send("S1", message("sealed")[0], mail_from="al@shop.example")
    names = [name for _, _, name, _ in done["edits"]]
    assert "ARC-Seal" in names and "ARC-Message-Signature" in names, done
    second = Second(site)
    value = replay(second, "S1", done, rig.folder("cases"))
    same([c["result"] for c in value["checks"] if c["method"] == "seal"], ["sealed"])
    has(second.ask("why", "S1")[0], "seal sealed shop.example, key s1")


class Second(Site):
    """The other daemon of the test above."""

    def __init__(self, site):
        self.rig = site.rig

    @property
    def control(self):
        return f"{self.rig.dir}/second.control"


# -- assay why ---------------------------------------------------------------------------------------------------------

@test
def why_shows_what_verify_shows(site):
    octets, name = message("why")
    site.milter().send("W1", octets, mail_from="al@shop.example")
    out, _ = site.ask("why", "W1", status=0)
    has(out, 'W1 "why" from al@shop.example, from the client 192.0.2.7, 20', "SPF pass", "DMARC pass", "rDNS pass",
        "accept")
    for word in (name, f"<{name}>"):
        has(site.ask("why", word, status=0)[0], '"why" from al@shop.example')
    has(site.ask("why", "--explain", "W1", status=0)[0], "RFC 7208", "RFC 9989", "TXT _dmarc.shop.example")
    same(json.loads(site.ask("why", "--json", "W1", status=0)[0])["subject"], "why")


@test
def why_of_sent_mail_tells_which_keys_signed(site):
    site.milter(client="127.0.0.1").send("W2", message("sent")[0], mail_from="al@shop.example")
    out, _ = site.ask("why", "W2", status=0)
    has(out, "DKIM signed shop.example, key s1 (rsa-sha256), by the entry shop.example",
        "DKIM signed shop.example, key e1 (ed25519-sha256)", "accept signed by 2 keys.")
    site.milter(client="127.0.0.1").send("W3", message("lost", "a@lost.example")[0])
    has(site.ask("why", "W3", status=1)[0], "DKIM skipped", "accept not signed")
    site.milter(client="127.0.0.1").send("W4", message("other", "a@other.example")[0])
    has(site.ask("why", "W4", status=1)[0], "no entry of sign.table matches")


@test
def the_newest_of_an_id_is_found_whichever_worker_has_it(site):
    for number in range(9):  # three workers: each has some
        site.milter().send("SAME", MESSAGE.format(author="al@shop.example", subject=f"n{number}", id="x@y").encode(),
                           mail_from="al@shop.example")
        same(json.loads(site.ask("why", "--json", "SAME")[0])["subject"], f"n{number}")
        same(json.loads(site.ask("why", "--json", "x@y")[0])["subject"], f"n{number}")


@test
def why_alone_lists_the_last_messages(site):
    for number in range(4):
        site.milter().send(f"L{number}", message("list", number=number)[0], mail_from="al@shop.example")
    lines = site.ask("why", "--last", "4", status=0)[0].splitlines()
    same(len(lines), 4)
    for number, line in enumerate(reversed(lines)):
        has(line, f"L{number} in accept shop.example")
        assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ  L", line), line
    values = [valid(line, "why") for line in site.ask("why", "--json", "--last", "2", status=0)[0].splitlines()]
    same([(v["queue_id"], v["direction"], v["disposition"], v["author"]) for v in values],
         [("L3", "in", "accept", "shop.example"), ("L2", "in", "accept", "shop.example")])
    same(len(site.ask("why", "--json", "--last", "1000")[0].splitlines()) <= 3 * 40, True)
    has(site.ask("why", "--last", "0", status=1)[1], "list takes a number, 1 to 1000")


@test
def what_the_daemon_keeps_no_more_is_in_the_store(site):
    site.milter("strict", client="198.51.100.9", helo="spy.example").send("OLD1", message("old")[0],
                                                                        mail_from="al@shop.example")
    for number in range(3 * 40 + 40):  # its worker keeps 40; connections go to any of three
        if number % 20 == 0:
            client = site.milter()
        client.send(f"N{number}", message("new", number=number)[0], mail_from="al@shop.example")
    for _ in range(200):
        out, err = site.ask("why", "OLD1")
        if "This is what the store has of it" in out:
            break
        site.milter().send("MORE", message("more")[0], mail_from="al@shop.example")
    same(err, "")
    has(out, "OLD1 a message from shop.example, MAIL FROM al@shop.example, from the client 198.51.100.9", "SPF fail",
        "DMARC fail", "reject", "The reply was: 550 5.7.1", "the reasoning is not kept any more")
    site.ask("why", "OLD1", status=1)
    same(valid(site.ask("why", "--json", "OLD1", status=1)[0], "why")["queue_id"], "OLD1")
    has(site.ask("why", "--record", f"{site.rig.dir}/old.case", "OLD1", status=66)[1], "not kept any more")
    has(site.ask("why", "NEVER", status=66)[1], "not among the messages that are kept", "no message of that id either")
    out, _ = site.assay("why", "--control", "/nonexistent", "--store", f"{site.rig.dir}/store/assay.db", "OLD1", status=1)
    has(out, "This is what the store has of it")


@test
def without_a_daemon_it_is_said_what_is_missing(site):
    for words in (["why"], ["status"], ["reload"], ["why", "--not-signed", "a@b.example"]):
        out, err = site.assay(words[0], "--control", "/nonexistent.sock", *words[1:], status=66)
        same(out, "", words)
        has(err, "/nonexistent.sock: No such file or directory; assayd does not run, or listens elsewhere")
    has(site.assay("why", "--control", "/nonexistent.sock", "--store", "/nonexistent.db", "X", status=66)[1],
        "assayd does not run", "nor in the store", "/nonexistent.db")


# -- assay why --not-signed -------------------------------------------------------------------------------------------

@test
def not_signed_tells_what_would_become_of_a_message(site):
    rows = [
        # words, status, what is said
        (["al@shop.example"], 0, ["al@shop.example from the client 127.0.0.1, nobody authenticated",
                                  "milter out in (unix:", "the client is in one of the networks of internal",
                                  "DKIM signed shop.example, key s1", "DKIM signed shop.example, key e1",
                                  "signed signed by 2 keys.", "entry 2, shop.example matches"]),
        (["al@shop.example", "--client", "192.0.2.7"], 1,
         ["milter in in (unix:", "nobody is authenticated, and the client is in no network of internal",
          "not signed It would be taken for mail that comes in", "Were it taken for mail that goes out: signed by 2 keys"]),
        (["al@shop.example", "--client", "192.0.2.7", "--user", "al"], 0, ["authenticated as al", "the user is authenticated",
                                                                           "signed signed by 2 keys."]),
        (["boss@user.example", "--user", "clerk"], 1, ["not signed", "boss@user.example", "is for other users"]),
        (["boss@user.example", "--user", "boss"], 0, ["signed signed by s1 of user.example."]),
        (["a@lost.example"], 1, ["DKIM skipped", "key gone", "not signed"]),
        (["a@other.example"], 1, ["no entry of sign.table matches"]),
    ]
    for words, status, pieces in rows:
        out, err = site.ask("why", "--not-signed", *words, status=status)
        same(err, "", words)
        has(out, *pieces)
    value = valid(site.ask("why", "--json", "--not-signed", "al@shop.example", "--explain", status=0)[0], "why")
    same((value["signed"], value["address"], value["client"], value["user"], len(value["checks"])),
         (True, "al@shop.example", "127.0.0.1", "", 2))
    same([(v["name"], v["direction"]) for v in value["listeners"]],
         [("in", "out"), ("sealing", "in"), ("strict", "in"), ("dry", "in")])
    assert value["trace"], value
    has(site.ask("why", "--not-signed", "nobody", status=1)[1], "takes an address")
    has(site.ask("why", "--not-signed", "a@b.example", "--client", "host", status=1)[1], "the client of not-signed")


@test
def a_trial_signature_covers_a_text_of_its_own(site):
    """Who may ask cannot have a message of his own signed."""
    case = f"{site.rig.dir}/trial.case"
    site.ask("why", "--not-signed", "al@shop.example", "--record", case, status=0)
    text = Path(case).read_text()
    has(text, "| Subject: assay why --not-signed", "[digests]")
    site.assay("case", "--strict", case, status=0)


# -- status, reload ----------------------------------------------------------------------------------------------------

@test
def status_tells_how_the_daemon_is(site):
    site.milter(client="127.0.0.1").send("ST", message("status")[0], mail_from="al@shop.example")
    before = valid(site.ask("status", "--json", status=0)[0], "status")
    site.milter().send("ST2", message("status")[0], mail_from="al@shop.example")
    after = json.loads(site.ask("status", "--json", status=0)[0])
    same(after["messages"]["in"], before["messages"]["in"] + 1)
    same(after["messages"]["accept"], before["messages"]["accept"] + 1)
    same(after["store"]["kept"], before["store"]["kept"] + 1)
    same((after["store"]["lost"], after["store"]["error"]), (0, ""))
    same(after["processes"]["threads"], 3)
    for process, name in (("front", "assayd: front"), ("keys", "assayd: keys"), ("master", "assayd")):
        pid = after["processes"][process]
        same(Path(f"/proc/{pid}/comm").read_text().strip(), name)
    same([(v["kind"], v["name"]) for v in after["listeners"]][:4],
         [("milter", "in"), ("milter", "sealing"), ("milter", "strict"), ("milter", "dry")])
    keys = {v["name"]: v for v in after["keys"]}
    same(keys["s1._domainkey.shop.example"]["last"]["result"], "signed")
    same(keys["e1._domainkey.shop.example"]["algorithm"], "ed25519-sha256")
    out, _ = site.ask("status", status=0)
    has(out, "assayd ", "(master)", "(front, 3 threads)", "(keys)", "milter unix:", "in direction auto", "messages",
        "rows, 0 waiting, 0 lost", "questions", "key s1._domainkey.shop.example rsa-sha256 signed 20")
    assert len(out.splitlines()) <= 24, out


@test
def reload_takes_a_good_configuration_and_says_what_is_wrong_with_a_bad_one(site):
    path = Path(site.rig.dir) / "assayd.conf"
    good = path.read_text()
    keys = json.loads(site.ask("status", "--json")[0])["processes"]["keys"]
    same(site.ask("reload", status=0), ("reloaded\n", ""))
    value = json.loads(site.ask("status", "--json")[0])
    same((value["reload"]["result"], value["reload"]["complaints"]), ("taken", ""))
    assert value["processes"]["keys"] != keys, "another keys process answers"
    same(Path(f"/proc/{value['processes']['keys']}/comm").read_text().strip(), "assayd: keys")
    path.write_text(good + "dmarc.rejct = tag\nthreds = 2\n")
    out, err = site.ask("reload", status=1)
    path.write_text(good)
    same(out, "")
    lines = err.splitlines()
    same(len(lines), 2, err)
    for line in lines:
        assert re.match(rf"{re.escape(str(path))}:\d+:\d+: ", line), line
    has(err, "did you mean")
    value = valid(site.ask("status", "--json")[0], "status")
    same(value["reload"]["result"], "refused")
    has(site.ask("status")[0], "reload refused 20", "dmarc.rejct")
    same(site.ask("reload", status=0)[0], "reloaded\n")


@test
def reloads_that_meet_each_get_an_answer(site):
    got = []
    askers = [threading.Thread(target=lambda: got.append(site.raw(b"reload\n"))) for _ in range(8)]
    for asker in askers:
        asker.start()
    os.kill(site.rig.daemon.pid if site.rig.daemon.poll() is None else 0, 0)
    for asker in askers:
        asker.join()
    same(len(got), 8)
    for answer in got:
        assert answer == b"OK 0\n" or b"a reload is under way already" in answer, answer
    assert b"OK 0\n" in got, got


# -- hostile clients ---------------------------------------------------------------------------------------------------

@test
def clients_that_break_the_protocol_cost_one_connection(site):
    assert site.raw(b"version\nversion\n").count(b"OK ") == 2
    same(site.raw(b"x" * 5000 + b"\n"), b"")                                # over the limit: closed
    same(site.raw(b"why " + b"x" * 4000 + b"\n")[:3], b"NO ")
    same(site.raw(b"\0\xff\n")[:3], b"NO ")
    same(site.raw(b"not-signed a@shop.example\nversion\n").count(b"OK"), 0)  # who asks waits
    same(site.raw(b"status")[:1], b"")                                      # no end of line, no answer
    same(site.raw(b"\n" * 3000).count(b"NO "), 3000)
    assert len(site.raw(b"metrics\n" * 20000)) <= 33 << 20                  # cut off where nothing is read
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(site.control)
        silent.sendall(b"why W")
        has(site.ask("status", status=0)[0], "messages")
    for cut in (1, 2, 3):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(site.control)
            for at in range(0, len(b"version\n"), cut):
                s.sendall(b"version\n"[at:at + cut])
                time.sleep(0.01)
            s.settimeout(5)
            same(s.recv(100)[:3], b"OK ")


@test
def askers_that_leave_before_the_answer_do_no_harm(site):
    for octets in (b"not-signed a@shop.example 127.0.0.1\n", b"reload\n", b"not-signed x@broken.example 127.0.0.1\n"):
        for _ in range(20):
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(site.control)
                s.sendall(octets)
    mailrig.wait_for("reloads", lambda: site.raw(b"reload\n") == b"OK 0\n")
    has(site.ask("status", status=0)[0], "messages")
    same(site.rig.daemon.poll(), None)


@test
def a_program_that_is_not_the_daemon_is_found_out(site):
    path = f"{site.rig.dir}/false.sock"
    answers = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"OK 10\nshort", b"OK 99999999999\n", b"", b"OK 3\n[1]", b"OK 5\nhello",
               b"NO -1\n", b"OK 40\n" + b"[expect]\n" * 4 + b"abcd"]
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(64)
    for answer in answers:
        for words in (["why", "X"], ["status"], ["why", "--not-signed", "a@b.example"]):
            thread = threading.Thread(target=serve_one, args=(server, answer))
            thread.start()
            _, err = site.assay(words[0], "--control", path, "--store" if words[0] == "why" else "--color",
                                "/nonexistent.db" if words[0] == "why" else "never", *words[1:], status=66)
            assert err.startswith("assay "), err
            thread.join()
    server.close()


def serve_one(server, answer):
    """Give one client this answer."""
    with server.accept()[0] as client:
        client.recv(4096)
        client.sendall(answer)


# -- running them ------------------------------------------------------------------------------------------------------

def main():
    """Run them all against one daemon."""
    if not (BUILD / "assayd").exists() or not shutil.which("unbound", path="/usr/sbin:/usr/bin:/sbin:/bin"):
        print(f"skipped: {BUILD}/assayd or unbound is not there")
        return 77
    chosen = [t for t in TESTS if not sys.argv[1:] or sys.argv[1] in t.__name__]
    failed = 0
    with mailrig.Rig(build=str(BUILD)) as rig:
        site = Site(rig)
        for function in chosen:
            try:
                function(site)
                print(f"ok - {function.__name__}", flush=True)
            except Exception as why:  # every failure is told, and the others run
                failed += 1
                print(f"not ok - {function.__name__}")
                print("\n".join(f"# {line}" for line in f"{type(why).__name__}: {why}".splitlines()), flush=True)
        for word in ("process ended", "Sanitizer", "runtime error"):
            if word in rig.log("assayd"):
                failed += 1
                print(f"not ok - the log says: {word}")
        if failed:
            print("\n".join(f"# {line}" for line in rig.log("assayd").splitlines()[-15:]))
    print(f"{max(len(chosen) - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
