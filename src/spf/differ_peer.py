# SPDX-License-Identifier: BSD-2-Clause
"""pyspf over a world of differ_worlds, and the rules by which it is known to differ.

A rule is the paragraph that decides, and a correction of pyspf by it. With every rule on, pyspf has to come to the same
as Assay. Which of them a difference needs is found by leaving them away one after the other.
"""
import re
import sys
import types

import spf

import differ_worlds

RULES = {
    "domain": ("RFC 7208 4.3", "a name of one label or an address literal has no record, a final dot is accepted"),
    "last-at": ("RFC 7208 2.2", "the domain stands behind the last @ of the sender"),
    "alias": ("RFC 7208 4.4", "aliases in a circle have no answer; chains of up to 16 have one"),
    "void": ("RFC 7208 4.6.4", "void is the first answer of a term, once each time it is evaluated"),
    "redirect-charge": ("RFC 7208 4.6.4", "redirect is charged when it is followed, not when it is read"),
    "modifier-name": ("RFC 7208 4.6.1", "names of modifiers have no case"),
    "unknown-modifier": ("RFC 7208 6", "an unknown modifier may stand often, has any macro-string, and asks nothing"),
    "empty-target": ("RFC 7208 4.8", "a domain-spec that expands to nothing does not match"),
    "include-self": ("RFC 7208 4.6", "a record that includes itself is no syntax error"),
    "mx-order": ("RFC 7208 5.4", "behind a mail host that matches no other is asked for"),
    "ptr-error": ("RFC 7208 5.5", "an error is no match of ptr; a name whose address fails is skipped"),
    "p-error": ("RFC 7208 7.3", "when an error occurs, %{p} is another name, or unknown"),
    "p-domain": ("RFC 7208 7.3", "%{p} prefers names of the current domain, in each record anew"),
    "grammar": ("RFC 7208 7.1", "macro-expand and macro-literal as the grammar has them"),
    "join": ("RFC 7208 7.3", "parts are joined with dots, whatever the letter"),
    "cut": ("RFC 7208 7.3", "names are cut to 253 octets label by label, explanations are not"),
    "exp-ascii": ("RFC 7208 6.2", "an explanation that is not printable ASCII is none"),
    "a-labels": ("RFC 8616 4", "U-labels are converted to A-labels"),
    "local-ascii": ("RFC 8616 4", "with a local part beyond ASCII, terms with %{s} or %{l} do not match"),
}

NO_NAME = ".."  # a target that is no domain name: pyspf asks nothing for it, and it does not match
MACRO = r"%(?:[%_-]|\{[slodiphcrtv](?!0+(?!\d))\d*r?[-.+,/_=]*\})"
MACRO_STRING = re.compile(rf"(?:[!-$&-~]|{MACRO})*", re.I)
EXPLAIN_STRING = re.compile(rf"(?:[ -$&-~]|{MACRO})*", re.I)
SENDER_MACRO = re.compile(r"%\{[sl]", re.I)


def without_constant(function, constant, other):
    """A copy of a function that has another constant."""
    consts = tuple(other if const == constant else const for const in function.__code__.co_consts)
    return types.FunctionType(function.__code__.replace(co_consts=consts), function.__globals__, function.__name__,
                              function.__defaults__, function.__closure__)


class Always(dict):
    """A dictionary that has the same for everything."""

    def get(self, _key, _default=None):
        return self["*"]


class Modifiers:
    """What pyspf splits modifiers with."""
    pattern = spf.RE_MODIFIER

    def __init__(self, peer):
        self.peer, self.seen = peer, 0

    def split(self, term):
        """["", name, value] of a modifier, else [term]."""
        parts = self.pattern.split(term)
        if len(parts) != 3:
            return parts
        name = parts[1].lower() if self.peer.has("modifier-name") else parts[1]
        if self.peer.has("unknown-modifier") and name.lower() not in ("redirect", "exp"):
            self.peer.check_grammar(parts[2], MACRO_STRING)
            self.seen += 1
            return ["", f"unknown-{self.seen}", ""]
        return ["", name, parts[2]]


class Peer(spf.query):
    """pyspf with some of the rules on."""
    expand_uncut = without_constant(spf.query.expand, 253, 1 << 30)

    def __init__(self, world, sender, rules):
        self.world, self.rules = world, rules
        self.top, self.of_hosts, self.of_macro = True, False, False
        super().__init__(world.ip, sender, world.helo, receiver=differ_worlds.RECEIVER)
        self.t = str(differ_worlds.NOW)
        self.set_default_explanation("")
        if self.has("last-at") and "@" in sender:
            local, self.o = sender.rsplit("@", 1)
            self.l = local or "postmaster"
        if self.has("domain"):
            self.o = self.o[:-1] if self.o.endswith(".") else self.o
        if self.has("a-labels"):
            self.o, self.h = to_alabels(self.o), to_alabels(self.h)
        self.d = self.o
        self.s = f"{self.l}@{self.o}"

    def has(self, rule):
        """A rule is on."""
        return rule in self.rules

    def answer(self, name, qtype, _strict=True, _timeout=0):
        """In place of spf.DNSLookup."""
        try:
            aliases, end, data = self.world.look(name, qtype)
        except differ_worlds.Unanswered as why:
            if why.args[1] and not self.has("alias") and why.args[0] == "too many aliases":
                return [((alias, "CNAME"), target) for alias, target in why.args[1]]
            raise spf.TempError(why.args[0]) from None
        if self.has("alias"):
            aliases, end = [], name
        if qtype == "TXT":
            data = [[string.encode("latin-1") for string in strings] for strings in data]
        elif qtype in ("MX", "PTR"):
            data = sorted(data, key=canonical)
        return [((alias, "CNAME"), target) for alias, target in aliases] + [((end, qtype), item) for item in data]

    # what is asked, and what is void

    def check_lookups(self):
        reader = sys._getframe(1).f_locals  # check0: while it reads, it has evaluated nothing
        if not (self.has("redirect-charge") and reader.get("mod") == "redirect" and "cidrlength" not in reader):
            super().check_lookups()

    def dns(self, name, qtype, cnames=None, ignore_void=False):
        return super().dns(name, qtype, cnames, ignore_void or self.has("void"))

    def charge(self, name, found):
        """Charge a void answer of a term."""
        asked = all(0 < len(label) < 64 for label in name.split("."))
        if not self.has("void") or found or not asked or self.of_hosts or self.of_macro:
            return
        self.void_lookups += 1
        if self.void_lookups > spf.MAX_VOID_LOOKUPS:
            raise spf.PermError("a third void lookup")

    def dns_spf(self, domain):
        caller = sys._getframe(1)
        if self.has("redirect-charge") and domain is caller.f_locals.get("redirect"):
            super().check_lookups()
        if self.has("domain") and ("." not in domain or (self.top and domain.startswith("["))):
            return None
        return super().dns_spf(domain)

    def dns_txt(self, domainname, rr="TXT", ignore_void=False):
        found = super().dns_txt(domainname, rr, ignore_void)
        if not self.top and not ignore_void:
            self.charge(domainname, found)
        self.top = False
        return found

    def dns_a(self, domainname, A="A"):
        found = super().dns_a(domainname, A)
        self.charge(domainname, found)
        return found

    def hosts(self, name):
        """Addresses of a host that a term has found."""
        self.of_hosts = True
        try:
            return self.dns_a(name, self.A)
        finally:
            self.of_hosts = False

    def dns_mx(self, domainname):
        found = self.dns(domainname, "MX")
        self.charge(domainname, found)
        if len(found) > spf.MAX_MX:
            raise spf.PermError("more than ten mail hosts")
        addresses = (address for _, host in found for address in self.hosts(host))
        return addresses if self.has("mx-order") else list(addresses)

    def cidrmatch(self, ipaddrs, n):
        return any(super(Peer, self).cidrmatch([address], n) for address in ipaddrs)

    def validated_ptrs(self):
        forgiving = self.has("p-error" if self.of_macro else "ptr-error")
        try:
            names = self.dns_ptr(self.i)
            self.charge(sys._getframe(1).f_locals.get("arg", ""), names)  # of check0: the target of ptr
        except spf.TempError:
            if not forgiving:
                raise
            names = []
        return [name for name in names[:spf.MAX_PTR] if self.is_validated(name, forgiving)]

    def is_validated(self, name, forgiving):
        """A name of the client leads back to it."""
        try:
            return self.cidrmatch(self.hosts(name), self.cidrmax)
        except spf.TempError:
            if not forgiving:
                raise
            return False

    # what is read and expanded

    def getp(self):
        self.d = str(self.d)
        self.p = None if self.has("p-domain") else self.p
        self.of_macro = True
        try:
            return super().getp()
        finally:
            self.of_macro = False

    def check_grammar(self, string, grammar):
        """A macro-string is of the grammar."""
        if not grammar.fullmatch(string):
            raise spf.PermError("not of the grammar", string)

    def expand(self, s, stripdot=True):
        if self.has("grammar"):
            self.check_grammar(s, MACRO_STRING if stripdot else EXPLAIN_STRING)
        if not self.has("cut"):
            return super().expand(s, stripdot)
        result = self.expand_uncut(s, stripdot)
        while stripdot and len(result) > 253 and "." in result:
            result = result.partition(".")[2]
        return result

    def unmatchable(self, spec):
        """RFC 8616 4: the local part is not ASCII, and the domain-spec holds it."""
        return self.has("local-ascii") and not self.l.isascii() and SENDER_MACRO.search(spec) is not None

    def expand_domain(self, arg):
        result = super().expand_domain(arg)
        if self.unmatchable(arg) or (self.has("empty-target") and arg and not result):
            return NO_NAME
        return Unequal(result) if self.has("include-self") else result

    def validate_mechanism(self, mech):
        if self.has("include-self") and re.fullmatch("[-+~?]?include", mech, re.I):
            raise spf.PermError("include without a domain", mech)
        mech, name, arg, cidrlength, result = super().validate_mechanism(mech)
        if name == "include" and self.unmatchable(mech):
            name = "exists"
        return mech, name, arg, cidrlength, result

    def get_explanation(self, spec):
        result = super().get_explanation(spec)
        printable = result is None or re.fullmatch("[ -~]*", result)
        return result if printable or not self.has("exp-ascii") else None

    # running

    def run(self):
        """(result, explanation, lookups, void lookups)."""
        kept = spf.DNSLookup, spf.RE_MODIFIER, spf.JOINERS, spf.RE_INVALID_MACRO, spf.RE_ARGS
        spf.DNSLookup, spf.RE_MODIFIER = self.answer, Modifiers(self)
        if self.has("join"):
            spf.JOINERS = Always({"*": "."})
        if self.has("grammar"):
            spf.RE_INVALID_MACRO, spf.RE_ARGS = re.compile("(?!)"), re.compile(r"([0-9]*)([rR]?)([^0-9a-zA-Z]*)")
        try:
            result, _, explanation = self.check()
        finally:
            spf.DNSLookup, spf.RE_MODIFIER, spf.JOINERS, spf.RE_INVALID_MACRO, spf.RE_ARGS = kept
        explanation = explanation.lower() if result == "fail" else ""
        return result, explanation, min(self.lookups, spf.MAX_LOOKUP), self.void_lookups


class Unequal(str):
    """A text that equals no other: an include of the domain itself is taken for one of another."""
    __hash__ = str.__hash__

    def __eq__(self, other):
        return False

    def __ne__(self, other):
        return True


def to_alabels(domain):
    """A domain in A-labels, where that is possible."""
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def canonical(item):
    """The canonical order of MX and PTR data (RFC 4034 6.3)."""
    preference, name = item if isinstance(item, tuple) else (0, item)
    return preference, [(len(label), label) for label in name.split(".")]


def expansion(world, domain, spec):
    """What pyspf expands a domain-spec to before a world has answers; None: it does not."""
    try:
        peer = Peer(world, world.sender, frozenset(["last-at", "domain", "join", "grammar", "cut", "a-labels"]))
        peer.d, peer.p = domain, "unknown"
        return peer.expand(spec)
    except spf.PermError:
        return None
