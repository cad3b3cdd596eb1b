/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/socketmap.h"

#include "srs/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;

/** Our domain is b.example, and mail.example is local. */
static const assay_span LOCAL[] = {{"mail.example", 12}};
static const struct assay_srs SETTINGS = {.size = sizeof SETTINGS,
                                          .address = {"", 0},
                                          .forwarder = {"b.example", 9},
                                          .local = LOCAL,
                                          .nlocal = COUNT(LOCAL),
                                          .secret = {"", 0}};

/** What a client sends and gets. */
struct client {
    struct socketmap_session session;
    struct srs_secrets secrets; /* n is 0: there are none */
    size_t cut;                 /* octets sent at once */
    char got[4096];
    size_t ngot;
};

static struct client client(const struct assay_srs *settings, size_t cut)
{
    struct client c = {.secrets = test_secrets("secret\nold"), .cut = cut};

    socketmap_init(&c.session, engine, settings);
    return c;
}

/** Take what the session has to say, one octet at a time. */
static void receive(struct client *c)
{
    while (c->session.nout) {
        assert_true(c->ngot < sizeof c->got - 1);
        c->got[c->ngot++] = socketmap_output(&c->session).p[0];
        socketmap_sent(&c->session, 1);
    }
    c->got[c->ngot] = '\0';
}

/** Send octets as they are, as one who has a socket does. */
static void send_raw(struct client *c, assay_span octets)
{
    while (octets.n) {
        size_t n = socketmap_input(&c->session, span_first(octets, c->cut), TEST_NOW);

        octets = span_from(octets, n);
        if (c->session.eval) {
            assert_int_equal(n ? socketmap_input(&c->session, octets, TEST_NOW) : 0, 0);
            assert_int_equal(c->session.nout, 0);
            assert_int_equal(test_answer(engine, c->session.eval, &c->secrets), ASSAY_DONE);
            socketmap_answered(&c->session);
            assert_null(c->session.eval);
        }
        assert_true(n || c->session.nout);
        receive(c);
    }
}

/** Send a request as a netstring. */
static void ask_for(struct client *c, assay_span request)
{
    char head[16];

    snprintf(head, sizeof head, "%zu:", request.n);
    send_raw(c, span_of(head));
    send_raw(c, request);
    send_raw(c, SPAN(","));
}

/** What stands in the netstrings of replies, one after the other, with | behind each. */
static const char *replies(struct client *c)
{
    static char text[4096];
    assay_span rest = {c->got, c->ngot};
    size_t n = 0;

    while (rest.n) {
        size_t length = 0;
        assay_span digits;

        assert_true(span_cut(&rest, ':', &digits));
        for (size_t i = 0; i < digits.n; i++)
            length = length * 10 + (size_t)(digits.p[i] - '0');
        assert_true(rest.n > length && rest.p[length] == ',');
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s|", (int)length, rest.p);
        rest = span_from(rest, length + 1);
    }
    text[n] = '\0';
    socketmap_done(&c->session);
    return text;
}

static void every_request_has_its_reply_however_it_is_cut(void **state)
{
    static const char *const ROWS[][2] = {
        {"forward Alice@A.example", "OK SRS0=N1zx=7U=A.example=Alice@b.example|"},
        {"forward SRS0=N1zx=7U=A.example=Alice@b.example", "NOTFOUND |"},
        {"forward x@mail.example", "NOTFOUND |"},
        {"forward root", "NOTFOUND |"},
        {"forward ", "NOTFOUND |"},
        {"forward <>", "NOTFOUND |"},
        {"forward \xFF@a.example", "NOTFOUND |"},
        {"forward xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx@a.example",
         "PERM rewritten its local part would have 69 octets, and 64 are allowed|"},
        {"forward \"john doe\"@a.example", "OK \"SRS0=EBk1=7U=a.example=john doe\"@b.example|"},
        {"reverse SRS0=N1zx=7U=A.example=Alice@b.example", "OK Alice@A.example|"},
        {"reverse SRS0=mm3x=7U=a.example=alice@b.example", "OK alice@a.example|"},
        {"reverse SRS0=N1zy=7U=A.example=Alice@b.example", "NOTFOUND |"},
        {"reverse SRS0=N1zx=6U=A.example=Alice@b.example", "NOTFOUND |"},
        {"reverse SRS0=N1zx=7U=A.example=Alice@c.example", "NOTFOUND |"},
        {"reverse bob@b.example", "NOTFOUND |"},
        {"check SRS0=N1zx=7U=A.example=Alice@b.example", "NOTFOUND |"},
        {"check bob@b.example", "NOTFOUND |"},
        {"check SRS0=N1zx=7U=A.example=Alice@c.example", "NOTFOUND |"},
        {"check SRS0=N1zy=7U=A.example=Alice@b.example",
         "OK 550 5.1.1 the hash of the SRS address is not ours|"},
        {"check SRS0=N1zx=6U=A.example=Alice@b.example",
         "OK 550 5.1.6 the time stamp is out of date|"},
        {"check SRS0=@b.example", "OK 550 5.1.3 the SRS0 address has no time stamp|"},
        {"", "PERM a request is NAME KEY|"},
        {"forward", "PERM a request is NAME KEY|"},
        {" a@a.example", "PERM there is no such map; there are forward, reverse and check|"},
        {"Forward a@a.example", "PERM there is no such map; there are forward, reverse and check|"},
    };

    (void)state;
    for (size_t cut = 1; cut < 100; cut += cut < 10 ? 1 : 40)
        for (size_t i = 0; i < COUNT(ROWS); i++) {
            struct client c = client(&SETTINGS, cut);

            ask_for(&c, span_of(ROWS[i][0]));
            assert_string_equal(replies(&c), ROWS[i][1]);
            assert_false(c.session.closing);
        }
}

static void what_is_no_netstring_ends_the_connection(void **state)
{
    static const char *const ROWS[] = {
        "x",     ":,",      "05:hello,", "5:helloX",  "00:,", "-1:,", " 1:x,",
        "1 :x,", "100001:", "999999999", "1;forward", "0:x",  "\xFF", "18446744073709551617:"};

    (void)state;
    for (size_t cut = 1; cut < 20; cut += 6)
        for (size_t i = 0; i < COUNT(ROWS); i++) {
            struct client c = client(&SETTINGS, cut);

            send_raw(&c, span_of(ROWS[i]));
            send_raw(&c, SPAN("19:forward a@a.example,"));
            assert_true(c.session.closing);
            assert_string_equal(replies(&c), "PERM this is no netstring, or one that is too long|");
        }
}

static void requests_behind_one_another_are_answered_in_order(void **state)
{
    static const char REQUESTS[] = "23:forward Alice@A.example,7:x alice,11:forward a@b,"
                                   "46:reverse SRS0=N1zx=7U=A.example=Alice@b.example,";

    (void)state;
    for (size_t cut = 1; cut < sizeof REQUESTS; cut++) {
        struct client c = client(&SETTINGS, cut);

        send_raw(&c, SPAN(REQUESTS));
        assert_string_equal(replies(&c),
                            "OK SRS0=N1zx=7U=A.example=Alice@b.example|"
                            "PERM there is no such map; there are forward, reverse and check|"
                            "OK SRS0=gQ6o=7U=b=a@b.example|OK Alice@A.example|");
    }
}

static void a_request_of_any_length_is_answered_and_the_next_one_too(void **state)
{
    static char request[SOCKETMAP_LONGEST];

    (void)state;
    memset(request, 'x', sizeof request);
    memcpy(request, "forward ", 8);
    for (size_t n = 300; n <= sizeof request; n += n < 450 ? 1 : 33185) {
        struct client c = client(&SETTINGS, n < 450 ? 7 : 4000);

        memcpy(request + n - 10, "@a.example", 10);
        ask_for(&c, (assay_span){request, n});
        ask_for(&c, SPAN("reverse x@b.example"));
        /* 287 octets make 320 with all that SRS adds, but 64 are allowed before the @ */
        assert_non_null(strstr(replies(&c), n - 8 > LIMIT_SRS_ADDRESS ? "NOTFOUND |NOTFOUND |"
                                                                      : "are allowed|NOTFOUND |"));
        memset(request + n - 10, 'x', 10);
    }
}

static void without_the_secret_it_says_try_again(void **state)
{
    struct client c = client(&SETTINGS, 100);

    (void)state;
    c.secrets.n = 0;
    ask_for(&c, SPAN("forward a@a.example"));
    ask_for(&c, SPAN("reverse SRS0=N1zx=7U=A.example=Alice@b.example"));
    ask_for(&c, SPAN("check SRS0=N1zx=7U=A.example=Alice@b.example"));
    assert_string_equal(replies(&c), "TEMP there is no such secret|TEMP there is no such secret|"
                                     "OK 451 4.3.5 there is no such secret|");
}

static void who_gives_up_gets_a_reply_and_the_connection_goes_on(void **state)
{
    struct client c = client(&SETTINGS, 100);

    (void)state;
    assert_int_equal(socketmap_input(&c.session, SPAN("19:forward a@a.example,7:"), TEST_NOW), 23);
    assert_non_null(c.session.eval);
    socketmap_answered(&c.session); /* nothing was answered: nothing changes */
    assert_non_null(c.session.eval);
    assay_give_up(c.session.eval);
    socketmap_answered(&c.session);
    receive(&c);
    ask_for(&c, SPAN("forward x@b.example"));
    assert_string_equal(replies(&c), "TEMP the holder of the secrets did not answer|NOTFOUND |");
}

static void a_connection_can_end_at_any_point(void **state)
{
    static const char REQUEST[] = "19:forward a@a.example,";

    (void)state;
    for (size_t n = 0; n < sizeof REQUEST; n++) {
        struct client c = client(&SETTINGS, 1);

        socketmap_input(&c.session, (assay_span){REQUEST, n}, TEST_NOW);
        socketmap_done(&c.session);
        socketmap_done(&c.session);
    }
}

static void settings_that_are_wrong_are_said_and_lose_nothing(void **state)
{
    struct assay_srs wrong = SETTINGS;
    struct client c = client(&wrong, 100);

    (void)state;
    wrong.forwarder = SPAN_EMPTY;
    ask_for(&c, SPAN("forward a@a.example"));
    assert_string_equal(replies(&c), "TEMP invalid argument|");
}

static int make_engine(void **state)
{
    (void)state;
    return assay_engine_new(0, &engine) == ASSAY_DONE ? 0 : -1;
}

static int drop_engine(void **state)
{
    (void)state;
    assay_engine_free(engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_has_its_reply_however_it_is_cut),
        cmocka_unit_test(what_is_no_netstring_ends_the_connection),
        cmocka_unit_test(requests_behind_one_another_are_answered_in_order),
        cmocka_unit_test(a_request_of_any_length_is_answered_and_the_next_one_too),
        cmocka_unit_test(without_the_secret_it_says_try_again),
        cmocka_unit_test(who_gives_up_gets_a_reply_and_the_connection_goes_on),
        cmocka_unit_test(a_connection_can_end_at_any_point),
        cmocka_unit_test(settings_that_are_wrong_are_said_and_lose_nothing),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
