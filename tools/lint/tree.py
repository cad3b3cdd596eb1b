# SPDX-License-Identifier: BSD-2-Clause
"""The tree that is checked, and what every check needs of it."""
import re
from dataclasses import dataclass
from pathlib import Path

CORE = ("base dns fact crypto mail spf dkim dmarc arc srs iprev policy receive send case "
        "probe mtasts tlsrpt dane bimi posture").split()


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place; line 0 when there is none."""
    path: str
    line: int
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


class Tree:
    """Files below a top, read once, paths relative to it."""

    def __init__(self, top):
        self.top = Path(top)
        self._texts = {}

    def glob(self, *patterns):
        """Relative paths, sorted."""
        found = {path for pattern in patterns for path in self.top.glob(pattern) if path.is_file()}
        return sorted(str(path.relative_to(self.top)) for path in found)

    def text(self, path):
        """The text of a file."""
        if path not in self._texts:
            self._texts[path] = (self.top / path).read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def is_test(self, path):
        """A unit test, a fuzzer, a peer, or a header that only tests include."""
        return Path(path).name.startswith(("test_", "fuzz_", "peer_")) or "<cmocka.h>" in self.text(path)

    def sources(self):
        """Every C file and header of ours."""
        return self.glob("src/*/*.[ch]", "include/assay/*.h", "bench/*.[ch]", "examples/*.[ch]")


def line_of(text, at):
    """The number of the line that holds an offset."""
    return text.count("\n", 0, at) + 1


def blank(match):
    """As many lines as there were, and nothing on them."""
    return re.sub(r"[^\n]", " ", match[0])


def without_comments(text, strings=True):
    """C text with its comments (and strings) blanked; every line stays where it is."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'"

    def replace(match):
        return blank(match) if match[0].startswith("/") or strings else match[0]
    return re.sub(pattern, replace, text, flags=re.S)
