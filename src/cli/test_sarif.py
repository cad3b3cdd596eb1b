#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `assay check --sarif` writes, before validators of others: ajv with the schema of SARIF 2.1.0, and Microsoft's SARIF
Multitool with its rules for SARIF and for GitHub's code scanning.

npm fetches both into the build's folder; skipped (77) without node, npm or them. Prints TAP, then `N passed, N failed`.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = Path(os.environ.get("ASSAY_BUILD", TOP / "build")).resolve()
PACKAGES = ("@microsoft/sarif-multitool-linux@5", "ajv@8", "ajv-formats@3")
HOSTILE = '</script>\\"\\\\\\001\\195\\168\\255'
CASE = f"""[envelope]
domain = shop.example
now = 2026-11-29T00:00:00Z
selector = s1
[dns]
@suffix example
shop.example. TXT "v=spf1 include:_spf.shop.example mx {HOSTILE} ~all"
shop.example. MX 10 mx.shop.example
mx.shop.example. A 198.51.100.1
_dmarc.shop.example. TXT "v=DMARC1; p=quarantine; sp=none; pct=50; x={HOSTILE}; rua=mailto:d@shop.example"
_mta-sts.shop.example. TXT "v=STSv1; id=1"
s1._domainkey.shop.example. TXT TIMEOUT
"""
ZONE = """$ORIGIN shop.example.
$TTL 300
@ SOA ns hostmaster 1 3600 900 604800 60
@ NS ns
ns A 192.0.2.1
@ MX 10 mx
mx A 192.0.2.2
@ TXT "v=spf1 mx +all"
_dmarc TXT "v=DMARC1; p=none"
default._bimi TXT ( "v=BIMI1;"
  " l=http://shop.example/l.svg" )
"""


def skip(why):
    """Say why there is nothing to run on."""
    print(f"skipped: {why}")
    sys.exit(77)


def modules():
    """The folder of the node modules, fetched once."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"{program} is missing")
    folder = BUILD / "sarif-modules"
    folder.mkdir(exist_ok=True)
    tool = folder / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    if not tool.exists() or not (folder / "node_modules/ajv-formats").exists():
        done = subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", *PACKAGES], capture_output=True, text=True,
                              timeout=600, check=False)
        if done.returncode or not tool.exists():
            skip("npm could not fetch the validators: " + (done.stderr.strip().splitlines() or ["?"])[-1])
    tool.chmod(0o755)
    return folder / "node_modules", tool


def write_logs(folder):
    """The logs, by what they are of. The last one is spoiled, to see that it is seen."""
    case, zone = folder / "shop.case", folder / "shop.zone"
    case.write_text(CASE, encoding="ascii")
    zone.write_text(ZONE, encoding="ascii")
    runs = {"of a case": ["--world", case, "shop.example"], "of a case, with all that passes": ["--world", case, "-v", "shop.example"],
            "of the good domain": ["--world", TOP / "bench/owner.case", "-v", "good.example"],
            "of a zone file": ["--zone", zone, "--offline", "-v", "shop.example", "mx.shop.example", "not.here"],
            "of a name that is none": ["--zone", zone, "--offline", "shop.example", ".."]}
    logs = {}
    for number, (name, words) in enumerate(runs.items()):
        logs[name] = folder / f"{number}.sarif"
        subprocess.run([BUILD / "assay", "check", "--sarif", "--out", logs[name], *words], stderr=subprocess.DEVNULL, timeout=60, check=False)
    page = json.loads(logs["of a case"].read_text(encoding="utf-8"))
    page["runs"][0]["results"][0]["ruleIndex"] = 9999
    page["runs"][0]["bogus"] = 1
    spoiled = folder / "spoiled.sarif"
    spoiled.write_text(json.dumps(page), encoding="utf-8")
    return logs, spoiled


def by_multitool(tool, log):
    """Errors and warnings of the Multitool."""
    out = log.with_suffix(".validated")
    done = subprocess.run([tool, "validate", log, "--rule-kind", "Sarif;Ghas", "--output", out, "--log", "ForceOverwrite"],
                          capture_output=True, text=True, timeout=120, check=False,
                          env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})
    if not out.exists():
        return ["it did not run: " + (done.stdout + done.stderr)[-500:]]
    run = json.loads(out.read_text(encoding="utf-8-sig"))["runs"][0]
    return [f'{r["ruleId"]} {r["message"]}' for r in run.get("results", []) if r.get("level", "warning") in ("error", "warning")]


def main():
    found, tool = modules()
    with tempfile.TemporaryDirectory(prefix="assay-sarif.") as name:
        logs, spoiled = write_logs(Path(name))
        done = subprocess.run(["node", HERE / "sarif_schema.js", found, tool.with_name("sarif-2.1.0.json"), *logs.values(), spoiled],
                              capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
        faults = json.loads(done.stdout or "[]")
        tests = [(f"a log {what} holds to the schema", not found, found) for what, found in zip(logs, faults)]
        for what, log in logs.items():
            said = by_multitool(tool, log)
            tests.append((f"a log {what} is sound to the Multitool", not said, said))
        tests.append(("what is wrong is seen by both", len(faults) == len(logs) + 1 and faults[-1] and by_multitool(tool, spoiled), faults[-1:]))
    passed = failed = 0
    for number, (name, ok, why) in enumerate(tests, 1):
        passed, failed = passed + bool(ok), failed + (not ok)
        print(f"{'ok' if ok else 'not ok'} {number} - {name}")
        if not ok:
            print("# " + "\n# ".join(map(str, why[:10])))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
