#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay check` from outside: every form of its report read back by a reader of that form, every exit status, cases,
zone files, and where it is installed NSD.

$ASSAY_BUILD is the build's folder, $ASSAY_SARIF_SCHEMA the schema of SARIF 2.1.0 where it is at hand. Prints TAP, then
`N passed, N failed`. A word on the command line runs only the tests with it in their names.
"""
import csv
import html.parser
import io
import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import time
import xml.etree.ElementTree
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(Path(__file__).resolve().parent), str(TOP / "tools/lab")]
from lab import Lab, Missing  # noqa: E402
import test_cli  # noqa: E402
from test_cli import ASSAY, CONTROL, environment, fails, has, lacks, mismatch, run, same, temporary, valid  # noqa: E402
from test_scan import free_port  # noqa: E402

TESTS = []
SEVERE = ("notice", "warning", "error")
HOSTILE = ('=cmd|calc <script>alert(1)</script> | `a` ``` **b** & ]]> \\027[31m \\226\\128\\174gpj "quoted\\" '
           "\\255 +next -x @y &#x27; onload=z").replace('"', '\\"', 1)


def test(function):
    """Mark a test; its name is the claim."""
    TESTS.append(function)
    return function


def zone(folder, extra="", dmarc="v=DMARC1; p=none; rua=mailto:a@shop.example", name="shop.zone"):
    """A zone of shop.example with SPF, one MX host and DMARC."""
    path = Path(folder) / name
    path.write_text(f"""$ORIGIN shop.example.
$TTL 1h
@ SOA ns1 h 1 2 3 4 5
  NS ns1
  MX 10 mail
  TXT "v=spf1 mx -all"
mail A 192.0.2.1
_dmarc TXT "{dmarc}"
{extra}""")
    return path


def check(*words, **env):
    """Run assay check."""
    return run("check", *words, **env)


def report(done):
    """The one domain of a --json report that the schema allows."""
    return valid(done.out, "check")["domains"][0]


def found(domain):
    """(id, subject) with the outcome of each."""
    return {(one["id"], one["subject"]): one["outcome"] for one in domain["findings"]}


# -- cases --------------------------------------------------------------------------------------------------------

def cases():
    """Every case of the areas, as the text of a file of its own."""
    for path in sorted((TOP / "src/posture/cases").glob("*.case")):
        shared, *rest = re.split(r"^\[case\]\n", path.read_text(), flags=re.M)
        for text in rest:
            if re.search(r"^domain\s*=", text, flags=re.M):
                yield path.stem, f"{shared}[case]\n{text}"


@test
@temporary
def every_case_is_reported_as_the_schema_says(folder):
    n, statuses = 0, set()
    shutil.copytree(TOP / "src/posture/cases", folder, dirs_exist_ok=True)  # what cases name by `file =`
    for stem, text in cases():
        path = folder / "one.case"
        path.write_text(text)
        done = check("--world", path, "--jsonl")
        assert done.status in (0, 1, 75), f"{stem}: {done.status}\n{done.err}\n{text}"
        domain = valid(done.out, "check")
        same(domain["status"], done.status, text)
        assert "took_ms" not in domain
        statuses.add(done.status)
        n += 1
    assert n > 50, n
    assert {0, 1} <= statuses, statuses


@test
@temporary
def a_case_is_asked_for_its_own_domain_or_for_another(folder):
    text = next(text for stem, text in cases() if stem == "dmarc")
    (folder / "one.case").write_text(text)
    done = check("--world", "one.case", "--json", cwd=folder)
    same(report(done)["domain"], "example.com")
    same(report(done)["now"], "2026-11-23T12:00:00Z")
    same(report(check("--world", "one.case", "--json", "other.example", cwd=folder))["domain"], "other.example")
    same(report(check("--world", "one.case", "--json", "--now", "2027-01-01", cwd=folder))["now"], "2027-01-01T00:00:00Z")
    has(check("--world", "one.case", cwd=folder).out, "example.com", "answered by a case")


@test
def a_case_that_is_run_tells_its_posture_as_check_does():
    done = run("case", "--json", "-k", "dmarc/sound", TOP / "src/posture/cases/dmarc.case")
    same(done.status, 0, done.err)
    line = json.loads(done.out)
    schema = json.loads((TOP / "docs/json/check.schema.json").read_text())
    members = {name: line[name] for name in schema["$defs"]["domain"]["properties"] if name in line}
    members.update(version=1, asked="", status=0)
    assert mismatch(members, schema["$defs"]["domain"], schema) is None, mismatch(members, schema["$defs"]["domain"], schema)
    assert {"findings", "score", "areas"} <= set(line)


# -- forms --------------------------------------------------------------------------------------------------------

class Page(html.parser.HTMLParser):
    """What a page holds, and that its elements close in order."""

    VOID = ("meta", "br", "link", "img", "hr", "input")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text, self.headings = [], [], [], []
        self.attributes = {}
        self.feed(text)
        self.close()
        same(self.open, [])

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        same(self.open.pop(), tag)

    def handle_data(self, data):
        self.text.append(data)


@test
@temporary
def the_page_runs_nothing_and_loads_nothing(folder):
    path = zone(folder, dmarc=f"v=DMARC1; p=none; {HOSTILE}")
    done = check("--zone", path, "--offline", "--html")
    page = Page(done.out)
    assert not {"script", "link", "img", "iframe", "object", "base", "form", "a"} & set(page.tags), page.tags
    assert not {"src", "href", "style", "srcset", "action"} & set(page.attributes), page.attributes.keys()
    assert not [name for name in page.attributes if name.startswith("on")]
    assert "url(" not in done.out and "@import" not in done.out
    same(page.attributes["lang"], ["en"])
    same(page.headings[0], 1)
    same(page.headings.count(1), 1)
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:])), page.headings
    assert "prefers-color-scheme:dark" in done.out
    assert set(page.attributes["scope"]) == {"col", "row"}
    has("".join(page.text), "<script>alert(1)</script>")


@test
@temporary
def junit_is_read_back(folder):
    path = zone(folder, f'@ TXT "v=spf1 {HOSTILE}"')
    done = check("--zone", path, "--offline", "--junit", "--fail-on", "notice")
    domain = report(check("--zone", path, "--offline", "--json", "--fail-on", "notice"))
    root = xml.etree.ElementTree.fromstring(done.out.encode())
    suites = root.findall("testsuite")
    same(sum(int(suite.get("tests")) for suite in suites), len(domain["findings"]))
    same(len(root.findall(".//testcase")), len(domain["findings"]))
    hits = sum(one["outcome"] in SEVERE for one in domain["findings"])
    same(len(root.findall(".//failure")), hits)
    same(sum(int(suite.get("failures")) for suite in suites), hits)
    unknown = sum(one["outcome"] == "unknown" for one in domain["findings"])
    same(len(root.findall(".//skipped")), unknown)
    try:
        import junitparser
    except ImportError:
        print("# python3-junitparser is not installed")
        return
    read = junitparser.JUnitXml.fromstring(done.out.encode())
    same(sum(suite.tests for suite in read), len(domain["findings"]))


@test
@temporary
def csv_is_read_back_and_no_cell_is_a_formula(folder):
    path = zone(folder, f'@ TXT "v=spf1 {HOSTILE}"')
    done = check("--zone", path, "--offline", "--csv", "-v")
    rows = list(csv.reader(io.StringIO(done.out, newline="")))
    assert all(len(row) == len(rows[0]) for row in rows)
    same(len(rows) - 1, len(report(check("--zone", path, "--offline", "--json"))["findings"]))
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    short = list(csv.reader(io.StringIO(check("--zone", path, "--offline", "--csv").out, newline="")))
    assert not [row for row in short if row[3] == "pass"]


def sarif_schema(log):
    """Hold a log against the schema of SARIF, where it and a validator are at hand."""
    path = os.environ.get("ASSAY_SARIF_SCHEMA")
    if not path or not Path(path).exists():
        print("# no schema of SARIF: ASSAY_SARIF_SCHEMA is not set")
        return
    try:
        import jsonschema
    except ImportError:
        print("# python3-jsonschema is not installed")
        return
    schema = json.loads(Path(path).read_text())
    faults = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(log))
    same([fault.message for fault in faults], [])


@test
@temporary
def sarif_points_to_the_record(folder):
    path = zone(folder, f'@ TXT "v=spf1 {HOSTILE}"')
    done = check("--zone", path, "--offline", "--sarif", "-v", "shop.example", "sub.shop.example", "..")
    same(done.status, 64)
    log = json.loads(done.out)
    sarif_schema(log)
    same(log["version"], "2.1.0")
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) > 100
    assert all(rule["helpUri"].startswith("https://") and rule["shortDescription"]["text"] for rule in rules)
    assert one["results"]
    (run,) = one["invocations"]
    assert not run["executionSuccessful"]
    same([n["message"]["text"] for n in run["toolExecutionNotifications"]], ["..: it is no domain name"])
    seen = 0
    for result in one["results"]:
        same(rules[result["ruleIndex"]]["id"], result["ruleId"])
        (location,) = result["locations"]
        assert location["logicalLocations"][0]["fullyQualifiedName"]
        assert result["partialFingerprints"]
        for place in [location, *result.get("relatedLocations", [])]:
            at = place["physicalLocation"]["artifactLocation"]
            assert at["uri"] and place["physicalLocation"]["region"]["startLine"] == 1
            if "index" not in at:
                continue
            artifact = one["artifacts"][at["index"]]
            same(artifact["location"]["uri"], at["uri"])
            region = place["physicalLocation"]["region"]
            begin = region["charOffset"]
            same(artifact["contents"]["text"][begin:begin + region["charLength"]], region["snippet"]["text"])
            seen += 1
    assert seen > 0
    assert len({json.dumps(a["location"]["uri"] + "\0" + a["contents"]["text"]) for a in one["artifacts"]}) == len(
        one["artifacts"])


@test
@temporary
def hosts_that_were_not_asked_are_not_said_to_be_in_clear(folder):
    areas = report(check("--zone", zone(folder), "--offline", "--json"))["areas"]
    same([a["text"] for a in areas if a["area"] == "TLS"],
         ["whether the MX host encrypts with TLS 1.2 or better is not known"])
    two = report(check("--zone", zone(folder, "@ MX 20 other\nother A 192.0.2.2"), "--offline", "--json"))["areas"]
    same([a["text"] for a in two if a["area"] == "TLS"],
         ["whether the MX hosts encrypt with TLS 1.2 or better is not known"])


@test
@temporary
def no_form_lets_a_record_out_of_its_place(folder):
    path = zone(folder, f'@ TXT "v=spf1 {HOSTILE}"\nm TXT "{HOSTILE}"', dmarc=f"v=DMARC1; p=none; {HOSTILE}")
    for form in ([], ["-v"], ["--json"], ["--jsonl"], ["--csv"], ["--markdown"], ["--html"], ["--sarif"], ["--junit"]):
        done = check("--zone", path, "--offline", *form)
        assert done.status in (0, 1), done.err
        assert not CONTROL.search(done.out.replace("\r\n", "\n")), (form, CONTROL.search(done.out))
        done.out.encode()
        if form in (["--markdown"], ["--html"], ["--junit"]):
            lacks(re.sub(r"(`+) .*? \1|^`{3,}diff\n.*?^`{3,}$", "", done.out, flags=re.S | re.M), "<script")
    plain = check("--zone", path, "--offline", "-v", LC_ALL="C").out
    assert plain.isascii(), plain


@test
@temporary
def one_form_at_a_time(folder):
    fails(check("--json", "--html", "--zone", zone(folder)), 64, "exclude each other")


@test
@temporary
def a_report_goes_into_a_file(folder):
    path = zone(folder)
    done = check("--zone", path, "--offline", "--html", "--out", folder / "page.html")
    same((done.status, done.out), (0, ""))
    Page((folder / "page.html").read_text())
    fails(check("--zone", path, "--offline", "--out", folder / "no/such"), 73, "No such file")


# -- statuses -----------------------------------------------------------------------------------------------------

@test
@temporary
def what_the_owner_tells_changes_what_is_looked_at(folder):
    sample = (TOP / "docs/samples/owner.case").read_text()
    path = Path(folder) / "owner.case"
    path.write_text(sample.replace("[web]", '_dmarc.news.shop.example. IN TXT "v=DMARC1; p=none"\n'
                                            "news.shop.example. IN A 203.0.113.81\n[web]", 1))
    plain = found(report(check("--json", "--world", path)))
    lacks(str(plain), "PARKED-SPF", "DMARC-SUB-WEAKER', 'news")
    below = found(report(check("--json", "--world", path, "--subdomain", "news.shop.example")))
    same(below["DMARC-SUB-WEAKER", "news.shop.example"], "warning")
    parked = found(report(check("--json", "--world", path, "--profile", "parked")))
    same(parked["PARKED-SPF", "shop.example"], "error")
    shown = check("--world", path, "--profile", "parked", COLUMNS="200").out
    for area in "SPF", "DMARC":
        line, = re.findall(rf"^  {area} .*", shown, re.M)
        has(line, "broken", "PARKED-" + area)
    path.write_text(sample.replace("selector = s2026\n", ""))
    has(check("--world", path).out, "no selector is known")
    gone = check("--world", path, "--selector", "gone").out
    has(gone, "no selector with a key is known: DKIM-SELECTORS")
    lacks(gone, "no selector is known")
    asked = [report(check("--json", "--world", path, *ns))["questions"] for ns in ((), ("--ns",))]
    assert asked[1] > asked[0], asked
    whole = check("--world", path, "--verbose").out
    has(whole, "Passed: SPF-MISSING", "source: RFC")
    lacks(check("--world", path).out, "Passed: ")


@test
@temporary
def the_exit_status_is_what_fail_on_says(folder):
    warned = zone(folder)
    same(found(report(check("--zone", warned, "--offline", "--json")))["DMARC-P-NONE", "shop.example"], "warning")
    same(check("--zone", warned, "--offline").status, 0)
    same(check("--zone", warned, "--offline", "--fail-on", "warning").status, 1)
    text = check("--zone", warned, "--offline", "--json").out
    has(text, "its organizational domain is not known: TXT _dmarc.example: TIMEOUT (not asked: --offline)")
    broken = zone(folder, '@ TXT "v=spf1 -all"', name="broken.zone")
    same(check("--zone", broken, "--offline").status, 1)
    same(check("--zone", broken, "--offline", "--fail-on", "never").status, 0)
    fails(check("--fail-on", "everything", "x.example"), 64, "error warning notice never")


@test
def the_command_line_is_checked():
    fails(check(), 64, "which domain?")
    fails(check("a..b"), 64, "it is no domain name")
    fails(check("--offline", "a.example"), 64, "--offline goes with --zone")
    fails(check("--origin", "a", "a.example"), 64, "--origin goes with --zone")
    fails(check("--jobs", "0", "a.example"), 64, "from 1 to 64")
    fails(check("--selector", "a..b", "a.example"), 64, "is no name")
    fails(check("--record", "x.case", "a.example", "b.example"), 64, "--record keeps one domain")
    fails(check("--baseline", "/nonexistent", "a.example"), 66, "/nonexistent")
    fails(check("--expect", "/nonexistent", "a.example"), 66, "/nonexistent")


@test
@temporary
def drift_shows(folder):
    path = zone(folder)
    (folder / "want").write_text("dmarc.policy = none\nfinding DMARC-P-NONE = accepted until 2999-01-01\n"
                                 "finding MTASTS-MISSING = accepted\n")
    done = check("--zone", path, "--offline", "--expect", "want", "--fail-on", "warning", cwd=folder)
    same(done.status, 0, done.out)
    (folder / "want").write_text("# drift\n\ndmarc.policy = reject\n")
    done = check("--zone", path, "--offline", "--expect", "want", cwd=folder)
    same(done.status, 1)
    has(done.out, "want:3:1: dmarc.policy = reject: it is none")
    domain = report(check("--zone", path, "--offline", "--expect", "want", "--json", cwd=folder))
    same(domain["expect"]["missed"], [{"line": 3, "column": 1, "text": "dmarc.policy = reject", "got": "none"}])
    (folder / "want").write_text("dmarc.polizy = reject\n")
    fails(check("--zone", path, "--offline", "--expect", "want", cwd=folder), 64,
          'want:1:1: nothing is known of "dmarc.polizy"; did you mean "dmarc.policy"?')


@test
@temporary
def a_baseline_leaves_what_changed(folder):
    before = zone(folder, name="before.zone")
    after = zone(folder, '_dmarc TXT "v=DMARC1; p=reject"', name="after.zone")
    for form in ("--json", "--jsonl"):
        (folder / "former").write_text(check("--zone", before, "--offline", form).out)
        same_again = check("--zone", before, "--offline", "--baseline", folder / "former", "--fail-on", "notice")
        same(same_again.status, 0, same_again.out)
        has(same_again.out, "Nothing changed.", "0 added, 0 removed")
        done = check("--zone", after, "--offline", "--baseline", folder / "former")
        same(done.status, 1)
        has(done.out, "DMARC-MULTIPLE", "added", "not known now DMARC-P-NONE")
        better = zone(folder, dmarc="v=DMARC1; p=reject; rua=mailto:a@shop.example", name="better.zone")
        done = check("--zone", better, "--offline", "--baseline", folder / "former", "--fail-on", "notice")
        same(done.status, 0, done.out)
        has(done.out, "removed DMARC-P-NONE shop.example (warning)")
    domain = report(check("--zone", after, "--offline", "--baseline", folder / "former", "--json"))
    assert "DMARC-MULTIPLE" in [one["id"] for one in domain["baseline"]["added"]], domain["baseline"]
    fails(check("--zone", after, "--offline", "--baseline", before), 64, "it is no output of assay check")


# -- zones and names ----------------------------------------------------------------------------------------------

@test
@temporary
def a_wrong_zone_is_told_with_its_place(folder):
    path = zone(folder, "x TEXT nothing\n")
    fails(check("--zone", path, "--offline"), 64, f'{path}:9:3: "TEXT" is no type of record')
    (folder / "a.zone").write_text("_dmarc TXT v=DMARC1\n")
    fails(check("--zone", folder / "a.zone", "--offline"), 64, "--origin NAME")
    same(check("--zone", folder / "a.zone", "--offline", "--origin", "a.example").out.split()[0], "a.example")
    same(check("--zone", folder / "a.zone", "--offline", "a.example").out.split()[0], "a.example")


@test
@temporary
def letters_of_any_language_go_in_and_out(folder):
    path = folder / "b.zone"
    path.write_text("$ORIGIN xn--bcher-kva.example.\n@ SOA a b 1 2 3 4 5\n  TXT \"v=spf1 -all\"\n")
    done = check("--zone", path, "--offline", "B\u00fccher.example")
    same(done.out.split()[0], "b\u00fccher.example")
    domain = report(check("--zone", path, "--offline", "--json", "b\u00fccher.example"))
    same((domain["domain"], domain["domain_unicode"]), ("xn--bcher-kva.example", "b\u00fccher.example"))
    same(check("--zone", path, "--offline", LC_ALL="C").out.split()[0], "xn--bcher-kva.example")
    # a record to publish stays as it is to be published
    for line in check("--zone", path, "--offline", "-v").out.splitlines():
        if line.strip().endswith("TXT"):
            assert "b\u00fccher" not in line, line


@test
@temporary
def domains_come_out_in_their_order(folder):
    names = [f"d{i}.shop.example" for i in range(40)]
    done = check("--zone", zone(folder), "--offline", "--jsonl", "--jobs", "7", *names)
    same([valid(line, "check")["domain"] for line in done.out.splitlines()], names)
    has(done.err, "40 domains:")


# -- help ---------------------------------------------------------------------------------------------------------

@test
def every_check_is_explained():
    rules = (TOP / "src/posture").glob("catalogue_*.h")
    ids = [name for path in rules for name in re.findall(r'F\([A-Z0-9_]+, "([A-Z0-9-]+)"', path.read_text())]
    assert len(ids) > 100
    for name in ids[::5]:
        done = run("help", name.lower())
        same(done.status, 0)
        has(done.out, name, "source", "severity", f"/share/doc/assay/findings/{name}.md")
        assert (TOP / f"docs/findings/{name}.md").exists(), name
    fails(run("help", "SPF-LOKUPS"), 64, 'did you mean "SPF-LOOKUPS"?')


# -- a real server -------------------------------------------------------------------------------------------------

def nsd(folder):
    """NSD with an unsigned root that holds everything. Return its address and the process"""
    port = free_port()
    (folder / "root.zone").write_text("""$TTL 300
. SOA a. h. 1 3600 900 604800 60
. NS a.
a. A 127.0.0.1
d.example. MX 10 mx.d.example.
mx.d.example. A 192.0.2.1
d.example. TXT "v=spf1 include:_spf.p.example -all"
_spf.p.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.d.example. TXT "v=DMARC1; p=reject; rua=mailto:x@d.example"
alias.example. CNAME d.example.
""")
    (folder / "nsd.conf").write_text(f"""server:
 ip-address: 127.0.0.1@{port}
 do-ip6: no
 server-count: 1
 username: ""
 chroot: ""
 database: ""
 zonesdir: "{folder}"
 pidfile: ""
 zonelistfile: "{folder}/list"
 xfrdfile: "{folder}/xfrd"
 xfrdir: "{folder}"
 rrl-ratelimit: 0
remote-control:
 control-enable: no
zone:
 name: .
 zonefile: root.zone
""")
    process = subprocess.Popen(["/usr/sbin/nsd", "-d", "-c", folder / "nsd.conf"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(1)
    return f"127.0.0.1@{port}", process


@test
@temporary
def a_real_server_is_asked_and_the_answers_replay(folder):
    if not shutil.which("nsd", path="/usr/sbin:/usr/bin"):
        print("# nsd is not installed")
        return
    at, server = nsd(folder)
    quiet = ("--resolver", at, "--no-probe", "--no-web")
    try:
        names = ["d.example", "other.d.example", "alias.example", "nothing.example"]
        lines = [valid(line, "check") for line in check(*quiet, "--jsonl", "--jobs", "3", *names).out.splitlines()]
        recorded = check(*quiet, "--json", "--record", "d.case", "d.example", cwd=folder)
        zoned = check(*quiet, "--json", "--zone", zone(folder, "out CNAME d.example.\n"), "out.shop.example")
    finally:
        server.terminate()
        server.wait()
    same([line["domain"] for line in lines], names)
    same(found(lines[0])["DMARC-MISSING", "d.example"], "pass")
    same(lines[0]["dmarc"][0]["policy"], "reject")
    same(found(lines[3])["DNS-NO-DOMAIN", "nothing.example"], "error")
    same([one["host"] for one in lines[2]["transports"]], [one["host"] for one in lines[0]["transports"]])
    replayed = report(check("--world", "d.case", "--json", cwd=folder))
    same(found(replayed), found(report(recorded)))
    # an alias of the zone that leads out of it was followed by asking
    assert "mx.d.example" in [one["subject"] for one in report(zoned)["findings"]], found(report(zoned))
    same(report(zoned)["dmarc"][0]["record_name"], "shop.example")


GOOD = {
    "zones": {"good.example": {"signed": True, "records": [
        "@ MX 10 mx", '@ TXT "v=spf1 mx -all"',
        '_dmarc TXT "v=DMARC1; p=reject; sp=reject; np=reject; rua=mailto:d@good.example"',
        '_mta-sts TXT "v=STSv1; id=1;"', '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:t@good.example"',
        "_25._tcp.mx TLSA 3 1 1 {spki256:mx.good.example}",
        "_25._tcp.mx TLSA 3 1 1 " + 64 * "7"]}},
    "https": [{"host": "mta-sts.good.example", "certificate": "good", "paths": {"/.well-known/mta-sts.txt": {
        "body": "version: STSv1\r\nmode: enforce\r\nmx: mx.good.example\r\nmax_age: 1209600\r\n"}}}],
    "smtp": [{"host": "mx.good.example", "certificate": "good"}],
}


def in_lab(description, *words):
    """assay check in a small Internet of its own, or None where its programs are missing."""
    try:
        with Lab(description) as lab:
            return check("--resolver", lab.where["resolver"], "--trust-anchor", lab.where["trust_anchor"], "--ca-file",
                         lab.where["ca_file"], "--https-port", str(lab.where["https_port"]), "--smtp-port",
                         str(lab.where["smtp_port"]), "--allow-private", *words)
    except Missing as why:
        print(f"# {why}")
        return None


@test
def a_good_domain_is_seen_to_be_good_by_every_sender():
    done = in_lab(GOOD, "--json", "good.example")
    if not done:
        return
    domain = report(done)
    (host,) = domain["transports"]
    same([host[how] for how in ("opportunistic", "mta_sts", "dane", "both")],
         ["encrypted", "authenticated", "authenticated", "authenticated"], done.out)
    same(host["rollover_ready"], True)
    severe = {one["id"] for one in domain["findings"] if one["outcome"] in ("warning", "error")}
    same(severe - {"MX-NO-ADDRESS", "MX-PTR"}, set(), done.out)  # the laboratory lies on the loopback
    same({goal["thousandths"] for goal in domain["score"]["goals"] if goal["id"] != "G6"}, {1000}, done.out)


@test
def old_versions_of_tls_are_looked_for_when_that_is_asked():
    old = json.loads(json.dumps(GOOD))
    old["smtp"][0]["tls"] = {"min": "1.0"}
    spec = old["zones"]["good.example"]
    spec["records"] = [line for line in spec["records"] if "TLSA" not in line]  # else TLS is DANE's matter
    for words, outcome in (((), None), (("--probe-old",), "notice")):
        done = in_lab(old, "--json", *words, "good.example")
        if done:
            same(found(report(done)).get(("TLS-LEGACY", "mx.good.example")) == "notice", outcome == "notice", str(found(report(done))))


@test
@temporary
def what_the_owner_says_counts(folder):
    path = zone(folder, extra='_dmarc.shop TXT "v=DMARC1; p=none; rua=mailto:a@shop.example"\n',
                dmarc="v=DMARC1; p=reject; rua=mailto:a@shop.example")
    words = ("--zone", path, "--offline", "--json", "shop.example")
    for more, profile, inferred in (((), "mail", True), (("--profile", "parked"), "parked", False)):
        domain = report(check(*words, *more))
        same((domain["profile"]["is"], domain["profile"]["inferred"]), (profile, inferred))
    weaker = ("DMARC-SUB-WEAKER", "shop.shop.example")
    same((found(report(check(*words))).get(weaker), found(report(check(*words, "--subdomain", "shop.shop.example"))).get(weaker)),
         (None, "warning"))
    plain, servers = (report(check(*words, *more)) for more in ((), ("--ns",)))
    assert servers["questions"] > plain["questions"], (servers["questions"], plain["questions"])
    brief, long = (check("--zone", path, "--offline", *more, "shop.example").out for more in ((), ("--verbose",)))
    assert len(long.splitlines()) > len(brief.splitlines()) + 10, long


@test
def a_policy_that_cannot_be_had_is_shown_with_what_senders_do():
    broken = json.loads(json.dumps(GOOD))
    broken["https"][0]["certificate"] = "expired"
    broken["smtp"][0]["certificate"] = "self-signed"
    done = in_lab(broken, "-v", "good.example")
    if not done:
        return
    same(done.status, 1, done.out)
    has(done.out, "MTASTS-CERT", "mta-sts.good.example")


@test
def a_terminal_shows_how_far_it_is():
    mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    mute.bind(("127.0.0.1", 0))
    ours, theirs = pty.openpty()
    process = subprocess.Popen([ASSAY, "check", "--resolver", f"127.0.0.1@{mute.getsockname()[1]}", "d.example"],
                               stdout=subprocess.DEVNULL, stderr=theirs, env=environment(TERM="xterm"))
    try:
        time.sleep(2.5)
        shown = os.read(ours, 65536).decode()
    finally:
        process.kill()
        process.wait()
        mute.close()
        os.close(ours)
        os.close(theirs)
    assert re.search(r"\r\x1b\[K  0 of \d+ questions answered, [12]\.\d s", shown), shown


@test
def a_resolver_that_does_not_answer_is_no_verdict():
    began = time.monotonic()
    done = check("--resolver", "127.0.0.1@9", "--no-probe", "--no-web", "d.example")
    same(done.status, 75, done.out + done.err)
    has(done.out, "Too little is known", "--resolver ADDR")
    lacks(done.out, "broken")
    assert time.monotonic() - began < 90


if __name__ == "__main__":
    sys.exit(test_cli.main(TESTS))
