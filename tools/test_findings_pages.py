#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The examples on the pages of docs/findings are what they say: the wrong one gives the finding, the right one does not.

A page's fenced blocks are opened by "```KIND wrong", "```KIND right" or "```KIND wrong right"; KIND is zone, or web, smtp,
recall, lists or evidence, in the words of assay-case(5). What nobody needs to read stands as "<!-- KIND wrong", up to a line "-->". Each block changes docs/samples/sound.case: what it says of a name
and type, of a URL or of a probe stands in place of what is there; a line "; nothing at NAME" takes all records of NAME away.
A comment "<!-- envelope: KEY = VALUE; ... -->" adds to the envelope.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
ASSAY = Path(os.environ.get("ASSAY_BUILD", TOP / "build")).resolve() / "assay"
SOUND = TOP / "docs/samples/sound.case"
SECTIONS = {"zone": "dns", "web": "web", "smtp": "smtp", "recall": "recall", "lists": "lists", "evidence": "evidence"}
HITS = ("error", "warning", "notice")
BLOCK = re.compile(r"^(?:```|<!-- )(\w+) ((?:wrong|right)(?: right)?)\n(.*?)^(?:```|-->)$", re.M | re.S)
COMMAND = re.compile(r"assay ([a-z]+)((?: [^`\n]*)?)")


def sections(text):
    """Name and lines of each section of a case."""
    found, lines = {}, []
    for line in text.splitlines():
        if m := re.match(r"\[(\w+)\]$", line):
            lines = found.setdefault(m[1], [])
        else:
            lines.append(line)
    return found


def key(section, line):
    """What a line of the DNS, the web or SMTP is about; None: it belongs to the one before."""
    if section == "dns":
        m = re.match(r"(\S+)\s+(?:\d+\s+)?(?:IN\s+)?([A-Z0-9]+)\b", line)
        if not m or line[0] in ";@":
            return line
        return m[1].rstrip(".").lower(), m[2]
    return line if re.match(r"(GET|PROBE) ", line) else None


def stanzas(section, lines):
    """Pairs of a key and the lines that stand under it."""
    found = []
    for line in lines:
        what = key(section, line)
        if what is None and found:
            found[-1][1].append(line)
        else:
            found.append((what, [line]))
    return found


def changed(section, base, lines):
    """The lines of a section, after those of a block took the place of what they are about."""
    gone = {what[1] for line in lines if (what := re.match(r"; nothing at (\S+)", line))}
    gone = {name.rstrip(".").lower() for name in gone}
    new = {what for what, _ in stanzas(section, lines)}
    gone |= {what[0] for what in new if isinstance(what, tuple) and what[1] == "CNAME"}
    kept = [line for what, under in stanzas(section, base) for line in under
            if what not in new and not (isinstance(what, tuple) and what[0] in gone)]
    return kept + [line for line in lines if not line.startswith("; nothing at ")]


def world(page, word):
    """The text of the case that the blocks of a page make."""
    case = sections(SOUND.read_text(encoding="utf-8"))
    del case["expect"]
    if m := re.search(r"<!-- envelope: (.*?) -->", page):
        extra = [part.strip() for part in m[1].split(";")]
        keys = {line.split("=")[0].strip() for line in extra}
        case["envelope"] = [e for e in case["envelope"] if e.split("=")[0].strip() not in keys] + extra
    for kind, words, body in BLOCK.findall(page):
        if word in words.split():
            name = SECTIONS[kind]
            case[name] = changed(name, case.get(name, []), body.splitlines())
    return "".join(f"[{name}]\n" + "".join(line + "\n" for line in lines) for name, lines in case.items())


def outcomes(text, folder):
    """Every (id, outcome) that assay check has for a case."""
    path = Path(folder) / "page.case"
    path.write_text(text, encoding="utf-8")
    for link in ("bimi", "weak-keys"):
        if not (Path(folder) / link).exists():
            (Path(folder) / link).symlink_to(TOP / "src/posture/cases" / link)
    done = subprocess.run([ASSAY, "check", "--json", "--world", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    try:
        domain = json.loads(done.stdout)["domains"][0]
    except (ValueError, KeyError, IndexError):
        return done.stdout.decode(errors="replace")
    return [(f["id"], f["outcome"]) for f in domain["findings"]]


def faults_of_example(check, page, word, folder):
    """What is not as a page says of its wrong or right example."""
    found = outcomes(world(page, word), folder)
    if isinstance(found, str):
        return [f"the {word} example cannot be looked at: {found.strip()}"]
    seen = [outcome for name, outcome in found if name == check and outcome in HITS]
    if word == "wrong":
        return [] if seen or (check, "unknown") in found and check == "DKIM-SELECTORS" else [f"the wrong example does not give {check}"]
    return [f"the right example gives {check}"] if seen else []


def options(command, known={}):
    """The options that a command has by its help."""
    if command not in known:
        done = subprocess.run([ASSAY, command, "--help"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        known[command] = set(re.findall(r"--[a-z0-9-]+", done.stdout.decode())) if done.returncode == 0 else None
    return known[command]


def faults_of_commands(text):
    """The commands and options of `assay` that a text names and the program does not have."""
    faults = []
    for quoted in re.findall(r"`(assay [^`\n]+)`|^ {4,}(?:\./dev run |- (?:run: )?)?(assay [^\n]+)", text, re.M):
        line = quoted[0] or quoted[1]
        m = COMMAND.match(line)
        if not m:
            continue
        if m[1] in ("help", "version"):
            continue
        has = options(m[1])
        if has is None:
            faults.append(f"there is no command {m[1]!r}: {line}")
            continue
        faults += [f"assay {m[1]} has no {o}: {line}" for o in re.findall(r"(?<=\s)--[a-z0-9-]+", m[2].split("|")[0]) if o not in has]
    return faults


def main():
    passed, failed = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((TOP / "docs/findings").glob("*.md")):
            page = path.read_text(encoding="utf-8")
            words = {w for _, both, _ in BLOCK.findall(page) for w in both.split()}
            faults = [(w, f) for w in sorted(words) for f in faults_of_example(path.stem, page, w, folder)]
            told = faults + [("command", f) for f in faults_of_commands(page)]
            for _, fault in told:
                print(f"{path.relative_to(TOP)}: {fault}")
            failed += len(told)
            passed += len(words) - len(faults)
        for path in [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]:
            told = faults_of_commands(path.read_text(encoding="utf-8"))
            for fault in told:
                print(f"{path.relative_to(TOP)}: {fault}")
            failed += len(told)
            passed += not told
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
