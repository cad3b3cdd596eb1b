# SPDX-License-Identifier: BSD-2-Clause
"""References: a section "RFC NNNN S.S" that is named exists in the text of that RFC.

The texts are looked for in $ASSAY_SPECS or ../shared/specs; a text that is not there is not checked.
"""
import os
import re
from pathlib import Path

from tree import Fault, line_of

DRAFTS = {"9989": "draft-ietf-dmarc-dmarcbis-41.txt"}
SECTION = r"(?:[A-Z]\.\d+(?:\.\d+)*|[A-Z](?=[\s,;.:)*]|$)|\d{1,2}(?:\.\d+)*)(?![\w-])"
REFERENCE = re.compile(rf"\bRFC[ \n*]+(\d{{4}})((?:[ \n*]*,?[ \n*](?:and |or |section )?{SECTION})+)")
HEADING = re.compile(rf"^(?:Appendix )?({SECTION})\.?\s+\S", re.M)


def folder():
    """Where the texts are."""
    return Path(os.environ.get("ASSAY_SPECS") or Path(__file__).resolve().parents[2] / "../shared/specs")


def sections(text):
    """Numbers of all sections of an RFC."""
    return {match[1] for match in HEADING.finditer(text.replace("\r", ""))}


def references(text):
    """(offset, number of the RFC, section) of every reference in a text."""
    for match in REFERENCE.finditer(text):
        for section in re.findall(SECTION, match[2]):
            yield match.start(), match[1], section


def load(number, cache):
    """Sections of an RFC, or None when its text is not there."""
    if number not in cache:
        path = folder() / DRAFTS.get(number, f"rfc{number}.txt")
        cache[number] = sections(path.read_text(errors="replace")) if path.exists() else None
    return cache[number]


def check(tree, _build):
    """All faults of references."""
    if not folder().is_dir():
        print(f"lint: no texts of RFCs in {folder()}; their sections are not checked")
        return []
    cache, faults = {}, []
    for path in tree.glob("src/*/*.[ch]", "include/assay/*.h", "src/**/*.case", "examples/*", "docs/**/*.case",
                          "docs/conformance/*", "docs/*.md", "docs/man/*.scd", "bench/*.[ch]"):
        text = tree.text(path)
        for at, number, section in references(text):
            known = load(number, cache)
            if known is not None and section not in known:
                faults.append(Fault(path, line_of(text, at), f"RFC {number} has no section {section}"))
    return faults
