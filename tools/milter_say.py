#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Say one message to a milter, as a mail server would: tools/milter_say.py HOST:PORT|/PATH. Prints what it is told.

    reply, edits = say("127.0.0.1:8894", client="192.0.2.7", header=[("From", "a@shop.example")])
"""
import socket
import struct
import sys

ACTIONS, STEPS = 0x1ff, 0  # all that a mail server may allow; every step is spoken, every reply waited for
OVER = b"acrtdy4"  # replies that end a message


def connect(where):
    """A connection to HOST:PORT or /PATH."""
    if where.startswith("/"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        s.connect(where)
        return s
    host, port = where.rsplit(":", 1)
    return socket.create_connection((host, int(port)), 30)


class Milter:
    """A connection on which packets go out and come in."""

    def __init__(self, where):
        self.socket = connect(where)

    def send(self, command, data=b""):
        """One packet."""
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def receive(self):
        """One packet: (command, data)."""
        def exactly(n):
            octets = b""
            while len(octets) < n:
                more = self.socket.recv(n - len(octets))
                if not more:
                    raise EOFError("the milter has closed the connection")
                octets += more
            return octets
        n = struct.unpack(">I", exactly(4))[0]
        packet = exactly(n)
        return packet[:1], packet[1:]

    def ask(self, command, data=b""):
        """A packet and its reply."""
        self.send(command, data)
        return self.receive()


def say(where, client="192.0.2.7", helo="mail.shop.example", mail_from="a@shop.example", to=("b@example.org",), header=(),
        body=b"Hello.\r\n", queue_id="4Zqueue"):
    """Say a message. \\return the reply, (command, data), and the edits before it"""
    def z(*texts):
        return b"".join(t.encode() + b"\0" for t in texts)
    milter = Milter(where)
    command, _ = milter.ask(b"O", struct.pack(">III", 6, ACTIONS, STEPS))
    assert command == b"O", command
    for step, data in ((b"C", z(helo) + b"4" + struct.pack(">H", 25) + z(client)), (b"H", z(helo)), (b"M", z(f"<{mail_from}>")),
                       *((b"R", z(f"<{address}>")) for address in to),
                       *((b"L", z(name, value)) for name, value in header), (b"N", b""), (b"B", body)):
        if step == b"M":
            milter.send(b"D", b"M" + z("i", queue_id))
        command, _ = milter.ask(step, data)
        assert command in b"cs", (step, command)
    edits = []
    command, data = milter.ask(b"E")
    while command not in OVER:
        if command != b"p":
            edits.append((command, data))
        command, data = milter.receive()
    milter.send(b"Q")
    milter.socket.close()
    return (command, data), edits


def main():
    """The command."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    fields = [("From", "Ann <a@shop.example>"), ("To", "b@example.org"), ("Subject", "hello"), ("Message-ID", "<1@shop.example>")]
    (command, data), edits = say(sys.argv[1], header=fields)
    for edit, text in edits:
        print(edit.decode(), text.replace(b"\0", b" ").decode("utf-8", "replace"))
    print("reply", command.decode(), data.decode("utf-8", "replace"))
    return 0 if command in b"ca" and any(b"Authentication-Results" in text for _, text in edits) else 1


if __name__ == "__main__":
    sys.exit(main())
