/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file providers.h
 * The list `providers`: what gives a mail provider away, and the DKIM selectors it uses. data/providers says how it
 * is written; lines that are not so are passed over.
 */
#ifndef POSTURE_PROVIDERS_H
#define POSTURE_PROVIDERS_H

#include "base/span.h"

/** One line. Spans lie in the list. */
struct provider {
    assay_span name;      /**< such as "google"; `common` is for everyone */
    assay_span hosts;     /**< domains of MX hosts, parted by blanks */
    assay_span includes;  /**< domains of SPF includes */
    assay_span selectors; /**< selectors */
};

/** Take the next provider off the list. \return false when there is none left */
bool provider_next(assay_span *list, struct provider *ret);

/** Take the next word off a column; as span_cut(). */
bool provider_word(assay_span *column, assay_span *word);

/** A canonical name is one of a column's domains, or below one. */
bool provider_has(assay_span column, assay_span name) ASSAY_PURE;

#endif
