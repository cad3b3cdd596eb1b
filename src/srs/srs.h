/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file srs.h
 * SRS, the Sender Rewriting Scheme: a forwarder sends from an address of its own, so that SPF
 * passes, and a bounce to that address comes home. There is no RFC; this follows the paper of 2003
 * and what Mail::SRS, libsrs2 and postsrsd make of it, octet for octet.
 *
 *     alice@a.example, forwarded by b.example:      SRS0=HHHH=TT=a.example=alice@b.example
 *     forwarded once more, by c.example:            SRS1=KKKK=b.example==HHHH=TT=a.example=alice@c.example
 *     and by d.example:                             SRS1=LLLL=b.example==HHHH=TT=a.example=alice@d.example
 *
 * TT is the day it was made, two characters of base32. HHHH is the beginning of the base64 of an
 * HMAC-SHA1 over TT, domain and local part, in lower case: only who has the secret can make it, so
 * nobody can use the forwarder to send to strangers. The separator behind the tag is `=`, `+` or
 * `-`, others are always `=`. SRS1 points to the first hop, so that a bounce takes two steps however
 * many hops there were; it has no day of its own, that of SRS0 counts. The way back:
 *
 *     SRS1=KKKK=b.example==HHHH=TT=a.example=alice@c.example    at c.example:  SRS0=HHHH=TT=a.example=alice@b.example
 *     SRS0=HHHH=TT=a.example=alice@b.example                    at b.example:  alice@a.example
 *
 * Days are counted modulo 1024: an address is good again after almost three years, unless its secret
 * is gone by then. Mail systems that change the case of local parts exist, so a hash is good in any
 * case. Addresses that postsrsd 2 makes have - and _ where base64 has + and /: both are accepted.
 *
 * One evaluation rewrites one address (assay_srs_new() in assay.h):
 *
 *     srs_forward()   forward.c: may it be rewritten? then the MAC is asked for, and the address made
 *     srs_reverse()   reverse.c: is it ours, is it of age? then the MAC is asked for and compared
 *
 * The secrets are somebody else's: the question is ASSAY_MAC, its name that of the secrets, its data
 * what is hashed; the answer has HMAC-SHA1 under each secret, one behind the other. secret.h answers
 * for those who have the secrets at hand.
 */
#ifndef SRS_SRS_H
#define SRS_SRS_H

#include "fact/eval.h"
#include "srs/address.h"

/** Characters of the base64 of a MAC, without padding; octets of tag and separator; days of TT. */
enum { SRS_HASH_MAX = 27, SRS_TAG = 5, SRS_DAYS = 1024 };

/** An evaluation that rewrites an address. */
struct srs {
    struct assay_eval ev;    /**< first: an assay_eval is one of these */
    struct assay_srs asked;  /**< its spans copied, what was 0 or empty set */
    struct srs_address from; /**< the address taken apart; lives in the pass */
    struct assay_srs_rewrite result;
};

/** The rewriting behind a public handle, or NULL when it is another kind. */
const struct srs *srs_of(const assay_eval *ev);

/** Make an address that comes back here. \return as a step */
ASSAY_NODISCARD assay_status srs_forward(struct srs *r);

/** Find the address behind one that was made here. \return as a step */
ASSAY_NODISCARD assay_status srs_reverse(struct srs *r);

/* ---- what both share (srs.c) ---- */

/** The tag a local part begins with: 0 or 1 for SRS0 and SRS1, or -1. */
int srs_tag(assay_span local) ASSAY_PURE;

/** Whether the domain is the forwarder's, or a local one. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status srs_is_ours(const struct srs *r, assay_span domain, bool *ret);

/**
 * Ask for the MAC over parts, one behind the other, in lower case.
 *
 * \param ret  set on ASSAY_DONE: 20 octets for each secret; empty when there is no answer, and the
 *             result says why
 * \return ASSAY_DONE, ASSAY_NEED, ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status srs_mac(struct srs *r, const assay_span *parts, size_t n,
                                     assay_span *ret);

/** The base64 of one MAC of 20 octets. */
void srs_hash_text(const char *mac, char out[SRS_HASH_MAX]);

/** Days since 1970, modulo SRS_DAYS. */
unsigned srs_today(const struct srs *r) ASSAY_PURE;

/** TT of a day. */
void srs_stamp_write(unsigned day, char out[2]);

/** The day of a TT in any case. \return false when it is none */
bool srs_stamp_read(assay_span stamp, unsigned *ret);

/** The result is a new address. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status srs_rewritten(struct srs *r, assay_span address);

/** The result is the old address. \param why  ASCII; copied \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status srs_unchanged(struct srs *r, assay_span why);

/** The address is refused by this code. \return ASSAY_DONE, ASSAY_ENOMEM */
ASSAY_NODISCARD assay_status srs_refused(struct srs *r, const char *enhanced, assay_span why);

#endif
