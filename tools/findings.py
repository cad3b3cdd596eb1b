#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The catalogue of checks, read from the code and from docs/findings.md; writes the pages of docs/findings.

    tools/findings.py            write a page for each check; what stands below "## More" on a page is kept
    tools/findings.py --check    say which pages are not as they would be written
"""
import re
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
TABLE = "docs/findings.md"
PAGES = "docs/findings"
MORE = "## More"
SEVERITIES = {"ASSAY_ERROR": "error", "ASSAY_WARNING": "warning", "ASSAY_NOTICE": "notice",
              "ASSAY_UNKNOWN_OUTCOME": "unknown", "0": ""}
STRING = r'"((?:[^"\\]|\\.)*)"'
TEXTS = rf'((?:{STRING}\s*)+)'


@dataclass(frozen=True)
class Check:
    """A row of the code's table."""
    id: str
    area: str
    severities: tuple
    reasons: tuple
    source: str
    title: str
    why: str
    fix: str
    path: str
    line: int


@dataclass(frozen=True)
class Row:
    """A row of docs/findings.md."""
    id: str
    area: str
    severities: tuple
    reasons: tuple
    condition: str
    source: str
    fix: str
    line: int


def joined(text):
    """C string literals side by side as one text."""
    return "".join(part.replace('\\"', '"').replace("\\\\", "\\") for part in re.findall(STRING, text))


def read_code(top=TOP):
    """The checks of src/posture/catalogue_*.h, in order."""
    column = rf"\s*{TEXTS}"
    pattern = re.compile(rf"F\((\w+),\s*{STRING},\s*(\w+),\s*(\w+),\s*(\w+),{column},{column},{column},{column},{column}\)")
    checks = []
    for path in sorted(Path(top).glob("src/posture/catalogue_*.h")):
        text = re.sub(r"\\\n", " \n", path.read_text(encoding="utf-8"))
        for m in pattern.finditer(text):
            words = [joined(m[i]) for i in (6, 8, 10, 12, 14)]
            severities = tuple(SEVERITIES[m[i]] for i in (4, 5) if SEVERITIES[m[i]])
            checks.append(Check(m[2], m[3], severities, tuple(words[0].split()), words[1], words[2], words[3], words[4],
                                str(path.relative_to(top)), text.count("\n", 0, m.start()) + 1))
    return checks


def read_table(path):
    """The rows of a document like docs/findings.md."""
    rows, area = [], None
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if m := re.match(r"### (\w+)$", line):
            area = m[1]
        m = re.match(r"\| ([A-Z0-9]+-[A-Z0-9-]+) \| ([^|]+) \| (.*) \| ([^|]+) \| ([^|]+) \|$", line)
        if m:
            reasons = tuple(re.findall(r"(?<![`\w])\*([a-z][a-z0-9_-]*)\*", m[3]))
            rows.append(Row(m[1], area, tuple(s.strip() for s in m[2].split(";")), reasons, m[3], m[4], m[5], number))
    return rows


def page(check, row, more):
    """The text of a page."""
    severity = " or ".join(check.severities) if check.severities != ("unknown",) else "never more than unknown"
    lines = [f"# {check.id}", "", f"{check.title[:1].upper()}{check.title[1:]}.", "",
             f"**Severity**: {severity}. **Source**: {check.source}.", ""]
    if check.reasons:
        lines += [f"**Reasons**: {', '.join(check.reasons)}.", ""]
    lines += [f"**When**: {row.condition.rstrip('.')}.", "", f"**Why it matters**: {check.why}", "",
              f"**What to do**: {check.fix}", ""]
    return "\n".join(lines) + (f"\n{MORE}\n{more}" if more else "")


def pages(top=TOP):
    """(path, text) of every page as it should be."""
    rows = {row.id: row for row in read_table(Path(top) / TABLE)}
    for check in read_code(top):
        path = Path(top) / PAGES / f"{check.id}.md"
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        more = old.split(f"\n{MORE}\n", 1)[1] if f"\n{MORE}\n" in old else ""
        if check.id in rows:
            yield path, page(check, rows[check.id], more)


def main(args):
    wrong = 0
    for path, text in pages():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        wrong += 1
        if args == ["--check"]:
            print(f"{path.relative_to(TOP)} is not what tools/findings.py writes")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if args == ["--check"] and wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
