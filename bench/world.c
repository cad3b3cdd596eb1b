/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include "dns/rdata.h"

#include <stdlib.h>

/** One RRset being gathered, then its fact. */
struct bench_entry {
    char *name;
    uint16_t rrtype;
    assay_span data[64];
    size_t n;
    assay_fact *fact;
};

/** The place of a name and type. */
static struct bench_entry *place(struct bench_world *w, assay_span name, uint16_t rrtype)
{
    for (size_t i = span_hash(name) * 31 + rrtype;; i++) {
        struct bench_entry *e = &w->entries[i & (w->cap - 1)];

        if (!e->name || (e->rrtype == rrtype && span_is(name, e->name)))
            return e;
    }
}

void bench_world_add(struct bench_world *w, const char *name, uint16_t rrtype, const char *data)
{
    struct buf rdata = buf_new(65536);
    struct bench_entry *e;
    const char *why;

    if (!w->cap) {
        w->cap = 4096;
        w->entries = calloc(w->cap, sizeof *w->entries);
    }
    e = place(w, span_of(name), rrtype);
    if (!e->name) {
        e->name = strdup(name);
        e->rrtype = rrtype;
    }
    if (!dns_rdata_read(rrtype, span_of(data), &rdata, &why))
        bench_fail(why);
    e->data[e->n++] = buf_span(&rdata); /* kept to the end */
}

assay_fact *bench_world_find(struct bench_world *w, const struct assay_question *q)
{
    struct bench_entry *e = place(w, q->name, q->rrtype);

    if (!e->name) {
        e->name = strndup(q->name.p, q->name.n);
        e->rrtype = q->rrtype;
    }
    if (!e->fact) {
        struct assay_answer a = {.size = sizeof a,
                                 .how = e->n ? ASSAY_OK : ASSAY_NXDOMAIN,
                                 .secure = ASSAY_INSECURE,
                                 .data = e->data,
                                 .n = e->n};

        if (assay_fact_new(q->kind, q->rrtype, &a, &e->fact) != ASSAY_DONE)
            bench_fail("no fact");
    }
    return e->fact;
}

/** Answer everything that is asked; with one at a time, step as soon as that is worth it. */
static bool answer(struct bench_world *w, assay_eval *eval, enum bench_arrival arrival)
{
    struct assay_question q;
    bool worth = false;

    while (assay_next_question(eval, &q)) {
        worth |= assay_answer_question(eval, q.id, bench_world_find(w, &q)) == ASSAY_DONE;
        if (arrival == BENCH_ONE_BY_ONE && worth)
            return true;
    }
    return worth;
}

unsigned bench_world_drive(struct bench_world *w, assay_eval *eval, enum bench_arrival arrival)
{
    unsigned rounds = 0;
    assay_status s;

    while ((s = assay_step(eval)) == ASSAY_NEED) {
        rounds++;
        if (!answer(w, eval, arrival))
            return 0;
    }
    return s == ASSAY_DONE ? rounds + 1 : 0;
}
