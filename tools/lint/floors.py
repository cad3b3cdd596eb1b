# SPDX-License-Identifier: BSD-2-Clause
"""Floors: a folder uses only what tools/floors.txt allows it, and no folders use each other in a ring."""
import re
from pathlib import Path

from tree import Fault, line_of

TABLE = "tools/floors.txt"
LANGUAGE = ("assert ctype errno float inttypes iso646 limits math stdalign stdarg stdatomic stdbool stddef stdint stdio "
            "stdlib stdnoreturn string uchar wchar wctype").split()
EVERYONES = {f"{name}.h" for name in LANGUAGE} | {"assay/assay.h", "assay/posture.h", "assay/types.h"}


def read_table(tree):
    """{folder: set of what it may use}."""
    table = {}
    for line in tree.text(TABLE).splitlines():
        names, colon, allowed = line.partition(":")
        if colon and not line.startswith("#"):
            table.update({name: set(allowed.split()) for name in names.split()})
    return table


def includes(text):
    """(offset, header, whether in quotes)."""
    for match in re.finditer(r'^#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', text, re.M):
        yield match.start(), match[1] or match[2], match[1] is not None


def may_include(allowed, header):
    """Whether a header of others may be used."""
    return header in EVERYONES or "<*>" in allowed or any(
        f"<{header}>" == word or (word.endswith("/>") and header.startswith(word[1:-1])) for word in allowed)


def check_file(tree, path, table, edges):
    """Faults of one file; notes which folders it uses."""
    folder = Path(path).parts[1]
    allowed = table.get(folder, set())
    for at, header, ours in includes(tree.text(path)):
        used = Path(header).parts[0]
        line = line_of(tree.text(path), at)
        if not ours:
            if not may_include(allowed, header):
                yield Fault(path, line, f"{folder} may not use <{header}> ({TABLE})")
        elif len(Path(header).parts) < 2:
            yield Fault(path, line, f'"{header}" should be named by its path from src/')
        elif used != folder:
            edges.setdefault(folder, {}).setdefault(used, (path, line))
            if used not in allowed:
                yield Fault(path, line, f"{folder} may not use {used} ({TABLE})")


def find_ring(edges):
    """Folders that use each other in a ring, or an empty list."""
    done = set()

    def walk(folder, way):
        if folder in way:
            return way[way.index(folder):] + [folder]
        if folder in done:
            return []
        for used in edges.get(folder, {}):
            ring = walk(used, way + [folder])
            if ring:
                return ring
        done.add(folder)
        return []
    for folder in edges:
        ring = walk(folder, [])
        if ring:
            return ring
    return []


def check(tree, _build):
    """All faults of floors."""
    table, edges, faults = read_table(tree), {}, []
    for path in tree.glob("src/*/*.[ch]"):
        if Path(path).parts[1] not in table:
            faults.append(Fault(path, 0, f"the folder is not in {TABLE}"))
        elif not tree.is_test(path):
            faults += check_file(tree, path, table, edges)
    ring = find_ring(edges)
    if ring:
        path, line = edges[ring[0]][ring[1]]
        faults.append(Fault(path, line, f"folders use each other in a ring: {' -> '.join(ring)}"))
    return faults
