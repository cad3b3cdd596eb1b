#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The check service of a running assayd, asked over its socket by clients that behave and that do not.

Prints `N passed, N failed`.
"""
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
from mailrig import Missing, PATIENCE, Rig, wait_for  # noqa: E402

NAMES = {"good.example": ['TXT "v=spf1 ip4:192.0.2.7 -all"'], "_dmarc.good.example": ['TXT "v=DMARC1; p=reject"'],
         "_dmarc.strict.example": ['TXT "v=DMARC1; p=reject"'], "strict.example": ["A 192.0.2.1"],
         "7.2.0.192.in-addr.arpa": ["PTR good.example"]}
TESTS = []


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


class Lab:
    """assayd with two check services: one as usual, one with little patience and little room."""

    def __init__(self, rig):
        self.rig = rig
        key, record = rig.key("s1")
        rig.resolver({**NAMES, "s1._domainkey.home.example": [record]})
        self.spool, store = rig.folder("spool", 0o755), rig.folder("store")
        common = f"""
            authserv_id = mx.example.org
            internal = 127.0.0.1
            threads = 2
            resolver.timeout = 1s
            key "main" {{ selector = s1  file = {key} }}
            sign "home.example" {{ key = main }}
            policy "gate" {{ when.listener = gate  dmarc.reject = tag }}
            """
        rig.assayd(common + f"""
            store = {store}/assay.db
            check {{ listen = unix:{rig.dir}/check.sock  mode = 0666  spool = {self.spool} }}
            """)
        rig.assayd(common + f"""
            max_connections = 2
            message_timeout = 10s
            header_bytes = 16k
            header_count = 32
            check {{ listen = unix:{rig.dir}/small.sock  mode = 0666 }}
            """, name="small")

    def connect(self, name="check"):
        """A connection."""
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(f"{self.rig.dir}/{name}.sock")
        return s

    def ask(self, request, name="check", cut=None, shut=False):
        """Send a request, whole or in pieces. \\return what ${extract} would find, or {} when nothing came"""
        with self.connect(name) as s:
            for i in range(0, len(request), cut or len(request)):
                s.sendall(request[i:i + (cut or len(request))])
            if shut:
                s.shutdown(socket.SHUT_WR)
            return read_reply(s)

    def body(self, name, text):
        """A body as Exim spools it. \\return its path"""
        path = f"{self.spool}/{name}"
        with open(path, "wb") as file:
            file.write(name.encode() + b"\n" + text)
        os.chmod(path, 0o644)
        return path

    def row(self, queue):
        """The row of a message in the store, as JSON text, or None."""
        done = subprocess.run([f"{self.rig.build}/assay", "store", "export", f"{self.rig.dir}/store/assay.db"],
                              capture_output=True, text=True, check=False)
        return next((line for line in done.stdout.splitlines() if f'"{queue}"' in line), None)


def read_reply(s):
    """{key: value} of a reply."""
    got = b""
    while piece := s.recv(65536):
        got += piece
    text = got.decode("utf-8", "replace")
    assert not text or (text.endswith("\n") and text.count("\n") == 1), text
    pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', text)
    assert text.strip() == " ".join(f'{key}="{value}"' for key, value in pairs), text
    return {key: re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], value) for key, value in pairs}


def request(author="a@good.example", header=None, body=b"hello\n", spool=None, **more):
    """A request, as octets."""
    header = header if header is not None else f"From: <{author}>\nSubject: hi\n".encode()
    lines = {"ip": "192.0.2.7", "helo": "good.example", "from": f'"{author}"', "to": '"b@example.org"', **more}
    head = "".join(f"{name.rstrip('_')}={value}\n" for name, value in lines.items() if value is not None).encode()
    tail = f"spool={spool}\n".encode() if spool else b"body=%d\n%s" % (len(body), body)
    return head + b"header=%d\n" % len(header) + header + tail + b"\n"


@test
def a_message_is_judged_and_kept_like_any_other(lab):
    reply = lab.ask(request(queue="q-1"))
    assert reply["verdict"] == "accept" and "spf=pass" in reply["authres"] and "\n" not in reply["authres"], reply
    assert reply["add"].startswith(":at_start:Authentication-Results: mx.example.org;") and reply["remove"] == "", reply
    wait_for("its row", lambda: lab.row("q-1"))
    line = next(line for line in lab.rig.log("assayd").splitlines() if "queue_id=q-1 " in line)
    assert "disposition=accept" in line and "listener=check" in line and "recipients=1" in line, line
    control = talk(lab, b"why q-1\n")
    assert control.startswith(b"OK ") and b"good.example" in control, control
    metrics = talk(lab, b"metrics\n")
    assert b'assay_messages_total{direction="in"} 1\n' in metrics, metrics


def talk(lab, line):
    """Ask the control socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(PATIENCE)
        s.connect(f"{lab.rig.dir}/assayd.control")
        s.sendall(line)
        s.shutdown(socket.SHUT_WR)
        got = b""
        while piece := s.recv(65536):
            got += piece
        return got


@test
def one_octet_at_a_time_gives_the_same(lab):
    path = lab.body("octets-D", b"hello\n")
    for what in (request("a@strict.example"), request("a@good.example", spool=path), request("me@home.example", ip="127.0.0.1")):
        whole, cut = lab.ask(what), lab.ask(what, cut=1)
        assert {**whole, "add": ""} == {**cut, "add": ""} and whole["verdict"] in ("reject", "accept"), (whole, cut)


@test
def a_client_that_has_said_all_still_gets_its_answer(lab):
    path = lab.body("half-D", b"x" * (1 << 20) + b"\n")
    assert lab.ask(request(), shut=True)["verdict"] == "accept"
    assert lab.ask(request("a@slow.test", spool=path), shut=True)["verdict"] in ("accept", "defer")
    assert lab.ask(request()[:-1], shut=True) == {}  # it never ended


@test
def a_rejection_has_its_reply(lab):
    reply = lab.ask(request("a@strict.example"))
    assert reply["verdict"] == "reject" and reply["code"] == "550" and reply["enhanced"] == "5.7.1", reply
    assert reply["reply"] == f'550 5.7.1 {reply["text"]}' and reply["add"] == "", reply


@test
def forged_fields_go_and_others_of_their_name_come_back(lab):
    header = (b"Authentication-Results: mx.example.org; spf=pass\nFrom: <a@good.example>\n"
              b"Authentication-Results: other; dkim=none\n\t(as I say)\nauthentication-results: MX.example.org; dmarc=pass\n")
    reply = lab.ask(request(header=header))
    assert reply["remove"].lower() == "authentication-results", reply
    assert reply["add"].startswith("Authentication-Results: other; dkim=none\n\t(as I say)\n:at_start:"), reply


@test
def who_sends_decides_whether_it_is_signed(lab):
    signed = [lab.ask(request("me@home.example", **more)) for more in
              ({"ip": "127.0.0.1"}, {"ip": ""}, {"user": "me"}, {"direction": "out"})]
    for reply in signed:
        assert ":at_start:DKIM-Signature: " in reply["add"] and reply["authres"] == "", reply
    for more in ({}, {"direction": "in", "user": "me"}, {"user": '""'}):
        assert "DKIM-Signature" not in lab.ask(request("me@home.example", **more))["add"], more


@test
def lf_and_crlf_are_signed_alike(lab):
    header, body = b"From: <me@home.example>\nSubject: hi\n there\n", b"a \n\n.\nb\n\n\n"
    for text in (body, body.replace(b"\n", b"\r\n")):
        reply = lab.ask(request("me@home.example", header=header, body=text, ip="127.0.0.1"))
        message = reply["add"].replace(":at_start:", "").encode() + header + b"\n" + body
        done = subprocess.run([f"{lab.rig.build}/assay", "verify", "--ar", "--no-guess", "--resolver",
                               f"127.0.0.1@{lab.rig.dns_port}"], input=message, capture_output=True, check=False)
        assert b"dkim=pass" in done.stdout, (done.stdout, message)


@test
def the_listener_that_is_named_has_its_policy(lab):
    assert lab.ask(request("a@strict.example", listener="gate"))["verdict"] == "tag"


@test
def only_bodies_of_the_spool_are_opened(lab):
    os.symlink("/etc/passwd", f"{lab.spool}/passwd-D")
    os.mkfifo(f"{lab.spool}/fifo-D")
    lab.body("mine-D", b"x\n")
    os.chmod(f"{lab.spool}/mine-D", 0)
    for path, why in (("/etc/passwd", "not below"), (f"{lab.spool}/passwd-D", "symbolic link"),
                      (f"{lab.spool}/../assayd.conf", "Invalid"), (f"{lab.spool}/fifo-D", "no regular file"),
                      (f"{lab.spool}/none-D", "No such file"), (f"{lab.spool}/mine-D", "Permission denied")):
        reply = lab.ask(request(spool=path))
        assert reply["verdict"] == "defer" and why in reply["text"], (path, reply)
    reply = lab.ask(request(spool="/etc/passwd"), name="small")
    assert reply["verdict"] == "defer" and "check.spool" in reply["text"], reply


@test
def what_is_no_request_is_answered_and_logged(lab):
    for text, why in ((b"GET / HTTP/1.1\r\n", "NAME=VALUE"), (b"ip=x\n", "no address"), (b"\n", "ip is missing"),
                      (b"\0\xff=\n", "no such name"), (b"to=" + b"x" * 300000, "too long")):
        reply = lab.ask(text)
        assert reply["verdict"] == "defer" and why in reply["reply"], reply
    assert "a request is refused: line 1: ip" in lab.rig.log("assayd"), lab.rig.log("assayd")


@test
def a_header_over_a_limit_is_refused_for_good(lab):
    for header in (b"X: " + b"x" * 20000 + b"\n", b"X: y\n" * 40):
        reply = lab.ask(request(header=header), name="small")
        assert reply["verdict"] == "reject" and reply["code"] == "552", reply


@test
def too_many_connections_are_told_at_once(lab):
    with lab.connect("small"), lab.connect("small"):
        time.sleep(0.2)
        reply = lab.ask(request(), name="small")
        assert reply["verdict"] == "defer" and "too many" in reply["text"], reply
    wait_for("room again", lambda: lab.ask(request(), name="small")["verdict"] == "accept")


@test
def a_request_that_takes_too_long_is_ended(lab):
    with lab.connect("small") as s:
        began = time.monotonic()
        s.sendall(b"ip=192.0.2.7\n")
        reply = read_reply(s)
        assert reply["verdict"] == "defer" and 8 < time.monotonic() - began < 15, reply


@test
def clients_that_leave_at_any_point_do_no_harm(lab):
    path = lab.body("leave-D", b"y" * 3000000 + b"\n")
    whole = [request("a@good.example"), request("b@slow.test", spool=path), request("me@home.example", ip="127.0.0.1", spool=path)]

    def leave(step):
        for text in whole:
            for n in range(step, len(text) + 1, 8):
                with lab.connect() as s:
                    s.sendall(text[:n])

    threads = [threading.Thread(target=leave, args=(step,)) for step in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lab.ask(request())["verdict"] == "accept"
    for name in ("assayd", "small"):
        assert "ERROR" not in lab.rig.log(name) and lab.rig.log(name).count("start text=") == 1, lab.rig.log(name)


def main():
    passed = failed = 0
    try:
        with Rig(keep="KEEP" in os.environ) as rig:
            lab = Lab(rig)
            for function in TESTS:
                if len(sys.argv) > 1 and sys.argv[1] not in function.__name__:
                    continue
                try:
                    function(lab)
                except (AssertionError, OSError, KeyError, StopIteration) as error:
                    failed += 1
                    print(f"not ok - {function.__name__}\n{type(error).__name__}: {error}")
                else:
                    passed += 1
                    print(f"ok - {function.__name__}")
    except Missing as missing:
        print(f"skipped: no {missing}")
        return 77
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
