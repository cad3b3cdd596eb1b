/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/test_memory.h"

#include "base/buf.c"
#include "daemon/milter_codec.c"
#include "daemon/milter_write.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_packet_is_read_when_memory_is_back(void **state)
{
    struct milter_reader r = {.max = MILTER_MAX};
    struct milter_packet packet;
    assay_span begin = SPAN("\0\0"), more = SPAN("\0\5Bab"), rest = SPAN("cd\0\0\0\1E");

    (void)state;
    memory_left = 0;
    assert_int_equal(milter_read(&r, &begin, &packet), ASSAY_ENOMEM);
    assert_int_equal(begin.n, 2);
    memory_left = SIZE_MAX;
    assert_int_equal(milter_read(&r, &begin, &packet), ASSAY_MORE);
    assert_int_equal(milter_read(&r, &more, &packet), ASSAY_MORE);
    memory_left = 0;
    assert_int_equal(milter_read(&r, &rest, &packet), ASSAY_DONE); /* there was room */
    assert_true(span_eq(packet.data, SPAN("abcd")));
    assert_int_equal(milter_read(&r, &rest, &packet), ASSAY_DONE); /* whole: it needs none */
    assert_int_equal(packet.command, MILTER_C_EOB);
    memory_left = SIZE_MAX;
    milter_reader_done(&r);
}

static void a_long_packet_waits_for_memory_in_the_middle(void **state)
{
    struct milter_reader r = {.max = MILTER_MAX};
    static char octets[4 + 1001] = "\0\0\3\xE9"
                                   "B";
    assay_span head = {octets, 3}, tail = {octets + 3, sizeof octets - 3};
    struct milter_packet packet;

    (void)state;
    assert_int_equal(milter_read(&r, &head, &packet), ASSAY_MORE);
    memory_left = 0;
    assert_int_equal(milter_read(&r, &tail, &packet), ASSAY_ENOMEM);
    assert_int_equal(milter_read(&r, &tail, &packet), ASSAY_ENOMEM);
    memory_left = SIZE_MAX;
    assert_int_equal(milter_read(&r, &tail, &packet), ASSAY_DONE);
    assert_int_equal(packet.command, 'B');
    assert_int_equal(packet.data.n, 1000);
    milter_reader_done(&r);
}

/** All writers that need memory of their own. \return the first that failed, or ASSAY_DONE */
static assay_status write_each(struct buf *out)
{
    struct milter_offer agreed = {6, MILTER_F_ALL, MILTER_P_ALL};
    assay_status s;

    if ((s = milter_put(out, MILTER_R_CONTINUE)) || (s = milter_put_agreed(out, &agreed, NULL)) ||
        (s = milter_put_reply(out, 550, SPAN("5.7.1"), SPAN("no"))) ||
        (s = milter_put_insheader(out, 0, 0, SPAN("A"), SPAN("b\r\n c"))))
        return s;
    return milter_put_chgfrom(out, SPAN("a@b"), SPAN_EMPTY);
}

static void writers_without_memory_append_nothing(void **state)
{
    struct buf whole = buf_new(1000);
    size_t before;

    (void)state;
    assert_int_equal(write_each(&whole), ASSAY_DONE);
    for (size_t left = 0; left < 3; left++) {
        struct buf out = buf_new(1000);

        memory_left = left;
        assert_int_equal(write_each(&out), ASSAY_ENOMEM);
        memory_left = SIZE_MAX;
        assert_int_equal(out.status, ASSAY_DONE);
        assert_true(out.n < whole.n && span_starts(buf_span(&whole), buf_span(&out)));
        before = out.n;
        assert_int_equal(milter_put(&out, MILTER_R_TEMPFAIL), ASSAY_DONE);
        assert_int_equal(out.n, before + 5);
        buf_done(&out);
    }
    buf_done(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_read_when_memory_is_back),
        cmocka_unit_test(a_long_packet_waits_for_memory_in_the_middle),
        cmocka_unit_test(writers_without_memory_append_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
