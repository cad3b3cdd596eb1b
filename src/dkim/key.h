/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file key.h
 * Key records (RFC 6376 3.6.1, RFC 8463 4), parsed once for each TXT answer.
 */
#ifndef DKIM_KEY_H
#define DKIM_KEY_H

#include "crypto/key.h"
#include "fact/fact.h"

/** One key record. Spans lie in the fact or beside the record. */
struct dkim_key {
    const char *fault; /**< NULL; else what is wrong: it is no key to verify with */
    const char *fault_ref;
    bool revoked;       /**< p= is empty */
    enum key_type type; /**< k= */
    assay_span octets;  /**< p= decoded */
    unsigned bits;      /**< of an RSA key; 256 for Ed25519 */
    bool sha256;        /**< h= is absent or names it */
    bool email;         /**< s= is absent, or names email or everything */
    bool tlsrpt;        /**< s= names tlsrpt (RFC 8460 3) */
    bool testing;       /**< t=y */
    bool strict;        /**< t=s: no sub-domains in i= */
};

/** The records at one name, in canonical order. */
struct dkim_keys {
    size_t n;  /**< LIMIT_KEY_RECORDS at most */
    bool more; /**< there are others, not looked at */
    struct dkim_key keys[];
};

/**
 * The keys of a TXT answer.
 *
 * \param fact  ASSAY_OK, TXT
 * \param ret   lives as long as the fact
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_keys_of(const struct assay_fact *fact,
                                          const struct dkim_keys **ret);

/**
 * Parse one key record.
 *
 * \param text    must outlive the key
 * \param octets  room for base64_decoded_max(text.n) octets, for the key itself
 */
void dkim_key_read(assay_span text, uint8_t *octets, struct dkim_key *ret);

#endif
