/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file crc.h
 * CRC32C (RFC 9260 A), for octets that a disk or a crash may have changed. No secret, no proof.
 */
#ifndef STORE_CRC_H
#define STORE_CRC_H

#include "base/span.h"

/**
 * The checksum of octets.
 *
 * \param before  0, or the checksum of what stands before them
 */
uint32_t crc32c(uint32_t before, assay_span s) ASSAY_PURE;

#endif
