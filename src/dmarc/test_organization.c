/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tree walks in small worlds: what is asked, in which order, where a walk stops, which record is
 * taken of an answer, and the organizational domain that comes of it.
 */
#include "base/test_memory.h"

#include "base/arena.c"
#include "dmarc/record.c"
#include "fact/fact.c"

#include "base/test_arena.h"
#include "dmarc/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- worlds ---- */

/**
 * One name, without `_dmarc`, and its TXT records, parted by `|`; `!TIMEOUT` and the like: no
 * answer.
 */
struct entry {
    const char *name, *texts;
};

enum { ENTRIES = 5 };

/** How a text of a world says that nothing came. */
static const char *const TROUBLES[] = {"!SERVFAIL", "!TIMEOUT", "!BOGUS", "!TOOBIG", "!REFUSED"};

/** The fact of a TXT answer. */
static assay_fact *fact_of(const char *texts)
{
    struct assay_answer a = {.size = sizeof a, .how = texts ? ASSAY_OK : ASSAY_NXDOMAIN};
    struct buf octets = buf_new(4000);
    assay_span data[8], rest = span_of(texts), text;
    assay_fact *fact = NULL;
    size_t ends[9] = {0};

    for (size_t i = 0; i < COUNT(TROUBLES); i++)
        if (texts && strcmp(texts, TROUBLES[i]) == 0)
            a.how = (enum assay_how)(ASSAY_SERVFAIL + i);
    while (a.how == ASSAY_OK && span_cut(&rest, '|', &text)) {
        buf_putc(&octets, (char)text.n);
        buf_put(&octets, text);
        ends[++a.n] = octets.n;
    }
    for (size_t i = 0; i < a.n; i++)
        data[i] = (assay_span){octets.p + ends[i], ends[i + 1] - ends[i]};
    a.data = data;
    assert_int_equal(assay_fact_new(ASSAY_DNS, ASSAY_RR_TXT, &a, &fact), ASSAY_DONE);
    buf_done(&octets);
    return fact;
}

/** A walk being made. */
struct walker {
    struct assay_eval ev; /* first, so that it can be found by it */
    const struct entry *world;
    assay_span start;
    struct dmarc_walk walk;
};

static assay_status take_step_of_walk(struct assay_eval *ev)
{
    struct walker *w = (struct walker *)ev;

    return dmarc_walk(ev, w->start, &w->walk);
}

static const struct eval_ops OPS = {.step = take_step_of_walk};

/** What a world has at `_dmarc.NAME`; NULL: nothing. */
static const char *texts_at(const struct entry *world, assay_span name)
{
    assert_true(span_starts(name, SPAN("_dmarc.")));
    for (size_t i = 0; i < ENTRIES && world[i].name; i++)
        if (span_is(span_from(name, 7), world[i].name))
            return world[i].texts;
    return NULL;
}

/** Answer what blocks, or hints too. \return how many questions were answered */
static size_t answer(struct walker *w, bool hints)
{
    struct assay_question q;
    size_t n = 0;

    while (assay_next_question(&w->ev, &q)) {
        assay_fact *fact;

        assert_int_equal(q.kind, ASSAY_DNS);
        assert_int_equal(q.rrtype, ASSAY_RR_TXT);
        if (q.hint && !hints)
            continue;
        fact = fact_of(texts_at(w->world, q.name));
        assert_true(assay_answer_question(&w->ev, q.id, fact) >= 0);
        assay_fact_free(fact);
        n++;
    }
    return n;
}

/** Walk to the end; the rounds it took. eval_done() the evaluation. */
static size_t walk_in(struct walker *w, const struct entry *world, const char *start, bool hints)
{
    size_t rounds = 0;
    assay_status s;

    memset(w, 0, sizeof *w);
    w->world = world;
    w->start = span_of(start);
    eval_init(&w->ev, &OPS, NULL, 0);
    while ((s = assay_step(&w->ev)) == ASSAY_NEED) {
        assert_true(answer(w, hints) > 0);
        rounds++;
    }
    assert_int_equal(s, ASSAY_DONE);
    return rounds;
}

/** Names that were asked, hints that were not needed left out, parted by blanks. */
static void write_asked(const struct assay_eval *ev, struct buf *out)
{
    struct assay_question q;
    assay_fact *fact;
    size_t cursor = 0;

    while (assay_evidence(ev, &cursor, &q, &fact))
        buf_printf(out, "%s%.*s", out->n ? " " : "", SPAN_ARG(span_from(q.name, 7)));
}

/* ---- the organizational domain ---- */

/** A start, a world, what is asked and the organizational domain. "" when it cannot be told. */
struct row {
    const char *start;
    struct entry world[ENTRIES];
    const char *asked, *org;
};

#define PLAIN "v=DMARC1; p=none"
#define PSD   "v=DMARC1; p=none; psd=y"
#define ORG   "v=DMARC1; p=none; psd=n"

/** Walk for each row, hints answered or not. */
static void walk_table(const struct row *rows, size_t n)
{
    size_t wrong = 0;

    for (size_t i = 0; i < n; i++)
        for (int hints = 0; hints < 2; hints++) {
            struct buf asked = buf_new(4000);
            struct walker w;
            assay_span org;

            walk_in(&w, rows[i].world, rows[i].start, hints);
            write_asked(&w.ev, &asked);
            org = dmarc_walk_org(&w.walk);
            if (!span_is(org, rows[i].org) || !span_is(buf_span(&asked), rows[i].asked)) {
                printf("%s\n  wanted %s, asked %s\n  got    %.*s, asked %.*s\n", rows[i].start,
                       rows[i].org, rows[i].asked, SPAN_ARG(org), SPAN_ARG(buf_span(&asked)));
                wrong++;
            }
            eval_done(&w.ev);
            buf_done(&asked);
        }
    assert_int_equal(wrong, 0);
}

#define WALK_TABLE(rows) walk_table(rows, COUNT(rows))

static void the_examples_of_rfc_9989_have_their_organizational_domains(void **state)
{
    static const struct row ROWS[] = {
        /* RFC 9989 4.10 */
        {"a.b.c.d.e.f.g.h.i.j.mail.example.com",
         {{NULL, NULL}},
         "a.b.c.d.e.f.g.h.i.j.mail.example.com g.h.i.j.mail.example.com h.i.j.mail.example.com "
         "i.j.mail.example.com j.mail.example.com mail.example.com example.com com",
         "a.b.c.d.e.f.g.h.i.j.mail.example.com"},
        /* RFC 9989 4.10.2 */
        {"a.mail.example.com",
         {{"mail.example.com", PLAIN}, {"example.com", PLAIN}},
         "a.mail.example.com mail.example.com example.com com",
         "example.com"},
        {"a.mail.example.com",
         {{"mail.example.com", ORG}, {"example.com", PLAIN}},
         "a.mail.example.com mail.example.com",
         "mail.example.com"},
        {"a.mail.example.com",
         {{"com", PSD}},
         "a.mail.example.com mail.example.com example.com com",
         "example.com"},
        {"mail.example.com",
         {{"example.com", PSD}},
         "mail.example.com example.com",
         "mail.example.com"},
        /* RFC 9989 B.4.1 */
        {"example.com",
         {{"example.com", PLAIN}, {"signing.example.com", PLAIN}},
         "example.com com",
         "example.com"},
        {"signing.example.com",
         {{"example.com", PLAIN}, {"signing.example.com", PLAIN}},
         "signing.example.com example.com com",
         "example.com"},
        /* RFC 9989 B.4.2 */
        {"a.b.c.d.e.f.g.h.i.j.k.example.com",
         {{"example.com", PLAIN}, {"signing.example.com", PLAIN}},
         "a.b.c.d.e.f.g.h.i.j.k.example.com g.h.i.j.k.example.com h.i.j.k.example.com i.j.k.example.com "
         "j.k.example.com k.example.com example.com com",
         "example.com"},
        /* RFC 9989 B.4.3 */
        {"giant.bank.example",
         {{"bank.example", PSD}, {"giant.bank.example", PLAIN}},
         "giant.bank.example bank.example",
         "giant.bank.example"},
        {"mail.giant.bank.example",
         {{"bank.example", PSD}, {"giant.bank.example", PLAIN}},
         "mail.giant.bank.example giant.bank.example bank.example",
         "giant.bank.example"},
        {"mail.mega.bank.example",
         {{"bank.example", PSD}, {"giant.bank.example", PLAIN}},
         "mail.mega.bank.example mega.bank.example bank.example",
         "mega.bank.example"},
    };

    (void)state;
    WALK_TABLE(ROWS);
}

static void the_rules_of_rfc_9989_decide_in_their_order(void **state)
{
    static const struct row ROWS[] = {
        /* nothing was found: the start itself */
        {"a.example", {{NULL, NULL}}, "a.example example", "a.example"},
        {"example", {{NULL, NULL}}, "example", "example"},
        /* psd=n where the walk starts, and above it */
        {"a.b.example", {{"a.b.example", ORG}}, "a.b.example", "a.b.example"},
        {"a.b.example",
         {{"a.b.example", PLAIN}, {"b.example", ORG}},
         "a.b.example b.example",
         "b.example"},
        {"a.b.example", {{"example", ORG}}, "a.b.example b.example example", "example"},
        /* psd=y where the walk starts is the organization's own; above it the one below */
        {"b.example", {{"b.example", PSD}}, "b.example", "b.example"},
        {"a.b.example",
         {{"a.b.example", PLAIN}, {"example", PSD}},
         "a.b.example b.example example",
         "b.example"},
        {"a.b.c.example",
         {{"b.c.example", PLAIN}, {"c.example", PSD}},
         "a.b.c.example b.c.example c.example",
         "b.c.example"},
        /* the fewest labels, whatever lies between */
        {"a.b.c.d.example",
         {{"a.b.c.d.example", PLAIN}, {"c.d.example", PLAIN}, {"example", PLAIN}},
         "a.b.c.d.example b.c.d.example c.d.example d.example example",
         "example"},
        {"a.b.c.d.example",
         {{"a.b.c.d.example", PLAIN}},
         "a.b.c.d.example b.c.d.example c.d.example d.example example",
         "a.b.c.d.example"},
        /* psd=u says nothing */
        {"a.b.example",
         {{"b.example", "v=DMARC1;p=none;psd=u"}},
         "a.b.example b.example example",
         "b.example"},
        /* one label below a PSD that is longer than the names that are left out */
        {"1.2.3.4.5.6.7.8.9.example",
         {{"8.9.example", PSD}},
         "1.2.3.4.5.6.7.8.9.example 4.5.6.7.8.9.example 5.6.7.8.9.example 6.7.8.9.example 7.8.9.example 8.9.example",
         "7.8.9.example"},
        {"1.2.3.4.5.6.7.8.9.example",
         {{"4.5.6.7.8.9.example", PSD}},
         "1.2.3.4.5.6.7.8.9.example 4.5.6.7.8.9.example",
         "3.4.5.6.7.8.9.example"},
    };

    (void)state;
    WALK_TABLE(ROWS);
}

static void records_that_are_discarded_are_as_if_they_were_not_there(void **state)
{
    static const struct row ROWS[] = {
        {"a.b.example",
         {{"b.example", PLAIN "|v=DMARC1; p=reject"}},
         "a.b.example b.example example",
         "a.b.example"},
        {"a.b.example",
         {{"b.example", ORG "|" PSD}},
         "a.b.example b.example example",
         "a.b.example"},
        {"a.b.example",
         {{"b.example", "v=spf1 -all|" ORG "|hello"}},
         "a.b.example b.example",
         "b.example"},
        {"a.b.example",
         {{"b.example", "v=spf1 -all"}},
         "a.b.example b.example example",
         "a.b.example"},
        {"a.b.example",
         {{"b.example", "v=DMARC2; p=none; psd=n"}},
         "a.b.example b.example example",
         "a.b.example"},
        {"a.b.example",
         {{"b.example", "v=DMARC1; psd=n; psd=n"}},
         "a.b.example b.example example",
         "a.b.example"},
        {"a.b.example",
         {{"b.example", "v=DMARC1; psd=n"}},
         "a.b.example b.example",
         "b.example"}, /* without p */
        {"a.b.example",
         {{"b.example", ORG "|" ORG}},
         "a.b.example b.example",
         "b.example"}, /* once is what it is */
    };

    (void)state;
    WALK_TABLE(ROWS);
}

static void a_question_without_answer_leaves_the_organization_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(TROUBLES); i++)
        for (size_t where = 0; where < 3; where++) {
            static const char *const NAMES[] = {"a.b.example", "b.example", "example"};
            const struct entry world[ENTRIES] = {{NAMES[where], TROUBLES[i]}};
            struct walker w;

            walk_in(&w, world, "a.b.example", false);
            assert_int_equal(w.walk.n, 3); /* it goes on all the same */
            for (size_t k = 0; k < 3; k++)
                assert_int_equal(w.walk.steps[k].unknown, k == where);
            assert_true(w.walk.unknown);
            assert_int_equal(dmarc_walk_org(&w.walk).n, 0);
            eval_done(&w.ev);
        }
}

static void a_walk_that_ends_below_never_asks_what_lies_above(void **state)
{
    static const struct row ROWS[] = {
        {"a.b.example",
         {{"b.example", ORG}, {"example", "!TIMEOUT"}},
         "a.b.example b.example",
         "b.example"},
        {"a.b.example",
         {{"a.b.example", ORG}, {"b.example", "!SERVFAIL"}},
         "a.b.example",
         "a.b.example"},
    };

    (void)state;
    WALK_TABLE(ROWS);
}

static void with_hints_answered_a_walk_takes_one_round_and_without_one_for_each_name(void **state)
{
    static const struct entry WORLD[ENTRIES] = {{"d.example", PLAIN}};
    struct walker w;

    (void)state;
    assert_int_equal(walk_in(&w, WORLD, "a.b.c.d.example", true), 1);
    eval_done(&w.ev);
    assert_int_equal(walk_in(&w, WORLD, "a.b.c.d.example", false), 5);
    eval_done(&w.ev);
}

static void a_name_with_no_room_for_its_label_is_asked_nothing(void **state)
{
    char name[300];
    struct entry world[ENTRIES] = {{"example", PLAIN}};
    struct walker w;
    size_t n = 0;

    (void)state;
    while (n < 240) /* four labels of 59 octets: 240 in all, and "example" makes 247 */
        n += (size_t)snprintf(name + n, sizeof name - n, "%.59s.",
                              "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    memcpy(name + n, "example", 8);
    walk_in(&w, world, name, false);
    assert_int_equal(w.walk.n, 5);
    assert_null(w.walk.steps[0].record);
    assert_false(w.walk.unknown);
    assert_true(span_is(dmarc_walk_org(&w.walk), "example"));
    assert_int_equal(w.ev.questions.n, 4);
    eval_done(&w.ev);
}

/* ---- memory ---- */

static void when_memory_is_short_a_step_can_be_repeated(void **state)
{
    static const struct entry WORLD[ENTRIES] = {{"b.example", PLAIN}, {"example", PSD}};
    size_t failures = 0, clean = 0;

    (void)state;
    for (size_t room = 0; clean < 20; room += 8) {
        struct walker w;
        bool failed = false;
        assay_status s;

        memset(&w, 0, sizeof w);
        w.world = WORLD;
        w.start = SPAN("a.b.example");
        eval_init(&w.ev, &OPS, NULL, 0);
        arena_leave(&w.ev.keep, room % 4000);
        do {
            memory_left = room / 64 % 8; /* of facts' memos, and blocks of the arenas */
            s = assay_step(&w.ev);
            memory_left = SIZE_MAX;
            if (s == ASSAY_ENOMEM) {
                failed = true;
                s = assay_step(&w.ev);
            }
            assert_true(s >= 0);
        } while (s == ASSAY_NEED && answer(&w, false) > 0);
        assert_int_equal(s, ASSAY_DONE);
        assert_true(span_is(dmarc_walk_org(&w.walk), "b.example"));
        eval_done(&w.ev);
        failures += failed;
        clean = failed ? 0 : clean + 1;
    }
    assert_in_range(failures, 10, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_9989_have_their_organizational_domains),
        cmocka_unit_test(the_rules_of_rfc_9989_decide_in_their_order),
        cmocka_unit_test(records_that_are_discarded_are_as_if_they_were_not_there),
        cmocka_unit_test(a_question_without_answer_leaves_the_organization_unknown),
        cmocka_unit_test(a_walk_that_ends_below_never_asks_what_lies_above),
        cmocka_unit_test(with_hints_answered_a_walk_takes_one_round_and_without_one_for_each_name),
        cmocka_unit_test(a_name_with_no_room_for_its_label_is_asked_nothing),
        cmocka_unit_test(when_memory_is_short_a_step_can_be_repeated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
