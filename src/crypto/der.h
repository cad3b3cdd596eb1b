/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file der.h
 * Just enough DER (X.690) to take a key apart and to put a public one together; definite lengths
 * only.
 */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include "base/buf.h"

/** Tags of X.690 that keys and certificates are made of. */
enum der_tag {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_BOOLEAN = 0x01,
    DER_OID = 0x06,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_DNS_NAME = 0x82,   /**< [2] of RFC 5280 4.2.1.6 */
    DER_URI = 0x86,        /**< [6] there */
    DER_PUBLIC = 0x81,     /**< [1] of RFC 5958 2 */
    DER_ATTRIBUTES = 0xA0, /**< [0] there */
    DER_CONTEXT_0 = 0xA0,  /**< constructed; so are the next */
    DER_CONTEXT_1 = 0xA1,
    DER_CONTEXT_2 = 0xA2,
    DER_CONTEXT_3 = 0xA3
};

/**
 * Take one element off the front.
 *
 * \param in   advanced behind the element when true is returned
 * \param tag  the only tag that is taken
 * \param ret  the element's content
 * \return false for another tag, a length that is not minimal, or content cut short
 */
bool der_take(assay_span *in, enum der_tag tag, assay_span *ret);

/**
 * Take a non-negative INTEGER off the front, without its leading zero. Zero and negative ones are
 * refused.
 */
bool der_take_positive(assay_span *in, assay_span *ret);

/** Append an element; its content has fewer than 65,536 octets. */
void der_put(struct buf *out, enum der_tag tag, assay_span content);

/** Append a positive INTEGER. \param number  big-endian, no leading zero */
void der_put_positive(struct buf *out, assay_span number);

#endif
