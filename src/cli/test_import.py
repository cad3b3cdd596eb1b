#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `assay import` makes of configurations of opendkim, opendmarc, openarc and postsrsd.

$ASSAY_BUILD is the build's folder. A word on the command line runs only the tests with it in their names. What it writes
it checks itself, as assayd does: a complaint would stand on standard error, and the status would be 1.
"""
import gzip
import re
import subprocess
import sys
from pathlib import Path

import test_cli
from test_cli import TOP, fails, has, lacks, manual, run, same, temporary

test_cli.TESTS.clear()
test = test_cli.test
MAN = Path("/usr/share/man/man5")


def write(folder, **files):
    """Put files into a folder; in their text, DIR stands for the folder."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text.replace("DIR", str(folder)))


def settings(text):
    """The lines that set something, without comments, as `kind name: option = value`."""
    block, found = "", []
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.endswith("{"):
            block = line[:-1].strip() + ": "
        elif line == "}":
            block = ""
        else:
            found.append(block + line)
    return found


def gives(folder, files, wanted, *told, status=None):
    """Importing these files sets this, and tells that."""
    done = run("import", *files, cwd=folder)
    same(settings(done.out), wanted, done.err)
    same(done.status, status if status is not None else 1 if told else 0, done.err)
    has(done.err, *told)
    lacks(done.err, "assayd.conf:")
    same(len(done.err.splitlines()), len(told), done.err)
    return done


MARK = "enforce = no"  # nothing was rejected before


@test
@temporary
def an_opendkim_with_tables_becomes_keys_and_sign_blocks(folder):
    write(folder, opendkim_conf="""# comment
Syslog yes
SyslogFacility local3
Canonicalization relaxed
OversignHeaders From
KeyTable DIR/KeyTable
SigningTable refile:DIR/SigningTable
InternalHosts DIR/TrustedHosts    # ours
ExternalIgnoreList DIR/TrustedHosts
UserID opendkim:postfix
UMask 007
Socket local:/var/spool/postfix/opendkim/opendkim.sock
AuthservID mx.example.org
Nameservers 127.0.0.1, 192.0.2.53
DNSTimeout 7
MinimumKeyBits 2048
SignatureTTL 86400
""", KeyTable="""
main    example.org:s1:/etc/dkimkeys/s1.private   # the first
any     %:s2:DIR/s2.private
""", SigningTable="""
bob@x.example      any
*@example.org      main
*@*.example.org    main:@example.org
*                  any
""", TrustedHosts="127.0.0.1\n::1\n192.0.2.0/24\n")
    sign = ["profile = strict", "canonicalization = relaxed/simple", "expire = 86400s"]
    gives(folder, ["opendkim.conf"], [
        "authserv_id = mx.example.org", "resolver = 127.0.0.1 192.0.2.53", "resolver.timeout = 7s",
        "internal = 127.0.0.1 ::1 192.0.2.0/24", "log = syslog", "log.facility = local3", "dkim.min_rsa_bits = 2048", MARK,
        "milter in: listen = unix:/var/spool/postfix/opendkim/opendkim.sock", "milter in: mode = 0660",
        "milter in: group = postfix",
        "key main: selector = s1", "key main: domain = example.org", "key main: file = /etc/dkimkeys/s1.private",
        "key any: selector = s2", f"key any: file = {folder}/s2.private",
        "sign bob@x.example: key = any", *[f"sign bob@x.example: {line}" for line in sign],
        "sign example.org: key = main", *[f"sign example.org: {line}" for line in sign],
        "sign .example.org: key = main", *[f"sign .example.org: {line}" for line in sign],
        "sign .example.org: identity = @example.org",
        "sign *: key = any", *[f"sign *: {line}" for line in sign]])


@test
@temporary
def each_line_says_where_it_comes_from(folder):
    write(folder, opendkim_conf="\nSocket inet:8891@localhost\nBackground yes\nPeerList 192.0.2.1\n")
    done = run("import", "opendkim.conf", cwd=folder)
    has(done.out, "# opendkim.conf:2: Socket listen = inet:127.0.0.1:8891", "# Not needed any more:",
        "# opendkim.conf:3: Background: assayd stays in the foreground",
        "# Without an equivalent: # opendkim.conf:4: PeerList has no equivalent: exempt these clients")
    fails(done, 1, "assay import: opendkim.conf:4: PeerList has no equivalent: exempt these clients in the mail server")


@test
@temporary
def one_key_signs_for_several_domains(folder):
    write(folder, opendkim_conf="Domain example.org, *.example.net\nSelector s\nKeyFile keys/s.pem\nSubDomains yes\nMode s\n"
          "SignatureAlgorithm ed25519-sha256\nBaseDirectory /etc/mail\nSocket inet:8891\nSignHeaders From,To,Subject\nOversignHeaders From,To\n"
          "Canonicalization relaxed/relaxed\n")
    sign = ["fields = From To Subject From To", "canonicalization = relaxed/relaxed"]
    gives(folder, ["opendkim.conf"], [
        MARK, "milter in: listen = inet:0.0.0.0:8891", "milter in: direction = out",
        "key s: selector = s", "key s: file = /etc/mail/keys/s.pem", "key s: algorithm = ed25519",
        "sign example.org: key = s", *[f"sign example.org: {line}" for line in sign],
        "sign .example.org: key = s", *[f"sign .example.org: {line}" for line in sign],
        "sign .example.net: key = s", *[f"sign .example.net: {line}" for line in sign]])


@test
@temporary
def what_a_pattern_above_caught_stays_caught(folder):
    write(folder, KeyTable="a a.example:s:/k\nb a.example:t:/k\n")
    (folder / "SigningTable").write_text("*@a.example a\nbob@a.example b\n*@a.example b\n")
    write(folder, opendkim_conf="KeyTable DIR/KeyTable\nSigningTable refile:DIR/SigningTable\n")
    keys = ["key a: selector = s", "key a: domain = a.example", "key a: file = /k",
            "key b: selector = t", "key b: domain = a.example", "key b: file = /k"]
    unused = ['warning: no mail server can ask', 'warning: key "b" is used by nobody']
    done = run("import", "opendkim.conf", cwd=folder)
    same(settings(done.out), [MARK, *keys, "sign a.example: key = a"])
    has(done.err, *unused)
    has(done.out, "bob@a.example never matched, for a.example stands above",
        "*@a.example stands above, and only the first counted")
    # with several signatures all that match sign
    write(folder, opendkim_conf="KeyTable DIR/KeyTable\nSigningTable refile:DIR/SigningTable\nMultipleSignatures yes\n")
    same(settings(run("import", "opendkim.conf", cwd=folder).out),
         [MARK, *keys, "sign a.example: key = a b", "sign bob@a.example: key = b a"])
    # a plain table looks for the nearest first, as assayd does
    (folder / "SigningTable").write_text("a.example a\nbob@a.example b\n")
    write(folder, opendkim_conf="KeyTable DIR/KeyTable\nSigningTable DIR/SigningTable\n")
    same(settings(run("import", "opendkim.conf", cwd=folder).out),
         [MARK, *keys, "sign a.example: key = a", "sign bob@a.example: key = b"])


@test
@temporary
def what_cannot_be_said_is_told_with_its_place(folder):
    write(folder, KeyTable="short a.example:s\ninline a.example:s:MIIEpAIBAAKCAQEA\neach %:s:/keys/%/s\nok a.example:s:/k\n",
          Hosts="mail.example.org\n!192.0.2.9\n[2001:db8::1]\n.example.org\n")
    (folder / "SigningTable").write_text("u*@a.example ok\n*@a.example none\nu@.a.example ok\n*@b.example\n* ok\n")
    write(folder, opendkim_conf="KeyTable DIR/KeyTable\nSigningTable refile:DIR/SigningTable\nInternalHosts DIR/Hosts\n"
          "Socket inet:8891@mail.example.org\nNameservers ns.example.org\nMinimumKeyBits 512\nSyslogFacility kern\n"
          "On-DNSError reject\nMinimum 50%\nUMask 9\nFooBar x\nDontSignMailTo dsn:mysql://x\n")
    done = run("import", "opendkim.conf", cwd=folder)
    same(done.status, 1)
    told = f"""opendkim.conf:4: Socket is inet:8891@mail.example.org: give listen an address in place of a name
opendkim.conf:5: Nameservers has ns.example.org, which is no address
opendkim.conf:6: MinimumKeyBits is 512; dkim.min_rsa_bits takes 1024 to 4096
opendkim.conf:7: SyslogFacility is kern; log.facility takes mail
opendkim.conf:8: On-DNSError is reject
opendkim.conf:9: Minimum is 50%
opendkim.conf:11: unknown option FooBar
opendkim.conf:12: DontSignMailTo has no equivalent
{folder}/Hosts:1: InternalHosts has mail.example.org: internal takes addresses, not names of hosts
{folder}/Hosts:2: InternalHosts excludes 192.0.2.9
{folder}/Hosts:4: InternalHosts has .example.org
{folder}/KeyTable:1: KeyTable: a.example:s is not DOMAIN:SELECTOR:FILE
{folder}/KeyTable:2: KeyTable: the key inline stands in the table itself
{folder}/KeyTable:3: KeyTable: each has % in its path
{folder}/SigningTable:1: SigningTable: u*@a.example cannot be said
{folder}/SigningTable:2: SigningTable: there is no key none in the KeyTable
{folder}/SigningTable:3: SigningTable: u@.a.example cannot be said
{folder}/SigningTable:4: SigningTable: *@b.example names no key"""
    for line in told.splitlines():
        has(done.err, f"assay import: {line}")
    lacks(done.err + done.out, "MIIEpAIBAAKCAQEA")  # a private key
    has(done.out, "internal = 2001:db8::1", "sign * {", "key = ok")


@test
@temporary
def tables_in_databases_are_told(folder):
    for kind in ("dsn:mysql://u:secret@h/db", "ldap://h/", "db:/x", "lua:/x", "mdb:/x", "memcache:h/x"):
        (folder / "opendkim.conf").write_text(f"KeyTable {kind}\nSigningTable csl:a.example=k\n")
        has(run("import", "opendkim.conf", cwd=folder).err, "opendkim.conf:1: KeyTable is kept in",
            "export it to a file, and import that", "opendkim.conf:2: SigningTable: there is no key k")


@test
@temporary
def files_include_others_five_deep(folder):
    for i in range(8):
        (folder / f"{i}.conf").write_text(f"Include {folder}/{i + 1}.conf\nSyslog {'yes' if i == 5 else 'no'}\n")
    done = run("import", "--as", "opendkim", "0.conf", cwd=folder)
    fails(done, 1, f"{folder}/5.conf:1: files include one another more than 5 deep")
    (folder / "0.conf").write_text("Include gone.conf\n")
    fails(run("import", "--as", "opendkim", "0.conf", cwd=folder), 66, "gone.conf: No such file")


@test
@temporary
def opendmarc_rejects_only_where_it_did(folder):
    write(folder, opendmarc_conf="AuthservID HOSTNAME\nRejectFailures true\nSocket inet:8893@[::1]\nHistoryFile /h\n"
          "IgnoreHosts DIR/hosts\nIgnoreMailFrom a.example,b.example\nDomainWhitelist l.example\nDomainWhitelistFile DIR/list\n"
          "HoldQuarantinedMessages yes\nRejectString 5.7.1 %s says no\nRequiredHeaders true\nIgnoreAuthenticatedClients true\nSPFSelfValidate true\nPublicSuffixList /psl\n",
          hosts="localhost\n192.0.2.0/25\n", list="m.example\n")
    gives(folder, ["opendmarc.conf"], [
        "dmarc.reject = reject", "quarantine.by = hold", 'reply.text = "5.7.1 {author} says no"', "internal = 127.0.0.1 192.0.2.0/25", "arc.trusted = l.example m.example",
        "store = /var/lib/assay/assay.db", "message.no_from = reject", "milter in: listen = inet6:[::1]:8893",
        "policy ignored: when.author = a.example b.example", f"policy ignored: {MARK}"])
    write(folder, opendmarc_conf="Socket inet:8893@[::1]\n")
    gives(folder, ["opendmarc.conf"], [MARK, "milter in: listen = inet6:[::1]:8893"])


@test
@temporary
def one_milter_does_what_several_did(folder):
    write(folder, opendkim_conf="Socket local:/run/a.sock\nAuthservID mx.example.org\nMode s\n",
          opendmarc_conf="Socket local:/run/b.sock\nAuthservID mail.example.org\nRejectFailures yes\n")
    gives(folder, ["opendkim.conf", "opendmarc.conf"], [
        "authserv_id = mx.example.org", "authserv_id.also = mail.example.org", "dmarc.reject = reject",
        "milter in: listen = unix:/run/a.sock", "milter in: direction = auto"],
        "opendmarc.conf:1: Socket: one milter does all; take local:/run/b.sock out of smtpd_milters of Postfix")


@test
@temporary
def openarc_becomes_a_seal_block(folder):
    write(folder, openarc_conf="Domain example.org\nSelector arc1\nKeyFile /etc/openarc/k\nMode sv\nSocket local:/run/o.sock\n"
          "SignHeaders to,subject\nInternalHosts 192.0.2.1\nSealHeaderChecks /x\n")
    gives(folder, ["openarc.conf"], [
        "internal = 192.0.2.1", "milter in: listen = unix:/run/o.sock", "key arc: selector = arc1",
        "key arc: domain = example.org", "key arc: file = /etc/openarc/k", "seal: key = arc",
        "seal: fields = From to subject"], "openarc.conf:8: SealHeaderChecks has no equivalent")
    write(folder, openarc_conf="Mode v\nSocket local:/run/o.sock\n")
    gives(folder, ["openarc.conf"], ["milter in: listen = unix:/run/o.sock"])


@test
@temporary
def postsrsd_1_becomes_a_socketmap(folder):
    (folder / "postsrsd").write_text('# x\nSRS_DOMAIN="srs.example.org"\nSRS_EXCLUDE_DOMAINS=.example.org,example.org\n'
                                     "SRS_SEPARATOR==\nSRS_SECRET=/etc/postsrsd.secret\nSRS_HASHLENGTH=6\nSRS_HASHMIN=5\n"
                                     "SRS_FORWARD_PORT=10001\nSRS_REVERSE_PORT=10002\nRUN_AS=postsrsd\n")
    gives(folder, ["postsrsd"], [
        "srs: domain = srs.example.org", "srs: secret = /etc/postsrsd.secret",
        "srs: listen = unix:/var/spool/postfix/assay/srs.sock", "srs: hash_length = 6", "srs: hash_least = 5",
        'srs: separator = "="', "srs: local = .example.org example.org"],
        "postsrsd:8: SRS_FORWARD_PORT: in main.cf of Postfix write sender_canonical_maps = socketmap:")
    (folder / "postsrsd").write_text("#SRS_DOMAIN=x\nSRS_SECRET=/s\n")
    done = run("import", "postsrsd", cwd=folder)
    fails(done, 1, "SRS_DOMAIN is not set", "postconf -h mydomain")
    same(settings(done.out), [])
    has(done.out, "#srs {", "# secret = /s")


@test
@temporary
def postsrsd_2_is_read_with_its_lists(folder):
    write(folder, postsrsd_conf='domains = { "example.org", # one\n   "example.net" }\ndomains-file = "DIR/domains"\n'
          'srs-domain = "srs.example.org"\nsocketmap = unix:/var/spool/postfix/srs\nsecrets-file = "/etc/s"\n'
          'milter = unix:/var/spool/postfix/srs_milter\noriginal-envelope = embedded\nseparator = "+"\nsyslog = on\n'
          "keep-alive = 30\nseccomp = on\n", domains="more.example\n")
    gives(folder, ["postsrsd.conf"], [
        "log = syslog", "milter in: listen = unix:/var/spool/postfix/srs_milter", "srs: domain = srs.example.org",
        "srs: secret = /etc/s", "srs: listen = unix:/var/spool/postfix/srs", "srs: milter = yes", "srs: separator = +",
        "srs: local = example.org example.net more.example"], "postsrsd.conf:8: original-envelope has no equivalent")
    (folder / "postsrsd.conf").write_text('domains = { "first.example" }\n')
    done = run("import", "postsrsd.conf", cwd=folder)
    has(done.out, "domain = first.example", "secret = /etc/postsrsd.secret", "local = first.example")


@test
@temporary
def no_value_escapes_from_its_place(folder):
    (folder / "opendkim.conf").write_bytes(b'AuthservID x"}\nSocket local:/a{b;c=d"\nSelector \x1b[31m\n'
                                           b'Nameservers \xff\nSyslogName a\x01b\n')
    done = run("import", "opendkim.conf", cwd=folder)
    has(done.out, 'authserv_id = "x\\"}"', 'listen = "unix:/a{b;c=d\\""')
    has(done.err, "opendkim.conf:3: this line has a control character, or is no UTF-8: it is left out", "opendkim.conf:4:",
        "opendkim.conf:5:")
    assert "\x1b" not in done.out + done.err and "\x01" not in done.out + done.err


@test
@temporary
def a_value_that_assayd_refuses_is_told(folder):
    write(folder, opendkim_conf="Domain a..b\nSelector s\nKeyFile relative\nSocket local:/a\n")
    done = run("import", "opendkim.conf", cwd=folder)
    same(done.status, 1)
    has(done.err, 'assayd.conf:15:12: file takes an absolute path, not "relative"', "the name of a sign block takes")


@test
@temporary
def every_option_of_their_manuals_is_in_the_table_and_told(folder):
    for program in ("opendkim", "opendmarc", "openarc", "postsrsd"):
        table = {name: (fate, text) for name, fate, text in
                 manual.rows(TOP / "src/cli/import_options.h", program.upper())}
        assert len(table) > 30, program
        page = MAN / f"{program}.conf.5.gz"
        if page.exists():
            text = gzip.decompress(page.read_bytes()).decode(errors="replace").replace("\\-", "-")
            names = set(re.findall(r"^\.I ([A-Z][A-Za-z-]+) \(", text, re.M))
            assert len(names) > 30, program
            same(names - set(table), set(), program)
        assign = " = " if program == "postsrsd" else " "
        names = [name for name, (fate, _) in table.items() if fate != "MAPPED"]
        (folder / f"{program}.conf").write_text("".join(f"{name}{assign}1\n" for name in names))
        done = run("import", f"{program}.conf", cwd=folder)
        for number, name in enumerate(names, 1):
            fate, text = table[name]
            want = f"{program}.conf:{number}: {name}{' has no equivalent' if fate == 'NONE' else ''}: {text}"
            has(done.out, want)
            (has if fate == "NONE" else lacks)(done.err, want)


@test
@temporary
def assayd_takes_what_is_written_warnings_or_not(folder):
    assayd = test_cli.ASSAY.parent / "assayd"
    for socket, warned in (("Socket local:/run/filter.sock\n", False), ("", True)):
        (folder / "opendmarc.conf").write_text(f"RejectFailures yes\n{socket}")
        (folder / "assayd.conf").write_text(run("import", "opendmarc.conf", cwd=folder).out)
        done = subprocess.run([assayd, "--check", "-c", "assayd.conf", "-o", "user = nobody"], cwd=folder, check=False,
                              capture_output=True, timeout=30)
        same(done.returncode, 0, done.stderr.decode())
        same(b"warning: no mail server can ask" in done.stderr, warned, done.stderr.decode())


if __name__ == "__main__":
    sys.exit(test_cli.main())
