/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file der.h
 * Just enough DER (X.690) to take a public key apart; definite lengths only.
 */
#ifndef CRYPTO_DER_H
#define CRYPTO_DER_H

#include "base/span.h"

/** Tags of X.690 that keys are made of. */
enum der_tag {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30
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

#endif
