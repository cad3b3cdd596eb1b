# SPDX-License-Identifier: BSD-2-Clause
"""Running assayd: what is read anew while mail flows, and how it ends."""
import json
import re
import signal
import smtplib
import subprocess
import threading
import time
from pathlib import Path

from postfix_lab import GOOD, PATIENCE, Missing, free_port, has, lacks, message, same, test, token, wait_for

CONF = """
authserv_id = ID
log.format = json
store = %(dir)s/running/assay.db
milter "run" { listen = unix:%(dir)s/run.sock  mode = 0666 }
milter "tcp" { listen = inet:127.0.0.1:PORT }
"""
SLOW = """
resolver = 127.0.0.1@PORT
resolver.timeout = 2s
resolver.trust_anchor = none
authserv_id = ID
log.format = json
temperror.action = accept
milter "slow" { listen = unix:%(dir)s/slow.sock  mode = 0666 }
"""
OLD, NEW = "old.example.org", "new.example.org"
EACH, SESSIONS = 40, 4


def names(_lab):
    """Those of the groups before."""
    return {}


def set_up(lab):
    """An assayd of its own. \\return ports of Postfix"""
    lab.folder("running")
    lab.tcp = free_port()
    lab.running = lab.assayd(conf(lab, OLD), "running")
    return {"run": {"smtpd_milters": f"unix:{lab.dir}/run.sock"}, "runtcp": {"smtpd_milters": f"inet:127.0.0.1:{lab.tcp}"},
            "slow": {"smtpd_milters": f"unix:{lab.dir}/slow.sock"}, "later": {"smtpd_milters": f"unix:{lab.dir}/later.sock"}}


def conf(lab, name, more=""):
    """The configuration, with an authserv_id."""
    return CONF.replace("ID", name).replace("PORT", str(lab.tcp)) + more


def said(lab, event):
    """The events of that name."""
    return [json.loads(line) for line in lab.log("running").splitlines() if f'"event":"{event}"' in line]


def reload(lab, text, event="reloaded"):
    """Have a configuration read by SIGHUP, and wait for what is said of it. \\return that"""
    before = len(said(lab, event))
    lab.write_conf(text, "running")
    lab.running.send_signal(signal.SIGHUP)
    wait_for(f"an event {event}", lambda: len(said(lab, event)) > before)
    return said(lab, event)[-1]["text"]


def id_of(lab, service="run"):
    """The authserv-id that a message gets now."""
    return lab.passed(service, client=GOOD).results().partition(";")[0]


class Flow(threading.Thread):
    """Somebody who sends message after message in one session, every other one forged."""

    def __init__(self, lab, service):
        super().__init__()
        self.lab, self.service, self.wrong = lab, service, []
        self.words = [token() for _ in range(EACH)]
        self.start()

    def run(self):
        try:
            with self.lab.session(self.service) as smtp:
                for i, word in enumerate(self.words):
                    smtp.mail("x@elsewhere.example")
                    smtp.rcpt("bob@example.org")
                    code, text = smtp.data(message(f"x@{'shop' if i % 2 else 'ally'}.example", word))
                    if code != (550 if i % 2 else 250):
                        self.wrong.append((word, code, text))
                    time.sleep(0.03)  # so that it lasts for some reloads on a fast machine, too
        except (OSError, smtplib.SMTPException) as why:
            self.wrong.append(why)


@test
def nothing_is_lost_or_judged_twice_while_configurations_change(lab):
    before, bad = len(said(lab, "reloaded")), len(said(lab, "reload"))
    flows = [Flow(lab, ("run", "runtcp")[i % 2]) for i in range(SESSIONS)]
    i = 0
    while any(flow.is_alive() for flow in flows):
        i += 1
        lab.write_conf(conf(lab, f"id{i}.example.org") if i % 4 else "nonsense = {", "running")
        lab.running.send_signal(signal.SIGHUP)
        time.sleep(0.2)
        wait_for("an event", lambda n=i: len(said(lab, "reloaded")) - before + len(said(lab, "reload")) - bad >= n)
    for flow in flows:
        flow.join()
    reload(lab, conf(lab, OLD))
    same([flow.wrong for flow in flows], [[]] * SESSIONS)
    words = [word for flow in flows for word in flow.words]
    wait_for("the events", lambda: all(lab.events(word, "running") for word in words))
    same([word for word in words if len(lab.events(word, "running")) != 1], [])
    arrived = [word for flow in flows for word in flow.words[::2]]
    for word in arrived:
        lab.got(word)
    with lab.sink.lock:
        octets = [mail[2] for mail in lab.sink.mails]
    same([word for word in arrived if sum(word.encode() in data for data in octets) != 1], [])
    used = {lab.got(word).results().partition(";")[0] for word in arrived}
    assert len(said(lab, "reloaded")) - before > 3 and len(used) > 2, f"too few reloads to prove anything: {i}, {used}"
    lab.flowed = words


@test
def the_store_has_one_row_for_each_of_them(lab):
    def rows():
        done = subprocess.run([f"{lab.build}/assay", "store", "export", f"{lab.dir}/running/assay.db"], capture_output=True,
                              text=True, check=False)
        return [row["message_id"].partition("@")[0] for row in map(json.loads, done.stdout.splitlines())]
    words = getattr(lab, "flowed", None)
    if not words:
        raise Missing("other test was run before")
    wait_for("the rows", lambda: len(set(rows()) & set(words)) == len(words))
    same(sorted(word for word in rows() if word in words), sorted(words))


@test
def a_configuration_that_is_wrong_changes_nothing_and_that_is_said(lab):
    same(id_of(lab), OLD)
    for text, why in ((conf(lab, NEW) + 'milter "x" {\n  lisen = unix:/x\n}\n', "running.conf:11:3: "),
                      (conf(lab, NEW) + 'key "k" { selector = s  file = /nowhere.pem }\nsign "example.org" { key = k }\n',
                       "/nowhere.pem"),
                      (conf(lab, NEW) + 'milter "x" { listen = unix:/nowhere/at/all.sock }\n', "/nowhere/at/all.sock")):
        said_by_signal = reload(lab, text, "reload")
        has(said_by_signal, "nothing has changed", why)
        word, said_by_socket = lab.control("running", "reload")
        same(word, "NO")
        has(said_by_socket, why)
        same((id_of(lab), id_of(lab, "runtcp")), (OLD, OLD), why)
    reload(lab, conf(lab, OLD))


@test
def a_reload_changes_options_and_listeners(lab):
    same(lab.send(message("a@shop.example", token()), "later", client=GOOD)[0], 451)
    reload(lab, conf(lab, NEW, 'milter "later" { listen = unix:%(dir)s/later.sock  mode = 0666 }\n'))
    same((id_of(lab), id_of(lab, "runtcp"), id_of(lab, "later")), (NEW,) * 3)
    lab.write_conf(conf(lab, OLD), "running")
    same(lab.control("running", "reload"), ("OK", ""))
    same((id_of(lab), id_of(lab, "runtcp")), (OLD, OLD))
    assert not Path(f"{lab.dir}/later.sock").exists()


@test
def an_open_connection_takes_the_new_configuration_with_its_next_message(lab):
    words = [token(), token()]
    with lab.session("run", GOOD) as smtp:
        for word, name in zip(words, (OLD, NEW)):
            reload(lab, conf(lab, name))
            smtp.mail("a@shop.example")
            smtp.rcpt("bob@example.org")
            same(smtp.data(message("a@shop.example", word))[0], 250)
    same([lab.got(word).results().partition(";")[0] for word in words], [OLD, NEW])


@test
def a_message_that_waits_for_answers_keeps_the_configuration_it_began_with(lab):
    def slow(name):
        return SLOW.replace("PORT", str(lab.silence.getsockname()[1])).replace("ID", name)
    daemon, words = lab.assayd(slow(OLD), "slow"), [token(), token()]
    sender = threading.Thread(target=lab.send, args=(message("a@shop.example", words[0]), "slow"))
    sender.start()
    time.sleep(0.5)
    same(lab.events(words[0], "slow"), [], "it does not wait")
    lab.write_conf(slow(NEW), "slow")
    daemon.send_signal(signal.SIGHUP)
    wait_for("the reload", lambda: '"reloaded"' in lab.log("slow"))
    same(lab.events(words[0], "slow"), [], "it does not wait")
    sender.join()
    same(lab.send(message("a@shop.example", words[1]), "slow")[0], 250)
    same([lab.got(word).results().partition(";")[0] for word in words], [OLD, NEW])


@test
def sigterm_finishes_what_is_under_way_and_leaves_nothing_behind(lab):
    word, began = token(), time.monotonic()
    with lab.session("run", GOOD) as smtp:
        smtp.mail("a@shop.example")
        smtp.rcpt("bob@example.org")
        lab.running.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        same(lab.running.poll(), None, "it does not wait")
        same(smtp.data(message("a@shop.example", word))[0], 250)
    has(lab.got(word).results(), "dmarc=pass")
    same((lab.running.wait(PATIENCE), time.monotonic() - began < 6), (0, True))
    same([name for name in ("run.sock", "running.control") if Path(f"{lab.dir}/{name}").exists()], [])
    same(len(lab.events(word, "running")), 1)
    same(lab.send(message("a@shop.example", token()), "run", client=GOOD)[0], 451)


@test
def all_others_end_well_and_nobody_complained(lab):
    daemons = [process for process in lab.processes if process.args[0].endswith("/assayd") and process.poll() is None]
    assert daemons
    for process in daemons:
        process.send_signal(signal.SIGTERM)
    same([process.wait(PATIENCE) for process in daemons], [0] * len(daemons))
    for log in Path(lab.dir).glob("*.log"):
        lacks(log.read_text(encoding="utf-8", errors="replace"), "Sanitizer", "runtime error")
    for log in Path(lab.dir).glob("*.mail"):  # what Postfix thinks of the protocol; sockets that are away are part of the tests
        odd = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
               if re.search("warning:.*(milter|socketmap)|fatal:|panic:", line) and "connect to Milter service" not in line]
        same(odd, [])
