#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each check of the lint sees the fault it is there for, and is silent where there is none."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
sys.path.insert(0, str(TOOLS / "lint"))
import board  # noqa: E402
import comments  # noqa: E402
import conformance  # noqa: E402
import floors  # noqa: E402
import objects  # noqa: E402
import pages  # noqa: E402
import references  # noqa: E402
import style  # noqa: E402
from tree import Tree  # noqa: E402

SPDX = "/* SPDX-License-Identifier: BSD-2-Clause */\n"


class LintTest(unittest.TestCase):
    """A small tree for each test."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.top = Path(place.name)

    def put(self, path, text):
        """Write a file of the tree."""
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path).write_text(text)

    def faults(self, check, build="build"):
        """What a check finds, as text."""
        return [str(fault) for fault in check.check(Tree(self.top), self.top / build)]

    def test_a_folder_may_use_only_what_its_floor_allows(self):
        self.put("tools/floors.txt", "base: <arpa/inet.h>\nspf: base\nworld: base <*>\n")
        self.put("src/spf/a.c", '#include "base/span.h"\n#include "world/w.h"\n#include <sys/socket.h>\n#include <stdio.h>\n')
        self.put("src/base/span.h", "#include <arpa/inet.h>\n#include <time.h>\n")
        self.put("src/world/w.h", '#include <unbound.h>\n#include "w2.h"\n')
        self.put("src/spf/test_a.c", '#include "world/w.h"\n')
        self.assertEqual(self.faults(floors), [
            "src/base/span.h:2: base may not use <time.h> (tools/floors.txt)",
            "src/spf/a.c:2: spf may not use world (tools/floors.txt)",
            "src/spf/a.c:3: spf may not use <sys/socket.h> (tools/floors.txt)",
            'src/world/w.h:2: "w2.h" should be named by its path from src/'])

    def test_folders_that_use_each_other_are_found_though_each_is_allowed(self):
        self.put("tools/floors.txt", "a: b\nb: c\nc: a\n")
        for one, other in ("ab", "bc", "ca"):
            self.put(f"src/{one}/x.h", f'#include "{other}/x.h"\n')
        self.assertIn("ring: a -> b -> c -> a", "".join(self.faults(floors)))

    def test_the_table_of_floors_itself_has_no_ring(self):
        table = floors.read_table(Tree(TOOLS.parent))
        edges = {folder: {used: ("", 0) for used in allowed if "<" not in used} for folder, allowed in table.items()}
        self.assertEqual(floors.find_ring(edges), [])

    def compile(self, source, target, *flags):
        """Compile C text into the tree."""
        self.put("x.c", source)
        (self.top / target).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", *flags, "-o", self.top / target, self.top / "x.c"], check=True)

    def test_a_core_object_that_needs_a_clock_or_a_socket_is_found(self):
        self.put("tools/allowed-symbols.txt", "# memory\nmalloc\nstr*\n")
        self.put("src/spf/check.c", "")
        self.put("src/base/x.c", "")
        self.compile("#include <time.h>\n#include <stdlib.h>\n#include <string.h>\nint other(void);\n"
                     "long f(char *p) { return time(0) + (long)strlen(p) + (long)malloc(1) + other(); }\n",
                     "build/src/libspf.a.p/spf_check.c.o", "-c", "-fno-builtin")
        self.compile("int other(void) { return 1; }\n", "build/src/libbase.a.p/base_x.c.o", "-c")
        self.assertEqual(objects.check_needed(Tree(self.top), self.top / "build")[0].what,
                         "needs time, which is not in tools/allowed-symbols.txt")
        self.assertEqual(len(objects.check_needed(Tree(self.top), self.top / "build")), 1)

    def test_a_library_shows_exactly_what_its_header_declares(self):
        self.put("include/assay/assay.h", "/** a */\nint assay_a(void);\n/** b */\nint assay_b(void);\n")
        self.put("include/assay/types.h", "")
        self.compile("int assay_a(void) { return 1; }\nint assay_c(void) { return 1; }\n", "build/src/libassay.so",
                     "-shared", "-fPIC")
        self.assertEqual([f.what for f in objects.check_shown(Tree(self.top), self.top / "build")],
                         ["shows assay_c, which no header declares",
                          "assay_b is declared, but libassay.so does not show it"])

    def test_a_declaration_without_a_comment_is_found(self):
        self.put("src/base/x.h", SPDX + """/**
 * \\file x.h
 */
#ifndef BASE_X_H
#define BASE_X_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
/** Documented. */
struct good { int a; };
struct bad { int a; };
/** Documented, "with; braces{". */
static inline int good_f(int a)
{
    return a ? 1 : '}';
}

static inline int bad_f(void)
{
    return 1;
}
int bad_g(void) __attribute__((format(printf, 1, 2))); /* no documentation */
int good_g(void); /**< documented */
enum { BAD = 1 };
#define BAD_M(x) x
/** Documented. */
#define GOOD_M(x) \\
    do { x; } while (0)
typedef int bad_fn(int a);
/** Announced. */
struct opaque;
#ifdef __cplusplus
}
#endif
#endif
""")
        self.put("src/base/y.h", SPDX + "/** \\file y.h */\nstruct opaque { int a; };\n")
        self.put("src/base/z.h", SPDX + "/** \\file z.h: a table */\n#define TABLE(X) X(1)\n")
        self.assertEqual(self.faults(comments), [
            "src/base/x.h:27: BAD_M is not documented", "src/base/x.h:13: bad is not documented",
            "src/base/x.h:20: bad_f is not documented", "src/base/x.h:24: bad_g is not documented",
            "src/base/x.h:26: enum is not documented", "src/base/x.h:31: bad_fn is not documented"])

    def test_a_section_that_an_rfc_does_not_have_is_found(self):
        self.put("specs/rfc7208.txt", "4.6.4.  DNS Lookup Limits\n\n   4.9.9  not a heading\n5.  Mechanisms\n"
                 "Appendix A.  Extended\nA.1.  Simple\n")
        self.put("src/spf/a.c", "/* RFC 7208 4.6.4, 5 and 9.9 */\n/* RFC\n * 7208 4.9.9 */\n/* RFC 7208 A.1, A.2 */\n"
                 "/* RFC 1035 99.9 is not at hand; RFC 7208 with its 10 lookups; RFC 7208 5 */\n")
        os.environ["ASSAY_SPECS"] = str(self.top / "specs")
        self.addCleanup(os.environ.pop, "ASSAY_SPECS")
        self.assertEqual(self.faults(references), [
            "src/spf/a.c:1: RFC 7208 has no section 9.9", "src/spf/a.c:2: RFC 7208 has no section 4.9.9",
            "src/spf/a.c:4: RFC 7208 has no section A.2"])

    def test_banned_functions_two_labels_and_a_missing_licence_are_found(self):
        self.put(".clang-format", (TOOLS.parent / ".clang-format").read_text())
        self.put("src/base/a.c", "int f(char *p)\n{\n    strcpy(p, \"x\"); /* strcpy(p) */\n    my_strcpy(\"strcpy(p)\");\n"
                 "one:\n    return 1;\ntwo:\n    return 2;\n}\n")
        found = self.faults(style)
        self.assertIn("src/base/a.c:3: strcpy is not used here: memcpy with a length", found)
        self.assertIn("src/base/a.c:2: more than one label of goto in a function", found)
        self.assertIn("src/base/a.c:1: the licence is missing: SPDX-License-Identifier: BSD-2-Clause", found)
        self.assertEqual(sum("strcpy" in fault for fault in found), 1)

    def test_a_layout_that_clang_format_would_change_is_found(self):
        self.put(".clang-format", (TOOLS.parent / ".clang-format").read_text())
        self.put("src/base/a.c", SPDX + "int f( int a ){return a;}\n")
        self.put("src/base/b.c", SPDX + "int f(int a)\n{\n    return a;\n}\n")
        found = self.faults(style)
        self.assertEqual([fault.split(":")[0] for fault in found], ["src/base/a.c"])

    def test_conformance_rows_name_what_exists(self):
        self.put("src/spf/cases/a.case", "[case]\nname = spf/eleven-lookups\n")
        self.put("src/spf/test_a.c", "cmocka_unit_test(a_claim),\n")
        self.put("docs/conformance/spf.tsv", "section\tlevel\tgist\tshown by\tnote\n"
                 "4.6.4\tMUST\tlimits\tspf/eleven-lookups, test_a.c:a_claim\t\n"
                 "4.6.5\tMUST\tlimits\tspf/none test_a.c:b\t\n4.7\tSHOULD\tx\tn/a: no clock\t\n4.8\tMUST\tx\t\t\n"
                 "4.9\tPERHAPS\tx\tn/a: y\t\n5\tMUST\n")
        self.assertEqual(self.faults(conformance), [
            'docs/conformance/spf.tsv:3: there is no case or test "spf/none"',
            'docs/conformance/spf.tsv:3: there is no case or test "test_a.c:b"',
            'docs/conformance/spf.tsv:5: nothing shows it; say what, or "n/a: why"',
            'docs/conformance/spf.tsv:6: "PERHAPS" is no level of RFC 2119',
            "docs/conformance/spf.tsv:7: 2 columns; there are 5: section, level, gist, shown by, note"])

    def test_the_manual_has_every_option_and_no_other(self):
        table = Tree(TOOLS.parent)
        self.assertEqual(self.faults(pages), [])  # no pages, nothing to say
        self.put("docs/man/assay.1.scd", "assay(1)\n\n@policy-options@\n\n*--no-such* x\n\n*dkim.min\\_bits* = 1\n")
        found = self.faults(pages)
        self.assertIn("docs/man/assay.1.scd:5: the program knows no option --no-such", found)
        self.assertIn("docs/man/assay.1.scd:7: the program knows no key dkim.min_bits", found)
        if table.glob("src/policy/options.h"):
            self.assertFalse([fault for fault in found if fault.startswith("src/policy")])
            self.put("docs/man/assay.1.scd", "assay(1)\n")
            self.assertIn("src/policy/options.h: arc.trusted is in no page of docs/man", self.faults(pages))

    def test_the_manual_has_every_option_of_the_daemon_and_no_other(self):
        self.put("src/daemon/assayd.c", '{"config", required_argument, NULL, \'c\'}, {"check", no_argument, NULL, \'k\'},\n'
                                        'getopt_long(argc, argv, "c:h", OPTIONS, NULL)\n')
        self.put("docs/man/assayd.8.scd", "assayd(8)\n\n*-c* _FILE_, *--config* _FILE_\n\n*-x*, *--extra*\n\n*assayd --other*\n")
        found = [fault for fault in self.faults(pages) if "(8)" in fault or "assayd.8" in fault]
        self.assertEqual(found, ["src/daemon/assayd.c: --check is not in assayd(8)", "src/daemon/assayd.c: -h is not in assayd(8)",
                                 "docs/man/assayd.8.scd:5: assayd knows no option -x",
                                 "docs/man/assayd.8.scd:5: assayd knows no option --extra",
                                 "docs/man/assayd.8.scd:7: assayd knows no option assayd --other"])

    def test_a_query_of_the_board_for_a_metric_label_or_value_that_is_not_there_is_found(self):
        self.put("src/daemon/metrics.h",
                 '    CHECK(SPF, "spf", PASS, "pass") \\\n'
                 '    METRIC(X, "assay_results_total{method=\\"" method "\\",result=\\"" result "\\"}", counter, "") \\\n'
                 '    METRIC(A, "assay_a_total{way=\\"in\\"}", counter, "a") \\\n'
                 '    METRIC(B, "assay_b", gauge, "b")\n#define X_LATENCY "assay_t_seconds"\n')

        def asked(*queries):
            self.put("packaging/grafana-assay.json", json.dumps(
                {"title": "t", "panels": [{"title": "p", "targets": [{"expr": query}]} for query in queries]}))
            return [fault.removeprefix("packaging/grafana-assay.json: p: ") for fault in self.faults(board)]
        self.assertEqual(asked('sum by (way) (rate(assay_a_total{way="in",instance=~"$i"}[1m]))', "assay_b",
                               'sum by (result) (assay_results_total{method="spf"})',
                               "histogram_quantile(0.5, sum by (le) (rate(assay_t_seconds_bucket[1m])))"), [])
        self.assertEqual(asked("assay_c_total"), ["assay_c_total is not in src/daemon/metrics.h"])
        self.assertEqual(asked("assay_t_seconds"), ["assay_t_seconds is not in src/daemon/metrics.h"])
        self.assertEqual(asked('assay_b{way="in"}'), ["assay_b has no label way"])
        self.assertEqual(asked('assay_a_total{way="out"}'), ['assay_a_total has no way="out"'])
        self.assertEqual(asked('assay_results_total{method="dkim"}'), ['assay_results_total has no method="dkim"'])
        self.assertEqual(asked("sum by (way) (assay_b)"), ["assay_b has no label way to group by"])
        self.put("packaging/grafana-assay.json", "{")
        self.assertEqual(len(self.faults(board)), 1)


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
