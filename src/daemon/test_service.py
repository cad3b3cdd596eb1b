#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""assayd and whoever looks after it: a service manager that passes sockets and is told what happens, ps, the monitor that
reads /healthz, /readyz and /metrics, syslog and the journal. The other side is a socket of the test's own each time."""

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

TOP = Path(os.environ.get("ASSAY_TOP", Path(__file__).resolve().parent.parent.parent))
sys.path.insert(0, str(TOP / "tools"))
from mailrig import PATIENCE, Missing, Rig, end, free_port, wait_for  # noqa: E402
from milter_say import Milter, say  # noqa: E402

FIELDS = [("From", "Ann <a@shop.example>"), ("To", "b@example.org"), ("Subject", "hello"), ("Message-ID", "<1@shop.example>")]
WORST_EXPOSURE = 2.5  # of 10, systemd-analyze security


def get(port, path):
    """(status, text) of a GET."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 17, 0x4206, 0x4207, 0x40000000


def trace(request, thread):
    """ptrace(2), which can stop one thread of a process."""
    null = ctypes.c_void_p(None)
    return ctypes.CDLL(None).ptrace(ctypes.c_long(request), ctypes.c_int(thread), null, null)


def children(pid):
    """{title: process id} of a process's children."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(stat.read_text().rsplit(")", 1)[1].split()[1]) == pid:
                found[(stat.parent / "cmdline").read_bytes().rstrip(b"\0").decode()] = int(stat.parent.name)
        except (OSError, IndexError):
            pass
    return found


class ServiceTest(unittest.TestCase):
    """A folder of its own for each test."""

    def setUp(self):
        self.rig = Rig()
        self.addCleanup(self.rig.__exit__)
        self.folder = self.rig.dir
        try:
            self.rig.resolver({"shop.example": ['TXT "v=spf1 ip4:192.0.2.7 -all"'], "2.0.192.in-addr.arpa": []})
        except Missing as program:
            self.skipTest(f"{program} is not there")

    def conf(self, text, head=True):
        """A configuration. \\return its path"""
        path = f"{self.folder}/assayd.conf"
        with open(path, "w", encoding="utf-8") as file:
            if head:
                file.write(f"resolver = 127.0.0.1@{self.rig.dns_port}\n" + ("user = nobody\n" if os.geteuid() == 0 else "") +
                           f"control {{ listen = unix:{self.folder}/control.sock }}\n")
            file.write(text)
        return path

    def shell(self, script, *args, fds=(), env=None):
        """Start a shell that becomes assayd; fds become its descriptors from 3 on."""
        def place():
            copies = [os.dup(fd) for fd in fds]  # above all that is wanted
            copies = [os.dup2(fd, 20 + i) for i, fd in enumerate(copies)]
            for i, fd in enumerate(copies):
                os.dup2(fd, 3 + i, inheritable=True)
        with open(f"{self.folder}/assayd.log", "ab") as log:
            process = subprocess.Popen(["sh", "-c", script, *args], stdout=log, stderr=log, env={**os.environ, **(env or {})},
                                       preexec_fn=place if fds else None, close_fds=not fds)
        self.addCleanup(end, process)
        return process

    def datagrams(self, path):
        """A socket that datagrams come to."""
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.settimeout(PATIENCE)
        s.bind(path)
        if not path.startswith("\0"):
            os.chmod(path, 0o666)
        self.addCleanup(s.close)
        return s

    # -- the service manager -----------------------------------------------------------------------------------

    def test_a_service_manager_is_told_what_happens_and_passed_sockets_are_served(self):
        notify = self.datagrams(f"{self.folder}/notify")
        other, milter = socket.socket(socket.AF_UNIX), socket.create_server(("127.0.0.1", 0))
        other.bind(f"{self.folder}/other")
        other.listen()
        port = milter.getsockname()[1]
        conf = self.conf('milter "in" { listen = systemd:milter }\n')
        process = self.shell('LISTEN_PID=$$ exec "$0" -c "$1"', f"{self.rig.build}/assayd", conf, fds=[other.fileno(), milter.fileno()],
                             env={"LISTEN_FDS": "2", "LISTEN_FDNAMES": "other:milter", "NOTIFY_SOCKET": f"{self.folder}/notify"})
        milter.close()
        self.assertEqual(notify.recv(4096), b"READY=1")
        self.assertJudged(f"127.0.0.1:{port}")
        for _ in range(2):  # the passed socket outlives any number of reloads
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            process.send_signal(signal.SIGHUP)
            said = dict(line.split("=", 1) for line in notify.recv(4096).decode().splitlines())
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            self.assertEqual(said["RELOADING"], "1")
            self.assertTrue(before <= int(said["MONOTONIC_USEC"]) <= after, said)
            self.assertEqual(notify.recv(4096), b"READY=1")
            self.assertJudged(f"127.0.0.1:{port}")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(notify.recv(4096), b"STOPPING=1")
        self.assertEqual(process.wait(PATIENCE), 0)
        other.close()

    def test_it_is_told_of_by_an_abstract_socket_and_a_bad_reload_goes_on_as_before(self):
        name = f"assay-test-{os.getpid()}"
        notify = self.datagrams("\0" + name)
        conf = self.conf(f'milter "in" {{ listen = unix:{self.folder}/m.sock }}\n')
        process = self.shell('exec "$0" -c "$1"', f"{self.rig.build}/assayd", conf, env={"NOTIFY_SOCKET": "@" + name})
        self.assertEqual(notify.recv(4096), b"READY=1")
        self.conf("nonsense = 1\n")
        process.send_signal(signal.SIGHUP)
        self.assertTrue(notify.recv(4096).startswith(b"RELOADING=1\n"))
        self.assertEqual(notify.recv(4096), b"READY=1")
        wait_for("the complaint", lambda: "nothing has changed" in self.rig.log("assayd"))
        self.assertJudged(f"{self.folder}/m.sock")

    def test_sockets_passed_to_another_process_are_not_taken(self):
        milter = socket.create_server(("127.0.0.1", 0))
        conf = self.conf('milter "in" { listen = systemd:milter }\n')
        process = self.shell('LISTEN_PID=1 exec "$0" -c "$1"', f"{self.rig.build}/assayd", conf, fds=[milter.fileno()],
                             env={"LISTEN_FDS": "1", "LISTEN_FDNAMES": "milter"})
        milter.close()
        self.assertEqual(process.wait(PATIENCE), 78)
        self.assertIn("cannot listen at systemd:milter", self.rig.log("assayd"))

    def assertJudged(self, where):  # noqa: N802
        """A message gets its results."""
        (command, _), edits = say(where, header=FIELDS)
        self.assertEqual(command, b"c")
        self.assertTrue(any(b"Authentication-Results\0" in data for _, data in edits), edits)

    # -- what ps shows -----------------------------------------------------------------------------------------

    def test_ps_shows_which_process_is_which_however_short_its_command_line_was(self):
        conf = self.conf(f'milter "in" {{ listen = unix:{self.folder}/m.sock }}\n')
        for script in ('exec "$0" -c "$1" -o "log.level = info"', 'cd "${1%/*}" && exec "$0" -cassayd.conf'):
            process = self.shell(script, f"{os.path.abspath(self.rig.build)}/assayd", conf)
            wait_for("assayd", lambda: {"assayd: keys", "assayd: front"} <= set(children(process.pid)))
            wait_for("the socket", lambda: os.path.exists(f"{self.folder}/m.sock"))
            names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in children(process.pid).values()}
            self.assertEqual(names, {"assayd: keys", "assayd: front"})
            end(process)

    def test_a_title_longer_than_the_command_line_fits_and_leaves_the_environment(self):
        conf = self.conf(f'milter "in" {{ listen = unix:{self.folder}/m.sock }}\n')
        os.symlink(os.path.abspath(f"{self.rig.build}/assayd"), f"{self.folder}/a")
        process = self.shell('cd "$0" && exec ./a -c$1', self.folder, os.path.basename(conf), env={"TZ": "UTC"})
        wait_for("the front", lambda: "assayd: front" in children(process.pid))
        wait_for("assayd", lambda: " serves" in self.rig.log("assayd"))
        self.assertJudged(f"{self.folder}/m.sock")

    # -- the monitor -------------------------------------------------------------------------------------------

    def monitored(self, more=""):
        """assayd with HTTP. \\return the port"""
        port = free_port()
        self.rig.assayd(f'milter "in" {{ listen = unix:%(dir)s/m.sock }}\nhttp {{ listen = 127.0.0.1:{port} }}\n'
                        f"{more}")
        wait_for("HTTP", lambda: get(port, "/readyz") == (200, "ok\n"))
        return port

    def test_it_is_not_ready_while_there_is_no_keys_process(self):
        port = self.monitored()
        master = self.rig.daemon.pid
        os.kill(master, signal.SIGSTOP)  # which would start another one at once
        try:
            os.kill(children(master)["assayd: keys"], signal.SIGKILL)
            wait_for("503", lambda: get(port, "/readyz")[0] == 503)
            self.assertEqual(get(port, "/readyz"), (503, "the keys process is gone; nothing can be signed\n"))
            self.assertEqual(get(port, "/healthz"), (200, "ok\n"))
            self.assertIn("\nassay_keys_up 0\n", get(port, "/metrics")[1])
        finally:
            os.kill(master, signal.SIGCONT)
        wait_for("another keys process", lambda: get(port, "/readyz") == (200, "ok\n"))
        self.assertIn("\nassay_keys_up 1\n", get(port, "/metrics")[1])

    def test_a_worker_that_stands_still_is_seen(self):
        port = self.monitored("threads = 2\n")
        tasks = Path(f"/proc/{children(self.rig.daemon.pid)['assayd: front']}/task")
        workers = [int(task.name) for task in tasks.iterdir() if (task / "comm").read_text() == "assayd: worker\n"]
        self.assertEqual(len(workers), 2)
        if trace(PTRACE_SEIZE, workers[0]):
            self.skipTest("no thread may be stopped here")
        self.assertEqual(trace(PTRACE_INTERRUPT, workers[0]), 0)
        os.waitpid(workers[0], WALL)
        try:
            self.assertEqual(get(port, "/healthz"), (200, "ok\n"))
            wait_for("503", lambda: get(port, "/healthz")[0] == 503)
            self.assertRegex(get(port, "/healthz")[1], r"^worker [01] has stood still for [5-9] s\n$")
        finally:
            trace(PTRACE_DETACH, workers[0])
        wait_for("health", lambda: get(port, "/healthz") == (200, "ok\n"))

    def test_it_is_not_ready_while_rows_find_no_disk_and_says_so_once(self):
        if os.geteuid() != 0:
            self.skipTest("takes root: a file system of its own that becomes full")
        folder = self.rig.folder("store")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=777", "tmpfs", folder], check=False).returncode:
            self.skipTest("no file system can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=False)
        port = self.monitored("store = %(dir)s/store/assay.db\n")
        fill = os.open(f"{folder}/fill", os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(fill, b"x" * 4096):
                pass
        except OSError:
            os.close(fill)
        for _ in range(40):  # until the page that the spill has begun is full
            self.assertJudged(f"{self.folder}/m.sock")
        wait_for("503", lambda: get(port, "/readyz")[0] == 503)
        self.assertIn("the store cannot be written: ", get(port, "/readyz")[1])
        time.sleep(2.5)
        self.assertIn('assay_store_writable{place="spill"} 0\n', get(port, "/metrics")[1])
        self.assertEqual(self.rig.log("assayd").count("the spill (rows wait in memory) cannot be written"), 1)
        os.unlink(f"{folder}/fill")
        wait_for("readiness", lambda: get(port, "/readyz") == (200, "ok\n"))
        wait_for("the word", lambda: "the spill (rows wait in memory) can be written again" in self.rig.log("assayd"))
        metrics = get(port, "/metrics")[1]
        self.assertIn("assay_store_rows_lost_total 0\n", metrics)
        wait_for("all rows", lambda: "assay_store_moved_total 40\n" in get(port, "/metrics")[1])

    def test_a_monitor_is_served_after_any_number_of_reloads(self):
        port = self.monitored()
        for n in range(1, 4):
            self.rig.daemon.send_signal(signal.SIGHUP)
            wait_for("the reload", lambda n=n: self.rig.log("assayd").count(" reloaded ") == n)
            self.assertEqual(get(port, "/readyz"), (200, "ok\n"))
            self.assertIn(f"\nassay_reloads_total {n}\n", get(port, "/metrics")[1])

    def test_metrics_count_what_happened_and_are_as_prometheus_wants_them(self):
        port = self.monitored()
        for _ in range(3):
            self.assertJudged(f"{self.folder}/m.sock")
        with self.assertRaises((EOFError, OSError)):
            Milter(f"{self.folder}/m.sock").ask(b"E")  # before anything was agreed
        text = get(port, "/metrics")[1]
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        self.assertEqual(values['assay_messages_total{direction="in"}'], "3")
        self.assertEqual(values['assay_results_total{method="dkim",result="none"}'], "3")
        self.assertEqual(values['assay_connections_closed_total{reason="protocol"}'], "1")
        self.assertEqual(sum(int(n) for name, n in values.items() if name.startswith("assay_causes_total")), 3)
        self.assertEqual(sum(int(n) for name, n in values.items() if name.startswith("assay_dispositions_total")), 3)
        for stage in ("client", "answers", "work"):
            self.assertGreater(float(values[f'assay_stage_seconds_total{{stage="{stage}"}}']), 0)
        helped = re.findall(r"^# HELP (\S+) \S", text, re.M)
        self.assertEqual(sorted(helped), sorted(set(helped)), "each name is explained once")
        for name in values:
            self.assertIn(re.sub(r"_(bucket|sum|count)$|\{.*", "", re.sub(r"\{.*", "", name)), helped)
        promtool = shutil.which("promtool")
        if promtool:
            done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    # -- syslog and the journal --------------------------------------------------------------------------------

    def logged(self, target, at):
        """What comes to the socket `at`, in a mount namespace where the system's own is not."""
        if os.geteuid() != 0:
            self.skipTest("takes root: a socket of the test's own in the place of the system's")
        own = self.datagrams(f"{self.folder}/log.sock")
        conf = self.conf(f'log = {target}\nmilter "in" {{ listen = unix:{self.folder}/m.sock }}\n')
        place = f"mount -t tmpfs tmpfs {os.path.dirname(at)} && : >{at} && mount --bind {self.folder}/log.sock {at}"
        if at == "/dev/log":  # the other devices are wanted
            place = (f"mkdir {self.folder}/dev && mount --rbind /dev {self.folder}/dev && mount -t tmpfs tmpfs /dev && "
                     f"for d in null urandom random zero; do : >/dev/$d; mount --bind {self.folder}/dev/$d /dev/$d; done && "
                     f": >{at} && mount --bind {self.folder}/log.sock {at}")
        else:
            place = f"mount -t tmpfs tmpfs /run && mkdir -p {os.path.dirname(at)} && : >{at} && mount --bind {self.folder}/log.sock {at}"
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
            self.skipTest("no mount namespace can be had here")
        self.shell(f'exec unshare --mount sh -c \'{place} && exec "$0" -c "$1"\' "$0" "$1"', f"{self.rig.build}/assayd", conf)
        first = own.recv(65536)
        self.assertJudged(f"{self.folder}/m.sock")
        return first, own.recv(65536)

    def test_syslog_gets_a_line_for_each_message(self):
        start, message = self.logged("syslog", "/dev/log")
        self.assertRegex(start.decode(), r'^<21>.* assayd\[\d+\]: start text="assayd \S+ serves"$')
        self.assertRegex(message.decode(), r"^<22>.* assayd\[\d+\]: message queue_id=4Zqueue direction=in disposition=accept .*")

    def test_the_journal_gets_fields_by_its_own_protocol(self):
        start, message = self.logged("journald", "/run/systemd/journal/socket")
        self.assertRegex(start.decode(), r'^PRIORITY=5\nSYSLOG_IDENTIFIER=assayd\nMESSAGE=start text="assayd \S+ serves"\n$')
        self.assertRegex(message.decode(), r"^PRIORITY=6\nSYSLOG_IDENTIFIER=assayd\nMESSAGE=message queue_id=4Zqueue direction=in .*\n$")

    # -- the unit ----------------------------------------------------------------------------------------------

    def test_the_unit_is_understood_and_leaves_little_open(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not there")
        folder = tempfile.mkdtemp(dir=self.folder)
        text = (TOP / "packaging/assayd.service").read_text(encoding="utf-8")
        Path(f"{folder}/assayd.service").write_text(text.replace("@sbindir@", os.path.abspath(self.rig.build)), encoding="utf-8")
        Path(f"{folder}/assayd.socket").write_text((TOP / "packaging/assayd.socket").read_text(encoding="utf-8"), encoding="utf-8")
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", f"{folder}/assayd.service", f"{folder}/assayd.socket"],
                                  capture_output=True, text=True, check=False)
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", f"{folder}/assayd.service"],
                              capture_output=True, text=True, check=False)
        score = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
        self.assertIsNotNone(score, done.stdout + done.stderr)
        print(f"systemd-analyze security: {score[1]} of 10, the least is best")
        self.assertLessEqual(float(score[1]), WORST_EXPOSURE, done.stdout)


def main():
    result = unittest.TextTestRunner(verbosity=1).run(unittest.defaultTestLoader.loadTestsFromTestCase(ServiceTest))
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    if not os.path.exists(os.path.join(os.environ.get("ASSAY_BUILD", "build"), "assayd")):
        print("skipped: there is no assayd")
        sys.exit(77)
    sys.exit(main())
