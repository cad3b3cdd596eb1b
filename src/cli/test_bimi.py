#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay bimi` from outside, as test_cli.py does it for the others, without the network.

The certificates are those of src/posture/cases/bimi: valid from 2026-08-15 to 2027-08-15, of an authority of their own.
"""
import gzip
import shutil
import sys

import test_cli
from test_cli import TOP, complete, fails, has, lacks, run, same, temporary, valid

test_cli.TESTS.clear()
test = test_cli.test

MARKS = TOP / "src/posture/cases/bimi"
NOW = "2026-11-23"
HEAD = ('<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">\n'
        '<title>Example</title><rect width="64" height="64" fill="#fff"/><path d="M1 1h9z" fill="red"/>\n')
GOOD = HEAD + "</svg>\n"


def lists(folder):
    """A folder of lists with the roots and logs of our certificates."""
    where = folder / "lists"
    where.mkdir(exist_ok=True)
    shutil.copy(MARKS / "roots.pem", where / "mark-roots")
    shutil.copy(MARKS / "logs", where / "ct-logs")
    return ["--lists", where]


def logo(*words, stdin=b""):
    """The drawing of one line of JSON."""
    done = run("bimi", "svg", "--json", *words, stdin=stdin)
    return valid(done.out, "bimi"), done


# -- logos ------------------------------------------------------------------------------------------------------

@test
def a_good_logo_is_valid_and_0():
    done = run("bimi", "svg", MARKS / "logo.svg")
    same((done.status, done.err), (0, ""))
    has(done.out, 'logo.svg: valid, "Example". 198 octets.')


@test
def a_logo_comes_by_standard_input_compressed_or_not():
    for octets in (GOOD.encode(), gzip.compress(GOOD.encode())):
        got, done = logo("-", stdin=octets)
        same((got["valid"], got["drawing"]["gzip"], done.status), (True, octets[0] == 0x1F, 0))
        same(got["drawing"]["octets"], len(GOOD))


@test
def every_fault_is_told_with_its_place_and_repeats_are_counted():
    text = HEAD + "<g style=''/>\n<g style=''/>\n  <g onclick='x()'/><script/>\n</svg>"
    done = run("bimi", "svg", "-", stdin=text.encode())
    same(done.status, 1)
    has(done.out, "not valid: 4 faults", "3:4 invalid the attribute style is not allowed on g (2 times) [SVG P/S]",
        "5:6 active the event handler onclick of g runs a script", "5:21 active script is not allowed")
    got, _ = logo("-", stdin=text.encode())
    same([(p["class"], p["line"], p["column"], p["times"], p["about"]) for p in got["drawing"]["problems"]],
         [("invalid", 3, 4, 2, "g style"), ("active", 5, 6, 1, "g onclick"), ("active", 5, 21, 1, "script")])


@test
def a_shape_that_receivers_do_not_like_leaves_a_logo_valid():
    done = run("bimi", "svg", "-", stdin=GOOD.replace("0 0 64 64", "0 0 64 32").encode())
    same(done.status, 0)
    has(done.out, "valid", "receivers may not show it", "shape the drawing is not square")


@test
@temporary
def of_several_logos_the_worst_counts(folder):
    (folder / "bad.svg").write_text("<svg/>")
    (folder / "good.svg").write_text(GOOD)
    done = run("bimi", "svg", "--json", "good.svg", "bad.svg", cwd=folder)
    same(done.status, 1)
    same([valid(line, "bimi")["valid"] for line in done.out.splitlines()], [True, False])
    fails(run("bimi", "svg", "absent.svg", "good.svg", cwd=folder), 66, "absent.svg")


@test
def what_a_hostile_logo_says_does_not_reach_the_terminal():
    text = HEAD + "<g a\u202e='\u009b31m'/><x y='\u0085'/>\u202e</svg>"
    done = run("bimi", "svg", "-", stdin=text.encode(), LC_ALL="C.UTF-8")
    assert not test_cli.CONTROL.search(done.out.replace("\n", "")), repr(done.out)
    bomb = gzip.compress(b"\0" * (1 << 26))
    got, done = logo("-", stdin=bomb)
    same((got["valid"], got["drawing"]["over"], got["drawing"]["octets"], done.status), (False, True, 1 << 20, 1))
    done = run("bimi", "svg", "-", stdin=b"<!DOCTYPE svg [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><svg>&a;</svg>")
    same(done.status, 1)
    lacks(done.out, "root:")


# -- certificates -----------------------------------------------------------------------------------------------

@test
@temporary
def a_good_certificate_is_valid_and_0(folder):
    words = ["bimi", "vmc", MARKS / "mark.pem", "--domain", "example.com", "--svg", MARKS / "logo.svg", "--now", NOW, *lists(folder)]
    done = run(*words)
    same((done.status, done.err), (0, ""))
    has(done.out, "mark.pem: valid. A Verified Mark Certificate (VMC) for Example Ltd", "Registered Mark",
        "Chain good Example Mark Root", "Dates good valid 2026-08-15 to 2027-08-15", "Log good Example",
        "Names good example.com", "Logo good an SVG is inside", "Same good")
    got = valid(run(*words, "--json").out, "bimi")
    same((got["valid"], got["chain"], got["timestamp"], got["domain"], got["logo"], got["same_logo"], got["common"]),
         (True, True, True, True, True, True, False))
    same(got["embedded"]["sha256"], logo(MARKS / "logo.svg")[0]["drawing"]["sha256"])


@test
@temporary
def each_defect_of_a_certificate_is_told(folder):
    for name, said, more in (("alone.pem", "the chain is not complete", []), ("other.pem", "Names bad other.example, www.other.example",
                                                                                 ["--domain", "example.com"]),
                             ("no-logo.pem", "no logo is inside", []), ("wrong-hash.pem", "SHA-256", []),
                             ("no-stamp.pem", "no log of certificate transparency has stamped it", []),
                             ("wrong-stamp.pem", "the signature of the log Example is wrong", []),
                             ("no-crl.pem", "it does not say where its revocation can be looked up", []),
                             ("mark.pem", "it ended 30 days ago", ["--now", "2027-09-14T12:00:00Z"]),
                             ("mark.pem", "it begins in 1 day", ["--now", "2026-08-14T00:00:00Z"])):
        done = run("bimi", "vmc", MARKS / name, "--now", NOW, *more, *lists(folder))
        same(done.status, 1, name)
        has(done.out, "not valid", said)
        valid(run("bimi", "vmc", MARKS / name, "--now", NOW, "--json", *more, *lists(folder)).out, "bimi")


@test
@temporary
def the_logo_that_is_published_must_be_the_one_inside(folder):
    words = ["bimi", "vmc", MARKS / "mark.pem", "--now", NOW, *lists(folder), "--svg"]
    (folder / "crlf.svg").write_bytes((MARKS / "logo.svg").read_bytes().replace(b"\n", b"\r\n"))
    same(run(*words, folder / "crlf.svg").status, 0)
    (folder / "other.svg").write_text(GOOD)
    done = run(*words, folder / "other.svg")
    same(done.status, 1)
    has(done.out, "the logo that is published is not the one inside")
    fails(run(*words, "absent.svg"), 66, "absent.svg")


@test
def the_roots_that_are_built_in_do_not_know_ours():
    done = run("bimi", "vmc", MARKS / "mark.pem", "--now", NOW)
    same(done.status, 1)
    has(done.out, "Chain bad the chain leads to no known root of marks", "of a log that is not known")


@test
@temporary
def what_is_outside_the_profile_leaves_a_certificate_valid(folder):
    done = run("bimi", "vmc", MARKS / "profile.pem", "--now", NOW, *lists(folder))
    same(done.status, 0)
    has(done.out, 'Profile ? "Nice Mark" is no type of mark that is known [MCR 7.1.4.2]')
    has(run("bimi", "vmc", MARKS / "common.pem", "--now", NOW, *lists(folder)).out, "A Common Mark Certificate (CMC)")


@test
def a_file_that_is_no_certificate_says_what_it_is():
    for stdin, said in ((b"", "it is empty"), (b"<html>", "it is a page"), (b"\x30\x82\x01", "it is DER; PEM is wanted"),
                        (b"hi", "there is no certificate in PEM")):
        done = run("bimi", "vmc", "-", stdin=stdin)
        same(done.status, 1)
        has(done.out, said)
        same(valid(run("bimi", "vmc", "--json", "-", stdin=stdin).out, "bimi")["certificate"], False)


# -- the command line -------------------------------------------------------------------------------------------

@test
def a_wrong_command_line_is_64():
    for words, said in (([], "`svg` checks a logo"), (["png", "x"], "`svg` checks a logo"), (["svg"], "takes the file of a logo"),
                        (["svg", "x", "--domain", "a.example"], "--domain is for `assay bimi vmc`"),
                        (["vmc"], "the file of one certificate"), (["vmc", "a", "b"], "the file of one certificate"),
                        (["vmc", "a", "--domain", "a..b"], "is no domain name"), (["vmc", "a", "--now", "soon"], "is no time")):
        fails(run("bimi", *words), 64, said)
    same(run("bimi", "--help").status, 0)


@test
def bash_completes_it():
    same(complete("assay", "bimi", "vmc", "x", "--sv"), ["--svg"])


if __name__ == "__main__":
    sys.exit(test_cli.main())
