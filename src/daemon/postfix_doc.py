# SPDX-License-Identifier: BSD-2-Clause
"""docs/postfix.md, followed word by word: its blocks of assayd.conf, main.cf and master.cf are those of a Postfix with the
chroot of Debian's, its commands are run. Only paths, the resolver and the user are the test's own."""
import grp
import json
import os
import re
import signal
import subprocess
from pathlib import Path

from postfix_lab import GOOD, TOP, Users, free_port, has, message, same, test, token, wait_for

PAGE = TOP / "docs/postfix.md"
BLOCK = re.compile(r"^```(\S+)\n(.*?)^```$", re.M | re.S)
OPENDKIM = "Domain example.org\nSelector s2026\nKeyFile %s/keys/s2026.pem\nSocket local:/run/opendkim.sock\n"
OPENDMARC = "AuthservID mx.example.org\nRejectFailures true\nSocket local:/run/opendmarc.sock\n"


def names(_lab):
    """Nothing but what the groups before have, and a client of its own."""
    return {}


def set_up(_lab):
    """The site is set up by the first test that needs it."""
    return {}


class Site:
    """A host on which somebody follows the page."""

    def __init__(self, lab):
        self.lab = lab
        self.queue, self.etc, self.lib = f"{lab.dir}/site/queue", f"{lab.dir}/site.etc", f"{lab.dir}/site.lib"
        self.submission = free_port()
        self.conf, self.said, self.daemon, self.reloads = "", {}, None, 0
        for path, mode in ((self.queue, 0o755), (self.etc, 0o755), (self.lib, 0o777)):
            os.makedirs(path)
            os.chmod(path, mode)
        Users(f"{self.queue}/users.auth", "ann", "secret")
        Path(f"{self.etc}/opendkim.conf").write_text(OPENDKIM % f"{self.etc}/assay", encoding="ascii")
        Path(f"{self.etc}/opendmarc.conf").write_text(OPENDMARC, encoding="ascii")
        os.makedirs(f"{self.etc}/assay")
        blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        self.start_postfix("".join(text for kind, text in blocks if kind == "master.cf"))
        for kind, text in blocks:
            {"assayd.conf": self.take_conf, "main.cf": self.take_main, "sh": self.take_commands,
             "master.cf": lambda _: None}[kind](self.here(text))
            if kind == "main.cf" and "postfix reload" in self.said:
                self.run("postfix reload")

    def here(self, text):
        """Text of the page with the paths of this host."""
        text = re.sub(r"(?m)^resolver .*", f"resolver = 127.0.0.1@{self.lab.dns_port}", text)
        for theirs, ours in (("/var/spool/postfix", self.queue), ("/var/lib/assay", self.lib), ("/etc/", f"{self.etc}/")):
            text = text.replace(theirs, ours)
        return text

    def start_postfix(self, master):
        """Postfix before the page: it knows users, and trusts nobody."""
        self.lab.postfix("site", chroot=True, master=re.sub(r"(?m)^submission inet", f"127.0.0.1:{self.submission} inet", master),
                         smtpd_milters="", smtpd_sasl_type="dovecot", smtpd_sasl_path="users.auth")
        self.lab.ports["site submission"] = self.submission

    def take_conf(self, text):
        """More of assayd.conf: assayd is started with it, or reads it anew."""
        self.conf += text
        Path(f"{self.etc}/assay/assayd.conf").write_text(self.conf, encoding="utf-8")
        if not self.daemon:
            self.daemon = self.lab.start("site", f"{self.lab.build}/assayd", "-c", f"{self.etc}/assay/assayd.conf", *self.own())
            wait_for("assayd", lambda: " serves" in self.lab.log("site") or self.daemon.poll() is not None)
            return
        self.reloads += 1
        self.daemon.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: len(re.findall(" reloaded | reload ", self.lab.log("site"))) >= self.reloads)

    def own(self):
        """What this host has in place of the page's."""
        return ["-o", "user = nobody", "-o", f"control {{ listen = unix:{self.lab.dir}/site.control }}"]

    def take_main(self, text):
        """More of main.cf. What was there of these names is replaced."""
        path, given = Path(f"{self.lab.dir}/site/etc/main.cf"), re.findall(r"(?m)^(\w+) *=", text)
        kept = [line for line in path.read_text(encoding="utf-8").splitlines(True) if line.split(" =")[0] not in given]
        path.write_text("".join(kept) + text, encoding="utf-8")

    def take_commands(self, text):
        """Commands, and then what the reader has to do with what they print."""
        for line in text.strip().splitlines():
            self.said[line] = self.run(line)
        for selector in ("s2026", "e2026"):
            if f"{selector}.pem" in text:
                key = json.loads(self.run(f"assay key show --json {self.etc}/assay/keys/{selector}.pem --selector {selector} "
                                          "--domain example.org"))
                self.lab.publish({f"{selector}._domainkey.example.org": [key["zone"].partition(" IN ")[2]]})

    def run(self, line):
        """Run a command. \\return what it prints"""
        if line.startswith("assayd "):
            line += " " + " ".join(f"'{word}'" for word in self.own())
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, timeout=60, cwd=self.etc,
                              env={"PATH": f"{os.path.abspath(self.lab.build)}:/usr/sbin:/usr/bin:/sbin:/bin",
                                   "MAIL_CONFIG": f"{self.lab.dir}/site/etc", "LC_ALL": "C.UTF-8"})
        some_is_left = done.returncode == 1 and line.startswith("assay import")  # it says what has no equivalent
        assert done.returncode == 0 or some_is_left, f"{line}\n{done.returncode} {done.stderr}"
        return done.stdout + done.stderr

    def said_by(self, word):
        """What the command with this word in it printed."""
        return next(text for line, text in self.said.items() if word in line)


def site(lab):
    """The host, set up once."""
    if not hasattr(lab, "site"):
        lab.site = None
        lab.site = Site(lab)
    assert lab.site, "it could not be set up"
    return lab.site


@test
def every_block_of_the_page_is_taken_and_every_command_works(lab):
    here = site(lab)
    same(here.reloads, len(re.findall(r"^```assayd\.conf$", PAGE.read_text(encoding="utf-8"), re.M)) - 1)
    lacking = [line for line in lab.log("site").splitlines() if " reload " in line]
    same(lacking, [])
    has(here.said_by("--check"), "good")
    has(here.said_by("key new rsa"), "s2026._domainkey.example.org")
    has(here.said_by("postconf"), "smtpd_milters = unix:assay/milter.sock", "milter_default_action = tempfail")
    has(here.said_by("postmap"), "SRS0=", "=elsewhere.example=alice@srs.example.org")
    has(here.said_by("import"), "selector = s2026", "keys/s2026.pem", "authserv_id = mx.example.org",
        "Socket: one milter does all")


@test
def the_socket_of_the_page_belongs_to_postfix_alone(lab):
    at = os.stat(f"{site(lab).queue}/assay/milter.sock")
    folder = os.stat(f"{site(lab).queue}/assay")
    group = grp.getgrnam("postfix").gr_gid
    same((oct(at.st_mode & 0o777), at.st_gid), ("0o660", group))
    same((oct(folder.st_mode & 0o777), folder.st_gid), ("0o750", group))


@test
def the_two_lines_judge_what_comes_in(lab):
    site(lab)
    word = token()
    same(lab.send(message("x@shop.example", word), "site")[0], 550)
    word = token()
    same(lab.send(message("x@shop.example", word), "site", client=GOOD, mail_from="x@shop.example", to=["b@example.org"])[0], 250)
    has(lab.got(word).results(), "dmarc=pass")


@test
def the_sendmail_command_and_the_submission_port_of_the_page_sign(lab):
    site(lab)
    lab.both_keys = {"s2026", "e2026"}
    mail = lab.got("Subject: hello\r\n")
    same({check["properties"]["header.s"] for check in lab.verify(mail.data)["checks"] if check["method"] == "dkim"
          and check["result"] == "pass"}, lab.both_keys)
    word = token()
    with lab.session("site submission") as smtp:
        same(smtp.mail("ann@example.org")[0], 250)
        same(smtp.rcpt("bob@example.net")[0], 554)
        smtp.rset()
        same(smtp.login("ann", "secret")[0], 235)
        smtp.mail("ann@example.org")
        same(smtp.rcpt("bob@example.net")[0], 250)
        same(smtp.data(message("ann@example.org", word))[0], 250)
    same(len(lab.got(word).all("DKIM-Signature")), 2)


@test
def without_assayd_mail_is_deferred_and_comes_in_later(lab):
    here = site(lab)
    os.rename(f"{here.queue}/assay/milter.sock", f"{here.queue}/assay/away")
    word = token()
    try:
        with lab.session("site", None) as smtp:
            code, text = smtp.mail("a@shop.example")
        same((code, text[:5]), (451, b"4.7.1"))
        has(Path(f"{lab.dir}/site.mail").read_text(encoding="utf-8"),
            "connect to Milter service unix:assay/milter.sock: No such file or directory")
    finally:
        os.rename(f"{here.queue}/assay/away", f"{here.queue}/assay/milter.sock")
    same(lab.send(message("a@none.example", word), "site", client=GOOD)[0], 250)
    has(lab.got(word).results(), "mx.example.org")
