/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * \file taglist.h
 * Lists of `tag=value` parted by semicolons (RFC 6376 3.2), as DKIM, ARC and DMARC use them.
 */
#ifndef MAIL_TAGLIST_H
#define MAIL_TAGLIST_H

#include "base/limits.h"
#include "base/span.h"

/** One tag. Names keep their case; values are as written, white space at both ends left out. */
struct tag {
    assay_span name, value;
};

/** The tags of a list, in order. */
struct taglist {
    struct tag tags[LIMIT_TAGS];
    size_t n;
};

/** What is wrong with a list. */
enum taglist_fault {
    TAGLIST_OK,
    TAGLIST_SYNTAX, /**< a piece without `=`, a name that is none, or a control octet in a value */
    TAGLIST_DUPLICATE, /**< a tag twice (RFC 6376 3.2: the whole list is invalid) */
    TAGLIST_LIMIT      /**< more than LIMIT_TAGS tags */
};

/**
 * Take a list apart.
 *
 * \param text       the list; spans of `ret` lie in it
 * \param ret_where  set to the piece that is wrong, unless TAGLIST_OK
 */
enum taglist_fault taglist_read(assay_span text, struct taglist *ret, assay_span *ret_where);

/** The value of a tag, or NULL. Names are compared with case (RFC 6376 3.2). */
const assay_span *taglist_find(const struct taglist *list, const char *name);

/** The next item of a colon-separated value, white space at both ends left out; as span_cut(). */
bool taglist_item(assay_span *rest, assay_span *item);

/**
 * Copy the beginning of a value without any white space, folding included.
 *
 * \param out  room for `most` octets
 */
assay_span taglist_squeeze(assay_span value, char *out, size_t most);

#endif
