/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/table.h"

#include <stdlib.h>

enum { FIRST_BUCKETS = 256 };

/** Turn left. */
static uint64_t turn(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

/** Rounds of SipHash (Aumasson, Bernstein: SipHash, a fast short-input PRF, 2012, 2.4). */
static void rounds(uint64_t v[4], unsigned n)
{
    for (; n > 0; n--) {
        v[0] += v[1];
        v[1] = turn(v[1], 13) ^ v[0];
        v[0] = turn(v[0], 32);
        v[2] += v[3];
        v[3] = turn(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = turn(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = turn(v[1], 17) ^ v[2];
        v[2] = turn(v[2], 32);
    }
}

/**
 * Mix one word in. SipHash-1-3: one round a word, three at the end; enough for a table whose hashes
 * nobody sees.
 */
static void mix(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 1);
    v[0] ^= word;
}

/** Mix octets in, their number first: so that what fills the last word up is no part of them. */
static void mix_span(uint64_t v[4], assay_span s)
{
    mix(v, s.n);
    for (; s.n; s = span_from(s, sizeof(uint64_t))) {
        uint64_t word = 0;

        memcpy(&word, s.p, s.n < sizeof word ? s.n : sizeof word);
        mix(v, word);
    }
}

uint64_t table_hash(const struct table_seed *seed, const struct assay_question *q)
{
    uint64_t v[4] = {seed->k[0] ^ 0x736f6d6570736575, seed->k[1] ^ 0x646f72616e646f6d,
                     seed->k[0] ^ 0x6c7967656e657261, seed->k[1] ^ 0x7465646279746573};

    mix(v, (uint64_t)q->kind << 32 | q->rrtype);
    mix_span(v, q->name);
    if (q->data.n)
        mix_span(v, q->data);
    v[2] ^= 0xFF;
    rounds(v, 3);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

bool table_init(struct table *t, const struct table_seed *seed)
{
    struct table_node **buckets = calloc(FIRST_BUCKETS, sizeof(*buckets));

    if (!buckets)
        return false;
    *t = (struct table){.buckets = buckets, .nbuckets = FIRST_BUCKETS, .seed = *seed};
    return true;
}

void table_done(struct table *t)
{
    free(t->buckets);
    *t = (struct table){0};
}

struct table_node table_node_new(const struct assay_question *q, char *key)
{
    char *data = key + q->name.n + 1;

    if (q->name.n)
        memcpy(key, q->name.p, q->name.n);
    key[q->name.n] = '\0';
    if (q->data.n)
        memcpy(data, q->data.p, q->data.n);
    return (struct table_node){
        .kind = q->kind, .rrtype = q->rrtype, .name = {key, q->name.n}, .data = {data, q->data.n}};
}

/** The place a hash falls to. */
static struct table_node **bucket(const struct table *t, uint64_t hash)
{
    return &t->buckets[hash & (t->nbuckets - 1)];
}

struct table_node *table_find(const struct table *t, const struct assay_question *q)
{
    return table_find_hashed(t, table_hash(&t->seed, q), q);
}

struct table_node *table_find_hashed(const struct table *t, uint64_t hash,
                                     const struct assay_question *q)
{
    struct table_node *node = *bucket(t, hash);

    while (node && (node->hash != hash || node->kind != q->kind || node->rrtype != q->rrtype ||
                    !span_eq(node->name, q->name) || !span_eq(node->data, q->data)))
        node = node->next;
    return node;
}

/** Put a node to the front of its bucket. */
static void link_node(struct table *t, struct table_node *node)
{
    struct table_node **at = bucket(t, node->hash);

    node->next = *at;
    *at = node;
}

/** Twice as many buckets. */
static void widen(struct table *t)
{
    struct table wider = *t;

    wider.nbuckets *= 2;
    if (!(wider.buckets = calloc(wider.nbuckets, sizeof(*wider.buckets))))
        return;
    for (size_t i = 0; i < t->nbuckets; i++)
        for (struct table_node *node = t->buckets[i], *next; node; node = next) {
            next = node->next;
            link_node(&wider, node);
        }
    free(t->buckets);
    *t = wider;
}

void table_add(struct table *t, struct table_node *node)
{
    const struct assay_question q = table_question(node);

    if (t->n >= t->nbuckets)
        widen(t);
    node->hash = table_hash(&t->seed, &q);
    link_node(t, node);
    t->n++;
}

void table_remove(struct table *t, struct table_node *node)
{
    struct table_node **at = bucket(t, node->hash);

    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    t->n--;
}

struct table_node *table_any(const struct table *t)
{
    for (size_t i = 0; t->n && i < t->nbuckets; i++)
        if (t->buckets[i])
            return t->buckets[i];
    return NULL;
}
