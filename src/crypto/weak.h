/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file weak.h
 * Whether an RSA modulus gives itself away: a small factor, or a prime that it shares with another modulus.
 *
 * Numbers are octets, big-endian, as rsa_read() gives them. Nothing here is secret, so nothing is constant in time.
 */
#ifndef CRYPTO_WEAK_H
#define CRYPTO_WEAK_H

#include "base/span.h"

/** Octets of the longest modulus that is looked at; a longer one is taken for sound. */
enum { WEAK_MODULUS = 512 };

/** The smallest prime factor below 65,536 of a number, or 0; 0 also for the primes themselves. */
unsigned weak_small_factor(assay_span n) ASSAY_PURE;

/** Two moduli are not the same, and have a factor in common. */
bool weak_share_factor(assay_span a, assay_span b) ASSAY_PURE;

#endif
