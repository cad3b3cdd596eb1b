#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `assay check --record` keeps of a domain of the lab says the same again: `--world` gives the same JSON, but for the time
it took and the ways of asking, and `assay case` passes.

Prints TAP, then `N passed, N failed`; skipped (77) where no network namespace or no server can be had.
"""
import copy
import difflib
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import test_check_lab as owner  # noqa: E402

lab, ASSAY = owner.lab, owner.ASSAY
BOOKS = ("took_ms",)  # what is of the run, not of the domain


def run(*words):
    """A command's JSON, its status and its complaints."""
    done = subprocess.run([ASSAY, *map(str, words)], capture_output=True, timeout=120, check=False)
    try:
        page = json.loads(done.stdout)
    except ValueError:
        page = {}
    return page, done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def plain(page):
    """A page as lines, without what is of the run."""
    for domain in page.get("domains", [page]):
        for word in BOOKS:
            domain.pop(word, None)
    return json.dumps(page, indent=1, ensure_ascii=False).splitlines()


def record_and_replay(where, domain, folder):
    """What differs, and what assay case says."""
    kept = Path(folder) / (domain.name + ".case")
    live, status, said = run("check", "--json", "--resolver", where["resolver"], "--selector", "s1", "--trust-anchor", where["trust_anchor"],
                             "--ca-file", where["ca_file"], "--allow-private", "--smtp-port", where["smtp_port"], "--https-port",
                             where["https_port"], "--record", kept, domain.name)
    again, status_again, said_again = run("check", "--json", "--world", kept, domain.name)
    _, _, case = run("case", kept)
    different = list(difflib.unified_diff(plain(live), plain(again), "live", "replayed", lineterm="", n=2))
    if not live or not again or status != status_again:
        different += [f"status {status}, then {status_again}", said[-500:] if not live else "", said_again[-500:] if not again else ""]
    return different, case


def main():
    owner.enter_namespace()
    owner.set_up_loopback()
    tap = owner.Tap()
    with tempfile.TemporaryDirectory(prefix="assay-replay.") as folder:
        domains = owner.make_domains(folder)
        try:
            with lab.Lab(owner.describe(copy.deepcopy(domains))) as world, ThreadPoolExecutor(3) as pool:
                results = list(pool.map(lambda d: record_and_replay(world.where, d, folder), domains))
        except lab.Missing as why:
            owner.skip(str(why))
    for domain, (different, case) in zip(domains, results):
        tap.tell(not different, f"{domain.name}: the same again", "\n".join(different)[:3000])
        tap.tell("1 passed, 0 failed" in case, f"{domain.name}: assay case passes", case[-2000:])
    print(f"{tap.passed} passed, {tap.failed} failed")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
