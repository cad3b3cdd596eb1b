# SPDX-License-Identifier: BSD-2-Clause
"""docs/conformance: each row (section, level, gist, shown by, note) names cases or tests that exist, or says why not."""
import re
from pathlib import Path

from tree import Fault

LEVELS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "SHALL", "SHALL NOT", "REQUIRED", "RECOMMENDED", "MAY", "OPTIONAL",
          "NOT RECOMMENDED"}
COLUMNS = 5


def names_of(tree):
    """Names of all cases, and "test_file.c:function" of all tests, with and without the folder."""
    names = set()
    for path in tree.glob("src/**/*.case", "docs/**/*.case", "examples/**/*.case"):
        names.update(re.findall(r"^\s*name\s*=\s*(.*?)\s*$", tree.text(path), re.M))
    for path in tree.glob("src/*/test_*.c"):
        for test in re.findall(r"cmocka_unit_test\w*\(\s*(\w+)", tree.text(path)):
            file = Path(path).name
            names.update({f"{file}:{test}", f"{Path(path).parts[1]}/{file}:{test}", f"{path}:{test}"})
    for path in tree.glob("src/*/fuzz_*.c", "src/*/test_*.py", "src/*/test_*.sh"):
        names.update({Path(path).name, f"{Path(path).parts[1]}/{Path(path).name}", path})
    return names


def check_row(path, number, cells, names):
    """Faults of one row."""
    if len(cells) not in (COLUMNS - 1, COLUMNS):
        return [Fault(path, number, f"{len(cells)} columns; there are {COLUMNS}: section, level, gist, shown by, note")]
    level, shown = cells[1].strip(), cells[3].strip()
    faults = [] if level in LEVELS else [Fault(path, number, f'"{level}" is no level of RFC 2119')]
    if re.match(r"n/a: \S", shown):
        return faults
    if not shown:
        return faults + [Fault(path, number, 'nothing shows it; say what, or "n/a: why"')]
    return faults + [Fault(path, number, f'there is no case or test "{name}"')
                     for name in re.split(r"[,\s]+", shown) if name not in names]


def check(tree, _build):
    """All faults of docs/conformance."""
    faults, names = [], None
    for path in tree.glob("docs/conformance/*.tsv"):
        names = names if names is not None else names_of(tree)
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            cells = line.split("\t")
            if line.strip() and not line.startswith("#") and cells[0] != "section":
                faults += check_row(path, number, cells, names)
    return faults
