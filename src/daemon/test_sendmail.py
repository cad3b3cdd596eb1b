#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""assayd beside a real Sendmail, as docs/sendmail.md says: its lines are the configuration that is tested here.

Sendmail is unpacked into a folder of the test's own and runs in a mount namespace, under a name of its own. Prints
`N passed, N failed`.
"""
import glob
import os
import re
import smtplib
import subprocess
import sys
import textwrap
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import mtarig  # noqa: E402
from mailrig import Missing, PATIENCE, Rig, free_port, listens, wait_for  # noqa: E402

PAGE = TOP / "docs/sendmail.md"
HOME = "/mnt"  # where the rig's folder is for Sendmail: in /tmp, where everybody may write, it takes no socket
NAMES = {"good.example": ['TXT "v=spf1 ip4:127.0.0.7 -all"', "A 127.0.0.7"], "_dmarc.good.example": ['TXT "v=DMARC1; p=reject"'],
         "_dmarc.apart.example": ['TXT "v=DMARC1; p=quarantine"'], "apart.example": ["A 192.0.2.1"],
         "_dmarc.held.example": ['TXT "v=DMARC1; p=quarantine"'], "held.example": ["A 192.0.2.1"],
         "_dmarc.strict.example": ['TXT "v=DMARC1; p=reject"'], "strict.example": ["A 192.0.2.1"]}
TESTS = []


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


class Lab:
    """Two Sendmails, one by unix socket and one by TCP, assayd, and the place where mail ends."""

    def __init__(self, rig):
        self.rig = rig
        self.root = mtarig.unpack(rig, "sendmail-bin", "sendmail-base", "sendmail-cf", "m4")
        self.key, record = rig.key("s1")
        rig.resolver({**NAMES, "s1._domainkey.home.example": [record], "s1._domainkey.plain.example": [record]})
        rig.folder("run", 0o755)
        os.chown(f"{rig.dir}/run", 65534, 65534)
        self.write("hosts", "127.0.0.1 mx.example.org localhost\n127.0.0.7 client.good.example\n")
        self.write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
        self.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        self.write("local-host-names", "")
        self.replaced = {**mtarig.accounts(rig, "smmsp:2526", "smmta:2527"), **mtarig.libraries(rig, self.root),
                         **{f"/etc/{name}": f"{rig.dir}/{name}" for name in ("hosts", "nsswitch.conf", "resolv.conf")},
                         HOME: rig.dir}
        self.tcp = free_port()
        self.daemon = rig.assayd(self.assayd_conf())
        self.ports = {kind: self.start_sendmail(kind) for kind in ("unix", "inet")}
        self.port = self.ports["unix"]

    def write(self, name, text):
        """A file in the rig's folder."""
        with open(f"{self.rig.dir}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def assayd_conf(self):
        """As the page says, with the rig's paths, and what the tests look at."""
        page = mtarig.blocks(PAGE, "assayd.conf")[0].replace("/run/assay", f"{self.rig.dir}/run")
        return page + textwrap.dedent(f"""
            milter "tcp" {{ listen = inet:127.0.0.1:{self.tcp} }}
            internal = 127.0.0.1
            resolver.timeout = 1s
            policy "hold" {{ when.author = held.example  quarantine.by = hold }}
            key "main" {{ selector = s1  file = {self.key} }}
            sign "home.example" {{ key = main }}
            """) + textwrap.dedent(mtarig.blocks(PAGE, "assayd.conf")[1]).replace("example.org", "plain.example") + textwrap.dedent(f"""
            """)

    def conf(self, kind, port):
        """sendmail.cf, made by m4 of what is ours to choose and of the page."""
        milter = mtarig.blocks(PAGE, "sendmail-" + kind)[0].replace("/run/assay", f"{HOME}/run").replace("8891", str(self.tcp))
        cf = f"{self.root}/usr/share/sendmail/cf"
        source = textwrap.dedent(f"""\
            divert(-1)
            define(`_CF_DIR_', `{cf}/')dnl
            include(`{cf}/m4/cf.m4')
            divert(0)dnl
            VERSIONID(`test')dnl
            OSTYPE(`linux')dnl
            define(`confDOMAIN_NAME', `mx.example.org')dnl
            define(`confCW_FILE', `{HOME}/local-host-names')dnl
            define(`confPID_FILE', `{HOME}/{kind}.pid')dnl
            define(`STATUS_FILE', `{HOME}/{kind}.statistics')dnl
            define(`HELP_FILE', `')dnl
            define(`ALIAS_FILE', `')dnl
            define(`QUEUE_DIR', `{HOME}/queue-{kind}')dnl
            define(`confTO_IDENT', `0')dnl
            define(`confDONT_PROBE_INTERFACES', `true')dnl
            define(`confREFUSE_LA', `10000')dnl
            define(`confQUEUE_LA', `10000')dnl
            define(`confDELIVERY_MODE', `background')dnl
            define(`confTRY_NULL_MX_LIST', `true')dnl
            define(`SMART_HOST', `relay:[127.0.0.1]')dnl
            define(`RELAY_MAILER_ARGS', `TCP $h {self.rig.sink.port}')dnl
            FEATURE(`no_default_msa')dnl
            FEATURE(`nocanonify')dnl
            FEATURE(`accept_unresolvable_domains')dnl
            FEATURE(`promiscuous_relay')dnl
            DAEMON_OPTIONS(`Port={port}, Addr=127.0.0.1, Name=MTA')dnl
            """) + milter + "MAILER(`smtp')dnl\n"
        m4 = "m4" if os.path.exists("/usr/bin/m4") else f"{self.root}/usr/bin/m4"
        return subprocess.run([m4], input=source, capture_output=True, text=True, check=True).stdout

    def start_sendmail(self, kind):
        """A daemon. \\return its port"""
        port = free_port()
        os.makedirs(f"{self.rig.dir}/queue-{kind}", 0o700)
        self.write(f"{kind}.cf", self.conf(kind, port))
        self.rig.start(kind, *mtarig.inside(self.replaced, "mx.example.org"), f"{self.root}/usr/libexec/sendmail/sendmail",
                       "-C", f"{HOME}/{kind}.cf", "-bD", "-X", f"{HOME}/{kind}.smtp")
        wait_for(f"Sendmail: {self.rig.log(kind)}", lambda: listens(port))
        return port

    def sendmail(self, *words):
        """Run Sendmail as an operator does. \return what it says"""
        done = subprocess.run([*mtarig.inside(self.replaced, "mx.example.org"), f"{self.root}/usr/libexec/sendmail/sendmail",
                               "-C", f"{HOME}/unix.cf", *words], capture_output=True, text=True, check=False, timeout=PATIENCE)
        return done.stdout + done.stderr

    def send(self, message, mail_from, client="127.0.0.7", kind="unix"):
        """Send a message. \\return (code, text) of the last reply"""
        with smtplib.SMTP("127.0.0.1", self.ports[kind], timeout=PATIENCE, source_address=(client, 0)) as smtp:
            smtp.ehlo("good.example")
            code, text = smtp.mail(mail_from)
            if code < 400:
                code, text = smtp.rcpt("b@example.net")
            if code < 400:
                code, text = smtp.data(message)
            return code, text.decode("utf-8", "replace")

    def arrives(self, *words, **more):
        """Send a message that is taken. \\return the header, the body and all of what arrives"""
        before = len(self.rig.sink.mails)
        code, text = self.send(*words, **more)
        assert code == 250, f"{code} {text}\n{self.logs()}"
        octets = self.rig.delivered(before + 1)[2]
        header, _, body = octets.partition(b"\r\n\r\n")
        return fields(header), body, octets

    def verify(self, octets):
        """The results of `assay verify` of a message that arrived."""
        done = subprocess.run([f"{self.rig.build}/assay", "verify", "--ar", "--no-guess", "--resolver",
                               f"127.0.0.1@{self.rig.dns_port}"], input=octets, capture_output=True, check=False)
        return done.stdout.decode()

    def logs(self):
        """What everybody said, for a failure."""
        return "\n--\n".join(self.rig.log(name)[-3000:] for name in ("assayd", "unix", "inet"))


def fields(header):
    """[(name, value)] of a header, from the top."""
    return [tuple(part.strip() for part in field.split(":", 1))
            for field in re.split(r"\r\n(?![ \t])", header.decode("utf-8", "replace"))]


def values(header, name):
    """The values of the fields of a name, from the top."""
    return [value for key, value in header if key.lower() == name.lower()]


def message(author, *more, body="hello\n.\nFrom here\n"):
    """A message of this author."""
    return ("\n".join([f"From: <{author}>", "Subject: hi", "Date: Mon, 23 Nov 2026 12:00:00 +0000",
                       "Message-ID: <1@example>", *more]) + "\n\n" + body).replace("\n", "\r\n").encode()


@test
def what_passes_is_taken_with_our_results(lab):
    for kind in ("unix", "inet"):
        header, body, _ = lab.arrives(message("a@good.example"), "a@good.example", kind=kind)
        results = values(header, "Authentication-Results")
        assert len(results) == 1 and results[0].startswith("mx.example.org;"), header
        assert "spf=pass" in results[0] and "dmarc=pass" in results[0], header
        assert body == b"hello\r\n.\r\nFrom here\r\n", body


@test
def our_results_stand_on_top(lab):
    header, _, _ = lab.arrives(message("a@good.example"), "a@good.example")
    assert header[0][0] == "Authentication-Results", [name for name, _ in header]


@test
def forged_results_among_others_go_whatever_their_order(lab):
    ours = ["Authentication-Results: mx.example.org; dkim=pass header.d=bank.example",
            "Authentication-Results: mx.example.org (really);\n dmarc=pass header.from=bank.example"]
    others = ["Authentication-Results: one.example; spf=pass", "Authentication-Results: two.example;\n\tspf=pass",
              "Authentication-Results: three.example; spf=pass"]
    orders = [ours + others, others + ours, [others[0], ours[0], others[1], ours[1], others[2]],
              [ours[0], others[0], ours[1], others[1], ours[0], ours[1], others[2]]]
    for order in orders:
        for kind in ("unix", "inet"):
            header, _, _ = lab.arrives(message("a@good.example", *order), "a@good.example", kind=kind)
            got = [value.split(";")[0] for value in values(header, "Authentication-Results")]
            assert got == ["mx.example.org", "one.example", "two.example", "three.example"], (order, header)
            assert "bank.example" not in str(header), header


@test
def what_the_policy_of_its_author_rejects_is_refused_with_our_text(lab):
    code, text = lab.send(message("a@strict.example"), "a@strict.example")
    assert code == 550 and text.startswith("5.7.1 ") and "DMARC" in text, (code, text, lab.logs())


@test
def what_is_to_stand_apart_is_marked(lab):
    header, _, _ = lab.arrives(message("a@apart.example"), "a@apart.example")
    assert values(header, "Assay-Disposition"), header


@test
def what_is_to_be_held_is_in_the_quarantine_of_sendmail(lab):
    before = len(lab.rig.sink.mails)
    code, text = lab.send(message("a@held.example"), "a@held.example")
    assert code == 250, (code, text)
    held = glob.glob(f"{lab.rig.dir}/queue-unix/hf*")
    assert len(held) == 1 and len(lab.rig.sink.mails) == before, (os.listdir(f"{lab.rig.dir}/queue-unix"), lab.logs())
    text = Path(held[0]).read_text(errors="replace")
    assert re.search(r"(?m)^q.*held\.example", text), text
    queue_id = Path(held[0]).name[2:]
    assert queue_id in lab.sendmail("-bp", "-qQ"), lab.sendmail("-bp", "-qQ")
    lab.sendmail("-qQ", f"-qI{queue_id}", "-Q")
    lab.sendmail("-q")
    assert b"<a@held.example>" in lab.rig.delivered(before + 1)[2]


@test
def what_this_site_sends_is_signed_and_verifies(lab):
    body = "lone dot\n.\n..\n\nblanks  at the end  \n\n\n"
    for kind in ("unix", "inet"):
        header, _, octets = lab.arrives(message("me@home.example", "To: b@example.net,\n\t c@example.net", "X-Long: a\n  b\n\tc",
                                                body=body), "me@home.example", client="127.0.0.1", kind=kind)
        assert "d=home.example" in values(header, "DKIM-Signature")[0], header
        assert "dkim=pass" in lab.verify(octets), (lab.verify(octets), octets)


@test
def what_sendmail_writes_anew_can_be_left_unsigned(lab):
    lists = ("To: Bob <b@example.net>,c@example.net", "Cc: d@example.net , e@example.net (x)", "Reply-To: me")
    for author, result in (("me@home.example", "dkim=fail"), ("me@plain.example", "dkim=pass")):
        header, _, octets = lab.arrives(message(author, *lists), author, client="127.0.0.1")
        assert values(header, "To") == ["Bob <b@example.net>, c@example.net"], header
        assert result in lab.verify(octets), (lab.verify(octets), octets)


@test
def without_the_daemon_mail_is_deferred(lab):
    lab.daemon.terminate()
    lab.daemon.wait(20)
    for kind in ("unix", "inet"):
        code, text = lab.send(message("a@good.example"), "a@good.example", kind=kind)
        assert code == 451, (code, text)


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
                except (AssertionError, OSError, IndexError, smtplib.SMTPException) as error:
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
