/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_udp.c The client against servers that lie: test_server.h for what a server does wrong in an
 * answer, and a forger of its own for what others send in its name.
 */
#include "world/clock.h"
#include "world/shared.h"
#include "world/udp_own.h"

#include "fact/fact.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "world/test_server.h"

enum { MANY = 5000 };

/** A question of a test, and what became of it. */
struct one {
    struct udp_query query;
    assay_fact *fact;
    bool done;
};

static void done(struct udp_query *query, assay_fact *fact)
{
    struct one *o = (struct one *)query;

    assert_false(o->done);
    o->done = true;
    o->fact = fact;
}

/** A client of one server. */
static struct udp *client(const char *at, unsigned first_ms, unsigned most)
{
    struct udp_options o = {.resolvers = at, .first_ms = first_ms, .tries = 3, .most = most};
    struct udp *u = NULL;
    const char *why = NULL;

    assert_int_equal(udp_new(&o, &u, &why), ASSAY_DONE);
    return u;
}

/** Ask one question to its end. \return the fact, to be freed */
static assay_fact *ask_one(struct udp *u, const char *name, uint16_t rrtype)
{
    struct one o = {.query = {.name = span_of(name), .rrtype = rrtype, .done = done}};
    int64_t until = world_now() + 10000;

    udp_ask(u, &o.query);
    while (!o.done && world_now() < until)
        udp_turn(u, 50);
    assert_true(o.done);
    assert_non_null(o.fact);
    return o.fact;
}

static void each_behaviour_of_a_server_becomes_the_fact_it_is(void **state)
{
    static const struct {
        const char *name;
        uint16_t rrtype;
        enum assay_how how;
        const char *reason; /* how it begins */
    } ROWS[] = {
        {"ok.example", ASSAY_RR_TXT, ASSAY_OK, ""},
        {"ok.example", ASSAY_RR_A, ASSAY_OK, ""},
        {"ok.example", ASSAY_RR_MX, ASSAY_NODATA, ""},
        {"nx.example", ASSAY_RR_TXT, ASSAY_NXDOMAIN, ""},
        {"servfail.example", ASSAY_RR_TXT, ASSAY_SERVFAIL, "the server failed"},
        {"refused.example", ASSAY_RR_TXT, ASSAY_REFUSED, "the server refuses"},
        {"formerr.example", ASSAY_RR_TXT, ASSAY_SERVFAIL, "the server answered with RCODE 1"},
        {"chain3.example", ASSAY_RR_TXT, ASSAY_OK, ""},
        {"loop.example", ASSAY_RR_TXT, ASSAY_SERVFAIL, "the CNAMEs run in a circle"},
        {"cut.example", ASSAY_RR_TXT, ASSAY_SERVFAIL, "the reply cannot be read"},
        {"badtxt.example", ASSAY_RR_TXT, ASSAY_SERVFAIL, "the reply cannot be read"},
        {"second.example", ASSAY_RR_TXT, ASSAY_OK, ""},
        {"silent.example", ASSAY_RR_TXT, ASSAY_TIMEOUT, "the resolver did not answer 3 times"},
        {"wrongid.example", ASSAY_RR_TXT, ASSAY_TIMEOUT, "the resolver did not answer"},
        {"wrongname.example", ASSAY_RR_TXT, ASSAY_TIMEOUT, "the resolver did not answer"},
        {"query.example", ASSAY_RR_TXT, ASSAY_TIMEOUT, "the resolver did not answer"},
        {"garbage.example", ASSAY_RR_TXT, ASSAY_TIMEOUT, "the resolver did not answer"},
        {"tc.example", ASSAY_RR_TXT, ASSAY_OK, ""},
        {"large.example", ASSAY_RR_TXT, ASSAY_OK, ""},
        {"fat.example", ASSAY_RR_TXT, ASSAY_TOOBIG, ""},
        {"tcdead.example", ASSAY_RR_TXT, ASSAY_SERVFAIL, "the reply was truncated, and over TCP"},
    };
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 60, 100);
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        assay_fact *fact = ask_one(u, ROWS[i].name, ROWS[i].rrtype);

        if (fact->how != ROWS[i].how || !span_starts(fact->reason, span_of(ROWS[i].reason)) ||
            fact->secure != ASSAY_UNKNOWN) {
            print_error("%s: wanted %s (%s), got %s (%.*s)\n", ROWS[i].name,
                        fact_how_text(ROWS[i].how), ROWS[i].reason, fact_how_text(fact->how),
                        SPAN_ARG(fact->reason));
            wrong++;
        }
        assay_fact_free(fact);
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(udp_open(u), 0);
    udp_free(u);
    server_stop(server);
}

static void a_late_answer_is_no_answer_to_the_next_try(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 300, 100);
    assay_fact *fact =
        ask_one(u, "late.example", ASSAY_RR_TXT); /* each answer comes after a second */

    (void)state;
    assert_int_equal(fact->how, ASSAY_OK); /* of the third try, which waits for 1.2 s */
    assay_fact_free(fact);
    assert_int_equal(udp_counts(u)->strange, 2);
    assert_int_equal(udp_counts(u)->lost, 2);
    assert_int_equal(udp_counts(u)->answered, 1);
    udp_free(u);
    server_stop(server);
}

/* ---- the forger ---- */

/** What stands before the true answer. */
enum forgery {
    FORGE_ID,
    FORGE_QUESTION,
    FORGE_TYPE,
    FORGE_NO_REPLY,
    FORGE_SHORT,
    FORGE_PORT,
    FORGE_TWICE,
    FORGERIES
};

/** Answer one query: forgeries with other data first, then the truth. */
static void forge(int fd, int other, enum forgery forgery)
{
    uint8_t packet[1500], forged[1500];
    struct sockaddr_in from;
    socklen_t from_n = sizeof from;
    ssize_t n = recvfrom(fd, packet, sizeof packet, 0, (struct sockaddr *)&from, &from_n);
    size_t end = 12;

    assert_true(n > 12);
    while (packet[end])
        end += 1u + packet[end];
    end += 5;
    packet[2] = 0x81;
    packet[3] = 0x80;
    packet[7] = 1; /* one answer */
    packet[11] = 0;
    memcpy(packet + end, "\xC0\x0C\0\x10\0\1\0\0\0\x3c\0\6\5truth", 18);
    memcpy(forged, packet, sizeof forged);
    memcpy(forged + end + 13, "false", 5);
    n = (ssize_t)end + 18;
    if (forgery == FORGE_ID)
        forged[1] ^= 0x55;
    else if (forgery == FORGE_QUESTION)
        forged[13] ^= 1;
    else if (forgery == FORGE_TYPE)
        forged[end - 3] = 1;
    else if (forgery == FORGE_NO_REPLY)
        forged[2] = 1;
    if (forgery == FORGE_TWICE)
        memcpy(forged, packet, sizeof forged);
    for (int i = 0; i < 20; i++)
        sendto(forgery == FORGE_PORT ? other : fd, forged, forgery == FORGE_SHORT ? 11 : (size_t)n,
               0, (struct sockaddr *)&from, from_n);
    sendto(fd, packet, (size_t)n, 0, (struct sockaddr *)&from, from_n);
}

static void what_others_send_is_no_answer(void **state)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    char text[40];
    struct udp *u;

    (void)state;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    snprintf(text, sizeof text, "127.0.0.1@%u", ntohs(at.sin_port));
    u = client(text, 5000, 100);
    for (int f = 0; f < FORGERIES; f++) {
        struct one o = {.query = {.name = SPAN("a.example"), .rrtype = ASSAY_RR_TXT, .done = done}};
        uint64_t strange = udp_counts(u)->strange;

        udp_ask(u, &o.query);
        udp_turn(u, 0);
        forge(fd, other, (enum forgery)f);
        for (int64_t until = world_now() + 3000; !o.done && world_now() < until;)
            udp_turn(u, 50);
        assert_true(o.done);
        assert_int_equal(o.fact->how, ASSAY_OK);
        if (!span_is(o.fact->records[0].text, "truth"))
            fail_msg("forgery %d was believed", f);
        assay_fact_free(o.fact);
        udp_turn(u, 0);
        /* what comes from another port the system drops by itself: the sockets are connected */
        assert_int_equal(udp_counts(u)->strange - strange, f == FORGE_PORT ? 0 : 20);
    }
    udp_free(u);
    close(fd);
    close(other);
}

static void ports_are_many_and_ids_differ(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 1000, 1000);
    const struct udp_resolver *r = &u->resolvers[0];
    static bool seen[65536];
    unsigned ports = 0, neighbours = 0;
    uint16_t last = 0;

    (void)state;
    for (unsigned i = 0; i < u->options.sockets; i++) {
        struct sockaddr_in at;
        socklen_t n = sizeof at;

        assert_int_equal(getsockname(r->sockets[i].fd, (struct sockaddr *)&at, &n), 0);
        ports += !seen[ntohs(at.sin_port)];
        seen[ntohs(at.sin_port)] = true;
        neighbours += ntohs(at.sin_port) == last + 1;
        last = ntohs(at.sin_port);
    }
    assert_int_equal(ports, 16);
    assert_true(neighbours < 8);
    udp_free(u);
    server_stop(server);
}

static void many_questions_are_all_answered_within_the_bound(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 1000, 300);
    struct one *all = calloc(MANY, sizeof *all);
    char(*names)[40] = calloc(MANY, sizeof *names);
    unsigned most = 0;
    int64_t until = world_now() + 20000;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "%s%zu.example", i % 50 == 7 ? "nx.n" : "n", i);
        all[i].query =
            (struct udp_query){.name = span_of(names[i]), .rrtype = ASSAY_RR_TXT, .done = done};
        udp_ask(u, &all[i].query);
    }
    while (udp_open(u) && world_now() < until) {
        udp_turn(u, 50);
        most = u->resolvers[0].open > most ? u->resolvers[0].open : most;
    }
    assert_int_equal(udp_open(u), 0);
    assert_true(most > 64 && most <= 300);
    assert_int_equal(udp_counts(u)->strange, 0); /* two of one id on a socket would be */
    for (size_t i = 0; i < MANY; i++) {
        assert_true(all[i].done);
        assert_int_equal(all[i].fact->how, i % 50 == 7 ? ASSAY_NXDOMAIN : ASSAY_OK);
        assay_fact_free(all[i].fact);
    }
    free(all);
    free(names);
    udp_free(u);
    server_stop(server);
}

static void loss_makes_it_ask_less_at_a_time(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 30, 2000);
    static struct one all[600];
    unsigned before = u->resolvers[0].window;

    (void)state;
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < 600; i++) {
        all[i].query = (struct udp_query){.name = SPAN("silent.example"),
                                          .rrtype = ASSAY_RR_TXT,
                                          .done = done};
        udp_ask(u, &all[i].query);
    }
    while (udp_open(u))
        udp_turn(u, 50);
    assert_true(u->resolvers[0].window <= before / 4);
    assert_int_equal(udp_counts(u)->timeouts, 600);
    for (size_t i = 0; i < 600; i++)
        assay_fact_free(all[i].fact);
    udp_free(u);
    server_stop(server);
}

static void what_is_cancelled_is_not_told(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 1000, 100);
    static struct one all[300];

    (void)state;
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < 300; i++) {
        all[i].query = (struct udp_query){.name = i % 3 ? SPAN("ok.example") : SPAN("tc.example"),
                                          .rrtype = ASSAY_RR_TXT,
                                          .done = done};
        udp_ask(u, &all[i].query);
    }
    for (int turns = 0; turns < 8; turns++)
        udp_turn(u, 5); /* some wait, some are out, some go over TCP */
    for (size_t i = 0; i < 300; i += 2)
        if (!all[i].done)
            udp_cancel(u, &all[i].query), all[i].done = true;
    while (udp_open(u))
        udp_turn(u, 50);
    for (size_t i = 0; i < 300; i++) {
        assert_true(all[i].done);
        assay_fact_free(all[i].fact);
    }
    udp_free(u);
    server_stop(server);
}

static void a_second_resolver_answers_for_a_dead_one(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    int dead = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    char both[100];
    struct udp *u;

    (void)state;
    assert_int_equal(bind(dead, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(dead, (struct sockaddr *)&at, &n), 0);
    snprintf(both, sizeof both, "127.0.0.1@%u %s", ntohs(at.sin_port), server->at);
    u = client(both, 50, 100);
    for (int i = 0; i < 6; i++) {
        assay_fact *fact = ask_one(u, "ok.example", ASSAY_RR_TXT);

        assert_int_equal(fact->how, ASSAY_OK);
        assay_fact_free(fact);
    }
    assert_true(udp_counts(u)->lost > 0);
    udp_free(u);
    close(dead);
    server_stop(server);
}

static void nobody_at_all_is_told_and_is_no_failure_of_the_program(void **state)
{
    struct udp *u = client("127.0.0.1@1", 40, 100); /* ICMP says that nobody listens */
    assay_fact *fact = ask_one(u, "ok.example", ASSAY_RR_TXT);

    (void)state;
    assert_int_equal(fact->how, ASSAY_TIMEOUT);
    assay_fact_free(fact);
    assert_int_equal(udp_prove(u), 0);
    udp_free(u);
}

static void a_resolver_that_does_not_validate_vouches_for_nothing(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 1000, 100);
    assay_fact *fact;

    (void)state;
    assert_int_equal(udp_prove(u), 1);
    assert_false(u->resolvers[0].validates); /* it answers for the root, without AD */
    fact = ask_one(u, "ok.example", ASSAY_RR_TXT);
    assert_int_equal(fact->secure, ASSAY_UNKNOWN);
    assay_fact_free(fact);
    udp_free(u);
    server_stop(server);
}

static void resolvers_that_are_none_are_told(void **state)
{
    static const char *const ROWS[] = {"", "example.com", "192.0.2.1@0", "recursive", "1.2.3"};

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct udp_options o = {.resolvers = ROWS[i]};
        struct udp *u = NULL;
        const char *why = NULL;

        assert_int_equal(udp_new(&o, &u, &why), ASSAY_EINVAL);
        assert_non_null(why);
        assert_null(u);
    }
}

/* ---- answers that are shared ---- */

/** One who waits. */
struct waiting {
    struct shared_waiter waiter;
    assay_fact *fact;
    bool done;
};

static void shared_told(struct shared_waiter *waiter, assay_fact *fact)
{
    struct waiting *w = (struct waiting *)waiter;

    w->done = true;
    w->fact = fact;
}

static void a_question_of_many_is_asked_once(void **state)
{
    struct server *server = server_start("127.0.0.1", 0);
    struct udp *u = client(server->at, 1000, 100);
    struct shared *s = shared_new(u, 1 << 20);
    static struct waiting all[50];
    assay_fact *fact = NULL;

    (void)state;
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < 50; i++) {
        all[i].waiter.done = shared_told;
        assert_int_equal(shared_ask(s, ASSAY_RR_TXT, SPAN("spf.example"), &all[i].waiter, &fact),
                         ASSAY_NEED);
    }
    shared_cancel(&all[7].waiter);
    while (udp_open(u))
        udp_turn(u, 50);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(all[i].done, i != 7);
        assay_fact_free(all[i].fact);
    }
    assert_int_equal(udp_counts(u)->sent, 1);
    assert_int_equal(shared_ask(s, ASSAY_RR_TXT, SPAN("spf.example"), &all[0].waiter, &fact),
                     ASSAY_DONE);
    assert_int_equal(fact->how, ASSAY_OK);
    assay_fact_free(fact);
    assert_int_equal(udp_counts(u)->sent, 1);
    all[0].done = false; /* one that is on its way when all is freed */
    assert_int_equal(shared_ask(s, ASSAY_RR_TXT, SPAN("silent.example"), &all[0].waiter, &fact),
                     ASSAY_NEED);
    udp_turn(u, 0);
    shared_free(s);
    assert_int_equal(udp_open(u), 0);
    assert_false(all[0].done);
    udp_free(u);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_behaviour_of_a_server_becomes_the_fact_it_is),
        cmocka_unit_test(a_late_answer_is_no_answer_to_the_next_try),
        cmocka_unit_test(what_others_send_is_no_answer),
        cmocka_unit_test(ports_are_many_and_ids_differ),
        cmocka_unit_test(many_questions_are_all_answered_within_the_bound),
        cmocka_unit_test(loss_makes_it_ask_less_at_a_time),
        cmocka_unit_test(what_is_cancelled_is_not_told),
        cmocka_unit_test(a_second_resolver_answers_for_a_dead_one),
        cmocka_unit_test(nobody_at_all_is_told_and_is_no_failure_of_the_program),
        cmocka_unit_test(a_resolver_that_does_not_validate_vouches_for_nothing),
        cmocka_unit_test(resolvers_that_are_none_are_told),
        cmocka_unit_test(a_question_of_many_is_asked_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
