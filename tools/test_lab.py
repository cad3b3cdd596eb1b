#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tools/lab/lab.py: what it starts is there, on the loopback and in a network of its own, and `assay check` sees it."""

import os
import re
import smtplib
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tools" / "lab"))
from lab import Lab, Missing  # noqa: E402

POLICY = "version: STSv1\nmode: enforce\nmx: mx.good.example\nmax_age: 604800\n"
DESCRIPTION = {
    "zones": {"good.example": {"signed": True, "records": [
        "@ MX 10 mx", "@ TXT \"v=spf1 mx -all\"", "_mta-sts TXT \"v=STSv1; id=1\"",
        "_25._tcp.mx TLSA 3 1 1 {spki256:mx.good.example}"]},
        "2.0.193.in-addr.arpa": {"records": ["2 PTR mx.good.example."]}},
    "https": [{"host": "mta-sts.good.example", "paths": {"/.well-known/mta-sts.txt": {"body": POLICY}}}],
    "smtp": [{"host": "mx.good.example"}]}


def test_servers(lab):
    """Each server shows the certificate of its host, and answers."""
    context = ssl.create_default_context(cafile=lab.where["ca_file"])
    context.check_hostname = False
    url = f"https://{lab.addresses['mta-sts.good.example']}:{lab.where['https_port']}/.well-known/mta-sts.txt"
    assert urllib.request.urlopen(url, context=context).read().decode() == POLICY
    try:
        urllib.request.urlopen(url + "x", context=context)
        raise AssertionError("a path that is not there")
    except urllib.error.HTTPError as error:
        assert error.code == 404
    with smtplib.SMTP(lab.addresses["mx.good.example"], lab.where["smtp_port"], local_hostname="client.example") as smtp:
        smtp.starttls(context=context)
        assert smtp.sock.version() == "TLSv1.3"


def check(options):
    """What `assay check` says in a lab."""
    build = os.environ.get("ASSAY_BUILD", str(TOP / "build"))
    return subprocess.run([f"{build}/assay", "check", "good.example", *options], capture_output=True, text=True).stdout


def must_be_good(text):
    for area in ("MTA-STS", "SPF", "DNS"):
        assert re.search(rf"^  {area} +good ", text, re.M), text
    assert re.search(r"^  mx\.good\.example +encrypted +authenticated +authenticated +authenticated", text, re.M), text


def test_check(lab):
    """A domain with addresses of the loopback is looked at when that is allowed, and is not else."""
    w = lab.where
    common = ["--resolver", w["resolver"], "--trust-anchor", w["trust_anchor"], "--ca-file", w["ca_file"],
              "--https-port", str(w["https_port"]), "--smtp-port", str(w["smtp_port"])]
    must_be_good(check([*common, "--allow-private"]))
    assert not re.search(r"^  MTA-STS +good ", check(common), re.M)


def test_public():
    """In a network of its own the addresses are public, and the ports the usual ones."""
    if os.environ.get("ASSAY_LAB_RESOLVER"):  # the command inside
        must_be_good(check(["--resolver", os.environ["ASSAY_LAB_RESOLVER"], "--trust-anchor",
                            os.environ["ASSAY_LAB_TRUST_ANCHOR"], "--ca-file", os.environ["ASSAY_LAB_CA_FILE"]]))
        return
    import json
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(dict(DESCRIPTION, public=True), file)
        file.flush()
        done = subprocess.run([sys.executable, str(TOP / "tools/lab/lab.py"), file.name, "--", sys.executable, __file__, "inside"],
                              capture_output=True, text=True)
    if done.returncode == 77:
        raise Missing("a network namespace")
    assert done.returncode == 0, done.stdout + done.stderr


def main():
    if sys.argv[1:] == ["inside"]:
        return test_public()
    passed = failed = 0
    try:
        with Lab(DESCRIPTION) as lab:
            for test in (lambda: test_servers(lab), lambda: test_check(lab), test_public):
                try:
                    test()
                    passed += 1
                except Missing as what:
                    print(f"# left out: {what} cannot be had")
                except AssertionError as wrong:
                    print(wrong)
                    failed += 1
    except Missing as program:
        print(f"skipped: {program} is not installed")
        return 77
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
