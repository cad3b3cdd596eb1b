/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file name.h
 * Domain names as text: lower-case, labels parted by dots, no final dot, the root empty.
 *
 * An octet that is not a letter, digit, hyphen, underscore or other printable ASCII stands as
 * `\DDD`; a dot or backslash inside a label as `\.` or `\\` (RFC 1035 5.1). What would begin a
 * comment, a string or a group in a zone file (`;` `"` `(` `)`) stands as `\DDD` too. So equal
 * names are equal octets, a name is a span, and it can be written into a zone file as it is.
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include "base/span.h"

/** Octets of the longest name in wire form (RFC 1035 2.3.4). */
enum { DNS_NAME_WIRE = 255, DNS_LABEL = 63, DNS_NAME_TEXT = 1016 };

/** A name on its own storage, in canonical text. */
struct dns_name {
    size_t n;
    char p[DNS_NAME_TEXT];
};

/** The text of a name; lives as long as `name`. */
static inline assay_span dns_name_span(const struct dns_name *name)
{
    return (assay_span){name->p, name->n};
}

/**
 * Read a name as a zone file writes it: a final dot is dropped, escapes are understood, letters
 * become lower.
 *
 * \return false for an empty or over-long label, a name over 255 octets, a broken escape
 */
bool dns_name_read(assay_span text, struct dns_name *ret);

/**
 * Make a name of raw octets, where only a dot parts labels and nothing is an escape: what SPF
 * macros expand to. Otherwise as dns_name_read().
 */
bool dns_name_raw(assay_span octets, struct dns_name *ret);

/**
 * Read a name in wire form without compression.
 *
 * \param wire      advanced behind the name
 * \return false when it is cut short, over-long or compressed
 */
bool dns_name_unwire(assay_span *wire, struct dns_name *ret);

/** Write a canonical name in wire form. \param out  DNS_NAME_WIRE octets \return octets written */
size_t dns_name_wire(assay_span name, uint8_t *out);

/** Labels of a canonical name; the root has none. */
size_t dns_labels(assay_span name) ASSAY_PURE;

/** A canonical name without its left-most label; the root's parent is the root. */
assay_span dns_parent(assay_span name) ASSAY_PURE;

/** The last `n` labels of a canonical name, or all of it. */
assay_span dns_last_labels(assay_span name, size_t n) ASSAY_PURE;

/** `name` is `ancestor` or lies below it. Both canonical; everything is below the root. */
bool dns_is_under(assay_span name, assay_span ancestor) ASSAY_PURE;

/**
 * Join canonical names and a text of labels between them, such as `selector`, "_domainkey" and
 * `domain`.
 *
 * \return false when the name becomes too long
 */
bool dns_join(assay_span head, const char *middle, assay_span tail, struct dns_name *ret);

/**
 * Put a label such as `_dmarc` in front of a canonical name. \return false when the name becomes
 * too long
 */
bool dns_prepend(const char *label, assay_span name, struct dns_name *ret);

#endif
