# SPDX-License-Identifier: BSD-2-Clause
"""Documentation: every declaration of a header, public or not, has a comment that says what it is."""
import re
from dataclasses import dataclass

from tree import Fault, blank, line_of

COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'", re.S)
ENDS_HERE = re.compile(r"[;{}]")


@dataclass
class Declaration:
    """One declaration of a header."""
    name: str
    kind: str  # function, macro, type, other
    line: int
    documented: bool


def mark_comments(text):
    """Blank comments and strings; also return the places of documenting ones: {end offset} and lines of /**< ones."""
    ends, behind = [], set()

    def replace(match):
        if match[0].startswith("/**<"):
            behind.update(range(line_of(text, match.start()), line_of(text, match.end()) + 1))
        elif match[0].startswith("/**"):
            ends.append(match.end())
        return blank(match) if match[0].startswith("/") else '"' + " " * (len(match[0]) - 2) + '"'
    return COMMENT.sub(replace, text), ends, behind


def drop_cplusplus(code):
    """Without the lines that only C++ sees, and without all directives; a macro leaves a semicolon as its end."""
    code = re.sub(r"#ifdef __cplusplus.*?#endif", blank, code, flags=re.S)
    code = re.sub(r"^[ \t]*#[ \t]*define(?:[^\n\\]|\\.|\\\n)*", lambda m: blank(m)[:-1] + ";", code, flags=re.M)
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", blank, code, flags=re.M)


def chunks(code):
    """(begin, end) of each declaration at the outermost level."""
    begin, depth, at = 0, 0, 0
    for match in ENDS_HERE.finditer(code):
        at, mark = match.end(), match[0]
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
            body = re.search(r"\)\s*(?:__attribute__\s*\(\(.*\)\)\s*)?\{", code[begin:at], re.S)
            if depth == 0 and body and not re.match(r"\s*(typedef\s+)?(struct|enum|union)\s*\w*\s*\{", code[begin:at]):
                yield begin, at
                begin = at
        elif depth == 0:
            yield begin, at
            begin = at


def name_of(chunk):
    """(name, kind) of a declaration without comments."""
    head = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)|\bASSAY_(?:NODISCARD|PURE)\b", " ", chunk).strip()
    match = re.match(r"(?:struct|enum|union)\s*(\w*)\s*(?:\{|;$)", head)
    if match:
        return match[1] or "enum", "type"
    if head.startswith("typedef"):
        match = re.search(r"(\w+)\s*(?:\([^{}]*\))?\s*;$", head)
        pointer = re.search(r"\(\s*\*\s*(\w+)\s*\)\s*\(", head)
        return (pointer or match)[1] if pointer or match else "typedef", "type"
    match = re.search(r"(\w+)\s*\(", head)
    if match and "=" not in head[:match.start()]:
        return match[1], "function"
    match = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=.*)?;", head, re.S)
    return (match[1] if match else head[:20]), "other"


def macros(text, code, ends, behind):
    """Macros, the guard, alternatives of an #else and those that are undefined again left out."""
    guard = re.search(r"#ifndef (\w+)\s*\n#define \1\b", code)
    seen = set(re.findall(r"#undef (\w+)", code)) | ({guard[1]} if guard else set())
    for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", code, re.M):
        if match[1] not in seen:
            seen.add(match[1])
            line = line_of(text, match.start())
            above = any(not re.sub(r"#if\w* [^\n]*", "", code[end:match.start()]).strip() for end in ends
                        if end <= match.start())
            yield Declaration(match[1], "macro", line, above or line in behind)


def declarations(text):
    """All declarations of a header."""
    code, ends, behind = mark_comments(text)
    found = list(macros(text, code, ends, behind))
    bare = drop_cplusplus(code)
    for begin, end in chunks(bare):
        start = begin + len(bare[begin:end]) - len(bare[begin:end].lstrip())
        if bare[start:end].strip(" ;\n}") == "":
            continue
        name, kind = name_of(bare[start:end])
        above = any(begin <= e <= start and not bare[e:start].strip() for e in ends)
        last = line_of(text, end)
        found.append(Declaration(name, kind, line_of(text, start), above or last in behind))
    return found


def check(tree, _build):
    """All faults of documentation. A type may be documented where it is only announced; a table, or
    a lone declaration, by the \\file of its header."""
    headers = [path for path in tree.glob("include/assay/*.h", "src/*/*.h", "bench/*.h") if not tree.is_test(path)]
    found = {path: declarations(tree.text(path)) for path in headers}
    announced = {d.name for all_of in found.values() for d in all_of if d.kind == "type" and d.documented}
    faults = [Fault(path, 1, "the header does not say what it is (\\file)") for path in headers
              if "\\file" not in tree.text(path)[:400]]
    for path, all_of in found.items():
        table = len(all_of) == 1 or all(d.kind == "macro" for d in all_of)
        faults += [Fault(path, d.line, f"{d.name} is not documented") for d in all_of
                   if not d.documented and not table and not (d.kind == "type" and d.name in announced)]
    return faults
