# SPDX-License-Identifier: BSD-2-Clause
"""Real programs around assayd, for tests and the demonstration: a private Postfix, a resolver, and a place where mail ends.

    with Rig() as rig:
        rig.resolver({"shop.example": ['TXT "v=spf1 ip4:192.0.2.7 -all"']})
        rig.assayd('milter "in" { listen = unix:%(dir)s/milter.sock }')
        rig.postfix()
        rig.send(client="192.0.2.7", helo="mail.shop.example", mail_from="a@shop.example", message=b"...")
        mail = rig.delivered(1)

Everything lives in one folder of /tmp and on ports of the loopback; nothing of the system's own mail is touched. Postfix
has to be started by root.
"""

import base64
import contextlib
import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import threading
import time

PATIENCE = 20  # seconds that anything here may take


class Missing(Exception):
    """A program that is wanted is not there: the caller skips."""


def free_port():
    """A port of the loopback that nobody has now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, true, seconds=PATIENCE):
    """Wait until true() is true; what: words for the complaint."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def listens(port):
    """Somebody answers at this port."""
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Sink:
    """An SMTP server that takes every message and keeps it."""

    def __init__(self):
        self.mails = []  # (reverse-path, [recipients], octets)
        self.refused = set()  # recipients that it does not know
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.talk, args=(self.socket.accept()[0],), daemon=True).start()

    def talk(self, connection):
        """One session, as far as Postfix goes."""
        stream = connection.makefile("rwb")
        sender, recipients = "", []

        def say(*lines):
            stream.write(b"".join(line + b"\r\n" for line in lines))
            stream.flush()

        say(b"220 sink")
        with contextlib.suppress(OSError), connection:
            for line in stream:
                word = line[:4].upper()
                if word == b"EHLO":
                    say(b"250-sink", b"250-8BITMIME", b"250-SMTPUTF8", b"250-PIPELINING", b"250 SIZE 100000000")
                elif word == b"MAIL":
                    sender, recipients = path_of(line), []
                    say(b"250 ok")
                elif word == b"RCPT" and path_of(line) in self.refused:
                    say(b"550 5.1.1 nobody of that name")
                elif word == b"RCPT":
                    recipients.append(path_of(line))
                    say(b"250 ok")
                elif word == b"DATA":
                    say(b"354 go on")
                    data = self.data(stream)
                    with self.lock:
                        self.mails.append((sender, recipients, data))
                    say(b"250 kept")
                elif word == b"QUIT":
                    say(b"221 bye")
                    return
                else:
                    say(b"250 ok")

    @staticmethod
    def data(stream):
        lines = []
        for line in stream:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


def path_of(line):
    """The address of a MAIL or RCPT command."""
    found = re.search(rb"<([^>]*)>", line)
    return found.group(1).decode("utf-8", "surrogateescape") if found else ""


class Rig:
    """Programs that run together. Use it as a context."""

    def __init__(self, build=None, keep=False):
        self.build = build or os.environ.get("ASSAY_BUILD", "build")
        self.keep = keep
        self.dir = tempfile.mkdtemp(prefix="assay-rig-")
        os.chmod(self.dir, 0o755)
        self.processes = []
        self.postfixes = []
        self.sink = Sink()
        self.ports = {}
        self.dns_port = None
        self.names = {}
        self.unbound = None
        self.daemon = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for config in self.postfixes:
            subprocess.run(["postfix", "-c", config, "stop"], capture_output=True, check=False)
        for process in reversed(self.processes):
            end(process)
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    # -- programs ----------------------------------------------------------------------------------------------

    def start(self, name, *command, **more):
        """Start a program; what it says goes into NAME.log."""
        program = shutil.which(command[0]) or shutil.which(command[0], path="/usr/sbin:/sbin")
        if not program:
            raise Missing(command[0])
        with open(f"{self.dir}/{name}.log", "ab") as log:
            process = subprocess.Popen([program, *command[1:]], stdout=log, stderr=log, stdin=subprocess.DEVNULL, **more)
        self.processes.append(process)
        return process

    def log(self, name):
        """What a program has said."""
        with open(f"{self.dir}/{name}.log", encoding="utf-8", errors="replace") as log:
            return log.read()

    def resolver(self, names, port=None, refused=()):
        """A resolver that knows these names and no others: {"example.org": ["A 192.0.2.1", 'TXT "..."']}.

        It refuses to say anything of `refused` and what is below.
        """
        self.dns_port = port or free_port()
        self.names, self.refused = dict(names), tuple(refused)
        self.write_names()
        self.unbound = self.start("unbound", "unbound", "-d", "-c", f"{self.dir}/unbound.conf")
        wait_for("unbound", lambda: listens(self.dns_port) or self.unbound.poll() is not None)
        return self.unbound

    def publish(self, names):
        """Let the resolver know more names."""
        starts = self.log("unbound").count("start of service")
        self.names.update(names)
        self.write_names()
        self.unbound.send_signal(signal.SIGHUP)
        wait_for("unbound", lambda: self.log("unbound").count("start of service") > starts)

    def write_names(self):
        """The resolver's configuration."""
        zones = sorted({name.rstrip(".").rsplit(".", 1)[-1] for name in self.names} | {"arpa", "example", "org", "com"})
        data = [f"local-data: '{name.rstrip('.')}. 300 IN {record}'" for name, records in self.names.items() for record in records]
        with open(f"{self.dir}/unbound.conf", "w", encoding="utf-8") as conf:
            conf.write("\n".join(
                ["server:", f"interface: 127.0.0.1@{self.dns_port}", 'username: ""', 'chroot: ""', "do-daemonize: no", 'pidfile: ""',
                 "use-syslog: no", f'directory: "{self.dir}"', 'module-config: "iterator"', "num-threads: 1", "do-ip6: no",
                 "verbosity: 1", *(f'local-zone: "{zone}." static' for zone in zones), *data,
                 *(f'local-zone: "{name}." always_refuse' for name in self.refused),
                 "remote-control:", "control-enable: no", ""]))

    def assayd(self, conf, name="assayd", wait=True, **more):
        """assayd with this configuration; %(dir)s stands for the rig's folder."""
        self.daemon = self.start(name, f"{self.build}/assayd", "-c", self.write_conf(conf, name), **more)
        if wait:
            wait_for("assayd", lambda: " serves" in self.log(name) or self.daemon.poll() is not None)
            if self.daemon.poll() is not None:
                raise RuntimeError(self.log(name))
        return self.daemon

    def write_conf(self, conf, name="assayd"):
        """Write the configuration of an assayd. \\return its path"""
        path = f"{self.dir}/{name}.conf"
        head = [] if re.search(r"(?m)^resolver ", conf) else [f"resolver = 127.0.0.1@{self.dns_port or 9}"]
        if not re.search(r"(?m)^user ", conf) and os.geteuid() == 0:
            head.append("user = nobody")
        if "control {" not in conf:
            head.append(f"control {{ listen = unix:{self.dir}/{name}.control }}")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join([*head, conf % {"dir": self.dir}, ""]))
        return path

    def folder(self, name, mode=0o777):
        """A folder in the rig's, for what other users write."""
        os.makedirs(f"{self.dir}/{name}", exist_ok=True)
        os.chmod(f"{self.dir}/{name}", mode)
        return f"{self.dir}/{name}"

    def postfix(self, name="postfix", milter=None, services=None, chroot=False, master="", **settings):
        """A Postfix of our own; it relays what it gets to the sink. Settings are main.cf's.

        services: {NAME: settings} of more ports, which self.ports has then by name; the first is called smtp, or like a Postfix
        that is not called postfix. chroot: as Debian has it; master: more lines of master.cf. \\return the first port
        """
        if not shutil.which("postfix", path="/usr/sbin:/usr/bin:/sbin:/bin"):
            raise Missing("postfix")
        if os.geteuid() != 0:
            raise Missing("root, for Postfix")
        top = f"{self.dir}/{name}"
        for part in ("etc", "queue", "data"):
            os.makedirs(f"{top}/{part}", exist_ok=True)
        os.chown(f"{top}/data", pwd.getpwnam("postfix").pw_uid, -1)
        first = "smtp" if name == "postfix" else name
        ports = {which: free_port() for which in (first, *(services or {}))}
        with open(f"{top}/etc/master.cf", "w", encoding="utf-8") as file:
            file.write(self.master_cf(chroot) + master)
            for which, port in ports.items():
                file.write(f"127.0.0.1:{port} inet n - {'y' if chroot else 'n'} - - smtpd\n")
                file.writelines(f"  -o {{ {key} = {value} }}\n" for key, value in (services or {}).get(which, {}).items())
        values = {
            "compatibility_level": "3.6", "queue_directory": f"{top}/queue", "data_directory": f"{top}/data",
            "myhostname": "mx.example.org", "mydestination": "", "inet_interfaces": "127.0.0.1", "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8", "alias_maps": "", "alias_database": "", "local_recipient_maps": "",
            "maillog_file": f"{top}.mail", "maillog_file_prefixes": tempfile.gettempdir(), "milter_default_action": "tempfail",
            "smtpd_milters": milter or f"unix:{self.dir}/milter.sock", "smtp_dns_support_level": "disabled",
            "relayhost": f"[127.0.0.1]:{self.sink.port}", "relay_domains": "static:all", "message_size_limit": "100000000",
            "smtpd_relay_restrictions": "reject_unauth_destination", "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
            "smtputf8_enable": "yes", "smtpd_client_connection_count_limit": "0", "default_process_limit": "30",
            "smtpd_peername_lookup": "no", **settings}
        with open(f"{top}/etc/main.cf", "w", encoding="utf-8") as file:
            file.writelines(f"{key} = {value}\n" for key, value in values.items())
        started = subprocess.run(["postfix", "-c", f"{top}/etc", "start"], capture_output=True, text=True, check=False)
        if started.returncode:
            raise RuntimeError(started.stderr)
        self.postfixes.append(f"{top}/etc")
        self.ports.update(ports)
        wait_for("Postfix", lambda: all(listens(port) for port in ports.values()))
        return ports[first]

    @staticmethod
    def master_cf(chroot):
        """Postfix's own master.cf without its port of SMTP; unless it is wanted so, nothing runs with another root."""
        with open("/usr/share/postfix/master.cf.dist", encoding="utf-8") as file:
            text = re.sub(r"(?m)^(smtp +inet.*)$", r"#\1", file.read())
        return text if chroot else re.sub(r"(?m)^([a-z]\S*\s+\S+\s+\S+\s+\S+\s+)y", r"\1n", text)

    # -- keys --------------------------------------------------------------------------------------------------

    def key(self, name, algorithm="rsa"):
        """A private key NAME.pem. \\return its path and the value of its record"""
        path = f"{self.dir}/{name}.pem"
        make = ["genpkey", "-algorithm", "ed25519"] if algorithm == "ed25519" else \
            ["genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"]
        subprocess.run(["openssl", *make, "-out", path], check=True, capture_output=True)
        os.chmod(path, 0o600)
        der = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        text = base64.b64encode(der[-32:] if algorithm == "ed25519" else der).decode()
        record = f"v=DKIM1; k={algorithm}; p={text}"
        return path, "TXT " + " ".join(f'"{record[i:i + 200]}"' for i in range(0, len(record), 200))

    # -- mail --------------------------------------------------------------------------------------------------

    def send(self, port, message, client=None, helo="client.example", mail_from="", to=("b@example.org",), options=()):
        """Send a message as if `client` had connected. \\return (code, text) of the last reply"""
        with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as smtp:
            smtp.ehlo(helo)
            if client:
                smtp.docmd("XCLIENT", f"ADDR={client} NAME={helo} HELO={helo}")
                smtp.ehlo(helo)
            code, text = smtp.mail(mail_from, options)
            for address in to:
                if code < 400:
                    code, text = smtp.rcpt(address)
            if code < 400:
                code, text = smtp.data(message)
            return code, text.decode("utf-8", "replace")

    def delivered(self, n, seconds=PATIENCE):
        """The n-th message that arrived at the sink, from 1: (reverse-path, recipients, octets)."""
        wait_for(f"message {n}", lambda: len(self.sink.mails) >= n, seconds)
        return self.sink.mails[n - 1]


def end(process):
    """End a program, politely first."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
