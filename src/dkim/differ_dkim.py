#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""DKIM by Assay, which signs too, and by dkimpy, Mail::DKIM and libopendkim over random messages: they agree, or a rule says why not.

    differ_dkim.py [--messages N] [--seed S] [--keep DIR]

Each message is signed by one to three of them, half are then changed, some of their keys too; all verify all. What is
compared is which signatures pass. --keep writes the messages in which they differ without a reason as cases.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import differ_mail
import differ_peers

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("ASSAY_BUILD") or TOP / "build")
SHOWN = 5


def records_of(mails):
    """SELECTOR, tab, text for each key."""
    return "".join(f"{selector}\t{text}\n" for mail in mails for selector, text in mail.records.items())


def sign(mails, peers, place):
    """Sign every message, in rounds: each signature goes on top of those before it."""
    for nth in range(max(len(mail.signatures) for mail in mails)):
        for signer in differ_mail.SIGNERS:
            jobs = [(mail, mail.signatures[nth]) for mail in mails
                    if nth < len(mail.signatures) and mail.signatures[nth].signer == signer]
            fields = peers[signer].sign(jobs, place) if signer in peers else [None] * len(jobs)
            for (mail, signature), field in zip(jobs, fields):
                if not field: # libopendkim does not sign everything, and a signer may be missing
                    signature.signer, field = "own instead", peers["own"].sign_one(mail, signature)
                mail.fields.insert(0, field)
                mail.records[signature.selector] = differ_peers.record(signature)


def as_case(mail, file):
    """A message as a case of its own."""
    lines = [f"{signature.selector}._domainkey.{signature.domain}. IN TXT "
             f"{differ_peers.strings(mail.records[signature.selector])}" for signature in mail.signatures]
    return "\n".join(["[case]", f"name = differ/{mail.number}", "", "[envelope]", f"now = {differ_peers.NOW}", "",
                      "[dns]", *lines, "", "[message]", f"file = {file.name}", "", "[expect]", "", ""])


def judge(mails, place):
    """Assay's judgement: for each message {selector: (result, reason)}."""
    path = Path(place) / "mails.case"
    path.write_text("".join(as_case(mail, file_of(mail, place)) for mail in mails), encoding="utf-8")
    done = subprocess.run([BUILD / "assay", "case", "--json", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    lines = [json.loads(line) for line in done.stdout.decode("utf-8", "surrogateescape").splitlines()]
    if len(lines) != len(mails):
        sys.exit(f"assay case judged {len(lines)} of {len(mails)}:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return [{selector_of(check): (check["result"], check.get("reason") or "") for check in line["checks"]
             if check["method"] == "dkim"} for line in lines]


def selector_of(check):
    """s= of a DKIM check."""
    return check["properties"].get("header.s", "")


def file_of(mail, place):
    """Where a message is written."""
    return Path(place) / f"{mail.number}.eml"


class Comparison:
    """Differences as they are found."""

    def __init__(self):
        self.same, self.explained, self.bare = 0, 0, []
        self.rules, self.results, self.signers = (collections.Counter() for _ in range(3))

    def compare(self, peer, mail, signature, judged, passes):
        """One signature by one peer."""
        result, reason = judged.get(signature.selector.lower(), ("none", ""))
        difference = differ_peers.Difference(peer, mail, signature, result, reason, passes, judged)
        if (result == "pass") == passes:
            self.same += 1
        elif (rule := differ_peers.find_rule(difference)):
            self.explained += 1
            self.rules[rule] += 1
        else:
            self.bare.append(difference)

    def tell(self):
        """Print what was found."""
        print("signed by: " + ", ".join(f"{count} {signer}" for signer, count in self.signers.most_common()))
        print("results: " + ", ".join(f"{count} {result}" for result, count in self.results.most_common()))
        print(f"{self.same} the same, {self.explained} differ by these rules:")
        for rule in differ_peers.RULES:
            print(f"  {self.rules[rule]:5}  {' '.join(rule.peers):24}  {rule.paragraph}: {rule.claim}")
        for d in self.bare[:SHOWN]:
            print(f"\nnot explained: message {d.mail.number}\n  {d.peer:8}  {'pass' if d.passes else 'no pass'}\n"
                  f"  assay     {d.result} {d.reason}\n  {d.signature}\n  harm: {d.mail.harm}; {d.mail.key_harm}\n"
                  f"  key: {d.mail.records[d.signature.selector]}\n")
            print(d.mail.raw().decode(errors="replace").replace("\r", "<CR>"))


def keep(found, folder):
    """Write the messages of differences that are not explained, each as a case and a message."""
    folder.mkdir(parents=True, exist_ok=True)
    for mail in {d.mail.number: d.mail for d in found.bare}.values():
        file_of(mail, folder).write_bytes(mail.raw())
        (folder / f"{mail.number}.case").write_text(as_case(mail, file_of(mail, folder)), encoding="utf-8")


def compare(drafts, peers, place):
    """Sign, harm, verify and compare."""
    found, mails = Comparison(), [mail for mail, _ in drafts]
    sign(mails, peers, place)
    for mail, r in drafts:
        differ_mail.harm(r, mail)
        file_of(mail, place).write_bytes(mail.raw())
    (Path(place) / "records").write_text(records_of(mails), encoding="utf-8")
    judged = judge(mails, place)
    found.signers.update(signature.signer for mail in mails for signature in mail.signatures)
    found.results.update(result for one in judged for result, _ in one.values())
    for mail, ours in zip(mails, judged):
        for signature in mail.untouched():
            found.compare("signer", mail, signature, ours, True)
    for name in sorted(set(peers) - {"own", "assay"}):
        for mail, ours, passing in zip(mails, judged, peers[name].verify(mails, place)):
            for signature in mail.signatures:
                found.compare(name, mail, signature, ours, signature.selector in passing)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        peers, missing = differ_peers.start(place, BUILD / "assay")
        if len(peers) == 2:
            print(f"skipped: {', '.join(missing)}")
            return 77
        print("".join(f"{why}: left out\n" for why in missing), end="")
        found = compare([differ_mail.make(options.seed, number) for number in range(options.messages)], peers, place)
    found.tell()
    if options.keep:
        keep(found, options.keep)
    print(f"{found.same + found.explained} passed, {len(found.bare)} failed")
    return 1 if found.bare else 0


if __name__ == "__main__":
    sys.exit(main())
