/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_wrap.h"
#include "conf/test_conf.h"

#include <stdlib.h>

/*
 * Every allocation of a check fails in turn (linked with --wrap), alone or with all behind it: then
 * the check says ASSAY_ENOMEM and leaves nothing behind, or what it says is what it says with
 * memory to spare.
 */

static unsigned long taken; /* allocations of the last check */

/** Arm: the n-th allocation from now on fails. */
static void arm(unsigned long n, bool all_behind)
{
    made = 0;
    fail_at = n;
    fail_on = all_behind;
}

static const struct test_file FILES[] = {{"b.conf",
                                          "key k { selector = s  file = /k }\nsign .b\xc3\xbc"
                                          "cher.example { key = k, k2 }\n"},
                                         {NULL, NULL}};

/** Check with the n-th allocation failing. \return the status; what was complained of is in `out` */
static assay_status check(const char *text, unsigned long n, bool all_behind, struct buf *out)
{
    struct conf_complaints complaints = {.n = 0};
    struct conf *conf = NULL;
    assay_status s;

    arm(n, all_behind);
    s = conf_check(span_of(text), SPAN("a.conf"), test_open, (void *)FILES, TEST_NOW, &complaints,
                   &conf);
    taken = made;
    arm(0, false);
    assert_int_equal(conf != NULL, s == ASSAY_DONE);
    *out = buf_new(1 << 20);
    conf_complaints_print(&complaints, out);
    buf_putc(out, '\0');
    conf_free(conf);
    conf_complaints_done(&complaints);
    return s;
}

/** Fail every allocation of a check. */
static void torture(const char *text)
{
    struct buf wanted, got;
    assay_status s = check(text, 0, false, &wanted);
    unsigned long all = taken, failed = 0;

    for (unsigned long n = 1; n <= all; n++)
        for (int behind = 0; behind < 2; behind++) {
            assay_status now = check(text, n, behind, &got);

            failed += now == ASSAY_ENOMEM;
            if (now != ASSAY_ENOMEM && (now != s || strcmp(got.p, wanted.p) != 0))
                fail_msg("allocation %lu: wanted %d:\n%s\ngot %d:\n%s", n, s, wanted.p, now, got.p);
            buf_done(&got);
        }
    assert_true(all > 10 && failed > all);
    buf_done(&wanted);
}

static void a_check_without_memory_says_so_and_loses_nothing(void **state)
{
    (void)state;
    torture("authserv_id = mx.example\ninclude b.conf\nkey k2 { selector = a file = /b }\n"
            "milter m { listen = unix:/a inet:127.0.0.1:1 mode = 0660 }\n"
            "internal = 192.0.2.0/24, ::1\nforwarder f { client = ::1 note = \"a b\" c }\n"
            "policy p { when.author = a.example  arc.trusted = a.example b.example }\n");
}

static void complaints_without_memory_are_no_other_complaints(void **state)
{
    (void)state;
    torture("authserv_ix = mx.example\ninclude c.conf\ncache = x\nlog = y\nkey k2 { selectr = a }\n"
            "milter m { listen = unx:/a }\ninternal = x\nsign a@.b { key = q }\n"
            "policy p { when.author = @  arc.trusted = \"..\" dmarc.reject = x }\n\"\n}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_without_memory_says_so_and_loses_nothing),
        cmocka_unit_test(complaints_without_memory_are_no_other_complaints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
