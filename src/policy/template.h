/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file template.h A text with places to be filled: `Rejected: {reason} ({ip})`, the options
 * reply.text and reply.url.
 *
 * Printable ASCII; `\n` (two characters) parts lines; a brace stands only around a place's name.
 */
#ifndef POLICY_TEMPLATE_H
#define POLICY_TEMPLATE_H

#include "base/buf.h"

/** The places. */
enum template_place {
    TEMPLATE_AUTHOR, /**< the author domain */
    TEMPLATE_DOMAIN, /**< the domain that decided */
    TEMPLATE_IP,     /**< of the client */
    TEMPLATE_REASON, /**< why, in plain words */
    TEMPLATE_CAUSE,  /**< why, in one word */
    TEMPLATE_PLACES
};

/** What is wrong with a template, or NULL. Static text. \param url  it is to become a URL */
const char *template_fault(assay_span text, bool url);

/**
 * Fill a template that has no fault.
 *
 * \param values  one for each place
 * \param url     values are percent-encoded (RFC 3986 2.1); else what is no printable ASCII in them
 *                becomes `?`
 * \param out     gets the text; `\n` as LF
 */
void template_fill(assay_span text, const assay_span values[TEMPLATE_PLACES], bool url,
                   struct buf *out);

#endif
