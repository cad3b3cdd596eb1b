#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run every test of a build and add them up; ./dev test calls this after building.

    tools/test.py --build DIR [--fuzz DIR] [--valgrind | --coverage | --tsan] [--broken 1] [NAME]

Unit tests are src/*/test_*.c, scripts are test_*.py, test_*.sh and differ_*.py (which compares with a peer) in src/*,
examples and tools (they find the build directory in $ASSAY_BUILD, say "skipped: why" with exit status 77, and may end
with "N passed, N failed"), cases are all *.case files, fuzzers are src/*/fuzz_*.c for five seconds each. --tsan says that DIR
was built with the thread sanitizer: only unit tests are run, without NAME only those that start threads. --broken 1 says
that not all could be built.
"""
import argparse
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import fuzz

TOP = fuzz.TOP
CORE = "base dns fact crypto mail spf dkim dmarc arc srs iprev policy receive send case".split()
LEAST_COVERAGE = 92.0
FUZZ_SECONDS = 5
SKIPPED = 77
VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
            "--fair-sched=yes"]
THREADS = re.compile(r'\bpthread_create\b|#include "world/test_server\.h"')
THREADED = ("store", "daemon") # their own code starts threads
TOTALS = re.compile(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


@dataclass
class Outcome:
    """What one program came to."""
    label: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    about: str = ""
    output: str = ""


def run(command, seconds, env):
    """(exit status, output) of a command; a status of None: it did not end in time."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=seconds, env=env, cwd=TOP, check=False)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as late:
        return None, (late.stdout or b"").decode(errors="replace") + f"\nstopped after {seconds} s\n"


class Tests:
    """What is to be run, and how."""

    def __init__(self, options):
        self.options = options
        self.build = Path(options.build).resolve()
        self.env = {**fuzz.environment(), "ASSAY_BUILD": str(self.build), "ASSAY_TOP": str(TOP)}
        self.wrapper = VALGRIND if options.valgrind else []
        self.patience = 1800 if options.valgrind or options.tsan else 600
        if options.tsan:
            self.env["TSAN_OPTIONS"] = f"suppressions={TOP}/tools/tsan.txt exitcode=66 history_size=7 second_deadlock_stack=1"

    def unit(self, path):
        """A cmocka program: its summary is added up; dying is one failure more."""
        label = f"{path.parent.name}/{path.stem}"
        program = self.build / "src" / label.replace("/", "-")
        if not program.exists():
            return Outcome(label, failed=1, about="did not build")
        status, output = run([*self.wrapper, program], self.patience, self.env)
        count = {word: sum(int(n) for n in re.findall(rf"^\[\s+{word}\s*\] (\d+) test\(s\)", output, re.M))
                 for word in ("PASSED", "FAILED", "SKIPPED")}
        result = Outcome(label, count["PASSED"], count["FAILED"], count["SKIPPED"], output=output)
        if "[==========]" not in output or (status != 0 and result.failed == 0):
            result.passed = result.passed or len(re.findall(r"^\[\s+OK \]", output, re.M))
            result.failed += 1
            result.about = "did not end in time" if status is None else f"exit status {status}"
        elif result.passed + result.failed + result.skipped == 0:
            result.failed, result.about = 1, "it ran no test"
        return result

    def script(self, path):
        """A script: what it counted itself, or one."""
        label = str(path.relative_to(TOP))
        command = [sys.executable, path] if path.suffix == ".py" else [path]
        status, output = run(command, self.patience, self.env)
        totals = TOTALS.findall(output)
        lines = output.strip().splitlines()
        if status == SKIPPED:
            return Outcome(label, skipped=1, about=lines[-1].removeprefix("skipped: ") if lines else "")
        if totals:
            passed, failed, skipped = (int(n or 0) for n in totals[-1])
            failed = max(failed, 1) if status != 0 else failed
            return Outcome(label, passed, failed, skipped, output=output)
        return Outcome(label, int(status == 0), int(status != 0), output=output)

    def cases(self, path):
        """All cases of one file. \"assay case\" says how many hold."""
        label = str(path.relative_to(TOP))
        name = ["-k", self.options.name] if self.options.name and self.options.name not in label else []
        status, output = run([*self.wrapper, self.build / "assay", "case", *name, path], self.patience, self.env)
        totals = TOTALS.findall(output)
        if not totals:
            return Outcome(label, failed=1, output=output, about=f"exit status {status}")
        passed, failed, skipped = (int(n or 0) for n in totals[-1])
        return Outcome(label, passed, max(failed, 1) if status not in (0,) else failed, skipped, output=output)

    def fuzzer(self, label, path):
        """Five seconds of a fuzzer."""
        ok, about, output = fuzz.run_one(self.options.fuzz, label, path, FUZZ_SECONDS, False)
        return Outcome(label, int(ok), int(not ok), about=about, output="\n".join(output.splitlines()[-60:]))

    def wanted(self, path):
        """The path has the name that was asked for."""
        return self.options.name in str(path.relative_to(TOP))

    def plan(self):
        """Every test as a function without arguments, the longest first."""
        plan = []
        if self.options.tsan:
            return [lambda p=p: self.unit(p) for p in sorted(TOP.glob("src/*/test_*.c")) if self.wanted(p)
                    and (self.options.name or p.parent.name in THREADED or THREADS.search(p.read_text()))]
        if self.options.fuzz:
            plan += [lambda f=f: self.fuzzer(*f) for f in fuzz.fuzzers(self.options.name)]
        if not self.options.valgrind:
            scripts = sorted(path for place in ("src/*", "examples", "tools") for kind in ("test_*.py", "test_*.sh", "differ_*.py")
                             for path in TOP.glob(f"{place}/{kind}") if os.access(path, os.X_OK))
            plan += [lambda p=p: self.script(p) for p in scripts if self.wanted(p)]
        plan += [lambda p=p: self.unit(p) for p in sorted(TOP.glob("src/*/test_*.c")) if self.wanted(p)]
        return plan + [lambda p=p: self.cases(p) for p in self.case_files()]

    def case_files(self):
        """Files of cases that may hold what was asked for; none before there is something to run them."""
        found = sorted(path for place in ("src", "examples", "docs") for path in (TOP / place).rglob("*.case"))
        if not (self.build / "assay").exists():
            return []
        return [path for path in found if self.wanted(path) or self.options.name in path.read_text(errors="replace")]


LOCK = threading.Lock()


def tell(outcome):
    """One line about a program that passed, all about one that failed."""
    with LOCK:
        counted = f"{outcome.passed:5}" + (f" passed, {outcome.failed} FAILED" if outcome.failed else "")
        print(f"{'FAILED' if outcome.failed else 'ok    '} {outcome.label:40} {counted}  {outcome.about}".rstrip())
        if outcome.failed:
            print("\n".join("    " + line for line in outcome.output.splitlines()[-400:]))
        sys.stdout.flush()


def run_and_tell(test):
    """Run one test and say how it went."""
    outcome = test()
    if outcome.passed or outcome.failed or outcome.skipped:
        tell(outcome)
    return outcome


def coverage(build):
    """Print line coverage of the core; returns an outcome when there is too little."""
    folders = "|".join(CORE)
    command = ["gcovr", "--root", TOP, "--filter", f"src/({folders})/", "--exclude", r"src/[^/]*/((test|fuzz)_|laws\.h)",
               "--object-directory", build, "--gcov-ignore-parse-errors", "--csv", "-"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=TOP, check=False)
    rows = [line.split(",")[:3] for line in done.stdout.splitlines()[1:]]
    files = sorted((int(hit) / int(lines), name, int(lines), int(hit)) for name, lines, hit in rows if int(lines))
    lines, hit = sum(f[2] for f in files), sum(f[3] for f in files)
    percent = 100.0 * hit / lines if lines else 0.0
    for ratio, name, total, reached in files[:15]:
        print(f"{100 * ratio:6.1f} %  {name}: {total - reached} lines not reached")
    print(f"coverage of the core: {percent:.1f} % of {lines:,} lines")
    if percent >= LEAST_COVERAGE:
        return []
    return [Outcome("coverage", failed=1, about=f"{percent:.1f} % is below {LEAST_COVERAGE:.0f} %")]


def main(args):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--fuzz")
    parser.add_argument("--valgrind", action="store_true")
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--tsan", action="store_true")
    parser.add_argument("--broken", default="0")
    parser.add_argument("name", nargs="?", default="")
    options = parser.parse_args(args)
    tests = Tests(options)
    with ThreadPoolExecutor(fuzz.AT_ONCE) as pool:
        outcomes = list(pool.map(run_and_tell, tests.plan()))
    if options.coverage and not options.name:
        outcomes += coverage(options.build)
        if outcomes[-1].label == "coverage":
            tell(outcomes[-1])
    if options.broken != "0":
        outcomes.append(Outcome("build", failed=1))
        print("FAILED build: not everything compiles, see above")
    for outcome in outcomes:
        if outcome.skipped:
            print(f"skipped: {outcome.skipped} of {outcome.label} {outcome.about}".rstrip())
    passed, failed = sum(o.passed for o in outcomes), sum(o.failed for o in outcomes)
    if passed + failed == 0:
        print(f"no test is called {options.name}")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
