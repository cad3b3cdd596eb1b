/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/resolv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/** All resolvers in one text. */
static const char *joined(const struct resolvers *r, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < r->n; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? " " : "", r->at[i]);
    return out;
}

static void a_list_names_addresses_and_ports(void **state)
{
    static const struct {
        const char *text, *want; /* want NULL: refused */
    } ROWS[] = {
        {"192.0.2.53", "192.0.2.53@53"},
        {"192.0.2.53@5353", "192.0.2.53@5353"},
        {" 192.0.2.53 \t 192.0.2.54@54 ", "192.0.2.53@53 192.0.2.54@54"},
        {"192.0.2.53,192.0.2.54", "192.0.2.53@53 192.0.2.54@53"},
        {"2001:db8::53", "2001:db8::53@53"},
        {"[2001:db8::53]", "2001:db8::53@53"},
        {"[2001:DB8::53]@5353", "2001:db8::53@5353"},
        {"2001:db8::53@5353", "2001:db8::53@5353"},
        {"fe80::1%1", "fe80::1%1@53"},
        {"[fe80::1%lo]@54", "fe80::1%1@54"},
        {"::ffff:192.0.2.53", "192.0.2.53@53"},
        {"recursive", ""},
        {"", NULL},
        {" ", NULL},
        {"recursive 192.0.2.53", NULL},
        {"192.0.2.53 recursive", NULL},
        {"dns.example", NULL},
        {"192.0.2", NULL},
        {"192.0.2.53@", NULL},
        {"192.0.2.53@0", NULL},
        {"192.0.2.53@65536", NULL},
        {"192.0.2.53@53x", NULL},
        {"192.0.2.53:53", NULL},
        {"[192.0.2.53", NULL},
        {"fe80::1%", NULL},
        {"fe80::1%nosuchinterface", NULL},
        {"192.0.2.53%lo", NULL},
        {"1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8",
         "1.1.1.1@53 1.1.1.2@53 1.1.1.3@53 1.1.1.4@53 1.1.1.5@53 1.1.1.6@53 1.1.1.7@53 1.1.1.8@53"},
        {"1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6 1.1.1.7 1.1.1.8 1.1.1.9", NULL},
    };
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct resolvers r = {0};
        const char *why = NULL;
        char got[800];
        bool read = resolvers_read(span_of(ROWS[i].text), &r, &why);

        joined(&r, got, sizeof got);
        if (read != (ROWS[i].want != NULL) || (read && !span_is(span_of(got), ROWS[i].want))) {
            printf("\"%s\": wanted %s, got %s\n", ROWS[i].text,
                   ROWS[i].want ? ROWS[i].want : "(refused)", read ? got : why);
            wrong++;
        }
        if (!read)
            assert_non_null(why);
    }
    assert_int_equal(wrong, 0);
}

static void a_resolv_conf_gives_its_nameserver_lines(void **state)
{
    static const struct {
        const char *text, *want;
    } ROWS[] = {
        {"", ""},
        {"nameserver 192.0.2.53\n", "192.0.2.53@53"},
        {"nameserver 192.0.2.53", "192.0.2.53@53"},
        {"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\nsearch example.com\noptions edns0 trust-ad\n"
         "nameserver\t192.0.2.53   # office\r\nnameserver 2001:db8::53\nnameserver fe80::1%lo\n",
         "192.0.2.53@53 2001:db8::53@53 fe80::1%1@53"},
        {"nameserver\nnameserver nonsense\nnameservers 192.0.2.1\nnameserver 192.0.2.53\n",
         "192.0.2.53@53"},
        {"domain example.com\n", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct resolvers r = {.n = 99};
        char got[800];

        resolvers_conf(span_of(ROWS[i].text), &r);
        assert_string_equal(joined(&r, got, sizeof got), ROWS[i].want);
    }
}

static void a_resolv_conf_cut_anywhere_does_no_harm(void **state)
{
    assay_span text =
        SPAN("nameserver 192.0.2.53\nnameserver [2001:db8::53]@5353\nnameserver fe80::1%lo\n");

    (void)state;
    for (size_t n = 0; n <= text.n; n++) {
        struct resolvers r;

        resolvers_conf(span_first(text, n), &r);
        assert_true(r.n <= 3);
    }
}

static void a_resolv_conf_is_read_from_its_file(void **state)
{
    char path[] = "/tmp/assay-resolv-XXXXXX";
    int fd = mkstemp(path);
    struct resolvers r;
    char got[800];

    (void)state;
    assert_int_equal(write(fd, "nameserver 192.0.2.53\n", 22), 22);
    close(fd);
    resolvers_system(path, &r);
    assert_string_equal(joined(&r, got, sizeof got), "192.0.2.53@53");
    unlink(path);
    resolvers_system(path, &r);
    assert_int_equal(r.n, 0);
}

static void reasons_name_the_resolvers(void **state)
{
    char out[RESOLVERS_WORDS];
    struct resolvers r;
    const char *why;

    (void)state;
    assert_true(resolvers_read(SPAN("192.0.2.53"), &r, &why));
    assert_string_equal(resolvers_words(&r, out), "the resolver 192.0.2.53");
    assert_true(resolvers_read(SPAN("192.0.2.53@5353 2001:db8::1"), &r, &why));
    assert_string_equal(resolvers_words(&r, out), "the resolvers 192.0.2.53@5353, 2001:db8::1");
    assert_true(resolvers_read(SPAN("recursive"), &r, &why));
    assert_string_equal(resolvers_words(&r, out), "the domain's name servers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_names_addresses_and_ports),
        cmocka_unit_test(a_resolv_conf_gives_its_nameserver_lines),
        cmocka_unit_test(a_resolv_conf_cut_anywhere_does_no_harm),
        cmocka_unit_test(a_resolv_conf_is_read_from_its_file),
        cmocka_unit_test(reasons_name_the_resolvers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
