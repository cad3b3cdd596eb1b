#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""assayd beside a real Postfix: what comes in, what goes out, what is forwarded, and running it.

Each group of tests is a file postfix_NAME.py: set_up() starts what its tests share, and is given the lab; all groups share one
Postfix, one resolver, and the place where mail ends. $ASSAY_BUILD is the build's folder. A word on the command line runs
only the tests with it in their names.
"""
import os
import sys
import time

import postfix_doc
import postfix_forward
import postfix_inbound
import postfix_lab
import postfix_outbound
import postfix_running
from postfix_lab import Lab, Missing

GROUPS = (postfix_inbound, postfix_outbound, postfix_doc, postfix_forward, postfix_running)


def set_up(lab):
    """Start all that the groups share."""
    names, services = {}, {}
    for group in GROUPS:
        names.update(group.names(lab))
    lab.resolver(names)
    for group in GROUPS:
        services.update(group.set_up(lab))
    lab.postfix(services=services, master="".join(getattr(group, "MASTER", "").replace("%(dir)s", lab.dir) for group in GROUPS))


def run(lab, tests):
    """Run them all. \\return how many failed, and how many were skipped"""
    failed = skipped = 0
    print(f"1..{len(tests)}")
    for number, function in enumerate(tests, 1):
        began = time.monotonic()
        try:
            function(lab)
            print(f"ok {number} - {function.__name__} ({time.monotonic() - began:.1f} s)", flush=True)
        except Missing as what:
            skipped += 1
            print(f"ok {number} - {function.__name__} # SKIP no {what}", flush=True)
        except Exception as why:  # every failure is told, and the others run
            failed += 1
            print(f"not ok {number} - {function.__name__}")
            print("\n".join(f"# {line}" for line in f"{type(why).__name__}: {why}".splitlines()), flush=True)
    return failed, skipped


def main():
    tests = [t for t in postfix_lab.TESTS if not sys.argv[1:] or any(word in t.__name__ for word in sys.argv[1:])]
    with Lab(keep="KEEP" in os.environ) as lab:
        try:
            set_up(lab)
        except Missing as what:
            print(f"skipped: no {what}")
            return 77
        failed, skipped = run(lab, tests)
        if failed and lab.keep:
            print(f"# all of it is in {lab.dir}")
    print(f"{len(tests) - failed - skipped} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
