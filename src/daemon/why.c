/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/why.h"

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "daemon/row.h"
#include "fact/eval.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/**
 * Octets of the header that a message may have on average; who sends larger ones pushes more of the
 * others out, and does not fill the memory.
 */
enum { SHARE = 65536 };

/** One message. */
struct entry {
    assay_eval *eval; /* NULL: the place is free */
    struct config *config;
    size_t octets;  /* of its header */
    uint64_t place; /* among the messages of all rings */
    int64_t now;
    bool outbound;
    size_t queue_n, id_n;
    char *names; /* the queue id, then the Message-ID */
};

struct why_ring {
    pthread_mutex_t lock;
    atomic_ullong *order;
    struct entry *entries;
    unsigned n, next;
    size_t octets; /* of all of them */
};

/** Free what an entry holds. */
static void clear(struct entry *e)
{
    assay_eval_free(e->eval);
    config_free(e->config);
    free(e->names);
    *e = (struct entry){0};
}

/** Drop an entry that may be in the ring. */
static void drop(struct why_ring *r, struct entry *e)
{
    r->octets -= e->octets;
    clear(e);
}

struct why_ring *why_new(unsigned keep, atomic_ullong *order)
{
    struct why_ring *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->order = order;
    pthread_mutex_init(&r->lock, NULL);
    why_resize(r, keep);
    return r;
}

void why_resize(struct why_ring *r, unsigned keep)
{
    struct entry *entries = keep ? calloc(keep, sizeof *entries) : NULL;

    pthread_mutex_lock(&r->lock);
    if (keep == r->n || (keep && !entries)) {
        free(entries);
    } else {
        for (unsigned i = 0; i < r->n; i++) /* the newest first, as far as there is room */
            if (i < keep)
                entries[keep - 1 - i] = r->entries[(r->next + r->n - 1 - i) % r->n];
            else
                drop(r, &r->entries[(r->next + r->n - 1 - i) % r->n]);
        free(r->entries);
        r->entries = entries;
        r->n = keep;
        r->next = 0;
    }
    pthread_mutex_unlock(&r->lock);
}

void why_free(struct why_ring *r)
{
    if (!r)
        return;
    why_resize(r, 0);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/** A Message-ID without its brackets. */
static assay_span bare(assay_span id)
{
    id = span_trim(id);
    return id.n >= 2 && id.p[0] == '<' && id.p[id.n - 1] == '>' ? (assay_span){id.p + 1, id.n - 2}
                                                                : id;
}

/** Drop old ones until the others have no more than their share; the newest stays. */
static void shrink(struct why_ring *r)
{
    for (unsigned i = 0; i + 1 < r->n && r->octets > (size_t)r->n * SHARE; i++)
        drop(r, &r->entries[(r->next + i) % r->n]);
}

void why_keep(struct why_ring *r, const struct message_facts *facts, assay_span message_id,
              int64_t now, assay_eval *eval)
{
    assay_span queue = facts->queue_id, id = bare(message_id);
    struct entry e = {.eval = eval,
                      .config = config_ref(facts->config),
                      .octets = row_header_octets(eval),
                      .now = now,
                      .outbound = facts->outbound,
                      .queue_n = queue.n,
                      .id_n = id.n,
                      .names = malloc(queue.n + id.n + 1)},
                 old = {0};

    eval_settle(eval);
    if (e.names) {
        memcpy(e.names, queue.p, queue.n);
        memcpy(e.names + queue.n, id.p, id.n);
    }
    pthread_mutex_lock(&r->lock);
    e.place = atomic_fetch_add(r->order, 1) + 1;
    if (r->n && e.names) {
        old = r->entries[r->next];
        r->entries[r->next] = e;
        r->next = (r->next + 1) % r->n;
        r->octets += e.octets - old.octets;
        shrink(r);
    } else {
        old = e;
    }
    pthread_mutex_unlock(&r->lock);
    clear(&old);
}

/** The queue id of an entry. */
static assay_span queue_of(const struct entry *e)
{
    return (assay_span){e->names, e->queue_n};
}

/** The Message-ID of an entry. */
static assay_span id_of(const struct entry *e)
{
    return (assay_span){e->names + e->queue_n, e->id_n};
}

/** The i-th entry, the newest first. */
static const struct entry *entry_at(const struct why_ring *r, unsigned i)
{
    return &r->entries[(r->next + r->n - 1 - i) % r->n];
}

/** The entry is of that message. */
static bool is(const struct entry *e, assay_span id)
{
    return !id.n || span_eq(queue_of(e), id) || (e->id_n && span_eq(id_of(e), bare(id)));
}

uint64_t why_seek(struct why_ring *r, assay_span id, uint64_t before)
{
    uint64_t place = 0;

    pthread_mutex_lock(&r->lock);
    for (unsigned i = 0; i < r->n && !place; i++) {
        const struct entry *e = entry_at(r, i);

        if (!e->eval)
            break;
        if (e->place < before && is(e, id))
            place = e->place;
    }
    pthread_mutex_unlock(&r->lock);
    return place;
}

/** The entry at a place, or NULL; the ring is locked. */
static const struct entry *find(const struct why_ring *r, uint64_t place)
{
    for (unsigned i = 0; i < r->n && entry_at(r, i)->eval; i++)
        if (entry_at(r, i)->place == place)
            return entry_at(r, i);
    return NULL;
}

/** Takes the text of a case. */
static assay_status put(void *out, assay_span text)
{
    buf_put(out, text);
    return ((struct buf *)out)->status;
}

bool why_case(struct why_ring *r, uint64_t place, struct buf *out)
{
    const struct entry *e;
    bool found;

    pthread_mutex_lock(&r->lock);
    e = find(r, place);
    found = e && assay_case_write(e->eval, SPAN_EMPTY, ASSAY_CASE_DIGESTS, put, out) == ASSAY_DONE;
    pthread_mutex_unlock(&r->lock);
    return found;
}

/** Write a line about a message. */
static void write_line(const struct entry *e, struct buf *out)
{
    const struct assay_verdict *v = assay_result(e->eval);
    struct json j = json_new(out);
    char time[TIME_TEXT];

    json_object(&j, NULL);
    json_number(&j, "version", 1);
    json_text(&j, "time", time_text(e->now, time));
    json_text(&j, "queue_id", queue_of(e));
    json_text(&j, "message_id", id_of(e));
    json_text(&j, "direction", e->outbound ? SPAN("out") : SPAN("in"));
    json_text(&j, "disposition", span_of(row_disposition(v->what)));
    json_text(&j, "author", v->author);
    json_text(&j, "reason", v->reason);
    json_end(&j);
    buf_putc(out, '\n');
}

bool why_line(struct why_ring *r, uint64_t place, struct buf *out)
{
    const struct entry *e;

    pthread_mutex_lock(&r->lock);
    if ((e = find(r, place)))
        write_line(e, out);
    pthread_mutex_unlock(&r->lock);
    return e != NULL;
}

/* ---- keys ---- */

/** The name of the key that a check is about. */
static bool key_name(const struct assay_check *c, char *name, size_t most)
{
    assay_span domain = SPAN_EMPTY, selector = SPAN_EMPTY;
    int n;

    for (size_t i = 0; i < c->nproperties; i++) {
        if (span_is(c->properties[i].name, "d"))
            domain = c->properties[i].value;
        if (span_is(c->properties[i].name, "s"))
            selector = c->properties[i].value;
    }
    n = snprintf(name, most, "%.*s._domainkey.%.*s", SPAN_ARG(selector), SPAN_ARG(domain));
    return selector.n && domain.n && n > 0 && (size_t)n < most;
}

/** Note what a check says of a key, unless something newer is known. */
static void note_key(const struct entry *e, const struct assay_check *c, struct why_key *keys,
                     size_t n)
{
    char name[sizeof keys->name];

    if ((!span_is(c->method, "sign") && !span_is(c->method, "seal")) ||
        !key_name(c, name, sizeof name))
        return;
    for (size_t i = 0; i < n; i++) {
        struct why_key *k = &keys[i];

        if ((k->known && k->place >= e->place) || strcmp(k->name, name) != 0)
            continue;
        k->known = true;
        k->place = e->place;
        k->time = e->now;
        snprintf(k->result, sizeof k->result, "%.*s", SPAN_ARG(c->result));
        snprintf(k->reason, sizeof k->reason, "%.*s",
                 SPAN_ARG(utf8_first(c->reason, sizeof k->reason - 1)));
    }
}

void why_keys(struct why_ring *r, struct why_key *keys, size_t n)
{
    pthread_mutex_lock(&r->lock);
    for (unsigned i = 0; i < r->n && entry_at(r, i)->eval; i++) {
        const struct assay_verdict *v = assay_result(entry_at(r, i)->eval);

        for (size_t k = 0; k < v->nchecks; k++)
            note_key(entry_at(r, i), v->checks[k], keys, n);
    }
    pthread_mutex_unlock(&r->lock);
}
