/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file table.h
 * A hash table by question, for things that hold a node of it.
 *
 * Senders of mail choose the names that are asked, so the hash is keyed: without the key nobody can
 * make names that fall together.
 */
#ifndef WORLD_TABLE_H
#define WORLD_TABLE_H

#include "base/span.h"

#include <assay/assay.h>

/**
 * The place of one thing in a table. Set kind, rrtype and name before it is added; they must not
 * change then.
 */
struct table_node {
    struct table_node *next;
    uint64_t hash;
    enum assay_kind kind;
    uint16_t rrtype;
    assay_span name, data; /**< borrowed: from the thing itself */
};

/** The key of the hash: 16 random octets. */
struct table_seed {
    uint64_t k[2];
};

/** A table; private to table.c but for `n`. */
struct table {
    struct table_node **buckets;
    size_t nbuckets; /**< a power of two */
    size_t n;        /**< things in it */
    struct table_seed seed;
};

/** The hash of a question. */
uint64_t table_hash(const struct table_seed *seed, const struct assay_question *q) ASSAY_PURE;

/** Set up a table. \return false when memory is out */
bool table_init(struct table *t, const struct table_seed *seed);

/** Give the table's own memory back; the things belong to others. */
void table_done(struct table *t);

/** What is asked by this question, or NULL. */
struct table_node *table_find(const struct table *t, const struct assay_question *q);

/** As table_find(), the hash being known. */
struct table_node *table_find_hashed(const struct table *t, uint64_t hash,
                                     const struct assay_question *q);

/** Octets of a copy of a question's spans, the name's NUL included. */
static inline size_t table_key_size(const struct assay_question *q)
{
    return q->name.n + 1 + q->data.n;
}

/** A node for a question, in no table yet. \param key  its spans are copied there */
struct table_node table_node_new(const struct assay_question *q, char *key);

/** The question of a node; its spans are the node's. */
static inline struct assay_question table_question(const struct table_node *node)
{
    return (struct assay_question){
        .kind = node->kind, .rrtype = node->rrtype, .name = node->name, .data = node->data};
}

/**
 * Add a node whose question is not in the table. Widens it; where memory is short it only gets
 * slower.
 */
void table_add(struct table *t, struct table_node *node);

/** Take a node out that is in the table. */
void table_remove(struct table *t, struct table_node *node);

/** Any node, or NULL: to empty a table. */
struct table_node *table_any(const struct table *t);

#endif
