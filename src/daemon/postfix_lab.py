# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of test_postfix.py share: one Postfix with a port for each filter, assayd with a policy for each, a resolver.

A port of Postfix is called like the milter behind it. Each message has a word of its own in its Message-ID, by which it is
found again where it arrives and in the log.
"""
import base64
import contextlib
import itertools
import json
import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path[:0] = [str(TOP / "tools"), str(TOP / "src/dkim")]

from mailrig import PATIENCE, Missing, Rig, free_port, wait_for  # noqa: E402

TESTS = []
GOOD, BAD = "192.0.2.7", "198.51.100.66"  # the client that shop.example names, and one that it does not
NUMBERS = itertools.count(1)


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


def same(got, want, about=""):
    """They are equal, or both are shown."""
    assert got == want, f"{about}\n  wanted: {repr(want)[:1500]}\n  got:    {repr(got)[:1500]}"


def has(text, *pieces):
    """All pieces stand in the text."""
    for piece in pieces:
        assert piece in text, f"\n  wanted: {piece!r}\n  in:     {repr(text)[:3000]}"


def lacks(text, *pieces):
    """No piece stands in the text."""
    for piece in pieces:
        assert piece not in text, f"\n  not wanted: {piece!r}\n  in:         {text!r}"


# -- messages ------------------------------------------------------------------------------------------------------

def token():
    """A word that no other message has."""
    return f"t{os.getpid()}x{next(NUMBERS)}x"


def message(author, word, fields=b"", body=b"Hello.\r\n"):
    """A message; more fields stand on top."""
    return (fields + f"From: {author}\r\nTo: bob@example.net\r\nSubject: {word}\r\nDate: Sun, 29 Nov 2026 10:00:00 +0000\r\n"
            f"Message-ID: <{word}@test.example>\r\nMIME-Version: 1.0\r\n\r\n".encode() + body)


@dataclass
class Mail:
    """A message that arrived."""
    sender: str
    recipients: list
    data: bytes

    @property
    def header(self):
        """Its header, as text."""
        return self.data.split(b"\r\n\r\n", 1)[0].decode("utf-8", "surrogateescape")

    @property
    def body(self):
        """What is behind it."""
        return self.data.partition(b"\r\n\r\n")[2]

    def all(self, name):
        """The values of all fields of a name, unfolded, from the top."""
        return [re.sub(r"\r\n(?=[ \t])", "", field).partition(":")[2].strip()
                for field in re.split(r"\r\n(?![ \t])", self.header) if field.lower().startswith(name.lower() + ":")]

    def results(self):
        """Our Authentication-Results: the one on top."""
        found = self.all("Authentication-Results")
        assert found, f"no Authentication-Results in\n{self.header}"
        return found[0]


# -- the lab -------------------------------------------------------------------------------------------------------

class Lab(Rig):
    """The programs, and what became of messages."""

    def send(self, message, service="smtp", **more):  # pylint: disable=arguments-renamed
        """Send a message by the port of that name. \\return (code, text) of the last reply"""
        return super().send(self.ports[service], message, **{"client": BAD, "helo": "client.example", **more})

    def got(self, word, seconds=PATIENCE, recipient=None):
        """The message with that word, once it has arrived, for that recipient or anybody."""
        def found():
            with self.sink.lock:
                return [Mail(*mail) for mail in self.sink.mails
                        if word.encode() in mail[2] and (not recipient or recipient in mail[1])]
        wait_for(f"the message {word}", found, seconds)
        return found()[0]

    def has_not(self, word):
        """No such message has arrived."""
        with self.sink.lock:
            return not any(word.encode() in mail[2] for mail in self.sink.mails)

    def passed(self, service="smtp", author="Ann <a@shop.example>", fields=b"", body=b"Hello.\r\n", **more):
        """Send a message that has to be taken. \\return what arrives"""
        word = token()
        same(self.send(message(author, word, fields, body), service, **{"mail_from": "a@shop.example", **more})[0], 250)
        return self.got(word)

    def events(self, word, name="assayd"):
        """The events of the log about that message."""
        lines = [line for line in self.log(name).splitlines() if word in line and line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == "message" and word in event.get("message_id", "")]

    def event(self, word, name="assayd"):
        """Its only event."""
        wait_for(f"the event of {word}", lambda: self.events(word, name))
        found = self.events(word, name)
        same(len(found), 1, "events of one message")
        return found[0]

    def control(self, name, line):
        """Ask the control socket of an assayd. \\return (OK or NO, text)"""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(f"{self.dir}/{name}.control")
            s.sendall(line.encode() + b"\n")
            stream = s.makefile("rb")
            word, length = stream.readline().split()
            return word.decode(), stream.read(int(length)).decode()

    def count(self, name, metric):
        """A count of an assayd."""
        return int(re.search(rf"^{re.escape(metric)} (\d+)$", self.control(name, "metrics")[1], re.M).group(1))

    @contextlib.contextmanager
    def session(self, service="smtp", client=BAD, helo="client.example", name=None):
        """A session of SMTP by a port; a client of None is this host."""
        with smtplib.SMTP("127.0.0.1", self.ports[service], timeout=PATIENCE) as smtp:
            smtp.ehlo(helo)
            if client:
                smtp.docmd("XCLIENT", f"ADDR={client} NAME={name or '[UNAVAILABLE]'} HELO={helo}")
                smtp.ehlo(helo)
            yield smtp

    def verify_all(self, messages):
        """What `assay verify` says of each, by the resolver here."""
        paths = [f"{self.folder('verify')}/{i}.eml" for i in range(len(messages))]
        for path, data in zip(paths, messages):
            Path(path).write_bytes(data)
        done = subprocess.run([f"{self.build}/assay", "verify", "--json", "--resolver", f"127.0.0.1@{self.dns_port}", *paths],
                              capture_output=True, text=True, check=False, timeout=60)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        same([one["file"] for one in found], paths, f"assay verify: {done.returncode} {done.stderr}")
        return found

    def verify(self, data):
        """What it says of one."""
        return self.verify_all([data])[0]

    def checks(self, data, method):
        """(result, reason) of the checks of that method."""
        return [(check["result"], check["reason"]) for check in self.verify(data)["checks"] if check["method"] == method]

    def tool(self, *words, **more):
        """Run assay. \\return its standard output"""
        done = subprocess.run([f"{self.build}/assay", *words], capture_output=True, text=True, check=False, timeout=60, **more)
        same(done.returncode, 0, f"assay {words}: {done.stderr}")
        return done.stdout


def front_of(process):
    """The process id of the front of an assayd."""
    for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split():
        if Path(f"/proc/{child}/comm").read_text(encoding="utf-8").strip() == "assayd: front":
            return int(child)
    raise AssertionError("there is no front process")


def memory_of(pid, what="VmRSS"):
    """KiB of memory that a process has."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(rf"{what}:\s+(\d+)", text).group(1))


class Users:
    """A Dovecot that knows one user, as far as Postfix asks it (its authentication protocol 1.1)."""

    def __init__(self, path, user, password):
        self.answer = (user, password)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.talk, args=(self.socket.accept()[0],), daemon=True).start()

    def talk(self, connection):
        """One smtpd."""
        stream = connection.makefile("rwb")
        stream.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
        stream.flush()
        for line in stream:
            words = line.decode().strip().split("\t")
            if words[0] == "AUTH":
                given = next(word for word in words if word.startswith("resp="))[5:]
                _, user, password = base64.b64decode(given).decode().split("\0")
                good = (user, password) == self.answer
                stream.write(f"OK\t{words[1]}\tuser={user}\n".encode() if good else f"FAIL\t{words[1]}\tuser={user}\n".encode())
                stream.flush()
