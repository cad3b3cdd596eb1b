/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file complaint.h
 * What is wrong with a configuration, all of it, each with its place.
 */
#ifndef CONF_COMPLAINT_H
#define CONF_COMPLAINT_H

#include "base/arena.h"
#include "base/buf.h"

/** Octets of one complaint; what is longer is cut. */
enum { CONF_COMPLAINT_TEXT = 512 };

/** A place in a file. */
struct conf_place {
    assay_span file;       /**< its name */
    uint32_t index;        /**< its number in the order of reading, from 0 */
    uint32_t line, column; /**< from 1; columns are octets */
};

/** One complaint. */
struct conf_complaint {
    struct conf_place at;
    bool warning; /**< the configuration can be used all the same */
    assay_span text;
};

/** Complaints, up to LIMIT_CONF_COMPLAINTS. All zero is a valid empty one. */
struct conf_complaints {
    struct arena arena;
    struct conf_complaint *all;
    size_t n, errors;    /**< how many there are; how many were made that are no warnings */
    size_t more;         /**< how many were not kept */
    assay_status status; /**< ASSAY_ENOMEM: a complaint found no memory */
};

/** Complain as printf does. */
void conf_complain(struct conf_complaints *c, struct conf_place at, bool warning,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Bring the complaints into the order of their places; those of one place stay in their order. */
void conf_complaints_sort(struct conf_complaints *c);

/**
 * Append one line for each: `FILE:LINE:COLUMN: text`, `FILE:LINE:COLUMN: warning: text`; then how
 * many more there are. Controls become `?`.
 */
void conf_complaints_print(const struct conf_complaints *c, struct buf *out);

/** Give the memory back; it is empty and may be used again. */
void conf_complaints_done(struct conf_complaints *c);

#endif
