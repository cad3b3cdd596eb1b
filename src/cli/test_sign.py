#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay key` and `assay sign` from outside, as test_cli.py does it for the others, without the network."""
import base64
import json
import os
import re
import stat
import subprocess
import sys

import test_cli
from test_cli import ASSAY, TOP, complete, environment, fails, has, lacks, mismatch, run, same, temporary

test_cli.TESTS.clear()
test = test_cli.test

KEYS = TOP / "src/dkim/cases/keys"
NAMES = ("--selector", "s1", "--domain", "shop.example")
MESSAGE = (b"From: a@shop.example\nTo: b@example.net\nSubject: hi\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n"
           b"Message-ID: <1@shop.example>\n\nbody \n.\nFrom the end\n")


def new(folder, *words):
    """Make a key; what it says as JSON."""
    done = run("key", "new", *words, "--json", cwd=folder)
    same((done.status, done.err), (0, ""))
    return json.loads(done.out)


def world(folder, *keys):
    """A case that publishes keys, and the time."""
    (folder / "w.case").write_text("[envelope]\nnow = 2026-11-23T12:00:00Z\nip = 192.0.2.1\nfrom = a@shop.example\n[dns]\n"
                                   + "".join(key["zone"] + "\n" for key in keys))
    return folder / "w.case"


def two_keys(folder):
    """An RSA and an Ed25519 key, published, the message, and the words that sign by both."""
    keys = [new(folder, "rsa", *NAMES), new(folder, "ed25519", "--selector", "e1", "--domain", "shop.example")]
    (folder / "m.eml").write_bytes(MESSAGE)
    return ["--world", world(folder, *keys), "--key", keys[0]["file"], "--selector", "s1", "--key", keys[1]["file"],
            "--selector", "e1", "--domain", "shop.example"]


def raw(*words, stdin=b"", folder):
    """Run `assay sign`; its output as octets."""
    return subprocess.run([ASSAY, "sign", *words], input=stdin, capture_output=True, cwd=folder, check=False, timeout=120,
                          env=environment())


def results(folder, signed):
    """(result, selector) of each signature, from the top."""
    (folder / "signed.eml").write_bytes(signed)
    done = run("verify", "--world", folder / "w.case", "--json", folder / "signed.eml")
    return [(check["result"], check["properties"]["header.s"]) for check in json.loads(done.out)["checks"]
            if check["method"] == "dkim"]


# -- keys -------------------------------------------------------------------------------------------------------

@test
@temporary
def a_new_key_is_its_owners_alone_and_its_record_has_its_public_half(folder):
    for words, bits in ((["rsa"], 2048), (["rsa", "--bits", "3072"], 3072), (["ed25519"], 256)):
        key = new(folder, *words, "--selector", f"S{bits}", "--domain", "Shop.Example", "--out", f"{bits}.pem")
        path = folder / key["file"]
        same(stat.S_IMODE(path.stat().st_mode), 0o600)
        same((key["algorithm"], key["bits"]), (words[0], bits))
        same(key["name"], f"s{bits}._domainkey.shop.example")
        same(mismatch(key, json.loads((TOP / "docs/json/key.schema.json").read_text()), {}), None)
        der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], capture_output=True,
                             check=True).stdout
        public = base64.b64encode(der if words[0] == "rsa" else der[-32:]).decode()
        same(key["record"], f"v=DKIM1; k={words[0]}; p={public}")


@test
@temporary
def a_record_is_split_into_strings_that_a_zone_file_may_have(folder):
    for bits, strings in (("2048", 2), ("4096", 3)):
        key = new(folder, "rsa", *NAMES, "--bits", bits, "--out", f"{bits}.pem")
        head, _, tail = key["zone"].partition(" IN TXT ")
        same(head, "s1._domainkey.shop.example.")
        found = re.findall(r'"([^"]*)"', tail)
        same(len(found), strings)
        same("".join(found), key["record"])
        assert all(len(string) <= 255 for string in found), found
        assert " ".join(f'"{string}"' for string in found) == tail, tail


@test
@temporary
def a_file_that_is_there_is_left_alone_unless_forced(folder):
    path = folder / "s1.shop.example.pem"
    new(folder, "rsa", *NAMES)
    before = path.read_bytes()
    fails(run("key", "new", "ed25519", *NAMES, cwd=folder), 73, "s1.shop.example.pem is there already", "--force")
    same(path.read_bytes(), before)
    same(new(folder, "ed25519", *NAMES, "--force")["algorithm"], "ed25519")
    assert path.read_bytes() != before
    same(stat.S_IMODE(path.stat().st_mode), 0o600)
    same(os.listdir(folder), [path.name])
    fails(run("key", "new", "rsa", *NAMES, "--out", folder / "no" / "k.pem", cwd=folder), 73, "No such file")
    fails(run("key", "new", "rsa", *NAMES, "--out", folder, cwd=folder), 73, "is there already")


@test
@temporary
def what_is_printed_says_what_to_do_and_can_be_printed_again(folder):
    first = run("key", "new", "rsa", *NAMES, cwd=folder, COLUMNS="40")
    key = json.loads(run("key", "show", "s1.shop.example.pem", *NAMES, "--json", cwd=folder).out)
    for line in (key["name"], key["record"], key["zone"], "dig +short TXT s1._domainkey.shop.example",
                 "assay sign --key s1.shop.example.pem --selector s1 --domain shop.example mail.eml | assay verify -"):
        assert f"      {line}\n" in first.out, f"{line}\n{first.out}"
    again = run("key", "show", "s1.shop.example.pem", *NAMES, cwd=folder, COLUMNS="40")
    same(again.status, 0)
    same(again.out.split("\n\n", 1)[1], first.out.split("\n\n", 1)[1])
    lacks(first.out + again.out, "PRIVATE")
    has(run("key", "new", "ed25519", *NAMES, "--out", "e.pem", cwd=folder).out, "Not every receiver verifies Ed25519")


@test
@temporary
def names_beyond_ascii_become_a_labels(folder):
    key = new(folder, "ed25519", "--selector", "s1", "--domain", "bücher.example")
    same(key["name"], "s1._domainkey.xn--bcher-kva.example")
    same(key["file"], "s1.xn--bcher-kva.example.pem")


@test
@temporary
def a_wrong_command_line_is_64(folder):
    for words, said in (([], "`new` makes a key"), (["make"], "`new` makes a key"), (["new"], "rsa or ed25519"),
                        (["new", "dsa", *NAMES], "rsa or ed25519"), (["new", "rsa"], "--selector is missing"),
                        (["new", "rsa", "--selector", "s1"], "--domain is missing"),
                        (["new", "rsa", "--bits", "1024", *NAMES], "2048 3072 4096"),
                        (["new", "ed25519", "--bits", "2048", *NAMES], "--bits is for RSA"),
                        (["new", "rsa", "--selector", "a b", "--domain", "shop.example"], "--selector a b"),
                        (["new", "rsa", "--selector", "../x", "--domain", "shop.example"], "--selector ../x"),
                        (["new", "rsa", "--selector", "s", "--domain", "example"], "such as example.org"),
                        (["new", "rsa", "--selector", "s" * 63 + ".t" * 90, "--domain", "shop.example"], "too long"),
                        (["show", *NAMES], "one file"), (["show", "x", "--force", *NAMES], "--force is for")):
        fails(run("key", *words, cwd=folder), 64, said)
    for words, said in ((["m.eml"], "by which key?"), (["--key", "k", "m.eml"], "a --selector of its own"),
                        (["--key", "k", "--selector", "s", "m.eml"], "--domain is missing"),
                        (["--key", "k", "--selector", "s", "--selector", "t", "--domain", "d", "m"], "2 of 1"),
                        (["--key", "k", *NAMES, "m.eml", "n.eml"], "one message at a time"),
                        (["--key", KEYS / "ed.pem", *NAMES, "-o", "x", "m.eml"], "KEY=VALUE"),
                        (["--key", KEYS / "ed.pem", *NAMES, "-o", "sign.tables=x", "m.eml"], "sign.table")):
        fails(run("sign", *words, cwd=folder), 64, said)
    same(os.listdir(folder), [])


@test
@temporary
def a_file_that_is_no_key_is_66_and_says_what_it_is(folder):
    (folder / "none.pem").write_text("nothing\n")
    subprocess.run(["openssl", "pkey", "-in", KEYS / "ed.pem", "-aes128", "-passout", "pass:x", "-out", folder / "enc.pem"],
                   check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", KEYS / "ed.pem", "-pubout", "-out", folder / "pub.pem"], check=True,
                   capture_output=True)
    for path, said in (("none.pem", "no key in PEM"), ("enc.pem", "encrypted"), ("pub.pem", "a public key"),
                       ("absent.pem", "No such file"), (KEYS / "rsa1023.pem", "fewer than 1,024 bits"),
                       (folder, "is a folder")):
        fails(run("key", "show", path, *NAMES, cwd=folder), 66, said)
        fails(run("sign", "--key", path, *NAMES, "m.eml", cwd=folder), 66, said)
    (folder / "open.pem").write_bytes((KEYS / "ed.pem").read_bytes())
    (folder / "open.pem").chmod(0o644)
    done = run("key", "show", "open.pem", *NAMES, cwd=folder)
    same(done.status, 0)
    has(done.err, "open.pem: everyone on this machine may read it (mode 0644): chmod o= open.pem")


# -- signing ------------------------------------------------------------------------------------------------------

@test
@temporary
def a_signed_message_verifies_and_is_below_unchanged(folder):
    words = two_keys(folder)
    for mail in (MESSAGE, MESSAGE.replace(b"\n", b"\r\n"), MESSAGE[:-1], b"From: a@shop.example\n", MESSAGE + b"\0\xff\r\r\n"):
        (folder / "m.eml").write_bytes(mail)
        done = raw(*words, "m.eml", folder=folder)
        same((done.returncode, done.stderr), (0, b""))
        assert done.stdout.endswith(mail), done.stdout
        fields = done.stdout[:len(done.stdout) - len(mail)]
        same(fields.count(b"DKIM-Signature: v=1;"), 2)
        same((b"\r" in fields, fields.count(b"\n") == fields.count(b"\r\n")), (b"\r\n" in mail[:30], b"\r\n" in mail[:30]))
        same(results(folder, done.stdout), [("pass", "s1"), ("pass", "e1")])


@test
@temporary
def a_pipe_and_a_file_give_the_same(folder):
    words = two_keys(folder)
    want = raw(*words, "m.eml", folder=folder).stdout
    for stdin in (["-"], []):
        same(raw(*words, *stdin, stdin=MESSAGE, folder=folder).stdout, want)
    (folder / "two").write_bytes(b"a line before\n" + MESSAGE)
    with open(folder / "two", "rb", buffering=0) as two:
        two.seek(len(b"a line before\n"))
        same(subprocess.run([ASSAY, "sign", *words], stdin=two, capture_output=True, cwd=folder, check=True,
                            env=environment()).stdout, want)
    mbox = b"From a@shop.example Mon Nov 23 12:00:00 2026\n" + MESSAGE
    same(raw(*words, "-", stdin=mbox, folder=folder).stdout, mbox.replace(MESSAGE, want))


@test
@temporary
def a_key_that_is_not_published_signs_nothing_unless_nobody_looks(folder):
    words = two_keys(folder)
    world(folder, json.loads(run("key", "show", "s1.shop.example.pem", *NAMES, "--json", cwd=folder).out))
    done = raw(*words, "m.eml", folder=folder)
    same((done.returncode, done.stdout), (1, b""))
    has(done.stderr.decode(), "e1 of shop.example does not sign: e1._domainkey.shop.example: no key is published",
        "--no-check")
    done = raw(*words, "--no-check", "m.eml", folder=folder)
    same((done.returncode, done.stderr, done.stdout.count(b"DKIM-Signature:")), (0, b"", 2))
    same(results(folder, done.stdout), [("pass", "s1"), ("permerror", "e1")])
    new(folder, "rsa", *NAMES, "--force")
    done = raw("--world", "w.case", "--key", "s1.shop.example.pem", *NAMES, "m.eml", folder=folder)
    same((done.returncode, done.stdout), (1, b""))
    has(done.stderr.decode(), "s1 of shop.example does not sign")


@test
@temporary
def a_dns_that_does_not_answer_keeps_no_message_from_being_signed(folder):
    words = two_keys(folder)
    (folder / "w.case").write_text("[dns]\ns1._domainkey.shop.example. TXT SERVFAIL\n"
                                   "e1._domainkey.shop.example. TXT TIMEOUT\n")
    done = raw(*words, "m.eml", folder=folder)
    same((done.returncode, done.stdout.count(b"DKIM-Signature:")), (0, 2))
    has(done.stderr.decode(), "s1 of shop.example signs, but", "SERVFAIL", "e1 of shop.example signs, but", "TIMEOUT")


@test
@temporary
def options_say_who_is_signed_and_how(folder):
    words = two_keys(folder)
    table = "shop.example key=s1:shop.example,e1:shop.example:ed25519 canonicalization=simple/simple fields=from:to expire=60"
    done = raw(*words, "-o", f"sign.table={table}", "m.eml", folder=folder)
    has(done.stdout.decode(), "c=simple/simple", "h=from:to;", "t=1795435200; x=1795435260")
    same(results(folder, done.stdout), [("pass", "s1"), ("pass", "e1")])
    (folder / "options").write_text(f"sign.table = {table}\n")
    same(raw(*words, "--policy", "options", "m.eml", folder=folder).stdout, done.stdout)
    done = raw(*words, "-o", "sign.table=other.example key=s1:other.example", "m.eml", folder=folder)
    same((done.returncode, done.stdout), (1, b""))
    has(done.stderr.decode(), "m.eml is not signed: a@shop.example: no entry of sign.table matches")


@test
@temporary
def a_case_may_hold_the_keys(folder):
    (folder / "k.pem").write_bytes((KEYS / "rsa1024.pem").read_bytes())
    (folder / "m.eml").write_bytes(MESSAGE)
    (folder / "w.case").write_text("[envelope]\ndirection = out\nnow = 1795435200\n[sign]\n"
                                   "s1._domainkey.shop.example rsa file = k.pem\n[policy]\n"
                                   "sign.table = * key=s1:shop.example\nsign.check = no\n")
    done = raw("--world", "w.case", "m.eml", folder=folder)
    same((done.returncode, done.stderr), (0, b""))
    same(done.stdout, raw("--world", "w.case", "--key", "k.pem", *NAMES, "m.eml", folder=folder).stdout)


@test
@temporary
def explain_goes_to_standard_error(folder):
    words = two_keys(folder)
    done = raw(*words, "--explain", "m.eml", folder=folder)
    same(done.stdout, raw(*words, "m.eml", folder=folder).stdout)
    has(done.stderr.decode(), "DKIM signature, shop.example, selector s1", "SIGN s1._domainkey.shop.example", "RFC 6376")


@test
@temporary
def what_cannot_be_read_or_written_is_told(folder):
    words = two_keys(folder)
    fails(run("sign", *words, "absent.eml", cwd=folder), 66, "absent.eml: No such file")
    fails(run("sign", *words, cwd=folder), 66, "standard input is empty")
    fails(run("sign", *words, folder, cwd=folder), 66, "is a folder")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([ASSAY, "sign", *words, "m.eml"], stdout=full, stderr=subprocess.PIPE, cwd=folder, check=False,
                              env=environment())
    same(done.returncode, 73)
    has(done.stderr.decode(), "writing to standard output")


@test
@temporary
def a_message_is_not_held(folder):
    words = two_keys(folder)

    def peak(size, pipe):
        """KB at most in memory, and what was written."""
        with open(folder / "big.eml", "wb") as big:
            big.write(MESSAGE)
            for _ in range(size >> 16):
                big.write((b"x" * 63 + b"\n") * 1024)
        with open(folder / "big.eml", "rb") as big, open(folder / "out.eml", "wb") as out:
            child = subprocess.Popen([ASSAY, "sign", *words, "-" if pipe else "big.eml"], stdout=out, cwd=folder,
                                     stdin=subprocess.PIPE, env=environment())
            while pipe and (piece := big.read(1 << 16)):
                child.stdin.write(piece)
            child.stdin.close()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        same(child.returncode, 0)
        done = run("verify", "--world", folder / "w.case", "--json", folder / "out.eml")
        same([c["result"] for c in json.loads(done.out)["checks"] if c["method"] == "dkim"], ["pass", "pass"])
        return usage.ru_maxrss
    for pipe in (False, True):
        small, large = peak(0, pipe), peak(64 << 20, pipe)
        assert large - small < 8 << 10, f"{small} KB for a small message, {large} KB for 64 MB"


@test
def bash_completes_both():
    same(complete("assay", "key", "n"), ["new"])
    same(complete("assay", "key", "new", "r"), ["rsa"])
    same(complete("assay", "key", "show", "shop.c"), ["shop.case"])
    same(complete("assay", "key", "new", "rsa", "--bits", "3"), ["3072"])
    same(complete("assay", "sign", "--no"), ["--no-check"])
    same(complete("assay", "sign", "-o", "sign.ta"), ["sign.table="])


if __name__ == "__main__":
    sys.exit(test_cli.main())
