/* SPDX-License-Identifier: BSD-2-Clause */
/** \file check_report.c What every form of the report of `assay check` asks of it. */
#include "base/time.h"
#include "cli/check.h"

#include <stdlib.h>

enum { SECOND = 1000, CAUSES_MAX = 64, FIRST_MAX = 64 };

struct term check_plain(void)
{
    return (struct term){.utf8 = true, .width = TERM_MOST};
}

struct check_counts check_count(const struct assay_posture *p)
{
    struct check_counts c = {0};

    for (size_t i = 0; i < p->nfindings; i++) {
        c.of[p->findings[i].outcome]++;
        c.hits += p->findings[i].outcome >= ASSAY_NOTICE;
    }
    return c;
}

bool check_wanted(const struct check_report *r, size_t finding, bool verbose)
{
    const struct assay_finding *f = &r->posture->findings[finding];

    if (r->compared && !r->is_new)
        return r->marks[finding] & MARK_ADDED && f->outcome >= ASSAY_NOTICE;
    return verbose || f->outcome != ASSAY_PASS;
}

assay_span check_sentence(const struct assay_finding *f)
{
    return f->text.n ? f->text : span_of(f->kind->title);
}

assay_span check_advice(const struct assay_finding *f, const struct assay_fix *fix)
{
    return fix && fix->text.n ? fix->text : span_of(f->kind->fix);
}

const char *check_profile(enum assay_profile profile)
{
    switch (profile) {
    case ASSAY_PROFILE_SEND: return "sends mail, receives none";
    case ASSAY_PROFILE_RECEIVE: return "receives mail, sends none";
    case ASSAY_PROFILE_PARKED: return "parked: neither sends nor receives mail";
    default: return "sends and receives mail";
    }
}

const char *check_word(enum assay_outcome outcome)
{
    static const char *const WORDS[] = {"?", "good", "?", "note", "weak", "broken"};

    return WORDS[outcome <= ASSAY_ERROR ? outcome : 0];
}

const char *check_area_word(const struct assay_area *a)
{
    bool well = a->worst == ASSAY_UNKNOWN_OUTCOME && a->passes && a->finding &&
                !span_eq(a->text, a->finding->text);

    return well ? "good?" : check_word(a->worst);
}

void check_put_score(const struct assay_score *s, const char *dash, struct buf *out)
{
    if (!s->ngoals) {
        buf_puts(out, "no score");
        return;
    }
    if (s->grade)
        buf_printf(out, "%u %c%s (", s->score, s->grade, s->provisional ? "?" : "");
    else
        buf_puts(out, "no grade (");
    if (s->low != s->high)
        buf_printf(out, "%u%s%u, ", s->low, dash, s->high);
    buf_printf(out, "confidence %u %%)", s->confidence);
}

void check_put_when(const struct check_report *r, struct buf *out)
{
    char now[TIME_TEXT];
    unsigned questions = r->posture->questions;

    buf_put(out, time_text(r->posture->now, now));
    if (r->took >= 0)
        buf_printf(out, ", %lld.%lld s", (long long)(r->took / SECOND),
                   (long long)(r->took % SECOND / 100));
    buf_printf(out, ", %u %s", questions, questions == 1 ? "question" : "questions");
    if (r->replay)
        buf_puts(out, ", answered by a case");
}

/* ---- DMARC as each standard sees it ---- */

bool check_views_differ(const struct assay_posture *p)
{
    const struct assay_dmarc_view *a = &p->views[0], *b = &p->views[1];

    if (!a->standard || !b->standard || !a->known || !b->known)
        return false;
    return a->record_name.n != b->record_name.n || !span_eq(a->record_name, b->record_name) ||
           (a->record_name.n && !span_eq(a->policy, b->policy));
}

void check_put_views(const struct assay_posture *p, struct buf *out)
{
    for (size_t i = 0; i < 2; i++) {
        const struct assay_dmarc_view *v = &p->views[i];

        if (i)
            buf_puts(out, "; ");
        if (!v->known)
            buf_puts(out, "not known");
        else if (!v->record_name.n)
            buf_puts(out, "no policy");
        else
            buf_printf(out, "p=%.*s of %.*s", SPAN_ARG(v->policy), SPAN_ARG(v->record_name));
        buf_printf(out, " for receivers by RFC %s", v->standard);
    }
}

/* ---- what is not known ---- */

/** More findings stand behind the first cause. */
static int by_number(const void *a, const void *b)
{
    const struct check_cause *x = a, *y = b;

    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

size_t check_causes(const struct check_report *r, struct check_cause *ret, size_t most)
{
    const struct assay_posture *p = r->posture;
    struct check_cause all[CAUSES_MAX];
    size_t n = 0;

    for (size_t i = 0; i < p->nfindings; i++) {
        const struct assay_finding *f = &p->findings[i];
        size_t k = 0;

        if (f->outcome != ASSAY_UNKNOWN_OUTCOME)
            continue;
        while (k < n && !span_eq(all[k].text, f->text))
            k++;
        if (k == CAUSES_MAX)
            continue;
        if (k == n)
            all[n++] = (struct check_cause){f->text, 0, i};
        all[k].n++;
    }
    qsort(all, n, sizeof *all, by_number);
    n = n < most ? n : most;
    memcpy(ret, all, n * sizeof *all);
    return n;
}

/* ---- what to do first ---- */

/** What holds everything else down comes first, then the more severe, then this order of areas. */
static unsigned weight_of(const struct assay_finding *f)
{
    static const char *const LAST[] = {"BIMI",   "TLSRPT", "TLS",   "MX",     "DANE", "DKIM",
                                       "MTASTS", "SPF",    "DMARC", "PARKED", "DNS"};
    static const char *const FIRST[] = {"SPF-PASS-ALL", "DNS-BOGUS", "DNS-NO-DOMAIN"};
    unsigned weight = (unsigned)f->outcome * 100;

    for (unsigned i = 0; i < sizeof LAST / sizeof *LAST; i++)
        if (strcmp(f->kind->area, LAST[i]) == 0)
            weight += i;
    for (unsigned i = 0; i < sizeof FIRST / sizeof *FIRST; i++)
        if (strcmp(f->kind->id, FIRST[i]) == 0)
            weight += 1000 + i;
    if (strcmp(f->kind->area, "BIMI") == 0) /* a logo that is not shown harms nobody */
        weight -= 100;
    return weight;
}

/** Both ask for a change of one record or file. */
static bool share_a_record(const struct assay_finding *a, const struct assay_finding *b)
{
    for (size_t i = 0; i < a->nfixes; i++)
        for (size_t k = 0; k < b->nfixes; k++)
            if (a->fixes[i].type.n && span_eq(a->fixes[i].type, b->fixes[k].type) &&
                span_eq(a->fixes[i].name, b->fixes[k].name))
                return true;
    return false;
}

/** The finding asks for a change of a record that another one asks for already. */
static bool repeats(const struct assay_posture *p, const struct assay_finding *f,
                    const size_t *taken, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct assay_finding *t = &p->findings[taken[i]];

        if (t->kind == f->kind)
            return true; /* the same for another subject: one is an example of all */
        if (share_a_record(f, t))
            return true;
    }
    return false;
}

size_t check_first(const struct check_report *r, size_t *ret, size_t most)
{
    const struct assay_posture *p = r->posture;
    size_t n = 0;

    for (most = most < FIRST_MAX ? most : FIRST_MAX; n < most; n++) {
        unsigned best = 0;

        for (size_t i = 0; i < p->nfindings; i++) {
            const struct assay_finding *f = &p->findings[i];

            if (f->outcome < ASSAY_NOTICE || !check_wanted(r, i, false) ||
                r->marks[i] & MARK_ACCEPTED || !(f->nfixes || f->kind->fix[0]) ||
                weight_of(f) <= best || repeats(p, f, ret, n))
                continue;
            best = weight_of(f);
            ret[n] = i;
        }
        if (!best)
            break;
    }
    return n;
}
