/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/why.h"

#include "daemon/row.h"
#include "fact/eval.h"

#include <pthread.h>
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
    size_t octets; /* of its header */
    size_t queue_n, id_n;
    char *names; /* the queue id, then the Message-ID */
};

struct why_ring {
    pthread_mutex_t lock;
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

struct why_ring *why_new(unsigned keep)
{
    struct why_ring *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
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
              assay_eval *eval)
{
    assay_span queue = facts->queue_id, id = bare(message_id);
    struct entry e = {eval, config_ref(facts->config), row_header_octets(eval), queue.n,
                      id.n, malloc(queue.n + id.n + 1)},
                 old = {0};

    eval_settle(eval);
    if (e.names) {
        memcpy(e.names, queue.p, queue.n);
        memcpy(e.names + queue.n, id.p, id.n);
    }
    pthread_mutex_lock(&r->lock);
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

/** The entry is of that message. */
static bool is(const struct entry *e, assay_span id)
{
    return e->eval && (span_eq((assay_span){e->names, e->queue_n}, id) ||
                       span_eq((assay_span){e->names + e->queue_n, e->id_n}, bare(id)));
}

/** Takes the text of a case. */
static assay_status put(void *out, assay_span text)
{
    buf_put(out, text);
    return ((struct buf *)out)->status;
}

bool why_find(struct why_ring *r, assay_span id, struct buf *out)
{
    bool found = false;

    pthread_mutex_lock(&r->lock);
    for (unsigned i = 0; i < r->n && !found; i++) {
        struct entry *e = &r->entries[(r->next + r->n - 1 - i) % r->n];

        found = bare(id).n && is(e, id) &&
                assay_case_write(e->eval, SPAN_EMPTY, ASSAY_CASE_DIGESTS, put, out) == ASSAY_DONE;
    }
    pthread_mutex_unlock(&r->lock);
    return found;
}
