/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/baseline.h"

#include "base/json_read.h"

#include <stdlib.h>

/** A finding, as it is compared. */
struct known {
    assay_span domain, id, subject, outcome;
};

struct baseline {
    struct arena arena;
    struct known *findings; /* sorted by domain, id, subject, outcome */
    size_t n, cap;
    assay_span *domains; /* sorted */
    size_t ndomains, domains_cap;
};

/** By domain, id, subject, outcome. */
static int compare(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    int d = span_compare(x->domain, y->domain);

    d = d ? d : span_compare(x->id, y->id);
    d = d ? d : span_compare(x->subject, y->subject);
    return d ? d : span_compare(x->outcome, y->outcome);
}

/** Two spans, for qsort() and bsearch(). */
static int compare_spans(const void *a, const void *b)
{
    return span_compare(*(const assay_span *)a, *(const assay_span *)b);
}

/** Room for one more. \return false when memory is out */
static bool grow(void **array, size_t n, size_t *cap, size_t size)
{
    size_t want = *cap ? *cap * 2 : 64;
    void *more;

    if (n < *cap)
        return true;
    if (!(more = realloc(*array, want * size)))
        return false;
    *array = more;
    *cap = want;
    return true;
}

/** The text of a member, in the arena; false: it is not there. */
static bool text_of(struct baseline *b, const struct json_value *object, const char *name,
                    assay_status *s, assay_span *ret)
{
    struct json_value v;
    struct buf out = buf_new(1 << 16);
    bool there =
        json_member(object, name, &v) && json_text_of(&v, &out) && out.status == ASSAY_DONE;

    if (out.status == ASSAY_ENOMEM)
        *s = ASSAY_ENOMEM;

    if (there && !arena_copy(&b->arena, buf_span(&out), ret)) {
        *s = ASSAY_ENOMEM;
        there = false;
    }
    buf_done(&out);
    return there;
}

/** Take one finding, if it is one that was seen: no pass, nothing unknown. */
static assay_status take_finding(struct baseline *b, assay_span domain, const struct json_value *v)
{
    struct known k = {.domain = domain};
    assay_status s = ASSAY_DONE;

    if (!text_of(b, v, "id", &s, &k.id) || !text_of(b, v, "subject", &s, &k.subject) ||
        !text_of(b, v, "outcome", &s, &k.outcome))
        return s == ASSAY_DONE ? ASSAY_EINVAL : s;
    if (span_is(k.outcome, "pass") || span_is(k.outcome, "unknown"))
        return ASSAY_DONE;
    if (b->n == BASELINE_FINDINGS_MAX)
        return ASSAY_EINVAL;
    if (!grow((void **)&b->findings, b->n, &b->cap, sizeof k))
        return ASSAY_ENOMEM;
    b->findings[b->n++] = k;
    return ASSAY_DONE;
}

/** Take one domain. */
static assay_status take_domain(struct baseline *b, const struct json_value *v)
{
    struct json_value findings, error, one;
    assay_span domain;
    assay_status s = ASSAY_DONE;
    size_t at = 0;

    if (v->type == JSON_OBJECT && json_member(v, "error", &error))
        return ASSAY_DONE; /* it could not be looked at then */
    if (v->type != JSON_OBJECT || !text_of(b, v, "domain", &s, &domain) ||
        !json_member(v, "findings", &findings) || findings.type != JSON_ARRAY)
        return s == ASSAY_DONE ? ASSAY_EINVAL : s;
    if (b->ndomains == BASELINE_FINDINGS_MAX)
        return ASSAY_EINVAL;
    if (!grow((void **)&b->domains, b->ndomains, &b->domains_cap, sizeof domain))
        return ASSAY_ENOMEM;
    b->domains[b->ndomains++] = domain;
    while (s == ASSAY_DONE && json_next(&findings, &at, &one))
        s = take_finding(b, domain, &one);
    return s;
}

/** Take a document: one domain, or {"domains": [...]}. */
static assay_status take_document(struct baseline *b, const struct json_value *v)
{
    struct json_value domains, one;
    assay_status s = ASSAY_DONE;
    size_t at = 0;

    if (!json_member(v, "domains", &domains))
        return take_domain(b, v);
    while (s == ASSAY_DONE && json_next(&domains, &at, &one))
        s = take_domain(b, &one);
    return s;
}

/** Take lines of JSON. */
static assay_status take_lines(struct baseline *b, assay_span text)
{
    struct json_value v;
    assay_span line;
    assay_status s = ASSAY_DONE;

    while (s == ASSAY_DONE && span_line(&text, &line)) {
        if (!span_trim(line).n)
            continue;
        if (!json_read(line, &v))
            return ASSAY_EINVAL;
        s = take_document(b, &v);
    }
    return s;
}

assay_status baseline_read(assay_span text, struct baseline **ret, const char **ret_why)
{
    struct baseline *b = calloc(1, sizeof *b);
    struct json_value v;
    assay_status s;

    if (!b)
        return ASSAY_ENOMEM;
    s = json_read(text, &v) ? take_document(b, &v) : take_lines(b, text);
    if (s == ASSAY_DONE && !b->ndomains)
        s = ASSAY_EINVAL;
    if (s != ASSAY_DONE) {
        *ret_why = "it is no output of assay check --json or --jsonl";
        baseline_free(b);
        return s;
    }
    if (b->n)
        qsort(b->findings, b->n, sizeof *b->findings, compare);
    qsort(b->domains, b->ndomains, sizeof *b->domains, compare_spans);
    *ret = b;
    return ASSAY_DONE;
}

void baseline_free(struct baseline *b)
{
    if (!b)
        return;
    free(b->findings);
    free(b->domains);
    arena_done(&b->arena);
    free(b);
}

/* ---- comparing ---- */

/** A finding as it is compared. */
static struct known known_of(const struct assay_posture *p, const struct assay_finding *f)
{
    return (struct known){p->domain, span_of(f->kind->id), f->subject,
                          span_of(assay_outcome_text(f->outcome))};
}

/** Where the findings of a domain begin. */
static size_t begin_of(const struct baseline *b, assay_span domain)
{
    size_t low = 0, high = b->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (span_compare(b->findings[middle].domain, domain) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** Note those of the baseline that are not found any more. */
static assay_status note_gone(const struct baseline *b, struct check_report *r,
                              const struct known *now, const struct known *unclear, size_t n,
                              size_t nunclear, struct arena *arena)
{
    size_t begin = begin_of(b, r->posture->domain), end = begin;
    struct check_gone *gone;

    while (end < b->n && span_eq(b->findings[end].domain, r->posture->domain))
        end++;
    if (!(gone = arena_zero(arena, (end - begin + 1) * sizeof *gone)))
        return ASSAY_ENOMEM;
    for (size_t i = begin; i < end; i++) {
        struct known k = b->findings[i];

        if (n && bsearch(&k, now, n, sizeof k, compare))
            continue;
        k.outcome = SPAN("unknown");
        gone[r->ngone++] =
            (struct check_gone){b->findings[i].id, b->findings[i].subject, b->findings[i].outcome,
                                nunclear && bsearch(&k, unclear, nunclear, sizeof k, compare)};
    }
    r->gone = gone;
    return ASSAY_DONE;
}

assay_status baseline_compare(const struct baseline *b, struct check_report *r, struct arena *arena)
{
    const struct assay_posture *p = r->posture;
    struct known *now = arena_zero(arena, (p->nfindings + 1) * sizeof *now),
                 *unclear = arena_zero(arena, (p->nfindings + 1) * sizeof *unclear);
    size_t n = 0, nunclear = 0;

    if (!now || !unclear)
        return ASSAY_ENOMEM;
    r->compared = true;
    r->is_new = !bsearch(&p->domain, b->domains, b->ndomains, sizeof p->domain, compare_spans);
    for (size_t i = 0; i < p->nfindings; i++) {
        const struct known k = known_of(p, &p->findings[i]);

        if (p->findings[i].outcome == ASSAY_UNKNOWN_OUTCOME)
            unclear[nunclear++] = k;
        if (p->findings[i].outcome < ASSAY_NOTICE)
            continue;
        now[n++] = k;
        if (b->n && bsearch(&k, b->findings, b->n, sizeof k, compare)) {
            r->sustained++;
        } else {
            r->marks[i] |= MARK_ADDED;
            r->added++;
        }
    }
    qsort(now, n, sizeof *now, compare);
    qsort(unclear, nunclear, sizeof *unclear, compare);
    return note_gone(b, r, now, unclear, n, nunclear, arena);
}
