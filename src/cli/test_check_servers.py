#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""`assay check --ns` of zones whose authoritative servers differ, are lame or silent, or refuse TCP, and of a zone whose
signatures end soon. What servers said before is of no command of this kind: that they differ is unknown then.

Each server is an NSD of its own at an address of a small network; one that cuts its answers short and takes no TCP stands in
front of such a one. Prints TAP, then `N passed, N failed`; skipped (77) where no network namespace or no server can be had.
"""
import datetime
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import test_check_lab as owner  # noqa: E402

lab, ASSAY = owner.lab, owner.ASSAY
ONE, TWO = "193.0.2.201", "193.0.2.202"
LONG = " ".join(['"' + "x" * 250 + '"'] * 8)


def zone(name, **more):
    """The records of a zone with two name servers; more: what stands there else, or in the place of these."""
    lines = {"soa": f"@ SOA ns1.{name}. hostmaster.{name}. 1 3600 900 604800 60", "ns1": "@ NS ns1", "ns2": "@ NS ns2", "a1": f"ns1 A {ONE}",
             "a2": f"ns2 A {TWO}", "spf": '@ TXT "v=spf1 mx -all"', "mx": "@ MX 10 mx", "mxa": "mx A 193.0.2.9", "mx2": "@ MX 20 mx2",
             "mx2a": "mx2 A 193.0.2.9", "dmarc": f'_dmarc TXT "v=DMARC1; p=reject; rua=mailto:r@{name}"'}
    lines.update(more)
    return list(lines.values())


def reversed_order(name):
    """The same zone, its MX records in the other order."""
    return [line for line in zone(name) if " MX " not in line] + ["@ MX 20 mx2", "@ MX 10 mx"]


# By name: what the second server has (None: not the zone), and what has to be found.
BOTH = {"DNS-NS-FAILING": "pass", "DNS-NS-DISAGREE": "pass", "DNS-TCP": "pass"}
ZONES = {
    "same.example": (zone("same.example"), BOTH),
    "order.example": (reversed_order("order.example"), BOTH),
    "differ.example": (zone("differ.example", spf='@ TXT "v=spf1 -all"'), {**BOTH, "DNS-NS-DISAGREE": "unknown"}),
    "serial.example": (zone("serial.example", soa="@ SOA ns1.serial.example. hostmaster.serial.example. 2 3600 900 604800 60"),
                       {**BOTH, "DNS-NS-DISAGREE": "unknown"}),
    "lame.example": (None, {**BOTH, "DNS-NS-DISAGREE": "none", "DNS-NS-FAILING": "warning", "DNS-TCP": "unknown"}),
    "cut.example": (zone("cut.example", big="@ TXT " + LONG), {**BOTH, "DNS-NS-DISAGREE": "unknown", "DNS-TCP": "error"}),
    "silent.example": (zone("silent.example", a2="ns2 A 193.0.2.204"), {**BOTH, "DNS-NS-DISAGREE": "none", "DNS-NS-FAILING": "warning", "DNS-TCP": "unknown"}),
    "gone.example": (zone("gone.example", a1="ns1 A 193.0.2.205", a2="ns2 A 193.0.2.206"),
                     {"DNS-NS-FAILING": "unknown", "DNS-NS-DISAGREE": "unknown", "DNS-TCP": "unknown"}),
}


class Server:
    """An NSD with some zones at one address."""

    def __init__(self, folder, address, zones, port=53):
        self.dir = Path(folder) / f"{address}-{port}"
        self.dir.mkdir()
        conf = (f"server:\n ip-address: {address}@{port}\n do-ip6: no\n server-count: 1\n username: \"\"\n chroot: \"\"\n database: \"\"\n"
                f" zonesdir: \"{self.dir}\"\n pidfile: \"{self.dir}/pid\"\n zonelistfile: \"{self.dir}/list\"\n xfrdfile: \"\"\n"
                f" xfrdir: \"{self.dir}\"\n logfile: \"{self.dir}/log\"\n rrl-ratelimit: 0\nremote-control:\n control-enable: no\n")
        for name, lines in zones.items():
            (self.dir / name).write_text(f"$ORIGIN {name}.\n$TTL 300\n" + "\n".join(lines) + "\n", encoding="ascii")
            conf += f"zone:\n name: {name}\n zonefile: {name}\n"
        (self.dir / "conf").write_text(conf, encoding="ascii")
        self.process = subprocess.Popen(["nsd", "-d", "-c", self.dir / "conf"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env={**os.environ, "PATH": lab.PATH})

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def relay_without_tcp(address, behind):
    """A server over UDP alone: it passes questions on as they came."""
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind((address, 53))

    def pass_on():
        while True:
            question, client = front.recvfrom(4096)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(5)
                s.sendto(question, behind)
                try:
                    front.sendto(s.recv(65535), client)
                except OSError:
                    continue
    threading.Thread(target=pass_on, daemon=True).start()
    return front


def swallow(address):
    """A server that says nothing."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((address, 53))
    return s


def check(where, name, *more):
    """What assay check --ns finds."""
    done = subprocess.run([ASSAY, "check", "--jsonl", "--ns", "--no-probe", "--no-web", "--resolver", where["resolver"], "--trust-anchor",
                           where["trust_anchor"], "--profile", "mail", *more, name], capture_output=True, timeout=120, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        print(done.stderr.decode(), file=sys.stderr)
        return {"findings": []}


def outcome(page, finding):
    """The worst outcome of a finding."""
    of = [f["outcome"] for f in page["findings"] if f["id"] == finding]
    return min(of, key=("error", "warning", "notice", "unknown", "pass").index) if of else "none"


def told(page):
    """What is said of servers."""
    return "\n".join(f'{f["id"]} {f["outcome"]} {f["subject"]}: {f.get("text")}' for f in page["findings"]
                     if f["id"].startswith("DNS-NS") or f["id"] in ("DNS-TCP", "DNS-SIGNATURES"))


def test_servers(tap, where):
    """Each zone, asked of both servers."""
    for name, (_, expected) in ZONES.items():
        page = check(where, name)
        got = {k: outcome(page, k) for k in expected}
        tap.tell(got == expected, f"{name}: {', '.join(k + ' ' + v for k, v in expected.items() if v != 'pass') or 'all is well'}", told(page))
        if "--show" in sys.argv:
            print("# " + told(page).replace("\n", "\n# "))


def test_replay(tap, where, folder):
    """What was recorded is found again."""
    for name in ZONES:
        kept = Path(folder) / (name + ".case")
        check(where, name, "--record", kept)
        done = subprocess.run([ASSAY, "case", kept], capture_output=True, text=True, timeout=60, check=False)
        tap.tell(done.returncode == 0, f"{name}: assay case passes", done.stdout[-1500:])


def test_signatures(tap, where):
    """DNS-SIGNATURES of a zone signed until tomorrow, and of one signed for long."""
    for name, wanted in (("tomorrow.example", "warning"), ("lasting.example", "pass")):
        page = check(where, name)
        tap.tell(outcome(page, "DNS-SIGNATURES") == wanted, f"{name}: DNS-SIGNATURES {wanted}", told(page))


def main():
    owner.enter_namespace()
    tap = owner.Tap()
    first = {n: zone(n) for n in ZONES}
    first["cut.example"] = ZONES["cut.example"][0]
    first["silent.example"], first["gone.example"] = ZONES["silent.example"][0], ZONES["gone.example"][0]
    first["cut.example"] = [x.replace(TWO, "193.0.2.203") for x in first["cut.example"]]
    second = {n: lines for n, (lines, _) in ZONES.items() if lines}
    until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=30)).strftime("%Y%m%d%H%M%S")
    zones = {n: {"records": lines} for n, lines in first.items()}
    zones["tomorrow.example"] = {"signed": True, "signed_until": until, "records": zone("tomorrow.example")}
    zones["lasting.example"] = {"signed": True, "records": zone("lasting.example")}
    with tempfile.TemporaryDirectory(prefix="assay-servers.") as folder:
        try:
            with lab.Lab({"zones": zones, "public": True}) as world:
                servers = [Server(folder, ONE, first), Server(folder, TWO, second), Server(folder, "193.0.2.203", first, 5353)]
                open_sockets = [relay_without_tcp("193.0.2.203", ("193.0.2.203", 5353)), swallow("193.0.2.204")]
                try:
                    test_servers(tap, world.where)
                    test_replay(tap, world.where, folder)
                    test_signatures(tap, world.where)
                finally:
                    for server in servers:
                        server.stop()
                    for s in open_sockets:
                        s.close()
        except lab.Missing as why:
            owner.skip(str(why))
    print(f"{tap.passed} passed, {tap.failed} failed")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
