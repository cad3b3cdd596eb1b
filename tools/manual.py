#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Print a manual page, or its scdoc text, with what comes from the program's tables in place.

    tools/manual.py PAGE.scd                    the scdoc text, complete
    tools/manual.py --scdoc scdoc PAGE.scd      the page, made by that scdoc

Lines of a page that stand for something else:

    @policy-options@        the options of a receiver (src/policy/options.h)
    @conf KIND@             the options of a kind of block of assayd.conf (src/conf/options.h); of `top`: what is in none
    @import PROGRAM@        what becomes of its options (src/cli/import_options.h)
    @options COMMAND@       the options of a command (src/cli/options.h)
    @commands@              the commands and what each is for
    @examples COMMAND@      its examples
    @status COMMAND@        what its exit status says
    @store-fields@          the fields of a row of the store (src/store/row.h)
"""
import re
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",()|]+)|(.))', re.S)


def split_row(text):
    """The arguments of a macro call, `text` beginning behind its parenthesis: strings joined, other words as they are."""
    args, current, depth, at = [], "", 1, 0
    while depth:
        match = TOKEN.match(text, at)
        at = match.end()
        if match[1] is not None:
            current += match[1].replace('\\"', '"').replace("\\\\", "\\")
        elif match[2] is not None:
            current += match[2]
        elif match[3] == "," and depth == 1:
            args.append(current)
            current = ""
        else:
            depth += {"(": 1, ")": -1}.get(match[3], 0)
            current += match[3] if depth else ""
    return args + [current]


def rows(path, macro):
    """Rows of a table of macro calls, such as OPTION("a", b, ...), without the comment that describes them."""
    if not path.exists():
        return []
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S).replace("\\\n", "\n")
    text = re.sub(r"#define[^\n]*\n", "\n", text)
    return [split_row(text[match.end():]) for match in re.finditer(rf"\b{macro}\(", text)]


def policy_options():
    """Name, member, type, range, initial, help of each option of a receiver."""
    return rows(TOP / "src/policy/options.h", "OPTION")


def conf_blocks():
    """ID, kind, name, help of each kind of block of assayd.conf."""
    return rows(TOP / "src/conf/options.h", "CONF_BLOCK")


def conf_options():
    """Block, ID, name, type, range, initial, example, flags, help of each option of assayd.conf."""
    return rows(TOP / "src/conf/options.h", "CONF_OPTION")


def conf_type_words():
    """What a value of each type is, in the words of the program."""
    text = (TOP / "src/conf/table.c").read_text()
    return dict(re.findall(r'\[CONF_TYPE_(\w+)\]\s*=\s*"([^"]*)"', text))


def commands():
    """ID, name, operands, purpose, status, then examples and what they do, of each command."""
    return rows(TOP / "src/cli/options.h", "COMMAND")


def options():
    """ID, letter, name, value, complete, commands, brief, text of each option of the command line."""
    return rows(TOP / "src/cli/options.h", "OPTION")


def options_of(command):
    """The options a command takes."""
    ids = [row[0] for row in commands() if row[1] == command]
    return [row for row in options() if any(f"IN({i})" in row[5] for i in ids)]


def escaped(text):
    """Text as scdoc takes it."""
    return re.sub(r"([\\*_#`~\[\]<>])", r"\\\1", text)


def definition(term, text):
    """A term, and what is said of it."""
    return f"{term}\n\t{escaped(text)}\n"


def policy_option_text(name, _member, kind, allowed, initial, purpose):
    """One option of a receiver as scdoc text."""
    values = {"NUMBER": f"a number, {allowed}", "CHOICE": " | ".join(allowed.split()),
              "NAMES": "domain names, parted by commas or blanks", "WORDS": "words, parted by commas or blanks",
              "TEXT": "any text", "FIELD": "the name of a header field", "REPLY": "a text with places",
              "LINK": "a URL with places", "TABLE": "entries, parted by semicolons",
              "SIGN": "PATTERN key=SELECTOR:DOMAIN ...; ...", "KEY": "SELECTOR:DOMAIN[:rsa|ed25519]",
              "FIELDS": "strict | list-friendly | A:B:C"}[kind]
    text = f"{purpose[0].upper()}{purpose[1:]}. Default: {initial or 'empty'}."
    return definition(f"*{escaped(name)}* = _{escaped(values)}_", text)


def conf_value_text(kind, allowed):
    """What an option of assayd.conf takes."""
    words = conf_type_words()[kind]
    if kind == "CHOICE":
        return " | ".join(allowed.split())
    if kind == "PATTERN":
        return words + ("" if allowed else " or user@example.org")
    return words + (" or" if kind == "PATH" and allowed else "") + (" " + allowed if allowed else "")


def conf_option_text(_block, _id, name, kind, allowed, initial, example, flags, purpose):
    """One option of assayd.conf as scdoc text."""
    text = f"{purpose[0].upper()}{purpose[1:]}."
    text += " Several may be given, parted by blanks or commas." if "LIST" in flags and kind != "TEXT" else ""
    text += " May be repeated." if "LIST" in flags and kind == "TEXT" else ""
    text += " Required." if "MUST" in flags else ""
    text += f" Default: {initial}." if initial else f" Example: {example}."
    return definition(f"*{escaped(name)}* = _{escaped(conf_value_text(kind, allowed))}_", text)


def conf_block_text(kind):
    """What a kind of block is for, and its options."""
    block = next(row for row in conf_blocks() if row[1] == ("" if kind == "top" else kind))
    options = [conf_option_text(*row) for row in conf_options() if row[0] == block[0]]
    purpose = [] if kind == "top" else [escaped(f"{block[3][0].upper()}{block[3][1:]}.") + "\n"]
    return purpose + options


def import_text(program):
    """What becomes of each option of another program."""
    heads = {"MAPPED": "Becomes", "DROPPED": "Not needed:", "NONE": "No equivalent:"}
    return [definition(f"*{escaped(name)}*", f"{heads[fate]} {text}.")
            for name, fate, text in rows(TOP / "src/cli/import_options.h", program)]


def option_text(_id, letter, name, value, complete, _commands, _brief, text):
    """One option of the command line as scdoc text."""
    value = "" if value == "0" else f" _{escaped(value)}_"
    words = complete.replace(" ", " | ") if complete and not complete.startswith("@") else ""
    short = f"*-{letter.strip(chr(39))}*{value}, " if letter != "0" else ""
    return definition(f"{short}*--{escaped(name)}*{value}", text + (f" One of {words}." if words and not value else ""))


def store_fields():
    """The fields of a row of the store, then those of a signature in it."""
    path = TOP / "src/store/row.h"
    return ([definition(f"*{escaped(row[1])}*", row[-1][:1].upper() + row[-1][1:] + ".")
             for row in rows(path, "NUMBER") + rows(path, "TEXT")]
            + [definition(f"*signatures.{escaped(row[1])}*", row[-1][:1].upper() + row[-1][1:] + ".")
               for row in rows(path, "PART")])


def insertion(place):
    """The lines that a line `@...@` stands for, or None."""
    word, _, name = place.partition(" ")
    chosen = [row for row in commands() if row[1] == name]
    if word == "policy-options":
        return [policy_option_text(*row) for row in policy_options()]
    if word == "import":
        return import_text(name)
    if word == "conf":
        return conf_block_text(name)
    if word == "options":
        return [option_text(*row) for row in options_of(name)]
    if word == "commands":
        return [definition(f"*{escaped(row[1])}* {escaped(row[2])}".rstrip(), row[3]) for row in commands()]
    if word == "examples" and chosen:
        return [definition(f"*{escaped(line)}*", what[:1].upper() + what[1:] + ".")
                for line, what in zip(chosen[0][5::2], chosen[0][6::2]) if line]
    if word == "store-fields":
        return store_fields()
    if word == "status" and chosen:
        return [escaped(chosen[0][4]) + "."]
    return None


def expand(page):
    """The text of a page with everything in place."""
    lines = []
    for line in page.split("\n"):
        match = re.fullmatch(r"@([a-z-]+(?: [A-Za-z-]+)?)@", line.strip())
        inserted = insertion(match[1]) if match else None
        lines.append(line if inserted is None else "\n".join(inserted))
    return "\n".join(lines)


def main(args):
    if len(args) not in (1, 3) or (len(args) == 3 and args[0] != "--scdoc"):
        sys.exit(__doc__)
    text = expand(Path(args[-1]).read_text())
    if len(args) == 1:
        sys.stdout.write(text)
        return 0
    return subprocess.run([args[1]], input=text.encode(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
