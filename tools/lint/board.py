# SPDX-License-Identifier: BSD-2-Clause
"""The board asks for metrics that there are: names, labels and their values are those of src/daemon/metrics.h."""
import json
import re

from tree import Fault

BOARD = "packaging/grafana-assay.json"
TABLE = "src/daemon/metrics.h"
SELECTOR = re.compile(r"\b(assay_[a-z0-9_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')
GROUPING = re.compile(r"\bby \(([^)]*)\) \(")
FROM_OUTSIDE = {"instance", "job", "le"}  # Prometheus's own labels


def metrics(text):
    """{name: {label: {value, ...}}} of the tables."""
    found = {}
    for match in re.finditer(r'"(assay_[a-z0-9_]+)(?:\{((?:[^"}\\]|\\.)*)\})?"', text):
        labels = found.setdefault(match[1], {})
        for label, value in re.findall(r'(\w+)=\\"([^"\\]*)\\"', match[2] or ""):
            labels.setdefault(label, set()).add(value)
    # A row that is made of others: "assay_results_total{method=\"" method "\",result=\"" ...
    for name, rest in re.findall(r'"(assay_[a-z0-9_]+)\{(\w+=\\"" .*)', text):
        labels = found.setdefault(name, {})
        for method, result in re.findall(r'\bCHECK\(\w+, "(\w+)", \w+, "(\w+)"\)', text):
            for label, value in zip(re.findall(r'(\w+)=\\""', rest), (method, result)):
                labels.setdefault(label, set()).add(value)
    for match in re.finditer(r'#define \w*LATENCY "(\w+)"', text):
        del found[match[1]]
        found.update({f"{match[1]}_{part}": {} for part in ("bucket", "sum", "count")})
    return found


def queries(board):
    """(title of the panel, query) of a board."""
    def walk(what, title):
        if isinstance(what, dict):
            title = what.get("title", title)
            for key, value in what.items():
                if key in ("expr", "query", "definition") and isinstance(value, str):
                    yield title, value
                else:
                    yield from walk(value, title)
        elif isinstance(what, list):
            for value in what:
                yield from walk(value, title)
    yield from walk(board, "")


def check_query(query, known):
    """What is wrong with a query, in words."""
    names = set()
    for match in SELECTOR.finditer(query):
        names.add(match[1])
        if match[1] not in known:
            yield f"{match[1]} is not in {TABLE}"
            continue
        for label, value in MATCHER.findall(match[2] or ""):
            values = known[match[1]].get(label)
            if label not in FROM_OUTSIDE and values is None:
                yield f"{match[1]} has no label {label}"
            elif label not in FROM_OUTSIDE and value not in values:
                yield f'{match[1]} has no {label}="{value}"'
    grouped = {label.strip() for labels in GROUPING.findall(query) for label in labels.split(",")}
    has = FROM_OUTSIDE.union(*(known.get(name, {}) for name in names))
    yield from (f"{', '.join(sorted(names))} has no label {label} to group by" for label in sorted(grouped - has))


def check(tree, _build):
    """All faults of the board."""
    if not (tree.top / BOARD).exists() or not (tree.top / TABLE).exists():
        return []
    known = metrics(tree.text(TABLE))
    try:
        board = json.loads(tree.text(BOARD))
    except ValueError as wrong:
        return [Fault(BOARD, 0, str(wrong))]
    faults = [Fault(BOARD, 0, f"{title}: {what}") for title, query in queries(board) for what in check_query(query, known)]
    used = {match[1] for _, query in queries(board) for match in SELECTOR.finditer(query)}
    return faults if used else [*faults, Fault(BOARD, 0, "asks for nothing")]
