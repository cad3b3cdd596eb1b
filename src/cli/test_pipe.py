#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay verify --pipe` from outside, as test_cli.py does it for the others, without the network."""
import os
import subprocess
import sys

import test_cli
from test_cli import ASSAY, complete, environment, fails, has, message, same, temporary, world

test_cli.TESTS.clear()
test = test_cli.test

NOW = ("--now", "2026-11-23T12:00:00Z")
OURS = ("-o", "authserv_id=mx.ours.example")
FORGED = (b"Authentication-Results: mx.ours.example; dkim=pass header.d=bank.example\n"
          b"Authentication-Results: other.example;\n\tspf=pass\n"
          b"AUTHENTICATION-results: mx.ours.example; spf=pass\n")


def pipe(*words, stdin, **env):
    """What comes out: (status, octets, complaints)."""
    done = subprocess.run([ASSAY, "verify", "--pipe", *words], input=stdin, capture_output=True, check=False, timeout=120,
                          env=environment(**env))
    return done.returncode, done.stdout, done.stderr.decode()


def passed_on(*words, stdin, **env):
    """(our field, what is below it) of a message that is passed on."""
    status, out, err = pipe(*words, *OURS, stdin=stdin, **env)
    same((status, err), (0, ""))
    end = 0
    while True:
        end = out.index(b"\n", end) + 1
        if out[end:end + 1] not in b" \t" or not out[end:]:
            return out[:end], out[end:]


@test
@temporary
def a_message_comes_out_below_its_results(folder):
    shop = message("shop")
    for text in (shop, shop.replace(b"\r\n", b"\n"), shop.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
        field, rest = passed_on("--world", world(folder, "shop"), *NOW, stdin=text)
        assert field.startswith(b"Authentication-Results: mx.ours.example;") and b"dkim=pass" in field, field
        same(field.count(b"\r\n"), field.count(b"\n") if b"\r\n" in text else 0)
        same(rest, text)


@test
@temporary
def forged_results_go_and_all_else_stays_as_it_is(folder):
    text = message("shop").replace(b"\r\n", b"\n")
    field, rest = passed_on("--world", world(folder, "shop"), *NOW, stdin=FORGED + text)
    assert b"bank" not in field
    same(rest, b"Authentication-Results: other.example;\n\tspf=pass\n" + text)


@test
@temporary
def whatever_the_verdict_the_status_is_0(folder):
    for name in ("forged", "list", "temperror", "partial"):
        text = message(name)
        field, rest = passed_on("--world", world(folder, name), stdin=text)
        assert field.startswith(b"A"), field  # Authentication-Results, or Assay-Disposition above it
        assert rest.endswith(text.split(b"\n", 1)[1]), rest


@test
@temporary
def a_line_of_an_mbox_stays_on_top_and_cuts_nothing(folder):
    text = b"From x Mon Nov 23 12:00:00 2026\nFrom: <a@b.example>\n" + FORGED + b"\nhi\n\nFrom here on\n\nFrom y\n"
    status, out, err = pipe("--world", world(folder, "shop"), *OURS, stdin=text)
    same((status, err), (0, ""))
    assert out.startswith(b"From x Mon Nov 23 12:00:00 2026\nAuthentication-Results: mx.ours.example;"), out
    assert out.endswith(b"From: <a@b.example>\nAuthentication-Results: other.example;\n\tspf=pass\n\nhi\n\nFrom here on\n\nFrom y\n")


@test
@temporary
def the_envelope_is_in_the_environment_of_the_mail_server(folder):
    (folder / "w.case").write_text("[dns]\nshop.example. 300 IN TXT \"v=spf1 ip4:192.0.2.7 -all\"\n")
    text = b"From: <a@b.example>\n\nhi\n"
    words = ("--world", folder / "w.case")
    field, _ = passed_on(*words, stdin=text, SENDER="a@shop.example", CLIENT_ADDRESS="192.0.2.7", CLIENT_HELO="h.example",
                         RECIPIENT="b@c.example")
    assert b"spf=pass" in field and b"smtp.mailfrom=shop.example" in field, field
    field, _ = passed_on(*words, "--mail-from", "x@other.example", "--ip", "192.0.2.8", stdin=text, SENDER="a@shop.example",
                         CLIENT_ADDRESS="192.0.2.7")
    assert b"other.example" in field and b"shop.example" not in field, field
    for null in ("", "MAILER-DAEMON"):
        field, _ = passed_on(*words, "--ip=", stdin=text, SENDER=null, CLIENT_ADDRESS="unknown", CLIENT_HELO="")
        assert b"mailfrom=" not in field, field
    done = test_cli.run("verify", "--ar", *words, stdin=text, SENDER="a@shop.example", CLIENT_ADDRESS="192.0.2.7")
    assert "shop.example" not in done.out, "without --pipe the names mean nothing"


@test
@temporary
def the_name_in_the_results_is_that_of_the_host(folder):
    forged = b"Received: from x (x [203.0.113.9]) by evil.example; Mon, 23 Nov 2026 12:00:00 +0000\nFrom: <a@b.example>\n\nhi\n"
    status, out, _ = pipe("--world", world(folder, "shop"), stdin=forged)
    same(status, 0)
    assert out.startswith(b"Authentication-Results: " + os.uname().nodename.lower().encode() + b";"), out[:80]


@test
@temporary
def what_cannot_be_passed_on_is_75(folder):
    case = world(folder, "shop")
    same(pipe("--world", case, stdin=b"")[0], 75)
    same(pipe("--world", case, stdin=b"no message\n")[0], 75)
    same(pipe("--world", folder / "absent.case", stdin=message("shop"))[0], 75)
    same(pipe("--world", case, stdin=message("shop"), TMPDIR="/nonexistent")[0], 0, "tmpfile() knows where else")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([ASSAY, "verify", "--pipe", "--world", case], input=message("shop"), stdout=full,
                              stderr=subprocess.PIPE, check=False, env=environment())
    same(done.returncode, 75)
    has(done.stderr.decode(), "standard output")


@test
def options_that_print_something_else_are_refused():
    for word in ("--json", "--ar", "--quiet", "--explain"):
        fails(test_cli.run("verify", "--pipe", word), 64, "--pipe", "exclude each other")
    fails(test_cli.run("verify", "--pipe", "shop.case"), 64, "--pipe reads standard input; name no file")
    has(test_cli.run("verify", "--help").out, "--pipe")
    same(complete("assay", "verify", "--pi"), ["--pipe"])


@test
@temporary
def a_large_message_is_not_held(folder):
    def peak(size):
        with open(folder / "out", "wb") as out:
            program = subprocess.Popen([ASSAY, "verify", "--pipe", "--world", world(folder, "shop")], stdin=subprocess.PIPE,
                                       stdout=out, env=environment())
            program.stdin.write(message("shop"))
            for _ in range(size >> 20):
                program.stdin.write(b"0123456789abcde\n" * (1 << 16))
            program.stdin.close()
            _, status, usage = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
        same(program.returncode, 0)
        assert (folder / "out").stat().st_size > size
        return usage.ru_maxrss

    small, large = peak(0), peak(100 << 20)
    assert large - small < 8 << 10, f"{small} KB for a small message, {large} KB for 100 MB"


if __name__ == "__main__":
    sys.exit(test_cli.main())
