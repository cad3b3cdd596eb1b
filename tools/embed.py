#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Write a C file that holds files: what src/world/lists.h declares. The build calls it.

    tools/embed.py OUT.c FILE...
"""
import os
import sys


def lines_of(octets):
    """The octets as lines of C."""
    for at in range(0, len(octets), 24):
        yield "    " + ",".join(str(b) for b in octets[at:at + 24]) + ","


def main():
    out = ["/* SPDX-License-Identifier: BSD-2-Clause */", "/* Made by tools/embed.py. */", '#include "world/lists.h"', ""]
    entries = []
    for number, path in enumerate(sorted(sys.argv[2:])):
        with open(path, "rb") as file:
            octets = file.read()
        out += [f"static const unsigned char FILE{number}[] = {{", *lines_of(octets + b"\0"), "};", ""]
        entries.append(f'    {{"{os.path.basename(path)}", {{(const char *)FILE{number}, {len(octets)}}}}},')
    out += ["const struct lists_file LISTS_FILES[] = {", *entries, "    {0, {0, 0}},", "};", ""]
    with open(sys.argv[1], "w") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()
