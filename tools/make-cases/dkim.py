#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sign the messages of cases in place: tools/make-cases/dkim.py FILE.case|FILE.eml...

A case is written by hand, and what has to be computed is a question mark:

    [dns]
    ed._domainkey.example.com. IN TXT "v=DKIM1; k=ed25519; p=?"

    [message]
    | DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=ed;
    |  h=from:subject; bh=?; b=?
    | From: Alice <alice@example.com>
    | Subject: {hello|good bye}

The key is keys/SELECTOR.pem beside the file, or keys/NAME.pem for "b=?NAME" and "p=?NAME"; "p=?NAME/pkcs1" is a bare
RSAPublicKey. So that a message can be damaged, {was|is} is signed as "was" and written as "is"; a line that begins with
{+} is added after signing, one with {-} is taken away. Signatures are made from the bottom of the header to its top. A
file without question marks is left as it is. openssl does the arithmetic.
"""
import base64
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTH = 66
STRING = 220 # characters of one string of a TXT record; 255 is the most
UNSIGNED = re.compile(rb"\bb=\?([\w.-]*)")
CHANGE = re.compile(rb"\{([^{}|]*)\|([^{}|]*)\}")


def openssl(*args, octets=b""):
    """What the command prints."""
    done = subprocess.run(["openssl", *args], input=octets, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"openssl {' '.join(map(str, args))}: {done.stderr.decode(errors='replace')}")
    return done.stdout


# -- keys ----------------------------------------------------------------------------------------------------

def spki(path):
    """SubjectPublicKeyInfo of a private key, and whether it is of Ed25519 (RFC 8410 4)."""
    der = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    return der, len(der) == 44


def public_key(path, pkcs1):
    """The value of p=."""
    if pkcs1:
        return base64.b64encode(openssl("rsa", "-in", path, "-RSAPublicKey_out", "-outform", "DER"))
    der, ed25519 = spki(path)
    return base64.b64encode(der[-32:] if ed25519 else der)


def hash_name(tags):
    """The hash that a= names, sha256 when it names none that is known."""
    name = tags.get(b"a", b"").rpartition(b"-")[2].decode()
    return name if name in hashlib.algorithms_guaranteed else "sha256"


def sign(path, digest, data):
    """The value of b= over the header's canonical octets."""
    if not spki(path)[1]:
        return base64.b64encode(openssl("dgst", f"-{digest}", "-sign", path, octets=data))
    with tempfile.NamedTemporaryFile() as file: # pkeyutl wants to know the size
        file.write(hashlib.sha256(data).digest())
        file.flush()
        return base64.b64encode(openssl("pkeyutl", "-sign", "-rawin", "-inkey", path, "-in", file.name))


# -- canonical forms (RFC 6376 3.4) --------------------------------------------------------------------------

def relaxed_field(field):
    """3.4.2, without CRLF."""
    name, _, value = field.partition(b":")
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.rstrip(b" \t").lower() + b":" + value


def canonical_field(canon, field):
    """A field in canonical form, without its last CRLF."""
    return relaxed_field(field) if canon == b"relaxed" else field[:-2]


def canonical_body(canon, body):
    """3.4.3 and 3.4.4. A LF alone ends a line too."""
    body = re.sub(rb"(?<!\r)\n", b"\r\n", body)
    if body and not body.endswith(b"\r\n"):
        body += b"\r\n"
    if canon == b"relaxed":
        body = re.sub(rb"[ \t]+", b" ", body).replace(b" \r\n", b"\r\n")
    body = re.sub(rb"(\r\n)+\Z", b"", body)
    return body + b"\r\n" if body or canon == b"simple" else b""


# -- damage --------------------------------------------------------------------------------------------------

def as_signed(text):
    """What was signed."""
    return CHANGE.sub(rb"\1", re.sub(rb"(?m)^\{\+\}.*\n|^\{-\}", b"", text))


def as_written(text):
    """What stands there in the end."""
    return CHANGE.sub(rb"\2", re.sub(rb"(?m)^\{-\}.*\n|^\{\+\}", b"", text))


# -- a message -----------------------------------------------------------------------------------------------

def tags_of(field):
    """{name: value} of a tag list, the first of a name; what is no tag is left out."""
    pairs = [piece.partition(b"=") for piece in field.partition(b":")[2].split(b";") if b"=" in piece]
    return {name.strip(): value.strip() for name, _, value in reversed(pairs)}


def canons_of(tags):
    """Of header and body, whatever letters they are in."""
    header, _, body = tags.get(b"c", b"").lower().partition(b"/")
    return header or b"simple", body or b"simple"


def signed_fields(tags, others):
    """The fields that h= names, from the bottom up (5.4.2)."""
    left = others[::-1]
    for name in tags.get(b"h", b"").lower().split(b":"):
        for field in left:
            if field.partition(b":")[0].strip().lower() == name.strip():
                left.remove(field)
                yield field
                break


def body_hash(tags, body):
    """The value of bh=."""
    octets = canonical_body(canons_of(tags)[1], body)
    if tags.get(b"l", b"").isdigit():
        octets = octets[:int(tags[b"l"])]
    return base64.b64encode(hashlib.new(hash_name(tags), octets).digest())


def signature(field, others, keys):
    """The value of b= of a field, folded when it is long."""
    tags, place = tags_of(field), UNSIGNED.search(field)
    path = keys / f"{(place[1] or tags[b's']).decode()}.pem"
    header = canons_of(tags)[0]
    data = b"".join(canonical_field(header, other) + b"\r\n" for other in signed_fields(tags, others))
    data += canonical_field(header, field[:place.start()] + b"b=" + field[place.end():])
    value = sign(path, hash_name(tags), data)
    lines = [value[i:i + WIDTH] for i in range(0, len(value), WIDTH)]
    return (b"\r\n  " if len(lines) > 1 else b"") + b"\r\n  ".join(lines)


def sign_message(raw, keys):
    """Fill in every question mark of a message; then do what {was|is}, {+} and {-} say."""
    head = re.match(rb"(?:[^\r\n][^\n]*\n)*", raw)[0]
    fields = re.split(rb"(?<=\n)(?![ \t])", head)
    rest = raw[len(head):]
    for at in reversed(range(len(fields))):
        if UNSIGNED.search(fields[at]):
            value = body_hash(tags_of(as_signed(fields[at])), as_signed(rest.removeprefix(b"\r\n")))
            fields[at] = fields[at].replace(b"bh=?", b"bh=" + value)
            others = [as_signed(field) for field in fields[:at] + fields[at + 1:]]
            value = signature(as_signed(fields[at]), others, keys)
            fields[at] = UNSIGNED.sub(lambda _, value=value: b"b=" + value, fields[at])
    return as_written(b"".join(fields) + rest)


# -- files ---------------------------------------------------------------------------------------------------

def fill_record(line, keys):
    """A line of [dns] with p=? or p=?NAME[/pkcs1] in a string, which is cut when it is long."""
    place = re.search(rb'"([^"]*)p=\?([\w.-]*)(/pkcs1)?([^"]*)"', line)
    if not place:
        return line
    name = (place[2] or line.split(b".", 1)[0].strip()).decode()
    text = place[1] + b"p=" + public_key(keys / f"{name}.pem", place[3]) + place[4]
    strings = [b'"' + text[i:i + STRING] + b'"' for i in range(0, len(text), STRING)]
    return line[:place.start()] + b" ".join(strings) + line[place.end():]


def fill_case(text, keys):
    """Every [dns] and [message] of a .case file."""
    lines = [fill_record(line, keys) for line in text.split(b"\n")]
    out, message = [], []
    for line in lines + [b""]:
        if line.startswith(b"|"):
            message.append(line[1:].removeprefix(b" "))
            continue
        if message:
            raw = b"".join(part + b"\r\n" for part in message)
            signed = sign_message(raw, keys) if b"=?" in raw else raw
            out += [b"| " + part if part else b"|" for part in signed[:-2].split(b"\r\n")]
            message = []
        out.append(line)
    return b"\n".join(out[:-1])


def main(args):
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    for path in map(Path, args):
        text, keys = path.read_bytes(), path.parent / "keys"
        filled = fill_case(text, keys) if path.suffix == ".case" else sign_message(text, keys)
        if filled != text:
            path.write_bytes(filled)
            print(f"{path}: signed")


if __name__ == "__main__":
    main(sys.argv[1:])
