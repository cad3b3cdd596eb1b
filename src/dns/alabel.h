/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file alabel.h
 * Internationalized domain names: everything is compared and asked as A-labels (RFC 5890 2.3).
 */
#ifndef DNS_ALABEL_H
#define DNS_ALABEL_H

#include "dns/name.h"

/**
 * A domain of a message, an envelope or a record as a canonical name of A-labels.
 *
 * U-labels are converted (RFC 5891; the mapping of RFC 5895 for case and width). ASCII labels,
 * underscores too, are only made lower.
 *
 * \param domain  UTF-8, not escaped; a final dot is dropped
 * \return ASSAY_DONE; ASSAY_EINVAL: not a domain name; ASSAY_ENOMEM
 */
ASSAY_NODISCARD assay_status dns_to_alabels(assay_span domain, struct dns_name *ret);

/**
 * A canonical name as people read it: A-labels as U-labels where that is possible, else as it is.
 *
 * \param out  room for `size` octets; the text is cut short when it does not fit
 * \return the text
 */
assay_span dns_to_ulabels(assay_span name, char *out, size_t size);

#endif
