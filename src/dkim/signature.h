/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file signature.h The signature fields: DKIM-Signature (RFC 6376 3.5) and ARC-Message-Signature
 * (RFC 8617 4.1.2), read strictly.
 */
#ifndef DKIM_SIGNATURE_H
#define DKIM_SIGNATURE_H

#include "base/arena.h"
#include "dns/name.h"
#include "mail/message.h"

/** Which field it is. */
enum dkim_field { DKIM_SIGNATURE, ARC_MESSAGE_SIGNATURE };

/** What a= says. */
enum dkim_algorithm {
    DKIM_ALGORITHM_OTHER,
    DKIM_RSA_SHA1, /**< never verified (RFC 8301 3.1) */
    DKIM_RSA_SHA256,
    DKIM_ED25519_SHA256
};

/** Header fields that people look for: were they signed? Bits. */
enum dkim_notable {
    DKIM_FROM = 1,
    DKIM_TO = 2,
    DKIM_CC = 4,
    DKIM_SUBJECT = 8,
    DKIM_DATE = 16,
    DKIM_REPLY_TO = 32,
    DKIM_MESSAGE_ID = 64,
    DKIM_CONTENT_TYPE = 128
};

/** The expiration of a signature that has none. */
#define DKIM_NEVER UINT64_MAX

/** A signature taken apart. Spans lie in the header or in the arena. */
struct dkim_signature {
    size_t field;      /**< its index in the header */
    const char *fault; /**< NULL; else what is wrong: it cannot be processed */
    const char *fault_ref;
    bool unsigned_from; /**< the fault is that h= lacks From: a required field (RFC 6376 6.1.1) */
    enum dkim_algorithm algorithm; /**< of a= */
    assay_span algorithm_text;     /**< as written */
    enum canon header_canon, body_canon;
    assay_span domain;          /**< d=, canonical A-labels; empty when it is none */
    assay_span domain_as;       /**< d= as written */
    assay_span selector;        /**< s=, canonical */
    assay_span selector_as;     /**< s= as written */
    assay_span identity;        /**< i= as written, or empty */
    assay_span identity_domain; /**< its domain, canonical; that of d= when there is no i= */
    assay_span names;           /**< h= as written */
    assay_span b;               /**< the value of b=, inside the raw field */
    assay_span b_head;          /**< its first 8 characters without white space (RFC 6008 4) */
    const uint8_t *signature;   /**< b= decoded */
    size_t signature_n;
    uint8_t body_sha256[SHA256_SIZE]; /**< bh= decoded */
    uint64_t length;                  /**< l=, or BODY_WHOLE */
    uint64_t timestamp;               /**< t=; 0: none */
    uint64_t expiration;              /**< x=, or DKIM_NEVER */
    uint64_t instance;                /**< i= of ARC-Message-Signature; 0 in DKIM-Signature */
    unsigned present,
        covered; /**< enum dkim_notable: in the message; in h= as often as in the message */
};

/**
 * Read the signature in a field.
 *
 * \param a      where what is decoded is put
 * \param which  how to read it
 * \param field  index in the header
 * \param ret    set on ASSAY_DONE; with a fault, what could be read is there
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_signature_read(struct arena *a, const struct header *h,
                                                 enum dkim_field which, size_t field,
                                                 struct dkim_signature *ret);

/**
 * A canonical name that can stand in d= or s=: sub-domains of RFC 5321, letters, digits, hyphens
 * inside; underscores are seen in selectors.
 */
bool dkim_is_host_name(assay_span name) ASSAY_PURE;

/** The next name in h=, trimmed; as span_cut(). */
bool dkim_next_name(assay_span *rest, assay_span *name);

/** The name of a notable field. \param bit  one of enum dkim_notable */
assay_span dkim_notable_text(unsigned bit);

/** What a signature signs of the header: the fields of h=, then its own, which may be yet to be. */
struct dkim_hashed {
    enum canon canon; /**< of the header */
    assay_span names; /**< h= */
    size_t field;     /**< its own index in the header; SIZE_MAX: it is not there */
    assay_span name;  /**< of its own field */
    assay_span raw;   /**< its own field */
    assay_span b;     /**< the value of b=, inside `raw` */
};

/**
 * The digest that a signature signs (RFC 6376 3.7), for who verifies and for who signs.
 *
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_hash_field(const struct assay_engine *engine,
                                             const struct header *h, const struct dkim_hashed *what,
                                             uint8_t out[SHA256_SIZE]);

/** dkim_hash_field() of a signature that was read. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status dkim_hash(const struct assay_engine *engine, const struct header *h,
                                       const struct dkim_signature *s, uint8_t out[SHA256_SIZE]);

#endif
