/* SPDX-License-Identifier: BSD-2-Clause */
#include "dmarc/walk.h"

enum { LABELS_KEPT = 7 };

size_t dmarc_walk_names(assay_span start, assay_span names[LIMIT_TREE_WALK])
{
    size_t labels = dns_labels(start), n = 0;
    assay_span name = start;

    while (labels > 0 && n < LIMIT_TREE_WALK) {
        names[n++] = name;
        if (labels > LABELS_KEPT + 1) { /* step 4: only where the walk starts can there be so many */
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

assay_status dmarc_suffix_org(struct assay_eval *ev, assay_span domain, assay_span *ret)
{
    const struct assay_fact *fact;
    assay_span suffix;
    assay_status s = ask(ev, ASSAY_SUFFIX, 0, domain, &fact);

    if (s != ASSAY_DONE)
        return s;
    *ret = SPAN_EMPTY;
    if (fact->how != ASSAY_OK || fact->n != 1) {
        trace(ev, "RFC 7489 3.2", SPAN("public suffix of %1\t%2"), domain, span_of(fact_how_text(fact->how)));
        return ASSAY_DONE;
    }
    suffix = fact->data[0];
    *ret = span_eq(domain, suffix) || !dns_is_under(domain, suffix) ? domain : one_below(domain, suffix);
    trace(ev, "RFC 7489 3.2", SPAN("public suffix of %1\t%2 %3\torganizational domain %4"), domain, suffix,
          fact->reason, *ret);
    return ASSAY_DONE;
}
