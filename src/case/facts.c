/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/limits.h"
#include "case/model.h"
#include "fact/eval.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { BUCKETS = 256 };

/** One answer that was made. */
struct made {
    struct made *next;
    enum assay_kind kind;
    uint16_t rrtype;
    assay_fact *fact;
    size_t n; /* of the name */
    char name[];
};

struct case_facts {
    atomic_size_t n;
    _Atomic(struct made *) buckets[BUCKETS];
};

struct case_facts *case_facts_new(void)
{
    return calloc(1, sizeof(struct case_facts));
}

void case_facts_free(struct case_facts *facts)
{
    for (size_t i = 0; facts && i < BUCKETS; i++) {
        for (struct made *m = atomic_load(&facts->buckets[i]), *next; m; m = next) {
            next = m->next;
            assay_fact_free(m->fact);
            free(m);
        }
    }
    free(facts);
}

/** The bucket of a question. */
static _Atomic(struct made *) *bucket_of(struct case_facts *facts, const struct assay_question *q)
{
    return &facts->buckets[(span_hash(q->name) + q->rrtype + (unsigned)q->kind) % BUCKETS];
}

/** The answer in a list, or NULL. */
static assay_fact *find_made(const struct made *m, const struct assay_question *q)
{
    for (; m; m = m->next)
        if (m->kind == q->kind && m->rrtype == q->rrtype &&
            span_eq((assay_span){m->name, m->n}, q->name))
            return m->fact;
    return NULL;
}

/**
 * Remember an answer, if there is room and memory. Another thread may have done so: then there are
 * two, as good.
 */
static void remember(struct case_facts *facts, const struct assay_question *q, assay_fact *fact)
{
    _Atomic(struct made *) *bucket = bucket_of(facts, q);
    struct made *m;

    if (atomic_fetch_add(&facts->n, 1) >= LIMIT_CASE_FACTS ||
        !(m = malloc(sizeof *m + q->name.n))) {
        atomic_fetch_sub(&facts->n, 1);
        return;
    }
    m->kind = q->kind;
    m->rrtype = q->rrtype;
    m->fact = assay_fact_ref(fact);
    m->n = q->name.n;
    if (m->n)
        memcpy(m->name, q->name.p, m->n);
    m->next = atomic_load(bucket);
    while (!atomic_compare_exchange_weak(bucket, &m->next, m))
        ;
}

assay_status case_facts_ask(struct case_facts *facts, const struct case_worlds *w,
                            const struct assay_question *q, assay_fact **ret)
{
    assay_fact *known = q->data.n ? NULL : find_made(atomic_load(bucket_of(facts, q)), q);
    assay_status s;

    if (known) {
        *ret = assay_fact_ref(known);
        return ASSAY_DONE;
    }
    if ((s = case_world_ask(w, q, ret, NULL)) == ASSAY_DONE && !q->data.n)
        remember(facts, q, *ret);
    return s;
}

assay_status case_answer(void *arg, assay_eval *eval, const struct assay_question *question,
                         size_t n)
{
    const struct case_one *one = arg;
    struct case_worlds worlds = case_worlds_of(one);

    for (size_t i = 0; i < n; i++) {
        const struct assay_question *q = &question[i];
        assay_fact *fact;
        assay_status s = q->kind == ASSAY_MAC ? case_secret_answer(one, eval->engine, q, &fact)
                                              : case_facts_ask(one->facts, &worlds, q, &fact);

        if (s != ASSAY_DONE)
            return s;
        s = assay_answer_question(eval, q->id, fact);
        assay_fact_free(fact);
        if (s < 0)
            return s;
    }
    return ASSAY_DONE;
}
