#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run fuzzers of a build: tools/fuzz.py BUILD NAME|all [SECONDS]

Seeds are the files of src/*/seeds and src/*/cases, and the messages, TXT records and header fields inside the cases;
where cases are judged, single ones.
What is learnt is kept in BUILD/corpus, inputs that break something in BUILD/findings.
"""
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
AT_ONCE = 2
MOST_SEEDS = 2000
MOST_CASES = 500  # of a fuzzer that judges them


def fuzzers(name=""):
    """(folder/fuzz_name, source) of every fuzzer whose name contains `name`."""
    found = sorted(TOP.glob("src/*/fuzz_*.c"))
    named = [(f"{path.parent.name}/{path.stem}", path) for path in found]
    return [(label, path) for label, path in named if name in label or name in ("all", f"src/{label}.c")]


def binary(build, label):
    """Where the fuzzer of that name is built."""
    return Path(build) / "src" / label.replace("/", "-")


def pieces(case):
    """Messages, header fields, TXT records of the text of a .case file."""
    message = []
    for line in case.split(b"\n") + [b""]:
        line = line.rstrip(b"\r")
        if line.lstrip().startswith(b"|"):
            line = line.lstrip()[1:]
            message.append(line[1:] if line.startswith(b" ") else line)
        elif message:
            yield b"\r\n".join(message) + b"\r\n"
            yield from re.split(rb"\r\n(?![ \t])", b"\r\n".join(message))[:40]
            message = []
        for strings in re.findall(rb'\sTXT\s+((?:"(?:[^"\\]|\\.)*"\s*)+)', line):
            yield b"".join(re.findall(rb'"((?:[^"\\]|\\.)*)"', strings))


def field_values(piece):
    """What stands behind the colon of a header field."""
    match = re.match(rb"[\w-]+:\s*(.*)", piece, re.S)
    return [match[1]] if match else []


def single_cases(text):
    """Each case of a file by itself: a run judges all that are in its input."""
    return [b"[case]" + one for one in re.split(rb"(?m)^\[case\]", text)[1:]]


def write_seeds(label, path, into):
    """Put the seeds of a fuzzer into a folder, each once."""
    into.mkdir(parents=True, exist_ok=True)
    folder = path.parent
    files = [f for f in sorted(folder.glob("seeds/*")) + sorted(folder.glob(f"seeds/{path.stem[5:]}/*")) if f.is_file()]
    cases = sorted(folder.glob("cases/*.case"))
    if folder.name == "case" or not cases:
        cases = sorted(TOP.glob("src/*/cases/*.case"))
    texts = [case.read_bytes() for case in cases]
    found = [f.read_bytes() for f in files]
    if folder.name == "case":
        singles = [one for text in texts for one in single_cases(text)]
        found += singles[::len(singles) // MOST_CASES + 1]
    else:
        for text in texts:
            of_case = [text]
            for piece in pieces(text):
                of_case += [piece] + field_values(piece)
            found += of_case[:200]
    for seed in list(dict.fromkeys(found))[:MOST_SEEDS]:
        (into / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


def environment():
    """Sanitizers that stop at once and say where."""
    symbolizer = shutil.which("llvm-symbolizer-14") or shutil.which("llvm-symbolizer")
    extra = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
    if symbolizer:
        extra["ASAN_SYMBOLIZER_PATH"] = symbolizer
    return {**os.environ, **extra}


def run_one(build, label, path, seconds, keep):
    """Run a fuzzer. Returns (ok, a line about it, its output)."""
    program = binary(build, label)
    if not program.exists():
        return False, "did not build", ""
    findings = Path(build) / "findings" / label
    findings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        seeds = Path(scratch) / "seeds"
        corpus = Path(build) / "corpus" / label if keep else Path(scratch) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        write_seeds(label, path, seeds)
        before = set(findings.iterdir())
        done = subprocess.run(
            [program, f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2560", "-print_final_stats=1",
             f"-artifact_prefix={findings}/", corpus, seeds],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), check=False)
    output = done.stdout.decode(errors="replace")
    runs = re.search(r"number_of_executed_units: (\d+)", output)
    covered = re.findall(r"cov: (\d+)", output)
    about = f"{int(runs[1]):,} runs" if runs else "no runs"
    about += f", {covered[-1]} edges" if covered else ""
    new = sorted(set(findings.iterdir()) - before)
    if done.returncode != 0:
        about += f"; found {', '.join(str(f) for f in new) or f'exit status {done.returncode}'}"
    return done.returncode == 0 and runs is not None, about, output


def main(args):
    if len(args) not in (2, 3):
        sys.exit(__doc__)
    build, name, seconds = args[0], args[1], args[2] if len(args) == 3 else "60"
    if not seconds.isdigit() or int(seconds) == 0:
        sys.exit(f"fuzz: \"{seconds}\" is no number of seconds")
    chosen = fuzzers(name)
    if not chosen:
        sys.exit(f"fuzz: no fuzzer is called {name}; there are: {' '.join(label for label, _ in fuzzers())}")
    failed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [(label, pool.submit(run_one, build, label, path, int(seconds), True)) for label, path in chosen]
        for label, job in jobs:
            ok, about, output = job.result()
            print(f"{'ok    ' if ok else 'FAILED'} {label:32} {about}", flush=True)
            if not ok:
                failed += 1
                print("\n".join(output.splitlines()[-60:]))
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
