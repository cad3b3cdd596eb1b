/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "conf/test_conf.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** Read a text, and show tree and complaints as one text. */
static char *shown(const char *text, const struct test_file *files)
{
    struct conf_complaints complaints = {.n = 0};
    struct buf out = buf_new(1 << 20);
    struct conf_tree *tree;

    assert_int_equal(conf_tree_read(span_of(text), SPAN("a.conf"), files ? test_open : NULL,
                                    (void *)files, &complaints, &tree),
                     ASSAY_DONE);
    conf_tree_write(tree, &out);
    conf_complaints_sort(&complaints);
    conf_complaints_print(&complaints, &out);
    buf_putc(&out, '\0');
    assert_int_equal(out.status, ASSAY_DONE);
    conf_tree_free(tree);
    conf_complaints_done(&complaints);
    return out.p;
}

/** A text gives this tree and these complaints. */
static void gives(const char *text, const struct test_file *files, const char *wanted)
{
    char *got = shown(text, files);

    if (strcmp(got, wanted) != 0)
        fail_msg("of:\n%s\nwanted:\n%s\ngot:\n%s", text, wanted, got);
    free(got);
}

static void options_end_with_their_line_and_blocks_may_stand_in_one(void **state)
{
    (void)state;
    gives("", NULL, "");
    gives("# nothing\r\n\r\n \t# but comments", NULL, "");
    gives("\xef\xbb\xbf"
          "a = b\r\nc=d",
          NULL, "a = b\nc = d\n");
    gives("a = b c d=e f", NULL, "a = b c\nd = e f\n");
    gives("a = b, c\n", NULL, "a = b, c\n");
    gives("a = b,\n\n  # and\n  c,\n  d\ne = f\n", NULL, "a = b, c, d\ne = f\n");
    gives("a = b#c # d\n", NULL, "a = b#c\n");
    gives("milter \"in\" { listen = unix:/a  mode = 0660 group=x }\n", NULL,
          "milter \"in\" {\n    listen = unix:/a\n    mode = 0660\n    group = x\n}\n");
    gives("sign example.org {\n  key = main\n}\nsrs{}\n", NULL,
          "sign \"example.org\" {\n    key = main\n}\nsrs {\n}\n");
    gives("a { b = c } d { e = f }\n", NULL, "a {\n    b = c\n}\nd {\n    e = f\n}\n");
    gives("a = b\nx { y = z }\nc = d\n", NULL, "a = b\nc = d\nx {\n    y = z\n}\n");
}

static void strings_have_two_escapes_and_end_on_their_line(void **state)
{
    (void)state;
    gives("a = \"b c\" \"\" \"{\"\n", NULL, "a = \"b c\" \"\" \"{\"\n");
    gives("a = \"\\\"\\\\\"\n", NULL, "a = \"\\\"\\\\\"\n");
    gives("a = \"#b\" \"c\"\n", NULL, "a = \"#b\" c\n");
    gives(
        "a = \"b\\n\"\n", NULL,
        "a = b\\n\n"
        "a.conf:1:7: a backslash stands before \" or another backslash only: write \\\\ for one\n");
    gives("a = \"b\nc = d\n", NULL,
          "a = b\nc = d\na.conf:1:5: this string is not ended on its line: \" is missing\n");
    gives(
        "a = \"b\\", NULL,
        "a = b\\\n"
        "a.conf:1:5: this string is not ended on its line: \" is missing\n"
        "a.conf:1:7: a backslash stands before \" or another backslash only: write \\\\ for one\n");
    gives("a = \"b\x01\"\n", NULL,
          "a = \"b\x01\"\na.conf:1:7: a control character stands in this string\n");
}

static void what_is_wrong_is_told_with_its_place_and_reading_goes_on(void **state)
{
    static const char *const ROWS[][2] = {
        {"a =\nb = c\n", "b = c\na.conf:1:3: a has no value; \"\" is an empty one\n"},
        {"a\nb = c\n",
         "b = c\na.conf:1:2: \"a\" is followed by = and a value, or by a name and {\n"},
        {"a b c = d\n", "a.conf:1:5: \"a\" is followed by = and a value, or by a name and {\n"},
        {"a : b\n", "a.conf:1:5: \"a\" is followed by = and a value, or by a name and {\n"},
        {"= a\nb = c\n", "b = c\na.conf:1:1: the name of an option or a block is expected\n"},
        {"\"a\" = b\n", "a.conf:1:1: the name of an option or a block is expected\n"},
        {"a = b = c\n", "b = c\na.conf:1:3: a has no value; \"\" is an empty one\n"},
        {"a = b \"c\" = d\n",
         "a.conf:1:11: = stands behind the name of an option; quote a value that "
         "has one\n"},
        {"a = , b\n", "a.conf:1:5: a comma stands between two values\n"},
        {"a = b,,c\nd = e\n", "d = e\na.conf:1:6: a comma stands between two values\n"},
        {"a = b,\n", "a.conf:1:6: a comma stands between two values\n"},
        {"x { a = b, }\nc = d\n",
         "c = d\nx {\n}\na.conf:1:10: a comma stands between two values\n"},
        {"a = b; c = d\n",
         "a = b\nc = d\na.conf:1:6: a semicolon ends nothing here: leave it out, or "
         "quote what it is in\n"},
        {"a = b {\n c = d }\ne = f\n",
         "e = f\na.conf:1:7: { stands behind the name of a block only, in its line\n"},
        {"}\na = b\n", "a = b\na.conf:1:1: } closes nothing\n"},
        {"x {\n a = b\n",
         "x {\n    a = b\n}\na.conf:1:1: this block is not closed: } is missing\n"},
        {"x \"y\"\n{\n",
         "a.conf:1:6: \"x\" is followed by = and a value, or by a name and {\na.conf:2:1: "
         "the name of an option or a block is expected\n"},
        {"x \"\" {}\n", "x {\n}\na.conf:1:3: a name is empty\n"},
        {"x { a b }\nc = d\n",
         "c = d\nx {\n}\na.conf:1:5: \"name = value\" is expected in a block\n"},
        {"x { = b }\n", "x {\n}\na.conf:1:5: the name of an option is expected\n"},
        {"x {\n a = b\ny {\n c = d\n}\ne = f\n",
         "e = f\nx {\n    a = b\n}\ny {\n    c = d\n}\na.conf:3:1: \"y\" begins a block inside the block of "
         "line 1: is a } missing?\n"},
        {"x {\n a = b\n y z { c = d }\n}\ne = f\n",
         "e = f\nx {\n    a = b\n}\ny \"z\" {\n    c = d\n}\na.conf:3:2: \"y\" begins a block inside the "
         "block of line 1: is a } missing?\n"},
        {"a = b\x01\n\x7f"
         "c = d\n",
         "a = b\nc = d\na.conf:1:6: a control character, which belongs nowhere in this file\na.conf:2:1: a "
         "control character, which belongs nowhere in this file\n"},
        {"a = b\rc\n",
         "a = b c\na.conf:1:6: a control character, which belongs nowhere in this file\n"},
        {"a = \xc3\xa4\nb = \xc3\xa4\xff\n",
         "a.conf:2:7: an octet that is no UTF-8: save the file as UTF-8\n"},
        {"include \"b.conf\"\n", "a.conf:1:9: nothing can be included here\n"},
        {"include \"\"\n", "a.conf:1:9: include takes a file\n"},
        {"include a b\n", "a.conf:1:11: include takes one file or pattern\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++)
        gives(ROWS[i][0], NULL, ROWS[i][1]);
}

static void files_are_included_where_they_are_named(void **state)
{
    static const struct test_file FILES[] = {
        {"b.conf", "b = 1\ninclude c/1.conf\n"},
        {"c/1.conf", "c = 1\n"},
        {"c/2.conf", "c = 2\nx y\n"},
        {"self.conf", "include self.conf\n"},
        {"/abs.conf", "abs = 1\n"},
        {NULL, NULL},
    };

    (void)state;
    gives("a = 1\ninclude \"b.conf\"\nd = 1\n", FILES, "a = 1\nb = 1\nc = 1\nd = 1\n");
    gives("include c/*.conf\n", FILES,
          "c = 1\nc = 2\n"
          "c/2.conf:2:4: \"x\" is followed by = and a value, or by a name and {\n");
    gives("include none/*.conf\n", FILES, "");
    gives("include /abs.conf\ninclude /abs.conf\n", FILES, "abs = 1\nabs = 1\n");
    gives("include none.conf\nz = 1\n", FILES,
          "z = 1\na.conf:1:9: none.conf: No such file or directory\n");
    gives("include self.conf\n", FILES, "self.conf:1:9: self.conf includes itself\n");
    gives("x {\n include b.conf\n}\n", FILES,
          "x {\n}\na.conf:2:2: \"name = value\" is expected in a block\n");
}

static void paths_stand_beside_the_file_that_names_them(void **state)
{
    static const struct test_file FILES[] = {{"/etc/assay/one.conf", "include sub/two.conf\n"},
                                             {"/etc/assay/sub/two.conf", "include three.conf\n"},
                                             {"/etc/assay/sub/three.conf", "deep = yes\n"},
                                             {NULL, NULL}};

    (void)state;
    gives("include /etc/assay/one.conf\n", FILES, "deep = yes\n");
}

/** Files that include one another, up to depth. */
static void includes_have_a_depth_and_a_count(void **state)
{
    struct test_file files[12] = {{NULL, NULL}};
    static const struct test_file MANY[] = {{"m.conf", ""}, {NULL, NULL}};
    char names[11][20], texts[11][40];
    struct buf all = buf_new(1 << 20);
    char *got;

    (void)state;
    for (int i = 0; i < 11; i++) {
        snprintf(names[i], sizeof names[i], "%d.conf", i);
        snprintf(texts[i], sizeof texts[i], "include %d.conf\n", i + 1);
        files[i] = (struct test_file){names[i], texts[i]};
    }
    gives("include 0.conf\n", files, "6.conf:1:9: files include one another more than 8 deep\n");
    for (int i = 0; i < LIMIT_CONF_FILES; i++)
        buf_puts(&all, "include m.conf\n");
    buf_putc(&all, '\0');
    got = shown(all.p, MANY);
    assert_string_equal(got, "a.conf:4096:9: more than 4096 files\n");
    free(got);
    buf_done(&all);
}

static void counts_have_limits_that_are_told(void **state)
{
    struct buf text = buf_new(1 << 20);
    struct conf_complaints complaints = {.n = 0};
    struct conf_tree *tree;

    (void)state;
    for (int i = 0; i < LIMIT_CONF_ITEMS + 1; i++)
        buf_puts(&text, "a = b\n");
    buf_puts(&text, "c =");
    for (int i = 0; i < LIMIT_CONF_WORDS + 2; i++)
        buf_puts(&text, " d");
    assert_int_equal(text.status, ASSAY_DONE);
    assert_int_equal(conf_tree_read(buf_span(&text), SPAN("a"), NULL, NULL, &complaints, &tree),
                     ASSAY_DONE);
    assert_int_equal(complaints.n, 2);
    assert_string_equal(complaints.all[0].text.p, "more than 4096 options stand here");
    assert_int_equal(complaints.all[0].at.line, LIMIT_CONF_ITEMS + 1);
    assert_string_equal(complaints.all[1].text.p, "an option has more than 65536 values");
    assert_int_equal(tree->top.n, LIMIT_CONF_ITEMS);
    conf_tree_free(tree);
    conf_complaints_done(&complaints);
    buf_done(&text);
}

static void of_many_complaints_the_first_are_told_and_the_others_counted(void **state)
{
    struct buf text = buf_new(1 << 16), out = buf_new(1 << 20);
    struct conf_complaints complaints = {.n = 0};
    struct conf_tree *tree;

    (void)state;
    for (int i = 0; i < LIMIT_CONF_COMPLAINTS + 7; i++)
        buf_puts(&text, "}\n");
    assert_int_equal(conf_tree_read(buf_span(&text), SPAN("a"), NULL, NULL, &complaints, &tree),
                     ASSAY_DONE);
    assert_int_equal(complaints.n, LIMIT_CONF_COMPLAINTS);
    assert_int_equal(complaints.errors, LIMIT_CONF_COMPLAINTS + 7);
    conf_complaints_print(&complaints, &out);
    assert_true(span_iends(buf_span(&out), SPAN("a:100:1: } closes nothing\n7 more\n")));
    conf_tree_free(tree);
    conf_complaints_done(&complaints);
    buf_done(&text);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_end_with_their_line_and_blocks_may_stand_in_one),
        cmocka_unit_test(strings_have_two_escapes_and_end_on_their_line),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place_and_reading_goes_on),
        cmocka_unit_test(files_are_included_where_they_are_named),
        cmocka_unit_test(paths_stand_beside_the_file_that_names_them),
        cmocka_unit_test(includes_have_a_depth_and_a_count),
        cmocka_unit_test(counts_have_limits_that_are_told),
        cmocka_unit_test(of_many_complaints_the_first_are_told_and_the_others_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
