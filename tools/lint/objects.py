# SPDX-License-Identifier: BSD-2-Clause
"""Objects: the core needs no symbol that could meet the outside, and the libraries show what their headers say."""
import fnmatch
import re
import subprocess
from pathlib import Path

from comments import declarations
from tree import CORE, Fault

LIST = "tools/allowed-symbols.txt"
LIBRARIES = {"libassay.so": ["include/assay/assay.h", "include/assay/posture.h", "include/assay/types.h"],
             "libassay-world.so": ["include/assay/world.h"]}


def nm(*args):
    """(name, letter, object) of each symbol of object files."""
    done = subprocess.run(["nm", "-A", "-P", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    for line in done.stdout.splitlines():
        place, _, rest = line.partition(": ")
        words = rest.split()
        if len(words) >= 2:
            yield words[0].split("@")[0], words[1], place


def source_of(place):
    """The source of an object: build/src/libspf.a.p/spf_check.c.o is src/spf/check.c."""
    match = re.search(r"/lib(\w+)\.a\.p/(\w+?)_(.*)\.o$", place)
    return f"src/{match[1]}/{match[3]}" if match else place


def check_needed(tree, build):
    """Faults of symbols that core objects need."""
    current = {path for path in tree.glob("src/*/*.c") if not tree.is_test(path)}
    allowed = [line.split()[0] for line in tree.text(LIST).splitlines() if line.strip() and not line.startswith("#")]
    objects = [path for folder in CORE for path in sorted(Path(build).glob(f"src/lib{folder}.a.p/*.o"))
               if source_of(str(path)) in current]
    if not objects:
        return [Fault(str(build), 0, "there are no objects of the core: ./dev build")]
    symbols = list(nm(*objects))
    ours = {name for name, letter, _ in symbols if letter not in "Uw"}
    needed = sorted({(source_of(place), name) for name, letter, place in symbols if letter in "Uw" and name not in ours})
    return [Fault(path, 0, f"needs {name}, which is not in {LIST}") for path, name in needed
            if not any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed)]


def check_shown(tree, build):
    """Faults of symbols that the shared libraries show."""
    faults = []
    for library, headers in LIBRARIES.items():
        path = Path(build) / "src" / library
        if not path.exists():
            continue
        shown = {name for name, letter, _ in nm("-D", "--defined-only", path) if letter in "TDBRVW"}
        declared = {d.name: (header, d.line) for header in tree.glob(*headers) for d in declarations(tree.text(header))
                    if d.kind == "function"}
        faults += [Fault(str(path), 0, f"shows {name}, which no header declares") for name in sorted(shown - set(declared))]
        faults += [Fault(*declared[name], f"{name} is declared, but {library} does not show it")
                   for name in sorted(set(declared) - shown)]
    return faults


def check(tree, build):
    """All faults of objects."""
    return check_needed(tree, build) + check_shown(tree, build)
