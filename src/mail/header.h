/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file header.h
 * The header of a message: its fields as received, byte for byte, in one buffer.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include "base/buf.h"
#include "base/limits.h"

/** Where a field lies in the buffer. */
struct field {
    uint32_t at; /**< its first octet */
    /** octets of its name, blanks before the colon left out; 0: there is no colon */
    uint32_t name_n;
    uint32_t value_at; /**< behind the colon */
    uint32_t end;      /**< behind its last line end, if it has one */
    uint32_t hash;     /**< of its name, without case */
};

/** The fields of a message, top first. */
struct header {
    struct buf text;
    struct field *fields;
    size_t n, cap;
};

/** An empty header. */
void header_init(struct header *h);

/** Give its memory back. */
void header_done(struct header *h);

/**
 * Add a line as received, its line end included. A line that begins with a blank continues the
 * field above.
 *
 * \return ASSAY_DONE, ASSAY_ENOMEM, ASSAY_EINVAL: a limit was reached, nothing was added
 */
ASSAY_NODISCARD assay_status header_line(struct header *h, assay_span line);

/** Add a field as a milter gives it. \return as header_line() */
ASSAY_NODISCARD assay_status header_field(struct header *h, assay_span name, assay_span value);

/** A field's name, as received. */
assay_span field_name(const struct header *h, size_t i);

/** What stands behind a field's colon, without the line end. */
assay_span field_value(const struct header *h, size_t i);

/** All of a field, with its line end. */
assay_span field_raw(const struct header *h, size_t i);

/** A field has this name, without case. */
bool field_is(const struct header *h, size_t i, assay_span name);

/** The topmost field of a name at or below `from`; `h->n` when there is none. */
size_t header_find(const struct header *h, assay_span name, size_t from);

/** The lowest field of a name above `below`; `h->n` when there is none. */
size_t header_rfind(const struct header *h, assay_span name, uint32_t hash, size_t below);

/** How many fields have this name. */
size_t header_count(const struct header *h, assay_span name);

#endif
