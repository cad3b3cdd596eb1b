/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/** They are equal, or both are told. */
static void same(const char *line, const char *what, assay_span got, const char *want)
{
    if (!span_is(got, want))
        fail_msg("%s: %s: wanted %s, got %.*s", line, what, want, SPAN_ARG(got));
}

static void every_command_is_read(void **state)
{
    static const struct {
        const char *line;
        enum request_what what;
        const char *id;
        unsigned most;
        const char *address, *client, *user;
    } ROWS[] = {
        {"why 4Wx", REQUEST_WHY, "4Wx", 0, "", "", ""},
        {"why  <a b@c> ", REQUEST_WHY, "<a b@c>", 0, "", "", ""},
        {"list", REQUEST_LAST, "", 20, "", "", ""},
        {"list 1000", REQUEST_LAST, "", 1000, "", "", ""},
        {"not-signed a@b.example", REQUEST_NOT_SIGNED, "", 0, "a@b.example", "", ""},
        {"not-signed a@b.example 192.0.2.1", REQUEST_NOT_SIGNED, "", 0, "a@b.example", "192.0.2.1",
         ""},
        {"not-signed \"a@b\"@c.example 2001:db8::1 al ice", REQUEST_NOT_SIGNED, "", 0,
         "\"a@b\"@c.example", "2001:db8::1", "al ice"},
        {"status", REQUEST_STATUS, "", 0, "", "", ""},
        {"reload ", REQUEST_RELOAD, "", 0, "", "", ""},
        {"metrics", REQUEST_METRICS, "", 0, "", "", ""},
        {"version", REQUEST_VERSION, "", 0, "", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct request r;
        const char *wrong = request_read(span_of(ROWS[i].line), &r);

        if (wrong)
            fail_msg("%s: %s", ROWS[i].line, wrong);
        assert_int_equal(r.what, ROWS[i].what);
        same(ROWS[i].line, "id", r.id, ROWS[i].id);
        same(ROWS[i].line, "address", r.address, ROWS[i].address);
        same(ROWS[i].line, "client", r.client, ROWS[i].client);
        same(ROWS[i].line, "user", r.user, ROWS[i].user);
        if (r.what == REQUEST_LAST)
            assert_int_equal(r.most, ROWS[i].most);
    }
}

static void what_is_wrong_is_told_and_nothing_set(void **state)
{
    static const char *const ROWS[][2] = {
        {"", "why ID, list"},
        {"WHY x", "why ID, list"},
        {" why x", "why ID, list"},
        {"why", "why takes"},
        {"why a\tb", "control character"},
        {"why a\x7F", "control character"},
        {"list 0", "list takes"},
        {"list 1001", "list takes"},
        {"list all", "list takes"},
        {"not-signed", "takes an address"},
        {"not-signed a", "takes an address"},
        {"not-signed @b", "takes an address"},
        {"not-signed a@", "takes an address"},
        {"not-signed <a@b>", "takes an address"},
        {"not-signed a@b localhost", "the client"},
        {"reload now", "nothing behind it"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct request r = {.most = 7};
        const char *wrong = request_read(span_of(ROWS[i][0]), &r);

        if (!wrong || !strstr(wrong, ROWS[i][1]))
            fail_msg("%s: wanted %s, got %s", ROWS[i][0], ROWS[i][1], wrong ? wrong : "nothing");
        assert_int_equal(r.most, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_read),
        cmocka_unit_test(what_is_wrong_is_told_and_nothing_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
