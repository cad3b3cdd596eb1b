#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""assayd's processes: what each may do, what a reload leaves, what nobody may make them do.

$ASSAY_BUILD is the build's folder. A word on the command line runs only the tests with it in their names. A milter connection
is spoken here by hand: what these tests do to it, no mail server does.
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ.get("ASSAY_BUILD", "build")
PATIENCE = 30
TESTS = []


def test(function):
    """Mark a test."""
    TESTS.append(function)
    return function


def want(what, wanted, got):
    """Fail with both."""
    assert wanted == got, f"{what}: wanted {wanted!r}, got {got!r}"


def wait_for(what, true):
    """Wait until true() is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.02)


class Daemon:
    """assayd in a folder of its own, with one key and one milter."""

    def __init__(self, threads=2, **more):
        self.dir = tempfile.mkdtemp(prefix="assay-processes-")
        os.chmod(self.dir, 0o755)
        os.mkdir(f"{self.dir}/data")
        os.chmod(f"{self.dir}/data", 0o777)
        self.key()
        self.configure(threads=threads, **more)
        self.process = None

    def __enter__(self):
        with open(f"{self.dir}/log", "wb") as log:
            self.process = subprocess.Popen([f"{BUILD}/assayd", "-c", f"{self.dir}/conf"], stdout=log, stderr=log)
        wait_for("assayd", lambda: "serves" in self.log() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
        log = self.log()
        shutil.rmtree(self.dir)
        assert "Sanitizer" not in log and "runtime error" not in log, log

    def key(self):
        """The private key."""
        subprocess.run(["openssl", "genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048", "-out",
                        f"{self.dir}/key.pem"], check=True, capture_output=True)
        os.chmod(f"{self.dir}/key.pem", 0o600)

    def configure(self, top="", more="", threads=2, milter=""):
        """Write the configuration."""
        user = "user = nobody\n" if os.geteuid() == 0 else ""
        with open(f"{self.dir}/conf", "w", encoding="utf-8") as conf:
            conf.write(f"hostname = mx.example.org\nresolver = 127.0.0.1@9\nresolver.timeout = 1s\nthreads = {threads}\n"
                       f"{user}store = {self.dir}/data/rows\n{top}\n"
                       f"milter in {{\n listen = unix:{self.dir}/milter\n mode = 0666\n {milter}\n}}\n"
                       f"control {{\n listen = unix:{self.dir}/control\n}}\n"
                       f"key main {{\n selector = s1\n file = {self.dir}/key.pem\n}}\nsign example.org {{\n key = main\n}}\n{more}\n")

    def log(self):
        """All that was said."""
        with open(f"{self.dir}/log", encoding="utf-8", errors="replace") as log:
            return log.read()

    def ask(self, line):
        """Ask the control socket. \\return (OK or NO, text)"""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(f"{self.dir}/control")
            s.sendall(line.encode() + b"\n")
            stream = s.makefile("rb")
            word, n = stream.readline().split()
            return word.decode(), stream.read(int(n)).decode("utf-8", "replace")

    def reload(self):
        """Have the configuration read anew; it has to be good."""
        want("reload", ("OK", ""), self.ask("reload"))

    def children(self):
        """Process ids by what they are: keys, front."""
        found = {}
        for path in glob.glob("/proc/[0-9]*/stat"):
            with contextlib.suppress(OSError), open(path, encoding="utf-8") as stat:
                text = stat.read()
                if int(text.rsplit(")", 1)[1].split()[1]) == self.process.pid:
                    found[text[text.index("(") + 1:text.rindex(")")].rsplit(" ", 1)[-1]] = int(text.split()[0])
        return found


class Milter:
    """A milter connection."""

    def __init__(self, daemon, client="127.0.0.1"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(f"{daemon.dir}/milter")
        self.put(b"O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
        self.get()
        self.put(b"C", b"host\x004\0\x19" + client.encode() + b"\0")
        self.put(b"H", b"client.example\0")

    def put(self, command, data=b""):
        """Send a packet."""
        self.socket.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def get(self):
        """Receive one: command, data."""
        octets = self.read(struct.unpack(">I", self.read(4))[0])
        return octets[:1], octets[1:]

    def read(self, n):
        """So many octets."""
        octets = b""
        while len(octets) < n:
            more = self.socket.recv(n - len(octets))
            if not more:
                raise EOFError
            octets += more
        return octets

    def message(self, sender="a@example.org", author="a@example.org", to=("b@example.net",), queue="Q1", fields=()):
        """A message. \\return all packets of the answer"""
        self.put(b"D", b"Mi\0" + queue.encode() + b"\0")
        self.put(b"M", b"<" + sender.encode() + b">\0")
        for address in to:
            self.put(b"R", b"<" + address.encode() + b">\0")
        for name, value in [("From", f" {author}"), *fields]:
            self.put(b"L", name.encode() + b"\0" + value.encode() + b"\0")
        self.put(b"N")
        self.put(b"B", b"hello\r\n")
        self.put(b"E")
        packets = []
        while not packets or packets[-1][0] not in b"acdrty4":
            packets.append(self.get())
        return [p for p in packets if p[0] != b"p"]

    def close(self):
        """Hang up."""
        self.put(b"Q")
        self.socket.close()


def is_signed(packets):
    """The answer adds a signature."""
    return any(command == b"i" and b"DKIM-Signature" in data for command, data in packets)


def sign_on_all(daemon, connections=40, messages=3):
    """Sign on many connections, so that every worker does. \\return how many were not signed"""
    unsigned = []

    def one():
        with contextlib.suppress(OSError, EOFError):
            m = Milter(daemon)
            for _ in range(messages):
                if not is_signed(m.message()):
                    unsigned.append(1)
            m.close()
            return
        unsigned.append(1)

    threads = [threading.Thread(target=one) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(unsigned)


def has_filter():
    """Sanitizers make calls of their own, so that such a build has no filter of system calls."""
    with open(f"{BUILD}/assayd", "rb") as program:
        return b"__asan_init" not in program.read() and os.uname().machine in ("x86_64", "aarch64")


# ---- what they may do --------------------------------------------------------------------------------------------------------


@test
def every_thread_is_filtered_and_all_of_them_sign():
    # more threads than malloc() has places without asking for the number of processors
    with Daemon(threads=16) as d:
        want("unsigned", 0, sign_on_all(d))
        for name, pid in d.children().items():
            for status in glob.glob(f"/proc/{pid}/task/*/status"):
                with open(status, encoding="utf-8") as file:
                    lines = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
                want(f"{name}: NoNewPrivs of {status}", "1", lines["NoNewPrivs"] if has_filter() else "1")
                want(f"{name}: Seccomp of {status}", "2", lines["Seccomp"] if has_filter() else "2")
        want("processes", {"keys", "front"}, set(d.children()))
        assert "ended" not in d.log(), d.log()


# ---- what a reload leaves ----------------------------------------------------------------------------------------------------


@test
def a_message_behind_a_reload_can_be_explained_when_its_connection_is_gone():
    with Daemon() as d:
        d.reload()  # the configuration that the process began with stays
        m = Milter(d)
        d.reload()
        m.message(queue="BEHIND")
        m.close()
        d.reload()  # nothing holds that of the connection any more
        word, text = d.ask("why BEHIND")
        want("why", ("OK", True), (word, "sign.table" in text))


@test
def a_message_behind_a_reload_is_judged_by_the_new_configuration():
    with Daemon(more="") as d:
        m = Milter(d)
        want("signed before", True, is_signed(m.message()))
        d.configure(milter="direction = in")
        d.reload()
        want("signed behind", False, is_signed(m.message()))
        m.close()


@test
def another_number_of_threads_is_refused_and_costs_no_keys():
    with Daemon(threads=2) as d:
        d.configure(threads=3)
        word, text = d.ask("reload")
        want("reload", ("NO", True), (word, "threads" in text))
        d.configure(threads=2)
        d.reload()
        os.kill(d.children()["keys"], signal.SIGKILL)
        wait_for("another keys process", lambda: "another one is started" in d.log())
        wait_for("a signature", lambda: sign_on_all(d, 1, 1) == 0)


@test
def what_needs_a_restart_is_told():
    with Daemon() as d:
        d.reload()
        assert "restart" not in d.log(), d.log()
        d.configure(top="log.level = debug\nstore.retention = 5d\ncache = 1M\nwhy.keep = 7")
        d.reload()
        told = sorted(line.split('"')[1].split()[0] for line in d.log().splitlines() if "needs a restart" in line)
        want("options", ["cache", "log.level", "store.retention"], told)


@test
def a_missing_key_is_told_behind_any_number_of_warnings():
    ended = "".join(f'forwarder "somebody who was trusted for a long time, number {i}" {{\n client = 192.0.2.{i}\n until = 2020-01-01\n}}\n'
                    for i in range(150))
    with Daemon() as d:
        d.configure(more=ended)
        os.rename(f"{d.dir}/key.pem", f"{d.dir}/other.pem")
        done = subprocess.run([f"{BUILD}/assayd", "--check", "-c", f"{d.dir}/conf"], capture_output=True, text=True, timeout=PATIENCE,
                              check=False)
        want("--check", (78, True), (done.returncode, "key.pem: No such file" in done.stderr))
        word, text = d.ask("reload")
        want("reload", ("NO", True), (word, "key.pem: No such file" in text))


# ---- files that are not theirs -----------------------------------------------------------------------------------------------


@test
def a_file_in_the_place_of_a_socket_stays():
    d = Daemon()
    with open(f"{d.dir}/milter", "w", encoding="utf-8") as file:
        file.write("mine")
    done = subprocess.run([f"{BUILD}/assayd", "-c", f"{d.dir}/conf"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    with open(f"{d.dir}/milter", encoding="utf-8") as file:
        want("the file", "mine", file.read())
    want("the complaint", True, "cannot listen" in done.stderr)
    shutil.rmtree(d.dir)


@test
def a_link_in_the_place_of_the_pid_file_is_not_followed():
    d = Daemon()
    with open(f"{d.dir}/other", "w", encoding="utf-8") as file:
        file.write("mine")
    os.symlink(f"{d.dir}/other", f"{d.dir}/data/pid")
    d.configure(top=f"pid_file = {d.dir}/data/pid")
    with d:
        with open(f"{d.dir}/other", encoding="utf-8") as file:
            want("the file", "mine", file.read())
        want("the warning", True, "pid_file" in d.log())


@test
def a_socket_has_the_mode_that_is_configured():
    with Daemon() as d:
        want("mode of the milter", 0o666, os.stat(f"{d.dir}/milter").st_mode & 0o777)
        want("mode of the control socket", 0o660, os.stat(f"{d.dir}/control").st_mode & 0o777)
        want("ours", os.getegid(), os.stat(f"{d.dir}/control").st_gid)


@test
def a_key_holder_that_is_silent_is_no_deferral_of_the_domain():
    with Daemon() as d:
        keys = d.children()["keys"]
        os.kill(keys, signal.SIGSTOP)
        m = Milter(d)
        want("the reply", b"451 4.7.5", m.message()[-1][1][:9])
        m.close()
        os.kill(keys, signal.SIGCONT)
        d.process.send_signal(signal.SIGTERM)
        d.process.wait(PATIENCE)
        with open(f"{d.dir}/data/rows.deferred", encoding="utf-8") as file:
            want("what is remembered of domains whose DNS does not answer", "", file.read())


# ---- SRS in the milter -------------------------------------------------------------------------------------------------------


@test
def mail_for_here_keeps_its_sender():
    with Daemon() as d:
        with open(f"{d.dir}/secret", "w", encoding="utf-8") as file:
            file.write("a secret of some length\n")
        os.chmod(f"{d.dir}/secret", 0o600)
        d.configure(more=f"srs {{\n domain = srs.example.org\n secret = {d.dir}/secret\n milter = yes\n local = example.net\n}}")
        d.reload()
        m = Milter(d)
        for to, rewritten in ((["x@example.com"], True), (["x@example.net"], False), (["postmaster"], False),
                              (["postmaster", "x@example.com"], True)):
            packets = m.message(sender="s@sender.example", author="s@sender.example", to=to)
            want(f"sender of mail to {to}", rewritten, any(command == b"e" and b"SRS0=" in data for command, data in packets))
        want("a sender that becomes too long", b"550 5.1.0", m.message(sender=f"{'s' * 60}@sender.example", author="s@sender.example",
                                                                     to=["x@example.com"], queue="TOOLONG")[-1][1][:9])
        want("it is told", True, " srs queue_id=TOOLONG " in d.log())
        m.close()


@test
def a_note_holds_quotes_and_semicolons():
    with Daemon() as d:
        d.configure(more='forwarder "the \\"old\\" university" {\n client = 192.0.2.9\n note = "asked for by \\"Ann\\"; see 4\\\\5"\n}')
        d.reload()
        text = d.ask("not-signed a@example.org")[1]
        want("the table", True, "note=\"asked for by 'Ann'; see 4\\5\"" in text)


# ---- what is kept ------------------------------------------------------------------------------------------------------------


@test
def large_headers_push_others_out_and_take_no_more_memory():
    with Daemon(threads=1, top="why.keep = 20") as d:
        m = Milter(d)
        m.message(queue="FIRST")
        for i in range(5):
            want("why FIRST", "OK", d.ask("why FIRST")[0])
            m.message(queue=f"LARGE{i}", fields=[(f"X-{k}", " " + "x" * 60000) for k in range(8 if i == 4 else 1)])
        for i in range(5):
            m.message(queue=f"HUGE{i}", fields=[(f"X-{k}", " " + "x" * 60000) for k in range(16)])
        want("why FIRST", "NO", d.ask("why FIRST")[0])
        want("why HUGE4", "OK", d.ask("why HUGE4")[0])
        m.message(queue="LAST")
        want("why LAST", "OK", d.ask("why LAST")[0])
        m.close()


# ---- what is said ------------------------------------------------------------------------------------------------------------


@test
def a_field_of_any_length_leaves_every_event_its_own_line():
    for form, size in (("json", 60000), ("text", 60000), ("json", 16300)):
        with Daemon(top=f"log.format = {form}") as d:
            m = Milter(d)
            m.message(queue="LONG", fields=[("Message-ID", " <" + "\x01\u00e9" * (size // 3) + ">")])
            m.message(queue="NEXT")
            m.close()
            wait_for("the second event", lambda: "NEXT" in d.log())
            lines = [line for line in d.log().splitlines() if "LONG" in line or "NEXT" in line]
            want(f"{form}: lines", 2, len(lines))
            if form == "json":
                want("queue ids", ["LONG", "NEXT"], [json.loads(line)["queue_id"] for line in lines])
            want("fields behind it", [True, True], ["ms" in line[-30:] for line in lines])


def main():
    tests = [t for t in TESTS if not sys.argv[1:] or any(word in t.__name__ for word in sys.argv[1:])]
    failed = 0
    print(f"1..{len(tests)}")
    for number, function in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}", flush=True)
        except Exception as why:  # every failure is told, and the others run
            failed += 1
            print(f"not ok {number} - {function.__name__}")
            print("\n".join(f"# {line}" for line in f"{type(why).__name__}: {why}".splitlines()), flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
