/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file sign.h
 * Signing: one DKIM-Signature (RFC 6376 5) or ARC-Message-Signature (RFC 8617 4.1.2).
 *
 * One signature, from the end of the header to the field:
 *
 *     dkim_sign_want()       at the end of the header: the whole body's digest is wanted
 *     dkim_choose_names()    5.4: the names of h=, by a profile or a list of one's own
 *     dkim_sign()            an evaluator; ASSAY_MORE until the body has streamed by
 *       dkim_compose()       3.5: the field, b= still empty
 *       dkim_hash_field()    3.7: the same code as when verifying
 *       ask SIGN             who holds the key signs the digest, or says why not
 *       dkim_compose()       the same field with b=
 *
 * The question SIGN has the name `SELECTOR._domainkey.DOMAIN` and as data the algorithm as a= spells
 * it, a blank, and the digest in base64. Its answer is one item, the signature: RSASSA-PKCS1-v1_5 of
 * the digest, or PureEdDSA over its 32 octets (RFC 8463 3).
 *
 * A field's value is deterministic: of the same message, signer and key it is the same, octet for
 * octet. What is signed is `NAME: VALUE`, one blank behind the colon; whoever inserts the field has to
 * write it so, for header canonicalization may be simple. l= is never made (RFC 6376 8.2).
 */
#ifndef DKIM_SIGN_H
#define DKIM_SIGN_H

#include "dkim/dkim.h"

/** Which fields are signed (RFC 6376 5.4). */
enum dkim_profile {
    /** all that people see or programs go by; one field more of them breaks the signature */
    DKIM_STRICT,
    /** what mailing lists leave alone; they may add Reply-To, Sender and their own fields */
    DKIM_LIST_FRIENDLY,
    DKIM_OWN /**< those of a list: a name given twice allows no further field */
};

/** How a signature is made. Spans are borrowed. */
struct dkim_signer {
    enum dkim_field field;
    enum dkim_algorithm algorithm; /**< DKIM_RSA_SHA256 or DKIM_ED25519_SHA256 */
    enum canon header_canon, body_canon;
    assay_span domain, selector; /**< canonical */
    assay_span identity;         /**< of i=, not encoded; empty: none. Not for ARC */
    assay_span identity_domain;  /**< its domain, canonical: `domain` or below it */
    enum dkim_profile profile;
    assay_span names;    /**< DKIM_OWN: as dkim_names_fault() takes it */
    uint64_t timestamp;  /**< t=; 0: none */
    uint64_t expiration; /**< x=; 0: none */
    uint64_t instance;   /**< ARC-Message-Signature: i= */
    bool sorted; /**< tags by name, as some programs write them; else as RFC 6376 3.5 has them */
};

/** What asking for a signature came to. */
enum dkim_signed {
    DKIM_SIGNED,
    DKIM_UNFIT,   /**< the message cannot be signed so */
    DKIM_REFUSED, /**< the key holder has no such key, or will not sign */
    DKIM_SILENT   /**< the key holder did not answer: perhaps later */
};

/** A signature that was made. Spans live as long as the evaluation. */
struct dkim_made {
    enum dkim_signed result;
    assay_span reason;           /**< unless DKIM_SIGNED: why not */
    const char *ref;             /**< the paragraph that decided, or NULL */
    assay_span value;            /**< of the field, folded by CRLF and a tab, no final CRLF */
    assay_span signature;        /**< b=, decoded */
    uint8_t digest[SHA256_SIZE]; /**< what it signs */
};

/** Say that a signer needs the body's digest; before the body begins. */
ASSAY_NODISCARD assay_status dkim_sign_want(struct message *message, const struct dkim_signer *s);

/**
 * The names of h= for a header, parted by colons: of a field that is there more than once as many as
 * there are, and one more if none may be added. Never Return-Path, Received, Bcc,
 * Authentication-Results (RFC 6376 5.4, RFC 8617 4.1.2); DKIM-Signature only for ARC.
 *
 * \param ret        set on ASSAY_DONE; lives in `a`
 * \return ASSAY_DONE, ASSAY_EINVAL (more than LIMIT_SIGNED_FIELDS), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_choose_names(struct arena *a, const struct header *h,
                                               const struct dkim_signer *s, assay_span *ret);

/**
 * What is wrong with a list of names of one's own, parted by colons: no field names, one that must
 * not be signed, From missing, too many. Static text, or NULL.
 */
const char *dkim_names_fault(assay_span names);

/** The pieces of a signature field. */
struct dkim_pieces {
    const struct dkim_signer *signer;
    assay_span names;           /**< h= */
    const uint8_t *body_sha256; /**< bh= */
    assay_span b;               /**< base64, or empty */
};

/**
 * Write the value of a field, folded at 76 columns. The folding does not depend on `b`.
 *
 * \param out    appended to
 * \param ret_b  set to where the value of b= begins in `out`
 */
void dkim_compose(const struct dkim_pieces *p, struct buf *out, size_t *ret_b);

/** The name of a signer's field. */
assay_span dkim_field_name(enum dkim_field field);

/** An algorithm as a= spells it. */
assay_span dkim_algorithm_text(enum dkim_algorithm algorithm);

/**
 * Make a signature.
 *
 * \param ret  set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_MORE (the body has not streamed by), ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_sign(struct assay_eval *ev, const struct message *message,
                                       const struct dkim_signer *s, struct dkim_made *ret);

/**
 * Have a digest signed: what dkim_sign() and ARC-Seal (RFC 8617 4.1.3) share.
 *
 * \param digest  of the field with b= empty
 * \param ret     set on ASSAY_DONE: result, reason, signature, digest; `value` is left alone
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_ask_signature(struct assay_eval *ev, const struct dkim_signer *s,
                                                const uint8_t digest[SHA256_SIZE],
                                                struct dkim_made *ret);

/* ---- is the public key published? ---- */

/** What is published of a signer's key. */
enum dkim_publication {
    DKIM_KEY_UNKNOWN, /**< the DNS did not answer */
    DKIM_KEY_FIT,     /**< nothing speaks against it */
    DKIM_KEY_UNFIT    /**< nobody could verify a signature by it */
};

/** What came out. Spans live as long as the evaluation. */
struct dkim_published {
    enum dkim_publication state;
    assay_span reason; /**< what is published instead, or what the DNS said; empty if it is fit */
    const char *ref;   /**< the paragraph that decided */
};

/**
 * Look up the public key of a signer, before anything is signed: is one published, and not revoked?
 *
 * \param ret  set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_look_up_key(struct assay_eval *ev, const struct dkim_signer *s,
                                              struct dkim_published *ret);

/**
 * Verify a signature that was made by the key that is published, as a receiver does. \return as
 * dkim_look_up_key()
 */
ASSAY_NODISCARD assay_status dkim_check_made(struct assay_eval *ev, const struct dkim_signer *s,
                                             const struct dkim_made *made,
                                             struct dkim_published *ret);

/* ---- writing a field ---- */

/** A tag list being written, folded. All zero but `out` and `column` at first. */
struct dkim_writer {
    struct buf *out;
    size_t column; /**< octets of the line at hand */
    bool begun;    /**< a tag was written */
    bool fold;     /**< the next tag begins a line */
    bool whole;    /**< b= is not folded, unless it is very long */
};

/** Write a tag; the list folds before it when it does not fit. */
void dkim_put_tag(struct dkim_writer *w, const char *name, assay_span value);

/** Write b= over as many lines as it takes. \return where its value begins in the buffer */
size_t dkim_put_b(struct dkim_writer *w, assay_span b);

#endif
