# SPDX-License-Identifier: BSD-2-Clause
"""Mail that goes on: senders rewritten by SRS and bounces that come home, by the maps of docs/postfix.md and by the milter;
chains of ARC seals over hops of ours and one of dkimpy."""
import importlib
import re
import subprocess
import time
from pathlib import Path

from postfix_doc import site
from postfix_lab import BAD, GOOD, Missing, has, lacks, message, same, test, token, wait_for

MILTER = """
authserv_id = mx.example.org
log.format = json
srs {
    domain = srs.example.net
    secret = %(dir)s/srsm.secret
    listen = unix:%(dir)s/srsm.map
    mode = 0666
    local = example.org, .example.org
    milter = yes
}
milter "srsm" { listen = unix:%(dir)s/srsm.sock  mode = 0666 }
"""

HOP = """
authserv_id = mx.NAME.example
log.format = json
key "seal" { selector = arc  file = %(dir)s/NAME.pem  domain = NAME.example }
seal { key = seal }
milter "NAME" { listen = unix:%(dir)s/NAME.sock  mode = 0666 }
forwarder "first" { sealer = hop1.example  note = "seals what it forwards" }
"""

MASTER = "srscleanup unix n - n - 0 cleanup -o recipient_canonical_maps=socketmap:unix:%(dir)s/srsm.map:reverse\n"
ALICE, FRIEND = "alice@shop.example", "friend@away.example"


def names(lab):
    """The public keys of sealers."""
    lab.sealers = {name: lab.key(name) for name in ("hop1", "hop2", "dkimpy")}
    return {f"arc._domainkey.{name}.example": [record] for name, (_, record) in lab.sealers.items()}


def set_up(lab):
    """One assayd that rewrites, two that seal. \\return ports of Postfix"""
    Path(f"{lab.dir}/srsm.secret").write_text("a secret of the milter\n", encoding="ascii")
    Path(f"{lab.dir}/srsm.secret").chmod(0o600)
    lab.assayd(MILTER, "srsm")
    for name in ("hop1", "hop2"):
        lab.assayd(HOP.replace("NAME", name), name)
    services = {name: {"smtpd_milters": f"unix:{lab.dir}/{name}.sock"} for name in ("srsm", "hop1", "hop2")}
    services["srsm"].update({"cleanup_service_name": "srscleanup", "smtpd_recipient_restrictions":
                             f"check_recipient_access socketmap:unix:{lab.dir}/srsm.map:check, reject_unauth_destination"})
    return services


# -- SRS -----------------------------------------------------------------------------------------------------------

def forward(lab, service, sender=ALICE, to=(FRIEND,), client=GOOD):
    """Send a message that goes on. \\return (its word, what arrives)"""
    word = token()
    same(lab.send(message(sender or "MAILER-DAEMON@shop.example", word), service, mail_from=sender, to=to, client=client)[0], 250)
    return word, lab.got(word)


def is_rewritten(mail, domain):
    """Its sender is alice's, as ours."""
    assert re.fullmatch(rf"SRS0=[\w+/]{{4}}=\w\w=shop\.example=alice@{domain}", mail.sender), mail.sender


def site_forward(lab, **more):
    """The same at the site of docs/postfix.md."""
    site(lab)
    return forward(lab, "site", **more)


@test
def the_maps_give_what_is_forwarded_a_sender_of_ours(lab):
    is_rewritten(site_forward(lab)[1], "srs.example.org")
    same(site_forward(lab, sender="")[1].sender, "")
    same(site_forward(lab, sender="ann@example.org", client=None)[1].sender, "ann@example.org")
    again = site_forward(lab, sender="SRS0=Hash=TT=shop.example=alice@other.example")[1].sender
    assert re.fullmatch(r"SRS1=[\w+/]{4}=other\.example==Hash=TT=shop\.example=alice@srs\.example\.org", again), again


@test
def the_bounce_of_postfix_comes_home_to_the_original_sender(lab):
    site(lab)
    lab.sink.refused.add("gone@away.example")
    word = token()
    same(lab.send(message(ALICE, word), "site", client=GOOD, mail_from=ALICE, to=["gone@away.example"])[0], 250)
    mail = lab.got(word, recipient=ALICE)
    same(mail.sender, "")
    has(mail.data.decode(), "5.1.1 nobody of that name", "multipart/report")


@test
def a_bounce_from_outside_comes_home_with_its_header(lab):
    _, mail = site_forward(lab)
    word = token()
    same(lab.send(message("MAILER-DAEMON@away.example", word).replace(b"bob@example.net", mail.sender.encode()), "site",
                  mail_from="", to=[mail.sender])[0], 250)
    home = lab.got(word)
    same(home.recipients, [ALICE])
    same(home.all("To"), [ALICE])


def refused(lab, service, address):
    """What RCPT TO says of an address."""
    with lab.session(service) as smtp:
        same(smtp.mail("")[0], 250)
        code, text = smtp.rcpt(address)
        return code, text.decode()


def expired(lab, secret, domain):
    """An SRS address that was made 40 days ago."""
    return lab.tool("srs", "forward", "--secret", secret, "--domain", domain, "--now", str(int(time.time()) - 40 * 86400),
                    ALICE).strip()


@test
def forged_and_expired_addresses_are_refused_at_rcpt_and_told_why(lab):
    here = site(lab)
    for service, secret, domain in (("site", f"{here.etc}/assay/srs.secret", "srs.example.org"),
                                    ("srsm", f"{lab.dir}/srsm.secret", "srs.example.net")):
        good = lab.tool("srs", "forward", "--secret", secret, "--domain", domain, ALICE).strip()
        same(refused(lab, service, good)[0], 250)
        code, text = refused(lab, service, f"SRS0=AAAA={good[10:]}")
        same(code, 550, text)
        has(text, "5.1.", "hash")
        code, text = refused(lab, service, good.replace("alice", "bob"))
        same(code, 550, text)
        code, text = refused(lab, service, expired(lab, secret, domain))
        same(code, 550, text)
        has(text, "5.1.", "time stamp")
        same(refused(lab, service, "SRS0=AAAA=AA=a.example=b@elsewhere.example")[0], 250, "not an address of ours")


@test
def what_is_rewritten_and_refused_is_counted(lab):
    def counts():
        return [lab.count("srsm", f'assay_srs_total{{result="{result}"}}') for result in ("rewritten", "refused")]
    before, good = counts(), lab.tool("srs", "forward", "--secret", f"{lab.dir}/srsm.secret", "--domain", "srs.example.net",
                                      ALICE).strip()
    same(lab.send(message("MAILER-DAEMON@away.example", token()), "srsm", mail_from="", to=[good])[0], 250)
    rewritten, refusals = counts()
    assert rewritten > before[0], (before, rewritten)
    same(refusals, before[1])
    same(refused(lab, "srsm", f"SRS0=AAAA={good[10:]}")[0], 550)
    same(refused(lab, "srsm", "bob@example.org")[0], 250)
    same(counts(), [rewritten, before[1] + 1])


@test
def the_milter_gives_what_leaves_a_sender_of_ours_and_nothing_else(lab):
    is_rewritten(forward(lab, "srsm")[1], "srs.example.net")
    is_rewritten(forward(lab, "srsm", to=["bob@example.org", FRIEND])[1], "srs.example.net")
    same(forward(lab, "srsm", to=["bob@example.org", "bob@sub.example.org"])[1].sender, ALICE)
    same(forward(lab, "srsm", sender="")[1].sender, "")
    same(forward(lab, "srsm", sender="ann@example.org", client=None)[1].sender, "ann@example.org")
    word = token()
    code, text = lab.send(message(ALICE, word), "srsm", mail_from="x" * 60 + "@shop.example", to=[FRIEND], client=GOOD)
    same((code, text[:2]), (550, "5."), text)
    has(text, "64 are allowed")


@test
def a_bounce_comes_home_to_what_the_milter_has_rewritten(lab):
    _, mail = forward(lab, "srsm")
    word = token()
    same(lab.send(message("MAILER-DAEMON@away.example", word), "srsm", mail_from="", to=[mail.sender])[0], 250)
    same(lab.got(word).recipients, [ALICE])


# -- ARC -----------------------------------------------------------------------------------------------------------

def hop(lab, name, data, client=BAD):
    """Send a message through a hop. \\return what comes out"""
    word = token()
    code, text = lab.send(b"X-Hop: " + word.encode() + b"\r\n" + data, name, client=client, mail_from="x@lists.example")
    same(code, 250, text)
    return lab.got(word).data


def dkimpy():
    """dkimpy, or the test is skipped."""
    try:
        return importlib.import_module("dkim")
    except ImportError as why:
        raise Missing("dkimpy, python3-dkim of Debian") from why


def dkimpy_hop(lab, data):
    """A hop that adds a footer, and seals by dkimpy."""
    dkim = dkimpy()
    cv = arc_of_dkimpy(lab, data)
    data += b"-- \r\nA list.\r\n"
    data = f"Authentication-Results: mx.dkimpy.example; arc={cv}; dkim=pass header.d=out.example\r\n".encode() + data
    sealed = dkim.arc_sign(data, b"arc", b"dkimpy.example", Path(lab.sealers["dkimpy"][0]).read_bytes(), b"mx.dkimpy.example")
    return b"".join(sealed) + data


def arc_of_dkimpy(lab, data):
    """What dkimpy says of the chain."""
    dkim = dkimpy()
    records = {name: "".join(record[4:].strip('"').split('" "')) for name, (_, record) in lab.sealers.items()}

    def find(name, timeout=5):  # pylint: disable=unused-argument
        found = records.get(name.decode().removeprefix("arc._domainkey.").split(".")[0])
        return found.encode() if found else None
    cv, _, why = dkim.arc_verify(data, dnsfunc=find)
    return cv.decode() if cv else f"none: {why}"


def original(lab, word):
    """A message of a signer that the DNS knows."""
    path = f"{lab.dir}/original.eml"
    Path(path).write_bytes(message("Ann <ann@out.example>", word))
    return subprocess.run([f"{lab.build}/assay", "sign", "--no-check", "--key", f"{lab.dir}/s2026.pem", "--selector", "s2026",
                           "--domain", "out.example", path], capture_output=True, check=True).stdout


def arc_at(lab, name, data):
    """What the last hop's results say of the chain it got, and its seal of it."""
    header = data.partition(b"\r\n\r\n")[0].decode()
    flat = re.sub(r"\r\n[ \t]+", " ", header)
    return (re.search(rf"Authentication-Results: mx\.{name}\.example;.*?\barc=(\w+)", flat).group(1),
            re.search(r"ARC-Seal: [^\n]*?\bcv=(\w+)", flat).group(1))


@test
def a_chain_of_ours_dkimpy_and_ours_holds_for_both(lab):
    first = hop(lab, "hop1", original(lab, token()))
    same(arc_at(lab, "hop1", first), ("none", "none"))
    same((lab.checks(first, "arc")[0][0], arc_of_dkimpy(lab, first)), ("pass", "pass"))
    second = dkimpy_hop(lab, first)
    third = hop(lab, "hop2", second)
    same(arc_at(lab, "hop2", third), ("pass", "pass"))
    same((lab.checks(third, "arc")[0][0], arc_of_dkimpy(lab, third)), ("pass", "pass"))
    same(sorted(re.findall(rb"ARC-Seal:[^=]*i=(\d)", third)), [b"1", b"2", b"3"])
    fields = [line.partition(b":")[0] for line in third.split(b"\r\n") if line.startswith(b"ARC-")][:3]
    same(fields, [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])


CHANGES = (("body", rb"A list\.", b"A lost."),
           ("results of the first hop", rb"(ARC-Authentication-Results: i=1;.*?dkim=)pass", rb"\1fail"),
           ("seal of the first hop", rb"(ARC-Seal: i=1;.*?)d=hop1", rb"\1d=hop2"),
           ("subject", rb"Subject: t", b"Subject: other t"),
           ("a seal that is missing", rb"ARC-Seal: i=1;.*?\r\n(?![ \t])", b""), ("cv of a seal", rb"(cv=)none", rb"\1pass"))


@test
def a_chain_that_was_changed_in_between_fails_and_is_sealed_as_failed(lab):
    second = dkimpy_hop(lab, hop(lab, "hop1", original(lab, token())))
    for about, old, new in CHANGES:
        changed = re.sub(old, new, second, count=1, flags=re.S)
        assert changed != second, about
        third = hop(lab, "hop2", changed)
        same(arc_at(lab, "hop2", third), ("fail", "fail"), about)
        same(lab.checks(third, "arc")[0][0], "fail", about)
        assert arc_of_dkimpy(lab, third) != "pass", about


@test
def a_chain_that_is_changed_behind_the_last_hop_fails(lab):
    third = hop(lab, "hop2", dkimpy_hop(lab, hop(lab, "hop1", original(lab, token()))))
    same((lab.checks(third, "arc")[0][0], arc_of_dkimpy(lab, third)), ("pass", "pass"))
    for old, new in ((b"A list.", b"A lost."), (b"\r\nFrom: Ann", b"\r\nFrom: Eve")):
        changed = third.replace(old, new)
        assert changed != third
        same((lab.checks(changed, "arc")[0][0], arc_of_dkimpy(lab, changed)), ("fail", "fail"), new)


@test
def a_seal_of_a_trusted_forwarder_saves_what_dmarc_would_refuse(lab):
    word = token()
    same(lab.send(message("Al <al@shop.example>", word), "hop1", client=GOOD, mail_from="al@shop.example")[0], 250)
    sealed = lab.got(word).data
    through = hop(lab, "hop2", sealed)
    wait_for("the event", lambda: lab.events(word, "hop2"))
    event = lab.event(word, "hop2")
    same((event["dmarc"], event["disposition"], event["cause"]), ("fail", "accept", "forwarded"))
    has(event["override_note"], "seals what it forwards")
    lacks(through.decode(), "Assay-Disposition")
    for changed in (sealed.replace(b"Hello.", b"Pay me."), sealed.replace(b"dmarc=pass", b"dmarc=none")):
        assert changed != sealed
        marked = hop(lab, "hop2", b"List-Id: <l.lists.example>\r\n" + changed)
        has(marked.decode(), "Assay-Disposition: quarantine")
