/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/keyring.h"

#include "dns/name.h"
#include "srs/secret.h"

#include <stdlib.h>

/** One name with its key, or with its secrets. */
struct entry {
    assay_span name;         /* owned */
    struct private_key *key; /* NULL: secrets */
    struct buf octets;       /* that the secrets lie in */
    struct srs_secrets secrets;
};

/** Entries sorted by name. */
struct shelf {
    struct entry **at;
    size_t n, cap;
};

struct keyring {
    assay_engine *engine;
    struct shelf keys, secrets;
};

/* ---- entries ---- */

/** Wipe an entry. */
static void entry_free(struct entry *e)
{
    if (!e)
        return;
    private_free(e->key);
    private_wipe(&e->octets);
    free((void *)(uintptr_t)e->name.p);
    free(e);
}

/** An entry without key and secrets, or NULL. */
static struct entry *entry_new(assay_span name)
{
    struct entry *e = calloc(1, sizeof *e);
    char *copy = malloc(name.n + 1);

    if (!e || !copy) {
        free(e);
        free(copy);
        return NULL;
    }
    if (name.n)
        memcpy(copy, name.p, name.n);
    e->name = (assay_span){copy, name.n};
    return e;
}

/** The first place whose name is not before a name. */
static size_t place_of(const struct shelf *s, assay_span name)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (span_compare(s->at[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** The entry of a name, or NULL. */
static struct entry *find(const struct shelf *s, assay_span name)
{
    size_t i = place_of(s, name);

    return i < s->n && span_eq(s->at[i]->name, name) ? s->at[i] : NULL;
}

/** Put an entry into its place; it is the shelf's when true is returned. */
static bool put(struct shelf *s, struct entry *e)
{
    size_t i = place_of(s, e->name), cap = s->cap ? 2 * s->cap : 16;
    struct entry **wider;

    if (s->n == s->cap) {
        if (!(wider = realloc(s->at, cap * sizeof *wider)))
            return false;
        s->at = wider;
        s->cap = cap;
    }
    memmove(s->at + i + 1, s->at + i, (s->n - i) * sizeof *s->at);
    s->at[i] = e;
    s->n++;
    return true;
}

/** put(), or free the entry. */
static assay_status put_or_free(struct shelf *s, struct entry *e)
{
    if (put(s, e))
        return ASSAY_DONE;
    entry_free(e);
    return ASSAY_ENOMEM;
}

static void shelf_done(struct shelf *s)
{
    for (size_t i = 0; i < s->n; i++)
        entry_free(s->at[i]);
    free(s->at);
}

/* ---- adding ---- */

/** The name is one that a key record can have (RFC 6376 3.6.2.1). */
static bool is_key_name(assay_span name)
{
    assay_span domain = name;

    while (domain.n && !span_starts(domain, SPAN("_domainkey.")))
        domain = dns_parent(domain);
    return domain.n > 0 && domain.n < name.n;
}

assay_status keyring_add_key(struct keyring *ring, assay_span name, assay_span pem,
                             const char **ret_why)
{
    struct dns_name canonical;
    struct entry *e;
    assay_status s;

    *ret_why = "a key is named SELECTOR._domainkey.DOMAIN";
    if (!dns_name_read(name, &canonical) || !is_key_name(dns_name_span(&canonical)))
        return ASSAY_EINVAL;
    *ret_why = "there is a key of this selector and domain already; another key takes another "
               "selector";
    if (find(&ring->keys, dns_name_span(&canonical)))
        return ASSAY_EINVAL;
    if (!(e = entry_new(dns_name_span(&canonical))))
        return ASSAY_ENOMEM;
    if ((s = private_read(ring->engine, pem, &e->key, ret_why)) != ASSAY_DONE) {
        entry_free(e);
        return s;
    }
    return put_or_free(&ring->keys, e);
}

assay_status keyring_add_secret(struct keyring *ring, assay_span name, assay_span lines,
                                const char **ret_why)
{
    struct entry *e;
    const char *why;

    *ret_why = "there are secrets of this name already";
    if (find(&ring->secrets, name))
        return ASSAY_EINVAL;
    if (!(e = entry_new(name)))
        return ASSAY_ENOMEM;
    e->octets = buf_new(lines.n + 1);
    buf_put(&e->octets, lines);
    if (e->octets.status != ASSAY_DONE) {
        entry_free(e);
        return ASSAY_ENOMEM;
    }
    if ((why = srs_secrets_read(buf_span(&e->octets), &e->secrets))) {
        *ret_why = why;
        entry_free(e);
        return ASSAY_EINVAL;
    }
    return put_or_free(&ring->secrets, e);
}

/* ---- answering ---- */

/** Make a fact: of an item, or of a reason why there is none. */
static assay_status make_fact(const struct assay_question *q, const assay_span *item,
                              const char *reason, assay_fact **ret)
{
    struct assay_answer a = {.size = sizeof a,
                             .how = item ? ASSAY_OK : ASSAY_REFUSED,
                             .secure = ASSAY_UNKNOWN,
                             .data = item,
                             .n = item != NULL,
                             .reason = span_of(reason)};

    return assay_fact_new(q->kind, q->rrtype, &a, ret);
}

/** Sign. */
static assay_status answer_sign(const struct keyring *ring, const struct assay_question *q,
                                assay_fact **ret)
{
    const struct entry *e = find(&ring->keys, q->name);
    uint8_t digest[SHA256_SIZE], signature[PRIVATE_SIGNATURE];
    assay_span item = {(const char *)signature, 0};
    enum key_type type;
    assay_status s;

    if (!private_question(q->data, &type, digest))
        return make_fact(q, NULL, "this is no digest to be signed", ret);
    if (!e)
        return make_fact(q, NULL, "no such key", ret);
    if (private_type(e->key) != type)
        return make_fact(q, NULL,
                         type == KEY_RSA ? "the key is Ed25519, not RSA"
                                         : "the key is RSA, not Ed25519",
                         ret);
    if ((s = private_sign(e->key, digest, signature, &item.n)) != ASSAY_DONE)
        return s;
    return make_fact(q, &item, "", ret);
}

/** Hash under each secret. */
static assay_status answer_mac(const struct keyring *ring, const struct assay_question *q,
                               assay_fact **ret)
{
    const struct entry *e = find(&ring->secrets, q->name);

    if (!e)
        return make_fact(q, NULL, "no such secret", ret);
    return srs_secrets_answer(ring->engine, &e->secrets, q->data, ret);
}

assay_status keyring_answer(struct keyring *ring, const struct assay_question *q, assay_fact **ret)
{
    if (q->kind == ASSAY_SIGN)
        return answer_sign(ring, q, ret);
    if (q->kind == ASSAY_MAC)
        return answer_mac(ring, q, ret);
    return make_fact(q, NULL, "a holder of keys does not know such things", ret);
}

/* ---- the rest ---- */

bool keyring_public_at(const struct keyring *ring, size_t index, struct keyring_public *ret)
{
    const struct entry *e;

    if (index >= ring->keys.n)
        return false;
    e = ring->keys.at[index];
    *ret = (struct keyring_public){e->name, private_type(e->key), private_bits(e->key),
                                   private_public(e->key)};
    return true;
}

bool keyring_public(const struct keyring *ring, assay_span name, struct keyring_public *ret)
{
    return find(&ring->keys, name) && keyring_public_at(ring, place_of(&ring->keys, name), ret);
}

assay_status keyring_new(assay_engine *engine, struct keyring **ret)
{
    struct keyring *ring = calloc(1, sizeof *ring);

    if (!ring)
        return ASSAY_ENOMEM;
    ring->engine = engine;
    *ret = ring;
    return ASSAY_DONE;
}

void keyring_free(struct keyring *ring)
{
    if (!ring)
        return;
    shelf_done(&ring->keys);
    shelf_done(&ring->secrets);
    free(ring);
}
