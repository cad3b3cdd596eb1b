/* SPDX-License-Identifier: BSD-2-Clause */
#include "posture/emit.h"

#include "dns/alabel.h"
#include "posture/evidence.h"

#include <stdlib.h>

/* ---- gathering ---- */

/** The topics. */
static const struct {
    enum topic topic;
    branch_fn *gather;
} TOPIC_TABLE[] = {
    {TOPIC_APEX, gather_apex},     {TOPIC_DMARC, gather_dmarc}, {TOPIC_MX, gather_mx},
    {TOPIC_SPF, gather_spf},       {TOPIC_DKIM, gather_dkim},   {TOPIC_MTASTS, gather_mtasts},
    {TOPIC_TLSRPT, gather_tlsrpt}, {TOPIC_BIMI, gather_bimi},
};

/** Run every topic; one round collects the questions of all. */
static assay_status gather(struct posture *p)
{
    assay_status all = ASSAY_DONE;

    for (size_t i = 0; i < TOPICS; i++) {
        struct branch *b = &p->branches[TOPIC_TABLE[i].topic];

        b->always = true; /* topics look at each other's results */
        all = join(all, branch_run(&p->ev, b, TOPIC_TABLE[i].gather, p));
    }
    return all;
}

/* ---- judging ---- */

/** The areas, in an order in which each has the conclusions it needs. */
static void (*const JUDGES[])(struct posture *) = {
    judge_spf, judge_dmarc,  judge_dkim, judge_mx,  judge_dane,   judge_mtasts,
    judge_tls, judge_tlsrpt, judge_bimi, judge_dns, judge_parked,
};

/** What is judged of a domain that does not exist: that, and the DMARC policy that is in force for it. */
static void (*const GONE_JUDGES[])(struct posture *) = {judge_dmarc, judge_dns};

/** Run the areas. */
static void run_judges(struct posture *p)
{
    bool gone = posture_gone(p) == YES;
    size_t n = gone ? sizeof GONE_JUDGES / sizeof *GONE_JUDGES : sizeof JUDGES / sizeof *JUDGES;

    for (size_t i = 0; i < n; i++)
        (gone ? GONE_JUDGES : JUDGES)[i](p);
}

/** A finding as callers see it. */
static void expose(const struct finding *f, struct assay_finding *ret)
{
    *ret = (struct assay_finding){.kind = assay_check_kind_at(f->id),
                                  .outcome = f->outcome,
                                  .subject = f->subject,
                                  .reason = f->reason,
                                  .text = f->text,
                                  .evidence = f->evidence,
                                  .nevidence = f->nevidence,
                                  .fixes = f->fixes,
                                  .nfixes = f->nfixes};
}

/** The findings in the order of the catalogue, those of one check in the order they were emitted. */
static void sort_findings(struct posture *p)
{
    struct assay_finding *all = posture_get(p, p->nfindings, sizeof *all);
    size_t starts[FINDING_IDS + 1] = {0};

    if (!all)
        return;
    for (const struct finding *f = p->first; f; f = f->next)
        starts[f->id + 1]++;
    for (size_t i = 1; i <= FINDING_IDS; i++)
        starts[i] += starts[i - 1];
    for (const struct finding *f = p->first; f; f = f->next)
        expose(f, &all[starts[f->id]++]);
    p->result.findings = all;
    p->result.nfindings = p->nfindings;
}

/** A finding counts for the line of an area; what a parked domain should have is told in the area that lacks it, too. */
static bool is_of_area(const struct assay_finding *f, const char *area)
{
    static const assay_span PARKED = {"PARKED-", 7};
    const assay_span id = span_of(f->kind->id);

    if (span_is(span_of(f->kind->area), area))
        return true;
    return f->outcome >= ASSAY_NOTICE && span_starts(id, PARKED) &&
           span_is(span_from(id, PARKED.n), area);
}

/** The line of each area. */
static void sum_areas(struct posture *p)
{
    static const char *const IDS[] = {
#define AREA_TEXT(id, text, name) text,
        POSTURE_AREAS(AREA_TEXT)
#undef AREA_TEXT
    };
    static const char *const NAMES[] = {
#define AREA_TEXT(id, text, name) name,
        POSTURE_AREAS(AREA_TEXT)
#undef AREA_TEXT
    };
    struct assay_area *areas = posture_get(p, AREAS, sizeof *areas);
    size_t n = 0;

    for (size_t i = 0; areas && i < AREAS; i++) {
        struct assay_area a = {
            .area = IDS[i], .name = NAMES[i], .worst = ASSAY_PASS, .text = p->summary[i]};
        bool any = false;

        for (size_t k = 0; k < p->result.nfindings; k++) {
            const struct assay_finding *f = &p->result.findings[k];

            if (!is_of_area(f, IDS[i]))
                continue;
            any = true;
            a.passes += f->outcome == ASSAY_PASS;
            if (f->outcome <= a.worst)
                continue;
            a.worst = f->outcome;
            a.finding = f;
        }
        if (a.finding && (a.worst >= ASSAY_WARNING || !a.text.n))
            a.text = a.finding->text.n ? a.finding->text : span_of(a.finding->kind->title);
        if (any && a.text.n) /* of a domain that does not exist, an area may have nothing to tell */
            areas[n++] = a;
    }
    p->result.areas = areas;
    p->result.nareas = n;
}

/** One view of DMARC. */
static struct assay_dmarc_view view_of(const char *standard, const struct dmarc_discovery *d)
{
    struct assay_dmarc_view v = {.standard = standard,
                                 .known = !d->unknown,
                                 .record_name = SPAN_EMPTY,
                                 .policy = SPAN("none"),
                                 .org = d->org.p ? d->org : SPAN_EMPTY};

    if (!d->record)
        return v;
    v.record_name = d->policy_domain;
    v.policy = span_of(dmarc_policy_text(d->assumed_none ? DMARC_POLICY_NONE
                                         : d->record->testing && span_is(span_of(standard), "9989")
                                             ? dmarc_policy_lower(d->asked)
                                             : d->asked));
    return v;
}

/** Judge, when all is gathered. */
static assay_status judge(struct posture *p)
{
    p->first = p->last = NULL;
    p->nfindings = 0;
    p->no_memory = false;
    p->result = (struct assay_posture){.domain = p->domain, .now = p->ev.now};
    for (size_t i = 0; i < AREAS; i++)
        p->summary[i] = SPAN_EMPTY;
    posture_infer(p);
    run_judges(p);
    p->result.profile = p->profile;
    p->result.inferred = p->wanted == ASSAY_PROFILE_INFER;
    p->result.profile_why = p->profile_why;
    p->result.views[0] = view_of("9989", &p->dmarc.now);
    p->result.views[1] = view_of("7489", &p->dmarc.old);
    p->result.spf_lookups = p->spf.walk.lookups;
    for (size_t i = 0; i < p->ev.questions.n; i++)
        p->result.questions += p->ev.questions.all[i]->blocking;
    sort_findings(p);
    if (!p->brief)
        sum_areas(p);
    posture_score(p);
    posture_phases(p);
    posture_transport(p);
    return p->no_memory ? ASSAY_ENOMEM : ASSAY_DONE;
}

/** The step of this flow. */
static assay_status step(struct assay_eval *ev)
{
    struct posture *p = (struct posture *)ev;
    assay_status s = gather(p);

    return s == ASSAY_DONE ? judge(p) : s;
}

/* ---- the evaluation ---- */

static void posture_free(struct assay_eval *ev)
{
    eval_done(ev);
    free(ev);
}

static const struct eval_ops POSTURE_OPS = {.step = step, .free = posture_free};

struct posture *posture_of(assay_eval *ev)
{
    return ev->ops == &POSTURE_OPS ? (struct posture *)ev : NULL;
}

const struct assay_posture *assay_domain_result(const assay_eval *ev)
{
    return ev->ops == &POSTURE_OPS && ev->done ? &((const struct posture *)ev)->result : NULL;
}

/** Copy names into keep, as canonical A-labels. */
static assay_status copy_names(struct posture *p, const assay_span *from, size_t n,
                               const assay_span **ret)
{
    assay_span *names = arena_zero(&p->ev.keep, (n + 1) * sizeof *names);

    if (!names)
        return ASSAY_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct dns_name name;
        assay_status s = dns_to_alabels(from[i], &name);

        if (s != ASSAY_DONE)
            return s;
        if (span_find(dns_name_span(&name), '\\') < name.n)
            return ASSAY_EINVAL; /* octets that stand in no name of a mail domain */
        if (!arena_copy(&p->ev.keep, dns_name_span(&name), &names[i]))
            return ASSAY_ENOMEM;
    }
    *ret = names;
    return ASSAY_DONE;
}

/** Read what reports tell. */
static assay_status take_evidence(struct posture *p, assay_span text)
{
    const char *why;
    struct evidence *e;
    assay_status s;

    if (!text.n)
        return ASSAY_DONE;
    if (!(e = arena_zero(&p->ev.keep, sizeof *e)))
        return ASSAY_ENOMEM;
    s = evidence_read(&p->ev.keep, text, p->domain, e, &why);
    if (s == ASSAY_DONE)
        p->evidence = e;
    return s;
}

/** Take what is asked. */
static assay_status take(struct posture *p, const struct assay_domain *d)
{
    const assay_span *domain = NULL;
    assay_status s;

    if (!d->domain.n || d->nselectors > LIMIT_SELECTORS || d->nsubdomains > LIMIT_SUBDOMAINS)
        return ASSAY_EINVAL;
    if ((s = copy_names(p, &d->domain, 1, &domain)) != ASSAY_DONE ||
        (s = copy_names(p, d->selectors, d->nselectors, &p->selectors)) != ASSAY_DONE ||
        (s = copy_names(p, d->subdomains, d->nsubdomains, &p->subdomains)) != ASSAY_DONE)
        return s;
    p->domain = domain[0];
    p->nselectors = d->nselectors;
    p->nsubdomains = d->nsubdomains;
    p->wanted = d->profile;
    p->profile = ASSAY_PROFILE_MAIL;
    p->depth = d->depth;
    p->no_probe = d->no_probe || (d->depth != ASSAY_DEPTH_CHECK && !d->probe);
    p->no_web = d->no_web || (d->depth != ASSAY_DEPTH_CHECK && !d->web);
    p->each_server = d->each_server;
    p->signs_nothing = d->signs_nothing;
    p->brief = d->brief;
    return p->domain.n ? take_evidence(p, d->evidence) : ASSAY_EINVAL;
}

assay_status assay_domain_new(assay_engine *engine, const struct assay_domain *domain,
                              assay_eval **ret)
{
    struct assay_domain d = {0};
    struct posture *p;
    assay_status s;

    if (domain->size < sizeof(size_t) || domain->size > sizeof d)
        return ASSAY_EINVAL;
    memcpy(&d, domain, domain->size);
    if (!(p = calloc(1, sizeof *p)))
        return ASSAY_ENOMEM;
    eval_init(&p->ev, &POSTURE_OPS, engine, d.now);
    p->ev.most_questions = p->ev.most_asks = LIMIT_DOMAIN_QUESTIONS;
    p->ev.most_bytes = LIMIT_DOMAIN_BYTES;
    if ((s = take(p, &d)) != ASSAY_DONE) {
        posture_free(&p->ev);
        return s;
    }
    *ret = &p->ev;
    return ASSAY_DONE;
}
