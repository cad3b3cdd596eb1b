# SPDX-License-Identifier: BSD-2-Clause
"""Random worlds for SPF: a client, a sender, and a DNS of a few names that mean something to each other.

A world is made from its seed alone. It answers questions itself (World.look), and is written as a case (assay-case(5)).
"""
import ipaddress
import random
import re
from dataclasses import dataclass, field

NOW = 1795435200
NOW_TEXT = "2026-11-23T12:00:00Z"
RECEIVER = "mx.receiver.example"
MOST_ALIASES = 16
NAMES = """example.com a.example.com b.example.com mail.example.com deep.er.example.com example.net mail.example.net
           x.example.net bad-example.com example.org y.example.org nothing.example.org""".split()
ERRORS = "SERVFAIL TIMEOUT REFUSED BOGUS TOOBIG".split()
CLIENTS = "192.0.2.1 192.0.2.1 198.51.100.77 2001:db8::cb01 2001:db8:0:1::2 ::ffff:192.0.2.1".split()
HELOS = ["[192.0.2.1]", "mailhost", "", "", "b\u00fccher.example"]
LOCAL_PARTS = ["alice", "alice", "strong-bad", "a.b+c", "x=y_z/w,v", "", "al ice", '"a@b"', "-a--b-", "l" * 70,
               "UPPER.case", "%{d}", "jos\u00e9", "a;b(c)", "1.2.3.4.5.6.7.8"]
ODD_DOMAINS = ["com", "example.com.", "b\u00fccher.example", "a..com", "[::1]"]

# Pieces of records; the odd ones are not of the grammar, or come to no name.
DELIMITERS = ".-+,/_="
LITERALS = ["_spf", "a", "b-c", "%%", "%_", "%-", "1", "x/24", "q=r", "t", "t", "t", "l" * 63]
ODD_SPECS = ["nodot", "example.123", "a..example.com", ".com", "x.example.com-", "%{d}.", "%{d", "%(d)", "100%",
             "%{}.com", "%{c}.example.com", "a\tb.example.com", "m\u00fc.example.com", "l" * 64 + ".example.com",
             "a.b.c.%%", "192.0.2.1", "x.example.com..", "%{xyz}.com", "", ".".join(["n" * 49] * 6) + ".example.com"]
PREFIXES = ["", "", "", "", "/32", "/24", "/31", "/0", "//128", "//64", "/24//64", "//0", "/16//127"]
ODD_PREFIXES = "/33 //129 /08 / // /24/24 //64/24".split()
NETWORKS4 = "192.0.2.1 192.0.2.2 192.0.2.0/24 198.51.100.64/26 203.0.113.0/24 0.0.0.0/0".split()
NETWORKS6 = "2001:db8::cb01 2001:DB8::/32 2001:db8:0:1::/64 ::/0 ::ffff:192.0.2.1 2001:db8::0.0.203.1".split()
ODD_NETWORKS = """ip4:192.0.2 ip4:192.0.2.256 ip4:192.0.02.1 ip4:192.0.2.0/33 ip4 ip4: ip6:192.0.2.1 ip6:2001::db8::1
                  ip6:2001:db8::/129 ip4:2001:db8::1 ip6:1:2:3:4:5:6:7:8:9 ip6:::1//64""".split()
ODD_TERMS = """moo all:x all/8 --all include exists ptr/24 a, mx: ipv4:192.0.2.1 + a:b:c redirect:example.net -exp=example.net
               1a=b include:%{d} a:/24 all.""".split() + ["a\tmx", "m\u00fc"]
KINDS = "ip ip a a mx mx include include include exists exists ptr".split()
VALUES = ["", "x", "%{d}/a:b=c", "%{p}", "%{c}%{r}%{t}", "%%"]
EXPLANATIONS = ["See http://", "not you, ", "%{s} ", "%%", " %_", "/%-/", "it is ", "e", "b", ".", "x" * 260]
ODD_EXPLANATIONS = ["100% ", "\u00e9", "a\r\nb"]
OTHER_TEXTS = ["other", "v=spf10 +all", "", "v=spf1-all", "\u00fc\u00df", "v=spf1 -all"]
ADDRESSES = {"A": "192.0.2.1 192.0.2.2 192.0.2.130 198.51.100.77 203.0.113.9".split(),
             "AAAA": "2001:db8::cb01 2001:db8::cb00 2001:db8:0:1::2 2001:db8:ffff::1".split()}

# What chance brings together too rarely: (name, type, data) that replace what is there, None by an error; the sender
# is of example.com.
SCENES = [
    [("example.com", "TXT", "v=spf1 ?exists:%{p}.list.%{d} redirect=example.net"),
     ("example.net", "TXT", "v=spf1 -all exp=why.%{d}"),
     ("why.example.net", "TXT", "%{p}")],
    [("example.com", "TXT", "v=spf1" + " a:example.org" * 9 + " a/0 redirect=example.net"),
     ("example.com", "A", "192.0.2.9"), ("example.com", "AAAA", "2001:db8::9"),
     ("example.org", "A", "192.0.2.9"), ("example.org", "AAAA", "2001:db8::9")],
    [("example.com", "TXT", "v=spf1 a:%{h} mx:%{hr} exists:%{h1} ~all")],
    [("example.com", "TXT", "v=spf1 exists:%{l}.list.%{d} -all exp=why.%{d}"),
     ("why.example.com", "TXT", "not %{l}")],
    [("example.com", "TXT", "v=spf1 include:bad-example.com -all exp=why.%{d}"),
     ("why.example.com", "TXT", "%{h-} %{o2.} %{i_r}"),
     ("bad-example.com", "TXT", "v=spf1 exists:%{d-}.list.example.com ?all"),
     ("bad.example.com.list.example.com", "A", "127.0.0.2")],
    [("example.com", "TXT", "v=spf1 mx/0 -all"),
     ("example.com", "MX", [(10, "example.org"), (20, "example.net")]),
     ("example.org", "A", "192.0.2.9"), ("example.org", "AAAA", "2001:db8::9"),
     ("example.net", "A", None), ("example.net", "AAAA", None)],
    [("example.com", "TXT", "v=spf1 -all exp=why.%{d}"),
     ("why.example.com", "TXT", "%{s} %{l1r-} %{L} %{d2r} %{H} %{p} %{c} %{r} %{t}")],
]


@dataclass
class World:
    """Who sends, and what the DNS says."""
    name: str
    ip: str = ""
    helo: str = ""
    sender: str = ""
    rrsets: dict = field(default_factory=dict)  # (name, type): list of data, or the word of an error

    def look(self, name, rrtype):
        """What the DNS answers: (aliases followed, name they lead to, data). An answer that fails raises Unanswered."""
        aliases, name = [], name.lower()
        while (name, rrtype) not in self.rrsets and (name, "CNAME") in self.rrsets:
            if len(aliases) == MOST_ALIASES:
                raise Unanswered("too many aliases", aliases)
            aliases.append((name, self.rrsets[name, "CNAME"][0]))
            name = aliases[-1][1]
        data = self.rrsets.get((name, rrtype), [])
        if isinstance(data, str):
            raise Unanswered(data, aliases)
        return aliases, name, data


class Unanswered(Exception):
    """A question that is not answered; args: why, aliases followed."""


# -- as a case -----------------------------------------------------------------------------------------------

def owner(name):
    """A name as [dns] takes it."""
    return "".join(c if re.match(r"[A-Za-z0-9_.-]", c) else f"\\{ord(c):03}" for c in name) + "."


def text(data):
    """A TXT record as [dns] takes it: its strings in quotes."""
    return " ".join('"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\{ord(c):03}" for c in string) + '"'
                    for string in data)


def records(name, rrtype, data):
    """Lines of [dns]."""
    if isinstance(data, str):
        return [f"{owner(name)} IN {rrtype} {data}"]
    write = {"TXT": text, "MX": lambda d: f"{d[0]} {owner(d[1])}", "CNAME": owner, "PTR": owner}.get(rrtype, str)
    return [f"{owner(name)} IN {rrtype} {write(item)}" for item in data]


def as_case(world):
    """The world as one case without expectations."""
    lines = ["[case]", f"name = {world.name}", "[policy]", "iprev.check = no", "[envelope]", f"now = {NOW_TEXT}",
             f"ip = {world.ip}", f"helo = {world.helo}", f"from = {world.sender or '<>'}", f"hostname = {RECEIVER}", "[dns]"]
    for (name, rrtype), data in world.rrsets.items():
        lines += records(name, rrtype, data)
    return "\n".join(lines) + "\n\n"


# -- making one ----------------------------------------------------------------------------------------------

class Maker:
    """Makes a world. Odds are chosen so that every result is common, and few records are refused at once."""

    def __init__(self, seed, number):
        self.random = random.Random(f"{seed}/{number}")
        self.world = World(f"differ/{seed}/{number}")
        self.specs = []  # (domain, domain-spec) of records, whose expansions should exist
        self.lean = self.odds(0.5)    # a world without errors and odd terms
        self.dense = self.odds(0.15)  # records that use up their lookups
        self.open = self.odds(0.5)    # the client's names lead back to it

    def odds(self, chance):
        """True in `chance` of all times."""
        return self.random.random() < chance

    def odd(self, chance):
        """The same, but never in a lean world."""
        return not self.lean and self.odds(chance)

    def pick(self, *choices):
        """One of several."""
        return self.random.choice(choices[0] if len(choices) == 1 else choices)

    # names and macros

    def macro(self, letters="slodippphv"):
        """A macro of the grammar, now and then of none."""
        letter = self.pick(letters)
        letter = letter.upper() if self.odds(0.1) else letter
        digits = "9" * 25 if self.odds(0.01) else "0" if self.odd(0.01) else self.pick("", "", "", "1", "2", "2", "3", "127")
        reverse = self.pick("", "", "", "", "r", "r", "r", "R")
        delimiters = "".join(self.pick(DELIMITERS) for _ in range(self.pick(0, 0, 0, 1, 2)))
        return "%{" + letter + digits + reverse + delimiters + (self.pick("x", ";", "-r", "9") if self.odd(0.01) else "") + "}"

    def domain_spec(self, domain):
        """A domain-spec: mostly a name of this world."""
        if self.odds(0.7):
            name = self.pick(NAMES)
            return name.upper() if self.odds(0.05) else name + "." * self.odds(0.05)
        if self.odd(0.07):
            return self.pick(ODD_SPECS)
        pieces = [self.macro() if self.odds(0.6) else self.pick(LITERALS) for _ in range(self.pick(0, 1, 1, 2, 3))]
        pieces.append(self.macro() if self.odds(0.2) else self.macro("od") if self.odds(0.5) else self.pick(NAMES))
        self.specs.append((domain, ".".join(pieces)))
        return self.specs[-1][1]

    # records

    def network(self):
        """An ip4 or ip6 term."""
        if self.odd(0.05):
            return self.pick(ODD_NETWORKS)
        return "ip4:" + self.pick(NETWORKS4) if self.odds(0.6) else "ip6:" + self.pick(NETWORKS6)

    def mechanism(self, domain):
        """One mechanism."""
        kind = self.pick(KINDS)
        if kind == "ip":
            return self.network()
        prefix = self.pick(ODD_PREFIXES if self.odd(0.05) else PREFIXES) if kind in ("a", "mx") else ""
        if kind in ("a", "mx", "ptr") and self.odds(0.3):
            return kind + prefix
        return f"{kind}:{self.domain_spec(domain)}{prefix}"

    def term(self, domain):
        """One directive, or what looks like one."""
        if self.odd(0.015):
            return self.pick(ODD_TERMS)
        term = self.pick("", "", "+", "-", "~", "?") + self.mechanism(domain)
        return term.upper() if self.odds(0.02) and "%" not in term else term

    def modifier(self, domain):
        """A modifier that is not redirect."""
        if self.odds(0.7):
            name = "EXP=" if self.odds(0.15) else "exp="
            return name + self.pick("why.example.com", "why.%{d}", "why.%{d}", self.domain_spec(domain))
        name = self.pick("moo=", "moo=", "x-1.y_z=", "default=", "op=", "ip4=")
        return name + ("%{x}" if self.odd(0.05) else self.pick(VALUES))

    def record(self, domain):
        """An SPF record."""
        most = self.pick(2, 3, 4, 5, 13 if self.odds(0.2) else 6)
        terms = [self.term(domain) for _ in range(self.random.randint(0, most))]
        if self.dense:
            dense = self.random.choices(NAMES[:4], k=self.pick(2, 5, 9, 10))
            terms[:0] = [self.pick("?", "") + self.pick("a:", "exists:", "a:") + name for name in dense]
        if self.odds(0.6):
            terms.append(self.pick("-all", "-all", "-all", "~all", "?all", "all"))
        if self.odds(0.3):
            redirect = self.pick("redirect=", "redirect=", "redirect=", "Redirect=") + self.domain_spec(domain)
            terms.insert(self.random.randint(0, len(terms)), redirect)
        for _ in range(self.pick(0, 1, 1, 1, 2)):
            terms.insert(self.random.randint(0, len(terms)), self.modifier(domain))
        version = self.pick("v=spf1", "v=spf1", "v=spf1", "V=SPF1")
        return version + "".join(" " * self.pick(1, 1, 1, 2) + term for term in terms) + " " * self.odds(0.05)

    def explanation(self):
        """A text for exp."""
        pieces = [self.macro("slodiphvcrt") if self.odds(0.5) else self.pick(EXPLANATIONS)
                  for _ in range(self.random.randint(0, 6))]
        return "".join(pieces) + (self.pick(ODD_EXPLANATIONS) if self.odd(0.1) else "")

    # answers

    def strings(self, whole):
        """A text cut into strings."""
        pieces = [whole[i:i + 255] for i in range(0, len(whole), 255)] or [""]
        if self.odds(0.2):
            at = self.random.randint(0, len(pieces[0]))
            pieces[0:1] = [pieces[0][:at], pieces[0][at:]]
        return tuple(pieces)

    def put(self, name, rrtype, data):
        """Add an RRset; in a world that is not lean it may be an error instead."""
        self.world.rrsets[name.lower(), rrtype] = self.pick(ERRORS) if self.odd(0.03) else data

    def alias(self, name):
        """Make a name an alias of another, now and then in a circle or a long chain."""
        more = self.pick(2, 9, 10, 11, 15, 16, 17) if self.odds(0.1) else 0
        chain = [name] + [f"c{i}.{name}" for i in range(more)]
        for at, target in zip(chain, chain[1:] + [self.pick(NAMES)]):
            self.world.rrsets[at, "CNAME"] = [target]

    def texts(self, name):
        """TXT of a name."""
        texts = [self.strings(self.record(name))]
        if self.odds(0.1):
            texts.append(self.strings(self.pick(OTHER_TEXTS)))
        self.put(name, "TXT", list(dict.fromkeys(texts)))

    def hosts(self, name):
        """MX of a name."""
        count = self.pick(1, 1, 2, 3, 10, 11) if self.odds(0.2) else self.pick(1, 2)
        hosts = [(self.pick(0, 10, 10, 20), host) for host in self.random.sample(NAMES, count)]
        self.put(name, "MX", hosts if self.odds(0.97) else [(0, "")])

    def name(self, name):
        """Everything of one name."""
        if self.odds(0.06):
            self.alias(name)
            return
        if name != "nothing.example.org" and self.odds(0.85):
            self.texts(name)
        for rrtype, pool in ADDRESSES.items():
            if self.odds(0.75):
                self.put(name, rrtype, self.random.sample(pool, self.pick(1, 1, 2)))
        if self.odds(0.4):
            self.hosts(name)

    def client(self):
        """The client's names, which lead back to it in an open world."""
        address = ipaddress.ip_address(self.world.ip)
        address = getattr(address, "ipv4_mapped", None) or address
        names = self.random.sample(NAMES, self.pick(0, 1, 1, 2, 3, 10, 11, 12))
        self.put(address.reverse_pointer, "PTR", names)
        for name in names if self.open else []:
            self.world.rrsets[name, "A" if address.version == 4 else "AAAA"] = [str(address)]

    def scene(self):
        """Replace some of the world by a scene."""
        for name, rrtype, data in self.pick(SCENES):
            given = [self.strings(data)] if rrtype == "TXT" else data if isinstance(data, list) else [data]
            self.world.rrsets[name, rrtype] = given if data else self.pick(ERRORS)
            self.world.rrsets.pop((name, "CNAME"), None)

    def expansions(self, expand):
        """Let half of what domain-specs expand to exist."""
        for domain, spec in self.specs:
            target = expand(self.world, domain, spec) if self.odds(0.5) else None
            labels = target.lower().split(".") if target and target.isascii() else [""]
            if len(".".join(labels)) <= 253 and all(0 < len(label) < 64 for label in labels):
                rrtype, data = self.pick(("A", "192.0.2.1"), ("A", "192.0.2.1"), ("MX", (10, self.pick(NAMES))),
                                         ("TXT", (self.pick("v=spf1 +all", "v=spf1 ?all", "text"),)))
                self.world.rrsets.setdefault((".".join(labels), rrtype), [data])

    def sender(self, scene):
        """The client and what it says."""
        world = self.world
        world.ip = self.pick(CLIENTS)
        world.helo = self.pick(NAMES) if self.odds(0.8) else self.pick(HELOS)
        domain = self.pick(NAMES[:1 if scene else 3]) if self.odds(0.94) else self.pick(ODD_DOMAINS)
        world.sender = self.pick(LOCAL_PARTS) + "@" + domain if self.odds(0.92) else self.pick("", "alice", domain)

    def make(self, expand):
        """The world."""
        scene, world = self.odds(0.08), self.world
        self.sender(scene)
        for name in NAMES:
            self.name(name)
        for name in NAMES[:6]:
            self.put(f"why.{name}", "TXT", [self.strings(self.explanation()) for _ in range(self.pick(1, 1, 1, 1, 2))])
        self.texts("xn--bcher-kva.example")
        self.client()
        if scene:
            self.scene()
        self.expansions(expand)
        aliases = {name for name, rrtype in world.rrsets if rrtype == "CNAME"}
        world.rrsets = {(name, rrtype): data for (name, rrtype), data in world.rrsets.items()
                        if data and (rrtype == "CNAME" or name not in aliases)}
        return world


def make(seed, number, expand):
    """World `number` of a seed. `expand(world, domain, domain-spec)` expands a domain-spec, or returns None."""
    return Maker(seed, number).make(expand)
