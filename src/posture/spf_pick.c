/* SPDX-License-Identifier: BSD-2-Clause */
/** \file spf_pick.c Terms that a check is about: found, named, shown, taken out of their record. */
#include "posture/spf_judge.h"

/** Terms that a sentence names. */
enum { NAMED = 3 };

struct asked spf_node_asked(const struct spf_node *node)
{
    return (struct asked){ASSAY_DNS, ASSAY_RR_TXT, node->domain, node->fact};
}

struct asked spf_use_asked(const struct spf_use *use)
{
    bool sixth = use->fact6 && (!use->fact || (fact_state(use->fact) != FACT_UNKNOWN &&
                                               fact_state(use->fact6) == FACT_UNKNOWN));
    bool aaaa = sixth && use->term && use->term->mechanism == SPF_A;

    return (struct asked){ASSAY_DNS, aaaa ? ASSAY_RR_AAAA : use->rrtype,
                          sixth && use->varies ? use->target6 : use->target,
                          sixth ? use->fact6 : use->fact};
}

bool spf_is_own(const struct posture *p, const struct spf_node *node)
{
    return !node->again && !node->loop && posture_own(p, node->domain) == YES;
}

struct spf_picked spf_pick(struct posture *p, const struct spf_node *node, spf_pick_fn *fn)
{
    struct spf_picked ret = {node, NULL, 0};
    size_t n = 0;

    for (size_t i = 0; i < node->nuses; i++)
        n += fn(p, node, &node->uses[i]);
    if (!n || !(ret.uses = posture_get(p, n, sizeof(*ret.uses))))
        return ret;
    for (size_t i = 0; i < node->nuses && ret.n < n; i++)
        if (fn(p, node, &node->uses[i]))
            ret.uses[ret.n++] = &node->uses[i];
    return ret;
}

void spf_show(struct posture *p, struct finding *f, const struct spf_picked *picked)
{
    const struct asked at = spf_node_asked(picked->node);

    for (size_t i = 0; !p->brief && i < picked->n && f->nevidence < FINDING_EVIDENCE; i++)
        show(p, f, &at, picked->node->record->text, picked->uses[i]->text);
}

void spf_publish_without(struct posture *p, struct finding *f, const struct spf_picked *picked)
{
    struct spf_edit *edits;

    if (p->brief || !(edits = posture_get(p, picked->n, sizeof *edits)))
        return;
    for (size_t i = 0; i < picked->n; i++)
        edits[i] = (struct spf_edit){picked->uses[i]->text, SPAN_EMPTY};
    publish(p, f, "TXT", picked->node->domain, picked->node->record->text,
            spf_edited(p, picked->node->record->text, edits, picked->n));
}

assay_span spf_names(struct posture *p, const struct spf_picked *picked)
{
    assay_span text = SPAN_EMPTY;

    if (p->brief) /* nobody will read it */
        return text;
    for (size_t i = 0; i < picked->n && i < NAMED; i++)
        text = posture_printf(p, "%.*s%s%.*s", SPAN_ARG(text),
                              !i                                ? ""
                              : i + 1 == picked->n && i < NAMED ? " and "
                                                                : ", ",
                              SPAN_ARG(span_first(picked->uses[i]->text, 200)));
    if (picked->n > NAMED)
        text = posture_printf(p, "%.*s and %zu more", SPAN_ARG(text), picked->n - NAMED);
    return text;
}

struct asked spf_missing(const struct posture *p)
{
    const struct spf_walk *walk = &p->spf.walk;
    struct asked q;

    for (size_t i = 0; i < walk->nnodes; i++) {
        const struct spf_node *node = walk->nodes[i];

        if (node->fact && fact_state(node->fact) == FACT_UNKNOWN)
            return spf_node_asked(node);
        for (size_t k = 0; k < node->nuses; k++) {
            if (!node->uses[k].unknown || node->uses[k].child)
                continue;
            q = spf_use_asked(&node->uses[k]);
            if (q.fact && fact_state(q.fact) == FACT_UNKNOWN)
                return q;
        }
    }
    return spf_node_asked(walk->top);
}

void spf_judged(struct posture *p, enum finding_id id, enum truth holds)
{
    struct asked missing;
    bool over;

    if (holds != UNKNOWN) {
        judged(p, id, holds, p->domain, NULL);
        return;
    }
    missing = spf_missing(p);
    over = missing.fact && fact_state(missing.fact) != FACT_UNKNOWN;
    unknown(p, id, p->domain, &missing,
            over ? "there are more records, or addresses, than are looked at" : NULL);
}

assay_span spf_count(struct posture *p, uint64_t n)
{
    char text[64];
    size_t at = sizeof text, digits = 0;

    do {
        if (digits && digits % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + (int)(n % 10));
        digits++;
    } while (n /= 10);
    return posture_printf(p, "%.*s", (int)(sizeof text - at), text + at);
}
