# SPDX-License-Identifier: BSD-2-Clause
"""What the compiler cannot see: python3 tools/lint [BUILD]. Prints file:line: what; exit status 1 when there is any."""
import sys
from pathlib import Path

import board
import comments
import conformance
import findings_table
import floors
import objects
import pages
import references
import style
from tree import Tree

CHECKS = [floors, objects, comments, pages, references, style, conformance, board, findings_table]


def main(args):
    tree = Tree(Path(__file__).resolve().parent.parent.parent)
    build = tree.top / (args[0] if args else "build")
    faults = [fault for check in CHECKS for fault in check.check(tree, build)]
    for fault in faults:
        print(fault)
    print(f"lint: {len(faults)} faults" if faults else "lint: nothing to mend")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
