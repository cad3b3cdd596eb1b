# SPDX-License-Identifier: BSD-2-Clause
"""Mail that comes in: what is judged, what is done with it, and by which policy."""
import json
import os
import re
import socket
import subprocess
import time

from postfix_lab import GOOD, Missing, Users, free_port, front_of, has, lacks, memory_of, message, same, test, token, wait_for

BIG = 30 << 20
PATIENCE_OF_DEFERRAL = 2  # seconds: temperror.patience of the assayd whose resolver is dead

CONF = """
authserv_id = mx.example.org
authserv_id.also = old.example.org
store = %(dir)s/store/assay.db
log.format = json
internal = 127.0.0.0/8 ::1 10.9.0.0/16

milter "in" { listen = unix:%(dir)s/milter.sock  mode = 0666 }
milter "tcp" { listen = inet:127.0.0.1:TCP }
milter "hold" { listen = unix:%(dir)s/hold.sock  mode = 0666  policy = hold }
milter "tag" { listen = unix:%(dir)s/tag.sock  mode = 0666 }
milter "discard" { listen = unix:%(dir)s/discard.sock  mode = 0666  policy = discard }
milter "observe" { listen = unix:%(dir)s/observe.sock  mode = 0666  policy = observe }
milter "strict" { listen = unix:%(dir)s/strict.sock  mode = 0666  policy = strict }
milter "users" { listen = unix:%(dir)s/users.sock  mode = 0666  direction = in }

policy "hold" { when.listener = hold  quarantine.by = hold }
policy "tag" { when.listener = tag  dmarc.reject = tag }
policy "discard" { when.listener = discard  dmarc.reject = discard }
policy "observe" { when.listener = observe  enforce = no }
policy "strict" { when.listener = strict  received_spf = yes  spf.fail = reject  dmarc.reject = reject
                  reply.url = "https://example.org/why?d={domain}&r={cause}" }
policy "users" { when.authenticated = yes  dmarc.reject = tag }
policy "client" { when.client = 203.0.113.0/28  dmarc.reject = tag }
policy "recipient" { when.recipient = postmaster@example.org  dmarc.reject = quarantine }
policy "sender" { when.sender = .mailer.example  dmarc.reject = accept }
policy "header" { when.header = "X-Ticket: 4711"  dmarc.reject = tag }
policy "author" { when.author = bank.example  dmarc.reject = reject }
policy "branch" { parent = author  when.client = 203.0.113.64/26  dmarc.reject = quarantine }
policy "dkim" { when.dkim = partner.example  dmarc.reject = accept }

forwarder "by-client" { client = 192.0.2.80  until = 2099-12-31  note = "alumni" }
forwarder "gone" { client = 192.0.2.81  until = 2020-01-31  note = "closed" }
forwarder "by-name" { name = .fwd.example  recipients = example.org  note = "by its name" }
"""

DEAD = """
resolver = 127.0.0.1@PORT
resolver.timeout = 1s
resolver.trust_anchor = none
authserv_id = mx.example.org
log.format = json
temperror.patience = PATIENCE
milter "dead" { listen = unix:%(dir)s/dead.sock  mode = 0666 }
"""


def names(lab):
    """What the DNS knows."""
    lab.partner, partner = lab.key("partner")
    strict = ['TXT "v=spf1 ip4:192.0.2.7 -all"']
    reject, quarantine = ['TXT "v=DMARC1; p=reject"'], ['TXT "v=DMARC1; p=quarantine"']
    return {"shop.example": strict, "_dmarc.shop.example": reject, "soft.example": strict, "_dmarc.soft.example": quarantine,
            "bank.example": strict, "_dmarc.bank.example": reject, "none.example": strict,
            "ally.example": ['TXT "v=spf1 ip4:198.51.100.66 -all"'],
            "xn--bcher-kva.example": strict, "_dmarc.xn--bcher-kva.example": reject, "mail.shop.example": ["A 192.0.2.7"],
            "helo.shop.example": ['TXT "v=spf1 ip4:192.0.2.7 -all"'], "p._domainkey.partner.example": [partner],
            "mail.fwd.example": ["A 192.0.2.90"], "90.2.0.192.in-addr.arpa": ["PTR mail.fwd.example."],
            "liar.fwd.example": ["A 192.0.2.92"], "91.2.0.192.in-addr.arpa": ["PTR liar.fwd.example."]}


def set_up(lab):
    """assayd, one whose resolver is dead, and who knows the users. \\return ports of Postfix"""
    lab.folder("store")
    tcp = free_port()
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"  # where there is one it keeps less of what was freed
    lab.main = lab.assayd(CONF.replace("TCP", str(tcp)), env={**os.environ, "ASAN_OPTIONS": sanitizer})
    lab.silence = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # takes questions, and says nothing
    lab.silence.bind(("127.0.0.1", 0))
    lab.assayd(DEAD.replace("PORT", str(lab.silence.getsockname()[1])).replace("PATIENCE", str(PATIENCE_OF_DEFERRAL)), "dead")
    Users(f"{lab.dir}/users.auth", "ann", "secret")
    sasl = {"smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": f"{lab.dir}/users.auth",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject"}
    unix = {name: {"smtpd_milters": f"unix:{lab.dir}/{name}.sock"} for name in
            ("hold", "tag", "discard", "observe", "strict", "users", "dead")}
    unix["users"].update(sasl)
    for service, first in (("beside", "hop1"), ("namesake", "srsm")):  # of postfix_forward.py: another name, the same name
        unix[service] = {"smtpd_milters": f"unix:{lab.dir}/{first}.sock, unix:{lab.dir}/milter.sock"}
    return {**unix, "tcp": {"smtpd_milters": f"inet:127.0.0.1:{tcp}"}, "submission": sasl}


SHOP = "Shop <billing@shop.example>"


def forged(lab, service="smtp", author=SHOP, fields=b"", **more):
    """Send mail of an author that nothing proves. \\return its word, and (code, text) of the reply"""
    word = token()
    return word, lab.send(message(author, word, fields), service, **{"mail_from": "x@elsewhere.example", **more})


def judged(lab, service="smtp", name="assayd", **more):
    """Send such mail. \\return (disposition, policy) of the log"""
    word, _ = forged(lab, service, **more)
    event = lab.event(word, name)
    return event["disposition"], event.get("policy", "")


# -- what is done --------------------------------------------------------------------------------------------------

@test
def what_passes_arrives_with_results_on_top(lab):
    word = token()
    code, text = lab.send(message(SHOP, word), client=GOOD, helo="mail.shop.example", mail_from="billing@shop.example")
    mail, event = lab.got(word), lab.event(word)
    same(code, 250)
    assert mail.data.startswith(b"Authentication-Results: mx.example.org; spf=pass"), mail.header
    has(mail.results(), "smtp.mailfrom=shop.example", "dmarc=pass", "header.from=shop.example")
    same((event["disposition"], event["spf"], event["dmarc"], event["direction"]), ("accept", "pass", "pass", "in"))
    has(text, event["queue_id"])
    same((event["client"], event["helo"], event["from"]), (GOOD, "mail.shop.example", "billing@shop.example"))


@test
def what_is_forged_is_refused_with_code_and_text(lab):
    word, reply = forged(lab)
    same(reply, (550, "5.7.1 Email rejected per DMARC policy for shop.example"))
    same(lab.event(word)["cause"], "policy")
    assert lab.has_not(word)


@test
def a_link_stands_behind_the_text_where_one_is_configured(lab):
    _, (code, text) = forged(lab, "strict")
    same((code, text), (550, "5.7.1 Email rejected per DMARC policy for shop.example "
                             "https://example.org/why?d=shop.example&r=policy"))


@test
def spf_alone_refuses_only_where_that_is_configured(lab):
    word, (code, _) = forged(lab, author="n@none.example", mail_from="n@none.example")
    same((code, lab.event(word)["spf"]), (250, "fail"))
    word, (code, text) = forged(lab, "strict", author="n@none.example", mail_from="n@none.example")
    same((code, text[:6]), (550, "5.7.23"))
    same(lab.event(word)["spf"], "fail")


@test
def what_is_to_be_quarantined_gets_a_field(lab):
    word, (code, _) = forged(lab, author="s@soft.example", fields=b"Assay-Disposition: accept\r\n")
    same(code, 250)
    marks = lab.got(word).all("Assay-Disposition")
    same(len(marks), 1)
    has(marks[0], "quarantine;", "soft.example")


@test
def the_hold_queue_takes_it_on_request(lab):
    word, (code, text) = forged(lab, "hold", author="s@soft.example")
    same(code, 250)
    queue = subprocess.run(["postqueue", "-c", lab.postfixes[0], "-j"], capture_output=True, text=True, check=True).stdout
    held = [entry for entry in map(json.loads, queue.splitlines()) if entry["queue_id"] in text]
    same([entry["queue_name"] for entry in held], ["hold"])
    assert lab.has_not(word)
    subprocess.run(["postsuper", "-c", lab.postfixes[0], "-H", held[0]["queue_id"]], capture_output=True, check=True)
    subprocess.run(["postqueue", "-c", lab.postfixes[0], "-i", held[0]["queue_id"]], capture_output=True, check=True)
    lab.got(word)


@test
def tagged_mail_arrives_with_its_tag(lab):
    word, (code, _) = forged(lab, "tag")
    same(code, 250)
    has(lab.got(word).all("Assay-Disposition")[0], "tag;")


@test
def discarded_mail_is_taken_and_never_arrives(lab):
    word, (code, _) = forged(lab, "discard")
    same(code, 250)
    same(lab.event(word)["disposition"], "discard")
    lab.passed("discard", client=GOOD)  # by the same way, later
    assert lab.has_not(word)


@test
def without_enforcing_all_is_taken_and_the_log_knows_better(lab):
    word, (code, _) = forged(lab, "observe")
    event = lab.event(word)
    same((code, event["disposition"], event["would"]), (250, "accept", "reject"))
    has(lab.got(word).results(), "dmarc=fail")
    lacks(lab.got(word).header, "Assay-Disposition")


@test
def a_dead_resolver_defers_with_patience_that_ends(lab):
    word, (code, text) = forged(lab, "dead")
    same((code, text[:5]), (451, "4.4.3"))
    has(text, "shop.example", "try again later")
    same(lab.event(word, "dead")["cause"], "temperror")
    time.sleep(PATIENCE_OF_DEFERRAL + 1.1)
    word, (code, _) = forged(lab, "dead")
    same(code, 250)
    has(lab.got(word).results(), "spf=temperror", "dmarc=temperror")
    has(lab.event(word, "dead")["reason"], "nobody waits longer")


# -- messages of all kinds -----------------------------------------------------------------------------------------

@test
def one_verdict_stands_for_several_recipients(lab):
    to = [f"r{i}@example.org" for i in range(20)]
    word = token()
    same(lab.send(message(SHOP, word), client=GOOD, mail_from="billing@shop.example", to=to)[0], 250)
    same(sorted(lab.got(word).recipients), sorted(to))
    same(lab.event(word)["recipients"], "20")


@test
def for_a_null_sender_helo_speaks(lab):
    mail = lab.passed(author="MAILER-DAEMON@helo.shop.example", mail_from="", client=GOOD, helo="helo.shop.example")
    has(mail.results(), "spf=pass", "smtp.helo=helo.shop.example", "dmarc=pass")
    word, (code, _) = forged(lab, author="MAILER-DAEMON@helo.shop.example", mail_from="", helo="helo.shop.example")
    same((code, lab.event(word)["from"]), (550, "<>"))


@test
def eight_bit_bodies_arrive_as_they_were(lab):
    body = "Grüße, 日本\r\n".encode() + bytes(range(128, 256)) + b"\r\n"
    mail = lab.passed(author=SHOP, mail_from="a@shop.example", client=GOOD, body=body, options=["BODY=8BITMIME"])
    same(mail.body, body)


@test
def international_addresses_are_judged_by_their_ascii_form(lab):
    fields = "Comments: Grüße\r\n".encode()
    mail = lab.passed(author="Jürgen <jürgen@bücher.example>", mail_from="jürgen@bücher.example", client=GOOD, fields=fields,
                      options=["SMTPUTF8", "BODY=8BITMIME"], to=["zoë@example.org"])
    has(mail.results(), "spf=pass", "dmarc=pass", "bcher")
    same((mail.sender, mail.recipients), ("jürgen@bücher.example", ["zoë@example.org"]))
    word, (code, _) = forged(lab, author="Jürgen <jürgen@bücher.example>", mail_from="x@bücher.example",
                             options=["SMTPUTF8"])
    same((code, lab.event(word)["author"]), (550, "xn--bcher-kva.example"))


@test
def thirty_megabytes_take_no_memory(lab):
    pid = front_of(lab.main)
    body = (b"0123456789abcdef" * 4 + b"\r\n") * (BIG // 66)
    lab.passed(client=GOOD, body=body[:1 << 20])
    before = memory_of(pid)
    mail = lab.passed(client=GOOD, body=body, mail_from="a@shop.example")
    grown = memory_of(pid, "VmHWM") - before
    same(len(mail.body), len(body))
    assert grown < BIG >> 13, f"{grown} KiB more than before at the peak"


@test
def pipelined_commands_are_all_answered(lab):
    words = [token() for _ in range(4)]
    authors = [SHOP, "b@bank.example", SHOP, "s@soft.example"]
    with lab.session(client=GOOD) as smtp:
        for word, author in zip(words, authors):
            smtp.sock.sendall(b"MAIL FROM:<x@shop.example>\r\nRCPT TO:<r@example.org>\r\nRCPT TO:<s@example.org>\r\nDATA\r\n")
            same([smtp.getreply()[0] for _ in range(4)], [250, 250, 250, 354])
            smtp.sock.sendall(message(author, word) + b".\r\nRSET\r\nNOOP\r\n")
            got = [smtp.getreply()[0] for _ in range(3)]
            same(got, [550 if "bank" in author else 250, 250, 250], author)
    same([lab.event(word)["disposition"] for word in words], ["accept", "reject", "accept", "quarantine"])


@test
def messages_of_one_connection_are_judged_one_by_one(lab):
    words = [token() for _ in range(6)]
    with lab.session(client=GOOD) as smtp:
        for i, word in enumerate(words):
            same(smtp.mail(f"s{i}@{'shop' if i % 2 else 'ally'}.example")[0], 250)
            same(smtp.rcpt("r@example.org")[0], 250)
            if i == 2:
                smtp.rset()
                same(smtp.mail("again@ally.example")[0], 250)
                same(smtp.rcpt("r@example.org")[0], 250)
            same(smtp.data(message(SHOP if i % 2 else "b@bank.example", word))[0], 250 if i % 2 else 550, f"message {i}")
    same([(lab.event(word)["dmarc"], lab.event(word)["from"][:2]) for word in words],
         [("fail", "s0"), ("pass", "s1"), ("fail", "ag"), ("pass", "s3"), ("fail", "s4"), ("pass", "s5")])
    same(len({lab.event(word)["queue_id"] for word in words}), 6)


@test
def several_authors_cannot_hide_behind_each_other(lab):
    for author in ("a@ally.example, b@shop.example", "a@ally.example\r\nFrom: b@shop.example"):
        word, (code, _) = forged(lab, author=author, mail_from="a@ally.example")
        event = lab.event(word)
        same((code, event["spf"], event["dmarc"]), (550, "pass", "fail"), (author, event))


# -- what must not come in -----------------------------------------------------------------------------------------

OURS = ("mx.example.org; spf=pass", "mx.example.org; dmarc=pass header.from=shop.example", "MX.Example.ORG; dkim=pass",
        "(a (nested) comment)\r\n\tmx.example.org\r\n (1)\r\n 1; none", "mx.example.org 1; dmarc=pass", "mx.example.org",
        '"mx.example.org"; dmarc=pass', "mx.example.org 2; dkim=pass", "old.example.org; spf=pass", "mx.example.org.; spf=pass")
THEIRS = ("mx.example.net; spf=pass", "mx.example.org.evil.example; spf=pass", "evil-mx.example.org; dmarc=pass",
          "(mx.example.org) mx.example.net; spf=pass")


@test
def results_under_our_name_are_taken_out_in_whatever_shape(lab):
    lines = [f"{name}: {value}\r\n" for value, name in zip(
        [value for pair in zip(OURS, THEIRS * 3) for value in pair], ("Authentication-Results", "AUTHENTICATION-results") * 99)]
    mail = lab.passed(client=GOOD, fields="".join(lines).encode())
    has(mail.results(), "mx.example.org; spf=pass", "reason=")
    rest = [value.replace("\t", " ") for value in mail.all("Authentication-Results")[1:]]
    same(sorted(set(rest)), sorted(THEIRS))
    same(len(rest), 10)


@test
def brand_indicators_and_marks_of_ours_from_outside_are_taken_out(lab):
    mail = lab.passed(client=GOOD, fields=b"BIMI-Location: v=BIMI1; l=https://evil.example/a.svg\r\nbimi-indicator: PHN2\r\n"
                                          b"BIMI-Selector: v=BIMI1; s=default\r\nAssay-Disposition: accept\r\n"
                                          b"X-Kept: yes\r\nBIMI-Indicator: PHN3\r\n")
    lacks(mail.header.lower(), "bimi-location", "bimi-indicator", "assay-disposition")
    has(mail.header, "BIMI-Selector: v=BIMI1; s=default", "X-Kept: yes")


@test
def received_spf_is_written_and_a_forged_one_removed(lab):
    mail = lab.passed("strict", client=GOOD, fields=b"Received-SPF: pass (x) receiver=mx.example.org; identity=mailfrom\r\n"
                                                    b"Received-SPF: pass (y) receiver=other.example\r\n")
    found = mail.all("Received-SPF")
    same(len(found), 2, found)
    has(found[0], "pass", f"client-ip={GOOD}", "receiver=mx.example.org")
    has(found[1], "receiver=other.example")


@test
def filters_beside_each_other_keep_the_results_of_other_names_only(lab):
    for service, kept in (("beside", ["mx.hop1.example"]), ("namesake", [])):
        mail = lab.passed(service, client=GOOD)
        same([value.partition(";")[0] for value in mail.all("Authentication-Results")], ["mx.example.org", *kept], service)


# -- by which policy -----------------------------------------------------------------------------------------------

POLICIES = (
    ("the top", {}, ("reject", "")),
    ("listener", {"service": "tag"}, ("tag", "tag")),
    ("client", {"client": "203.0.113.9"}, ("tag", "client")),
    ("another client", {"client": "203.0.113.16"}, ("reject", "")),
    ("recipient", {"to": ["postmaster@example.org"]}, ("quarantine", "recipient")),
    ("not every recipient", {"to": ["postmaster@example.org", "bob@example.org"]}, ("reject", "")),
    ("sender", {"mail_from": "x@a.mailer.example"}, ("accept", "sender")),
    ("header", {"fields": b"X-Ticket: is 4711, as agreed\r\n"}, ("tag", "header")),
    ("another header", {"fields": b"X-Ticket: is 4712\r\n"}, ("reject", "")),
    ("author, though a list is", {"author": "b@bank.example", "fields": b"List-Id: <l.example>\r\n"}, ("reject", "author")),
    ("a policy below it", {"author": "b@bank.example", "client": "203.0.113.70"}, ("quarantine", "branch")),
    ("TCP", {"service": "tcp"}, ("reject", "")),
)


@test
def policies_go_by_listener_client_recipient_sender_header_and_author(lab):
    for about, how, wanted in POLICIES:
        same(judged(lab, **how), wanted, about)


@test
def a_policy_goes_by_a_signature_that_passes(lab):
    for text, wanted in ((b"Hello.\r\n", ("accept", "dkim")), (b"Hello!\r\n", ("reject", ""))):
        word = token()
        with open(f"{lab.dir}/sign.eml", "wb") as file:
            file.write(message(SHOP, word))
        signed = subprocess.run([f"{lab.build}/assay", "sign", "--no-check", "--key", lab.partner, "--selector", "p", "--domain",
                                 "partner.example", "-o", "sign.table=* key=p:partner.example", file.name],
                                capture_output=True, check=True).stdout
        lab.send(signed.replace(b"Hello.\r\n", text), mail_from="x@elsewhere.example")
        event = lab.event(word)
        same((event["disposition"], event.get("policy", "")), wanted, event)


@test
def forwarders_are_trusted_by_network_and_by_name_as_long_as_that_holds(lab):
    for client, to, code, note in (("192.0.2.80", "r@example.net", 250, "client=192.0.2.80, until 2099-12-31: alumni"),
                                   ("192.0.2.81", "r@example.net", 550, None),
                                   ("192.0.2.90", "r@example.org", 250, "name=.fwd.example: by its name"),
                                   ("192.0.2.90", "r@example.net", 550, None),
                                   ("192.0.2.91", "r@example.org", 550, None)):
        word, reply = forged(lab, client=client, to=[to])
        event = lab.event(word)
        same((reply[0], event.get("override_note")), (code, note), f"{client} to {to}")
        if code == 250:
            has(lab.got(word).results(), "policy.override")
            same(event["cause"], "forwarded")


# -- who sends -----------------------------------------------------------------------------------------------------

def authenticate(smtp):
    """Be ann."""
    same(smtp.login("ann", "secret", initial_response_ok=True)[0], 235)


@test
def who_has_authenticated_sends_and_is_not_judged(lab):
    word = token()
    with lab.session("submission") as smtp:
        authenticate(smtp)
        smtp.mail("x@elsewhere.example")
        same(smtp.rcpt("bob@example.net")[0], 250)
        same(smtp.data(message(SHOP, word, b"Authentication-Results: mx.example.org; dkim=pass\r\n"))[0], 250)
    event = lab.event(word)
    same((event["direction"], event["user"], event["disposition"]), ("out", "ann", "accept"))
    lacks(lab.got(word).header, "spf=", "Assay-Disposition")


@test
def a_policy_goes_by_authentication_where_all_is_judged(lab):
    word = token()
    with lab.session("users") as smtp:
        authenticate(smtp)
        smtp.mail("x@elsewhere.example")
        smtp.rcpt("bob@example.net")
        same(smtp.data(message(SHOP, word))[0], 250)
    event = lab.event(word)
    same((event["direction"], event["disposition"], event["policy"]), ("in", "tag", "users"))


@test
def internal_networks_send_and_their_neighbours_do_not(lab):
    for client, direction in (("10.9.255.1", "out"), ("10.10.0.1", "in"), (None, "out")):
        word, _ = forged(lab, client=client)
        same(lab.event(word)["direction"], direction, client)
        if direction == "out":
            lacks(lab.got(word).header, "Authentication-Results")


@test
def nothing_of_all_this_was_lost_between_log_and_store(lab):
    def rows():
        done = subprocess.run([f"{lab.build}/assay", "store", "export", f"{lab.dir}/store/assay.db"], capture_output=True,
                              text=True, check=False)
        return {row["id"]: row["message_id"] for row in map(json.loads, done.stdout.splitlines())}
    logged = re.findall(r'"message_id":"([^"]+)"', lab.log("assayd"))
    if len(logged) < 20:
        raise Missing("other test was run before")
    wait_for("the rows", lambda: len(rows()) >= len(logged))
    same(sorted(rows().values()), sorted(logged))
