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

uint64_t table_hash(const struct table_seed *seed, enum assay_kind kind, uint16_t rrtype,
                    assay_span name)
{
    uint64_t v[4] = {seed->k[0] ^ 0x736f6d6570736575, seed->k[1] ^ 0x646f72616e646f6d,
                     seed->k[0] ^ 0x6c7967656e657261, seed->k[1] ^ 0x7465646279746573};

    mix(v, (uint64_t)kind << 32 | rrtype);
    mix(v, name.n); /* so that what fills the last word up is no part of the name */
    for (; name.n; name = span_from(name, sizeof(uint64_t))) {
        uint64_t word = 0;

        memcpy(&word, name.p, name.n < sizeof word ? name.n : sizeof word);
        mix(v, word);
    }
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

/** The place a hash falls to. */
static struct table_node **bucket(const struct table *t, uint64_t hash)
{
    return &t->buckets[hash & (t->nbuckets - 1)];
}

struct table_node *table_find(const struct table *t, enum assay_kind kind, uint16_t rrtype,
                              assay_span name)
{
    return table_find_hashed(t, table_hash(&t->seed, kind, rrtype, name), kind, rrtype, name);
}

struct table_node *table_find_hashed(const struct table *t, uint64_t hash, enum assay_kind kind,
                                     uint16_t rrtype, assay_span name)
{
    struct table_node *node = *bucket(t, hash);

    while (node && (node->hash != hash || node->kind != kind || node->rrtype != rrtype ||
                    !span_eq(node->name, name)))
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
    if (t->n >= t->nbuckets)
        widen(t);
    node->hash = table_hash(&t->seed, node->kind, node->rrtype, node->name);
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
