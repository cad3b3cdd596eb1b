#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Seal the messages of cases in place: tools/make-cases/arc.py FILE.case|FILE.eml...

As dkim.py, for messages that went from hand to hand: the author signs (DKIM-Signature), then each set of an ARC chain
signs and seals what it sees. What has to be computed is a question mark:

    | ARC-Seal: i=1; cv=none; a=ed25519-sha256; d=lists.example; s=ed; b=?
    | ARC-Message-Signature: i=1; a=ed25519-sha256; c=relaxed/relaxed; d=lists.example; s=ed; h=from:subject; bh=?; b=?
    | ARC-Authentication-Results: i=1; lists.example; dmarc=pass header.from=news.example
    | DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=news.example; s=ed; h=from:subject; bh=?; b=?
    | Subject: {hello|1|[list] hello}

A message changes on its way: {was|2|is} is "was" up to the author and set 1, and "is" for set 2 and all that come after
it; with a number above the last set it is changed when all have sealed. A line that begins with {2+} is there from set 2
on, one with {2-} no longer. What stands there in the end is written. Keys and p=? are those of dkim.py.
"""
import re
import sys
from pathlib import Path

import dkim

UNSIGNED = re.compile(rb"(?<![\w])b=\?([\w.-]*)")
CHANGE = re.compile(rb"\{([^{}|]*)\|(\d+)\|([^{}|]*)\}")
LINE = re.compile(rb"(?m)^\{(\d+)([+-])\}(.*\n?)")
END = 1000


# -- what a set sees -----------------------------------------------------------------------------------------

def seen_by(text, place):
    """The text as the set at a place sees it; the author is at 0."""
    there = lambda m: m[3] if (place >= int(m[1])) == (m[2] == b"+") else b""
    return CHANGE.sub(lambda m: m[3] if place >= int(m[2]) else m[1], LINE.sub(there, text))


def name_of(field):
    """The name of a field, in lower case."""
    return seen_by(field, END).partition(b":")[0].strip().lower()


def place_of(field):
    """The set of a field; 0: it is of none."""
    found = re.search(rb"[:;\s]i\s*=\s*(\d+)", seen_by(field, END)) if name_of(field).startswith(b"arc-") else None
    return int(found[1]) if found else 0


# -- signing -------------------------------------------------------------------------------------------------

def sealed_fields(fields, seal):
    """What a seal covers, its own left out: of each set up to its own the three fields (RFC 8617 5.1.1)."""
    for place in range(1, place_of(seal) + 1):
        for name in (b"arc-authentication-results", b"arc-message-signature", b"arc-seal"):
            yield from (f for f in fields if f is not seal and name_of(f) == name and place_of(f) == place)


def tags_of(field):
    """The tags of a field as it was when it was signed. Without c= an ARC-Message-Signature is relaxed."""
    tags = dkim.tags_of(seen_by(field, place_of(field)))
    return tags if name_of(field) == b"dkim-signature" else {b"c": b"relaxed/relaxed", **tags}


def value_of(field, fields, keys):
    """The value of b= of a field whose bh= is there."""
    place, mine, tags = place_of(field), seen_by(field, place_of(field)), tags_of(field)
    others = [seen_by(f, place) for f in fields if f is not field and seen_by(f, place)]
    hole = UNSIGNED.search(mine)
    if name_of(field) == b"arc-seal":
        canon, covered = b"relaxed", [seen_by(f, place) for f in sealed_fields(fields, field)]
    else:
        canon, covered = dkim.canons_of(tags)[0], dkim.signed_fields(tags, others)
    data = b"".join(dkim.canonical_field(canon, f) + b"\r\n" for f in covered)
    data += dkim.canonical_field(canon, mine[:hole.start()] + b"b=" + mine[hole.end():])
    path = keys / f"{(hole[1] or tags[b's']).decode()}.pem"
    value = dkim.sign(path, dkim.hash_name(tags), data)
    lines = [value[i:i + dkim.WIDTH] for i in range(0, len(value), dkim.WIDTH)]
    return (b"\r\n  " if len(lines) > 1 else b"") + b"\r\n  ".join(lines)


def sign_message(raw, keys):
    """Fill in every question mark, the author's first, then set by set; then write what stands there in the end."""
    head = re.match(rb"(?:[^\r\n][^\n]*\n)*", raw)[0]
    fields = re.split(rb"(?<=\n)(?![ \t])", head)[:-1]
    rest = raw[len(head):]
    holes = [i for i, field in enumerate(fields) if UNSIGNED.search(field)]
    for at in sorted(holes, key=lambda i: (place_of(fields[i]), name_of(fields[i]) == b"arc-seal", -i)):
        body = seen_by(rest.removeprefix(b"\r\n"), place_of(fields[at]))
        fields[at] = fields[at].replace(b"bh=?", b"bh=" + dkim.body_hash(tags_of(fields[at]), body))
        value = value_of(fields[at], fields, keys)
        fields[at] = UNSIGNED.sub(lambda _, value=value: b"b=" + value, fields[at])
    return seen_by(b"".join(fields) + rest, END)


if __name__ == "__main__":
    dkim.sign_message = sign_message
    dkim.__doc__ = __doc__
    dkim.main(sys.argv[1:])
