/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/time.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

static void times_of_rfc_3339_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t want;
    } ROWS[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-11-23T12:00:00Z", 1795435200},
        {"2026-11-23t12:00:00z", 1795435200},
        {"2026-11-23 12:00:00Z", 1795435200},
        {"2026-11-23T13:30:00+01:30", 1795435200},
        {"2026-11-22T23:59:00-12:01", 1795435200},
        {"2026-11-23", 1795392000},
        {"2000-02-29", 951782400},
        {"1969-12-31T23:59:59Z", -1},
        {"2016-12-31T23:59:60Z", 1483228800}, /* a leap second is the second that follows */
        {"0000-01-01", -62167219200},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"12345", 12345},
        {"-62167219201", -62167219201},
        {"9223372036854775807", INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        int64_t got = 4711;
        bool read = time_read(span_of(ROWS[i].text), &got);

        if (!read || got != ROWS[i].want)
            fail_msg("%s: wanted %" PRId64 ", got %" PRId64, ROWS[i].text, ROWS[i].want, got);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const ROWS[] = {
        "",
        "-",
        "+5",
        "2026-11",
        "2026-1-1",
        "2026-00-01",
        "2026-13-01",
        "2026-01-00",
        "2026-01-32",
        "2026-02-29",
        "2100-02-29",
        "2026-04-31",
        "26-11-23",
        "2026-11-23T",
        "2026-11-23T12:00",
        "2026-11-23T12:00:00",
        "2026-11-23T24:00:00Z",
        "2026-11-23T12:60:00Z",
        "2026-11-23T12:00:61Z",
        "2026-11-23T12:00:00+1:00",
        "2026-11-23T12:00:00+24:00",
        "2026-11-23T12:00:00+01:60",
        "2026-11-23T12:00:00Zz",
        "2026-11-23T12:00:00.5Z",
        " 2026-11-23",
        "9223372036854775808",
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        int64_t got;

        if (time_read(span_of(ROWS[i]), &got))
            fail_msg("\"%s\" was read as %" PRId64, ROWS[i], got);
    }
}

static void every_day_is_written_as_the_c_library_does(void **state)
{
    char text[TIME_TEXT], want[40];

    (void)state;
    for (int64_t day = -719528; day < 2932897; day += 11) { /* 0000-01-01 to 9999-12-31 */
        int64_t t = day * 86400 + (day * 7919 % 86400 + 86400) % 86400;
        time_t clock = (time_t)t;
        struct tm tm;

        gmtime_r(&clock, &tm);
        snprintf(want, sizeof want, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        assert_true(span_is(time_text(t, text), want));
    }
}

static void whatever_is_written_is_read_again(void **state)
{
    static const int64_t TIMES[] = {
        INT64_MIN, INT64_MIN + 1, -62167219201, -62167219200, -1,       0,
        951782399, 951868800,     253402300799, 253402300800, INT64_MAX};
    char text[TIME_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++) {
        int64_t again = 4711;
        assay_span written = time_text(TIMES[i], text);

        if (!time_read(written, &again) || again != TIMES[i])
            fail_msg("%" PRId64 " was written as %.*s and read as %" PRId64, TIMES[i],
                     SPAN_ARG(written), again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_of_rfc_3339_are_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(every_day_is_written_as_the_c_library_does),
        cmocka_unit_test(whatever_is_written_is_read_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
