/* SPDX-License-Identifier: BSD-2-Clause */
/* What a finding says to publish heals it and does no harm: over all domain cases, with the fix put into the case's world. */
#include "case/test_laws.h"
#include "fact/fact.h"

static assay_engine *engine;

/** A case, and changes to its world. */
struct healed {
    const struct case_one *one;
    const struct assay_fix *fixes;
    size_t nfixes;
};

/** Write a text as TXT data. */
static void put_txt(struct buf *out, assay_span text)
{
    do {
        assay_span piece = span_first(text, 255);

        buf_putc(out, (char)piece.n);
        buf_put(out, piece);
        text = span_from(text, piece.n);
    } while (text.n);
}

/** The fix changes this record. */
static bool takes_out(const struct assay_fix *fix, assay_span name, assay_span text)
{
    return span_is(fix->type, "TXT") && span_eq(fix->name, name) && fix->before.n &&
           span_eq(fix->before, text);
}

/** The TXT answer as it is when the fixes are published. */
static assay_fact *patched(const struct healed *h, const struct assay_question *q, assay_fact *fact)
{
    enum { MOST = 64 };
    struct buf rdata[MOST];
    assay_span data[MOST];
    struct assay_answer a = {.size = sizeof a};
    bool changed = false;
    size_t n = 0;
    assay_fact *ret;

    assay_fact_read(fact, &a);
    for (size_t i = 0; i < fact->n && n < MOST; i++) {
        bool out = false;

        for (size_t k = 0; k < h->nfixes; k++)
            out |= takes_out(&h->fixes[k], q->name, fact->records[i].text);
        changed |= out;
        if (!out) {
            rdata[n] = buf_new(LIMIT_FACT);
            buf_put(&rdata[n++], fact->data[i]);
        }
    }
    for (size_t k = 0; k < h->nfixes && n < MOST; k++)
        if (span_is(h->fixes[k].type, "TXT") && span_eq(h->fixes[k].name, q->name) &&
            h->fixes[k].after.n) {
            changed = true;
            rdata[n] = buf_new(LIMIT_FACT);
            put_txt(&rdata[n++], h->fixes[k].after);
        }
    for (size_t i = 0; i < n; i++)
        data[i] = buf_span(&rdata[i]);
    if (changed) {
        a.how = n ? ASSAY_OK : ASSAY_NODATA;
        a.data = data;
        a.n = n;
        assert_int_equal(assay_fact_new(q->kind, q->rrtype, &a, &ret), ASSAY_DONE);
        assay_fact_free(fact);
        fact = ret;
    }
    for (size_t i = 0; i < n; i++)
        buf_done(&rdata[i]);
    return fact;
}

/** Answer from the case, changed. */
static void answer(const struct healed *h, assay_eval *ev, const struct assay_question *q)
{
    struct case_worlds worlds = case_worlds_of(h->one);
    assay_fact *fact;

    assert_int_equal(case_world_ask(&worlds, q, &fact, NULL), ASSAY_DONE);
    if (q->kind == ASSAY_DNS && q->rrtype == ASSAY_RR_TXT)
        fact = patched(h, q, fact);
    assert_true(assay_answer_question(ev, q->id, fact) >= 0);
    assay_fact_free(fact);
}

/** Look at the domain. The profile is given where it is not to be inferred. */
static assay_eval *look(const struct healed *h, enum assay_profile profile)
{
    struct assay_domain asked = h->one->domain;
    struct assay_question q;
    assay_eval *ev = NULL;
    assay_status s;

    if (profile)
        asked.profile = profile;
    asked.evidence = h->one->evidence;
    assert_int_equal(assay_domain_new(engine, &asked, &ev), ASSAY_DONE);
    while ((s = assay_step(ev)) == ASSAY_NEED)
        while (assay_next_question(ev, &q))
            answer(h, ev, &q);
    assert_int_equal(s, ASSAY_DONE);
    return ev;
}

/** The same check hits for the same subject and reason. */
static const struct assay_finding *still(const struct assay_posture *p,
                                         const struct assay_finding *f)
{
    for (size_t i = 0; i < p->nfindings; i++)
        if (p->findings[i].kind == f->kind && p->findings[i].outcome >= ASSAY_NOTICE &&
            span_eq(p->findings[i].subject, f->subject) &&
            span_eq(p->findings[i].reason, f->reason))
            return &p->findings[i];
    return NULL;
}

/** How strict what receivers apply is: 0 nothing, 3 reject. */
static int strictness(const struct assay_posture *p)
{
    static const char *const POLICIES[] = {"none", "quarantine", "reject"};

    for (int i = 0; p->views[0].record_name.n && i < 3; i++)
        if (span_is(p->views[0].policy, POLICIES[i]))
            return i + 1;
    return 0;
}

/** Reports are asked for somewhere. */
static bool asks_for_reports(assay_span record)
{
    return span_contains(record, SPAN("rua=mailto:"));
}

/** The finding is about a trial: what the owner meant is a policy one step lower. */
static bool is_of_trial(const struct assay_finding *f)
{
    return strcmp(f->kind->id, "DMARC-T-PCT") == 0 ||
           (strcmp(f->kind->id, "DMARC-SYNTAX") == 0 &&
            span_contains(f->fixes[0].after, SPAN("t=y")));
}

/** An error that is none of the fix: reports whose way the cases have no answer for; a record that is only moved;
 *  what is wrong in an SPF record that nobody could read before. */
static bool is_old(const struct assay_finding *f, const struct assay_finding *error)
{
    static const char *const UNREAD[] = {"SPF-MULTIPLE", "SPF-SYNTAX", "SPF-NEAR-MISS",
                                         "SPF-MODIFIER-TYPO"};

    for (size_t i = 0; i < sizeof UNREAD / sizeof *UNREAD; i++)
        if (strcmp(f->kind->id, UNREAD[i]) == 0 && strcmp(error->kind->area, "SPF") == 0)
            return true;
    return strcmp(error->kind->id, "DMARC-RUA-NO-MX") == 0 ||
           strcmp(f->kind->id, "DNS-DOUBLED-NAME") == 0;
}

/** What is published does no harm: no error that was not there, no weaker policy, no reports given up. */
static void check_harmless(const struct case_one *one, const struct assay_posture *before,
                           const struct assay_posture *after, const struct assay_finding *f)
{
    for (size_t i = 0; i < after->nfindings; i++)
        if (after->findings[i].outcome == ASSAY_ERROR && !still(before, &after->findings[i]) &&
            !is_old(f, &after->findings[i]))
            fail_msg("%.*s: what %s says to publish brings %s: %.*s", SPAN_ARG(one->name),
                     f->kind->id, after->findings[i].kind->id, SPAN_ARG(after->findings[i].text));
    if (!is_of_trial(f) && strictness(after) < strictness(before))
        fail_msg("%.*s: what %s says to publish weakens the policy", SPAN_ARG(one->name),
                 f->kind->id);
    for (size_t i = 0; i < f->nfixes; i++)
        if (strcmp(f->kind->id, "DMARC-RUA-INVALID") != 0 && /* none came by that */
            !f->fixes[i].elsewhere && f->fixes[i].after.n && asks_for_reports(f->fixes[i].before) &&
            !asks_for_reports(f->fixes[i].after))
            fail_msg("%.*s: what %s says to publish gives up the reports", SPAN_ARG(one->name),
                     f->kind->id);
}

/** Findings whose fixes of the one record are made together: what one publishes heals the others. */
static bool is_joint(const struct assay_finding *f)
{
    static const char *const IDS[] = {"DMARC-SP-WEAK", "DMARC-NP-WEAK", "DMARC-NO-RUA",
                                      "DMARC-RUF"};

    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        if (f->outcome >= ASSAY_NOTICE && strcmp(f->kind->id, IDS[i]) == 0)
            return true;
    return false;
}

static size_t healed, joint;

/** What one of them publishes does not undo what another does. */
static void check_joint(const struct case_one *one, const struct assay_posture *before,
                        const struct assay_posture *after, const struct assay_finding *f)
{
    for (size_t i = 0; is_joint(f) && i < before->nfindings; i++) {
        const struct assay_finding *other = &before->findings[i];

        if (other->kind == f->kind || !is_joint(other))
            continue;
        joint++;
        if (still(after, other))
            fail_msg("%.*s: what %s says to publish leaves %s: %.*s", SPAN_ARG(one->name),
                     f->kind->id, other->kind->id, SPAN_ARG(f->fixes[0].after));
        if (f->nfixes == 1 && other->nfixes == 1 &&
            !span_eq(f->fixes[0].after, other->fixes[0].after))
            fail_msg("%.*s: %s and %s say two records: %.*s and %.*s", SPAN_ARG(one->name),
                     f->kind->id, other->kind->id, SPAN_ARG(f->fixes[0].after),
                     SPAN_ARG(other->fixes[0].after));
    }
}

/** Publish what one finding says, and look again. */
static void heal(const struct case_one *one, const struct assay_posture *p,
                 const struct assay_finding *f)
{
    struct healed h = {.one = one, .fixes = f->fixes, .nfixes = f->nfixes};
    const struct assay_finding *again;
    assay_eval *ev;

    ev = look(&h, p->profile);
    again = still(assay_domain_result(ev), f);
    if (again)
        fail_msg("%.*s: %s is there again when its record is published: %.*s -> %.*s: %.*s",
                 SPAN_ARG(one->name), f->kind->id, SPAN_ARG(f->fixes[0].before),
                 SPAN_ARG(f->fixes[0].after), SPAN_ARG(again->text));
    check_harmless(one, p, assay_domain_result(ev), f);
    check_joint(one, p, assay_domain_result(ev), f);
    healed++;
    assay_eval_free(ev);
}

/** All that the finding says to do is to publish TXT records. */
static bool is_txt(const struct assay_finding *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->nfixes; i++) {
        n += span_is(f->fixes[i].type, "TXT");
        if (f->fixes[i].type.n && !span_is(f->fixes[i].type, "TXT"))
            return false;
    }
    return n > 0;
}

/** The areas whose fixes are looked at. */
static bool is_ours(const struct assay_finding *f)
{
    return !strcmp(f->kind->area, "DMARC") || !strcmp(f->kind->area, "DKIM") ||
           !strcmp(f->kind->area, "DNS") || !strcmp(f->kind->area, "SPF") ||
           !strcmp(f->kind->area, "PARKED");
}

static void heal_all(const struct case_one *one, uint32_t *random)
{
    struct healed plain = {.one = one};
    assay_eval *ev = look(&plain, ASSAY_PROFILE_INFER);
    const struct assay_posture *p = assay_domain_result(ev);

    (void)random;
    for (size_t i = 0; i < p->nfindings; i++)
        if (p->findings[i].outcome >= ASSAY_NOTICE && is_ours(&p->findings[i]) &&
            is_txt(&p->findings[i]))
            heal(one, p, &p->findings[i]);
    assay_eval_free(ev);
}

static void what_a_finding_says_to_publish_heals_it(void **state)
{
    (void)state;
    law_each(CASE_DOMAIN, heal_all, 1);
    print_message("%zu findings healed, %zu others with them\n", healed, joint);
    assert_true(healed > 100 && joint > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_a_finding_says_to_publish_heals_it)};
    int failed;

    if (assay_engine_new(4, &engine) != ASSAY_DONE)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    assay_engine_free(engine);
    return failed;
}
