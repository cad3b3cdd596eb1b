#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A small Internet on the loopback: zones, policy hosts and mail servers as a description says, for tests of `assay check`.

    tools/lab/lab.py DESCRIPTION.json                    starts it, prints where it listens as one line of JSON, and
                                                         stands until its standard input ends
    tools/lab/lab.py DESCRIPTION.json -- COMMAND...      runs a command beside it and ends with its status

    from lab import Lab                                  (sys.path has tools/lab)
    with Lab(description) as lab:
        lab.where["resolver"]                            what is printed, as a dict

It needs nsd, unbound, ldns-keygen, ldns-signzone and openssl, no root and no network. Everything listens on 127.0.0.0/8;
or, with "public": true in the description, in a network namespace of its own, on 193.0.2.0/24 and the ports 443 and 25: then
addresses are public ones as far as anyone in there can tell, allow_private is not needed, and what reaches whom is as outside.
With "usual_ports": true the ports are 443, 25 and, of the resolver, 53: for programs that know no others, by root or in a namespace.
Only a COMMAND, or the process that makes the Lab, is in there; that process stays in it. Where such a namespace may not be made,
Missing is raised. What is printed, and what a COMMAND finds in its environment as ASSAY_LAB_NAME:

    resolver       "127.0.0.1@PORT": unbound, validating; forward to it
    server         "127.0.0.1@PORT": NSD, authoritative; ask it directly
    trust_anchor   a file of DNSKEYs of the signed zones
    ca_file        a file with the root of the "web" certificates
    https_port     every HTTPS server listens there, each on an address of its own
    smtp_port      every SMTP server, the same
    dir            files of it all

So a world is made with these as its options, and allow_private set.

The description is an object:

    {"zones": {
        "good.example": {"signed": true, "records": [
            "@ MX 10 mx",
            "_mta-sts TXT \\"v=STSv1; id=1\\"",
            "_25._tcp.mx TLSA 3 1 1 {spki256:mx.good.example}"]},
        "plain.example": {"records": ["@ TXT \\"v=spf1 -all\\""]},
        "broken.example": {"signed": true, "bogus": true, "records": ["@ TXT \\"x\\""]},
        "away.example": {"servfail": true}},
     "https": [{"host": "mta-sts.good.example", "certificate": "good",
                "paths": {"/.well-known/mta-sts.txt": {"body": "version: STSv1\\n..."}}}],
     "smtp": [{"host": "mx.good.example", "certificate": "self-signed"}]}

zones      SOA and NS are made; records are lines of a zone file, relative to the zone. {spki256:HOST} {spki512:HOST}
           {cert256:HOST} {cert512:HOST} stand for digests of the certificate of a server. The A record of every server whose
           host lies in a zone is made, unless it has "dns": false. `signed`; `bogus`: the TXT records of the signed zone
           are changed behind the signer's back; `servfail`: nobody serves it. Names in no zone are NXDOMAIN.
           "keys_unknown": true: signed, but no anchor leads to it, so it is insecure.
root       true: there is a signed root, so that the resolver shows by its AD bit for the root that it validates.
https      host; address (else the next free one of 127.0.1.x, or of 193.0.2.x); certificate; tls; paths: PATH to an answer with status (200),
           type ("text/plain"), body or file, headers ({NAME: VALUE}), behaviour. A path that is not there is 404.
           behaviour of an answer: "endless" body, "slow" (an octet a second), "early-close" (in the middle of the body),
           "huge-headers", "endless-headers", "silent" (no answer), "gzip-bomb", "garbage" (no HTTP). Of a server:
           "silent" (no handshake), "close" (hangs up), "garbage" (no TLS), "refused" (nobody listens).
           "plain": true: http without TLS, on the same port, for URLs that name it
smtp       host, address, certificate, tls as above; behaviour: "no-starttls", "starttls-454", "starttls-close",
           "starttls-garbage", "starttls-silent", "starttls-plain" (text behind the 220), "ehlo-500", "ehlo-421",
           "greeting" (with "greeting": "554 go away", or lines of it), "endless-greeting", "slow" (an octet a second),
           "silent", "close", "refused". Servers read and answer EHLO, STARTTLS, QUIT.
certificate
           "good"         of an intermediate of the web root, for the host
           "expired", "not-yet", "self-signed", "other-ca" (a root nobody knows), "incomplete" (no intermediate sent),
           "wrong-name"   for other.example; "cn-only" has the host as its common name and no DNS-ID
           or an object   {"names": ["a.example"], "from": "2020-01-01", "to": "2030-01-01",
                           "issuer": "web" | "self" | "other", "chain": "full" | "leaf" | "root" (with its root),
                           "key": "rsa:2048" | "ec:prime256v1" | "ed25519", "digest": "sha256", "copies": 1, "cn": "x"}
           `copies`: so many certificates of the intermediate are sent
tls        {"min": "1.0", "max": "1.2", "ciphers": "aNULL:@SECLEVEL=0"}; default: 1.2 and above
"""

import copy
import ctypes
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings

warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is what some tests are about

NEEDS = ("nsd", "unbound", "ldns-keygen", "ldns-signzone", "openssl")
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3}


LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def end_with_parent():
    """Of a child: whatever happens to the lab, its name servers do not outlive it."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end(*_):
    """A signal ends the lab, once: what cleans up is not disturbed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


class Missing(Exception):
    """A program that the lab needs is not there."""


def free_port(kinds=(socket.SOCK_STREAM,)):
    """A port that nobody has on 127.0.0.1, for all of these kinds of sockets."""
    for _ in range(100):
        sockets = [socket.socket(socket.AF_INET, kind) for kind in kinds]
        try:
            sockets[0].bind(("127.0.0.1", 0))
            port = sockets[0].getsockname()[1]
            for other in sockets[1:]:
                other.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise OSError("no free port")


# -- a network of its own ----------------------------------------------------------------------------------------

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCSIFFLAGS, IFF_UP, LOOPBACK = 0x8914, 1, 1


def leave_network():
    """Go into a network namespace where 193.0.2.0/24 is here."""
    uid, gid = os.geteuid(), os.getegid()
    if LIBC.unshare(CLONE_NEWNET) != 0:
        if LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
            raise Missing("a network namespace")
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1\n"), ("gid_map", f"0 {gid} 1\n")):
            with open("/proc/self/" + name, "w") as file:
                file.write(text)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    add_local_route("193.0.2.0", 24)


def add_local_route(network, bits):
    """All addresses of a network are this machine's (rtnetlink(7))."""
    newroute, request_ack_create, table_local, static, scope_host, kind_local, dst, oif = 24, 0x405, 255, 4, 254, 2, 1, 4
    body = struct.pack("=BBBBBBBBI", socket.AF_INET, bits, 0, 0, table_local, static, scope_host, kind_local, 0)
    body += struct.pack("=HH4s", 8, dst, socket.inet_aton(network)) + struct.pack("=HHI", 8, oif, LOOPBACK)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.send(struct.pack("=IHHII", 16 + len(body), newroute, request_ack_create, 1, 0) + body)
        error = struct.unpack_from("=i", s.recv(4096), 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


# -- certificates ---------------------------------------------------------------------------------------------

CA_CONF = """
[ca]
default_ca = own
[own]
dir = %(dir)s
database = $dir/index
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = optional
[req]
distinguished_name = dn
[dn]
"""


def day(text, default):
    """A date as openssl takes it."""
    text = text or default
    return text.replace("-", "") + ("000000Z" if len(text) == 10 else "")


class Authority:
    """Certificates of a web root, of its intermediate, and of a root that nobody knows."""

    def __init__(self, folder):
        self.dir = folder
        self.made = 0
        os.makedirs(folder, exist_ok=True)
        open(self.path("index"), "w").close()
        with open(self.path("ca.cnf"), "w") as out:
            out.write(CA_CONF % {"dir": folder})
        for name in ("root", "other-root"):
            self.issue(name, cn="Lab " + name, issuer=None, ca=True)
        self.issue("intermediate", cn="Lab intermediate", issuer="root", ca=True)
        self.issue("other", cn="Lab other", issuer="other-root", ca=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, cwd=self.dir)
        if done.returncode:
            raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def key(self, name, kind):
        if kind == "ed25519":
            how = ["-algorithm", "ed25519"]
        elif kind.startswith("rsa:"):
            how = ["-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:" + kind[4:]]
        else:
            how = ["-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:" + kind.split(":")[-1]]
        self.openssl("genpkey", *how, "-out", name + ".key")

    def issue(self, name, cn="", issuer=None, ca=False, names=(), begins=None, ends=None, kind="ec:prime256v1",
              digest="sha256"):
        """Make NAME.key and NAME.crt. issuer None: signed by itself."""
        self.key(name, kind)
        with open(self.path(name + ".ext"), "w") as out:
            out.write(f"basicConstraints = critical,CA:{'TRUE' if ca else 'FALSE'}\n")
            if ca:
                out.write("keyUsage = critical,keyCertSign,cRLSign\n")
            if names:
                out.write("subjectAltName = " + ",".join("DNS:" + n for n in names) + "\n")
        self.openssl("req", "-new", "-config", "ca.cnf", "-key", name + ".key", "-out", name + ".csr", "-subj",
                     "/CN=" + cn if cn else "/")
        signer = ["-selfsign", "-keyfile", name + ".key"] if issuer is None else \
            ["-cert", issuer + ".crt", "-keyfile", issuer + ".key"]
        if kind == "ed25519" and issuer is None:
            digest = "null"
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", *signer, "-in", name + ".csr", "-out", name + ".crt",
                     "-startdate", day(begins, "2020-01-01"), "-enddate", day(ends, "2049-12-31"), "-extfile", name + ".ext",
                     "-md", digest)

    def read(self, name):
        with open(self.path(name + ".crt")) as file:
            return file.read()

    def server(self, host, wanted):
        """(chain file, key file) of a server's certificate; see above for what may be wanted."""
        w = {"names": [host], "issuer": "web", "chain": "full", "key": "ec:prime256v1"}
        if isinstance(wanted, dict):
            w.update(wanted)
        elif wanted not in (None, "good"):
            w.update({"expired": {"from": "2020-01-01", "to": "2021-01-01"}, "not-yet": {"from": "2048-01-01"},
                      "self-signed": {"issuer": "self"}, "other-ca": {"issuer": "other"}, "incomplete": {"chain": "leaf"},
                      "wrong-name": {"names": ["other.example"]}, "cn-only": {"names": [], "cn": host}}[wanted])
        self.made += 1
        name = f"server{self.made}"
        issuer = {"web": "intermediate", "other": "other", "self": None}[w["issuer"]]
        self.issue(name, cn=w.get("cn", "server %d" % self.made), issuer=issuer, names=w["names"], begins=w.get("from"),
                   ends=w.get("to"), kind=w["key"], digest=w.get("digest", "sha256"))
        chain = self.read(name)
        if issuer and w["chain"] != "leaf":
            chain += self.read(issuer) * w.get("copies", 1)
        if issuer and w["chain"] == "root":
            chain += self.read({"web": "root", "other": "other-root"}[w["issuer"]])
        with open(self.path(name + ".chain"), "w") as out:
            out.write(chain)
        return self.path(name + ".chain"), self.path(name + ".key")

    def digest(self, chain, what):
        """`spki256` and its like of the first certificate of a chain, in hex."""
        der = ssl.PEM_cert_to_DER_cert(open(chain).read().split("-----END")[0] + "-----END CERTIFICATE-----\n")
        if what.startswith("spki"):
            pem = self.openssl("x509", "-in", chain, "-noout", "-pubkey")
            der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem.encode(), capture_output=True,
                                 check=True).stdout
        return getattr(hashlib, "sha" + what[-3:])(der).hexdigest()


def server_context(chain, key, tls):
    """The TLS side of a server."""
    tls = tls or {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(tls.get("ciphers", "DEFAULT:@SECLEVEL=0"))
    context.minimum_version = VERSIONS[tls.get("min", "1.2")]
    context.maximum_version = VERSIONS[tls.get("max", "1.3")]
    context.load_cert_chain(chain, key)
    return context


# -- servers --------------------------------------------------------------------------------------------------

class Listener(socketserver.ThreadingTCPServer):
    """A listener whose connections have threads of their own."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, at, handler, spec, context):
        self.spec = spec
        self.context = context
        self.connections = 0
        super().__init__(at, handler)

    def handle_error(self, request, client_address):
        """Clients that go away are nothing to speak of."""


def drip(out, data):
    for octet in data:
        out(bytes([octet]))
        time.sleep(1)


def linger(sock, seconds=60):
    """Hold a connection until the other end goes."""
    sock.settimeout(seconds)
    try:
        while sock.recv(4096):
            pass
    except OSError:
        pass


class Web(socketserver.BaseRequestHandler):
    """One HTTPS connection: one request."""

    def handle(self):
        self.server.connections += 1
        spec = self.server.spec
        how = spec.get("behaviour", "")
        self.request.settimeout(60)
        if how == "silent":
            return linger(self.request)
        if how == "close":
            return None
        if how == "garbage":
            self.request.sendall(b"\x00\x01garbage, not TLS\r\n" * 10)
            return linger(self.request, 2)
        try:
            tls = self.request if spec.get("plain") else self.server.context.wrap_socket(self.request, server_side=True)
        except OSError:
            return None
        try:
            self.answer(tls, spec)
            tls.close()
        except OSError:
            pass
        return None

    def answer(self, tls, spec):
        head = b""
        while b"\r\n\r\n" not in head and len(head) < 65536:
            octets = tls.recv(4096)
            if not octets:
                return
            head += octets
        path = head.split(b" ")[1].decode("latin-1")
        answer = spec.get("paths", {}).get(path, {"status": 404, "body": "not here\n"})
        self.write(tls, answer)

    def write(self, tls, answer):
        how = answer.get("behaviour", "")
        status = answer.get("status", 200)
        body = answer.get("body", "").encode()
        if "file" in answer:
            with open(answer["file"], "rb") as file:
                body = file.read()
        headers = {"Content-Type": answer.get("type", "text/plain"), "Connection": "close"}
        if how == "gzip-bomb":
            import gzip
            body = gzip.compress(b"\0" * (64 << 20))
            headers["Content-Encoding"] = "gzip"
        headers.update(answer.get("headers", {}))
        if how == "huge-headers":
            headers.update({f"X-{i}": "x" * 4000 for i in range(60)})
        if how not in ("endless", "early-close"):
            headers.setdefault("Content-Length", str(len(body)))
        if how == "early-close":
            headers["Content-Length"] = str(len(body) + 1000)
        head = f"HTTP/1.1 {status} Status\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items() if v is not None)
        if how == "silent":
            return linger(tls)
        if how == "garbage":
            return tls.sendall(b"hello, this is no HTTP at all\r\n\r\n")
        if how == "endless-headers":
            tls.sendall(head.encode())
            for i in range(100000):
                tls.sendall(f"X-{i}: {'x' * 1000}\r\n".encode())
        if how == "slow":
            return drip(tls.sendall, (head + "\r\n").encode() + body)
        tls.sendall((head + "\r\n").encode() + body)
        if how == "endless":
            for _ in range(100000):
                tls.sendall(b"x" * 16384)
        return None


class Mail(socketserver.BaseRequestHandler):
    """One SMTP connection."""

    def handle(self):
        self.server.connections += 1
        try:
            self.talk()
        except OSError:
            pass

    def greet(self, how, spec):
        """The greeting. \\return whether the talk goes on"""
        sock = self.request
        if how == "silent":
            return linger(sock)
        if how == "close":
            return False
        if how == "endless-greeting":
            for _ in range(1000000):
                sock.sendall(b"220-welcome, and welcome again, and once more " + b"x" * 400 + b"\r\n")
            return False
        if how == "endless-line":
            for _ in range(100000):
                sock.sendall(b"220 " + b"x" * 4000)
            return False
        if how == "slow":
            drip(sock.sendall, b"220 mx.example ready when you are, and that takes a while\r\n")
        greeting = spec.get("greeting", "220 %s ESMTP" % spec["host"])
        for line in [greeting] if isinstance(greeting, str) else greeting:
            sock.sendall(line.encode() + b"\r\n")
        return True

    def talk(self):
        sock, spec = self.request, self.server.spec
        how = spec.get("behaviour", "")
        sock.settimeout(60)
        if not self.greet(how, spec):
            return
        lines = sock.makefile("rb")
        while True:
            line = lines.readline(2000)
            if not line:
                return
            verb = line.strip().upper().split(b" ")[0]
            if verb == b"EHLO" and how == "ehlo-500":
                sock.sendall(b"500 what?\r\n")
            elif verb == b"EHLO" and how == "ehlo-421":
                sock.sendall(b"421 busy\r\n")
            elif verb == b"EHLO":
                plain = how == "no-starttls" or isinstance(sock, ssl.SSLSocket)
                sock.sendall(b"250-%s\r\n250-SIZE 1000\r\n%s250 8BITMIME\r\n" %
                             (spec["host"].encode(), b"" if plain else b"250-STARTTLS\r\n"))
            elif verb == b"STARTTLS" and how == "no-starttls":
                sock.sendall(b"502 no such command\r\n")
            elif verb == b"STARTTLS":
                sock = self.start_tls(sock, how)
                if not sock:
                    return
                lines = sock.makefile("rb")
            elif verb == b"QUIT":
                sock.sendall(b"221 bye\r\n")
                return
            else:
                sock.sendall(b"250 ok\r\n")

    def start_tls(self, sock, how):
        if how == "starttls-454":
            sock.sendall(b"454 4.7.0 TLS not available\r\n")
            return sock
        if how == "starttls-close":
            return None
        if how == "starttls-silent":
            linger(sock)
            return None
        if how == "starttls-garbage":
            sock.sendall(b"220 go ahead\r\n")
            sock.recv(4096)
            sock.sendall(b"certainly not TLS\r\n" * 50)
            return None
        if how == "starttls-plain":
            sock.sendall(b"220 go ahead\r\n250 and more\r\n")
        else:
            sock.sendall(b"220 go ahead\r\n")
        return self.server.context.wrap_socket(sock, server_side=True)


# -- the DNS --------------------------------------------------------------------------------------------------

def dotted(zone):
    """A zone's name with its final dot."""
    return zone if zone == "." else zone + "."


SOA = "@ 300 SOA ns.{zone}. hostmaster.{zone}. 1 3600 900 604800 60\n@ 300 NS ns\nns 300 A 127.0.0.1\n"


class Zones:
    """NSD with the zones, unbound in front."""

    def __init__(self, folder, zones, usual=False):
        self.dir = folder
        self.zones = zones
        self.usual = usual
        self.anchors = os.path.join(folder, "anchors")
        self.processes = []
        os.makedirs(folder, exist_ok=True)

    def run(self, *command):
        done = subprocess.run(command, cwd=self.dir, capture_output=True, text=True, env=dict(os.environ, PATH=PATH))
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout.strip()

    def write(self, zone, spec, lines):
        """The file of a zone, signed if it is to be. \\return the file"""
        file = os.path.join(self.dir, "zone." + zone)
        with open(file, "w") as out:
            out.write(f"$ORIGIN {dotted(zone)}\n$TTL 300\n")
            if not any(re.match(r"@\s+(\d+\s+)?(IN\s+)?SOA\s", line) for line in lines):
                out.write(SOA.format(zone=zone))
            out.write("\n".join(lines) + "\n")
        if not spec.get("signed"):
            return file
        key = self.run("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", zone)
        self.run("ldns-signzone", "-n", "-o", zone, "-i", "20200101000000", "-e", spec.get("signed_until", "20491231000000"),
                 "-f", file + ".signed", file, key)
        if not spec.get("keys_unknown"):
            with open(os.path.join(self.dir, key + ".key")) as made, open(self.anchors, "a") as out:
                out.write(re.sub(r";.*", "", made.read()))
        if spec.get("bogus"):
            with open(file + ".signed") as made:
                text = re.sub(r'(\sTXT\s+")', r"\1forged ", made.read())
            with open(file + ".signed", "w") as out:
                out.write(text)
        return file + ".signed"

    def start(self, lines_of):
        open(self.anchors, "w").close()
        self.server_port = free_port((socket.SOCK_STREAM, socket.SOCK_DGRAM))
        conf = (f"server:\n ip-address: 127.0.0.1@{self.server_port}\n do-ip6: no\n server-count: 1\n username: \"\"\n chroot: \"\"\n"
                f" database: \"\"\n zonesdir: \"{self.dir}\"\n pidfile: \"{self.dir}/nsd.pid\"\n"
                f" zonelistfile: \"{self.dir}/zone.list\"\n xfrdfile: \"\"\n xfrdir: \"{self.dir}\"\n"
                f" logfile: \"{self.dir}/nsd.log\"\n rrl-ratelimit: 0\nremote-control:\n control-enable: no\n")
        for zone, spec in self.zones.items():
            if not spec.get("servfail"):
                conf += f"zone:\n name: {zone}\n zonefile: \"{self.write(zone, spec, lines_of(zone))}\"\n"
        with open(os.path.join(self.dir, "nsd.conf"), "w") as out:
            out.write(conf)
        self.spawn("nsd", "-d", "-c", os.path.join(self.dir, "nsd.conf"))
        self.resolver_port = 53 if self.usual else free_port((socket.SOCK_STREAM, socket.SOCK_DGRAM))
        self.start_unbound()

    def start_unbound(self):
        conf = (f"server:\n interface: 127.0.0.1@{self.resolver_port}\n do-ip6: no\n username: \"\"\n chroot: \"\"\n"
                f" directory: \"{self.dir}\"\n pidfile: \"\"\n use-syslog: no\n logfile: \"{self.dir}/unbound.log\"\n"
                f" do-daemonize: no\n do-not-query-localhost: no\n num-threads: 1\n trust-anchor-file: \"{self.anchors}\"\n"
                f" trust-anchor-signaling: no\n val-bogus-ttl: 5\n unblock-lan-zones: yes\n insecure-lan-zones: yes\n"
                f" outgoing-range: 256\n num-queries-per-thread: 1024\n")
        if "." not in self.zones:
            conf += " local-zone: \".\" static\n"
        for zone in self.zones:
            conf += f" local-zone: \"{dotted(zone)}\" transparent\n"
        conf += "remote-control:\n control-enable: no\n"
        for zone in self.zones:
            conf += f"stub-zone:\n name: \"{dotted(zone)}\"\n stub-addr: 127.0.0.1@{self.server_port}\n"
        with open(os.path.join(self.dir, "unbound.conf"), "w") as out:
            out.write(conf)
        self.spawn("unbound", "-d", "-c", os.path.join(self.dir, "unbound.conf"))
        for port in (self.server_port, self.resolver_port):
            self.wait(port)

    def spawn(self, *command):
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                               stderr=subprocess.DEVNULL, env=dict(os.environ, PATH=PATH),
                                               preexec_fn=end_with_parent))

    def wait(self, port):
        """Until it answers to a question about the root."""
        query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x01"
        for _ in range(100):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.1)
                try:
                    s.connect(("127.0.0.1", port))
                    s.send(query)
                    s.recv(4096)
                    return
                except OSError:
                    time.sleep(0.05)
        raise RuntimeError(f"a name server does not answer; see {self.dir}/nsd.log and unbound.log")

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []


# -- all of it ------------------------------------------------------------------------------------------------

class Lab:
    """The lab of a description; a context manager."""

    def __init__(self, description, folder=None):
        self.description = copy.deepcopy(description)  # addresses are put into it
        self.own = folder is None
        self.dir = folder
        self.listeners = []
        self.servers = {}  # by host: its chain file
        self.where = {}

    def __enter__(self):
        for program in NEEDS:
            if not shutil.which(program, path=PATH):
                raise Missing(program)
        self.dir = self.dir or tempfile.mkdtemp(prefix="assay-lab-")
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for listener in self.listeners:
            listener.shutdown()
            listener.server_close()
        if hasattr(self, "zones"):
            self.zones.stop()
        if self.own:
            shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        d = self.description
        if d.get("public"):
            leave_network()
        self.authority = Authority(os.path.join(self.dir, "ca"))
        self.addresses = {}  # by host
        taken = {s.get("address") for s in d.get("https", []) + d.get("smtp", [])}
        pool = (f"193.0.2.{1 + i}" for i in range(254)) if d.get("public") else \
            (f"127.0.{1 + i // 250}.{1 + i % 250}" for i in range(60000))
        free = (a for a in pool if a not in taken)
        for spec in d.get("https", []) + d.get("smtp", []):
            self.addresses[spec["host"]] = spec.setdefault("address", next(free))
        self.where = {"https_port": self.serve(d.get("https", []), Web, 443), "smtp_port": self.serve(d.get("smtp", []), Mail, 25),
                      "ca_file": self.authority.path("root.crt"), "dir": self.dir}
        if d.get("root"):
            self.add_root()
        self.zones = Zones(os.path.join(self.dir, "dns"), d.get("zones", {}), d.get("usual_ports"))
        self.zones.start(self.lines_of)
        self.where.update({"resolver": f"127.0.0.1@{self.zones.resolver_port}",
                           "server": f"127.0.0.1@{self.zones.server_port}", "trust_anchor": self.zones.anchors})

    def serve(self, specs, handler, usual):
        """Start servers on one port, each on its address. \\return the port"""
        port = usual if self.description.get("public") or self.description.get("usual_ports") else free_port()
        for spec in specs:
            chain, key = self.authority.server(spec["host"], spec.get("certificate"))
            self.servers[spec["host"]] = chain
            if spec.get("behaviour") == "refused":
                continue
            listener = Listener((spec["address"], port), handler, spec, server_context(chain, key, spec.get("tls")))
            threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            self.listeners.append(listener)
        return port

    def add_root(self):
        """A signed root that delegates what the zones lie in: a resolver that validates shows it by the AD bit."""
        zones = self.description["zones"]
        tops = {zone.split(".")[-1] for zone in zones}
        for top in tops:
            zones.setdefault(top, {"records": []})
        zones["."] = {"signed": True, "records": ["@ SOA a. h. 1 3600 900 604800 60", "@ NS a.", "a. A 127.0.0.1",
                                                  *(f"{top}. NS ns.{top}." for top in tops)]}

    def lines_of(self, zone):
        """The records of a zone, those of servers with them."""
        lines = [self.filled(line) for line in self.description["zones"][zone].get("records", [])]
        for spec in self.description.get("https", []) + self.description.get("smtp", []):
            if spec.get("dns", True) and self.zone_of(spec["host"]) == zone:
                lines.append(f"{spec['host']}. A {spec['address']}")
        return lines

    def zone_of(self, host):
        """The zone that a name lies in."""
        names = host.split(".")
        return next((z for z in (".".join(names[i:]) for i in range(len(names))) if z in self.description.get("zones", {})), None)

    def filled(self, line):
        """A record with its digests."""
        return re.sub(r"\{(spki256|spki512|cert256|cert512):([^}]*)\}",
                      lambda m: self.authority.digest(self.servers[m[2]], m[1]), line)

    def environment(self):
        """What a command beside the lab finds in its environment."""
        return dict(os.environ, **{"ASSAY_LAB_" + k.upper(): str(v) for k, v in self.where.items()})


def main():
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 0 if len(sys.argv) > 1 else 2
    signal.signal(signal.SIGTERM, end)
    with open(sys.argv[1]) as file:
        description = json.load(file)
    try:
        with Lab(description) as lab:
            if sys.argv[2:3] == ["--"]:
                return subprocess.run(sys.argv[3:], env=lab.environment()).returncode
            print(json.dumps(lab.where), flush=True)
            sys.stdin.read()
            return 0
    except Missing as program:
        print(f"lab: {program} is not installed", file=sys.stderr)
        return 77


if __name__ == "__main__":
    sys.exit(main())
