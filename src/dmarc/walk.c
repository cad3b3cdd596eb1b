/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc/walk.h"

enum { LABELS_KEPT = 7 };

size_t dmarc_walk_names(assay_span start, assay_span names[LIMIT_TREE_WALK])
{
    size_t labels = dns_labels(start), n = 0;
    assay_span name = start;

    while (labels > 0 && n < LIMIT_TREE_WALK) {
        names[n++] = name;
        if (labels >
            LABELS_KEPT + 1) { /* step 4: only where the walk starts can there be so many */
            name = dns_last_labels(name, LABELS_KEPT);
            labels = LABELS_KEPT;
        } else {
            name = dns_parent(name);
            labels--;
        }
    }
    return n;
}

/** Hint the questions for names of a walk. */
static void hint_names(struct assay_eval *ev, const assay_span *names, size_t n)
{
    struct dns_name name;

    for (size_t i = 0; i < n; i++)
        if (dns_prepend("_dmarc", names[i], &name))
            hint_dns(ev, ASSAY_RR_TXT, dns_name_span(&name));
}

void dmarc_walk_hint(struct assay_eval *ev, assay_span start)
{
    assay_span names[LIMIT_TREE_WALK];

    hint_names(ev, names, dmarc_walk_names(start, names));
}

/** What an answer means for the walk, in a word or two. */
static assay_span meaning(const struct dmarc_step *step)
{
    if (step->unknown)
        return SPAN("not known");
    if (!step->record)
        return SPAN("no record");
    switch (step->record->found) {
    case DMARC_RECORD_ONE: return step->record->text;
    case DMARC_RECORD_SEVERAL: return SPAN("more than one record: all are discarded");
    case DMARC_RECORD_VOID: return SPAN("a tag stands twice: the record is discarded");
    default: return SPAN("no record");
    }
}

/** Ask for the record of one name. */
static assay_status take_step(struct assay_eval *ev, assay_span domain, struct dmarc_step *step)
{
    const struct assay_fact *fact;
    struct dns_name name;
    assay_span kept;
    assay_status s;

    *step = (struct dmarc_step){.domain = domain};
    if (!dns_prepend("_dmarc", domain, &name))
        return ASSAY_DONE; /* too long to have one */
    if ((s = ask_dns(ev, ASSAY_RR_TXT, dns_name_span(&name), &fact)) != ASSAY_DONE)
        return s;
    step->unknown = fact_state(fact) == FACT_UNKNOWN;
    if (fact_state(fact) == FACT_DATA && (s = dmarc_record_of(fact, &step->record)) != ASSAY_DONE)
        return s;
    if (!arena_copy(&ev->pass, dns_name_span(&name), &kept))
        return ASSAY_ENOMEM;
    trace_asked(ev, "RFC 9989 4.10", ASSAY_RR_TXT, kept, fact, meaning(step));
    if (step->record && step->record->found != DMARC_RECORD_ONE)
        step->record = NULL;
    return ASSAY_DONE;
}

assay_status dmarc_walk(struct assay_eval *ev, assay_span start, struct dmarc_walk *ret)
{
    assay_span names[LIMIT_TREE_WALK];
    size_t n = dmarc_walk_names(start, names);
    assay_status s;

    ret->n = 0;
    ret->unknown = false;
    for (size_t i = 0; i < n; i++) {
        struct dmarc_step *step = &ret->steps[ret->n];

        if ((s = take_step(ev, names[i], step)) != ASSAY_DONE) {
            hint_names(ev, names + i + 1, n - i - 1);
            return s;
        }
        ret->n++;
        ret->unknown |= step->unknown;
        if (step->record && step->record->psd != DMARC_PSD_U)
            break;
    }
    return ASSAY_DONE;
}

/** The name on the way from `start` that is one label below `domain`. */
static assay_span one_below(assay_span start, assay_span domain)
{
    return dns_last_labels(start, dns_labels(domain) + 1);
}

assay_span dmarc_walk_org(const struct dmarc_walk *walk)
{
    assay_span start = walk->n ? walk->steps[0].domain : SPAN_EMPTY, fewest = start;

    if (walk->unknown)
        return SPAN_EMPTY;
    for (size_t i = 0; i < walk->n; i++) { /* longest to shortest */
        const struct dmarc_step *step = &walk->steps[i];

        if (!step->record)
            continue;
        if (step->record->psd == DMARC_PSD_N)
            return step->domain;
        if (step->record->psd == DMARC_PSD_Y && i > 0)
            return one_below(start, step->domain);
        fewest = step->domain;
    }
    return fewest;
}

/* ---- one organization? ---- */

/** Two walks, from the first name that both ask; above it they ask the same. */
struct pair {
    const struct dmarc_walk *a, *b;
    size_t i, j;  /* the place of that name in each */
    bool yes, no; /* what the answers that are missing may still make of it */
    bool with;    /* below the name at hand there may be a record that both see */
    bool without; /* there may be none */
};

/** Find the first name that both walks ask. \return false when there is none */
static bool find_common(struct pair *p)
{
    for (p->i = 0; p->i < p->a->n; p->i++)
        for (p->j = 0; p->j < p->b->n; p->j++)
            if (span_eq(p->a->steps[p->i].domain, p->b->steps[p->j].domain))
                return true;
    return false;
}

/**
 * A question of a walk was not answered before its step `end`: a record there could end the walk.
 */
static bool unknown_before(const struct dmarc_walk *walk, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if (walk->steps[i].unknown)
            return true;
    return false;
}

/** The name at step `up` of the common part is a PSD: the organizations are one label below it. */
static void take_psd(struct pair *p, size_t up)
{
    assay_span psd = p->a->steps[p->i + up].domain;

    if (span_eq(one_below(p->a->steps[0].domain, psd), one_below(p->b->steps[0].domain, psd)))
        p->yes = true;
    else
        p->no = true;
}

/** Take one name that both walks ask. \return false: nothing above it matters */
static bool take_common(struct pair *p, size_t up)
{
    const struct dmarc_step *step = &p->a->steps[p->i + up];

    if (step->unknown) { /* what it may hold: nothing, psd=y, or a record that both see, be it psd=n */
        take_psd(p, up);
        p->with = true;
        return true;
    }
    if (!step->record)
        return true;
    p->with = true;
    p->without = false;
    if (step->record->psd == DMARC_PSD_Y)
        take_psd(p, up);
    else if (step->record->psd == DMARC_PSD_N)
        p->yes = true;
    return step->record->psd == DMARC_PSD_U;
}

enum dmarc_truth dmarc_same_org(const struct dmarc_walk *a, const struct dmarc_walk *b)
{
    struct pair p = {.a = a, .b = b, .without = true};
    size_t up = 0;

    if (!a->unknown && !b->unknown)
        return span_eq(dmarc_walk_org(a), dmarc_walk_org(b)) ? DMARC_YES : DMARC_NO;
    if (!find_common(&p))
        return DMARC_NO;
    while (p.i + up < a->n && p.j + up < b->n && take_common(&p, up))
        up++;
    if (p.i + up == a->n || p.j + up == b->n) { /* no PSD: the topmost record decides */
        p.yes |= p.with;
        p.no |= p.without;
    }
    p.no |= unknown_before(a, p.i) || unknown_before(b, p.j);
    return !p.yes ? DMARC_NO : p.no ? DMARC_UNKNOWN : DMARC_YES;
}

assay_status dmarc_suffix_org(struct assay_eval *ev, assay_span domain, assay_span *ret)
{
    const struct assay_fact *fact;
    assay_span suffix;
    assay_status s = ask(ev, ASSAY_SUFFIX, 0, domain, &fact);

    if (s != ASSAY_DONE)
        return s;
    *ret = SPAN_EMPTY;
    if (fact->how != ASSAY_OK || fact->n != 1) {
        trace(ev, "RFC 7489 3.2", SPAN("public suffix of %1\t%2"), domain,
              span_of(fact_how_text(fact->how)));
        return ASSAY_DONE;
    }
    suffix = fact->data[0];
    *ret = span_eq(domain, suffix) || !dns_is_under(domain, suffix) ? domain
                                                                    : one_below(domain, suffix);
    trace(ev, "RFC 7489 3.2",
          fact->reason.n ? SPAN("public suffix of %1\t%2 (%3)\torganizational domain %4")
                         : SPAN("public suffix of %1\t%2\torganizational domain %4"),
          domain, suffix, fact->reason, *ret);
    return ASSAY_DONE;
}
