/* SPDX-License-Identifier: BSD-2-Clause */
/** \file plan_transport.c The ladders of the way in (RFC 8461, 8460, 7672) and of the logo (BIMI). */
#include "base/time.h"
#include "posture/plan.h"
#include "posture/score.h"

enum { MAX_AGE_TESTING = 86400, MAX_AGE_ENFORCE = 604800, MAX_AGE_LONG = 2592000 };

/* ---- records ---- */

/** An id that no policy before had: the time, without what separates its parts. */
static assay_span new_id(struct planner *pl)
{
    char text[TIME_TEXT], id[TIME_TEXT];
    assay_span time = time_text(pl->p->ev.now, text);
    size_t n = 0;

    for (size_t i = 0; i < time.n; i++)
        if (ascii_alnum(time.p[i]))
            id[n++] = time.p[i];
    return posture_printf(pl->p, "%.*s", (int)n, id);
}

/** A name below the domain. */
static assay_span below(struct planner *pl, const char *label)
{
    return posture_printf(pl->p, "%s.%.*s", label, SPAN_ARG(pl->p->domain));
}

/** The policy file with every MX host, and the record that announces it. */
static void publish_policy(struct planner *pl, struct assay_plan_step *s, const char *mode,
                           unsigned max_age)
{
    const struct posture *p = pl->p;
    const struct mtasts_record *r = p->mtasts.record;
    struct buf url = buf_new(512), text = buf_new(LIMIT_MTASTS_POLICY);
    assay_span old = p->mtasts.published == YES && r ? r->text : SPAN_EMPTY, body = SPAN_EMPTY;

    buf_printf(&text, "version: STSv1\nmode: %s\n", mode);
    for (size_t i = 0; i < p->mx.nhosts; i++) {
        if (p->mx.hosts[i]
                .bad_name) /* no pattern may be called so: the whole policy would be void */
            continue;
        buf_puts(&text, "mx: ");
        buf_put(&text, p->mx.hosts[i].name);
        buf_puts(&text, "\n");
    }
    buf_printf(&text, "max_age: %u\n", max_age);
    if (!mtasts_policy_url(p->domain, &url) || text.status != ASSAY_DONE ||
        !arena_copy(&pl->p->ev.keep, buf_span(&text), &body))
        pl->p->no_memory |=
            text.status == ASSAY_ENOMEM || url.status == ASSAY_ENOMEM || text.status == ASSAY_DONE;
    if (body.n) {
        assay_span before = p->mtasts.policy && p->mtasts.get.fact && p->mtasts.get.fact->n
                                ? p->mtasts.get.fact->data[0]
                                : SPAN_EMPTY;

        plan_publish(pl, s, "file", posture_printf(pl->p, "%.*s", SPAN_ARG(buf_span(&url))), before,
                     body);
        plan_publish(pl, s, "TXT", below(pl, "_mta-sts"), old,
                     posture_printf(pl->p, "v=STSv1; id=%.*s", SPAN_ARG(new_id(pl))));
    }
    buf_done(&url);
    buf_done(&text);
}

/* ---- what steps ask for ---- */

/** Without reports there is no step; say what is wanted. */
static bool want_tls(struct planner *pl, struct assay_plan_step *s, unsigned days)
{
    const struct evidence_tls *t = pl->e ? &pl->e->tls : NULL;

    plan_want(pl, s, t && t->given,
              "metrics of the TLS reports that come in: --evidence FILE (assay-plan(1))");
    if (!s || !t || !t->given)
        return false;
    plan_want(pl, s, t->days >= days, "TLS reports of %u days (so far %llu)", days,
              (unsigned long long)t->days);
    if (t->days < days && pl->e->end)
        s->earliest = pl->e->end + (int64_t)(days - t->days) * PLAN_DAY;
    return true;
}

/** No session fails on this side. */
static void want_clean(struct planner *pl, struct assay_plan_step *s, unsigned reporters)
{
    const struct evidence_tls *t = &pl->e->tls;

    plan_want(pl, s, t->reporters >= reporters, "TLS reports of %u senders (so far %llu)",
              reporters, (unsigned long long)t->reporters);
    plan_want(pl, s, t->failed == 0, "no session that fails on this side (%llu of %llu do)",
              (unsigned long long)t->failed, (unsigned long long)t->sessions);
}

/** A host would do for MTA-STS: TLS 1.2, a certificate of its name that is not over, from a web CA (8461 4.2). */
static enum truth would_do(const struct posture *p, const struct posture_host *host)
{
    const struct probe *seen = host->seen;

    if (!seen || seen->greeting != 220)
        return host->starttls == NO ? NO : UNKNOWN;
    if (!seen->ncerts)
        return NO;
    if (seen->trust == PROBE_TRUST_NOT_TOLD)
        return UNKNOWN;
    return truth_of(seen->best >= PROBE_TLS12 && seen->trust == PROBE_TRUST_YES &&
                    seen->certs[0].to >= p->ev.now && seen->certs[0].from <= p->ev.now &&
                    probe_name_matches(seen->certs[0].names, host->name));
}

/** Every MX host is as MTA-STS asks for. */
static void want_hosts(struct planner *pl, struct assay_plan_step *s)
{
    plan_want(pl, s, !pl->p->mx.more,
              "an MX RRset of no more than %d hosts, all of which are looked at", LIMIT_MX_HOSTS);
    for (size_t i = 0; i < pl->p->mx.nhosts; i++) {
        const struct posture_host *host = &pl->p->mx.hosts[i];
        enum truth ok = would_do(pl->p, host);

        plan_want(pl, s, ok != NO, "%.*s with TLS 1.2 and a certificate of its name from a web CA",
                  SPAN_ARG(host->name));
        plan_want(pl, s, ok != UNKNOWN, "a probe of %.*s", SPAN_ARG(host->name));
    }
}

/* ---- the steps ---- */

/** T1: reports. */
static void plan_tlsrpt(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_TLSRPT);

    if (!s)
        return;
    plan_take(pl, s, F_TLSRPT_MISSING);
    plan_take(pl, s, F_TLSRPT_SYNTAX);
    plan_take(pl, s, F_TLSRPT_MULTIPLE);
    plan_take(pl, s, F_TLSRPT_RUA_INVALID);
    for (size_t i = 0; i < s->nfixes; i++)
        if (s->fixes[i].after.n)
            return;
    plan_publish(pl, s, "TXT", below(pl, "_smtp._tls"), SPAN_EMPTY,
                 posture_printf(pl->p, "v=TLSRPTv1; rua=mailto:tls-reports@%.*s",
                                SPAN_ARG(pl->p->domain)));
}

/** T2: a policy in testing. */
static void plan_testing(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_STS_TEST);

    if (!want_tls(pl, s, 7))
        return;
    want_hosts(pl, s);
    if (s->step != ASSAY_STEP_NOT_YET)
        publish_policy(pl, s, "testing", MAX_AGE_TESTING);
}

/** T3: enforce. */
static void plan_enforce(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_STS_ENFORCE);

    if (!want_tls(pl, s, 14))
        return;
    want_clean(pl, s, 2);
    want_hosts(pl, s);
    plan_pause(pl, s);
    if (s->step != ASSAY_STEP_NOT_YET)
        publish_policy(pl, s, "enforce", MAX_AGE_ENFORCE);
}

/** T4: longer, or keep; back where sessions fail. */
static void plan_longer(struct planner *pl)
{
    const struct posture *p = pl->p;
    struct assay_plan_step *s = plan_step(pl, PLAN_STS_KEEP);
    bool reports = pl->e && pl->e->tls.given;

    if (!s)
        return;
    if (reports && pl->e->tls.failed > pl->e->tls.sessions / 200) {
        s->step = ASSAY_STEP_BACK;
        plan_say(pl, s, "%llu of %llu sessions fail on this side",
                 (unsigned long long)pl->e->tls.failed, (unsigned long long)pl->e->tls.sessions);
        publish_policy(pl, s, "testing", MAX_AGE_TESTING);
        return;
    }
    if (!p->mtasts.policy || p->mtasts.policy->max_age >= MAX_AGE_LONG) {
        s->step = ASSAY_STEP_KEEP;
        return;
    }
    if (!want_tls(pl, s, 30))
        return;
    want_clean(pl, s, 2);
    plan_pause(pl, s);
    if (s->step != ASSAY_STEP_NOT_YET)
        publish_policy(pl, s, "enforce", MAX_AGE_LONG);
}

/** T5: DANE, where the way to it is signed. */
static void plan_dane(struct planner *pl)
{
    struct posture *p = pl->p;
    struct assay_plan_step *s;

    if (asked_secure(&p->mx.mx) != YES || !has_hit(p, F_DANE_MISSING, SPAN_EMPTY))
        return;
    if (!(s = plan_step(pl, PLAN_DANE)) || !want_tls(pl, s, 30))
        return;
    want_clean(pl, s, 2);
    plan_pause(pl, s);
    if (s->step != ASSAY_STEP_NOT_YET)
        plan_take(pl, s, F_DANE_MISSING);
}

void plan_transport(struct planner *pl)
{
    struct posture *p = pl->p;
    struct assay_plan_step *s;

    if ((p->profile != ASSAY_PROFILE_MAIL && p->profile != ASSAY_PROFILE_RECEIVE) ||
        p->mx.receives == NO)
        return;
    if (p->mx.receives == UNKNOWN || p->tlsrpt.valid == UNKNOWN) {
        s = plan_step(pl, PLAN_UNKNOWN);
        plan_say(pl, s,
                 p->mx.receives == UNKNOWN ? "the MX records did not answer"
                                           : "the TLS-RPT record did not answer");
        return;
    }
    if (p->tlsrpt.valid == NO)
        plan_tlsrpt(pl);
    else if (sts_mode(p, MTASTS_ENFORCE) == YES)
        plan_longer(pl);
    else if (sts_mode(p, MTASTS_TESTING) == YES)
        plan_enforce(pl);
    else if (has_hit(p, F_MTASTS_MISSING, SPAN_EMPTY)) /* what is broken is repaired first: E */
        plan_testing(pl);
    plan_dane(pl);
}

/* ---- BIMI ---- */

/** B1: the logo. */
static void plan_logo(struct planner *pl)
{
    const struct evidence_mail *m = &pl->e->mail;
    struct assay_plan_step *s = plan_step(pl, PLAN_LOGO);

    if (!s)
        return;
    plan_want(pl, s, pl->p->result.phases[0].rung >= 4, "quarantine or reject for all mail");
    plan_gate(pl, s, m, 30, 990);
    plan_want(pl, s, pl->e->logo.n > 0,
              "where the logo is (brand.logo): assay bimi svg looks at it");
    if (s->step != ASSAY_STEP_NOT_YET)
        plan_publish(pl, s, "TXT", below(pl, "default._bimi"),
                     pl->p->bimi.record ? pl->p->bimi.record->text : SPAN_EMPTY,
                     posture_printf(pl->p, "v=BIMI1; l=%.*s", SPAN_ARG(pl->e->logo)));
}

/** B2: the certificate. */
static void plan_mark(struct planner *pl)
{
    struct assay_plan_step *s = plan_step(pl, PLAN_MARK);

    plan_want(pl, s, pl->e->trademark != UNKNOWN,
              "whether the logo is a registered trademark (brand.trademark)");
    if (!s || s->step == ASSAY_STEP_NOT_YET)
        return;
    plan_advise(
        pl, s,
        pl->e->trademark == YES
            ? "Have a mark certificate (VMC) made, and publish its URL as a= of the record."
            : "A certificate of use (CMC) needs a logo that was public for a year; then publish its URL as a= of the record.");
}

void plan_brand(struct planner *pl)
{
    const struct posture *p = pl->p;

    if ((p->profile != ASSAY_PROFILE_MAIL && p->profile != ASSAY_PROFILE_SEND) || !pl->e ||
        pl->e->brand < BRAND_LOGO)
        return;
    if (p->bimi.logo_ok != YES)
        plan_logo(pl);
    else if (pl->e->brand == BRAND_CERTIFIED && p->bimi.mark_ok != YES)
        plan_mark(pl);
}
