#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay plan` from outside: each form read back, each exit status, records that can be published.

$ASSAY_BUILD is the build's folder. Prints TAP, then `N passed, N failed`. A word on the command line runs only the
tests with it in their names.
"""
import json
import re
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]
from test_cli import CONTROL, fails, has, lacks, run, same, temporary, valid  # noqa: E402

TESTS = []
HOSTILE = "\u202egpj ](http://x) `b` **c**, d; e \\ f <i> \x1b[31m"
WORLD = """[envelope]
now = 2026-11-29T00:00:00Z
domain = shop.example
profile = mail
[dns]
shop.example. MX 10 mx.shop.example.
shop.example. TXT "v=spf1 mx -all"
mx.shop.example. A 192.0.2.1
_dmarc.shop.example. TXT "v=DMARC1; p={p}; rua=mailto:d@shop.example"
"""
MAIL = {"days": 28, "days_with_reports": 28, "reporters": 5, "messages": 20000, "legit": 10000, "legit_pass": 9990,
        "legit_dkim_pass": 9950, "list_posters": False}


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


def world(folder, p="none"):
    """A case of a domain with a policy."""
    path = Path(folder) / f"{p}.case"
    path.write_text(WORLD.format(p=p))
    return path


def metrics(folder, **changes):
    """A file of metrics: members of `mail`, or with a capital letter of the whole."""
    mail = dict(MAIL, **{k: v for k, v in changes.items() if k[0].islower()})
    whole = {"version": 1, "domain": "shop.example", "end": "2026-11-29", "last_change": "2026-11-01", "mail": mail}
    whole.update({k.lower(): v for k, v in changes.items() if k[0].isupper()})
    path = Path(folder) / "metrics.json"
    path.write_text(json.dumps(whole))
    return path


def plan(*words):
    """Run assay plan."""
    return run("plan", *words)


def step(done, name):
    """A step of --json, which the schema allows."""
    return next(s for s in valid(done.out, "plan")["steps"] if s["id"] == name)


def content_lines(text):
    """The unfolded lines of a calendar, each checked against RFC 5545 3.1."""
    same(text.endswith("\r\n"), True)
    lines = text[:-2].split("\r\n")
    for line in lines:
        same("\n" in line or "\r" in line, False)
        same(len(line.encode()) <= 75, True)
    return re.sub("\r\n ", "", text[:-2]).split("\r\n")


@test
@temporary
def without_metrics_nothing_beyond_none_is_published(folder):
    done = plan("--json", "--world", world(folder))
    same(done.status, 0)
    one = step(done, "2")
    same((one["step"], one["fixes"]), ("not yet", []))
    has(one["missing"][0], "--evidence")
    for s in valid(done.out, "plan")["steps"]:
        for fix in s["fixes"]:
            lacks(fix["after"], "quarantine")
            lacks(fix["after"], "reject")


@test
@temporary
def with_metrics_the_next_record_is_there(folder):
    done = plan("--json", "--world", world(folder), "--evidence", metrics(folder))
    one = step(done, "3")
    same(one["step"], "now")
    same(one["fixes"][0]["before"], "v=DMARC1; p=none; rua=mailto:d@shop.example")
    same(one["fixes"][0]["after"],
         "v=DMARC1; p=quarantine; rua=mailto:d@shop.example; np=reject; t=y; pct=0")
    same(one["fixes"][0]["name"], "_dmarc.shop.example")


@test
@temporary
def a_second_step_within_14_days_has_to_wait(folder):
    done = plan("--json", "--world", world(folder), "--evidence", metrics(folder, Last_change="2026-11-20"))
    one = step(done, "3")
    same((one["step"], one["earliest"]), ("wait", "2026-12-04T00:00:00Z"))


@test
@temporary
def a_person_sees_dates_records_and_the_way_back(folder):
    done = plan("--world", world(folder), "--evidence", metrics(folder))
    same(done.status, 0)
    for piece in ("Plan for shop.example, 2026-11-29", "auth, step 3", "when now", "- v=DMARC1; p=none",
                  "+ v=DMARC1; p=quarantine", "breaks", "undo publish p=none again"):
        has(done.out, piece)


@test
@temporary
def metrics_that_cannot_be_are_refused_with_the_reason(folder):
    for changes, why in (({"legit": 30000}, "more messages pass than there are"),
                         ({"Version": 2}, "version is not 1"),
                         ({"Domain": "other.example"}, "about another domain")):
        done = plan("--world", world(folder), "--evidence", metrics(folder, **changes))
        same(done.status, 64)
        has(done.err, why)
    broken = Path(folder) / "broken.json"
    broken.write_text("{")
    done = plan("--world", world(folder), "--evidence", broken)
    same(done.status, 64)
    has(done.err, "no JSON object")
    same(plan("--world", world(folder), "--evidence", Path(folder) / "none.json").status, 66)


@test
@temporary
def names_of_sources_do_no_harm_in_any_form(folder):
    file = metrics(folder, days=10, days_with_reports=10, sources=[{"name": HOSTILE, "messages": 9, "pass": 0}], unclassified=9000)
    for form in ([], ["--markdown"], ["--json"], ["--ics"]):
        done = plan(*form, "--world", world(folder), "--evidence", file)
        same(done.status, 0)
        same(CONTROL.search(done.out.replace("\r\n", "\n")), None)
    done = plan("--markdown", "--world", world(folder), "--evidence", file)
    lacks(done.out, "](http")
    lacks(done.out, " <i>")
    lacks(done.out, " **c**")


@test
@temporary
def a_calendar_is_one(folder):
    done = plan("--ics", "--world", world(folder), "--evidence", metrics(folder, Last_change="2026-11-20"))
    lines = content_lines(done.out)
    same((lines[0], lines[1], lines[-1]), ("BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR"))
    same(lines[2].startswith("PRODID:"), True)
    events = "\n".join(lines).split("BEGIN:VEVENT")[1:]
    same(len(events) >= 2, True)
    ids = set()
    for event in events:
        for name in ("UID:", "DTSTAMP:", "DTSTART;VALUE=DATE:", "SUMMARY:", "END:VEVENT"):
            same(len(re.findall(f"^{re.escape(name)}", event, re.M)), 1)
        has(event, "DTSTAMP:20261129T000000Z")
        ids.add(re.search("^UID:(.*)$", event, re.M).group(1))
    same(len(ids), len(events))
    has(events[0] + "".join(events), "DTSTART;VALUE=DATE:20261204")


@test
@temporary
def an_answer_that_did_not_come_is_status_75(folder):
    path = world(folder)
    path.write_text(path.read_text().replace('_dmarc.shop.example. TXT "v=DMARC1; p=none; rua=mailto:d@shop.example"',
                                             "_dmarc.shop.example. TXT TIMEOUT"))
    done = plan("--world", path)
    same(done.status, 75)
    has(done.out, "the DMARC record did not answer")


@test
@temporary
def a_recorded_plan_is_the_same_plan(folder):
    record = Path(folder) / "kept.case"
    first = plan("--json", "--world", world(folder), "--evidence", metrics(folder), "--record", record)
    again = plan("--json", "--world", record)
    same(first.out, again.out)
    same(run("case", "--strict", record).status, 0)


@test
@temporary
def what_is_asked_wrongly_is_told(folder):
    fails(plan(), 64, "which domain?")
    fails(plan("a.example", "b.example"), 64, "one domain at a time")
    fails(plan("--now", "2026-11-29", "a.example"), 64, "--now goes with --world")
    fails(plan("--world", world(folder), "a..b"), 64, "no domain name")


def main():
    """Run the tests that are wanted."""
    wanted = [t for t in TESTS if not sys.argv[1:] or any(w in t.__name__ for w in sys.argv[1:])]
    failed = 0
    for number, one in enumerate(wanted, 1):
        try:
            one()
            print(f"ok {number} - {one.__name__}")
        except Exception as error:  # noqa: BLE001 - told, and counted
            failed += 1
            print(f"not ok {number} - {one.__name__}\n  {error!r}")
    print(f"{len(wanted) - failed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
