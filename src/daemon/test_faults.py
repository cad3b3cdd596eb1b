#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Things break while mail comes in: nothing is lost, and no verdict is wrong.

    src/daemon/test_faults.py [ROUND...] [--times N] [--seconds N] [--keep]

Each round runs assayd under load, breaks one thing, mends it, and looks at every message that was sent:

    a right verdict   what passes is accepted, what is forged is refused; while something is broken either may be deferred,
                      and never is the one taken for the other
    a signature       what goes out is signed, or deferred (sign.failure = defer); sent without (= send) only there
    exactly one row   of every message whose answer arrived; of no other more than one
"""

import argparse
import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time

TOP = os.environ.get("ASSAY_TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{TOP}/tools")
import faultrig  # noqa: E402
import mailrig  # noqa: E402

SKIPPED = 77
BODY = b"Hello,\r\n\r\nthe parcel is on its way.\r\n"
HEADER = b"From: Ann <ann@%s>\r\nTo: b@example.org\r\nSubject: parcel\r\nDate: Sat, 1 Nov 2025 10:00:00 +0000\r\nMessage-ID: <1@%s>\r\n\r\n"

# What each kind of message is answered when all is well, and what else while something is broken.
EXPECTED = {
    "signed": ("accept", {"accept", "defer", "tempfail", None}),
    "spf": ("accept", {"accept", "defer", "tempfail", None}),
    "plain": ("accept", {"accept", "defer", "tempfail", None}),
    "forged": ("reject", {"reject", "defer", "tempfail", None}),
    "broken": ("quarantine", {"quarantine", "defer", "tempfail", None}),
    "out": ("accept", {"accept", "defer", "tempfail", None}),
    "outlax": ("accept", {"accept", "defer", "tempfail", None}),
}


# What a verdict is behind; the others are of a message that came to none.
ANSWERED = ("accept", "quarantine", "reject", "defer")


class Site:
    """assayd with its world, and what is sent to it."""

    def __init__(self, rig):
        self.rig = rig
        key, record = rig.key("good")
        own, own_record = rig.key("own")
        text = [r.replace('" "', "").removeprefix('TXT "').removesuffix('"').encode() for r in (record, own_record)]
        self.names = faultrig.Names({
            ("good.example", "TXT"): [b"v=spf1 -all"], ("_dmarc.good.example", "TXT"): [b"v=DMARC1; p=reject"],
            ("s1._domainkey.good.example", "TXT"): [text[0]],
            ("spf.example", "TXT"): [b"v=spf1 ip4:192.0.2.7 -all"], ("_dmarc.spf.example", "TXT"): [b"v=DMARC1; p=reject"],
            ("plain.example", "A"): [bytes([192, 0, 2, 1])], ("client.example", "A"): [bytes([203, 0, 113, 9])],
            ("k1._domainkey.own.example", "TXT"): [text[1]]})
        rig.dns_port = self.names.port
        self.store = f"{rig.folder('store')}/assay.db"
        self.control = f"{rig.dir}/assayd.control"
        self.conf = f"""
authserv_id = mx.example.org
resolver.timeout = 1s
threads = 2
store = {self.store}
milter "in" {{ listen = unix:%(dir)s/in.sock  mode = 0666 }}
milter "out" {{ listen = unix:%(dir)s/out.sock  mode = 0666  direction = out }}
milter "outlax" {{ listen = unix:%(dir)s/outlax.sock  mode = 0666  direction = out  policy = lax }}
policy "lax" {{ when.listener = outlax  sign.failure = send }}
sign "own.example" {{ key = main }}
key "main" {{ selector = k1  domain = own.example  file = {own} }}
"""
        self.kinds = self.make_mail(key)

    def make_mail(self, key):
        """One message of each kind, and where it is sent."""
        def plain(domain):
            return HEADER % (domain, domain) + BODY
        source = f"{self.rig.dir}/good.eml"
        with open(source, "wb") as file:
            file.write(plain(b"good.example"))
        signed = subprocess.run([f"{self.rig.build}/assay", "sign", "--no-check", "--key", key, "--selector", "s1", "--domain",
                                 "good.example", source], check=True, capture_output=True).stdout
        inbound, mail = f"{self.rig.dir}/in.sock", faultrig.Mail
        return {
            "signed": (inbound, mail(signed, mail_from="ann@good.example")),
            "spf": (inbound, mail(plain(b"spf.example"), client="192.0.2.7", mail_from="ann@spf.example")),
            "plain": (inbound, mail(plain(b"plain.example"), mail_from="ann@plain.example")),
            "forged": (inbound, mail(plain(b"good.example"), mail_from="ann@good.example")),
            "broken": (inbound, mail(signed.replace(b"parcel is", b"parcel was"), mail_from="ann@good.example")),
            "out": (f"{self.rig.dir}/out.sock", mail(plain(b"own.example"), mail_from="ann@own.example", user="ann")),
            "outlax": (f"{self.rig.dir}/outlax.sock", mail(plain(b"own.example"), mail_from="ann@own.example", user="ann")),
        }

    # -- processes ---------------------------------------------------------------------------------------------

    def start(self):
        """Start assayd; one that was killed may still be ending, which a service manager would try again, too."""
        end = time.monotonic() + 30
        while True:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.rig.dir}/assayd.log")
            try:
                return self.rig.assayd(self.conf)
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def child(self, name):
        """The number of a child of the master, or None."""
        master = self.rig.daemon.pid
        with contextlib.suppress(OSError):
            with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as file:
                for pid in file.read().split():
                    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                        if comm.read().strip() == f"assayd: {name}":
                            return int(pid)
        return None

    def kill(self, name):
        """SIGKILL a child. \\return it was there"""
        pid = self.child(name)
        with contextlib.suppress(ProcessLookupError):
            if pid:
                os.kill(pid, signal.SIGKILL)
        return bool(pid)

    def figure(self, name):
        """A figure of the metrics."""
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
            sock.connect(self.control)
            sock.sendall(b"metrics\n")
            with sock.makefile("rb") as stream:
                text = stream.read(int(stream.readline().split()[1])).decode()
        return float(re.search(rf"(?m)^{re.escape(name)} (\S+)$", text).group(1))

    def rows(self):
        """queue id -> rows of the store."""
        done = subprocess.run([f"{self.rig.build}/assay", "store", "export", self.store], capture_output=True, text=True, check=True)
        rows = {}
        for line in done.stdout.splitlines():
            row = json.loads(line)
            rows.setdefault(row.get("queue_id"), []).append(row)
        return rows


# -- what is broken ------------------------------------------------------------------------------------------


def certain(what, true):
    """What was to be broken is broken; else the round shows nothing."""
    if not true:
        raise RuntimeError(f"not so: {what}")


def nothing(site, seconds):
    """Nothing is broken."""
    time.sleep(seconds)


def dns_dead(site, seconds):
    """Queries are not answered."""
    site.names.delay = None
    time.sleep(seconds)
    site.names.delay = 0


def dns_slow(site, seconds):
    """Answers come too late."""
    site.names.delay = 2.5
    time.sleep(seconds)
    site.names.delay = 0


def dns_restarted(site, seconds):
    """The resolver is gone, and back, and gone."""
    for _ in range(3):
        site.names.stop()
        time.sleep(seconds / 6)
        site.names.start()
        time.sleep(seconds / 6)


def store_locked(site, seconds):
    """Another program holds the database."""
    with contextlib.closing(sqlite3.connect(site.store, timeout=10)) as other:
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        certain("rows wait in the spill", site.figure("assay_store_spill_bytes") > 0)
        other.rollback()


def disk_full(site, seconds):
    """The store's file system takes nothing any more."""
    filler = os.path.dirname(site.store) + "/filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (65536, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    time.sleep(seconds)
    certain("rows wait in memory", site.figure("assay_store_waiting") > 0)
    os.unlink(filler)


def keys_killed(site, seconds):
    """The keys process is killed again and again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        site.kill("keys")
        time.sleep(0.25)


def front_killed(site, seconds):
    """The front process is killed again and again, in the middle of messages; and a reload comes while it starts."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if site.kill("front"):
            os.kill(site.rig.daemon.pid, signal.SIGHUP)
            time.sleep(0.3)
        time.sleep(0.05)


def master_killed(site, seconds):
    """The master is killed; somebody starts it anew."""
    for _ in range(max(1, int(seconds / 2))):
        time.sleep(0.7)
        site.rig.daemon.kill()
        site.rig.daemon.wait()
        site.start()


def reloads(site, seconds):
    """The configuration is read anew again and again, good and bad."""
    path = f"{site.rig.dir}/assayd.conf"
    with open(path, encoding="utf-8") as file:
        good = file.read()
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        n += 1
        with open(path, "w", encoding="utf-8") as file:
            file.write(good + ("nonsense = yes\n" if n % 3 == 0 else f"why.keep = {n % 50}\n"))
        os.kill(site.rig.daemon.pid, signal.SIGHUP)
        time.sleep(0.15)
    with open(path, "w", encoding="utf-8") as file:
        file.write(good)


def reloads_at_once(site, seconds):
    """Reloads are asked for from several sides at once, and nobody waits for an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(3):
            os.kill(site.rig.daemon.pid, signal.SIGHUP)
            with contextlib.suppress(OSError), contextlib.closing(socket.socket(socket.AF_UNIX)) as sock:
                sock.connect(site.control)
                sock.sendall(b"reload\nreload\n")
            time.sleep(0.01)
        time.sleep(0.05)


# Each round: what is broken, and whether verdicts may be deferred meanwhile.
ROUNDS = {f.__name__: (f, lenient) for f, lenient in (
    (nothing, False), (reloads, False), (reloads_at_once, False), (dns_dead, True), (dns_slow, True), (dns_restarted, True), (store_locked, False),
    (disk_full, False), (keys_killed, True), (front_killed, True), (master_killed, True))}


# -- what came of it -----------------------------------------------------------------------------------------


def wrong_verdicts(sent, lenient):
    """Complaints about messages that were not answered as they should."""
    for s in sent:
        right, also = EXPECTED[s.kind]
        if s.answer.what != right and not (lenient and s.answer.what in also):
            yield f"{s.queue_id} {s.kind}: wanted {right}, got {s.answer.what} {s.answer.text}"
        elif s.kind == "out" and s.answer.what == "accept" and not s.answer.has("DKIM-Signature"):
            yield f"{s.queue_id} out: accepted without a signature"
        elif s.kind == "outlax" and s.answer.what == "accept" and not s.answer.has("DKIM-Signature") and not lenient:
            yield f"{s.queue_id} outlax: accepted without a signature, and nothing was broken"


def wrong_rows(sent, rows, lost):
    """Complaints about rows that are lost or doubled or of other words than the answer. What found no room even in memory is
    counted by the daemon, and so many may be missing."""
    known = {s.queue_id for s in sent}
    missing = sum(s.answer.what in ANSWERED and s.queue_id not in rows for s in sent)
    if lost and missing == lost:
        sent = [s for s in sent if s.answer.what not in ANSWERED or s.queue_id in rows]
    for s in sent:
        found = rows.get(s.queue_id, [])
        if s.answer.what in ANSWERED and len(found) != 1:
            yield f"{s.queue_id} {s.kind}: answered {s.answer.what}, {len(found)} rows"
        elif s.answer.what in ("tempfail", None) and len(found) > 1:
            yield f"{s.queue_id} {s.kind}: not answered, {len(found)} rows"
        elif s.answer.what in ANSWERED and found[0]["disposition"] != s.answer.what:
            yield f"{s.queue_id} {s.kind}: answered {s.answer.what}, the row says {found[0]['disposition']}"
    for queue_id in rows.keys() - known:
        yield f"a row of {queue_id}, which nobody sent"


def recovered(site, load):
    """Wait until all kinds of messages are answered as they should again. \\return complaints"""
    end, mtas, complaints = time.monotonic() + 40, {}, ["never tried"]
    while complaints and time.monotonic() < end:
        before = len(load.sent)
        for kind in site.kinds:
            load.one(mtas, kind, load.next()[1])
        complaints = [f"not back to normal: {c}" for c in wrong_verdicts(load.sent[before:], False)]
        time.sleep(0.1 if complaints else 0)
    for mta in mtas.values():
        mta.close()
    return complaints


def end_of(daemon):
    """End assayd. \\return complaints: it did not, or not well"""
    daemon.send_signal(signal.SIGTERM)
    try:
        status = daemon.wait(9)
    except subprocess.TimeoutExpired:
        mailrig.end(daemon)
        return ["told to end, it did not"]
    return [f"it ended with {status}"] if status else []


@contextlib.contextmanager
def own_disk(rig):
    """A file system for the store alone, which can be filled."""
    folder = rig.folder("store")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0777", "none", folder], capture_output=True, check=False)
    if done.returncode:
        raise mailrig.Missing("a tmpfs of its own")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=False)


def run_round(name, seconds, keep):
    """\\return complaints, words about it"""
    breaks, lenient = ROUNDS[name]
    with contextlib.ExitStack() as stack:
        rig = stack.enter_context(mailrig.Rig(keep=keep))
        if name == "disk_full":
            stack.enter_context(own_disk(rig))
        site = Site(rig)
        site.start()
        with faultrig.Load(site.kinds) as load:
            time.sleep(0.3)
            breaks(site, seconds)
        during = len(load.sent)
        complaints = recovered(site, load)
        lost = site.figure("assay_store_rows_lost_total")
        complaints += end_of(rig.daemon)
        if lost and "rows are lost" not in rig.log("assayd"):
            complaints.append("rows were lost, and the log does not say so")
        # What the last run could not move into the database is moved by the next one.
        site.start()
        mailrig.wait_for("the spill to be moved", lambda: site.figure("assay_store_spill_bytes") == 0)
        complaints += end_of(rig.daemon)
        complaints += wrong_verdicts(load.sent[:during], lenient)
        complaints += wrong_rows(load.sent, site.rows(), lost)
        words = {}
        for s in load.sent[:during]:
            words[s.answer.what or "unanswered"] = words.get(s.answer.what or "unanswered", 0) + 1
        if complaints:
            complaints.append(rig.log("assayd")[-3000:])
    if lost:
        words["rows lost, as counted"] = int(lost)
    return complaints, f"{during} messages: " + ", ".join(f"{n} {word}" for word, n in sorted(words.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", nargs="*", help="only these: " + ", ".join(ROUNDS))
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.5, help="how long each thing stays broken")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if not os.path.exists(f"{os.environ.get('ASSAY_BUILD', 'build')}/assayd"):
        print("skipped: no assayd in the build")
        return SKIPPED
    passed = failed = skipped = 0
    for name in (options.rounds or ROUNDS) * options.times if options.rounds else list(ROUNDS) * options.times:
        began = time.monotonic()
        try:
            complaints, words = run_round(name, options.seconds, options.keep)
        except mailrig.Missing as what:
            print(f"skipped {name}: no {what}")
            skipped += 1
            continue
        print(f"{'FAILED' if complaints else 'ok    '} {name:14} {time.monotonic() - began:5.1f} s  {words}", flush=True)
        for complaint in complaints[:20]:
            print("    " + complaint)
        passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
