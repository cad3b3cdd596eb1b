/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file rdata.h Record data of the types Assay knows, between wire form and what a zone file writes
 * (RFC 1035 5.1).
 */
#ifndef DNS_RDATA_H
#define DNS_RDATA_H

#include "base/buf.h"
#include "dns/name.h"

/**
 * The mnemonic of a type, such as "TXT"; "TYPE999" is not made: NULL for a type that is not known.
 */
const char *dns_type_text(uint16_t rrtype);

/** A type by its mnemonic, without case. \return 0 when it is not known */
uint16_t dns_type_read(assay_span text);

/**
 * Read the data of one record as a zone file writes it; of any type as `\# length hexadecimal` (RFC
 * 3597 5).
 *
 * \param text     what stands behind the type, without comment
 * \param out      gets RDATA in wire form
 * \param ret_why  set to what is wrong when false is returned; static text
 */
bool dns_rdata_read(uint16_t rrtype, assay_span text, struct buf *out, const char **ret_why);

/** Write RDATA as a zone file does; data that is not of its type as RFC 3597 does. */
void dns_rdata_text(uint16_t rrtype, assay_span rdata, struct buf *out);

/** RDATA is what its type allows; names in it are uncompressed. */
bool dns_rdata_ok(uint16_t rrtype, assay_span rdata);

/** Add RDATA to `out` with letters of names in lower case (RFC 4034 6.2). */
void dns_rdata_canonical(uint16_t rrtype, assay_span rdata, struct buf *out);

/**
 * The name in MX, PTR, CNAME or NS data.
 *
 * \return false when the data is not of that type
 */
bool dns_rdata_name(uint16_t rrtype, assay_span rdata, struct dns_name *ret);

/**
 * Join the character-strings of TXT data (RFC 7208 3.3, RFC 6376 3.6.2.2). Data cut short is joined
 * up to there.
 */
void dns_txt_join(assay_span rdata, struct buf *out);

#endif
