# SPDX-License-Identifier: BSD-2-Clause
"""Style that a machine can see: layout, licence, functions that are not used here."""
import re
import shutil
import subprocess

from tree import Fault, line_of, without_comments

BANNED = {"strcpy": "memcpy with a length", "strcat": "base/buf.h", "sprintf": "snprintf or base/buf.h",
          "vsprintf": "vsnprintf", "strtok": "span_cut", "strtok_r": "span_cut", "atoi": "number_read",
          "atol": "number_read", "atoll": "number_read", "gets": "fgets", "strncpy": "memcpy with a length",
          "strncat": "base/buf.h", "stpcpy": "memcpy with a length", "alloca": "an arena"}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")


def check_banned(tree):
    """Functions that are not used."""
    for path in tree.sources():
        text = without_comments(tree.text(path))
        for match in CALL.finditer(text):
            yield Fault(path, line_of(text, match.start()), f"{match[1]} is not used here: {BANNED[match[1]]}")


def check_labels(tree):
    """At most one label of goto in a function."""
    for path in tree.sources():
        text = without_comments(tree.text(path))
        for function in re.finditer(r"^\{\n.*?^\}", text, re.M | re.S):
            if len(re.findall(r"^\s*(?!default\b)[A-Za-z_]\w*:(?!:)\s*$", function[0], re.M)) > 1:
                yield Fault(path, line_of(text, function.start()), "more than one label of goto in a function")


def check_licence(tree):
    """The first lines say the licence."""
    for path in tree.sources() + tree.glob("tools/*.py", "tools/*.sh", "tools/lint/*.py", "dev", "meson.build", "*/meson.build"):
        if "SPDX-License-Identifier: BSD-2-Clause" not in "\n".join(tree.text(path).splitlines()[:3]):
            yield Fault(path, 1, "the licence is missing: SPDX-License-Identifier: BSD-2-Clause")


def check_layout(tree):
    """clang-format 14 would change nothing."""
    program = shutil.which("clang-format-14") or shutil.which("clang-format")
    if not program:
        print("lint: no clang-format; the layout is not checked")
        return
    done = subprocess.run([program, "--dry-run", "-Werror", *tree.sources()], cwd=tree.top, stderr=subprocess.PIPE,
                          text=True, check=False)
    seen = set()
    for match in re.finditer(r"^([^\s:]+):(\d+):\d+: error: ", done.stderr, re.M):
        if match[1] not in seen:
            seen.add(match[1])
            count = done.stderr.count(f"{match[1]}:")
            yield Fault(match[1], int(match[2]), f"not laid out by .clang-format in {count} places: ./dev lint --fix")


def check(tree, _build):
    """All faults of style."""
    return [*check_banned(tree), *check_labels(tree), *check_licence(tree), *check_layout(tree)]
