/* SPDX-License-Identifier: BSD-2-Clause */
#include "dkim/key.h"

#include "base/base64.h"
#include "mail/taglist.h"

#include <stdlib.h>

enum { ED25519_BITS = 256, ED25519_OCTETS = 32 };

/** Note what is wrong; the first fault stays. */
static void fault(struct dkim_key *key, const char *what, const char *ref)
{
    if (key->fault)
        return;
    key->fault = what;
    key->fault_ref = ref;
}

/** A list names one of two items; an absent list names everything. */
static bool names(const assay_span *list, const char *one, const char *other)
{
    assay_span rest, item;
    bool found = !list;

    if (!list)
        return true;
    rest = *list;
    while (taglist_item(&rest, &item))
        found |= span_is(item, one) || span_is(item, other);
    return found;
}

/** v=: first if there, and DKIM1 (RFC 6376 3.6.1). */
static void read_version(const struct taglist *tags, struct dkim_key *key)
{
    const assay_span *v = taglist_find(tags, "v");

    if (v && (!span_is(*v, "DKIM1") || v != &tags->tags[0].value))
        fault(key, "the key record is of another version", "RFC 6376 3.6.1");
}

/** k=: rsa unless it says otherwise. */
static void read_type(const struct taglist *tags, struct dkim_key *key)
{
    const assay_span *k = taglist_find(tags, "k");

    key->type = KEY_RSA;
    if (!k || span_is(*k, "rsa"))
        return;
    if (span_is(*k, "ed25519"))
        key->type = KEY_ED25519;
    else
        fault(key, "the key is of a type that is not known", "RFC 6376 3.6.1");
}

/** The decoded p= is a key of its type. */
static void read_octets(struct dkim_key *key)
{
    struct rsa_numbers rsa;

    if (key->type == KEY_ED25519) {
        key->bits = ED25519_BITS;
        if (key->octets.n != ED25519_OCTETS)
            fault(key, "p= is not an Ed25519 key", "RFC 8463 4");
        return;
    }
    switch (rsa_read(key->octets, &rsa)) {
    case KEY_OK: key->bits = rsa.bits; break;
    case KEY_EXPONENT:
        fault(key, "p= is an RSA key with impossible numbers", "RFC 8017 3.1");
        break;
    default: fault(key, "p= is not an RSA key", "RFC 6376 3.6.1"); break;
    }
}

/** p=: required; empty: revoked. */
static void read_public(const struct taglist *tags, uint8_t *octets, struct dkim_key *key)
{
    const assay_span *p = taglist_find(tags, "p");
    size_t n = 0;

    if (!p) {
        fault(key, "the key record has no p=", "RFC 6376 3.6.1");
    } else if (!p->n) {
        key->revoked = true;
        fault(key, "the key is revoked", "RFC 6376 3.6.1");
    } else if (!base64_decode(*p, octets, &n)) {
        fault(key, "p= is not base64", "RFC 6376 3.6.1");
    } else if (n > LIMIT_KEY) {
        fault(key, "p= is longer than a key may be", "RFC 6376 8.8");
    } else {
        key->octets = (assay_span){(const char *)octets, n};
        if (!key->fault)
            read_octets(key);
    }
}

void dkim_key_read(assay_span text, uint8_t *octets, struct dkim_key *ret)
{
    struct taglist tags;
    struct dkim_key key = {.octets = SPAN_EMPTY};
    const assay_span *t;
    assay_span where;

    switch (taglist_read(text, &tags, &where)) {
    case TAGLIST_OK: break;
    case TAGLIST_DUPLICATE:
        fault(&key, "a tag of the key record stands twice", "RFC 6376 3.2");
        break;
    case TAGLIST_LIMIT: fault(&key, "the key record has more than 64 tags", "RFC 6376 3.2"); break;
    default: fault(&key, "the key record is not a list of tags", "RFC 6376 3.2"); break;
    }
    read_version(&tags, &key);
    read_type(&tags, &key);
    read_public(&tags, octets, &key);
    key.sha256 = names(taglist_find(&tags, "h"), "sha256", "sha256");
    key.email = names(taglist_find(&tags, "s"), "*", "email");
    key.tlsrpt = names(taglist_find(&tags, "s"), "*", "tlsrpt");
    t = taglist_find(&tags, "t");
    key.testing = t && names(t, "y", "y");
    key.strict = t && names(t, "s", "s");
    *ret = key;
}

/** Parse the records of an answer into one block. */
static assay_status make(const struct assay_fact *fact, void **ret)
{
    size_t n = fact->n < LIMIT_KEY_RECORDS ? fact->n : LIMIT_KEY_RECORDS, room = 0;
    struct dkim_keys *keys;
    uint8_t *octets;

    for (size_t i = 0; i < n; i++)
        room += base64_decoded_max(fact->records[i].text.n);
    if (!(keys = calloc(1, sizeof *keys + n * sizeof *keys->keys + room)))
        return ASSAY_ENOMEM;
    keys->n = n;
    keys->more = fact->n > n;
    octets = (uint8_t *)&keys->keys[n];
    for (size_t i = 0; i < n; i++) {
        dkim_key_read(fact->records[i].text, octets, &keys->keys[i]);
        octets += base64_decoded_max(fact->records[i].text.n);
    }
    *ret = keys;
    return ASSAY_DONE;
}

assay_status dkim_keys_of(const struct assay_fact *fact, const struct dkim_keys **ret)
{
    static const struct memo_type TYPE = {make, free};
    const void *made;
    assay_status s = fact_memo(fact, &TYPE, &made);

    if (s == ASSAY_DONE)
        *ret = made;
    return s;
}
