/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/relay.h"

#include <stdlib.h>

struct relay {
    /* the asker's */
    LIST_ENTRY(relay) link;
    struct relays *from, *owner;
    struct flight *flight; /* NULL: nobody waits */
    unsigned out;          /* posts that are not back */
    /* the owner's, until `ask` is back */
    struct waiter *waiter; /* NULL: told, or not asked yet */
    assay_fact *fact;      /* counted; NULL: memory was out, or cancelled */
    /* of both */
    atomic_bool taken;
    struct post ask, cancel;
    struct assay_question q; /* its spans stand below */
    char key[];
};

struct relays {
    struct mailbox *mailbox;
    const struct relay_peers *peers;
    struct flights *flights;
    LIST_HEAD(, relay) out;
    size_t n;
};

/* ---- the asker, once more ---- */

/** A post is back; with the last one the relay ends. */
static void is_back(struct relay *r)
{
    if (--r->out)
        return;
    LIST_REMOVE(r, link);
    r->from->n--;
    assay_fact_free(r->fact);
    free(r);
}

/** `ask` is back, with the answer. */
static void ask_is_back(void *arg)
{
    struct relay *r = arg;

    if (r->flight) {
        flight_pass(r->flight, r->fact);
        r->flight = NULL;
        r->fact = NULL;
    }
    is_back(r);
}

/** `cancel` is back. */
static void cancel_is_back(void *arg)
{
    is_back(arg);
}

/* ---- the owner ---- */

/** Send a post back to the asker. The relay belongs to the asker then. */
static void send_back(struct relay *r, struct post *post, void (*fn)(void *arg))
{
    post->fn = fn;
    mailbox_put(r->from->mailbox, post);
}

/** The owner has the answer. */
static void told(void *arg, assay_fact *fact)
{
    struct relay *r = arg;

    r->waiter = NULL;
    r->fact = fact ? assay_fact_ref(fact) : NULL;
    send_back(r, &r->ask, ask_is_back);
}

/** `ask` arrives. */
static void ask_arrives(void *arg)
{
    struct relay *r = arg;

    if (flights_join(r->owner->flights, &r->q, &r->taken, told, r, &r->waiter) != ASSAY_DONE)
        send_back(r, &r->ask, ask_is_back); /* memory is out */
}

/** `cancel` arrives; the answer may have gone out before. */
static void cancel_arrives(void *arg)
{
    struct relay *r = arg;

    if (r->waiter) {
        world_forget(r->waiter);
        r->waiter = NULL;
        send_back(r, &r->ask, ask_is_back);
    }
    send_back(r, &r->cancel, cancel_is_back); /* it is still ours: this one is not back */
}

/* ---- the asker ---- */

struct relays *relays_new(struct relay_peers *peers, unsigned member, struct mailbox *mailbox)
{
    struct relays *rs = calloc(1, sizeof *rs);

    if (!rs)
        return NULL;
    rs->mailbox = mailbox;
    rs->peers = peers;
    LIST_INIT(&rs->out);
    peers->at[member] = rs;
    return rs;
}

void relays_serve(struct relays *rs, struct flights *flights)
{
    rs->flights = flights;
}

void relays_free(struct relays *rs)
{
    struct relay *r;

    if (!rs)
        return;
    while ((r = LIST_FIRST(&rs->out))) {
        LIST_REMOVE(r, link);
        assay_fact_free(r->fact);
        free(r);
    }
    free(rs);
}

struct relays *relays_owner(const struct relays *rs, const struct assay_question *q)
{
    /* the hash's other bits tell the part of the cache and the place in a table */
    uint32_t bits = (uint32_t)(table_hash(&rs->peers->seed, q) >> 24);
    struct relays *owner = rs->peers->at[bits % rs->peers->n];

    return owner == rs ? NULL : owner;
}

size_t relays_out(const struct relays *rs)
{
    return rs->n;
}

assay_status relay_start(struct relays *rs, struct relays *owner, struct flight *f)
{
    const struct assay_question asked = table_question(&f->node);
    struct relay *r = calloc(1, sizeof *r + table_key_size(&asked));
    struct table_node node;

    if (!r)
        return ASSAY_ENOMEM;
    r->from = rs;
    r->owner = owner;
    r->flight = f;
    r->out = 1;
    r->ask = (struct post){.fn = ask_arrives, .arg = r};
    r->cancel = (struct post){.fn = cancel_arrives, .arg = r};
    node = table_node_new(&asked, r->key);
    r->q = table_question(&node);
    LIST_INSERT_HEAD(&rs->out, r, link);
    rs->n++;
    f->relay = r;
    mailbox_put(owner->mailbox, &r->ask);
    return ASSAY_DONE;
}

void relay_cancel(struct relay *r)
{
    r->flight = NULL;
    r->out++;
    mailbox_put(r->owner->mailbox, &r->cancel);
}

bool relay_taken(struct relay *r)
{
    return atomic_load_explicit(&r->taken, memory_order_relaxed);
}
