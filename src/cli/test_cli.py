#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The `assay` program from outside: every option, exit status and output, without the network.

$ASSAY_BUILD is the build's folder. ASSAY_GOLDEN=write writes the outputs of golden/ anew instead of comparing them;
look at the difference before it is committed. Prints TAP, then `N passed, N failed`. A word on the command line runs
only the tests with it in their names.
"""
import fcntl
import json
import os
import pty
import re
import resource
import shutil
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tools"))
import manual  # noqa: E402

ASSAY = Path(os.environ.get("ASSAY_BUILD", TOP / "build")).resolve() / "assay"
SAMPLES = TOP / "docs/samples"
GOLDEN = Path(__file__).resolve().parent / "golden"
STATUS = {"shop": 0, "forged": 1, "list": 1, "forwarded": 0, "temperror": 75, "partial": 0}
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TESTS = []


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


class Done:
    """What a run came to; outputs are text, and octets that are none stay visible."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8", "surrogateescape")
        self.err = done.stderr.decode("utf-8", "surrogateescape")


def environment(**changes):
    """The surroundings of a run: UTF-8, no terminal, nothing of the caller's taste."""
    env = {"PATH": f"{ASSAY.parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    env.update({name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")})
    env.update(changes)
    return {name: value for name, value in env.items() if value is not None}


def run(*words, stdin=b"", cwd=SAMPLES, **env):
    """Run assay with these words."""
    return Done(subprocess.run([ASSAY, *words], input=stdin, capture_output=True, cwd=cwd, check=False,
                               timeout=120, env=environment(**env)))


def same(got, want, about=""):
    """They are equal, or both are shown."""
    assert got == want, f"{about}\n  wanted: {want!r}\n  got:    {got!r}"


def has(text, *pieces):
    """All pieces stand in the text, however its lines are wrapped."""
    flat = " ".join(text.split())
    for piece in pieces:
        assert piece in flat, f"wanted: {piece!r}\n  in: {text}"


def lacks(text, *pieces):
    """None of the pieces stands in the text."""
    flat = " ".join(text.split())
    for piece in pieces:
        assert piece not in flat, f"not wanted: {piece!r}\n  in: {text}"


def fails(done, status, *pieces):
    """The run ended with this status, and said so on standard error only."""
    same(done.status, status, done.out + done.err)
    has(done.err, *pieces)


def section(name, which):
    """The lines of a section of a sample."""
    text = (SAMPLES / f"{name}.case").read_text()
    return text.split(f"[{which}]\n")[1].split("\n[")[0] + "\n"


def message(name):
    """The message of a sample, with LF."""
    return "".join(line[2:] + "\n" for line in section(name, "message").splitlines() if line).encode()


def world(folder, name):
    """A case that has the answers of a sample and nothing else."""
    path = Path(folder) / f"{name}.world.case"
    path.write_text("[dns]\n" + section(name, "dns"))
    return path


def temporary(function):
    """Give a test a folder of its own."""
    def wrapped():
        with tempfile.TemporaryDirectory() as folder:
            function(Path(folder))
    wrapped.__name__ = function.__name__
    return wrapped


# -- a small reader of JSON Schema, enough for ours ---------------------------------------------------------------

TYPES = {"string": str, "integer": int, "object": dict, "array": list, "null": type(None), "boolean": bool}


def mismatch(value, schema, root, at="$"):
    """Why a value is not what the schema says, or None."""
    if schema is True:
        return None
    if "$ref" in schema:
        return mismatch(value, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, at)
    if "oneOf" in schema:
        found = [mismatch(value, one, root, at) for one in schema["oneOf"]]
        return None if found.count(None) == 1 else f"{at}: matches {found.count(None)} of oneOf: {found}"
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(value, TYPES[t]) and isinstance(value, bool) == (t == "boolean") for t in types):
        return f"{at}: {value!r} is no {types}"
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        return f"{at}: {value!r} is not {schema.get('const', schema.get('enum'))}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return f"{at}: {value!r} does not match {schema['pattern']}"
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value) if isinstance(value, int) else False:
        return f"{at}: {value} is out of range"
    if isinstance(value, dict):
        return members_mismatch(value, schema, root, at)
    if isinstance(value, list):
        return next((why for i, item in enumerate(value) if (why := mismatch(item, schema.get("items", {}), root, f"{at}[{i}]"))),
                    None)
    return None


def members_mismatch(value, schema, root, at):
    """mismatch() for an object. A member that the schema does not name is a fault: it is not documented."""
    missing = [name for name in schema.get("required", []) if name not in value]
    if missing:
        return f"{at}: {missing} missing"
    for name, member in value.items():
        known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        if known is None or known is False:
            return f"{at}: {name} is not in the schema"
        why = mismatch(member, known, root, f"{at}.{name}")
        if why:
            return why
    return None


def valid(line, of="verify"):
    """A line of JSON that the schema allows."""
    value = json.loads(line)
    schema = json.loads((TOP / f"docs/json/{of}.schema.json").read_text())
    why = mismatch(value, schema, schema)
    assert why is None, f"{why}\n  in: {line}"
    return value


# -- verdicts and exit statuses -----------------------------------------------------------------------------------

@test
def each_sample_is_judged_as_it_says_and_the_exit_status_tells():
    for name, status in STATUS.items():
        done = run("verify", f"{name}.case")
        same(done.status, status, name)
        same(done.err, "", name)
        has(done.out, ["accept", "quarantine", "reject", "defer"][
            {"forged": 2, "list": 1, "temperror": 3}.get(name, 0)])


@test
def the_samples_hold_as_cases_and_ask_nothing_else():
    done = run("case", "--strict", *[f"{name}.case" for name in STATUS])
    same((done.status, done.out), (0, f"{len(STATUS)} passed, 0 failed\n"), done.err)


@test
def of_several_messages_the_first_of_64_66_1_75_0_counts():
    for names, status in ((["shop.case", "temperror.case"], 75), (["temperror.case", "forged.case"], 1),
                          (["forged.case", "absent.eml"], 66), (["shop.case", "forwarded.case"], 0)):
        same(run("verify", *names).status, status, names)
        same(run("verify", *reversed(names)).status, status, names)


@test
@temporary
def what_cannot_be_read_is_66_and_the_others_are_judged(folder):
    (folder / "broken.case").write_text("[dns]\nexample. IN A 192.0.2.300\n")
    fails(run("verify", "absent.eml"), 66, "absent.eml: No such file")
    fails(run("verify", "/usr"), 66, "/usr is a folder; name the files in it: /usr/*")
    fails(run("verify", folder / "broken.case"), 66, "broken.case:2:")
    done = run("verify", "absent.eml", "shop.case")
    same(done.status, 66)
    has(done.out, "accept shop.case")


@test
@temporary
def what_is_no_message_is_66(folder):
    (folder / "notes.txt").write_text("Just a text.\nIt has no header: at all.\n")
    (folder / "dark.bin").write_bytes(bytes(range(256)) * 40)
    fails(run("verify", folder / "notes.txt"), 66, "notes.txt is no message, it begins with no header field")
    fails(run("verify", folder / "dark.bin"), 66, "dark.bin is no message")
    fails(run("verify", stdin=b""), 66, "standard input is empty: no message to judge")
    same(run("verify", "--world", world(folder, "shop"), stdin=b"Subject: nobody wrote this\n\n").status, 0)


@test
@temporary
def of_an_mbox_the_first_message_is_judged_and_it_is_said(folder):
    words = ["verify", "--json", "--world", world(folder, "shop"), "--now", "2026-11-23T12:00:00Z"]
    first, next_one = b"From x Mon Nov 23 12:00:00 2026\n" + message("shop"), b"\nFrom y Mon Nov 23 12:01:00 2026\nFrom: b@c.example\n\nx\n"
    want = verdict_of(run(*words, stdin=first).out)
    same(want["checks"][2]["result"], "pass", "the signature")
    done = run(*words, stdin=first + next_one)
    has(done.err, "standard input holds several messages; only the first is judged")
    same(verdict_of(done.out), want)
    for cut in range(1, 10):  # wherever one read ends and the next begins
        feeder = subprocess.Popen([ASSAY, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  env=environment())
        feeder.stdin.write(first)
        feeder.stdin.flush()
        time.sleep(0.05)
        feeder.stdin.write(next_one[:cut])
        feeder.stdin.flush()
        time.sleep(0.05)
        same(verdict_of(feeder.communicate(next_one[cut:])[0].decode()), want, f"cut at {cut}")
    plain = run(*words, stdin=message("shop") + next_one)
    lacks(plain.err, "several messages")
    same(verdict_of(plain.out)["checks"][2]["result"], "fail", "without From_ at its beginning it is one message")


@test
def a_wrong_command_line_is_64_and_says_what_is_right():
    for words, pieces in (
            (["verfy"], ['unknown command "verfy"; did you mean "verify"?']),
            (["shop.case"], ['"shop.case" is a file, no command; to judge it: assay verify shop.case']),
            (["verify", "--explian", "shop.case"], ["unknown option --explian; did you mean --explain?"]),
            (["verify", "--ip", "example.com", "shop.case"], ['--ip: "example.com" is no address']),
            (["verify", "--now", "soon", "shop.case"], ['--now: "soon" is no time, such as 2026-11-23T12:00:00Z']),
            (["verify", "--color", "red"], ["--color takes one of: auto always never"]),
            (["verify", "--json", "--ar", "shop.case"], ["--json and --ar exclude each other"]),
            (["verify", "--redact", "shop.case"], ["--redact says how to --record"]),
            (["verify", "--record", "x", "shop.case", "list.case"], ["--record keeps one message"]),
            (["verify", "--resolver", "dns.example"], ['--resolver: "dns.example" is no ADDR or ADDR@PORT']),
            (["verify", "--world", "shop.case", "--resolver", "::1", "x"], ["--world and --resolver exclude"]),
            (["verify", "-o", "arc.trusted", "shop.case"], ["-o takes KEY=VALUE"]),
            (["verify", "-o", "arc.trustd=x", "shop.case"], ['did you mean "arc.trusted"?']),
            (["verify", "-o", "dkim.max_signatures=0", "shop.case"], ["dkim.max_signatures", "1-100"]),
            (["spf", "--ip", "192.0.2.1"], ["--from is missing"]),
            (["spf", "--from", "a@example.com"], ["--ip is missing"]),
            (["spf", "--ip", "192.0.2.1", "--from", "<>"], ["--helo NAME is missing"]),
            (["srs"], ["forward or reverse?"]),
            (["srs", "there", "a@a.example"], ["forward or reverse?"]),
            (["srs", "forward"], ["which address?"]),
            (["srs", "forward", "a@a.example", "b@b.example"], ["one address at a time"]),
            (["srs", "forward", "a@a.example"], ["--domain is missing", "assay srs forward --secret FILE --domain"]),
            (["srs", "forward", "a@a.example", "--domain", "b.example"], ["--secret is missing"]),
            (["srs", "forward", "a@a.example", "--domain", "b", "--hash-length", "3"], ["--hash-length 3", "from 4 to 27"]),
            (["srs", "forward", "a@a.example", "--domain", "b", "--max-age", "1023"], ["from 1 to 1022"]),
            (["srs", "forward", "a@a.example", "--domain", "b", "--separator", "/"], ["takes one of: = + -"]),
            (["srs", "forward", "a@a.example", "--domain", "b", "--now", "soon"], ["--now soon"]),
            (["case"], ["which cases?"]),
            (["completion", "fish"], ["for which shell?"]),
            (["help", "dkim.max_signature"], ['did you mean "dkim.max_signatures"?'])):
        done = run(*words)
        fails(done, 64, *pieces)
        same(done.out, "", words)


@test
def output_that_cannot_be_written_is_told():
    with open("/dev/full", "wb") as full:
        done = subprocess.run([ASSAY, "verify", "shop.case"], stdout=full, stderr=subprocess.PIPE, cwd=SAMPLES,
                              env=environment(), check=False)
    same(done.returncode, 73)
    has(done.stderr.decode(), "writing to standard output: No space left on device")


# -- the envelope -------------------------------------------------------------------------------------------------

@test
@temporary
def the_envelope_is_read_from_the_message_and_it_is_said_where(folder):
    done = run("verify", "--world", world(folder, "shop"), "-", stdin=message("shop"))
    same(done.status, 0, done.out)
    has(done.out, "(standard input)", "SPF pass 203.0.113.7",
        "Client 203.0.113.7 and HELO mail7.shop.example were read from the second Received field (line 4)",
        "MAIL FROM <bounce+4711@bounce.shop.example> from Return-Path (line 1)")
    done = run("verify", "--explain", "--world", world(folder, "shop"), stdin=message("shop"), COLUMNS="160")
    has(done.out, "Received field 1, line 2", "not of the public Internet: passed over", "Received field 2, line 4")
    value = valid(run("verify", "--json", "--world", world(folder, "shop"), stdin=message("shop")).out)
    same(value["envelope"]["guessed"],
         {"client": {"field": "Received", "line": 4}, "mail_from": {"field": "Return-Path", "line": 1}})


@test
@temporary
def no_guess_takes_nothing_from_the_message(folder):
    done = run("verify", "--no-guess", "--world", world(folder, "shop"), stdin=message("shop"))
    has(done.out, "SPF none", "DMARC pass")
    lacks(done.out, "Received field", "rDNS")
    (folder / "now.case").write_text("[envelope]\nnow = 2026-11-23T12:00:00Z\n[dns]\n")
    has(run("verify", "--world", folder / "now.case", stdin=message("shop")).out,
        "SPF none the client's address is not known", "The envelope of the case names no client")


@test
@temporary
def without_mail_from_spf_of_it_is_not_judged(folder):
    bare = b"\n".join(line for line in message("shop").split(b"\n") if not line.startswith(b"Return-Path"))
    words = ["verify", "--world", world(folder, "shop")]
    has(run(*words, stdin=bare).out, "SPF none the reverse-path is not known",
        "nothing tells MAIL FROM, so SPF of it was not judged", "HELO pass", "rDNS pass")
    kept = folder / "kept.case"
    run(*words, "--record", kept, stdin=bare)
    has(kept.read_text(), "from = ?")
    has(run("verify", kept).out, "SPF none the reverse-path is not known", "HELO pass")
    has(run("verify", "--mail-from", "x@bounce.shop.example", "--world", world(folder, "shop"), stdin=bare).out,
        "SPF pass")
    same(valid(run(*words, "--json", stdin=bare).out)["envelope"]["mail_from"], None)
    has(run(*words, "--mail-from", "<x@bounce.shop.example>", stdin=bare).out, "SPF pass")


@test
@temporary
def what_is_given_stands_above_the_case_and_the_message(folder):
    words = ["verify", "--json", "--ip", "192.0.2.99", "--helo", "other.example", "--mail-from", "<>", "--rcpt",
             "a@example.net", "--rcpt=<b@example.net>", "--hostname", "mx9.example.net", "--now",
             "2026-11-23T13:00:00+01:00"]
    for source in (["shop.case"], ["--world", world(folder, "shop"), "-"]):
        envelope = valid(run(*words, *source, stdin=message("shop")).out)["envelope"]
        same({key: envelope[key] for key in ("ip", "helo", "mail_from", "rcpt", "hostname", "now")},
             {"ip": "192.0.2.99", "helo": "other.example", "mail_from": "", "hostname": "mx9.example.net",
              "rcpt": ["a@example.net", "b@example.net"], "now": "2026-11-23T12:00:00Z"})
    has(run("verify", "--ip", "192.0.2.99", "shop.case").out, "SPF fail 192.0.2.99 is not allowed to send")


@test
@temporary
def what_was_read_and_what_was_given_are_told_apart(folder):
    words = ["verify", "--world", world(folder, "shop")]
    has(run(*words, "--ip", "203.0.113.7", stdin=message("shop")).out,
        "HELO mail7.shop.example was read from the second Received field (line 4), MAIL FROM")
    has(run(*words, "--ip", "192.0.2.9", stdin=message("shop")).out,
        "The sender, MAIL FROM <bounce+4711@bounce.shop.example> was read from Return-Path (line 1)")
    has(run(*words, stdin=b"From: a@shop.example\n\n").out,
        "No Received field names a client from outside, so SPF and rDNS were not judged")
    lacks(run(*words, "--ip", "192.0.2.9", "--mail-from", "a@shop.example", stdin=b"From: a@shop.example\n\n").out,
          "read from", "judged")


@test
@temporary
def the_envelope_of_a_case_stands_above_that_of_the_world(folder):
    value = valid(run("verify", "--json", "--world", "shop.case", "forged.case").out)
    same(value["envelope"]["ip"], "198.51.100.66")
    same(value["checks"][0]["result"], "none", "the world of the shop knows no SPF record of the forger")


@test
@temporary
def now_received_is_when_the_message_came(folder):
    value = valid(run("verify", "--json", "--now", "received", "--world", world(folder, "shop"),
                      stdin=message("shop")).out)
    same(value["envelope"]["now"], "2026-11-23T11:58:22Z")
    fails(run("verify", "--now", "received", stdin=b"From: a@example.com\n\n"), 64, "no Received field with a date")


@test
@temporary
def a_world_answers_for_another_message_and_gives_its_envelope(folder):
    (folder / "m.eml").write_bytes(message("forged"))
    done = run("verify", "--world", "forged.case", folder / "m.eml")
    same(done.status, 1)
    has(done.out, "SPF pass 198.51.100.66 is listed by vps-311.cheap-hosting.example", "reject")
    lacks(done.out, "was read from")


@test
@temporary
def a_file_with_several_cases_is_refused_where_one_is_needed(folder):
    (folder / "two.case").write_text("[case]\nname = a\n[envelope]\nnow = 1\n[case]\nname = b\n[envelope]\nnow = 1\n")
    fails(run("verify", folder / "two.case"), 64, "has 2 cases", "assay case")
    (folder / "one.case").write_text("[case]\nname = a\n[envelope]\nnow = 1\n")
    fails(run("verify", folder / "one.case"), 64, "has no [message] to judge")


# -- options of the receiver --------------------------------------------------------------------------------------

@test
def an_option_changes_the_verdict():
    done = run("verify", "-o", "arc.trusted=lists.example", "list.case")
    same(done.status, 0)
    has(done.out, "accept the trusted sealer lists.example saw dmarc=pass for news.example")
    same(run("verify", "-oarc.trusted=", "forwarded.case").status, 1)
    same(run("verify", "--option=temperror.action=accept", "temperror.case").status, 0)


@test
@temporary
def a_file_of_options_is_read_and_its_errors_have_a_place(folder):
    policy = folder / "policy"
    policy.write_text("# whom we trust\n\n  arc.trusted = lists.example   # a list\nauthserv_id=me.example\n")
    done = run("verify", "--policy", policy, "list.case")
    same(done.status, 0, done.err)
    has(run("verify", "--policy", policy, "--ar", "list.case").out, "Authentication-Results: me.example;")
    same(run("verify", "--policy", policy, "-o", "arc.trusted=", "list.case").status, 1, "-o stands above the file")
    for text, place in (("arc.trusted = x.example\n  arc.trustd = y\n", ":2:3: unknown option"),
                        ("# x\ndkim.max_signatures =  many\n", ":2:24: dkim.max_signatures takes a number in the range 1-100"),
                        ("arc.trusted\n", ":1:1: a line is `key = value`")):
        policy.write_text(text)
        fails(run("verify", "--policy", policy, "list.case"), 64, f"{policy}{place}")
    fails(run("verify", "--policy", folder / "absent", "list.case"), 66, "absent: No such file")


# -- output for people --------------------------------------------------------------------------------------------

def golden(name, done):
    """The output is the one that was looked at and kept."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("ASSAY_GOLDEN") == "write":
        path.write_text(done.out)
    assert path.exists(), f"{path} is not there"
    want = path.read_text()
    assert done.out == want, f"{path.name}: ASSAY_GOLDEN=write keeps it\n  wanted:\n{want}\n  got:\n{done.out}"


@test
def reports_are_as_they_were_looked_at():
    for name in STATUS:
        golden(name, run("verify", f"{name}.case"))
    golden("partial.ascii", run("verify", "partial.case", LC_ALL="C"))
    golden("many", run("verify", *[f"{name}.case" for name in STATUS]))


@test
def the_picture_in_the_readme_is_what_is_printed():
    out = run("verify", "--explain", "list.case", COLUMNS="92").out
    readme = (TOP / "README.md").read_text()
    picture = readme.split("## What an explanation looks like\n\n")[1].split("\n\n## ")[0]
    blocks = ["\n".join(line[4:] for line in block.splitlines()) for block in picture.split("\n\n")]
    assert len(blocks) >= 3, picture
    for block in blocks:
        assert block + "\n" in out, f"README.md shows:\n{block}\n  printed is:\n{out}"


@test
def reports_fit_the_width_of_the_terminal():
    for width in (40, 80, 200):
        golden(f"shop.{width}", run("verify", "shop.case", COLUMNS=str(width)))
        golden(f"list.explain.{width}", run("verify", "--explain", "list.case", COLUMNS=str(width)))
        for name in STATUS:
            for line in run("verify", "--explain", f"{name}.case", COLUMNS=str(width)).out.splitlines():
                assert len(line) <= width, f"{name} at {width}: {len(line)} columns: {line}"
                same(line.rstrip(), line, "blanks at the end")


@test
def without_utf8_only_ascii_is_written():
    for env in ({"LC_ALL": "C"}, {"LC_ALL": None}, {"LC_ALL": "", "LANG": "POSIX"}):
        for words in (["verify", "partial.case"], ["verify", "--explain", "partial.case"], ["verify", "forged.case"]):
            assert run(*words, **env).out.isascii(), (env, words)
    has(run("verify", "partial.case", LC_ALL="C").out, "xn--mnchen-3ya.example")
    has(run("verify", "partial.case", LC_ALL=None, LANG="de_DE.UTF-8").out, "m\u00fcnchen.example", "Gr\u00fc\u00dfe")


def on_terminal(*words, stdout=True, stderr=True, **env):
    """Run with a terminal for standard output, standard error or both; what the terminal got."""
    ours, theirs = pty.openpty()
    program = subprocess.Popen([ASSAY, *words], cwd=SAMPLES, env=environment(TERM="xterm", **env),
                               stdin=subprocess.DEVNULL, stdout=theirs if stdout else subprocess.DEVNULL,
                               stderr=theirs if stderr else subprocess.DEVNULL)
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:
        pass  # the last one that held the terminal has gone
    os.close(ours)
    program.wait(timeout=60)
    return text.decode()


@test
def colour_is_for_terminals_and_repeats_what_words_say():
    assert "\033[" not in run("verify", "shop.case").out
    coloured = run("verify", "--color=always", "shop.case").out
    assert "\033[32mpass" in coloured
    same(re.sub(r"\033\[\d*m", "", coloured), run("verify", "shop.case").out)
    assert "\033[32mpass" in on_terminal("verify", "shop.case")
    assert "\033[" not in on_terminal("verify", "shop.case", NO_COLOR="1")
    assert "\033[" not in on_terminal("verify", "--color", "never", "shop.case")
    assert "\033[31mreject" in run("verify", "--color", "always", "forged.case").out
    for words in (["verify", "--json", "--color=always", "shop.case"], ["verify", "--ar", "--color=always", "shop.case"]):
        assert "\033[" not in run(*words).out, words


@test
@temporary
def many_messages_show_progress_and_leave_one_line(folder):
    names = []
    for i in range(1200):
        names.append(folder / f"{i}.eml")
        names[-1].write_bytes(b"From: a@shop.example\nSubject: x\n\nbody\n")
    text = on_terminal("verify", "--world", "shop.case", *names, stdout=False)
    last = text.replace("\r\n", "\n").rstrip("\n").split("\n")[-1].split("\033[K")[-1]
    assert re.fullmatch(r"1,200 messages: \d[\d,]* accept, [\d,]+ quarantine or reject, [\d,]+ could not tell; .*", last), text[-300:]
    done = run("verify", "--world", "shop.case", *names)
    same(len(done.out.splitlines()), 1200)
    has(done.err, "1200 messages: ")
    same(len(run("verify", "--world", "shop.case", "--quiet", *names[:3]).err), 0)


@test
@temporary
def octets_of_a_message_never_reach_the_terminal_raw(folder):
    evil = "\033]0;owned\a\033[2J\u009b31m\u202etxt\x7f\x00"
    text = (f"Return-Path: <a{evil}@evil.example>\nReceived: from {evil} (x{evil} [203.0.113.9])\n\tby mx{evil}.example.net\n"
            f"\t(envelope-from <q{evil}@evil.example>); Fri, 20 Nov 2026 10:00:00 +0000\n"
            f"DKIM-Signature: v=1; a=rsa-sha256; d=evil{evil}.example; s=k{evil}; h=from; bh=AA==; b=AA==\n"
            f"DKIM-Signature: v=1{evil}\nList-Id: <{evil}>\nFrom: \"{evil}\" <e{evil}@shop.example>\n"
            f"Subject: {evil} =?utf-8?q?=1B]0;x=07=E2=80=AE?= =?iso-8859-1?q?=9B31m?=\n\n{evil}\n")
    path = folder / "evil\033[31m.eml"
    path.write_bytes(text.encode())
    for words in ([], ["--explain"], ["--json", "--explain"], [path], ["--explain", "--color=always"]):
        done = run("verify", "--world", world(folder, "shop"), path, *words)
        shown = re.sub(r"\033\[\d*m", "", done.out) if "--color=always" in words else done.out
        if "--json" in words:  # U+202E is harmless inside a string of JSON; it is a program that reads it
            shown = shown.replace("\u202e", "")
        found = CONTROL.search(shown + done.err)
        assert not found, f"{words}: {found.group()!r} in {shown!r}"
    shown = on_terminal("verify", "--ar", "--world", world(folder, "shop"), path).replace("\r\n", "\n")
    assert "Authentication-Results:" in shown and not CONTROL.search(shown), repr(shown)
    for words in (["verify", f"x{evil.replace(chr(0), '')}"], [f"x{evil.replace(chr(0), '')}"],
                  ["verify", f"--x{evil.replace(chr(0), '')}"], ["help", f"x{evil.replace(chr(0), '')}"]):
        assert not CONTROL.search(run(*words).err), words


@test
def explain_names_the_paragraph_and_follows_the_order_of_the_checks():
    out = run("verify", "--explain", "list.case").out
    heads = [line for line in out.splitlines() if re.match(r"(SPF|iprev|DKIM|ARC|DMARC|Disposition)\b", line)]
    same([head.split()[0] for head in heads], ["SPF", "SPF", "iprev", "DKIM", "ARC", "DMARC", "DMARC", "Disposition"])
    has(out, "asks TXT _dmarc.news.example", "RFC 9989 4.10", "RFC 8617 5.2", "RFC 6376 3.7")


@test
@temporary
def the_other_standard_is_shown_only_where_it_differs(folder):
    lacks(run("verify", "list.case").out, "a receiver by RFC 7489 says")
    (folder / "psd.case").write_text(
        "[case]\nname = psd\n[envelope]\nnow = 2026-11-23T12:00:00Z\n[dns]\n"
        '_dmarc.bank. IN TXT "v=DMARC1; p=reject; psd=y"\n_dmarc.some.bank. IN TXT NXDOMAIN\n'
        "[message]\n| From: a@some.bank\n|\n| x\n")
    done = run("verify", folder / "psd.case")
    has(done.out, "DMARC fail some.bank asks to reject (p= of bank)",
        "none a receiver by RFC 7489 says: no DMARC record applies")
    done = run("verify", "-o", "dmarc.mode=7489", folder / "psd.case")
    has(done.out, "DMARC none", "fail a receiver by RFC 9989 says")


@test
@temporary
def the_next_step_is_named(folder):
    has(run("verify", "list.case").out, "a mailing list (talk.lists.example)", "arc.trusted = lists.example",
        "assay help arc")
    has(run("verify", "temperror.case").out, "Not answered: TXT k1._domainkey.bank.example (TIMEOUT)",
        "assay help temperror")
    has(run("verify", "forged.case").out, "signed with DKIM", "assay help dmarc")
    lacks(run("verify", "shop.case").out, "assay help")
    moved = b"X-Forwarded-To: bob@example.net\n" + message("forged")
    has(run("verify", "--world", world(folder, "forged"), stdin=moved).out,
        "(X-Forwarded-To). The message was forwarded, which breaks SPF", "assay help lists")
    (folder / "bad.case").write_text('[dns]\n_dmarc.other.example TXT "v=DMARC1; p=banana"\n')
    has(run("verify", "--world", folder / "bad.case", stdin=b"From: a@other.example\n\n").out,
        "Such a record counts as none")
    bare = b"From: a@shop.example\nSubject: x\r\n\r\nx\r\n"
    has(run("verify", "--world", "shop.case", "-o", "message.bare_lf=reject", stdin=bare).out,
        "message.bare_lf = accept", "assay help message")
    has(run("verify", "--world", world(folder, "shop"), stdin=b"From: a@other.example\n\n").out,
        "Without a DMARC record of other.example")


@test
def a_signature_that_expired_since_the_message_came_can_be_judged_as_of_then():
    text = ("Received: from a.example (b.example [203.0.113.7]) by mx.example.net; Sat, 21 Nov 2026 10:00:00 +0000\n"
            "DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=s2026; h=from; t=1795000000; x=1795300000;\n"
            f" bh={'A' * 43}=; b=AAAA\nFrom: a@shop.example\n\nx\n").encode()
    advice = "--now received judges as of then"
    out = run("verify", "--world", "shop.case", stdin=text).out
    has(out, "has expired (x=)", advice)
    out = run("verify", "--world", "shop.case", "--now", "received", stdin=text).out
    lacks(out, "expired")
    lacks(run("verify", "--world", "shop.case", stdin=text.replace(b"21 Nov", b"22 Nov")).out, advice)


@test
def a_signature_says_what_it_does_not_cover():
    has(run("verify", "-o", "dkim.partial_body=accept", "partial.case").out,
        "signs From Date Message-ID and the first", "octets at the end of the body are not signed",
        "To, Subject are not signed")


# -- output for programs ------------------------------------------------------------------------------------------

@test
def json_is_one_line_each_and_as_its_schema_says():
    lines = run("verify", "--json", *[f"{name}.case" for name in STATUS]).out.splitlines()
    same(len(lines), len(STATUS))
    for line, (name, status) in zip(lines, STATUS.items()):
        value = valid(line)
        same(value["file"], f"{name}.case")
        same({"accept": 0, "defer": 75}.get(value["disposition"]["action"], 1), status, name)
        assert "trace" not in value, name
        assert valid(run("verify", "--json", "--explain", f"{name}.case").out)["trace"], name
    value = valid(run("verify", "--json", "partial.case").out)
    same((value["author"], value["author_unicode"]), ("xn--mnchen-3ya.example", "m\u00fcnchen.example"))
    same(value["subject"], "Gr\u00fc\u00dfe aus M\u00fcnchen")


@test
def json_tells_of_what_could_not_be_read():
    done = run("verify", "--json", "absent.eml", "shop.case")
    same(done.status, 66)
    unread, read = [valid(line) for line in done.out.splitlines()]
    same((unread["error"]["status"], read["disposition"]["action"]), (66, "accept"))
    has(unread["error"]["text"], "absent.eml: No such file")


@test
def the_schema_test_can_fail():
    value = json.loads(run("verify", "--json", "shop.case").out)
    schema = json.loads((TOP / "docs/json/verify.schema.json").read_text())
    for spoil in (lambda v: v.pop("file"), lambda v: v.update(version=2), lambda v: v.update(more=1),
                  lambda v: v["checks"][0].update(result="maybe"), lambda v: v["envelope"].update(sample=100),
                  lambda v: v["checks"][0]["details"].update(lookups="0"), lambda v: v.update(checks={})):
        spoiled = json.loads(json.dumps(value))
        spoil(spoiled)
        assert mismatch(spoiled, schema, schema), spoiled


@test
def ar_prints_the_field_and_nothing_else():
    done = run("verify", "--ar", "shop.case")
    same(done.out.splitlines()[0][:23], "Authentication-Results:")
    value = valid(run("verify", "--json", "shop.case").out)
    same(done.out, "Authentication-Results: " + value["authentication_results"].replace("\r\n", "\n") + "\n")


@test
def quiet_prints_nothing():
    for name, status in STATUS.items():
        for word in ("--quiet", "-q"):
            done = run("verify", word, f"{name}.case")
            same((done.status, done.out, done.err), (status, "", ""), name)


# -- recording ----------------------------------------------------------------------------------------------------

def verdict_of(text):
    """A line of JSON without the file's name."""
    value = valid(text)
    value.pop("file")
    return value


@test
@temporary
def a_recorded_verdict_replays_to_the_same(folder):
    for name, status in STATUS.items():
        kept = folder / f"{name}.kept.case"
        done = run("verify", "--json", "--explain", "--record", kept, f"{name}.case")
        same(done.status, status)
        again = run("verify", "--json", "--explain", kept)
        same(verdict_of(again.out), verdict_of(done.out), name)
        same(run("case", "--strict", kept).out, "1 passed, 0 failed\n", name)
        same(sorted(path.name for path in folder.glob(f"{name}*")), [kept.name], "nothing is left beside it")


@test
@temporary
def a_recorded_guess_replays_without_guessing(folder):
    kept = folder / "kept.case"
    first = run("verify", "--record", kept, "--world", world(folder, "shop"), stdin=message("shop"))
    has(first.out, "were read from the second Received field")
    again = run("verify", kept)
    lacks(again.out, "were read from")
    has(again.out, "SPF pass 203.0.113.7", "DKIM pass", "DMARC pass")


@test
@temporary
def redacting_takes_the_content_out_and_keeps_the_verdict(folder):
    kept = folder / "kept.case"
    done = run("verify", "--record", kept, "--redact", "shop.case")
    has(done.err, "kept.case: not redacted, because a signature covers them: From, To, Subject")
    text = kept.read_text()
    assert "invoices/4711" not in text and "bounce+4711" not in text and "bob@" not in text.split("[message]")[0], text
    assert "not redacted" in text, text
    same(run("case", "--strict", kept).out, "1 passed, 0 failed\n", text)
    same(run("verify", kept).status, 0)


@test
@temporary
def a_long_body_is_recorded_as_digests(folder):
    kept, long = folder / "kept.case", message("shop") + b"x" * 70 + b"\n"
    long += (b"y" * 70 + b"\n") * 20000
    done = run("verify", "--json", "--world", world(folder, "shop"), "--record", kept, stdin=long)
    text = kept.read_text()
    assert "[digests]" in text and "yyyy" not in text and len(text) < 20000, text[:2000]
    same([check["result"] for check in verdict_of(run("verify", "--json", kept).out)["checks"]],
         [check["result"] for check in verdict_of(done.out)["checks"]])


@test
@temporary
def a_case_that_cannot_be_written_is_told(folder):
    fails(run("verify", "--record", folder / "no/such.case", "shop.case"), 73, "--record", "No such file")


@test
def a_message_is_not_held():
    def peak(size):
        line = b"x" * 70 + b"  \r\n"
        program = subprocess.Popen([ASSAY, "verify", "--quiet", "--world", "shop.case", "-"], cwd=SAMPLES,
                                   stdin=subprocess.PIPE, env=environment())
        program.stdin.write(message("shop").replace(b"\n", b"\r\n"))
        for _ in range(size // (len(line) * 4096)):
            program.stdin.write(line * 4096)
        program.stdin.close()
        _, status, usage = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss
    assert resource.getpagesize() > 0
    small, large = peak(0), peak(100 << 20)
    assert large - small < 8 << 10, f"{small} KB for a small message, {large} KB for 100 MB"


# -- the network: a resolver of our own, on loopback ---------------------------------------------------------------

class Resolver:
    """A resolver that knows one TXT record and says NXDOMAIN to all else; it counts what it is asked."""

    def __init__(self, name, text):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\x10"
        self.answer = bytes([len(text)]) + text.encode()
        self.asked = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def reply(self, query):
        """The reply to a query: header, question, answer; its EDNS is left out."""
        end = query.index(b"\0", 12) + 5
        known = query[12:end - 2].lower() == self.wire
        head = query[:2] + (b"\x81\x80" if known else b"\x81\x83") + b"\0\1" + (b"\0\1" if known else b"\0\0") + b"\0" * 4
        record = b"\xc0\x0c\0\x10\0\1" + struct.pack("!IH", 300, len(self.answer)) + self.answer
        return head + query[12:end] + (record if known else b"")

    def serve(self):
        """Answer until the program ends."""
        while True:
            query, client = self.socket.recvfrom(4096)
            self.asked += 1
            self.socket.sendto(self.reply(query), client)


@test
def the_resolver_that_is_named_is_asked():
    resolver = Resolver("net.example", "v=spf1 ip4:192.0.2.1 -all")
    words = ["spf", "--from", "a@net.example", "--resolver", f"127.0.0.1@{resolver.port}"]
    done = run(*words, "--ip", "192.0.2.1")
    same((done.status, done.err), (0, ""), done.out)
    has(done.out, "SPF pass 192.0.2.1 is listed by net.example")
    same(run(*words, "--ip=192.0.2.2").status, 1)
    assert resolver.asked >= 2, resolver.asked
    done = run("verify", "--resolver", f"127.0.0.1@{resolver.port}", "--ip", "192.0.2.1", "--mail-from", "a@net.example",
               stdin=b"From: a@net.example\n\nx\n")
    same(done.status, 0, done.out)
    has(done.out, "SPF pass", "DMARC none")


@test
def a_resolver_that_does_not_answer_is_named_and_the_message_deferred():
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    done = run("spf", "--resolver", f"127.0.0.1@{port}", "--ip", "192.0.2.1", "--from", "a@net.example")
    silent.close()
    same(done.status, 75, done.out)
    has(done.out, "Not answered: TXT net.example (", f"127.0.0.1@{port}", "--resolver names another")


# -- the other commands -------------------------------------------------------------------------------------------

@test
def spf_asks_check_host_alone():
    base = ["spf", "--world", "shop.case"]
    for words, status, pieces in (
            (["--ip", "203.0.113.7", "--from", "shop.example"], 0, ["SPF pass", "include:bounce.shop.example", "1 lookup"]),
            (["--ip", "192.0.2.1", "--from", "a@shop.example"], 1, ["SPF fail 192.0.2.1 is not allowed"]),
            (["--ip", "2001:db8:7::1", "--from", "<a@bounce.shop.example>"], 0, ["SPF pass"]),
            (["--ip", "203.0.113.7", "--from", "<>", "--helo", "mail7.shop.example"], 0, ["SPF pass"]),
            (["--ip", "192.0.2.1", "--from", "bounce.shop.example", "--helo", "nowhere.example"], 1, ["SPF fail", "HELO none"]),
            (["--ip", "203.0.113.7", "--from", "nowhere.example"], 1, ["SPF none"])):
        done = run(*base, *words)
        same(done.status, status, words)
        has(done.out, *pieces)
        lacks(done.out, "DMARC", "disposition")
    out = run(*base, "--ip", "203.0.113.7", "--from", "shop.example", "--explain").out
    has(out, "SPF MAIL FROM shop.example", "RFC 7208 5.2")
    lacks(out, "HELO", "Disposition")


@test
@temporary
def spf_could_not_tell_is_75_and_the_question_is_named(folder):
    (folder / "w.case").write_text("[dns]\nexample.com. IN TXT SERVFAIL\n")
    done = run("spf", "--world", folder / "w.case", "--ip", "192.0.2.1", "--from", "example.com")
    same(done.status, 75)
    has(done.out, "SPF temperror", "Not answered: TXT example.com (SERVFAIL)")


def srs(folder, *words):
    """`assay srs` with two secrets, on 2026-01-15."""
    (folder / "s").write_text("secret\nold\n")
    return run("srs", "--secret", folder / "s", "--domain", "b.example", "--now", "2026-01-15T12:00:00Z", *words)


@test
@temporary
def srs_prints_the_address_alone(folder):
    for words, want in (
            (["forward", "Alice@A.example"], "SRS0=N1zx=7U=A.example=Alice@b.example"),
            (["forward", "--separator", "+", "--hash-length", "6", "alice@a.example"],
             "SRS0+N1zxK1=7U=a.example=alice@b.example"),
            (["reverse", "SRS0=N1zx=7U=A.example=Alice@b.example"], "Alice@A.example"),
            (["reverse", "srs0=mm3x=7u=a.example=alice@b.example"], "alice@a.example"),
            (["reverse", "--max-age", "40", "--now", "2026-02-20", "SRS0=N1zx=7U=A.example=Alice@b.example"],
             "Alice@A.example"),
            (["reverse", "--local", ".c.example", "SRS0=N1zx=7U=A.example=Alice@x.c.example"], "Alice@A.example")):
        done = srs(folder, *words)
        same((done.status, done.out, done.err), (0, want + "\n", ""), words)
    has(srs(folder, "forward", "--overflow", "long", "x" * 60 + "@a.example").out, "=a.example=" + "x" * 60)


@test
@temporary
def srs_that_is_refused_is_65_and_says_why(folder):
    for words, why in (
            (["reverse", "SRS0=N1zy=7U=A.example=Alice@b.example"], "is refused: the hash of the SRS address is not ours"),
            (["reverse", "--now", "2026-02-06", "SRS0=N1zx=7U=A.example=Alice@b.example"], "the time stamp is out of date"),
            (["reverse", "alice@b.example"], "is not rewritten: it is no SRS address"),
            (["reverse", "--hash-min", "5", "SRS0=N1zx=7U=A.example=Alice@b.example"], "too short"),
            (["forward", "x" * 60 + "@a.example"], "its local part would have 83 octets, and 64 are allowed")):
        done = srs(folder, *words)
        same((done.status, done.out), (65, ""), words)
        has(done.err, why)


@test
@temporary
def srs_leaves_alone_what_is_not_for_rewriting(folder):
    for address, why in (("<>", "null sender"), ("al@B.example", "one of our own"), ("al@c.example", "one of our own")):
        done = srs(folder, "forward", "--local", "c.example", address)
        same((done.status, done.out), (0, address + "\n"), address)
        has(done.err, why)


@test
@temporary
def srs_needs_a_secret_that_can_be_read(folder):
    (folder / "empty").write_text("\n\n")
    for name, why in (("empty", "there is no secret in it"), ("none", "No such file")):
        done = run("srs", "forward", "--secret", folder / name, "--domain", "b.example", "al@a.example")
        same((done.status, done.out), (66, ""), name)
        has(done.err, why)


@test
@temporary
def srs_speaks_json_explains_and_records_without_its_secret(folder):
    done = srs(folder, "forward", "--json", "--explain", "--record", folder / "r.case", "Alice@A.example")
    said = json.loads(done.out)
    same(said["rewrite"], {"outcome": "rewritten", "address": "SRS0=N1zx=7U=A.example=Alice@b.example", "error": ""})
    has(srs(folder, "reverse", "--explain", "SRS0=N1zx=7U=a.example=al@b.example").out, "its time stamp", "0 days old", "21 are allowed")
    text = (folder / "r.case").read_text()
    has(text, "srs mac ", "address = SRS0=N1zx=7U")
    lacks(text, "secret\n", "old\n")
    done = run("case", "--strict", folder / "r.case")
    same((done.status, done.out), (0, "1 passed, 0 failed\n"))
    said = json.loads(run("case", "--json", folder / "r.case").out)
    same((said["outcome"], said["rewrite"]["outcome"]), ("passed", "rewritten"))


@test
def spf_speaks_json_too():
    done = run("spf", "--json", "--explain", "--world", "shop.case", "--ip", "203.0.113.7", "--from", "shop.example")
    value = json.loads(done.out)
    same((value["version"], value["checks"][0]["result"], value["envelope"]["mail_from"]), (1, "pass", "shop.example"))
    assert value["trace"]


@test
@temporary
def a_case_that_fails_shows_wanted_and_got(folder):
    (folder / "x.case").write_text(
        "[dns]\nexample.com. IN TXT \"v=spf1 a -all\"\nexample.com. IN A 192.0.2.1\n"
        "[case]\nname = spf/right\n[envelope]\nnow = 1\nip = 192.0.2.1\nfrom = a@example.com\n[expect]\nspf = pass\n"
        "[case]\nname = spf/wrong\nref = RFC 7208 5.3\n[envelope]\nnow = 1\nip = 192.0.2.2\nfrom = a@example.com\n[expect]\nspf = pass\n")
    done = run("case", "x.case", cwd=folder)
    same(done.status, 1)
    same(done.out.splitlines()[-1], "1 passed, 1 failed")
    has(done.out, "failed: spf/wrong (x.case), RFC 7208 5.3", "spf wanted pass", "got fail")
    lacks(done.out, "spf/right")
    for pattern, last in (("right", "1 passed, 0 failed"), ("wrong", "0 passed, 1 failed"),
                          ("spf*R", "1 passed, 1 failed"), ("none", "0 passed, 0 failed")):
        same(run("case", "-k", pattern, "x.case", cwd=folder).out.splitlines()[-1], last, pattern)
    same(run("case", "--match=right", "x.case", cwd=folder).status, 0)
    has(run("case", "-k", "none", "x.case", cwd=folder).err, 'no case has "none" in its name')


@test
@temporary
def strict_wants_every_question_answered(folder):
    (folder / "x.case").write_text("[case]\nname = a\n[envelope]\nnow = 1\nip = 192.0.2.1\nfrom = a@example.com\n"
                                   "[expect]\nspf = none\n")
    same(run("case", "x.case", cwd=folder).status, 0)
    done = run("case", "--strict", "x.case", cwd=folder)
    same(done.status, 1)
    has(done.out, "--strict asks TXT example.com")


@test
@temporary
def cases_speak_json_too(folder):
    lines = run("case", "--json", "shop.case", "list.case").out.splitlines()
    same([json.loads(line)["outcome"] for line in lines], ["passed", "passed"])
    same(json.loads(lines[1])["disposition"]["action"], "quarantine")
    (folder / "x.case").write_text((SAMPLES / "shop.case").read_text().replace("disposition = accept", "disposition = reject"))
    done = run("case", "--json", folder / "x.case")
    same(done.status, 1)
    same(json.loads(done.out)["misses"], [{"key": "disposition", "wanted": "reject", "got": "accept"}])


@test
@temporary
def a_case_that_cannot_be_read_has_a_place_and_the_others_run(folder):
    (folder / "bad.case").write_text("[case]\nname = x\n[expct]\n")
    done = run("case", folder / "bad.case", "shop.case")
    same(done.status, 66)
    has(done.err, "bad.case:3:", "expct")
    same(done.out, "1 passed, 0 failed\n")


@test
@temporary
def a_case_names_files_beside_it_and_waits_for_no_pipe(folder):
    text = (SAMPLES / "shop.case").read_text()
    head, rest = text.split("[message]\n")
    (folder / "m.eml").write_bytes(message("shop"))
    (folder / "x.case").write_text(head + "[message]\nfile = m.eml\n\n[expect]\n" + rest.split("[expect]\n")[1])
    same(run("case", "--strict", folder / "x.case").out, "1 passed, 0 failed\n")
    same(run("verify", folder / "x.case").status, 0)
    (folder / "m.eml").unlink()
    os.mkfifo(folder / "m.eml")
    fails(run("case", folder / "x.case"), 66, "no regular file")


def make_store(folder):
    """A store with one row, as assayd of version 1 left it."""
    database = sqlite3.connect(folder / "assay.db")
    database.executescript((TOP / "src/store/version1.sql").read_text())
    database.close()


@test
@temporary
def the_store_is_checked_and_exported(folder):
    make_store(folder)
    same(run("store", "check", "assay.db", cwd=folder).out,
         "1 row, from 2025-11-24T16:00:01Z to 2025-11-24T16:00:01Z\n")
    row = json.loads(run("store", "export", folder / "assay.db").out)
    same((row["message_id"], row["time"], row["policy_domain"], row["record"]),
         ("old@news.example", "2025-11-24T16:00:01Z", "news.example",
          "v=DMARC1; p=reject; rua=mailto:dmarc@news.example; adkim=s"))
    same(row["signatures"][1], {"domain": "relay.example", "selector": "ed", "algorithm": "ed25519-sha256",
                                "result": "fail", "reason": "the body was changed"})
    for words, lines in ((["--since", "2025-11-24"], 1), (["--since=2025-11-25"], 0), (["--until", "2025-11-24"], 0),
                         (["--since", "2025-11-24T16:00:01Z", "--until", "2025-11-24T16:00:02Z"], 1)):
        same(len(run("store", "export", *words, folder / "assay.db").out.splitlines()), lines, words)


@test
@temporary
def old_rows_are_pruned_unless_somebody_has_the_store(folder):
    make_store(folder)
    fails(run("store", "prune", folder / "assay.db"), 64, "--until TIME")
    fails(run("store", "prune", "--until", "2025", folder / "none.db"), 66, "none.db")
    same(sorted(path.name for path in folder.iterdir()), ["assay.db"])
    same(run("store", "prune", "--until", "2025-11-24", folder / "assay.db").out, "0 rows removed\n")
    with open(folder / "assay.db.spill/lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fails(run("store", "prune", "--until", "2025-11-25", folder / "assay.db"), 75, "another program has it open")
        same(len(run("store", "export", folder / "assay.db").out.splitlines()), 1)
    same(run("store", "prune", "--until", "2025-11-25", folder / "assay.db").out, "1 row removed\n")
    same(run("store", "check", folder / "assay.db").out, "0 rows\n")


@test
@temporary
def a_store_that_is_none_or_damaged_is_told(folder):
    make_store(folder)
    for words in (["store"], ["store", "export"], ["store", "sell", "assay.db"], ["store", "check", "a", "b"]):
        fails(run(*words), 64, "assay store export FILE, or check, or prune")
    fails(run("store", "export", "--since", "lunch", folder / "assay.db"), 64, '"lunch" is no time')
    fails(run("store", "check", folder / "none.db"), 66, "none.db")
    (folder / "text.db").write_text("no database" * 500)
    fails(run("store", "check", folder / "text.db"), 66, "it is no database")
    sqlite3.connect(folder / "empty.db").execute("CREATE TABLE t (a)").connection.close()
    fails(run("store", "export", folder / "empty.db"), 66, "another program")
    octets = bytearray((folder / "assay.db").read_bytes())
    at = octets.rindex(b"old@news.example")
    octets[at:at + 3] = b"new"  # the index says otherwise
    (folder / "damaged.db").write_bytes(octets)
    done = run("store", "check", folder / "damaged.db")
    same(done.status, 1, done.out + done.err)
    has(done.err, "the database is damaged")


def examples(command):
    """The three examples of a help text."""
    lines = run(command, "--help").out.splitlines()
    found = [line.strip() for line in lines if line.startswith(("  assay ", "  source "))]
    return [re.split(r"\s{2,}", line)[0] for line in found]


COMMANDS = ("verify", "spf", "srs", "case", "key", "sign", "store", "import", "help", "version", "completion", "why", "status",
            "reload")
ASKING = ("why", "status", "reload")  # they need the daemon: daemon/test_control.py


@test
@temporary
def who_asks_the_daemon_is_told_how_and_that_it_is_not_there(folder):
    """What they show when it is there: daemon/test_control.py."""
    for words, status, *pieces in (
            (["why", "--client", "192.0.2.1"], 64, "go with --not-signed"),
            (["why", "--user", "al", "X"], 64, "go with --not-signed"),
            (["why", "A", "B"], 64, "one message at a time"),
            (["why", "--not-signed", "a@b.example", "X"], 64, "one message at a time"),
            (["why", "--last", "3", "X"], 64, "--last goes with no message"),
            (["why", "--record", "x.case"], 64, "--record keeps one message"),
            (["why", "a\nb"], 64, "a control character"),
            (["why", "x" * 5000], 64, "is too long"),
            (["why", "--control", "x" * 200, "A"], 66, "File name too long"),
            (["status", "now"], 64, "takes options only"),
            (["reload", "now"], 64, "takes options only"),
            (["status", "--control=/nonexistent"], 66, "assayd does not run"),
            (["why", "--control", "unix:/nonexistent", "--store", folder / "none.db", "A"], 66, "nor in the store", "none.db")):
        done = run(*words)
        fails(done, status, *pieces)
        same(done.out, "", words)
    same(complete("assay", "why", "--not"), ["--not-signed"])
    same(complete("assay", "reload", "--c"), ["--control"])


@test
@temporary
def why_shows_the_row_of_the_store_without_a_daemon(folder):
    make_store(folder)
    name = json.loads(run("store", "export", folder / "assay.db").out)
    words = ["why", "--control", "/nonexistent", "--store", folder / "assay.db"]
    for key in ("queue_id", "message_id"):
        if name.get(key):
            done = run(*words, name[key])
            has(done.out, name["reason"], name["author"], "This is what the store has of it")
            same(done.err, "", key)
            same(valid(run(*words, "--json", name[key]).out, "why")["id"], name["id"])
    fails(run(*words, "another"), 66, "has no message of that id either: another")


@test
@temporary
def import_writes_to_a_new_file_and_needs_to_know_the_program(folder):
    """What it makes of each program's files: test_import.py."""
    (folder / "filter.conf").write_text("Socket local:/run/filter.sock\n")
    same(run("import", "--as", "opendkim", "--out", "assayd.conf", "filter.conf", cwd=folder).status, 0)
    has((folder / "assayd.conf").read_text(), "listen = unix:/run/filter.sock")
    fails(run("import", "--as", "opendkim", "--out", "assayd.conf", "filter.conf", cwd=folder), 73,
          "assayd.conf: File exists; it is left as it is")
    fails(run("import", "filter.conf", cwd=folder), 64, "filter.conf: of which program? --as opendkim|opendmarc")
    fails(run("import", "--as", "rspamd", "filter.conf", cwd=folder), 64, "not \"rspamd\"")
    fails(run("import"), 64, "of what?")
    fails(run("import", "/nonexistent/opendkim.conf"), 66, "/nonexistent/opendkim.conf: No such file")


@test
def help_alone_is_the_overview():
    for words in (["--help"], ["-h"]):
        same(run(*words).out, run().out)
    same(run("--help", "verify").out, run("verify", "--help").out)


@test
def every_help_fits_a_screen():
    for words in ([[command, "--help"] for command in COMMANDS] + [[], ["help"], ["--help"], ["verify", "-h"]]):
        done = run(*words)
        lines = done.out.splitlines()
        same(done.status, 0, words)
        assert len(lines) <= 24 and all(len(line) <= 80 for line in lines), f"{words}: {len(lines)} lines\n{done.out}"


@test
@temporary
def every_example_works_as_typed(folder):
    (folder / "mail.eml").write_bytes(message("shop"))
    (folder / "mail.case").write_text((SAMPLES / "shop.case").read_text())
    make_store(folder)
    (folder / "s").write_text("a secret\n")
    (folder / "domains.txt").write_text("shop.example\n")
    for name in ("opendkim.conf", "opendmarc.conf", "my.conf"):
        (folder / name).write_text("Socket local:/run/filter.sock\n")
    (folder / "postsrsd.conf").write_text('srs-domain = "srs.example.org"\n')
    for command in COMMANDS:
        found = examples(command)
        same(len(found), 3, command)
        for line in found:
            done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment(), capture_output=True,
                                  check=False, timeout=60)
            # without a network the real DNS gives "could not tell"; spf of an example that nobody lists is 1
            # and the hash of an example is nobody's
            forged = "srs reverse" in line
            if command in ASKING:
                same(done.returncode, 66, line)
                continue
            assert done.returncode in ((65,) if forged else (0, 1, 75)), f"{line}: {done.returncode}\n{done.stderr.decode()}"
            if "eml" not in line and "spf" not in line and not forged and "opendmarc" not in line:  # two sockets become one
                same(done.returncode, 0, line)
    done = subprocess.run(["bash", "-c", "assay"], env=environment(), capture_output=True, check=True)
    for line in re.findall(r"^ {6}(assay .*)$", done.stdout.decode(), re.M):
        if "verify" in line or "case" in line:
            line += " -q" if "verify" in line and "explain" not in line else ""
        status = subprocess.run(["bash", "-c", line], cwd=folder, env=environment(), capture_output=True, check=False,
                                timeout=60).returncode
        mayhap = (66,) if "scan" in line else ()  # no resolver on this host
        assert status == 66 if line.split()[1] in ASKING else status in (0, 1, 75, *mayhap), f"{line}: {status}"


@test
def every_option_of_the_receiver_is_explained():
    names = re.findall(r"^(\S+) = ", run("help", "options").out, re.M)
    assert len(names) >= 18, names
    for name in names:
        done = run("help", name)
        same(done.status, 0, name)
        has(done.out, f"{name} =", "Set with -o")
    has(run("help", "arc").out, "ARC", "arc.trusted", "RFC 8617")
    for word in re.findall(r"^  (\S+)  ", run("help").out, re.M):
        same(run("help", word).status, 0, word)
    for word in ("--record", "record", "-o", "verify", "case", "spf"):
        same(run("help", word).status, 0, word)


@test
def every_option_of_the_daemon_is_explained():
    everything = run("help", "assayd.conf")
    kinds = {row[0]: row[1] for row in manual.conf_blocks()}
    names = [(kinds[row[0]] + "." if kinds[row[0]] else "") + row[2] for row in manual.conf_options()]
    same(everything.status, 0)
    assert len(kinds) > 10 and len(names) > 70, names
    for kind in kinds.values():
        has(everything.out, f"{kind} {{ ... }}" if f"{kind} {{" in everything.out else kind)
        same(run("help", kind or "assayd.conf").status, 0, kind)
    for name in names:
        has(run("help", name).out, f"{name} =")
    assert "milter.listen" in complete("assay", "help", "milter")


@test
def the_version_is_that_of_the_library():
    want = re.search(r'ASSAY_VERSION "(.*)"', (TOP / "include/assay/assay.h").read_text())[1]
    for words in (["version"], ["--version"], ["-V"]):
        same(run(*words).out, f"assay {want}\n")
    same(json.loads(run("version", "--json").out), {"version": 1, "assay": want})


def complete(*words):
    """What bash offers behind these words."""
    script = ("source <(assay completion bash); COMP_WORDS=(" + " ".join(f"'{word}'" for word in words)
              + f"); COMP_CWORD={len(words) - 1}; _assay; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    done = subprocess.run(["bash", "-c", script], env=environment(), cwd=SAMPLES, capture_output=True, check=True)
    same(done.stderr.decode(), "")
    return sorted(done.stdout.decode().split())


@test
def bash_completes_from_the_same_tables():
    same(complete("assay", "v"), ["verify", "version"])
    same(complete("assay", "verify", "--ex"), ["--explain"])
    same(complete("assay", "spf", "--re"), ["--resolver"])
    same(complete("assay", "verify", "--color", "a"), ["always", "auto"])
    same(complete("assay", "verify", "--color", "=", "n"), ["never"])
    same(complete("assay", "verify", "-o", "arc"), ["arc.trusted="])
    same(complete("assay", "verify", "shop.c"), ["shop.case"])
    same(complete("assay", "verify", "--world", "l"), ["list.case"])
    same(complete("assay", "completion", "z"), ["zsh"])
    same(complete("assay", "srs", "r"), ["reverse"])
    same(complete("assay", "srs", "--overflow", "k"), ["keep"])
    assert "dmarc.reject" in complete("assay", "help", "dmarc")


@test
def the_script_for_zsh_has_every_option():
    script = run("completion", "zsh").out
    same(script.splitlines()[0], "#compdef assay")
    for command in COMMANDS:
        for option in re.findall(r"(?<=[ ,])--[a-z-]+", run(command, "--help").out.split("\n\n")[2]):
            assert option in script, option
    if shutil.which("zsh"):
        done = subprocess.run(["zsh", "-n"], input=script.encode(), capture_output=True, check=False)
        same((done.returncode, done.stderr), (0, b""))


@test
def every_option_is_met_in_these_files():
    table = (Path(__file__).parent / "options.h").read_text()
    mine = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for name, letter in re.findall(r'OPTION\(\w+, (?:0|\'.\'), "([a-z-]+)"()', table):
        assert f'"--{name}' in mine or f"--{name}=" in mine or f"--{name} " in mine, name


# -- running them -------------------------------------------------------------------------------------------------

def main(tests=None):
    """Run them all, or those of another file."""
    if not ASSAY.exists():
        print(f"skipped: {ASSAY} is not there")
        return 77
    chosen = [t for t in (TESTS if tests is None else tests) if not sys.argv[1:] or sys.argv[1] in t.__name__]
    failed = 0
    print(f"1..{len(chosen)}")
    for number, function in enumerate(chosen, 1):
        try:
            function()
            print(f"ok {number} - {function.__name__}", flush=True)
        except Exception as why:  # every failure is told, and the others run
            failed += 1
            print(f"not ok {number} - {function.__name__}")
            print("\n".join(f"# {line}" for line in f"{type(why).__name__}: {why}".splitlines()), flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
