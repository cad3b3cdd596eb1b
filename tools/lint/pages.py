# SPDX-License-Identifier: BSD-2-Clause
"""The manual: every option of the program is in it, and none that is not in the program. Silent without pages."""
import re
import sys
from pathlib import Path

from tree import Fault, line_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import manual  # noqa: E402

ASSIGNED = re.compile(r"^\*([a-z0-9_.\\]+)\*\s+=", re.M)
ASSAYD = re.compile(r"\bassayd(?: --?[a-z][a-z-]*)+")  # another program's options
DAEMON, DAEMON_PAGE = "src/daemon/assayd.c", "assayd.8"
LONG = re.compile(r"(?<![\w-])--([a-z][a-z0-9-]+)")


def plain(text):
    """scdoc text without its escapes."""
    return re.sub(r"\\([^\n])", r"\1", text)


def daemon_options(tree):
    """The long options of assayd, from its table for getopt_long(3), and its letters."""
    text = tree.text(DAEMON) if tree.glob(DAEMON) else ""
    return set(re.findall(r'\{"([a-z-]+)", (?:no|required)_argument', text)), set("".join(re.findall(r'"([a-z:]+)", OPTIONS', text)))


def check_daemon(tree, pages):
    """Options of assayd that assayd(8) does not describe, and those that it describes and assayd does not have."""
    page = next((path for path in pages if DAEMON_PAGE in path), None)
    names, letters = daemon_options(tree)
    if page is None or not names:
        return []
    faults = [Fault(DAEMON, 0, f"--{name} is not in assayd(8)") for name in sorted(names) if f"*--{name}*" not in pages[page]]
    faults += [Fault(DAEMON, 0, f"-{letter} is not in assayd(8)") for letter in sorted(letters - {":"})
               if f"*-{letter}*" not in pages[page]]
    text = plain(tree.text(page))
    for match in re.finditer(r"\*(?:assayd )?--([a-z][a-z-]*)|^\*-([a-z])\*", text, re.M):
        if (match[1] and match[1] not in names) or (match[2] and match[2] not in letters):
            faults.append(Fault(page, line_of(text, match.start()), f"assayd knows no option {match[0].strip('*')}"))
    return faults


def check_missing(pages):
    """Options that no page describes."""
    faults = []
    for row in manual.policy_options():
        if not any(f"*{row[0]}*" in text for text in pages.values()):
            faults.append(Fault("src/policy/options.h", 0, f"{row[0]} is in no page of docs/man"))
    for row in manual.conf_options():
        if not any(f"*{row[2]}*" in text for path, text in pages.items() if "assayd.conf" in path):
            faults.append(Fault("src/conf/options.h", 0, f"{row[2]} is not in assayd.conf(5)"))
    for row in manual.conf_blocks():
        if row[1] and not any(f"*{row[1]}*" in text for path, text in pages.items() if "assayd.conf" in path):
            faults.append(Fault("src/conf/options.h", 0, f"the block {row[1]} is not in assayd.conf(5)"))
    for row in manual.options():
        if not any(f"*--{row[2]}*" in text for text in pages.values()):
            faults.append(Fault("src/cli/options.h", 0, f"--{row[2]} is in no page of docs/man"))
    for row in manual.commands():
        if not any(f"*{row[1]}*" in text or f"assay {row[1]}" in text for text in pages.values()):
            faults.append(Fault("src/cli/options.h", 0, f"the command {row[1]} is in no page of docs/man"))
    return faults


def check_unknown(tree, pages):
    """Options that a page describes and the program does not have."""
    policy = {row[0] for row in manual.policy_options()} | {row[2] for row in manual.conf_options()}
    known = {row[2] for row in manual.options()} | {"help", "version"}
    strings = set(re.findall(r'"([a-z0-9_.]+)"', "".join(tree.text(p) for p in tree.glob("src/case/*.[ch]"))))
    faults = []
    for path in pages:
        text = plain(tree.text(path))
        for match in ASSIGNED.finditer(text):
            if policy and match[1] not in policy | strings:
                faults.append(Fault(path, line_of(text, match.start()), f"the program knows no key {match[1]}"))
        for match in LONG.finditer(ASSAYD.sub("", text)):
            named = "assay" in Path(path).name and "libassay" not in Path(path).name
            if known and match[1] not in known and named and DAEMON_PAGE not in Path(path).name:
                faults.append(Fault(path, line_of(text, match.start()), f"the program knows no option --{match[1]}"))
    return faults


def check_case_keys(tree, pages):
    """Keys and sections of a .case that src/case reads from a table KEY("name", ...) and assay-case(5) leaves out."""
    page = next((text for path, text in pages.items() if "assay-case" in path), None)
    if page is None:
        return []
    faults = []
    for path in tree.glob("src/case/*.[ch]"):
        text = tree.text(path)
        for match in re.finditer(r'\b(?:KEY|SECTION)\("([^"]+)"', text):
            if not re.search(rf"(?<![\w.]){re.escape(match[1])}(?![\w.])", page):
                faults.append(Fault(path, line_of(text, match.start()), f"{match[1]} is not in assay-case(5)"))
    return faults


def check(tree, _build):
    """All faults of the manual."""
    pages = {path: plain(manual.expand(tree.text(path))) for path in tree.glob("docs/man/*.scd")}
    if not pages:
        return []
    return check_missing(pages) + check_unknown(tree, pages) + check_case_keys(tree, pages) + check_daemon(tree, pages)
