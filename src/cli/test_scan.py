#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay scan` from outside: names in, lines out, kills and signals between; against a small server that does as a
name says, and where they are installed against NSD and a validating unbound.

$ASSAY_BUILD is the build's folder. Prints TAP, then `N passed, N failed`. A word on the command line runs only the
tests with it in their names.
"""
import json
import os
import pty
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))
import test_cli  # noqa: E402
from test_cli import mismatch  # noqa: E402

ASSAY = Path(os.environ.get("ASSAY_BUILD", TOP / "build")).resolve() / "assay"
SCHEMA = json.loads((TOP / "docs/json/scan.schema.json").read_text())
TESTS = []
SLOW = 0.4


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


# -- a server -----------------------------------------------------------------------------------------------------

def text(strings):
    """A TXT record's data."""
    octets = strings.encode()
    return b"".join(bytes([len(octets[i:i + 255])]) + octets[i:i + 255] for i in range(0, len(octets), 255))


def tree(i):
    """A record of big.example's tree of SPF, in which as much is wrong as fits."""
    far = ("z" * 60 + ".") * 3 + "example"
    below = [f"t{k}." + ("x" * 60 + ".") * 3 + "big.example" for k in (2 * i + 1, 2 * i + 2) if k < 1000]
    return " ".join(["v=spf1", *("include:" + name for name in below), "ptr:" + far,
                     "exists:%{l}." + far, "ip4:10.0.0.1", "ip4:192.0.2.1", "ip4:192.0.2.1", "a=" + far, "mx:" + far,
                     "-all", "a:" + far, "redirect=" + far])


class Server(threading.Thread):
    """Answers as the name says: slow.* late, mute.* never; below `_dmarc` and at domains that begin with d, records."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.at = f"127.0.0.1@{self.socket.getsockname()[1]}"
        self.asked = 0
        self.start()

    def run(self):
        while True:
            packet, whence = self.socket.recvfrom(2000)
            self.asked += 1
            labels, at = [], 12
            while packet[at]:
                labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
                at += 1 + packet[at]
            kind = int.from_bytes(packet[at + 1:at + 3], "big")
            reply = self.reply(packet, packet[12:at + 5], labels, kind)
            if any(label.startswith("slow") for label in labels):
                threading.Timer(SLOW, self.socket.sendto, (reply, whence)).start()
            elif not any(label.startswith("mute") for label in labels):
                self.socket.sendto(reply, whence)

    @staticmethod
    def reply(packet, question, labels, kind):
        """The answer to one question."""
        data = None
        if kind == 16 and labels and labels[0] == "_dmarc":
            data = text("v=DMARC1; p=reject; rua=mailto:d@" + ".".join(labels[1:]))
        elif kind == 16 and labels[-2:] == ["big", "example"] and not labels[0].startswith(("_", "default")):
            data = text(tree(int(labels[0][1:]) if labels[0] != "big" else 0))
        elif kind == 16 and labels and labels[0].startswith("d"):
            data = text("v=spf1 ip4:192.0.2.0/24 -all")
        elif kind == 15 and labels and labels[0].startswith("d"):
            data = b"\x00\x0a\x02mx" + question[:-4]
        answer = b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\x00\x01\x00\x00\x01\x2c" + len(data).to_bytes(2, "big") + data \
            if data else b""
        return packet[:2] + (b"\x81\x80" if data else b"\x81\x83") + b"\x00\x01\x00" + bytes([bool(data)]) + \
            b"\x00\x00\x00\x00" + question + answer


SERVER = Server()


# -- running it ---------------------------------------------------------------------------------------------------

def environment():
    """The surroundings of a run."""
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    env.update({name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")})
    env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    return env


def start(*words, at=None, **kwargs):
    """Start a scan."""
    return subprocess.Popen([ASSAY, "scan", "--resolver", at or SERVER.at, *words], env=environment(), **kwargs)


def scan(*words, stdin=b"", at=None, status=0):
    """Scan to the end. Returns the lines, and what was said on standard error."""
    process = start(*words, at=at, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = process.communicate(stdin, timeout=120)
    assert process.returncode == status, f"exit status {process.returncode}, wanted {status}: {err.decode()}"
    return out.decode().splitlines(), err.decode()


def objects(lines):
    """Lines as objects, each of the schema."""
    found = [json.loads(line) for line in lines]
    for one in found:
        why = mismatch(one, SCHEMA, SCHEMA)
        assert why is None, f"{why}\n{one}"
    return found


def domains(lines):
    """The names of lines, in their order."""
    return [one.get("domain") for one in objects(lines)]


def same(got, want, about=""):
    """They are equal, or both are shown."""
    assert got == want, f"{about}\n  wanted: {want!r}\n  got:    {got!r}"


def names(n, prefix="d"):
    """So many names, one a line."""
    return "".join(f"{prefix}{i}.example\n" for i in range(n)).encode()


def temporary(function):
    """Give a test a folder of its own."""
    def wrapped():
        with tempfile.TemporaryDirectory() as folder:
            function(Path(folder))
    wrapped.__name__ = function.__name__
    return wrapped


# -- the input ----------------------------------------------------------------------------------------------------

@test
def names_come_one_a_line_and_what_is_none_is_told_not_fatal():
    long = "x." * 126 + "example"
    stdin = ("\ufeffD1.Example.\r\n\n   \n# a comment\n b\u00fccher.example \n192.0.2.1\n::1\na..b\nno blank.example\n"
             f"{'l' * 64}.example\n{long}\n{'y' * 70000}\n@\nd2.example").encode()
    lines, err = scan("--ordered", "--fields", "line,domain", stdin=stdin)
    found = objects(lines)
    same([(one["line"], one.get("domain")) for one in found],
         [(1, "d1.example"), (5, "xn--bcher-kva.example"), (6, None), (7, None), (8, None), (9, None), (10, None), (11, None),
          (12, None), (13, None), (14, "d2.example")])
    same(found[2]["error"], "an address, not a domain name")
    same(found[8]["error"], "the line is too long")
    assert "8 lines are no domain name" in err, err


@test
def octets_of_any_kind_are_no_trouble():
    random.seed(7)
    stdin = bytes(random.randrange(256) for _ in range(20000)) + b"\nd1.example\n\0\n\xff\xfe\n"
    lines, _ = scan("--fields", "domain", stdin=stdin)
    assert "d1.example" in domains(lines)


@test
def a_name_as_long_as_names_may_be_is_scanned():
    name = ".".join(["a" * 63] * 3 + ["b" * 61])
    lines, _ = scan(stdin=name.encode())
    same(domains(lines), [name])


@test
def a_column_of_csv_is_found_by_its_number_and_by_its_name():
    stdin = b'rank,"the, domain",note\r\n1,d1.example,"two\nlines"\r\n2,"d""2.example",\r\n3,"d3.example","a ""b"""\n4\n'
    want = [("d1.example", None), (None, 'd"2.example'), ("d3.example", None), (None, "")]
    for column in ("2", "the, domain"):
        lines, _ = scan("--csv", column, "--ordered", "--fields", "domain", stdin=stdin)
        found = [(one.get("domain"), one.get("input")) for one in objects(lines)]
        same(found[-4:], want, column)
    same(len(found), 4)  # by its name the first line is no data


@test
@temporary
def the_names_of_a_zone_are_those_it_delegates_and_those_with_mail(folder):
    zone = folder / "zone"
    zone.write_text("$ORIGIN example.\n$TTL 60\n@ SOA ns host 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nd1 NS ns.d1\nd1 NS ns\n"
                    "d2 MX 10 mail\nd2 TXT x\nmail A 192.0.2.2\n")
    lines, _ = scan("--zone", str(zone), "--fields", "domain")
    same(sorted(domains(lines)), ["d1.example", "d2.example"])
    zone.write_text("d1 NS ns\n")
    same(domains(scan("--zone", str(zone), "--origin", "example", "--fields", "domain")[0]), ["d1.example"])
    zone.write_text("$INCLUDE other\n")
    _, err = scan("--zone", str(zone), status=66)
    assert f"{zone}:1:" in err, err
    _, err = scan("--zone", str(folder / "none"), status=66)
    scan("--zone", str(zone), "--csv", "1", status=64)


@test
def the_rest_of_a_csv_record_that_is_too_long_is_no_record():
    text = b'domain\n"' + b"x" * 70000 + b'\nd7.example\n' + b"y" * 150000 + b'\nd8.example\n"\nd1.example\n'
    lines = objects(scan("--csv", "domain", "--ordered", stdin=text)[0])
    same([one.get("domain") for one in lines], [None, "d1.example"], lines)


@test
def names_that_come_slowly_are_scanned_as_they_come():
    process = start("--fields", "domain", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for i in range(3):
        process.stdin.write(f"d{i}.example\n".encode())
        process.stdin.flush()
        same(json.loads(process.stdout.readline()), {"domain": f"d{i}.example"})
    process.stdin.close()
    same(process.wait(20), 0)


# -- the output ---------------------------------------------------------------------------------------------------

@test
def lines_come_in_the_order_of_the_input_if_that_is_asked_for():
    mixed = b"".join(b"%s%d.example\n" % (b"slow" if i % 40 == 3 else b"d", i) for i in range(400))
    want = mixed.decode().split()
    ordered, _ = scan("--ordered", "--window", "100", stdin=mixed)
    same(domains(ordered), want)
    free, _ = scan("--window", "100", stdin=mixed)
    assert domains(free) != want, "nothing overtook a slow one"
    same(sorted(domains(free)), sorted(want))


@test
def a_line_has_the_fields_that_are_asked_for():
    line, _ = scan("--fields", "domain,mx,questions", stdin=b"d1.example")
    one = json.loads(line[0])
    same(sorted(one), ["domain", "mx", "questions"])
    same(one["mx"], ["mx.d1.example"])
    _, err = scan("--fields", "domain,colour", status=64)
    assert '"colour"' in err and "spf_lookups" in err, err


@test
def an_answer_that_is_missing_is_unknown_and_the_others_are_there():
    lines, _ = scan("--fields", "domain,mx", stdin=b"mute.example\nd1.example\n")
    found = {one["domain"]: one["mx"] for one in objects(lines)}
    same(found, {"d1.example": ["mx.d1.example"], "mute.example": None})


@test
def a_domain_of_which_too_much_is_to_be_told_ends_nothing():
    lines, _ = scan("--ordered", "--fields", "domain,text", stdin=b"d1.example\nbig.example\nd2.example\n")
    same([one.get("domain", one.get("input")) for one in objects(lines)], ["d1.example", "big.example", "d2.example"])
    same(objects(lines)[1]["error"], "more was found than fits into a line of 4 MiB")


@test
def all_that_the_dns_has_is_asked_for():
    few = objects(scan(stdin=b"d1.example\n")[0])[0]
    many = objects(scan("--deep", stdin=b"d1.example\n")[0])[0]
    assert many["questions"] > few["questions"] + 10, (few["questions"], many["questions"])
    assert {f["id"] for f in few["findings"]} <= {f["id"] for f in many["findings"]}, (few, many)


# -- parts --------------------------------------------------------------------------------------------------------

@test
def parts_are_disjoint_and_together_the_whole():
    whole = names(500) + b"not a name\n"
    parts = [scan("--shard", f"{i}/7", "--fields", "domain", stdin=whole)[0] for i in range(1, 8)]
    together = [line for part in parts for line in part]
    same(sorted(together), sorted(scan("--fields", "domain", stdin=whole)[0]))
    assert all(30 <= len(part) <= 130 for part in parts), [len(part) for part in parts]
    same(sorted(parts[2]), sorted(scan("--shard", "3/7", "--fields", "domain", stdin=whole)[0]))
    for wrong in ("0/7", "8/7", "3", "x/y", "1/0"):
        scan("--shard", wrong, status=64)


@test
def a_sample_is_the_same_each_time_and_of_its_size():
    whole = names(3000)
    one, two = (domains(scan("--sample", "10", "--fields", "domain", stdin=whole)[0]) for _ in range(2))
    same(sorted(one), sorted(two))
    assert 200 < len(one) < 400, len(one)
    assert set(domains(scan("--sample", "2.5", "--fields", "domain", stdin=whole)[0])) < set(one)
    for wrong in ("0", "101", "x", "0.00001"):
        scan("--sample", wrong, status=64)


# -- going on -----------------------------------------------------------------------------------------------------

def resumable(folder, *words, **kwargs):
    """A scan that can be killed."""
    return start("--resume", str(folder / "state"), "--out", str(folder / "out"), *words, **kwargs)


def check_whole(folder, want):
    """The output has each name once."""
    lines = (folder / "out").read_text().splitlines()
    got = sorted(domains(lines))
    same(len(got), len(want), "lines")
    same(got, sorted(want))


@test
@temporary
def a_scan_that_is_killed_goes_on_without_loss_or_repetition(folder):
    mixed = b"".join(b"%s%d.example\n" % (b"slow" if i % 97 == 3 else b"d", i) for i in range(6000))
    (folder / "names").write_bytes(b"# names\n" + mixed + b"\n# end\n")
    random.seed(3)
    kills = 0
    for _ in range(60):
        process = resumable(folder, "--in-flight", "12", "--window", "60", "--fields", "domain", str(folder / "names"),
                            stderr=subprocess.DEVNULL)
        try:
            status = process.wait(random.uniform(0.6, 2.2))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
            continue
        same(status, 0)
        break
    else:
        raise AssertionError("it does not come to its end")
    assert kills >= 2, f"it was over too soon: {kills} kills"
    check_whole(folder, mixed.decode().split())
    done = resumable(folder, "--fields", "domain", str(folder / "names"))  # once more: nothing is left to do
    same(done.wait(60), 0)
    check_whole(folder, mixed.decode().split())


@test
@temporary
def many_comments_behind_a_domain_do_not_make_it_done(folder):
    comments = b"#\n" * ((1 << 18) + 10)  # more than the resume point looks ahead
    (folder / "names").write_bytes(b"mute1.example\n" + comments + b"d1.example\nd2.example\n" + comments)
    killed = resumable(folder, "--fields", "domain", str(folder / "names"), stderr=subprocess.DEVNULL)
    time.sleep(2.5)  # a resume point is written each second; what is mute takes longer
    same(killed.poll(), None)
    killed.kill()
    killed.wait()
    same((folder / "state").exists(), True)
    same(resumable(folder, "--fields", "domain", str(folder / "names"), stderr=subprocess.DEVNULL).wait(60), 0)
    check_whole(folder, ["mute1.example", "d1.example", "d2.example"])


@test
@temporary
def an_interrupt_lets_what_is_on_its_way_be_done(folder):
    mixed = names(300, "d") + names(200, "slow") + names(20000, "e")
    (folder / "names").write_bytes(mixed)
    process = resumable(folder, "--in-flight", "20", "--window", "30", "--fields", "domain", str(folder / "names"),
                        stderr=subprocess.PIPE)
    time.sleep(1.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    same(process.returncode, 75)
    assert b"goes on" in err, err
    note = (folder / "state").read_text()
    same(note.splitlines()[3], "done", "nothing is half done")
    low = int(note.splitlines()[1].split()[1])
    assert 0 < low < 20500, note
    check_whole(folder, mixed.decode().split()[:low])
    again = resumable(folder, "--fields", "domain", str(folder / "names"))
    same(again.wait(120), 0)
    check_whole(folder, mixed.decode().split())


@test
def a_second_interrupt_ends_it_at_once():
    process = start(stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.stdin.write(names(50, "mute"))
    process.stdin.flush()
    time.sleep(0.7)
    began = time.time()
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    same(process.wait(10), 75)
    assert time.time() - began < 2
    process.stdin.close()


@test
@temporary
def a_resume_point_is_of_its_input_and_output(folder):
    (folder / "names").write_bytes(names(50))
    same(resumable(folder, str(folder / "names")).wait(60), 0)
    (folder / "other").write_bytes(b"x.example\n" + names(80))
    said = resumable(folder, str(folder / "other"), stderr=subprocess.PIPE)
    assert b"the input is not the one" in said.communicate(timeout=60)[1]
    same(said.returncode, 64)
    (folder / "short").write_bytes(names(20))
    said = resumable(folder, str(folder / "short"), stderr=subprocess.PIPE)
    assert b"the input ends before" in said.communicate(timeout=60)[1]
    (folder / "longer").write_bytes(names(60))
    same(resumable(folder, str(folder / "longer")).wait(60), 0)
    check_whole(folder, names(60).decode().split())
    (folder / "out").write_text("")
    said = resumable(folder, str(folder / "names"), stderr=subprocess.PIPE)
    assert b"emptied" in said.communicate(timeout=60)[1]
    same(said.returncode, 64)
    _, err = scan("--resume", str(folder / "fresh"), stdin=names(3), status=64)
    assert "--out" in err, err
    for junk in ("", "x", "assay scan, resume point 1\ninput 5 12\n",
                 "assay scan, resume point 1\ninput 5 0123456789abcdef\noutput 0\ndone 4\n",
                 "assay scan, resume point 1\ninput 5 0123456789abcdef\noutput 0\ndone 9-7\n",
                 "assay scan, resume point 1\ninput 5 0123456789abcdef\noutput 0\ndone 7-99999999999\n"):
        (folder / "state").write_text(junk)
        said = resumable(folder, str(folder / "names"), stderr=subprocess.PIPE)
        assert b"no resume point" in said.communicate(timeout=60)[1], junk
        same(said.returncode, 64)


# -- facts --------------------------------------------------------------------------------------------------------

def recorded(path):
    """The cases of a file of facts, by the line of the input."""
    texts = re.split(r"(?m)^(?=; a domain looked at)", path.read_text())
    same(texts[0], "")
    lines = [int(re.search(r"(?m)^name = recorded/.*/(\d+)$", one)[1]) for one in texts[1:]]
    same(len(set(lines)), len(lines), "names are not unique")
    return dict(zip(lines, texts[1:]))


def assay(*words):
    """Another command of it. Returns its output."""
    done = subprocess.run([ASSAY, *words], env=environment(), capture_output=True, timeout=120, check=False)
    return done.stdout.decode() + done.stderr.decode()


@test
@temporary
def what_was_recorded_replays_to_the_same_findings(folder):
    stdin = b"d1.example\nn.example\na..b\nd1.example\nmute.example\nslow.d2.example\n" + names(300)
    for words in ([], ["--deep"], ["--ordered"], ["--fields", "line,domain,score,grade,findings,text"]):
        lines, _ = scan("--record-facts", str(folder / "facts"), *(words if "text" in str(words) else
                        ["--fields", "line,domain,score,grade,findings", *words]), stdin=stdin)
        found = {one["line"]: one for one in objects(lines)}
        cases = recorded(folder / "facts")
        same(sorted(cases), sorted(line for line, one in found.items() if "error" not in one))
        if "--ordered" in words:
            same(list(cases), sorted(cases))
        said = assay("case", "--strict", str(folder / "facts"))
        assert f"{len(cases)} passed, 0 failed" in said, said
        for line in (1, 2, 4, 5, 6, 7):
            (folder / "one").write_text(cases[line])
            page = json.loads(assay("check", "--jsonl", "--world", str(folder / "one"), found[line]["domain"]))
            same([(f["id"], f["outcome"]) for f in page["findings"] if f["outcome"] != "pass"],
                 [(f["id"], f["outcome"]) for f in found[line]["findings"]], f"{words} {found[line]['domain']}")
            same(page["score"].get("score"), found[line].get("score", page["score"].get("score")))


@test
@temporary
def facts_of_a_scan_that_is_killed_are_those_of_its_output(folder):
    mixed = b"".join(b"%s%d.example\n" % (b"slow" if i % 97 == 3 else b"d", i) for i in range(3000))
    (folder / "names").write_bytes(mixed)
    words = ["--record-facts", str(folder / "facts"), "--in-flight", "12", "--window", "60", "--fields", "line,domain",
             str(folder / "names")]
    random.seed(4)
    kills = 0
    for i in range(60):
        process = resumable(folder, *words, *(["--ordered"] if i % 2 else []), stderr=subprocess.DEVNULL)
        try:
            same(process.wait(random.uniform(0.6, 2.2)), 0)
            break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    else:
        raise AssertionError("it does not come to its end")
    assert kills >= 2, f"it was over too soon: {kills} kills"
    check_whole(folder, mixed.decode().split())
    same(sorted(recorded(folder / "facts")), sorted(one["line"] for one in objects((folder / "out").read_text().splitlines())))
    said = assay("case", "--strict", str(folder / "facts"))
    assert "3000 passed, 0 failed" in said, said[-2000:]
    said = resumable(folder, str(folder / "names"), stderr=subprocess.PIPE)
    assert b"--record-facts as it was" in said.communicate(timeout=60)[1]
    same(said.returncode, 64)
    (folder / "facts").write_text("")
    said = resumable(folder, *words, stderr=subprocess.PIPE)
    assert b"a file of facts of 0 octets" in said.communicate(timeout=60)[1]


@test
@temporary
def facts_need_a_file_that_can_be_written(folder):
    scan("--record-facts", "/nonexistent/facts", stdin=names(1), status=73)
    _, err = scan("--record-facts", "/dev/full", stdin=names(200), status=73)
    assert "No space left" in err, err
    said = resumable(folder, "--record-facts", "/dev/null", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert b"--record-facts FILE" in said.communicate(timeout=60)[1]


# -- the rest -----------------------------------------------------------------------------------------------------

@test
def memory_does_not_grow_with_the_input():
    peaks = []
    for n in (2000, 40000):
        process = start("--window", "200", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        threading.Thread(target=lambda p=process, n=n: (p.stdin.write(names(n)), p.stdin.close())).start()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        same(status, 0)
        peaks.append(usage.ru_maxrss)
    assert peaks[1] < peaks[0] + 16 * 1024, f"{peaks} KiB"


@test
@temporary
def tables_are_the_same_as_it_goes_and_from_the_lines(folder):
    out = folder / "out"
    live, _ = scan("--summary", "--json", "--out", str(out), stdin=names(100) + names(20, "n") + b"a..b\n")
    read, _ = scan("--summary", "--json", str(out))
    same(live, read)
    found = json.loads(live[0])
    same((found["domains"], found["bad_lines"]), (120, 1))
    same(sum(found["dmarc"].values()), 120)
    people, _ = scan("--summary", str(out))
    assert "DMARC" in people and any(line.split()[:2] == ["domains", "120"] for line in people), people
    with out.open("a") as more:
        more.write('{"x":1}\n{"domain":"cu')
    _, err = scan("--summary", str(out))
    assert "2 of " in err, err


@test
def a_terminal_sees_how_far_it_is():
    master, slave = pty.openpty()
    process = start(stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    process.communicate(names(50))
    seen = b""
    try:
        while chunk := os.read(master, 4096):
            seen += chunk
    except OSError:
        pass
    os.close(master)
    assert b"50 domains" in seen, seen


@test
def no_resolver_and_no_file_are_told():
    _, err = scan(at="127.0.0.1@1", stdin=b"d.example", status=66)
    assert "no resolver answers at 127.0.0.1@1" in err, err
    _, err = scan("/nonexistent/names", status=66)
    assert "/nonexistent/names" in err, err
    _, err = scan("--window", "0", status=64)
    assert "--window 0: a number from 1 to" in err, err
    scan("--in-flight", "many", status=64)
    scan(at="example.com", status=64)
    _, err = scan("--out", "/nonexistent/out", status=73)
    assert "/nonexistent/out" in err, err


@test
def an_output_that_is_full_ends_it():
    with open("/dev/full", "wb") as full:
        process = start(stdin=subprocess.PIPE, stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(names(50), timeout=60)
    same(process.returncode, 73)
    assert b"No space left" in err, err


# -- real servers -------------------------------------------------------------------------------------------------

def free_port():
    """A port that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def real_servers(folder):
    """NSD with a signed root that holds everything, and a validating unbound before it."""
    nsd, unbound = free_port(), free_port()
    shell = f"""set -e
cd {folder}
{{ echo '$TTL 300'
  echo '. SOA a. h. 1 3600 900 604800 60'
  echo '. NS a.'
  echo 'a. A 127.0.0.1'
  echo 'd.example. MX 10 mx.d.example.'
  printf 'd.example. TXT "v=spf1 include:_spf.p.example -all"\\n_spf.p.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"\\n'
  printf '_dmarc.d.example. TXT "v=DMARC1; p=reject; rua=mailto:x@d.example"\\n'
  printf 'big.example. TXT "v=spf1 -all"\\n'
  for i in 1 2 3 4 5 6 7 8; do printf 'big.example. TXT "%s%0240d"\\n' $i 7; done
  echo 'alias.example. CNAME d.example.'
}} > zone
key=$(ldns-keygen -k -a ECDSAP256SHA256 .)
ldns-signzone -n -o . -i 20200101000000 -e 20500101000000 zone $key
sed 's/;.*//' $key.key > anchor
cat > nsd.conf <<X
server:
 ip-address: 127.0.0.1@{nsd}
 do-ip6: no
 server-count: 1
 username: ""
 chroot: ""
 database: ""
 zonesdir: "{folder}"
 pidfile: ""
 zonelistfile: "{folder}/list"
 xfrdfile: "{folder}/xfrd"
 xfrdir: "{folder}"
 rrl-ratelimit: 0
remote-control:
 control-enable: no
zone:
 name: .
 zonefile: zone.signed
X
cat > unbound.conf <<X
server:
 interface: 127.0.0.1@{unbound}
 username: ""
 chroot: ""
 directory: "{folder}"
 do-daemonize: no
 use-syslog: no
 pidfile: ""
 do-not-query-localhost: no
 trust-anchor-file: anchor
stub-zone:
 name: "."
 stub-addr: 127.0.0.1@{nsd}
X
"""
    subprocess.run(["sh", "-c", shell], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = [subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", f"{folder}/nsd.conf"], **quiet),
               subprocess.Popen(["/usr/sbin/unbound", "-d", "-c", f"{folder}/unbound.conf"], **quiet)]
    time.sleep(1.5)
    return f"127.0.0.1@{unbound}", running


@test
@temporary
def real_servers_are_understood(folder):
    if not all(shutil.which(tool, path="/usr/sbin:/usr/bin") for tool in ("nsd", "unbound", "ldns-signzone")):
        print("# nsd, unbound or ldnsutils is not installed")
        return
    at, running = real_servers(folder)
    try:
        stdin = b"d.example\nbig.example\nalias.example\nnothing.example\n"
        found = {one["domain"]: one for one in objects(scan("--fields", "domain,mx,spf,dmarc,findings", stdin=stdin, at=at)[0])}
    finally:
        for process in running:
            process.terminate()
            process.wait()
    same(found["d.example"]["mx"], ["mx.d.example"])
    same(found["alias.example"]["mx"], ["mx.d.example"])
    same(found["nothing.example"]["mx"], [])
    same(found["big.example"]["mx"], [])


if __name__ == "__main__":
    sys.exit(test_cli.main(TESTS))
