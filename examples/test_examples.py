#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run the examples: what they print is what they promise. verify_one asks a name server of its own."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("ASSAY_BUILD", TOP / "build")).resolve()

ZONE = """$ORIGIN example.com.
$TTL 60
@ SOA ns host 1 3600 900 604800 60
@ NS ns
ns A 127.0.0.1
@ TXT "v=spf1 ip4:192.0.2.0/24 -all"
mail TXT "v=spf1 ip4:192.0.2.7 -all"
_dmarc TXT "v=DMARC1; p=reject"
"""

CONF = """server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{dir}"
  pidfile: "{dir}/nsd.pid"
  zonelistfile: "{dir}/zone.list"
  xfrdfile: "{dir}/xfrd.state"
  xfrdir: "{dir}"
  logfile: "{dir}/nsd.log"
remote-control:
  control-enable: no
zone:
  name: example.com
  zonefile: example.com.zone
"""

MESSAGE = b"From: Alice <alice@example.com>\r\nSubject: hello\r\n\r\nbody\r\n"

passed = failed = 0


def check(claim, ok, output):
    """Count one claim."""
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(f"{'ok' if ok else 'FAILED'}  {claim}")
    if not ok:
        print(output)


def run(*command):
    """Exit status and output of an example."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def free_port():
    """A port nobody listens at now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve(folder):
    """Start a name server for example.com; its process and port."""
    port = free_port()
    Path(folder, "example.com.zone").write_text(ZONE)
    Path(folder, "nsd.conf").write_text(CONF.format(port=port, dir=folder))
    server = subprocess.Popen([shutil.which("nsd", path=os.environ["PATH"] + ":/usr/sbin"), "-d", "-c",
                               f"{folder}/nsd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    return server, port


status, text = run(BUILD / "src" / "example-steps")
check("steps: SPF asks before the header has come", text.startswith("asks type 16 example.com\n"), text)
check("steps: SPF alone proves the author", status == 0 and "accept: the author's domain is proved\n" in text, text)
check("steps: the field to insert is printed", "Authentication-Results: mx.example.net;" in text, text)
status, text = run(BUILD / "src" / "example-verify_one")
check("verify_one: without arguments it says how it is called", status == 64 and "usage:" in text, text)

if shutil.which("nsd", path=os.environ["PATH"] + ":/usr/sbin"):
    with tempfile.TemporaryDirectory() as folder:
        message = Path(folder, "message.eml")
        message.write_bytes(MESSAGE)
        server, port = serve(folder)
        try:
            ask = [BUILD / "src" / "example-verify_one", message]
            status, text = run(*ask, "192.0.2.7", "mail.example.com", "alice@example.com", f"127.0.0.1@{port}")
            check("verify_one: an honest message is accepted", status == 0 and "\naccept: " in text, text)
            status, text = run(*ask, "203.0.113.9", "mail.example.com", "alice@example.com", f"127.0.0.1@{port}")
            check("verify_one: a forged one is rejected", status == 0 and "\nreject: " in text, text)
        finally:
            server.terminate()
            server.wait()
else:
    print("skipped: verify_one, there is no nsd")

print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
