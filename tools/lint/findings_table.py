# SPDX-License-Identifier: BSD-2-Clause
"""The catalogue of checks: code, docs/findings.md, the pages and the cases say the same.

The table that docs/findings.md began as is looked for in $ASSAY_FINDINGS or ../shared/FINDINGS.md; one that is not there
is not compared.
"""
import os
import re
import sys
from pathlib import Path

from tree import Fault, line_of

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import findings  # noqa: E402

CATALOGUE = "src/posture/catalogue.h"
OTHERS = {("MTASTS-MISSING", "version")}  # reasons of another row that a condition speaks of
LABORATORY = "tools/findings-laboratory.txt"  # id and why no case can say it


def rfc(source):
    """A source as the code spells it."""
    parts = [part.strip() for part in re.split(r"[,;] ", source)]
    return ", ".join(f"RFC {part}" if re.match(r"\d{4}\b", part) else part for part in parts)


def check_texts(checks):
    """Words for people that are missing."""
    for check in checks:
        for name in ("title", "why", "fix", "source"):
            if not getattr(check, name):
                yield Fault(check.path, check.line, f"{check.id} has no {name}")
        if check.why and not check.why.endswith("."):
            yield Fault(check.path, check.line, f"{check.id}: why is a sentence, with a full stop")


def check_table(checks, rows, path):
    """What a document and the code say differently."""
    by_id = {row.id: row for row in rows}
    for check in checks:
        row = by_id.pop(check.id, None)
        if row is None:
            yield Fault(check.path, check.line, f"{check.id} is not in {path}")
            continue
        told = row.severities + (("warning",) if "(then warning)" in row.condition and "warning" not in row.severities else ())
        if told != check.severities:
            yield Fault(check.path, check.line, f"{check.id}: {path}:{row.line} has {'; '.join(row.severities)}")
        if rfc(row.source) != check.source:
            yield Fault(check.path, check.line, f'{check.id}: {path}:{row.line} has the source "{rfc(row.source)}"')
        for reason in row.reasons:
            if reason not in check.reasons and (check.id, reason) not in OTHERS:
                yield Fault(check.path, check.line, f"{check.id}: {path}:{row.line} has the reason {reason}")
    for row in by_id.values():
        yield Fault(path, row.line, f"{row.id} is not in the code")


def laboratory(tree):
    """Ids that no case can say."""
    if not tree.glob(LABORATORY):
        return {}
    lines = [line for line in tree.text(LABORATORY).splitlines() if line and not line.startswith("#")]
    return dict(line.split(None, 1) for line in lines)


def check_cases(tree, checks):
    """Each check has a case in which it appears, with each severity, and one in which it does not."""
    text = "\n".join(tree.text(path) for path in tree.glob("src/**/*.case"))
    there = set(re.findall(r"^\s*finding\s*=\s*([A-Z0-9-]+)\s+(\w+)", text, re.M))
    absent = set(re.findall(r"^\s*not_finding\s*=\s*([A-Z0-9-]+)", text, re.M)) | {i for i, o in there if o == "pass"}
    excused = laboratory(tree)
    for check in checks:
        if check.id in excused:
            continue
        for severity in check.severities:
            if (check.id, severity) not in there:
                yield Fault(check.path, check.line, f"{check.id}: no case has finding = {check.id} {severity}")
        if check.id not in absent:
            yield Fault(check.path, check.line, f"{check.id}: no case has not_finding = {check.id}")
    known = {check.id for check in checks}
    for path in tree.glob("src/**/*.case"):
        for m in re.finditer(r"^\s*(?:not_)?finding\s*=\s*([A-Z0-9-]+)", tree.text(path), re.M):
            if m[1] not in known:
                yield Fault(path, line_of(tree.text(path), m.start()), f"there is no check {m[1]}")
    for name in excused:
        if name not in known:
            yield Fault(LABORATORY, 0, f"there is no check {name}")


def check_pages(tree, checks):
    """Pages that are missing, stale or of no check."""
    for path, text in findings.pages(tree.top):
        name = str(path.relative_to(tree.top))
        if not path.exists():
            yield Fault(name, 0, "is missing; tools/findings.py writes it")
        elif path.read_text(encoding="utf-8") != text:
            yield Fault(name, 0, "is not as tools/findings.py writes it")
    known = {check.id for check in checks}
    for path in tree.glob(f"{findings.PAGES}/*.md"):
        if Path(path).stem not in known:
            yield Fault(path, 0, "is the page of no check")


def check(tree, _build):
    """All faults of the catalogue."""
    if not tree.glob(CATALOGUE):
        return []
    checks = findings.read_code(tree.top)
    faults = list(check_texts(checks))
    faults += check_table(checks, findings.read_table(tree.top / findings.TABLE), findings.TABLE)
    contract = Path(os.environ.get("ASSAY_FINDINGS") or tree.top / "../shared/FINDINGS.md")
    if contract.exists():
        faults += [Fault(f.path, f.line, f.what) for f in check_table(checks, findings.read_table(contract), contract.name)
                   if f.path != contract.name or "not in the code" in f.what]
    return faults + list(check_cases(tree, checks)) + list(check_pages(tree, checks))
