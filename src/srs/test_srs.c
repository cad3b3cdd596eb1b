/* SPDX-License-Identifier: BSD-2-Clause */
#include "srs/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static assay_engine *engine;

/** A request of the tests. */
static struct assay_srs request(const char *address, const char *forwarder, bool reverse)
{
    return (struct assay_srs){.size = sizeof(struct assay_srs),
                              .now = TEST_NOW,
                              .address = span_of(address),
                              .forwarder = span_of(forwarder),
                              .reverse = reverse,
                              .secret = SPAN_EMPTY};
}

/** The result of a request as text: the address, `= why` where it is unchanged, `! why`. */
static const char *outcome(const struct assay_srs *asked, const char *secrets)
{
    static const char *const MARKS[] = {"", "", "= ", "! ", "? "};
    static char text[512];
    struct srs_secrets read = test_secrets(secrets);
    assay_eval *eval = test_rewrite(engine, asked, &read);
    const struct assay_srs_rewrite *r;

    assert_non_null(eval);
    r = assay_srs_result(eval);
    snprintf(text, sizeof text, "%s%.*s", MARKS[r->outcome],
             SPAN_ARG(r->error.n ? r->error : r->address));
    if (r->outcome == ASSAY_SRS_UNCHANGED)
        assert_true(span_eq(r->address, asked->address));
    else
        assert_true((r->address.n > 0) == (r->outcome == ASSAY_SRS_REWRITTEN));
    assert_int_equal(r->code, r->outcome == ASSAY_SRS_REFUSED   ? 550
                              : r->outcome == ASSAY_SRS_UNKNOWN ? 451
                                                                : 0);
    assert_true((r->code != 0) == (r->enhanced.n > 0));
    assay_eval_free(eval);
    return text;
}

static void addresses_are_those_of_the_other_implementations(void **state)
{
    static const struct {
        const char *address, *forwarder, *secrets;
        char separator;
        unsigned hash_length;
        const char *wanted;
    } ROWS[] = {
        {"Alice@A.example", "b.example", "secret\nold", '=', 4,
         "SRS0=N1zx=7U=A.example=Alice@b.example"},
        {"SRS0=N1zx=7U=A.example=Alice@b.example", "c.example", "other", '=', 4,
         "SRS1=f0Uy=b.example==N1zx=7U=A.example=Alice@c.example"},
        {"SRS1=f0Uy=b.example==N1zx=7U=A.example=Alice@c.example", "d.example", "third", '+', 4,
         "SRS1+5NVb=b.example==N1zx=7U=A.example=Alice@d.example"},
        {"a+b@a.example", "d.example", "third", '+', 4, "SRS0+ls/l=7U=a.example=a+b@d.example"},
        {"SRS0+ls/l=7U=a.example=a+b@d.example", "c.example", "other", '=', 4,
         "SRS1=QBtu=d.example=+ls/l=7U=a.example=a+b@c.example"},
        {"alice@a.example", "b.example", "secret", '=', 10,
         "SRS0=N1zxK1Cfv1=7U=a.example=alice@b.example"},
        {"alice@a.example", "b.example", "old", '=', 4, "SRS0=mm3x=7U=a.example=alice@b.example"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs r = request(ROWS[i].address, ROWS[i].forwarder, false);

        r.separator = ROWS[i].separator;
        r.hash_length = ROWS[i].hash_length;
        assert_string_equal(outcome(&r, ROWS[i].secrets), ROWS[i].wanted);
    }
}

static void what_is_not_for_rewriting_goes_on_as_it_is(void **state)
{
    static const char *const ROWS[][2] = {
        {"", "= the null sender is never rewritten"},
        {"<>", "= the null sender is never rewritten"},
        {"alice@B.example", "= its domain is one of our own"},
        {"alice@mail.example", "= its domain is one of our own"},
        {"alice@x.LOCAL.example", "= its domain is one of our own"},
        {"alice@b\xC3\xBC"
         "cher.example",
         "= its domain is one of our own"},
        {"SRS0=N1zx=7U=A.example=Alice@b.example", "= its domain is one of our own"},
        {"SRS0=N1zx=7U=A.example=Alice@mail.example", "= its domain is one of our own"},
        {"alice", "= the address has no @"},
        {"@a.example", "= there is nothing before the @"},
        {"\"\"@a.example", "= there is nothing before the @"},
        {"alice@", "= what stands behind the @ is no domain name"},
        {"alice@a=b.example", "= what stands behind the @ is no domain name"},
        {"alice@a..example", "= what stands behind the @ is no domain name"},
        {"a b@a.example", "= the local part needs quotes"},
        {"a@b@a.example", "= the local part needs quotes"},
        {"\"a@a.example", "= the quotes of the local part are not closed"},
        {"\"a\\\"@a.example", "= the quotes of the local part are not closed"},
        {"\"a\"b\"@a.example", "= a quote stands inside the local part"},
        {"a\nb@a.example", "= the address has a control character"},
        {"a\xFF@a.example", "= the address is not UTF-8"},
        {"SRS1=x@a.example", "= it looks like SRS1, but there is no first hop in it"},
        {"SRS1=x=b.example@a.example", "= it looks like SRS1, but there is no first hop in it"},
        {"SRS1=x==h=@a.example", "= it looks like SRS1, but there is no first hop in it"},
    };
    static const assay_span LOCAL[] = {{"mail.example", 12},
                                       {".local.example", 14},
                                       {"xn--bcher-kva.example", 21}};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs r = request(ROWS[i][0], "b.example", false);

        r.local = LOCAL;
        r.nlocal = COUNT(LOCAL);
        assert_string_equal(outcome(&r, "secret"), ROWS[i][1]);
    }
}

static void what_comes_back_is_checked(void **state)
{
    static const char *const ROWS[][2] = {
        {"SRS0=N1zx=7U=A.example=Alice@b.example", "Alice@A.example"},
        {"srs0=n1ZX=7u=a.example=alice@B.EXAMPLE", "alice@a.example"},
        {"SRS0=N1zxK1Cfv1=7U=a.example=alice@b.example", "alice@a.example"},
        {"SRS0=mm3x=7U=a.example=alice@b.example", "alice@a.example"}, /* the second secret */
        {"SRS0=N1zxK1Cfv2=7U=a.example=alice@b.example",
         "! the hash of the SRS address is not ours"},
        {"SRS0=N1zy=7U=A.example=Alice@b.example", "! the hash of the SRS address is not ours"},
        {"SRS0=N1zx=7V=A.example=Alice@b.example", "! the time stamp is of a day to come"},
        {"SRS0=N1zx=7T=A.example=Alice@b.example", "! the hash of the SRS address is not ours"},
        {"SRS0=N1zx=7U=A.example=Alicf@b.example", "! the hash of the SRS address is not ours"},
        {"SRS0=N1zx=7U=AA.example=lice@b.example", "! the hash of the SRS address is not ours"},
        {"SRS0=N1zx=AA=A.example=Alice@b.example", "! the time stamp is out of date"},
        {"SRS0=N1z=7U=A.example=Alice@b.example", "! the hash of the SRS address is too short"},
        {"SRS0==7U=A.example=Alice@b.example", "! the hash of the SRS address is too short"},
        {"SRS0=N1zx=7=A.example=Alice@b.example", "! the SRS0 address has no time stamp"},
        {"SRS0=N1zx=71=A.example=Alice@b.example", "! the SRS0 address has no time stamp"},
        {"SRS0=N1zx=7UU=A.example=Alice@b.example", "! the SRS0 address has no time stamp"},
        {"SRS0=@b.example", "! the SRS0 address has no time stamp"},
        {"SRS0=N1zx@b.example", "! the SRS0 address has no time stamp"},
        {"SRS0=N1zx=7U@b.example", "! the SRS0 address has no domain"},
        {"SRS0=N1zx=7U=A.example@b.example", "! the SRS0 address has no local part"},
        {"SRS0=N1zx=7U=A.example=@b.example", "! the SRS0 address has no local part"},
        {"SRS1=@b.example", "! the SRS1 address has no domain"},
        {"SRS1=KKKK@b.example", "! the SRS1 address has no domain"},
        {"SRS1=KKKK=c.example@b.example", "! the SRS1 address has no local part"},
        {"SRS1=KKKK=c.example==x@b.example", "! the hash of the SRS address is not ours"},
        {"SRS1=KKK=c.example==x@b.example", "! the hash of the SRS address is too short"},
        {"SRS0=AAAAAAAAAAAAAAAAAAAAAAAAAAAA=7U=a.example=b@b.example",
         "! the hash of the SRS address is too long"},
        {"SRS0=N1zx=7U=A.example=Alice@c.example", "= it is an SRS address of another forwarder"},
        {"alice@b.example", "= it is no SRS address"},
        {"SRS0@b.example", "= it is no SRS address"},
        {"SRS0xN1zx=7U=A.example=Alice@b.example", "= it is no SRS address"},
        {"SRS2=N1zx=7U=A.example=Alice@b.example", "= it is no SRS address"},
        {"", "= it is no SRS address"},
        {"SRS0=N1zx=7U=A.example=Alice", "= the address has no @"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs r = request(ROWS[i][0], "b.example", true);

        assert_string_equal(outcome(&r, "secret\nold\n"), ROWS[i][1]);
    }
}

static void an_srs1_address_leads_to_the_first_hop_and_has_no_age(void **state)
{
    static const char SRS1[] = "SRS1=f0Uy=b.example==N1zx=7U=A.example=Alice@c.example";
    struct assay_srs r = request(SRS1, "c.example", true);

    (void)state;
    r.now += 400 * (int64_t)TEST_DAY;
    assert_string_equal(outcome(&r, "other"), "SRS0=N1zx=7U=A.example=Alice@b.example");
    r.address = SPAN("srs1+F0UY=B.example==n1zx=7u=a.example=alice@c.example");
    assert_string_equal(outcome(&r, "other"), "SRS0=n1zx=7u=a.example=alice@B.example");
}

static void an_address_is_good_for_21_days_and_again_after_1024(void **state)
{
    static const struct {
        int days;
        unsigned most;
        const char *wanted;
    } ROWS[] = {
        {-8, 0, "! the time stamp is out of date"},
        {-7, 0, "! the time stamp is of a day to come"},
        {-1, 0, "! the time stamp is of a day to come"},
        {0, 0, "Alice@A.example"},
        {21, 0, "Alice@A.example"},
        {22, 0, "! the time stamp is out of date"},
        {22, 22, "Alice@A.example"},
        {23, 22, "! the time stamp is out of date"},
        {2, 1, "! the time stamp is out of date"},
        {1022, 1022, "Alice@A.example"},
        {1023, 1022, "! the time stamp is of a day to come"},
        {1023, 0, "! the time stamp is of a day to come"},
        {1024, 0, "Alice@A.example"},
        {1045, 0, "Alice@A.example"},
        {1046, 0, "! the time stamp is out of date"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs r = request("SRS0=N1zx=7U=A.example=Alice@b.example", "b.example", true);

        r.now += ROWS[i].days * (int64_t)TEST_DAY;
        r.max_age_days = ROWS[i].most;
        assert_string_equal(outcome(&r, "secret"), ROWS[i].wanted);
    }
}

static void days_end_at_midnight_utc_even_before_1970(void **state)
{
    static const struct {
        int64_t now;
        const char *wanted;
    } ROWS[] = {
        {0, "=AA="},          {86399, "=AA="},        {86400, "=AB="},        {31 * 86400, "=A7="},
        {32 * 86400, "=BA="}, {1023 * 86400, "=77="}, {1024 * 86400, "=AA="}, {-1, "=77="},
        {-86400, "=77="},     {-86401, "=76="},       {INT64_MAX, "="},       {INT64_MIN, "="}};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs r = request("a@a.example", "b.example", false);

        r.now = ROWS[i].now;
        if (!strstr(outcome(&r, "secret"), ROWS[i].wanted))
            fail_msg("wanted %s, got %s", ROWS[i].wanted, outcome(&r, "secret"));
    }
}

static void postsrsd_2_writes_other_letters_and_they_are_the_same(void **state)
{
    struct assay_srs r = request("SRS0=ls_l=7U=a.example=a+b@b.example", "b.example", true);

    (void)state;
    assert_string_equal(outcome(&r, "third"), "a+b@a.example");
    r.address = SPAN("SRS0=ls-l=7U=a.example=a+b@b.example");
    assert_string_equal(outcome(&r, "third"), "! the hash of the SRS address is not ours");
}

static void quotes_go_around_the_whole_and_come_off_again(void **state)
{
    static const char *const ROWS[][3] = {
        /* address, a piece of the SRS address, what comes back */
        {"\"john doe\"@a.example", "=a.example=john doe\"@b.example", "\"john doe\"@a.example"},
        {"\"john\"@a.example", "=a.example=john@b.example", "john@a.example"},
        {"\"a..b\"@a.example", "=a.example=a..b\"@b.example", "\"a..b\"@a.example"},
        {"a..b@a.example", "=a.example=a..b@b.example", "a..b@a.example"},
        {".a.@a.example", "=a.example=.a.@b.example", ".a.@a.example"},
        {"\"a\\\"b\\\\c\\d\"@a.example", "=a.example=a\\\"b\\\\cd\"@b.example",
         "\"a\\\"b\\\\cd\"@a.example"},
        {"\"a@b\"@a.example", "=a.example=a@b\"@b.example", "\"a@b\"@a.example"},
        {"a@[192.0.2.1]", "=[192.0.2.1]=a\"@b.example", "a@[192.0.2.1]"},
        {"a@[IPv6:2001:db8::1]", "=[IPv6:2001:db8::1]=a\"@b.example", "a@[IPv6:2001:db8::1]"},
        {"j\xC3\xB6rg@b\xC3\xBC.example", "=b\xC3\xBC.example=j\xC3\xB6rg@b.example",
         "j\xC3\xB6rg@b\xC3\xBC.example"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs r = request(ROWS[i][0], "b.example", false);
        char there[512];

        snprintf(there, sizeof there, "%s", outcome(&r, "secret"));
        if (!strstr(there, ROWS[i][1]))
            fail_msg("%s: wanted ...%s, got %s", ROWS[i][0], ROWS[i][1], there);
        r = request(there, "b.example", true);
        assert_string_equal(outcome(&r, "secret"), ROWS[i][2]);
    }
}

/** A label of 66 octets, its dot counted; what SMTP allows is not what is looked at here. */
#define LABEL "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb."

static void what_gets_too_long_is_refused_kept_or_made_as_one_says(void **state)
{
    static const struct {
        size_t local;
        const char *forwarder;
        enum assay_srs_overflow overflow;
        const char *wanted;
    } ROWS[] = {
        {41, "b.example", ASSAY_SRS_REFUSE, "SRS0="},
        {42, "b.example", ASSAY_SRS_REFUSE,
         "! rewritten its local part would have 65 octets, and 64 are allowed"},
        {42, "b.example", ASSAY_SRS_KEEP,
         "= rewritten its local part would have 65 octets, and 64 are allowed"},
        {42, "b.example", ASSAY_SRS_LONG, "SRS0="},
        {300, "b.example", ASSAY_SRS_LONG,
         "! rewritten it would have 333 octets, and 320 are allowed"},
        {300, "b.example", ASSAY_SRS_KEEP,
         "= rewritten it would have 333 octets, and 254 are allowed"},
        {287, "b.example", ASSAY_SRS_LONG, "SRS0="},
        {1, LABEL LABEL LABEL "example", ASSAY_SRS_REFUSE, "SRS0="},
        {26, LABEL LABEL LABEL "example", ASSAY_SRS_REFUSE,
         "! rewritten it would have 255 octets, and 254 are allowed"},
        {26, LABEL LABEL LABEL "example", ASSAY_SRS_LONG, "SRS0="},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char address[400];
        struct assay_srs r;

        memset(address, 'x', ROWS[i].local);
        snprintf(address + ROWS[i].local, 20, "@a.example");
        r = request(address, ROWS[i].forwarder, false);
        r.overflow = ROWS[i].overflow;
        assert_memory_equal(outcome(&r, "secret"), ROWS[i].wanted, strlen(ROWS[i].wanted));
    }
}

static void a_holder_of_secrets_that_fails_decides_nothing(void **state)
{
    static const struct {
        enum assay_how how;
        size_t octets;
        const char *enhanced, *wanted;
    } ROWS[] = {
        {ASSAY_REFUSED, 0, "4.3.5", "there is no such secret"},
        {ASSAY_TIMEOUT, 0, "4.3.0", "the holder of the secrets did not answer"},
        {ASSAY_SERVFAIL, 0, "4.3.0", "the holder of the secrets did not answer"},
        {ASSAY_OK, 0, "4.3.0", "the holder of the secrets answered with something else"},
        {ASSAY_OK, 19, "4.3.0", "the holder of the secrets answered with something else"},
        {ASSAY_OK, 41, "4.3.0", "the holder of the secrets answered with something else"},
    };
    static const char OCTETS[41];

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(ROWS); i++) {
        const assay_span item = {OCTETS, ROWS[i / 2].octets};
        struct assay_srs asked =
            request(i % 2 ? "SRS0=N1zx=7U=A.example=Alice@b.example" : "a@a.example", "b.example",
                    i % 2);
        struct assay_answer a = {.size = sizeof a,
                                 .how = ROWS[i / 2].how,
                                 .secure = ASSAY_INSECURE,
                                 .data = &item,
                                 .n = item.n > 0};
        const struct assay_srs_rewrite *r;
        struct assay_question q;
        assay_eval *eval;
        assay_fact *fact;

        assert_int_equal(assay_srs_new(engine, &asked, &eval), ASSAY_DONE);
        assert_int_equal(assay_step(eval), ASSAY_NEED);
        assert_null(assay_srs_result(eval));
        assert_true(assay_next_question(eval, &q));
        assert_int_equal(q.kind, ASSAY_MAC);
        assert_true(span_is(q.name, "srs"));
        assert_true(span_is(q.data, i % 2 ? "7ua.examplealice" : "7ua.examplea"));
        assert_int_equal(assay_fact_new(ASSAY_MAC, 0, &a, &fact), ASSAY_DONE);
        assert_int_equal(assay_answer_question(eval, q.id, fact), ASSAY_DONE);
        assay_fact_free(fact);
        assert_int_equal(assay_step(eval), ASSAY_DONE);
        r = assay_srs_result(eval);
        assert_int_equal(r->outcome, ASSAY_SRS_UNKNOWN);
        assert_int_equal(r->code, 451);
        assert_true(span_is(r->enhanced, ROWS[i / 2].enhanced));
        assert_true(span_is(r->error, ROWS[i / 2].wanted));
        assert_null(assay_result(eval));
        assay_eval_free(eval);
    }
}

static void out_of_time_is_unknown_too(void **state)
{
    struct assay_srs asked = request("a@a.example", "b.example", false);
    assay_eval *eval;

    (void)state;
    assert_int_equal(assay_srs_new(engine, &asked, &eval), ASSAY_DONE);
    assay_give_up(eval);
    assert_int_equal(assay_step(eval), ASSAY_DONE);
    assert_int_equal(assay_srs_result(eval)->outcome, ASSAY_SRS_UNKNOWN);
    assert_int_equal(assay_eom(eval), ASSAY_EORDER);
    assay_eval_free(eval);
}

static void nothing_is_asked_of_what_is_decided_without(void **state)
{
    static const char *const ROWS[] = {"", "a@b.example", "SRS0=N1zx=AA=A.example=Alice@b.example"};

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs asked = request(ROWS[i], "b.example", i == 2);
        assay_eval *eval;

        assert_int_equal(assay_srs_new(engine, &asked, &eval), ASSAY_DONE);
        assert_int_equal(assay_step(eval), ASSAY_DONE);
        assay_eval_free(eval);
    }
}

static void a_request_is_looked_at_before_it_is_taken(void **state)
{
    static const struct {
        const char *forwarder;
        unsigned hash_length, hash_min, max_age;
        char separator;
        int overflow;
        assay_status wanted;
    } ROWS[] = {
        {"b.example", 0, 0, 0, 0, 0, ASSAY_DONE},
        {"b.example", 4, 4, 1, '=', 0, ASSAY_DONE},
        {"b.example", 27, 27, 1022, '-', 2, ASSAY_DONE},
        {"", 0, 0, 0, 0, 0, ASSAY_EINVAL},
        {"a@b.example", 0, 0, 0, 0, 0, ASSAY_EINVAL},
        {"[192.0.2.1]", 0, 0, 0, 0, 0, ASSAY_EINVAL},
        {"b=c.example", 0, 0, 0, 0, 0, ASSAY_EINVAL},
        {".b.example", 0, 0, 0, 0, 0, ASSAY_EINVAL},
        {"b.example", 3, 0, 0, 0, 0, ASSAY_EINVAL},
        {"b.example", 28, 0, 0, 0, 0, ASSAY_EINVAL},
        {"b.example", 0, 3, 0, 0, 0, ASSAY_EINVAL},
        {"b.example", 0, 28, 0, 0, 0, ASSAY_EINVAL},
        {"b.example", 0, 0, 1023, 0, 0, ASSAY_EINVAL},
        {"b.example", 0, 0, 0, '/', 0, ASSAY_EINVAL},
        {"b.example", 0, 0, 0, 0, 3, ASSAY_EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct assay_srs asked = request("a@a.example", ROWS[i].forwarder, false);
        assay_eval *eval = NULL;

        asked.hash_length = ROWS[i].hash_length;
        asked.hash_min = ROWS[i].hash_min;
        asked.max_age_days = ROWS[i].max_age;
        asked.separator = ROWS[i].separator;
        asked.overflow = (enum assay_srs_overflow)ROWS[i].overflow;
        assert_int_equal(assay_srs_new(engine, &asked, &eval), ROWS[i].wanted);
        assert_true((eval != NULL) == (ROWS[i].wanted == ASSAY_DONE));
        assay_eval_free(eval);
    }
}

static void a_short_hash_is_good_where_it_is_allowed_and_a_long_one_always(void **state)
{
    struct assay_srs r = request("SRS0=N1zx=7U=a.example=alice@b.example", "b.example", true);

    (void)state;
    r.hash_min = 8;
    assert_string_equal(outcome(&r, "secret"), "! the hash of the SRS address is too short");
    r.address = SPAN("SRS0=N1zxK1Cf=7U=a.example=alice@b.example");
    assert_string_equal(outcome(&r, "secret"), "alice@a.example");
}

static void a_file_of_secrets_has_one_in_each_line(void **state)
{
    static const struct {
        const char *file, *fault;
        size_t n;
        const char *first, *last;
    } ROWS[] = {
        {"one", NULL, 1, "one", "one"},
        {"one\n", NULL, 1, "one", "one"},
        {"\n\r\n one \r\n\ntwo\r", NULL, 2, " one ", "two"},
        {"; no comment\n# nor this", NULL, 2, "; no comment", "# nor this"},
        {"", "no secret", 0, NULL, NULL},
        {"\n\r\n\r", "no secret", 0, NULL, NULL},
        {"1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1"
         "\n1\nx\n",
         NULL, 32, "1", "x"},
        {"1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1"
         "\n1\n1\n1",
         "more than 32 secrets", 0, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        struct srs_secrets got = {.n = 0};
        const char *fault = srs_secrets_read(span_of(ROWS[i].file), &got);

        if (ROWS[i].fault)
            assert_string_equal(fault, ROWS[i].fault);
        else
            assert_null(fault);
        assert_int_equal(got.n, ROWS[i].n);
        if (got.n) {
            assert_true(span_is(got.at[0], ROWS[i].first));
            assert_true(span_is(got.at[got.n - 1], ROWS[i].last));
        }
    }
}

static void without_secrets_there_is_no_mac(void **state)
{
    static const struct srs_secrets NONE = {.n = 0};
    struct assay_answer a;
    assay_fact *fact;

    (void)state;
    assert_int_equal(srs_secrets_answer(engine, &NONE, SPAN("x"), &fact), ASSAY_DONE);
    assay_fact_read(fact, &a);
    assert_int_equal(a.how, ASSAY_REFUSED);
    assay_fact_free(fact);
}

static void the_reasoning_is_there(void **state)
{
    struct assay_srs asked = request("SRS0=n1ZX=7T=A.example=Alice@b.example", "b.example", true);
    struct srs_secrets secrets = test_secrets("secret");
    assay_eval *eval = test_rewrite(engine, &asked, &secrets);
    const struct assay_trace_line *lines;
    size_t n;

    (void)state;
    assert_int_equal(assay_trace(eval, &lines, &n), ASSAY_DONE);
    assert_int_equal(n, 3);
    assert_true(span_is(lines[0].what, "SRS reverse SRS0=n1ZX=7T=A.example=Alice@b.example"));
    assert_true(span_is(lines[1].gave, "1 days old"));
    assert_true(span_is(lines[2].gave, "refused"));
    assay_eval_free(eval);
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
        cmocka_unit_test(addresses_are_those_of_the_other_implementations),
        cmocka_unit_test(what_is_not_for_rewriting_goes_on_as_it_is),
        cmocka_unit_test(what_comes_back_is_checked),
        cmocka_unit_test(an_srs1_address_leads_to_the_first_hop_and_has_no_age),
        cmocka_unit_test(an_address_is_good_for_21_days_and_again_after_1024),
        cmocka_unit_test(days_end_at_midnight_utc_even_before_1970),
        cmocka_unit_test(postsrsd_2_writes_other_letters_and_they_are_the_same),
        cmocka_unit_test(quotes_go_around_the_whole_and_come_off_again),
        cmocka_unit_test(what_gets_too_long_is_refused_kept_or_made_as_one_says),
        cmocka_unit_test(a_holder_of_secrets_that_fails_decides_nothing),
        cmocka_unit_test(out_of_time_is_unknown_too),
        cmocka_unit_test(nothing_is_asked_of_what_is_decided_without),
        cmocka_unit_test(a_request_is_looked_at_before_it_is_taken),
        cmocka_unit_test(a_short_hash_is_good_where_it_is_allowed_and_a_long_one_always),
        cmocka_unit_test(a_file_of_secrets_has_one_in_each_line),
        cmocka_unit_test(without_secrets_there_is_no_mac),
        cmocka_unit_test(the_reasoning_is_there),
    };

    return cmocka_run_group_tests(tests, make_engine, drop_engine);
}
