/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file test_scan.c What a scan finds is what a check finds: over random worlds, of the same domain, each way of looking.
 */
#include "dns/rdata.h"
#include "fact/eval.h"
#include "posture/posture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WORLDS = 3000, FACTS = 4096, DATA_MOST = 3 };

/** A world: answers by question, made when they are asked for, from the seed alone. */
struct world {
    uint32_t seed;
    struct {
        struct assay_question q;
        char name[1024];
        assay_fact *fact;
    } facts[FACTS];
    size_t n;
};

/** Records that a name may have, by type; each also not, or broken. */
static const char *const TXT[] = {
    "\"v=spf1 -all\"",
    "\"v=spf1 include:a.p.example include:b.p.example ~all\"",
    "\"v=spf1 include:c.p.example a mx ip4:192.0.2.0/24 -all\"",
    "\"v=spf1 redirect=d.p.example\"",
    "\"v=spf1 +all\"",
    "\"v=spf1 ip4:0.0.0.0/0 ?all\"",
    "\"v=spf1 exists:%{i}.e.p.example ptr -all\"",
    "\"v=spf1 include:a.p.example include:a.p.example foo:bar -all\"",
    "\"v=DMARC1; p=reject; rua=mailto:r@d.example\"",
    "\"v=DMARC1; p=none\"",
    "\"v=DMARC1; p=quarantine; sp=none; pct=30; rua=mailto:x@other.example, http://a\"",
    "\"v=DMARC1; p=reject; t=y; np=none; psd=n\"",
    "\"v=DMARC1; rua=mailto:x@d.example\"",
    "\"v=DMARC1 p=reject\"",
    "\"v=STSv1; id=20260101;\"",
    "\"v=STSv1; id=bad id\"",
    "\"v=TLSRPTv1; rua=mailto:t@d.example\"",
    "\"v=TLSRPTv1; rua=ftp://x\"",
    "\"v=BIMI1; l=https://d.example/l.svg; a=\"",
    "\"v=BIMI1; l=; a=;\"",
    "\"something else\"",
};
static const char *const MX[] = {"10 mx1.d.example.", "20 mx2.o.example.", "0 .", "10 192.0.2.1.",
                                 "5 mx.p.example."};
static const char *const POLICIES[] = {
    "version: STSv1\r\nmode: enforce\r\nmx: *.d.example\r\nmx: mx2.o.example\r\nmax_age: 604800\r\n",
    "version: STSv1\r\nmode: testing\r\nmx: *.example\r\nmax_age: 86400\r\n",
    "version: STSv1\nmode: none\nmax_age: 1\n", "version: STSv1\r\nmode: maybe\r\n", "hello"};
static const char *const A[] = {"192.0.2.1", "198.51.100.7", "203.0.113.9"};

/** A number for a question and a purpose. */
static uint32_t dice(const struct world *w, const struct assay_question *q, uint32_t purpose)
{
    uint32_t h = span_hash(q->name) * 2654435761u ^
                 (q->rrtype + (uint32_t)q->kind * 977u) * 40503u ^ w->seed * 668265263u ^
                 purpose * 374761393u;

    h = (h ^ h >> 15) * 2246822519u;
    h = (h ^ h >> 13) * 3266489917u;
    return h ^ h >> 16;
}

/** One record of a type, by the dice. */
static void put_record(const struct world *w, const struct assay_question *q, uint32_t i,
                       struct buf *out)
{
    uint32_t d = dice(w, q, 100 + i);
    const char *why, *text;
    size_t first = 0, n = sizeof TXT / sizeof *TXT;

    /* where it is looked for, mostly a record of its kind */
    if (d >> 8 & 3) {
        first = span_starts(q->name, SPAN("_dmarc"))          ? 8
                : span_starts(q->name, SPAN("_mta-sts"))      ? 14
                : span_starts(q->name, SPAN("_smtp._tls"))    ? 16
                : span_starts(q->name, SPAN("default._bimi")) ? 18
                                                              : 0;
        n = first == 8 ? 6 : first ? 2 : 8;
    }
    text = q->rrtype == ASSAY_RR_TXT  ? TXT[first + d % n]
           : q->rrtype == ASSAY_RR_MX ? MX[d % (sizeof MX / sizeof *MX)]
           : q->rrtype == ASSAY_RR_A  ? A[d % (sizeof A / sizeof *A)]
                                      : NULL;
    if (text)
        assert_true(dns_rdata_read(q->rrtype, span_of(text), out, &why));
}

/** Make what the web answers. */
static assay_fact *make_page(const struct world *w, const struct assay_question *q)
{
    const uint32_t d = dice(w, q, 1);
    assay_span body = span_of(POLICIES[(d >> 8) % (sizeof POLICIES / sizeof *POLICIES)]);
    struct assay_answer a = {.size = sizeof a,
                             .how = d % 5 ? ASSAY_OK : ASSAY_TIMEOUT,
                             .http = d % 5 == 1 ? 404 : 200,
                             .media_type = d & 1 << 20 ? SPAN("text/plain") : SPAN("text/html"),
                             .data = &body,
                             .n = d % 5 > 0};
    assay_fact *fact;

    assert_int_equal(assay_fact_new(q->kind, 0, &a, &fact), ASSAY_DONE);
    return fact;
}

/** Make the answer to a question. */
static assay_fact *make_fact(const struct world *w, const struct assay_question *q)
{
    struct assay_answer a = {
        .size = sizeof a, .how = ASSAY_NXDOMAIN, .secure = ASSAY_INSECURE, .ttl = 300};
    struct buf data[DATA_MOST];
    assay_span spans[DATA_MOST];
    struct assay_question name = {
        .name = q->name}; /* a name that is not there has nothing of any type */
    uint32_t d = dice(w, &name, 1) % 8 == 0 ? 10 : dice(w, q, 1) % 15;

    d += d >= 10 && dice(w, &name, 1) % 8; /* else it is there */
    assay_fact *fact;

    if (q->kind != ASSAY_DNS)
        a.how = q->kind == ASSAY_SUFFIX ? ASSAY_OK : ASSAY_REFUSED;
    else
        a.how = d < 10    ? ASSAY_OK
                : d == 10 ? ASSAY_NXDOMAIN
                : d < 14  ? ASSAY_NODATA
                : d < 15  ? ASSAY_SERVFAIL
                          : ASSAY_TIMEOUT;
    for (size_t i = 0; i < DATA_MOST; i++) {
        data[i] = buf_new(4096);
        if (q->kind == ASSAY_SUFFIX && i == 0)
            buf_puts(&data[i], "example");
        else if (q->kind == ASSAY_DNS && a.how == ASSAY_OK && (i == 0 || dice(w, q, 2) % 8 == i))
            put_record(w, q, (uint32_t)i, &data[i]);
        if (data[i].n)
            spans[a.n++] = buf_span(&data[i]);
    }
    a.data = spans;
    assert_int_equal(assay_fact_new(q->kind, q->rrtype, &a, &fact), ASSAY_DONE);
    for (size_t i = 0; i < DATA_MOST; i++)
        buf_done(&data[i]);
    return fact;
}

/** The answer to a question, not counted. */
static assay_fact *answer_of(struct world *w, const struct assay_question *q)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->facts[i].q.kind == q->kind && w->facts[i].q.rrtype == q->rrtype &&
            span_eq(w->facts[i].q.name, q->name))
            return w->facts[i].fact;
    assert_true(w->n < FACTS && q->name.n < sizeof w->facts->name);
    memcpy(w->facts[w->n].name, q->name.p, q->name.n);
    w->facts[w->n].q = *q;
    w->facts[w->n].q.name.p = w->facts[w->n].name;
    w->facts[w->n].fact = q->kind == ASSAY_GET ? make_page(w, q) : make_fact(w, q);
    return w->facts[w->n++].fact;
}

static assay_status answer(void *arg, assay_eval *eval, const struct assay_question *q, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assay_answer_question(eval, q[i].id, answer_of(arg, &q[i]));
    return ASSAY_DONE;
}

static assay_fact *at_hand(void *arg, const struct assay_question *q)
{
    struct world *w = arg;

    return dice(w, q, 3) % 4 ? assay_fact_ref(answer_of(w, q)) : NULL; /* some come later */
}

/** Look at the domain one way. \param far  the web and probes, too */
static assay_eval *look(struct world *w, assay_engine *engine, enum assay_depth depth, bool brief,
                        bool far)
{
    struct assay_domain d = {.size = sizeof d,
                             .now = 1764000000,
                             .domain = SPAN("d.example"),
                             .depth = depth,
                             .no_probe = !far,
                             .no_web = !far,
                             .brief = brief,
                             .web = far,
                             .probe = far};
    assay_eval *eval;

    assert_int_equal(assay_domain_new(engine, &d, &eval), ASSAY_DONE);
    if (brief)
        eval_at_hand(eval, at_hand, w);
    assert_int_equal(assay_run(eval, SPAN_EMPTY, answer, w), ASSAY_DONE);
    return eval;
}

/** The finding of a check about a subject, or NULL. */
static const struct assay_finding *find(const struct assay_posture *r,
                                        const struct assay_finding *like)
{
    for (size_t i = 0; i < r->nfindings; i++)
        if (r->findings[i].kind == like->kind && span_eq(r->findings[i].subject, like->subject) &&
            (like->outcome == ASSAY_PASS || span_eq(r->findings[i].reason, like->reason)))
            return &r->findings[i];
    return NULL;
}

static void tell(const struct world *w, const char *what, const struct assay_finding *f,
                 const struct assay_finding *other)
{
    print_error("world %u: %s: %s %.*s %.*s %s, not %s\n", w->seed, what, f->kind->id,
                SPAN_ARG(f->subject), SPAN_ARG(f->reason), assay_outcome_text(f->outcome),
                other ? assay_outcome_text(other->outcome) : "there");
}

/** Brief and at hand, or in full and asked for: the same but for passes. \return differences */
static unsigned compare_brief(const struct world *w, const struct assay_posture *brief,
                              const struct assay_posture *full)
{
    unsigned wrong = 0, n = 0;

    for (size_t i = 0; i < full->nfindings; i++) {
        const struct assay_finding *f = &full->findings[i];

        if (f->outcome == ASSAY_PASS)
            continue;
        if (n >= brief->nfindings || brief->findings[n].kind != f->kind ||
            brief->findings[n].outcome != f->outcome ||
            !span_eq(brief->findings[n].subject, f->subject) ||
            !span_eq(brief->findings[n].reason, f->reason)) {
            tell(w, "brief differs", f, n < brief->nfindings ? &brief->findings[n] : NULL);
            wrong++;
        }
        n++;
    }
    return wrong + (n != brief->nfindings) + (brief->score.score != full->score.score) +
           (brief->spf_lookups != full->spf_lookups) + (brief->profile != full->profile);
}

/**
 * What a scan finds, a check finds too, and no less; what it passes, no check finds. A severity that hangs on what a
 * scan does not ask may be the lesser one. \return differences
 */
static unsigned compare_check(const struct world *w, const struct assay_posture *scan,
                              const struct assay_posture *check)
{
    unsigned wrong = scan->profile != check->profile;

    for (size_t i = 0; i < scan->nfindings; i++) {
        const struct assay_finding *f = &scan->findings[i], *other = find(check, f);
        bool hit = other && other->outcome >= ASSAY_NOTICE;

        if (f->outcome == ASSAY_UNKNOWN_OUTCOME ||
            (f->outcome == ASSAY_PASS ? !hit : hit && other->outcome >= f->outcome))
            continue;
        tell(w, "check differs", f, other);
        wrong++;
    }
    return wrong;
}

/** Look at many worlds each way. */
static void a_scan_finds_what_a_check_finds(bool far)
{
    static struct world w;
    assay_engine *engine;
    unsigned wrong = 0, hits = 0;

    assert_int_equal(assay_engine_new(0, &engine), ASSAY_DONE);
    for (uint32_t seed = 1; seed <= WORLDS && wrong < 20; seed++) {
        assay_eval *brief, *full, *check;

        w.seed = seed;
        w.n = 0;
        brief = look(&w, engine, ASSAY_DEPTH_SCAN, true, far);
        full = look(&w, engine, ASSAY_DEPTH_SCAN, false, far);
        check = look(&w, engine, ASSAY_DEPTH_CHECK, false, far);
        wrong += compare_brief(&w, assay_domain_result(brief), assay_domain_result(full));
        wrong += compare_check(&w, assay_domain_result(full), assay_domain_result(check));
        hits += (unsigned)assay_domain_result(brief)->nfindings;
        assay_eval_free(brief);
        assay_eval_free(full);
        assay_eval_free(check);
        for (size_t i = 0; i < w.n; i++)
            assay_fact_free(w.facts[i].fact);
    }
    assay_engine_free(engine);
    assert_int_equal(wrong, 0);
    assert_true(hits > WORLDS * 4);
}

static void by_the_dns_alone(void **state)
{
    (void)state;
    a_scan_finds_what_a_check_finds(false);
}

static void with_the_web_and_probes(void **state)
{
    (void)state;
    a_scan_finds_what_a_check_finds(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_dns_alone),
        cmocka_unit_test(with_the_web_and_probes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
