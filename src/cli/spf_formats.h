/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file spf_formats.h
 * Records to publish, in the language of whatever publishes them.
 */
#ifndef CLI_SPF_FORMATS_H
#define CLI_SPF_FORMATS_H

#include "base/buf.h"

/** A TXT record: its owner's name, canonical, its text, and the text that it takes the place of. */
struct txt_record {
    assay_span name, text;
    assay_span before; /**< empty: there is none, or it is not known */
};

/** Words of --format: "zone nsupdate octodns dnscontrol terraform paste". */
extern const char TXT_FORMATS[];

/**
 * Append TXT records in a format.
 *
 * \param format  one of TXT_FORMATS
 * \param domain  the zone they are published in, canonical
 * \param ttl     seconds
 * \return false when there is no such format
 */
bool txt_write(const char *format, assay_span domain, unsigned ttl,
               const struct txt_record *records, size_t n, struct buf *out);

#endif
