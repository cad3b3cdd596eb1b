/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file keyring.h
 * Who holds keys and secrets: signs for DKIM and ARC, makes the hashes of SRS.
 *
 *     keyring_new()
 *     keyring_add_key()      SELECTOR._domainkey.DOMAIN, and a private key in PEM
 *     keyring_add_secret()   a name, and secrets one a line
 *     keyring_answer()       a question of kind ASSAY_SIGN or ASSAY_MAC becomes a fact
 *     keyring_free()         wipes all of it
 *
 * The command line has one in its own process; the daemon has one in a process that does nothing else.
 * Threads: adding is for one thread, before others ask; then any number may ask at once.
 */
#ifndef WORLD_KEYRING_H
#define WORLD_KEYRING_H

#include "crypto/private.h"

#include <assay/assay.h>

/** Keys and secrets by name. */
struct keyring;

/** The public half of a key: what its record has to hold. */
struct keyring_public {
    assay_span name; /**< canonical: SELECTOR._domainkey.DOMAIN */
    enum key_type type;
    unsigned bits;
    assay_span octets; /**< of p=: SubjectPublicKeyInfo, or 32 octets for Ed25519 */
};

/** Make an empty one. \param engine  must outlive it \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status keyring_new(assay_engine *engine, struct keyring **ret);

/** Wipe and free; NULL is taken. */
void keyring_free(struct keyring *ring);

/**
 * Add a key.
 *
 * \param name     SELECTOR._domainkey.DOMAIN, in A-labels; one name has one key, as its record does
 * \param pem      as private_read() takes it; not kept
 * \param ret_why  set on ASSAY_EINVAL: what is wrong, and what to try; static text
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status keyring_add_key(struct keyring *ring, assay_span name, assay_span pem,
                                             const char **ret_why);

/**
 * Add secrets.
 *
 * \param name     what questions call them; any octets
 * \param lines    a secret is all that stands in its line, blanks too; empty lines are skipped. The
 *                 first makes hashes, all verify. Copied
 * \param ret_why  as keyring_add_key()
 * \return ASSAY_DONE, ASSAY_EINVAL, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status keyring_add_secret(struct keyring *ring, assay_span name,
                                                assay_span lines, const char **ret_why);

/**
 * Answer a question. What is not known here, and what is no question for a keyring, is answered by
 * ASSAY_REFUSED with a reason.
 *
 * \param ret  set on ASSAY_DONE; the caller's count. ASSAY_OK has one item: the signature, or
 *             HMAC-SHA1 under each secret, one behind the other
 * \return ASSAY_DONE; ASSAY_ENOMEM: nothing was signed, it may be tried again
 */
ASSAY_NODISCARD assay_status keyring_answer(struct keyring *ring, const struct assay_question *q,
                                            assay_fact **ret);

/**
 * The public half of a key.
 *
 * \param name  canonical
 * \param ret   set when true is returned; its spans live as long as the keyring
 * \return false when there is no such key
 */
bool keyring_public(const struct keyring *ring, assay_span name, struct keyring_public *ret);

/** The public half of the key at `index`, in the order of names. \return false behind the last */
bool keyring_public_at(const struct keyring *ring, size_t index, struct keyring_public *ret);

#endif
