#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The page of `assay check --html` in a real browser: axe-core finds nothing, in light and dark, wide and narrow; nothing is
fetched and nothing runs.

It takes Chromium, node and npm, which fetches axe-core and puppeteer-core into the build's folder; skipped (77) without.
Prints TAP, then `N passed, N failed`.
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
HOSTILE = '</style><script>document.title="run"</script><img src=http://192.0.2.1/x>'
CASE = f"""[envelope]
domain = shop.example
now = 2026-11-29T00:00:00Z
selector = s1
[dns]
@suffix example
shop.example. TXT "v=spf1 include:_spf.shop.example mx ~all"
shop.example. TXT "v=spf1{HOSTILE.replace('"', chr(92) + '"')}"
shop.example. MX 10 mx.shop.example
mx.shop.example. A 198.51.100.1
_dmarc.shop.example. TXT "v=DMARC1; p=quarantine; sp=none; pct=50; x={HOSTILE.replace('"', chr(92) + '"')}; rua=mailto:d@shop.example"
_mta-sts.shop.example. TXT "v=STSv1; id=1"
s1._domainkey.shop.example. TXT TIMEOUT
"""


def skip(why):
    """Say why there is nothing to run on."""
    print(f"skipped: {why}")
    sys.exit(77)


def modules():
    """The folder of the node modules, fetched once."""
    for program in ("node", "npm", "chromium"):
        if not shutil.which(program):
            skip(f"{program} is missing")
    folder = BUILD / "page-modules"
    folder.mkdir(exist_ok=True)
    if not (folder / "node_modules/axe-core/axe.min.js").exists():
        done = subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "axe-core@4", "puppeteer-core@24"],
                              capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            skip("npm could not fetch axe-core: " + (done.stderr.strip().splitlines() or ["?"])[-1])
    return folder / "node_modules"


def main():
    found = modules()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="assay-page.") as folder:
        case, page = Path(folder) / "shop.case", Path(folder) / "page.html"
        case.write_text(CASE)
        subprocess.run([BUILD / "assay", "check", "shop.example", "--world", case, "--selector", "s1", "--html", "--out", page],
                       check=False, timeout=60)
        done = subprocess.run(["node", HERE / "page_axe.js", page, found, os.environ.get("ASSAY_PICTURES", folder)],
                              capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            print("0 passed, 1 failed")
            return 1
        looks = json.loads(done.stdout)
    tests = []
    for look in looks:
        name = f"{look['scheme']}, {look['width']} pixels"
        tests += [(f"{name}: axe-core finds nothing", not look["violations"], "\n".join(look["violations"])),
                  (f"{name}: nothing is wider than the screen", look["content"] <= look["screen"], f"{look['content']} pixels"),
                  (f"{name}: nothing is fetched, nothing runs", not look["fetched"] and not look["scripts"], str(look))]
    tests.append(("light and dark differ", len({look["background"] for look in looks}) > 1, str(looks)))
    for number, (name, ok, why) in enumerate(tests, 1):
        passed += ok
        failed += not ok
        print(f"{'ok' if ok else 'not ok'} {number} - {name}")
        if not ok:
            print("# " + why.replace("\n", "\n# "))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
