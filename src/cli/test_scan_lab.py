#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay scan --web --probe` against the small Internet of test_check_lab.py: what it finds of policies, of DANE and of the
TLS of mail servers is what `assay check` finds of the same domains, which are the good one and some with a defect each.

Prints TAP, then `N passed, N failed`; skipped (77) where no network namespace or no server can be had.
"""
import copy
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import test_check_lab as checks  # noqa: E402
from test_check_lab import ASSAY, lab  # noqa: E402

SPOILED = ["no-sts", "no-sts-record", "no-policy", "moved-policy", "expired-policy-host", "unknown-policy-host", "html-policy",
           "broken-policy", "testing-policy", "unlisted-host", "short-policy", "no-tlsa", "one-key", "other-key", "pkix-usage",
           "clear", "expired-mx", "private-mx", "refused"]
MUTE = "mute.example"  # its mail server says nothing
AREAS = ("MTASTS-", "TLS-", "DANE-", "MX-UNREACHABLE")


def rows(page):
    """Findings of the web, of DANE and of mail servers; what could not be told counts, too."""
    return sorted((f["id"], f["outcome"], f.get("subject", page["domain"])) for f in page["findings"]
                  if f["id"].startswith(AREAS) and f["outcome"] != "pass")


def command(where, *words):
    """The command line of a scan in the lab."""
    return [ASSAY, "scan", "--resolver", where["resolver"], "--trust-anchor", where["trust_anchor"], "--ca-file", where["ca_file"],
            "--smtp-port", str(where["smtp_port"]), "--https-port", str(where["https_port"]), *words]


def scan(where, names, *words, private=True):
    """What assay scan says of the domains, by name."""
    reach = ["--allow-private"] if private else []
    done = subprocess.run(command(where, "--fields", "domain,mx,findings,text", *reach, *words),
                          input="\n".join(names).encode(), capture_output=True, timeout=300, check=False)
    if done.returncode or done.stderr:
        print("# " + done.stderr.decode())
    return {json.loads(line)["domain"]: json.loads(line) for line in done.stdout.decode().splitlines()}


def replays(facts, n):
    """All that was recorded gives the same findings again."""
    done = subprocess.run([ASSAY, "case", "--strict", facts], capture_output=True, timeout=300, check=False)
    return f"{n} passed, 0 failed" in done.stdout.decode(), done.stdout.decode()[-2000:] + done.stderr.decode()


def interrupted(where, name):
    """Interrupted twice while a mail server is silent: how it ended, and whether it waited for that."""
    with subprocess.Popen(command(where, "--probe", "--allow-private"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        process.stdin.write(name.encode() + b"\n")
        process.stdin.flush()
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        waited = process.poll() is None
        process.send_signal(signal.SIGINT)
        return process.wait(10), waited


def run(tap, where, names, facts):
    """Check, scan each way, and compare."""
    pages = checks.check(where, names)
    wide = scan(where, names, "--web", "--probe", "--at-once", "4", "--record-facts", facts)
    for name in names:
        got, wanted = rows(wide.get(name, {"domain": name, "findings": []})), rows(pages[name])
        tap.tell(got == wanted, f"{name}: a scan with the web and probes finds what a check finds", f"check: {wanted}\nscan:  {got}")
    tap.tell(all(rows(pages[name]) for name in names[1:]) and len(wide) == len(names), "there is something to find", str(wide))
    tap.tell(*(lambda ok, why: (ok, "what it recorded replays", why))(*replays(facts, len(names))))
    plain = scan(where, names)
    said = {f["id"] for page in plain.values() for f in page["findings"]}
    tap.tell(not said & {"MTASTS-FETCH", "MTASTS-CERT", "DANE-MISMATCH", "MX-UNREACHABLE"}, "without them none of that is told", str(said))
    shut = scan(where, names[:1], "--web", "--probe", private=False)[names[0]]
    tap.tell({"MTASTS-FETCH", "DANE-MISMATCH"} <= {f["id"] for f in shut["findings"] if f["outcome"] == "unknown"},
             "addresses that are not the Internet's are not connected to", json.dumps(shut))
    ended = interrupted(where, MUTE)
    tap.tell(ended == (75, True), "an interrupt waits for a mail server, a second one does not", str(ended))


def main():
    checks.enter_namespace()
    checks.set_up_loopback()
    tap = checks.Tap()
    with tempfile.TemporaryDirectory(prefix="assay-lab.") as folder:
        domains = [d for d in checks.make_domains(folder) if d.name.removesuffix(".example") in ["good", *SPOILED]]
        mute = checks.Domain(200, MUTE, domains[0].records["dkim"].removeprefix("s1._domainkey TXT "))
        mute.smtp["behaviour"] = "silent"
        try:
            with lab.Lab({**checks.describe(copy.deepcopy([*domains, mute])), "root": True}) as world:
                run(tap, world.where, [d.name for d in domains], str(Path(folder) / "facts"))
        except lab.Missing as why:
            checks.skip(str(why))
    print(f"{tap.passed} passed, {tap.failed} failed")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
