#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The schema's own word on thousands of logos: xmllint with the RelaxNG schema of SVG Tiny P/S and `assay bimi svg` agree.

    differ_svg.py [SCHEMA.rng [DOCUMENTS]]

The schema is no part of Assay: its path is given, or stands in $ASSAY_SVG_SCHEMA, or it is found in
../shared/suites/bimi-schema; else this is skipped. Each document is a good one, changed once to four times: elements, attributes,
values, order. What the schema cannot say (ref other than "SVG P/S") does not count; nor do values of xml:lang, which xmllint takes all.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SVG = "http://www.w3.org/2000/svg"
R = "{http://relaxng.org/ns/structure/1.0}"
XML = "{http://www.w3.org/XML/1998/namespace}"
BATCH = 200
OTHERS = ["script", "style", "image", "a", "switch", "animate", "set", "foreignObject", "tspan", "clipPath", "mask", "filter", "pattern",
          "symbol", "marker", "font", "glyph", "hkern", "font-face", "discard", "unknown", "Path", "{http://other.example}path", "{}path"]
OTHER_ATTRIBUTES = ["style", "opacity", "onclick", "data-x", "clip-path", "enable-background", "overflow", "x", "y", "gradientTransform",
                    "{http://www.w3.org/1999/xlink}href", "{http://other.example}label", "{" + SVG + "}fill", "Fill", "xmlid", "lang",
                    XML + "foo", XML + "fill", "role", "spreadMethod", "fx"]
TEXTS = ["", " \n\t", "words", "none", "inherit", "1", "a b", "1a", "a:b", "-a", "_a.b-c", " a ", "en", "en-GB", "x-klingon-", "abcdefghi", "e-1",
         "xMidYMid", " none  meet ", "xMidYMid slice", "nonemeet", "meet", "tiny-ps", " tiny-ps ", "1.2", "1.1", "default", "preserve",
         "false", "auto", "disable", "\u00e4", "url(#a)", "#a", "700", "bold", "\u00a0none"]


def names(schema):
    """(elements with their attributes, words of values) of the schema."""
    root = ET.parse(schema).getroot()
    elements = {}
    for node in root.iter(R + "element"):
        elements[node.get("name")] = sorted({a.get("name").replace("xml:", XML) for a in node.iter(R + "attribute")})
    return elements, sorted({v.text for v in root.iter(R + "value") if v.text})


def element(name):
    return ET.Element(name[2:] if name.startswith("{}") else name if name.startswith("{") else f"{{{SVG}}}{name}")


def good(rng, elements):
    """A valid drawing."""
    svg = element("svg")
    svg.set("version", "1.2")
    svg.set("baseProfile", "tiny-ps")
    svg.set("viewBox", "0 0 9 9")
    title = ET.SubElement(svg, f"{{{SVG}}}title")
    title.text = "A"
    inner = ["path", "rect", "circle", "line", "ellipse", "polyline", "polygon", "solidColor", "textArea", "linearGradient", "radialGradient",
             "text", "g", "defs", "use"]
    where = [svg]
    for _ in range(rng.randint(0, 12)):
        parent = rng.choice(where)
        child = element(rng.choice(inner + (["desc", "metadata"] if parent is svg else [])))
        parent.append(child)
        short = child.tag.split("}")[1]
        if short in ("g", "defs"):
            where.append(child)
        elif short.endswith("Gradient"):
            for _ in range(rng.randint(0, 3)):
                child.append(element("stop"))
        elif short in ("text", "textArea", "desc", "metadata"):
            child.text = rng.choice(["", "words", " "])
        for attribute in rng.sample(elements[short], min(len(elements[short]), rng.randint(0, 3))):
            if attribute not in (XML + "id", XML + "lang"):
                child.set(attribute, "inherit" if "-" in attribute and "xml" not in attribute else "a")
    return svg


def change(rng, svg, elements, words):
    """One change somewhere."""
    every = list(svg.iter())
    node = rng.choice(every)
    short = node.tag.split("}")[-1]
    parents = {child: parent for parent in every for child in parent}
    what = rng.randrange(10)
    if what == 0:
        node.set(rng.choice(OTHER_ATTRIBUTES), rng.choice(TEXTS))
    elif what <= 2:
        node.set(rng.choice(elements.get(short) or ["id"]), rng.choice(TEXTS + words))
    elif what == 3:
        node.set(rng.choice(sum(elements.values(), [])), rng.choice(words + TEXTS))
    elif what == 4 and node.attrib:
        del node.attrib[rng.choice(sorted(node.attrib))]
    elif what == 5 and node.attrib:
        node.set(rng.choice(sorted(node.attrib)), rng.choice(TEXTS + words))
    elif what == 6:
        node.insert(rng.randint(0, len(node)), element(rng.choice(OTHERS + sorted(elements))))
    elif what == 7 and node in parents:
        parents[node].remove(node)
    elif what == 8 and len(node) > 1:
        children = list(node)
        rng.shuffle(children)
        node[:] = children
    elif what == 9:
        if rng.random() < 0.5:
            node.text = rng.choice(TEXTS)
        else:
            node.tail = rng.choice(TEXTS)
    for node in svg.iter():
        if XML + "id" in node.attrib:  # the XML parser of xmllint refuses blanks there, whatever the schema says
            node.set(XML + "id", node.get(XML + "id").strip())
    return svg


def write(path, svg, rng):
    """A file: default namespace or prefixes, comments, CDATA."""
    if rng.random() < 0.5:
        ET.register_namespace("", SVG)
    else:
        ET.register_namespace("s", SVG)
    svg.tail = None
    try:
        text = ET.tostring(svg, encoding="unicode")
    except ValueError:  # a tag without namespace and a default one do not go together
        ET.register_namespace("s", SVG)
        text = ET.tostring(svg, encoding="unicode")
    if rng.random() < 0.2:
        text = text.replace("><", "><!-- x --><", 1)
    path.write_text(text, encoding="utf-8")


def by_xmllint(schema, paths):
    """{path: valid}"""
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--relaxng", schema, *map(str, paths)], capture_output=True, text=True, check=False)
    said = set(done.stderr.splitlines())
    if len(said) < len(paths):
        sys.exit(f"xmllint: {done.stderr[-2000:]}")
    return {path: f"{path} validates" in said for path in paths}  # what is not well-formed is not named


def by_assay(assay, paths):
    """{path: (valid by the schema, problems)}"""
    done = subprocess.run([assay, "bimi", "svg", "--json", *map(str, paths)], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"assay ended with {done.returncode}: {done.stderr[-2000:]}")
    verdicts = {}
    for line in done.stdout.splitlines():
        report = json.loads(line)
        problems = [p for p in report["drawing"]["problems"] if p["ref"] in ("SVG P/S", "XML 1.0") and not p["about"].endswith(" xml:lang")]
        verdicts[Path(report["file"])] = (not problems, problems)
    return verdicts


def main():
    schema = (sys.argv[1:2] or [os.environ.get("ASSAY_SVG_SCHEMA")])[0] or str(TOP.parent / "shared/suites/bimi-schema/SVG_1.2_PS.rng")
    count = int((sys.argv[2:3] or ["4000"])[0])
    if not Path(schema).is_file() or not shutil.which("xmllint"):
        print("skipped: the schema of SVG Tiny P/S or xmllint is not here")
        sys.exit(77)
    assay = str(Path(os.environ.get("ASSAY_BUILD", TOP / "build")) / "assay")
    elements, words = names(schema)
    rng = random.Random(int(os.environ.get("ASSAY_SEED", "1")))
    passed = failed = valid = 0
    with tempfile.TemporaryDirectory() as work:
        for first in range(0, count, BATCH):
            paths = []
            for i in range(first, min(first + BATCH, count)):
                svg = good(rng, elements)
                for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 4])):
                    change(rng, svg, elements, words)
                path = Path(work) / f"{i:06}.svg"
                write(path, svg, rng)
                paths.append(path)
            theirs, ours = by_xmllint(schema, paths), by_assay(assay, paths)
            for path in paths:
                if path in theirs and path in ours and theirs[path] == ours[path][0]:
                    passed += 1
                    valid += theirs[path]
                    continue
                failed += 1
                if failed <= 20:
                    print(f"{path.read_text(encoding='utf-8')}\n  the schema: {theirs.get(path)}, assay: {ours.get(path)}")
    print(f"{valid} of {passed + failed} documents valid")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
