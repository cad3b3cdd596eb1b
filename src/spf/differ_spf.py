#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SPF by Assay and by pyspf (Debian's python3-spf) over random worlds: they agree, or a rule says why not.

    differ_spf.py [--worlds N] [--seed S] [--keep FILE]

Each world is judged for MAIL FROM and for HELO: result, explanation, lookups and void lookups. --keep writes the worlds
in which they differ without a reason as cases.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    import differ_peer
except ImportError as missing:
    print(f"skipped: no pyspf, python3-spf of Debian ({missing})")
    sys.exit(77)
import differ_worlds

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ASSAY_BUILD") or TOP / "build")
IN_ONE_FILE = 2000
SHOWN = 5
ALL = frozenset(differ_peer.RULES)


def judge(worlds, place):
    """Assay's judgement: for each world {"mfrom": ..., "helo": ...}, each (result, explanation, lookups, voids)."""
    path = Path(place) / "worlds.case"
    path.write_text("".join(map(differ_worlds.as_case, worlds)), encoding="utf-8")
    done = subprocess.run([BUILD / "assay", "case", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    lines = [json.loads(line) for line in done.stdout.decode("utf-8", "surrogateescape").splitlines()]
    if len(lines) != len(worlds):
        said = done.stderr.decode(errors="replace")[-2000:]
        sys.exit(f"assay case judged {len(lines)} of {len(worlds)} worlds:\n{said}")
    return [{check["scope"]: outcome(check) for check in line["checks"] if check["method"] == "spf"} for line in lines]


def outcome(check):
    """What is compared of one check."""
    details = check["details"]
    return check["result"], str(details.get("exp", "")).lower(), details["lookups"], details["void"]


class Comparison:
    """Differences as they are found."""

    def __init__(self):
        self.same, self.explained, self.bare = 0, 0, []
        self.rules, self.results = collections.Counter(), collections.Counter()

    def compare(self, world, scope, ours):
        """One identity of one world."""
        def theirs(rules):
            return differ_peer.Peer(world, world.sender if scope == "mfrom" else "", rules).run()

        corrected = theirs(ALL)
        self.results.update([ours[0]] + ["with an explanation"] * (ours[1] != ""))
        if corrected != ours:
            self.bare.append((world, scope, ours, corrected))
        elif theirs(frozenset())[:2] == ours[:2]:
            self.same += 1
        else:
            self.explained += 1
            self.rules.update(self.needed(theirs, ours))

    def needed(self, theirs, ours):
        """The rules that a difference needs: what is left when those that change nothing are left away."""
        rules = ALL
        for rule in sorted(ALL):
            if theirs(rules - {rule})[:2] == ours[:2]:
                rules -= {rule}
        return rules

    def tell(self):
        """Print what was found."""
        print("results: " + ", ".join(f"{count} {result}" for result, count in self.results.most_common()))
        print(f"{self.same} the same, {self.explained} differ by these rules:")
        for rule, (paragraph, claim) in differ_peer.RULES.items():
            print(f"  {self.rules[rule]:6}  {rule:16}  {paragraph}: {claim}")
        for world, scope, ours, theirs in self.bare[:SHOWN]:
            print(f"\nnot explained: {world.name} {scope}\n  assay  {ours}\n  pyspf  {theirs}\n")
            print(differ_worlds.as_case(world))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    options = parser.parse_args()
    found = Comparison()
    with tempfile.TemporaryDirectory() as place:
        for first in range(0, options.worlds, IN_ONE_FILE):
            numbers = range(first, min(first + IN_ONE_FILE, options.worlds))
            worlds = [differ_worlds.make(options.seed, number, differ_peer.expansion) for number in numbers]
            for world, ours in zip(worlds, judge(worlds, place)):
                for scope in ("mfrom", "helo"):
                    found.compare(world, scope, ours[scope])
    found.tell()
    if options.keep:
        Path(options.keep).write_text("".join(differ_worlds.as_case(bare[0]) for bare in found.bare), encoding="utf-8")
    print(f"{found.same + found.explained} passed, {len(found.bare)} failed")
    return 1 if found.bare else 0


if __name__ == "__main__":
    sys.exit(main())
