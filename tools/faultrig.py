# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of faults need beside tools/mailrig.py: a DNS server that fails as it is told, and an MTA's side of a milter.

    names = Names({("good.example", "TXT"): [b"v=spf1 -all"]})
    names.delay = 3                 answers take 3 s; None: none comes
    mta = Mta("/run/milter.sock")   negotiates
    mta.message(Mail(...))          -> Answer
"""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

TYPES = {1: "A", 2: "NS", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA"}


# -- DNS -----------------------------------------------------------------------------------------------------


class Names:
    """A DNS server on a port of the loopback; nothing it says may be kept."""

    def __init__(self, records):
        self.records = records  # (name, type) -> [RDATA; a TXT as its text]
        self.names = {name for name, _ in records}
        self.delay = 0.0
        self.socket, self.port = None, 0
        self.start()

    def start(self):
        """Listen, at the same port as before."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, args=(self.socket,), daemon=True).start()

    def stop(self):
        """Be gone."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def serve(self, sock):
        with contextlib.suppress(OSError):
            while True:
                query, client = sock.recvfrom(4096)
                if len(query) < 17: # the socket was shut down
                    return
                if self.delay is None:
                    continue
                if self.delay:
                    timer = threading.Timer(self.delay, self.reply, (sock, query, client))
                    timer.daemon = True
                    timer.start()
                else:
                    self.reply(sock, query, client)

    def reply(self, sock, query, client):
        with contextlib.suppress(OSError):
            sock.sendto(self.answer(query), client)

    def answer(self, query):
        """The answer to a query."""
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1").lower())
            at += 1 + query[at]
        name, rrtype = ".".join(labels), TYPES.get(struct.unpack_from("!H", query, at + 1)[0], "?")
        records = self.records.get((name, rrtype), [])
        known = not name or name in self.names or any(other.endswith("." + name) for other in self.names)
        head = struct.pack("!2sHHHHH", query[:2], 0x8180 | (0 if known else 3), 1, len(records), 0 if records else 1, 0)
        body = b"".join(b"\xc0\x0c" + query[at + 1:at + 5] + struct.pack("!IH", 0, len(data)) + data
                        for data in map(rdata_of(rrtype), records))
        soa = b"\0" + struct.pack("!HHIH", 6, 1, 0, 22) + b"\0\0" + struct.pack("!IIIII", 1, 3600, 600, 86400, 0)
        return head + query[12:at + 5] + (body if records else soa)


def rdata_of(rrtype):
    """Makes RDATA of a record as Names has it."""
    if rrtype != "TXT":
        return bytes
    return lambda text: b"".join(bytes([len(text[i:i + 255])]) + text[i:i + 255] for i in range(0, len(text), 255))


# -- the MTA -------------------------------------------------------------------------------------------------


@dataclass
class Mail:
    """A message with its envelope."""
    octets: bytes
    client: str = "203.0.113.9"
    helo: str = "client.example"
    mail_from: str = ""
    recipients: tuple = ("b@example.org",)
    user: str = ""

    def fields(self):
        """(name, value) of each field, and the body."""
        header, _, body = self.octets.replace(b"\r\n", b"\n").partition(b"\n\n")
        fields = []
        for line in header.split(b"\n"):
            if line[:1] in b" \t" and fields:
                fields[-1][1] += b"\n" + line
            else:
                name, _, value = line.partition(b":")
                fields.append([name, value])
        return fields, body.replace(b"\n", b"\r\n")


@dataclass
class Answer:
    """What a filter said: accept, quarantine, reject, defer (with words), tempfail, discard; None: it hung up."""
    what: str = None
    text: str = ""
    edits: list = field(default_factory=list)  # (letter, octets)

    def has(self, name):
        """A field of this name is put into the message."""
        return any(letter == "i" and data[4:].split(b"\0")[0].lower() == name.lower().encode() for letter, data in self.edits)


def packet(command, data=b""):
    """A packet of the milter protocol."""
    return struct.pack("!I", len(data) + 1) + command.encode() + data


class Mta:
    """One connection. It writes a message at once, as a filter that wants no replies but the last allows."""

    def __init__(self, path, patience=40):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(patience)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")
        self.send(packet("O", struct.pack("!III", 6, 0x1ff, 0x1fffff)))
        self.steps = struct.unpack("!III", self.read()[1][:12])[2]
        if self.steps & 0xcf080 != 0xcf080:
            raise RuntimeError(f"the filter wants replies: {self.steps:#x}")

    def send(self, octets):
        self.socket.sendall(octets)

    def read(self):
        """(letter, data) of the next packet; (None, b""): there is none."""
        head = self.stream.read(4)
        if len(head) < 4:
            return None, b""
        body = self.stream.read(struct.unpack("!I", head)[0])
        return body[:1].decode("latin-1"), body[1:]

    def message(self, mail, queue_id):
        """Send a message and wait for what becomes of it."""
        macro = packet("D", b"Mi\0" + queue_id.encode() + b"\0" +
                       (b"{auth_authen}\0" + mail.user.encode() + b"\0" if mail.user else b""))
        fields, body = mail.fields()
        out = [packet("C", b"client.example\0" + b"4" + struct.pack("!H", 4711) + mail.client.encode() + b"\0"),
               packet("H", mail.helo.encode() + b"\0"), macro, packet("M", f"<{mail.mail_from}>\0".encode())]
        out += [packet("R", f"<{to}>\0".encode()) for to in mail.recipients]
        out += [packet("L", name + b"\0" + value + b"\0") for name, value in fields] + [packet("N")]
        out += [packet("B", body[i:i + 65535]) for i in range(0, len(body), 65535)] + [packet("E")]
        try:
            self.send(b"".join(out))
            answer = self.reply()
            if answer.what:
                self.send(packet("A"))
        except (OSError, ValueError):
            return Answer()
        return answer

    def reply(self):
        """The final reply, with the edits before it."""
        answer = Answer()
        while True:
            letter, data = self.read()
            if letter is None:
                return Answer()
            if letter in "cadrt":
                answer.what = {"c": "accept", "a": "accept", "d": "discard", "r": "reject", "t": "tempfail"}[letter]
                if answer.what == "accept" and answer.has("Assay-Disposition"):
                    answer.what = "quarantine"
                return answer
            if letter == "y":
                answer.text = data.rstrip(b"\0").decode("utf-8", "replace")
                answer.what = "reject" if data[:1] == b"5" else "defer"
                return answer
            if letter != "p":
                answer.edits.append((letter, data))

    def close(self):
        with contextlib.suppress(OSError):
            self.send(packet("Q"))
        self.stream.close()
        self.socket.close()


# -- load ----------------------------------------------------------------------------------------------------


@dataclass
class Sent:
    """One message that was sent, and what came of it."""
    queue_id: str
    kind: str
    answer: Answer
    began: float
    ended: float


class Load:
    """Threads that send messages, one after the other, until they are stopped."""

    def __init__(self, kinds, threads=6, patience=40):
        self.kinds = kinds  # name -> (socket path, Mail)
        self.patience = patience
        self.sent, self.lock = [], threading.Lock()
        self.count, self.over = 0, False
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        for thread in self.threads:
            thread.join(60)

    def next(self):
        """The kind and the queue id of the next message."""
        with self.lock:
            self.count += 1
            return sorted(self.kinds)[self.count % len(self.kinds)], f"4F{self.count:08d}"

    def run(self):
        mtas = {}
        while not self.over:
            self.one(mtas, *self.next())
        for mta in mtas.values():
            mta.close()

    def one(self, mtas, kind, queue_id):
        """Send one; a connection that broke is opened anew for the next."""
        path, mail = self.kinds[kind]
        began = time.monotonic()
        try:
            mta = mtas.get(path) or Mta(path, self.patience)
            mtas[path] = mta
            answer = mta.message(mail, queue_id)
        except (OSError, struct.error, IndexError):
            answer = Answer()
            time.sleep(0.02)
        with self.lock:
            self.sent.append(Sent(queue_id, kind, answer, began, time.monotonic()))
        if not answer.what:
            gone = mtas.pop(path, None)
            if gone:
                gone.close()
