/* SPDX-License-Identifier: BSD-2-Clause */
#include "fact/eval.h"

#include "base/limits.h"

enum { FIRST_SLOTS = 256 };

/** The place of a question in the table, or the free place where it would stand. */
static uint32_t *find_slot(const struct question_table *t, enum assay_kind kind, uint16_t rrtype,
                           uint32_t hash, assay_span name, assay_span data)
{
    for (size_t i = hash;; i++) {
        uint32_t *slot = &t->slots[i & (t->nslots - 1)];
        const struct question *q = *slot ? t->all[*slot - 1] : NULL;

        if (!q || (q->hash == hash && q->rrtype == rrtype && q->kind == kind &&
                   span_eq(q->name, name) && span_eq(q->data, data)))
            return slot;
    }
}

/** Make room for one more question. */
static bool make_room(struct assay_eval *ev)
{
    struct question_table *t = &ev->questions, wider = *t;

    if (t->n * 2 < t->nslots)
        return true;
    wider.nslots = t->nslots ? t->nslots * 2 : FIRST_SLOTS;
    wider.cap = wider.nslots / 2;
    wider.slots = arena_zero(&ev->keep, wider.nslots * sizeof *wider.slots);
    wider.all = arena_get(&ev->keep, wider.cap * sizeof(*wider.all));
    if (!wider.slots || !wider.all)
        return false;
    if (t->n)
        memcpy(wider.all, t->all, t->n * sizeof(*t->all));
    for (size_t i = 0; i < t->n; i++) {
        const struct question *q = t->all[i];

        *find_slot(&wider, q->kind, q->rrtype, q->hash, q->name, q->data) = q->id;
    }
    *t = wider;
    return true;
}

/**
 * The question, put into the table if it is new. ASSAY_DONE with *ret NULL: the table is full, and
 * it is not in it.
 *
 * A full table answers what it holds: otherwise what was asked in one pass would be refused in the
 * next.
 */
static assay_status find_or_add(struct assay_eval *ev, enum assay_kind kind, uint16_t rrtype,
                                assay_span name, assay_span data, struct question **ret)
{
    uint32_t hash = span_hash(name) + span_hash(data) * 31 + rrtype * 2654435761u + (uint32_t)kind;
    struct question_table *t = &ev->questions;
    struct question *q;
    uint32_t *slot;

    if (!make_room(ev))
        return ASSAY_ENOMEM;
    slot = find_slot(t, kind, rrtype, hash, name, data);
    *ret = *slot ? t->all[*slot - 1] : NULL;
    if (*ret || t->n >= ev->most_questions)
        return ASSAY_DONE;
    q = ARENA_NEW(&ev->keep, struct question);
    if (!q || !arena_copy(&ev->keep, name, &q->name) || !arena_copy(&ev->keep, data, &q->data))
        return ASSAY_ENOMEM;
    q->kind = kind;
    q->rrtype = rrtype;
    q->hash = hash;
    t->all[t->n++] = q;
    *slot = q->id = (uint32_t)t->n;
    *ret = q;
    return ASSAY_DONE;
}

/** The running branch waits for this question; so do those around it. */
static void await(struct assay_eval *ev, struct question *q)
{
    q->awaited = true;
    for (struct branch *b = ev->branch; b; b = b->parent) {
        if (b->nwaits < BRANCH_WAITS)
            b->waits[b->nwaits++] = q;
        else
            b->waits_over = true;
    }
}

/**
 * The running branch has asked or read more than it may. Counted anew in each pass, so it is the
 * same in all.
 */
static bool over_budget(struct assay_eval *ev)
{
    struct branch *b = ev->branch;

    return ++b->asks > ev->most_asks || b->bytes > ev->most_bytes;
}

/**
 * A question somebody waits for, no longer a hint: it is handed out, again if it was handed out as
 * one.
 */
static void make_blocking(struct assay_eval *ev, struct question *q)
{
    if (q->blocking)
        return;
    q->blocking = true;
    if (q->id <= ev->questions.cursor)
        ev->questions.cursor = q->id - 1;
}

/** The public view of a question. */
static void show(const struct question *q, struct assay_question *ret)
{
    *ret = (struct assay_question){q->id, q->kind, q->rrtype, !q->blocking, q->name, q->data};
}

/** The answer, if it is at hand. */
static void look_at_hand(struct assay_eval *ev, struct question *q)
{
    struct assay_question asked;

    if (!ev->at_hand || q->fact)
        return;
    show(q, &asked);
    q->fact = ev->at_hand(ev->at_hand_arg, &asked);
}

assay_status ask_about(struct assay_eval *ev, enum assay_kind kind, uint16_t rrtype,
                       assay_span name, assay_span data, const struct assay_fact **ret)
{
    struct question *q = NULL;

    if (!over_budget(ev) && find_or_add(ev, kind, rrtype, name, data, &q) != ASSAY_DONE)
        return ASSAY_ENOMEM;
    if (!q) {
        *ret = &ev->toobig;
        return ASSAY_DONE;
    }
    if (!q->fact && ev->gave_up)
        q->fact = &ev->timeout;
    make_blocking(ev, q);
    look_at_hand(ev, q);
    if (!q->fact) {
        await(ev, q);
        return ASSAY_NEED;
    }
    ev->branch->bytes += q->fact->bytes;
    *ret = q->fact;
    return ASSAY_DONE;
}

void hint_dns(struct assay_eval *ev, uint16_t rrtype, assay_span name)
{
    struct question *q;

    if (ev->questions.n < ev->most_questions / 4)
        (void)find_or_add(ev, ASSAY_DNS, rrtype, name, SPAN_EMPTY, &q); /* a hint may be lost */
}

bool assay_next_question(assay_eval *ev, struct assay_question *ret)
{
    struct question_table *t = &ev->questions;

    while (t->cursor < t->n) {
        struct question *q = t->all[t->cursor++];

        if (q->fact || q->handed || (q->handed_hint && !q->blocking))
            continue;
        q->handed = q->blocking;
        q->handed_hint = !q->blocking;
        show(q, ret);
        return true;
    }
    return false;
}

assay_status assay_answer_question(assay_eval *ev, uint32_t id, assay_fact *fact)
{
    struct question *q;

    if (id == 0 || id > ev->questions.n || !fact)
        return ASSAY_EINVAL;
    q = ev->questions.all[id - 1];
    if (fact->kind != q->kind || fact->rrtype != q->rrtype)
        return ASSAY_EINVAL;
    if (q->fact)
        return ASSAY_NEED;
    q->fact = assay_fact_ref(fact);
    return q->awaited ? ASSAY_DONE : ASSAY_NEED;
}

void assay_give_up(assay_eval *ev)
{
    ev->gave_up = true;
    for (size_t i = 0; i < ev->questions.n; i++)
        if (!ev->questions.all[i]->fact)
            ev->questions.all[i]->fact = &ev->timeout;
}

bool assay_evidence(const assay_eval *ev, size_t *cursor, struct assay_question *ret,
                    assay_fact **fact)
{
    while (*cursor < ev->questions.n) {
        const struct question *q = ev->questions.all[(*cursor)++];

        if (!q->blocking)
            continue;
        show(q, ret);
        *fact = q->fact;
        return true;
    }
    return false;
}
