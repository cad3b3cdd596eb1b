# SPDX-License-Identifier: BSD-2-Clause
"""Random messages for differ_dkim.py: headers, bodies, how they are to be signed, and what happens to them afterwards.

All of it comes from a seed and a number. A message is a list of header fields, each with its line ends, and a body.
"""
import random
import re
from dataclasses import dataclass, field

NO_LENGTH = ("maildkim", "assay") # signers that write no l=
SIGNERS = ["dkimpy", "maildkim", "opendkim", "assay", "own"]
KEYS = ["rsa1024", "rsa1024", "rsa2048", "rsa2048", "rsa4096", "ed", "ed"]
CANONS = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]
DOMAINS = ["example.com", "example.com", "mail.example.com", "Example.ORG"]
WORDS = ("the of and to a in is for on that by this with you it not or be are from at as your all have new more an "
         "was we will grüße naïve 日本 =?utf-8?q?caf=C3=A9?= b= bh=x; v=1; ; : :: \"quoted\" (comment) "
         "<a@example.net>").split()
MORE_FIELDS = ["To", "Cc", "Date", "Message-ID", "Reply-To", "Received", "Received", "Received", "Comments", "Comments",
               "X-Mailer", "List-Id", "MIME-Version", "Content-Type", "x-empty", "Subject"]
AUTHORS = ["Alice <alice@example.com>", "alice@example.com", "\"A;b=c\"\r\n <alice@example.com>"]
ABSENT = ["Resent-To", "X-Absent", "Sender"]


@dataclass
class Signature:
    """How a message is to be signed; the selector tells signatures apart, and is in no other message."""
    signer: str
    selector: str
    domain: str
    key: str
    form: str # of the key in its record: spki, pkcs1
    canons: str
    names: list # of fields, in lower case, as often as they are to be signed
    length: bool
    odd: str = "" # what is unusual about a signature of our own signer

    @property
    def algorithm(self):
        """a="""
        return "ed25519-sha256" if self.key == "ed" else "rsa-sha256"


@dataclass
class Mail:
    """A message on its way."""
    number: int
    fields: list
    body: bytes
    signatures: list
    records: dict = field(default_factory=dict) # of key records: by selector
    harm: str = "" # what happened to it after signing
    key_harm: dict = field(default_factory=dict) # what happened to key records, by selector

    def untouched(self):
        """Signatures that are to pass: nothing is unusual about them, and nothing has happened to message and key."""
        return [signature for signature in self.signatures
                if not self.harm and not signature.odd and signature.selector not in self.key_harm]

    def raw(self):
        """All octets."""
        return b"".join(self.fields) + b"\r\n" + self.body


# -- headers -------------------------------------------------------------------------------------------------

def blanks(r):
    """A piece of white space, sometimes folded."""
    return r.choice(["", " ", " ", " ", "  ", "\t", " \t ", "\r\n ", "\r\n\t", " \r\n  "])


def text(r, most):
    """Words, parted by white space of all kinds."""
    words = [r.choice(WORDS) for _ in range(r.randint(1, most))]
    plain = r.random() < 0.4
    return "".join(word + (" " if plain else blanks(r) or " ") for word in words[:-1]) + words[-1]


def name_as_written(r, name):
    """A field's name in some letters."""
    return r.choice([name, name, name, name.lower(), name.upper(), name.swapcase()])


def make_field(r, name, value):
    """A header field. Behind the colon it never folds into a line of nothing but blanks."""
    lead = r.choice([" ", " ", " ", "", "\t", "   ", "\r\n "] if value else [" ", ""])
    tail = r.choice(["", "", "", " ", "\t", "  "])
    return f"{name_as_written(r, name)}:{lead}{value}{tail}\r\n".encode()


def make_header(r):
    """From, Subject, and others, in any order."""
    fields = [make_field(r, "From", r.choice(AUTHORS)), make_field(r, "Subject", text(r, 8))]
    for name in r.sample(MORE_FIELDS, r.randint(0, 8)):
        fields.append(make_field(r, name, "" if name == "x-empty" else text(r, 12)))
    r.shuffle(fields)
    return fields


# -- bodies --------------------------------------------------------------------------------------------------

def body_line(r):
    """A line without its end."""
    return r.choice([text(r, 8).replace("\r\n", " "), "", " " * r.randint(1, 3), "\t", "." * r.randint(1, 3),
                     "x" * r.randint(70, 1200), "grüße  \t aus\tKöln ", "--", "-- ", "From here", " indented"])


def make_body(r):
    """A body; it may be missing, and may lack its last line end."""
    shape = r.random()
    if shape < 0.06:
        return b""
    if shape < 0.12:
        return r.choice(["\r\n", "\r\n\r\n", " \r\n", " \t \r\n\r\n", "\t", " "]).encode()
    lines = [body_line(r) for _ in range(r.randint(1, 12))]
    end = r.choice(["\r\n", "\r\n", "\r\n", "", "\r\n\r\n", "\r\n\r\n\r\n", " \r\n", "\r\n \r\n", "\r\n\t", "  "])
    return ("\r\n".join(lines) + end).encode()


# -- signing -------------------------------------------------------------------------------------------------

def name_of(raw_field):
    """The name of a field, in lower case."""
    return raw_field.partition(b":")[0].strip().lower().decode("latin-1")


def choose_names(r, fields):
    """What to sign: From, others as often as they are there or less, some once more, some that are not there."""
    there = [name_of(raw_field) for raw_field in fields]
    names = ["from"]
    for name in sorted(set(there) - {"from", "dkim-signature"}):
        if r.random() < 0.7:
            names += [name] * r.randint(1, there.count(name))
            if r.random() < 0.2:
                names.append(name)
    names += [name.lower() for name in ABSENT if r.random() < 0.15] + ["from"] * (r.random() < 0.3)
    r.shuffle(names)
    return names


def choose_signatures(r, number, fields):
    """One to three signatures, the first one lowest."""
    signatures = []
    for nth in range(r.choice([1, 1, 1, 2, 3])):
        signer = r.choice(SIGNERS)
        key = r.choice([key for key in KEYS if key != "ed" or signer != "maildkim"])
        form = "pkcs1" if key != "ed" and r.random() < 0.15 else "spki"
        signatures.append(Signature(signer, f"s{number}-{nth}", r.choice(DOMAINS), key, form, r.choice(CANONS),
                                    choose_names(r, fields), signer not in NO_LENGTH and r.random() < 0.2))
        if signer == "own" and r.random() < 0.6:
            signatures[-1].odd = r.choice(sorted(ODD))
    return signatures


# What is unusual about a signature of our own signer: (what in "TAG=VALUE" tags, what in its place).
ODD = {
    "nothing": None,
    "v missing": ("v=1", None),
    "v 2": ("v=1", "v=2"),
    "v 01": ("v=1", "v=01"),
    "a in capitals": ("a=", lambda tag: "a=" + tag[2:].upper()),
    "c in capitals": ("c=", lambda tag: "c=" + tag[2:].title()),
    "c missing": ("c=", None),
    "q dns": ("q", "q=dns"),
    "q dns/txt": ("q", "q=dns/txt"),
    "q others": ("q", "q=http/post:dns/txt"),
    "h with an empty name": ("h=", lambda tag: tag + "::subject"),
    "h with a colon at its end": ("h=", lambda tag: tag + ":"),
    "h in capitals": ("h=", lambda tag: "h=" + tag[2:].upper()),
    "h with blanks": ("h=", lambda tag: tag.replace(":", " :\r\n\t ")),
    "h without from": ("h=", lambda tag: "h=subject:date"),
    "h with dkim-signature": ("h=", lambda tag: tag + ":dkim-signature"),
    "d with a final dot": ("d=", lambda tag: tag + "."),
    "d with blanks": ("d=", lambda tag: tag.replace("=", " =\r\n ") + " "),
    "i": ("i", "i=alice@{domain}"),
    "i below": ("i", "i=@staff.{domain}"),
    "i in capitals": ("i", "i=alice@{DOMAIN}"),
    "i folded": ("i", "i=alice@\r\n {domain}"),
    "i elsewhere": ("i", "i=alice@example.net"),
    "i like": ("i", "i=@not{domain}"),
    "i without at": ("i", "i=alice"),
    "t": ("t", "t=1795430000"),
    "t infinite": ("t", "t=99999999999999999999"),
    "t no number": ("t", "t=1a"),
    "x": ("x", "x=4102444800"),
    "x past": ("x", "x=1000000000"),
    "x 0": ("x", "x=0"),
    "x no number": ("x", "x=1a"),
    "x before t": ("x", "t=1795430000; x=1795420000"),
    "x empty": ("x", "x="),
    "l less": ("l", "l={less}"),
    "l 0": ("l", "l=0"),
    "l more": ("l", "l={more}"),
    "l negative": ("l", "l=-1"),
    "l empty": ("l", "l="),
    "l with zeros": ("l", "l=000{length}"),
    "z": ("z", "z=From:a@example.com|To:=20b"),
    "unknown tag": ("y", "xx1=a b  c"),
    "unknown tag twice": ("y", "xx1=a; xx1=a"),
    "tag in capitals": ("y", "D=example.net"),
    "no tag": ("y", "y"),
    "empty tag": ("y", ""),
    "tag of a digit": ("y", "1y=2"),
    "tag with an octet above 127": ("y", "y=grüße"),
    "tag with a control octet": ("y", "y=a\x01b"),
    "semicolon at the end": ("end", ";"),
    "two semicolons at the end": ("end", ";;"),
    "blanks at the end": ("end", "; \t"),
    "blanks everywhere": ("all", None),
}


def put(tags, what, instead, values):
    """Put an unusual tag among "TAG=VALUE" tags."""
    if callable(instead):
        return [instead(tag) if tag.startswith(what) else tag for tag in tags]
    if what in ("end", "all"):
        return tags
    if what.endswith("=1") or what.endswith("="):
        return [new for tag in tags if (new := instead if tag.startswith(what) else tag) is not None]
    return tags[:3] + [instead.format(**values)] + tags[3:]


def template(r, signature, length):
    """A DKIM-Signature for our own signer (tools/make-cases/dkim.py), which fills in the question marks."""
    tags = ["v=1", f"a={signature.algorithm}", f"c={signature.canons}", f"d={signature.domain}",
            f"s={signature.selector}", "h=" + ":".join(signature.names)]
    values = {"domain": signature.domain, "DOMAIN": signature.domain.upper(), "length": length, "less": length // 2,
              "more": length + 7}
    odd = ODD.get(signature.odd)
    if odd:
        tags = put(tags, *odd, values)
    if signature.length:
        tags.append(f"l={length}")
    tags += ["bh=?", f"b=?{signature.key}"]
    gap = (lambda: blanks(r)) if signature.odd == "blanks everywhere" else lambda: r.choice([" ", "\r\n ", "\r\n\t"])
    if signature.odd == "blanks everywhere":
        tags = [re.sub("=(?=[^?])", lambda _: blanks(r) + "=" + blanks(r), tag, count=1) for tag in tags]
    line = ";".join(gap() + tag for tag in tags) + (odd[1] if odd and odd[0] == "end" else "")
    return f"DKIM-Signature:{line}\r\n".encode()


# -- what happens afterwards ---------------------------------------------------------------------------------

def flip(r, octets, where=rb"[A-Za-z]"):
    """One letter is another one."""
    places = [match.start() for match in re.finditer(where, octets)]
    if not places:
        return octets
    at = r.choice(places)
    return octets[:at] + bytes([octets[at] ^ 1 if octets[at] not in b"AZaz@`" else octets[at] ^ 3]) + octets[at + 1:]


def flip_tag(name):
    """The first letter of a tag of a signature is another one."""
    value = re.compile(rb"(\b" + name.encode() + rb"=\s*)(\w)")
    return lambda r, line: value.sub(lambda match: match[1] + flip(r, match[2], rb"\w"), line)


def ordinary(mail):
    """Places of fields that are no signatures."""
    return [at for at, raw_field in enumerate(mail.fields) if name_of(raw_field) != "dkim-signature"]


def change_field(change):
    """Harm to one field that is no signature."""
    def harm(r, mail):
        at = r.choice(ordinary(mail))
        name, colon, value = mail.fields[at].partition(b":")
        mail.fields[at] = change(r, name, colon, value)
    return harm


def change_signature(change):
    """Harm to one signature."""
    def harm(r, mail):
        at = r.choice([at for at in range(len(mail.fields)) if at not in ordinary(mail)])
        mail.fields[at] = change(r, mail.fields[at])
    return harm


def change_body(change):
    """Harm to the body."""
    def harm(r, mail):
        mail.body = change(r, mail.body)
    return harm


def move(r, mail):
    """A field goes to another place."""
    at = r.choice(ordinary(mail))
    mail.fields.insert(r.randrange(len(mail.fields)), mail.fields.pop(at))


def repeat(r, mail):
    """A field of a name that is there, or that is not, comes in somewhere."""
    name = r.choice([mail.fields[at].partition(b":")[0].strip() for at in ordinary(mail)] + [b"X-Absent", b"Sender"])
    mail.fields.insert(r.randrange(len(mail.fields) + 1), name + b": mallory@example.net\r\n")


def tag(pattern, instead):
    """Harm to a tag of a signature."""
    return change_signature(lambda r, line: re.sub(pattern, instead, line, count=1))


HARM = {
    "letter of a field": change_field(lambda r, name, colon, value: name + colon + flip(r, value)),
    "letters of a name": change_field(lambda r, name, colon, value: name.swapcase() + colon + value),
    "blanks behind a colon": change_field(lambda r, name, colon, value: name + colon + b" \t" + value.lstrip(b" \t")),
    "folded elsewhere": change_field(lambda r, name, colon, value:
                                     name + colon + re.sub(rb"(?<=\w) (?=\w)", b"\r\n  ", value, count=1)),
    "unfolded": change_field(lambda r, name, colon, value: name + colon + re.sub(rb"\r\n(?=[ \t])", b"", value)),
    "blanks at the end of a field": change_field(lambda r, name, colon, value: name + colon + value[:-2] + b" \t\r\n"),
    "field moved": move,
    "field added": repeat,
    "field added again": repeat,
    "field removed": lambda r, mail: mail.fields.pop(r.choice(ordinary(mail))),
    "letter of the body": change_body(flip),
    "body with more behind": change_body(lambda r, body: body + b"Buy now!\r\n"),
    "body with empty lines behind": change_body(lambda r, body: body + b"\r\n\r\n"),
    "body with blanks behind": change_body(lambda r, body: body + b" \t\r\n"),
    "body with other blanks": change_body(lambda r, body: re.sub(rb"(?<=\S) (?=\S)", b" \t ", body)),
    "body cut short": change_body(lambda r, body: body[:len(body) // 2]),
    "body without final line end": change_body(lambda r, body: body.removesuffix(b"\r\n")),
    "letter of bh": change_signature(flip_tag("bh")),
    "letter of b": change_signature(flip_tag("b")),
    "b folded elsewhere": change_signature(lambda r, line: re.sub(rb"(\bb=\s*)(\w{9})", rb"\1\2\r\n\t ", line)),
    "b empty": tag(rb"(\bb=)[^;]*?(?=;|\r\n\Z)", rb"\1"),
    "b missing": tag(rb";\s*b=[^;]*?(?=;|\r\n\Z)", b""),
    "d elsewhere": tag(rb"(\bd=)[^;]*", rb"\1example.net"),
    "s elsewhere": tag(rb"(\bs=)[^;]*", rb"\1nowhere"),
    "c other": tag(rb"(\bc=)[^;]*", rb"\1relaxed"),
    "h without its last name": tag(rb"(\bh=[^;]*):[^:;]*", rb"\1"),
    "tag added": tag(rb"(v\s*=\s*1)", rb"\1; added=1"),
    "unfolded signature": change_signature(lambda r, line: re.sub(rb"\r\n(?=[ \t])", b"", line)),
    "name of the signature": change_signature(lambda r, line: b"dkim-SIGNATURE" + line[14:]),
}

KEY_HARM = {
    "revoked": lambda text: re.sub("p=[^;]*", "p=", text),
    "no p": lambda text: re.sub("p=[^;]*", "n=none", text),
    "p not base64": lambda text: re.sub("p=", "p=*", text),
    "p cut short": lambda text: text[:-8],
    "p with blanks": lambda text: re.sub("p=(.{9})", r"p= \1 ", text),
    "letter of p": lambda text: text[:-30] + ("A" if text[-30] != "A" else "B") + text[-29:],
    "v DKIM2": lambda text: "v=DKIM2; " + text.partition("; ")[2],
    "v dkim1": lambda text: "v=dkim1; " + text.partition("; ")[2],
    "v missing": lambda text: text.partition("; ")[2],
    "v last": lambda text: text.partition("; ")[2] + "; v=DKIM1",
    "k other": lambda text: re.sub("k=[^;]*", "k=other", text),
    "k missing": lambda text: re.sub("k=[^;]*; ", "", text),
    "h sha1": lambda text: text + "; h=sha1",
    "h sha1:sha256": lambda text: text + "; h=sha1:sha256",
    "h with blanks": lambda text: text + "; h=sha1 : sha256",
    "h empty": lambda text: text + "; h=",
    "s email": lambda text: text + "; s=email",
    "s other": lambda text: text + "; s=other",
    "s others": lambda text: text + "; s=other:email",
    "s with blanks": lambda text: text + "; s=other : email",
    "s empty": lambda text: text + "; s=",
    "t y": lambda text: text + "; t=y",
    "t s": lambda text: text + "; t=s",
    "t y:s": lambda text: text + "; t=y:s",
    "g": lambda text: text + "; g=bob",
    "unknown tag": lambda text: text + "; zz=1;",
    "tag twice": lambda text: text + "; zz=1; zz=1",
    "no list of tags": lambda text: "hello world",
    "blanks": lambda text: text.replace("=", " = ", 3).replace(";", " ; "),
}


def harm(r, mail):
    """What happens to a signed message: nothing to half of them."""
    if r.random() < 0.5:
        for _ in range(r.choice([1, 1, 1, 2])):
            name = r.choice(sorted(HARM))
            HARM[name](r, mail)
            mail.harm += (", " if mail.harm else "") + name
    for selector in mail.records:
        if r.random() < 0.2:
            name = r.choice(sorted(KEY_HARM))
            mail.records[selector] = KEY_HARM[name](mail.records[selector])
            mail.key_harm[selector] = name


def make(seed, number):
    """(message that is not signed yet, the random numbers for the rest of its way)."""
    r = random.Random(f"{seed}/{number}")
    fields = make_header(r)
    body = make_body(r)
    return Mail(number, fields, body, choose_signatures(r, number, fields)), r
