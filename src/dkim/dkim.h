/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file dkim.h
 * DKIM: does a domain vouch for this message? (RFC 6376, 8301, 8463, 8616)
 *
 * One message, from its header to the results:
 *
 *     dkim_prepare()            at the end of the header: reads each DKIM-Signature (3.5), picks those that are verified,
 *                               wants their body digests
 *     dkim_check()              a branch; one branch inside it for each signature:
 *       dkim_verify_signature() 6.1.2: asks TXT selector._domainkey.domain; dkim_keys_of() parses once for each fact
 *                               6.1.3: the body digest is there when the body has streamed by
 *         dkim_hash()           3.7: the header fields of h=, canonical, and the signature's own
 *         key_verify()          3.3, RFC 8463 3
 *
 * A signature that does not verify is not a message that is bad (RFC 6376 6.1): results are facts
 * for DMARC and for people. ARC uses the same pieces for ARC-Message-Signature.
 */
#ifndef DKIM_DKIM_H
#define DKIM_DKIM_H

#include "dkim/signature.h"
#include "fact/eval.h"

/** Results (RFC 8601 2.7.1). */
enum dkim_result {
    DKIM_NONE,
    DKIM_PASS,
    DKIM_FAIL,
    DKIM_POLICY,
    DKIM_NEUTRAL,
    DKIM_TEMPERROR,
    DKIM_PERMERROR
};

/** What the receiver wants. */
struct dkim_options {
    unsigned max_signatures; /**< verified at most */
    unsigned min_rsa_bits;   /**< keys below are `policy`; never below 1,024 (RFC 8301 3.2) */
    unsigned max_rsa_bits;   /**< keys above are `policy` */
    bool partial_body; /**< a signature whose l= leaves some of the body out counts all the same */
};

/** What came out for one signature. Spans live as long as the evaluation. */
struct dkim_verdict {
    enum dkim_result result;
    assay_span reason; /**< one sentence or less */
    const char *ref;   /**< the paragraph that decided */
    unsigned bits;     /**< of the RSA key; 256 for Ed25519; 0: not known */
    bool testing;      /**< the key says t=y (RFC 6376 3.6.1): the domain is trying DKIM out */
    bool body_known;   /**< the next two are known */
    uint64_t signed_octets,
        body_octets; /**< of the canonical body: covered by the signature, and all */
};

/** One signature with its branch. */
struct dkim_slot {
    struct dkim_signature signature;
    bool over_limit; /**< it is not verified */
    struct branch branch;
    struct dkim_verdict verdict; /**< set when the branch is done */
    struct dkim_check *check;
};

/** The signatures of a message, and what verifying them takes. */
struct dkim_check {
    const struct dkim_options *options;
    const struct message *message;
    struct dkim_slot *slots; /**< from the top of the message */
    size_t n;
    bool more; /**< there are more than LIMIT_SIGNATURES; the rest was not looked at */
};

/**
 * Read the signatures of a message and want the body digests they need.
 *
 * \param authors  the author domains: signatures of domains equal to, above or below one of them
 *                 come first when there are more than options->max_signatures
 * \param check    options and message set; the rest zero
 * \return ASSAY_DONE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_prepare(struct assay_eval *ev, struct message *message,
                                          const assay_span *authors, size_t nauthors,
                                          struct dkim_check *check);

/**
 * Verify all of them: a branch_fn over a struct dkim_check. ASSAY_MORE until the body has streamed
 * by.
 */
assay_status dkim_check_all(struct assay_eval *ev, void *check);

/**
 * Verify one signature, DKIM-Signature or ARC-Message-Signature.
 *
 * \param s   without fault
 * \param v   set on ASSAY_DONE
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_MORE, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dkim_verify_signature(struct assay_eval *ev,
                                                   const struct dkim_options *options,
                                                   const struct message *message,
                                                   const struct dkim_signature *s,
                                                   struct dkim_verdict *v);

/** A signature over a digest that is known already: what ARC-Seal has (RFC 8617 4.1.3). */
struct dkim_sealed {
    enum dkim_algorithm algorithm;
    assay_span algorithm_text;
    assay_span domain, selector; /**< canonical */
    /** the domain of i=, canonical, for keys that allow no sub-domain (t=s); empty: there is none */
    assay_span identity_domain;
    assay_span signature; /**< decoded */
    uint8_t digest[SHA256_SIZE];
};

/**
 * Verify such a signature, with the same keys and limits. \return as dkim_verify_signature(), never
 * ASSAY_MORE
 */
ASSAY_NODISCARD assay_status dkim_verify_sealed(struct assay_eval *ev,
                                                const struct dkim_options *options,
                                                const struct dkim_sealed *sealed,
                                                struct dkim_verdict *v);

/** A result as RFC 8601 spells it. */
const char *dkim_result_text(enum dkim_result result);

#endif
