#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay spf tree|reach|flatten|watch|test` from outside, without the network."""
import ipaddress
import json
import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import test_cli
from test_cli import TOP, complete, fails, has, lacks, mismatch, run, same

test_cli.TESTS.clear()
test = test_cli.test

ENVELOPE = "[envelope]\nnow = 2026-11-29T00:00:00Z\nip = 192.0.2.1\nfrom = a@shop.example\n[dns]\n"
TREE = """shop.example. TXT "v=spf1 ip4:192.0.2.0/24 include:_spf.google.com include:b.example a mx ~all"
shop.example. A 192.0.2.7
shop.example. MX 10 mail.shop.example
mail.shop.example. A 198.51.100.1
mail.shop.example. AAAA 2001:db8::1
_spf.google.com. TXT "v=spf1 include:_netblocks.google.com ~all"
_netblocks.google.com. TXT "v=spf1 ip4:64.233.160.0/19 ip4:192.0.2.128/25 ip6:2001:db8:4000::/36 ~all"
b.example. TXT "v=spf1 a:gone.example ip4:203.0.113.0/25 ip4:203.0.113.128/25 -all"
"""


def temporary():
    """A folder."""
    return tempfile.TemporaryDirectory(prefix="assay-spf.")


def many(n):
    """A domain with n includes of two networks each."""
    lines = ['wide.example. TXT "v=spf1 ' + " ".join(f"include:i{i}.example" for i in range(n)) + ' -all"\n']
    lines += [f'i{i}.example. TXT "v=spf1 ip4:198.51.{i}.0/25 ip4:198.51.{i}.128/25 ?all"\n' for i in range(n)]
    return "".join(lines)


def world(folder, dns, name="w.case"):
    """A case that answers."""
    path = Path(folder) / name
    path.write_text(ENVELOPE + dns)
    return path


def asked(dns, *words, status=0):
    """What `assay spf WORDS --json` prints."""
    with temporary() as folder:
        done = run("spf", *words, "--json", "--world", world(folder, dns))
        same((done.status, done.err), (status, ""))
        return json.loads(done.out)


def schema():
    """The schema of the JSON."""
    return json.loads((TOP / "docs/json/spf-domain.schema.json").read_text())


@test
def a_tree_tells_what_each_term_costs_and_adds():
    page = asked(TREE, "tree", "shop.example")
    same((page["lookups"], page["addresses"]["ipv4"]), (6, str(256 + 8192 + 256 + 1)))
    uses = {use["term"]: use for use in page["tree"]["terms"]}
    same(uses["include:_spf.google.com"]["adds"], {"ipv4": "8192", "ipv6": str(2 ** 92)})
    same(uses["include:_spf.google.com"]["matches"]["ipv4"], str(8192 + 128))
    same(uses["a"]["adds"]["ipv4"], "0")
    has(uses["a"]["remarks"], "shadowed")
    inner = uses["include:b.example"]["record"]["terms"][0]
    has(inner["remarks"], "dead: it has no address")
    same(mismatch(page, schema(), schema()), None)


@test
def a_tree_is_readable_and_shows_where_receivers_stop():
    with temporary() as folder:
        done = run("spf", "tree", "wide.example", "--world", world(folder, many(12)))
        same(done.status, 1)
        has(done.out, "12 of 10 lookups", "More than 10 terms ask the DNS")
        lines = done.out.splitlines()
        at = next(i for i, line in enumerate(lines) if "receivers stop here" in line)
        has(lines[at - 1], "include:i10.example")
        assert max(map(len, lines)) <= 80, max(lines, key=len)


@test
def what_did_not_answer_is_not_known():
    page = asked(TREE + "c.example. TXT TIMEOUT\n", "tree", "shop.example", "--text", "v=spf1 include:c.example -all", status=75)
    same((page["known"], page["more_not_known"]), (False, True))
    has(page["tree"]["terms"][0]["remarks"], "not known: TIMEOUT")


@test
def another_record_can_be_tried():
    with temporary() as folder:
        (Path(folder) / "record").write_text("v=spf1 ip4:192.0.2.1 -all\n")
        done = run("spf", "reach", "shop.example", "--json", "--text", "@record", "--world", world(folder, TREE), cwd=folder)
        same(json.loads(done.out)["networks"], {"ipv4": ["192.0.2.1/32"], "ipv6": []})


@test
def the_reach_is_exact_and_names_who_shares():
    page = asked(TREE, "reach", "shop.example")
    nets = [ipaddress.ip_network(n) for n in page["networks"]["ipv4"]]
    same(nets, list(ipaddress.collapse_addresses(nets)))
    same(sum(n.num_addresses for n in nets), int(page["addresses"]["ipv4"]))
    shared = {term["term"]: term["shared_by"] for term in page["terms"]}
    same(shared["include:_spf.google.com"], "Google Workspace")
    same(shared["include:b.example"], "")
    same(mismatch(page, schema(), schema()), None)
    with temporary() as folder:
        done = run("spf", "reach", "shop.example", "--world", world(folder, TREE))
        has(done.out, "shared by all customers of Google Workspace", "Fewer than 100,000")


@test
def a_picture_is_xml_and_holds_no_markup_of_records():
    with temporary() as folder:
        dns = 'shop.example. TXT "v=spf1 include:b.example <script>alert(1)</script>"\n'
        done = run("spf", "tree", "shop.example", "--svg", "--world", world(folder, TREE))
        root = ET.fromstring(done.out)
        same(root.tag, "{http://www.w3.org/2000/svg}svg")
        has("".join(root.itertext()), "include:_spf.google.com", "SPF of shop.example")
        done = run("spf", "tree", "shop.example", "--svg", "--world", world(folder, dns))
        ET.fromstring(done.out)
        lacks(done.out, "<script")


@test
def a_flat_record_has_few_lookups_and_the_same_senders():
    page = asked(many(12), "flatten", "wide.example")
    same(mismatch(page, schema(), schema()), None)
    assert page["lookups_after"] <= 10, page
    flattened = [term["term"] for term in page["terms"] if term["flattened"]]
    same(len(flattened) <= 3, True, flattened)
    same([term for term in page["terms"] if term["flattened"] != (term["networks"] > 0)], [])
    assert page["proved_addresses"] > 20, page
    records = "".join(f'{r["name"]}. TXT "{r["text"]}"\n' for r in page["records"])
    rest = many(12).split("\n", 1)[1]
    before, after = asked(many(12), "reach", "wide.example", status=1), asked(records + rest, "reach", "wide.example")
    same(after["networks"], before["networks"])


@test
def only_what_is_named_is_flattened():
    page = asked(many(8), "flatten", "wide.example", "--only", "i2.example", "--only", "include:i5.example", "--max", "6", "--size",
                 "255", "--label", "spf")
    same([term["term"] for term in page["terms"] if term["flattened"]], ["include:i2.example", "include:i5.example"])
    same(page["lookups_after"], 6)
    assert all(len(r["text"]) <= 255 for r in page["records"]), page


@test
def one_name_alone_is_flattened():
    page = asked(many(10), "flatten", "wide.example", "--only", "i3.example")
    same([term["term"] for term in page["terms"] if term["flattened"]], ["include:i3.example"])
    same(page["lookups_after"], 9)


@test
def records_are_no_longer_than_asked_for():
    page = asked(many(40), "flatten", "wide.example", "--size", "255", "--label", "_part")
    assert len(page["records"]) > 1, page["records"]
    for record in page["records"]:
        assert len(record["text"]) <= 255, record
    assert all("_part" in record["name"] for record in page["records"][1:]), page["records"]


@test
def records_are_written_for_other_programs():
    marks = {"zone": 'wide.example. 3600 IN TXT "v=spf1', "nsupdate": "update add wide.example. 3600 TXT \"v=spf1",
             "octodns": "- type: TXT", "dnscontrol": 'TXT("@", "v=spf1', "terraform": 'resource "dns_txt_record_set"',
             "paste": "wide.example\nv=spf1"}
    with temporary() as folder:
        for name, mark in marks.items():
            done = run("spf", "flatten", "wide.example", "--format", name, "--world", world(folder, many(12)))
            same(done.status, 0)
            assert mark in done.out, (name, done.out)
            has(done.err, "A flattened record is right today")
        fails(run("spf", "flatten", "wide.example", "--format", "bind9", "--world", world(folder, many(12))), 64)


@test
def what_a_redirect_brings_in_is_no_template():
    dns = ('shop.example. TXT "v=spf1 include:a.example redirect=b.example"\na.example. TXT "v=spf1 ip4:192.0.2.1 -all"\n'
           'b.example. TXT "v=spf1 exists:${path.cwd}.%{i}.x.example -all"\n')
    with temporary() as folder:
        done = run("spf", "flatten", "shop.example", "--only", "a.example", "--format", "terraform",
                   "--world", world(folder, dns))
        same(done.status, 0, done.err)
        has(done.out, "exists:$${path.cwd}.%%{i}.x.example")


@test
def a_flat_record_is_not_made_of_missing_answers():
    with temporary() as folder:
        dns = many(12) + "i3.example. TXT SERVFAIL\n"
        dns = re.sub(r'i3\.example\. TXT "v=spf1.*\n', "", dns)
        done = run("spf", "flatten", "wide.example", "--world", world(folder, dns))
        same((done.status, done.out), (75, ""))


def watched(source, published, *words, status, extra=""):
    """What watch prints for a source and what is published."""
    with temporary() as folder:
        dns = f'source.shop.example. TXT "{source}"\nshop.example. TXT "{published}"\n' + TREE.split("\n", 1)[1] + extra
        done = run("spf", "watch", "shop.example", "--source", "source.shop.example", *words, "--world", world(folder, dns))
        same(done.status, status, done.err)
        return done


@test
def watch_is_silent_while_nothing_changes():
    same(watched("v=spf1 ip4:192.0.2.0/24 -all", "v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all", status=0).out, "")


@test
def watch_prints_what_has_to_be_published():
    done = watched("v=spf1 ip4:192.0.2.0/23 -all", "v=spf1 ip4:192.0.2.0/24 -all", "--format", "paste", status=1)
    has(done.out, "v=spf1 ip4:192.0.2.0/23 -all")
    has(done.err, "+ 192.0.3.0/24")


@test
def watch_refuses_to_take_much_away():
    done = watched("v=spf1 ip4:192.0.2.0/25 -all", "v=spf1 ip4:192.0.2.0/24 -all", status=65)
    same(done.out, "")
    has(done.err, "more than 20 %", "--force")
    has(watched("v=spf1 ip4:192.0.2.0/25 -all", "v=spf1 ip4:192.0.2.0/24 -all", "--force", status=1).out, "ip4:192.0.2.0/25")


@test
def watch_publishes_nothing_while_an_answer_is_missing():
    done = watched("v=spf1 include:late.example -all", "v=spf1 ip4:192.0.2.0/24 -all", status=75, extra="late.example. TXT SERVFAIL\n")
    same(done.out, "")


@test
def many_addresses_and_senders_are_judged():
    with temporary() as folder:
        done = run("spf", "test", "--domain", "shop.example", "--ip", "192.0.2.1", "--ip", "192.0.9.9", "--world", world(folder, TREE))
        same(done.status, 1)
        lines = [line.split()[:3] for line in done.out.splitlines() if line[0] != " "]
        same(lines, [["192.0.2.1", "shop.example", "pass"], ["192.0.9.9", "shop.example", "softfail"]])
        done = run("spf", "test", "--ip", "203.0.113.200", "--from", "a@b.example", "--from", "shop.example", "--json",
                   "--world", world(folder, TREE))
        same([(r["mail_from"], r["result"]) for r in json.loads(done.out)], [("a@b.example", "pass"), ("shop.example", "pass")])


@test
def what_is_missing_is_said():
    fails(run("spf", "test", "--domain", "a.example"), 64, "--ip is missing")
    fails(run("spf", "tree"), 64, "one domain is expected")
    fails(run("spf", "tree", "a..b"), 64, "no domain name")
    fails(run("spf", "watch", "a.example"), 64, "--source is missing")


@test
def bash_completes_them():
    same(complete("assay", "spf", "--for"), ["--force", "--format"])


if __name__ == "__main__":
    sys.exit(test_cli.main())
