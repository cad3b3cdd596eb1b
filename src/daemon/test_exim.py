#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""assayd beside a real Exim, as docs/exim.md says: its lines are the configuration that is tested here.

Exim is unpacked into a folder of the test's own and runs in a mount namespace. Prints `N passed, N failed`.
"""
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

PAGE = TOP / "docs/exim.md"
NAMES = {"good.example": ['TXT "v=spf1 ip4:127.0.0.7 -all"', "A 127.0.0.7"],
         "_dmarc.good.example": ['TXT "v=DMARC1; p=reject"'],
         "_dmarc.apart.example": ['TXT "v=DMARC1; p=quarantine"'], "apart.example": ["A 192.0.2.1"],
         "_dmarc.held.example": ['TXT "v=DMARC1; p=quarantine"'], "held.example": ["A 192.0.2.1"],
         "_dmarc.away.example": ['TXT "v=DMARC1; p=reject"'], "away.example": ["A 192.0.2.1"],
         "_dmarc.strict.example": ['TXT "v=DMARC1; p=reject"'], "strict.example": ["A 192.0.2.1"]}
TESTS = []


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


class InNamespace(Rig):
    """A rig whose mail server and assayd see other files in /etc."""
    replaced = {}

    def start(self, name, *command, **more):
        inside = mtarig.inside(self.replaced) if name in ("assayd", "exim") else []
        return super().start(name, *inside, *command, **more)


class Lab:
    """Exim, assayd and the place where mail ends."""

    def __init__(self, rig):
        self.rig = rig
        self.root = mtarig.unpack(rig, "exim4-daemon-heavy")
        self.key, record = rig.key("s1")
        self.resolver = rig.resolver({**NAMES, "s1._domainkey.home.example": [record]})
        for name in ("spool", "spool/input", "log"):
            os.makedirs(f"{rig.dir}/{name}")
        rig.replaced = {**mtarig.accounts(rig, "Debian-exim:2525"), **mtarig.libraries(rig, self.root)}
        self.own(f"{rig.dir}/spool", f"{rig.dir}/spool/input", f"{rig.dir}/log")
        self.port = free_port()
        self.daemon = None
        self.start_assayd()
        self.start_exim()

    @staticmethod
    def own(*paths):
        """They are Exim's."""
        for path in paths:
            os.chown(path, 2525, 2525)
            os.chmod(path, 0o750)

    def start_assayd(self):
        """As the page says, with the rig's paths, and what the tests look at."""
        conf = mtarig.blocks(PAGE, "assayd.conf")[0].replace("/run/assay", self.rig.dir)
        conf = conf.replace("/var/spool/exim4", f"{self.rig.dir}/spool")
        self.daemon = self.rig.assayd(conf + textwrap.dedent(f"""
            internal = 127.0.0.1
            key "main" {{ selector = s1  file = {self.key} }}
            sign "home.example" {{ key = main }}
            resolver.timeout = 1s
            policy "hold" {{ when.author = held.example  quarantine.by = hold }}
            policy "away" {{ when.author = away.example  dmarc.reject = discard }}
            """))

    def conf(self):
        """Exim's configuration: what is ours to choose, and the page."""
        rig = self.rig
        main, acl, transport = (mtarig.blocks(PAGE, kind)[0].replace("/run/assay", rig.dir)
                                for kind in ("exim-main", "exim-acl", "exim-transport"))
        transport = transport.replace("/usr/bin/assay", f"{Path(rig.build).resolve()}/assay") \
                             .replace("-o authserv", f"--resolver 127.0.0.1@{rig.dns_port} -o authserv")
        pipe = mtarig.blocks(PAGE, "exim-pipe")[0].replace("/usr/bin/procmail", f"cat > {rig.dir}/log/piped") \
                     .replace("/usr/bin/assay", f"{Path(rig.build).resolve()}/assay") \
                     .replace("-o authserv", f"--resolver 127.0.0.1@{rig.dns_port} -o authserv")
        return textwrap.dedent(f"""
            exim_path = {self.root}/usr/sbin/exim4
            keep_environment = ASAN_OPTIONS
            spool_directory = {rig.dir}/spool
            log_file_path = {rig.dir}/log/%s
            pid_file_path = {rig.dir}/exim.pid
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = {self.port}
            primary_hostname = mx.example.org
            qualify_domain = example.org
            disable_ipv6
            tls_advertise_hosts =
            acl_smtp_rcpt = acl_rcpt
            """) + main + textwrap.dedent("""
            begin acl
            acl_rcpt:
              accept
            """) + acl + textwrap.dedent(f"""
            begin routers
            piped:
              driver = accept
              condition = ${{if eq{{$local_part}}{{piped}}}}
              transport = to_a_program
            filtered:
              driver = manualroute
              condition = ${{if eq{{$local_part}}{{filtered}}}}
              transport = through_assay
              route_list = * 127.0.0.1 byname
              self = send
            all:
              driver = manualroute
              transport = sink
              route_list = * 127.0.0.1 byname
              self = send
            begin transports
            sink:
              driver = smtp
              port = {rig.sink.port}
              hosts_try_fastopen =
              allow_localhost
            through_assay:
              driver = smtp
              port = {rig.sink.port}
              hosts_try_fastopen =
              allow_localhost
            """) + transport + "\nto_a_program:\n" + pipe + "  user = Debian-exim\n\nbegin retry\n* * F,1h,1m\n"

    def start_exim(self):
        """The daemon, in its namespace."""
        # Where Debian's Exim looks for it: with -C it would give up its rights at the first delivery
        os.makedirs(f"{self.rig.dir}/lib/exim4")
        with open(f"{self.rig.dir}/lib/exim4/config.autogenerated", "w", encoding="utf-8") as file:
            file.write(self.conf())
        self.rig.replaced["/var/lib"] = f"{self.rig.dir}/lib"
        self.rig.start("exim", f"{self.root}/usr/sbin/exim4", "-bdf")
        wait_for("Exim: " + self.rig.log("exim"), lambda: listens(self.port))

    def exim(self, *words, message=b""):
        """Run Exim as an operator, or a program, does. \return what it says"""
        done = subprocess.run([*mtarig.inside(self.rig.replaced), f"{self.root}/usr/sbin/exim4", *words], input=message,
                              capture_output=True, check=False, timeout=PATIENCE)
        return (done.stdout + done.stderr).decode()

    def send(self, message, mail_from, client="127.0.0.7", to=("b@example.org",), helo="good.example"):
        """Send a message. \\return (code, text) of the last reply"""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE, source_address=(client, 0)) as smtp:
            smtp.ehlo(helo)
            code, text = smtp.mail(mail_from)
            for address in to:
                if code < 400:
                    code, text = smtp.rcpt(address)
            if code < 400:
                code, text = smtp.data(message)
            return code, text.decode("utf-8", "replace")

    def arrives(self, *words, **more):
        """Send a message that is taken. \\return the header and body that arrive"""
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
        texts = [self.rig.log("assayd")[-3000:], self.rig.log("exim")[-2000:]]
        for path in Path(f"{self.rig.dir}/log").glob("*"):
            texts.append(path.read_text(errors="replace")[-3000:])
        return "\n--\n".join(texts)


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


FORGED = ("Authentication-Results: mx.example.org; dkim=pass header.d=bank.example",
          "Authentication-Results: other.example;\n\tspf=pass smtp.mailfrom=x@y.example",
          "Authentication-Results: mx.example.org (really);\n dmarc=pass header.from=bank.example")


@test
def what_passes_is_taken_with_our_results_on_top(lab):
    header, body, _ = lab.arrives(message("a@good.example"), "a@good.example")
    assert header[0][0] == "Authentication-Results", header
    assert header[0][1].startswith("mx.example.org;") and "spf=pass" in header[0][1] and "dmarc=pass" in header[0][1], header
    assert body == b"hello\r\n.\r\nFrom here\r\n", body
    assert "queue_id=" in lab.rig.log("assayd").splitlines()[-1], lab.rig.log("assayd")


@test
def forged_results_go_and_those_of_others_stay(lab):
    header, _, _ = lab.arrives(message("a@good.example", *FORGED), "a@good.example")
    results = values(header, "Authentication-Results")
    assert len(results) == 2 and "bank.example" not in str(results), results
    assert results[1] == "other.example;\r\n\tspf=pass smtp.mailfrom=x@y.example", results


@test
def what_the_policy_of_its_author_rejects_is_refused_with_our_text(lab):
    code, text = lab.send(message("a@strict.example"), "a@strict.example")
    assert code == 550 and text.startswith("5.7.1 ") and "DMARC" in text, (code, text, lab.logs())


@test
def what_is_to_stand_apart_is_marked(lab):
    header, _, _ = lab.arrives(message("a@apart.example"), "a@apart.example")
    assert values(header, "Assay-Disposition"), header
    assert "dmarc=fail" in values(header, "Authentication-Results")[0], header


@test
def what_this_site_sends_is_signed_and_verifies(lab):
    header, _, octets = lab.arrives(message("me@home.example", body="lone dot\n.\n..\n\ntrailing \n\n\n"), "me@home.example",
                                    client="127.0.0.1", to=("b@example.net", '"odd, one"@example.net'))
    assert "d=home.example" in values(header, "DKIM-Signature")[0], header
    verdict = lab.verify(octets)
    assert "dkim=pass" in verdict, verdict


@test
def what_is_made_on_the_host_is_signed_and_verifies(lab):
    before = len(lab.rig.sink.mails)
    said = lab.exim("-oi", "-f", "me@home.example", "b@example.net", message=b"From: <me@home.example>\nSubject: hi\n\nhello\n.\n")
    assert said == "", said
    octets = lab.rig.delivered(before + 1)[2]
    assert b"d=home.example" in octets and "dkim=pass" in lab.verify(octets), (lab.verify(octets), octets)


@test
def what_is_to_be_held_is_frozen(lab):
    before = len(lab.rig.sink.mails)
    code, text = lab.send(message("a@held.example"), "a@held.example")
    queue = lab.exim("-bp")
    assert code == 250 and "*** frozen ***" in queue and len(lab.rig.sink.mails) == before, (code, text, queue)


@test
def what_is_to_be_thrown_away_is_taken_and_goes_nowhere(lab):
    before = len(lab.rig.sink.mails)
    code, text = lab.send(message("a@away.example"), "a@away.example")
    assert code == 250 and "a@away.example" not in lab.exim("-bp") and len(lab.rig.sink.mails) == before, (code, text, lab.logs())


@test
def octets_that_a_client_chose_stay_in_their_line(lab):
    code, text = lab.send(message("a@good.example"), '"b\\"\\\\ ip=127.0.0.1"@good.example')
    assert code == 250, (code, text, lab.logs())
    line = [line for line in lab.rig.log("assayd").splitlines() if "ip=127.0.0.1" in line][-1]
    assert "client=127.0.0.7" in line and "direction=in" in line, line


@test
def a_long_header_is_judged_whole(lab):
    long = [f"X-{i}: {'x' * 900}" for i in range(150)]
    header, _, octets = lab.arrives(message("me@home.example", *long), "me@home.example", client="127.0.0.1")
    assert len(octets) > 130000 and values(header, "DKIM-Signature"), header[:3]
    assert "dkim=pass" in lab.verify(octets)


@test
def a_large_message_is_read_from_the_spool(lab):
    body = ("0123456789" * 7 + "\n") * 100000
    _, got, octets = lab.arrives(message("me@home.example", body=body), "me@home.example", client="127.0.0.1")
    assert len(got) == 7200000 and "dkim=pass" in lab.verify(octets)


@test
def a_transport_filter_adds_results_and_passes_the_message_on(lab):
    header, body, _ = lab.arrives(message("a@good.example", *FORGED), "a@good.example", to=("filtered@example.org",))
    results = values(header, "Authentication-Results")
    assert header[0][0] == "Authentication-Results" and "spf=pass" in results[0], header
    # The one that the ACL put in is ours too, and the filter comes after it
    assert len([value for value in results if value.startswith("mx.example.org")]) == 1, results
    assert body == b"hello\r\n.\r\nFrom here\r\n", body


@test
def a_pipe_before_the_program_that_delivers_knows_the_sender(lab):
    path = Path(f"{lab.rig.dir}/log/piped")
    code, text = lab.send(message("a@good.example", *FORGED), "a@good.example", to=("piped@example.org",))
    assert code == 250, (code, text)
    wait_for(f"a delivery: {lab.logs()}", lambda: path.exists() and path.read_bytes().rstrip().endswith(b"From here"))
    octets = path.read_bytes()
    assert octets.count(b"Authentication-Results: mx.example.org") == 1 and b"bank.example" not in octets, octets
    assert b"smtp.mailfrom=good.example" in octets and octets.startswith(b"From a@good.example "), octets


@test
def what_the_dns_does_not_answer_is_deferred(lab):
    lab.resolver.terminate()
    lab.resolver.wait(20)
    code, text = lab.send(message("a@unasked.example"), "a@unasked.example")
    assert code == 451 and "unasked.example" in text, (code, text, lab.logs())


@test
def without_the_daemon_mail_is_deferred(lab):
    lab.daemon.terminate()
    lab.daemon.wait(20)
    code, text = lab.send(message("a@good.example"), "a@good.example")
    assert (code, text) == (451, "4.3.0 Please try again later"), (code, text)


def main():
    passed = failed = 0
    try:
        with InNamespace(keep="KEEP" in os.environ) as rig:
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
