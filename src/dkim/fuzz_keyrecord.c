/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file fuzz_keyrecord.c Any octets as a key record: a key without fault is one that verifying
 * takes, its octets are those of p=, and written anew it is the same key.
 */
#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "crypto/fuzz_engine.h"
#include "dkim/key.h"
#include "mail/taglist.h"

#include <stdlib.h>

enum { MOST = LIMIT_TXT };

/** Read a record; the room for its key is a block that ends where it may end. free() it. */
static uint8_t *read_record(assay_span text, struct dkim_key *key)
{
    uint8_t *octets = malloc(base64_decoded_max(text.n));

    must(octets != NULL);
    dkim_key_read(text, octets, key);
    must(key->octets.n <= base64_decoded_max(text.n) && key->octets.n <= LIMIT_KEY);
    must(!key->octets.n || key->octets.p == (char *)octets);
    return octets;
}

/** A key without fault: its bits are those of its octets, and it can be verified with. */
static void check_good(const struct dkim_key *key)
{
    static const uint8_t DIGEST[SHA256_SIZE] = {0};
    struct rsa_numbers rsa;
    enum verified verified;

    must(!key->revoked && key->octets.n > 0);
    if (key->type == KEY_ED25519) {
        must(key->octets.n == 32 && key->bits == 256);
    } else {
        must(rsa_read(key->octets, &rsa) == KEY_OK && rsa.bits == key->bits);
        if (rsa.bits > 4096)
            return;
    }
    must(key_verify(the_engine(), key->type, key->octets, DIGEST, SPAN("no signature"),
                    &verified) == ASSAY_DONE);
    must(verified == VERIFIED_NO);
}

/** Written anew, the key is the same. */
static void check_again(const struct dkim_key *key)
{
    struct buf text = buf_new(3 * LIMIT_KEY);
    struct dkim_key again;
    uint8_t *octets;
    char *room;

    buf_puts(&text, key->type == KEY_RSA ? "v=DKIM1; k=rsa; p=" : "v=DKIM1; k=ed25519; p=");
    must((room = buf_room(&text, base64_encoded(key->octets.n))) != NULL);
    base64_encode((const uint8_t *)key->octets.p, key->octets.n, room);
    text.n += base64_encoded(key->octets.n);
    octets = read_record(buf_span(&text), &again);
    must(!again.fault && again.type == key->type && again.bits == key->bits);
    must(span_eq(again.octets, key->octets));
    must(again.sha256 && again.email && !again.testing && !again.strict);
    free(octets);
    buf_done(&text);
}

/** An item stands in a list of the record; an absent list has everything, if it is one of those. */
static bool has(const struct taglist *tags, const char *list, const char *item, bool absent)
{
    const assay_span *value = taglist_find(tags, list);
    assay_span rest, one;

    if (!value)
        return absent;
    rest = *value;
    while (taglist_item(&rest, &one))
        if (span_is(one, item))
            return true;
    return false;
}

/** The lists of what the key may be used for are read as they stand there. */
static void check_lists(assay_span text, const struct dkim_key *key)
{
    struct taglist tags;
    assay_span where;

    taglist_read(text, &tags, &where);
    must(key->sha256 == has(&tags, "h", "sha256", true));
    must(key->email == (has(&tags, "s", "email", true) || has(&tags, "s", "*", true)));
    must(key->tlsrpt == (has(&tags, "s", "tlsrpt", true) || has(&tags, "s", "*", true)));
    must(key->testing == has(&tags, "t", "y", false));
    must(key->strict == has(&tags, "t", "s", false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    assay_span text = {(const char *)data, n};
    struct dkim_key key;
    uint8_t *octets;

    if (n > MOST)
        return 0;
    octets = read_record(text, &key);
    must(!key.fault == !key.fault_ref);
    must(!key.revoked || key.fault);
    check_lists(text, &key);
    if (!key.fault) {
        check_good(&key);
        check_again(&key);
    }
    free(octets);
    return 0;
}
